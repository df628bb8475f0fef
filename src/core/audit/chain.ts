/** The chain: what of an entry is sealed, and how a seal hangs on the one before it. */
import { createHmac } from 'node:crypto';
import { statement, type Tx } from '../../db/database.ts';

/** An entry as it is sealed. Instants are seconds since 1970 with all six decimals: a JavaScript date would pass over three of them. */
export interface EntryRow {
  readonly id: bigint;
  readonly at: string;
  readonly recorded_at: string;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly action: string;
  readonly outcome: string;
  readonly subject_kind: string | null;
  readonly subject_id: string | null;
  readonly via: string;
  readonly sealed_detail: Buffer | null;
  readonly trace_id: string;
  readonly mac: Buffer;
}

/** The columns of an `EntryRow`, from `audit_entries e`. */
export const ENTRY_COLUMNS = `e.id, extract(epoch FROM e.at) AS at, extract(epoch FROM e.recorded_at) AS recorded_at,
  e.actor_kind, e.actor_id, e.action, e.outcome, e.subject_kind, e.subject_id, e.via, e.sealed_detail, e.trace_id, e.mac`;

/**
 * Joins the entry `e` of a seal or of a row that waits. By its key, one after the other, whatever the planner thinks of the
 * tables' sizes: it knows the small one, which fills and empties, least, and reading all entries instead would be dear.
 */
export function entryOf(row: string): string {
  return `LATERAL (SELECT * FROM audit_entries WHERE id = ${row}.entry_id AND at = ${row}.entry_at LIMIT 1) e ON true`;
}

/** The last seal: how many there are, and the hash that stands for all of them. */
export interface Head {
  readonly sequence: bigint;
  readonly hash: Buffer;
}

/** The head of an empty log. */
export const GENESIS: Head = { sequence: 0n, hash: Buffer.alloc(32) };

const HEAD = statement('audit-head', 'SELECT sequence, hash FROM audit_seals ORDER BY sequence DESC LIMIT 1');

/** The head as it is committed now. */
export async function readHead(tx: Tx): Promise<Head> {
  const [head] = await tx.query<Head>(HEAD);
  return head ?? GENESIS;
}

/** What the writer vouches for: all of an entry but when the database took it in. */
export type Written = Omit<EntryRow, 'recorded_at' | 'mac'>;

/** An instant as `EntryRow.at` gives it. */
export function secondsOf(at: Date): string {
  const ms = at.getTime();
  return `${Math.floor(ms / 1_000)}.${String(ms % 1_000).padStart(3, '0')}000`;
}

/**
 * The writer's mark on an entry: whoever has every right on the database, but not the key, can neither slip one in before the
 * sealer nor change one that waits for it. Over the ciphertext of the detail, as the chain is.
 */
export function markOf(key: Buffer, entry: Written): Buffer {
  return createHmac('sha256', key)
    .update('entry')
    .update(JSON.stringify(contentOf(entry)))
    .digest();
}

function contentOf(entry: Written): readonly (string | null)[] {
  return [
    String(entry.id),
    entry.at,
    entry.actor_kind,
    entry.actor_id,
    entry.action,
    entry.outcome,
    entry.subject_kind,
    entry.subject_id,
    entry.via,
    entry.sealed_detail?.toString('base64') ?? null,
    entry.trace_id,
  ];
}

/** The head after one more entry. Over the ciphertext of its detail, so that erasing a customer leaves the chain whole. */
export function nextHead(key: Buffer, head: Head, entry: EntryRow): Head {
  const sequence = head.sequence + 1n;
  const fields = [String(sequence), entry.recorded_at, entry.mac.toString('base64'), ...contentOf(entry)];
  const hash = createHmac('sha256', key).update(head.hash).update(JSON.stringify(fields)).digest();
  return { sequence, hash };
}
