/**
 * Sealing: one process chains audit entries in commit order with a key kept outside the database, and now and then
 * writes a signed anchor (sequence, head) outside it too, so that even a cut tail is noticed.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { statement, type Database, type Tx } from '../../db/database.ts';
import type { Keyring } from '../../db/keyring.ts';
import { hit } from '../../lib/kill-points.ts';

export interface EntryRow {
  readonly id: bigint;
  readonly at: Date;
  readonly tx: bigint;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly action: string;
  readonly outcome: string;
  readonly subject_kind: string | null;
  readonly subject_id: string | null;
  readonly via: string;
  readonly sealed_detail: Buffer | null;
  readonly trace_id: string;
}

export interface SealRow {
  readonly sequence: bigint;
  readonly entry_id: bigint;
  readonly entry_at: Date;
  readonly entry_tx: bigint;
  readonly hash: Buffer;
}

export interface Anchor {
  readonly sequence: string;
  readonly head: string;
  readonly at: string;
  readonly signature: string;
}

/** Where anchors go: a file under DATA_DIR or the object store. */
export interface AnchorStore {
  append(anchor: Anchor): Promise<void>;
  all(): Promise<readonly Anchor[]>;
}

const COLUMNS =
  'id, at, tx, actor_kind, actor_id, action, outcome, subject_kind, subject_id, via, sealed_detail, trace_id';
const HEAD = statement(
  'audit-head',
  'SELECT sequence, entry_id, entry_at, entry_tx, hash FROM audit_seals ORDER BY sequence DESC LIMIT 1',
);
// Entries of transactions older than the oldest running one are final: none can appear before them any more.
const NEXT = statement(
  'audit-next',
  `SELECT ${COLUMNS} FROM audit_entries
   WHERE (tx, id) > ($1, $2) AND tx < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint ORDER BY tx, id LIMIT $3`,
);
const INSERT = statement(
  'audit-seal',
  `INSERT INTO audit_seals (sequence, entry_id, entry_at, entry_tx, key_version, hash) SELECT sequence, entry_id, entry_at, entry_tx, $5, hash
   FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::bigint[], $6::bytea[]) AS row (sequence, entry_id, entry_at, entry_tx, hash)`,
);
const WALK = statement(
  'audit-walk',
  `SELECT s.sequence, s.entry_id, s.entry_at, s.entry_tx, s.hash, e.id, e.at, e.tx, e.actor_kind, e.actor_id, e.action, e.outcome, e.subject_kind, e.subject_id, e.via, e.sealed_detail, e.trace_id
   FROM audit_seals s LEFT JOIN audit_entries e ON e.id = s.entry_id AND e.at = s.entry_at WHERE s.sequence > $1 ORDER BY s.sequence LIMIT 1000`,
);
const STRAY = statement(
  'audit-stray',
  `SELECT e.id FROM audit_entries e LEFT JOIN audit_seals s ON s.entry_id = e.id WHERE s.entry_id IS NULL AND (e.tx, e.id) <= ($1, $2) ORDER BY e.id LIMIT 1`,
);

const GENESIS = Buffer.alloc(32);
const SEAL_LOCK = 72_707_372;

function chainHash(key: Buffer, previous: Buffer, sequence: bigint, entry: EntryRow): Buffer {
  const fields = [
    sequence,
    entry.id,
    entry.at.toISOString(),
    entry.tx,
    entry.actor_kind,
    entry.actor_id,
    entry.action,
    entry.outcome,
    entry.subject_kind ?? '',
    entry.subject_id ?? '',
    entry.via,
    entry.sealed_detail?.toString('base64') ?? '',
    entry.trace_id,
  ];
  return createHmac('sha256', key)
    .update(previous)
    .update(JSON.stringify(fields.map(String)))
    .digest();
}

/** Seals up to `limit` final entries; returns how many. Only one process at a time does it. */
export async function sealAudit(database: Database, keys: Keyring, limit = 1_000): Promise<number> {
  const sealed = await database.transaction(async (tx) => {
    const [lock] = await tx.query<{ got: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS got', [SEAL_LOCK]);
    if (!lock?.got) return 0;
    const [head] = await tx.query<SealRow>(HEAD);
    const entries = await tx.query<EntryRow>(NEXT, [head?.entry_tx ?? 0n, head?.entry_id ?? 0n, limit]);
    if (entries.length === 0) return 0;
    const { key, version } = keys.auditKey;
    let previous = head?.hash ?? GENESIS;
    let sequence = head?.sequence ?? 0n;
    const hashes = entries.map((entry) => {
      sequence += 1n;
      previous = chainHash(key, previous, sequence, entry);
      return { sequence, hash: previous };
    });
    await tx.query(INSERT, [
      hashes.map((one) => one.sequence),
      entries.map((entry) => entry.id),
      entries.map((entry) => entry.at),
      entries.map((entry) => entry.tx),
      version,
      hashes.map((one) => one.hash),
    ]);
    hit('audit.chained');
    return entries.length;
  });
  if (sealed > 0) hit('audit.sealed');
  return sealed;
}

function signature(key: Buffer, sequence: string, head: string, at: string): string {
  return createHmac('sha256', key).update(`anchor\n${sequence}\n${head}\n${at}`).digest('hex');
}

/** Writes an anchor of the present head unless the last one already names it. */
export async function anchorAudit(tx: Tx, keys: Keyring, store: AnchorStore, now: Date): Promise<boolean> {
  const [head] = await tx.query<SealRow>(HEAD);
  const last = (await store.all()).at(-1);
  if (!head || last?.sequence === String(head.sequence)) return false;
  const fields = { sequence: String(head.sequence), head: head.hash.toString('hex'), at: now.toISOString() };
  await store.append({ ...fields, signature: signature(keys.auditKey.key, fields.sequence, fields.head, fields.at) });
  hit('audit.anchored');
  return true;
}

export type AuditVerdict =
  | { readonly ok: true; readonly entries: bigint; readonly anchors: number }
  | { readonly ok: false; readonly fault: AuditFault; readonly sequence?: bigint; readonly entryId?: bigint };

/** touched: an entry or its seal was changed · missing: an entry is gone · gap: a seal is gone · stray: an entry was slipped in · cut: the tail is gone · anchor: an anchor was forged. */
export type AuditFault = 'touched' | 'missing' | 'gap' | 'stray' | 'cut' | 'anchor';

/** Walks the whole chain and the anchors; names the first row that does not fit. */
export async function verifyAudit(tx: Tx, keys: Keyring, anchors: readonly Anchor[]): Promise<AuditVerdict> {
  const { key } = keys.auditKey;
  const anchored = new Map<string, string>();
  for (const anchor of anchors) {
    if (!sameText(anchor.signature, signature(key, anchor.sequence, anchor.head, anchor.at)))
      return { ok: false, fault: 'anchor', sequence: BigInt(anchor.sequence) };
    anchored.set(anchor.sequence, anchor.head);
  }
  let previous: Buffer = GENESIS;
  let sequence = 0n;
  let last: SealRow | undefined;
  for (;;) {
    const rows = await tx.query<SealRow & Partial<EntryRow>>(WALK, [sequence]);
    for (const row of rows) {
      const fault = checkRow(key, previous, sequence + 1n, row);
      if (fault) return { ok: false, fault, sequence: sequence + 1n, entryId: row.entry_id };
      const head = anchored.get(String(row.sequence));
      if (head !== undefined && head !== row.hash.toString('hex'))
        return { ok: false, fault: 'touched', sequence: row.sequence, entryId: row.entry_id };
      previous = row.hash;
      sequence = row.sequence;
      last = row;
    }
    if (rows.length === 0) break;
  }
  const cut = anchors.find((anchor) => BigInt(anchor.sequence) > sequence);
  if (cut) return { ok: false, fault: 'cut', sequence: sequence + 1n };
  const [stray] = last ? await tx.query<{ id: bigint }>(STRAY, [last.entry_tx, last.entry_id]) : [];
  if (stray) return { ok: false, fault: 'stray', entryId: stray.id };
  return { ok: true, entries: sequence, anchors: anchors.length };
}

function checkRow(
  key: Buffer,
  previous: Buffer,
  expected: bigint,
  row: SealRow & Partial<EntryRow>,
): AuditFault | undefined {
  if (row.sequence !== expected) return 'gap';
  if (row.id === undefined || row.id === null) return 'missing';
  return chainHash(key, previous, expected, row as EntryRow).equals(row.hash) ? undefined : 'touched';
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
