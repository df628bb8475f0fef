/** Writes audit entries, unsealed, and puts them before the sealer (`seal.ts`), which chains them in commit order. */
import { statement, type Tx } from '../../db/database.ts';
import type { Keyring } from '../../db/keyring.ts';
import type { Actor } from '../operations/actor.ts';
import type { AuditDraft } from '../operations/effects.ts';

export interface AuditRow extends AuditDraft {
  readonly actor: Actor;
  readonly via: string;
  readonly traceId: string;
}

const INSERT = statement(
  'audit-insert',
  `WITH entries AS (
     INSERT INTO audit_entries (id, at, actor_kind, actor_id, action, outcome, subject_kind, subject_id, via, sealed_detail, trace_id)
     SELECT id, $2, actor_kind, actor_id, action, outcome, subject_kind, subject_id, via, sealed_detail, trace_id
     FROM unnest($1::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bytea[], $11::text[])
       AS row (id, actor_kind, actor_id, action, outcome, subject_kind, subject_id, via, sealed_detail, trace_id))
   INSERT INTO audit_unsealed (entry_id, entry_at) SELECT id, $2 FROM unnest($1::bigint[]) AS id`,
);

/** One statement for any number of entries; `ids` come from `audit_id_seq`. */
export async function writeAudit(
  tx: Tx,
  keys: Keyring,
  now: Date,
  entries: readonly (AuditRow & { readonly id: bigint })[],
): Promise<void> {
  if (entries.length === 0) return;
  await tx.query(INSERT, [
    entries.map((entry) => entry.id),
    now,
    entries.map((entry) => entry.actor.kind),
    entries.map((entry) => entry.actor.id),
    entries.map((entry) => entry.action),
    entries.map((entry) => entry.outcome),
    entries.map((entry) => entry.subject?.kind ?? null),
    entries.map((entry) => entry.subject?.id ?? null),
    entries.map((entry) => entry.via),
    entries.map((entry) =>
      entry.detail === undefined ? null : keys.sealJson(`audit_entries.sealed_detail.${entry.id}`, entry.detail),
    ),
    entries.map((entry) => entry.traceId),
  ]);
}
