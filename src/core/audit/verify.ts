/** Verifying: walks the chain, the anchors and what waits for the sealer, and names the first row that does not fit. Reads only. */
import { statement, type Tx } from '../../db/database.ts';
import type { Keyring } from '../../db/keyring.ts';
import { signedAnchor, type Anchor } from './anchor.ts';
import { ENTRY_COLUMNS, entryOf, GENESIS, markOf, nextHead, type EntryRow, type Head } from './chain.ts';

const BATCH = 1_000;

const WALK = statement(
  'audit-walk',
  `SELECT s.sequence, s.entry_id, s.key_version, s.hash, ${ENTRY_COLUMNS}
   FROM audit_seals s LEFT JOIN ${entryOf('s')}
   WHERE s.sequence > $1 ORDER BY s.sequence LIMIT ${BATCH}`,
);
const NAMED = statement('audit-named', 'SELECT sequence, hash FROM audit_seals WHERE sequence = ANY($1::bigint[])');
// Seals and what waits are looked up in the statement's own snapshot: the sealer, who goes on meanwhile, moves rows between them.
const STRAY = statement(
  'audit-stray',
  `SELECT max(e.id) AS last, count(*) AS seen, min(e.id) FILTER (WHERE s.entry_id IS NULL AND u.entry_id IS NULL) AS stray
   FROM (SELECT id, at FROM audit_entries WHERE id >= $1 ORDER BY id LIMIT ${10 * BATCH}) e
   LEFT JOIN audit_seals s ON s.entry_id = e.id AND s.entry_at = e.at
   LEFT JOIN audit_unsealed u ON u.entry_id = e.id AND u.entry_at = e.at`,
);
const WAITING = statement(
  'audit-waiting',
  `SELECT u.entry_id, ${ENTRY_COLUMNS}
   FROM audit_unsealed u LEFT JOIN ${entryOf('u')}
   WHERE u.entry_id > $1 ORDER BY u.entry_id LIMIT ${BATCH}`,
);

const LOWEST_ID = -(2n ** 63n);

/**
 * touched: an entry or its seal was changed · missing: an entry is gone · gap: a seal is gone · stray: an entry was slipped
 * in · forged: one was slipped in or changed before it was sealed · lost: an entry is gone that waited for its seal · cut: what an anchor vouches for is not there, because the tail was
 * cut off or an older backup restored · anchor: an anchor was forged or damaged.
 */
type AuditFault = 'touched' | 'missing' | 'gap' | 'stray' | 'forged' | 'lost' | 'cut' | 'anchor';

/** What a walk over the whole log found. */
export type AuditVerdict =
  /** `waiting`: entries that are committed and not sealed yet; a running scheduler seals them within a second. */
  | { readonly ok: true; readonly entries: bigint; readonly anchors: number; readonly waiting: bigint }
  | {
      readonly ok: false;
      readonly fault: AuditFault;
      readonly sequence?: bigint;
      readonly entryId?: bigint;
      /** When the anchor was written that vouches for more, or for something else; a backup that was restored is older. */
      readonly anchoredAt?: string;
      /** Which anchor of the store, counted from 1. */
      readonly anchor?: number;
    };

type Fault = Extract<AuditVerdict, { readonly ok: false }>;

/**
 * Verifies the whole log, in memory that does not grow with it. What is sealed or written meanwhile does no harm.
 * @param anchors what the store holds; read before the chain, so that no anchor is newer than the seals it is held against
 */
export async function verifyAudit(
  tx: Tx,
  keys: Keyring,
  anchors: AsyncIterable<unknown> | Iterable<unknown>,
): Promise<AuditVerdict> {
  const held = await checkAnchors(tx, keys.auditKey.key, anchors);
  if ('ok' in held) return held;
  const head = await walkChain(tx, keys.auditKey);
  if ('ok' in head) return head;
  if (held.unmet) return cutAt(head, held.unmet);
  const stray = await findStray(tx);
  if (stray !== undefined) return { ok: false, fault: 'stray', entryId: stray };
  const waiting = await walkWaiting(tx, keys.auditKey.key);
  if (typeof waiting !== 'bigint') return waiting;
  return { ok: true, entries: head.sequence, anchors: held.count, waiting };
}

/** How many anchors there are, and the lowest whose seal is not there or another one. */
interface Held {
  readonly count: number;
  readonly unmet: Anchor | undefined;
}

async function checkAnchors(
  tx: Tx,
  key: Buffer,
  anchors: AsyncIterable<unknown> | Iterable<unknown>,
): Promise<Held | Fault> {
  let count = 0;
  let unmet: Anchor | undefined;
  let batch: Anchor[] = [];
  const look = async (): Promise<void> => {
    for (const anchor of await unmetOf(tx, batch))
      if (unmet === undefined || BigInt(anchor.sequence) < BigInt(unmet.sequence)) unmet = anchor;
    batch = [];
  };
  for await (const stored of anchors) {
    count += 1;
    const anchor = signedAnchor(key, stored);
    if (anchor === undefined) return { ok: false, fault: 'anchor', anchor: count };
    batch.push(anchor);
    if (batch.length === BATCH) await look();
  }
  await look();
  return { count, unmet };
}

async function unmetOf(tx: Tx, anchors: readonly Anchor[]): Promise<readonly Anchor[]> {
  if (anchors.length === 0) return [];
  const seals = await tx.query<Head>(NAMED, [anchors.map(({ sequence }) => sequence)]);
  const heads = new Map(seals.map(({ sequence, hash }) => [String(sequence), hash.toString('hex')]));
  return anchors.filter(({ sequence, head }) => heads.get(sequence) !== head);
}

/** The chain itself fits: where it is too short, that is where it was cut; otherwise it was cut below the anchor and has grown anew. */
function cutAt(head: Head, { sequence, at }: Anchor): Fault {
  const named = BigInt(sequence);
  const first = named > head.sequence ? head.sequence + 1n : named;
  return { ok: false, fault: 'cut', sequence: first, anchoredAt: at };
}

type WaitingRow = { readonly entry_id: bigint } & (EntryRow | { readonly [Column in keyof EntryRow]: null });
type WalkedRow = Pick<Head, 'sequence' | 'hash'> & { readonly key_version: number } & WaitingRow;

/** The head, when every seal hangs on the one before it and has its entry. */
async function walkChain(tx: Tx, { key, version }: Keyring['auditKey']): Promise<Head | Fault> {
  for (let head = GENESIS; ;) {
    const rows = await tx.query<WalkedRow>(WALK, [head.sequence]);
    for (const row of rows) {
      const next = head.sequence + 1n;
      if (row.sequence !== next) return { ok: false, fault: 'gap', sequence: next, entryId: row.entry_id };
      if (row.id === null) return { ok: false, fault: 'missing', sequence: next, entryId: row.entry_id };
      head = nextHead(key, head, row);
      const isWhole = head.hash.equals(row.hash) && row.key_version === version;
      if (!isWhole) return { ok: false, fault: 'touched', sequence: next, entryId: row.entry_id };
      if (!markOf(key, row).equals(row.mac)) return { ok: false, fault: 'forged', entryId: row.entry_id };
    }
    if (rows.length < BATCH) return head;
  }
}

/** How many entries wait for the sealer, when each is there as it was written. */
async function walkWaiting(tx: Tx, key: Buffer): Promise<bigint | Fault> {
  let waiting = 0n;
  for (let last = LOWEST_ID; ;) {
    const rows = await tx.query<WaitingRow>(WAITING, [last]);
    for (const row of rows) {
      if (row.id === null) return { ok: false, fault: 'lost', entryId: row.entry_id };
      if (!markOf(key, row).equals(row.mac)) return { ok: false, fault: 'forged', entryId: row.entry_id };
    }
    waiting += BigInt(rows.length);
    if (rows.length < BATCH) return waiting;
    last = rows.at(-1)?.entry_id ?? last;
  }
}

/** The first entry that is neither sealed nor waiting for it. */
async function findStray(tx: Tx): Promise<bigint | undefined> {
  for (let from = LOWEST_ID; ;) {
    const [row] = await tx.query<{ last: bigint | null; seen: bigint; stray: bigint | null }>(STRAY, [from]);
    if (row === undefined || row.last === null) return undefined;
    if (row.stray !== null) return row.stray;
    if (row.seen < 10 * BATCH) return undefined;
    from = row.last; // once more, as nothing forbids two entries of one id
  }
}
