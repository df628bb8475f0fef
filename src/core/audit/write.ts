/** Writes audit entries, unsealed, and puts them before the sealer (`seal.ts`), which chains them in commit order. */
import { statement, type Tx } from '../../db/database.ts';
import type { Keyring } from '../../db/keyring.ts';
import type { Actor } from '../operations/actor.ts';
import type { AuditDraft } from '../operations/effects.ts';
import { markOf, secondsOf, type Written } from './chain.ts';

/** An entry with who did it, by which way and in which trace. */
export interface AuditRow extends AuditDraft {
  readonly actor: Actor;
  readonly via: string;
  readonly traceId: string;
}

const INSERT = statement(
  'audit-insert',
  `WITH entries AS (
     INSERT INTO audit_entries (id, at, actor_kind, actor_id, action, outcome, subject_kind, subject_id, via, sealed_detail, trace_id, mac)
     SELECT id, $2, actor_kind, actor_id, action, outcome, subject_kind, subject_id, via, sealed_detail, trace_id, mac
     FROM unnest($1::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bytea[], $11::text[], $12::bytea[])
       AS row (id, actor_kind, actor_id, action, outcome, subject_kind, subject_id, via, sealed_detail, trace_id, mac))
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
  const at = secondsOf(now);
  const rows = entries.map((entry) => toRow(keys, at, entry));
  const { key } = keys.auditKey;
  await tx.query(INSERT, [
    rows.map((row) => row.id),
    now,
    rows.map((row) => row.actor_kind),
    rows.map((row) => row.actor_id),
    rows.map((row) => row.action),
    rows.map((row) => row.outcome),
    rows.map((row) => row.subject_kind),
    rows.map((row) => row.subject_id),
    rows.map((row) => row.via),
    rows.map((row) => row.sealed_detail),
    rows.map((row) => row.trace_id),
    rows.map((row) => markOf(key, row)),
  ]);
}

function toRow(
  keys: Keyring,
  at: string,
  { id, actor, subject, detail, ...entry }: AuditRow & { readonly id: bigint },
): Written {
  return {
    id,
    at,
    actor_kind: actor.kind,
    actor_id: actor.id,
    action: entry.action,
    outcome: entry.outcome,
    subject_kind: subject?.kind ?? null,
    subject_id: subject?.id ?? null,
    via: entry.via,
    sealed_detail: detail === undefined ? null : keys.sealJson(`audit_entries.sealed_detail.${id}`, detail),
    trace_id: entry.traceId,
  };
}
