/**
 * Sealing: one process chains audit entries in commit order with a key kept outside the database.
 *
 * An entry stands in `audit_unsealed` from its own transaction on, and whoever sees it there sees it committed. So the sealer
 * takes what it sees: an entry that commits later is sealed later, whatever its id. Nothing rests on transaction ids, which
 * begin anew in another cluster, nor on a clock.
 */
import { statement, type Database, type Tx } from '../../db/database.ts';
import type { Keyring } from '../../db/keyring.ts';
import { LOCKS } from '../../db/locks.ts';
import { hit } from '../../lib/kill-points.ts';
import { ENTRY_COLUMNS, entryOf, nextHead, readHead, type EntryRow, type Head } from './chain.ts';

const LOCK = statement('audit-lock', 'SELECT pg_try_advisory_xact_lock($1) AS got');
const NEXT = statement(
  'audit-next',
  `SELECT ${ENTRY_COLUMNS} FROM audit_unsealed u JOIN ${entryOf('u')}
   ORDER BY u.entry_id LIMIT $1`,
);
const SEAL = statement(
  'audit-seal',
  `WITH taken AS (DELETE FROM audit_unsealed WHERE entry_id = ANY($2::bigint[]) RETURNING entry_id, entry_at)
   INSERT INTO audit_seals (sequence, entry_id, entry_at, key_version, hash)
   SELECT seal.sequence, taken.entry_id, taken.entry_at, $4, seal.hash
   FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS seal (sequence, entry_id, hash) JOIN taken USING (entry_id)
   RETURNING sequence`,
);

/** Whether this transaction got the lock, until its end; `false` while another process holds it. */
export async function tryLock(tx: Tx, lock: number): Promise<boolean> {
  const [row] = await tx.query<{ got: boolean }>(LOCK, [lock]);
  return row?.got === true;
}

/** Seals up to `limit` committed entries; returns how many. Only one process at a time does it. */
export async function sealAudit(database: Database, keys: Keyring, limit = 1_000): Promise<number> {
  const sealed = await database.transaction(async (tx) => {
    if (!(await tryLock(tx, LOCKS.auditSeal))) return 0;
    const entries = await tx.query<EntryRow>(NEXT, [limit]);
    if (entries.length === 0) return 0;
    const { key, version } = keys.auditKey;
    const heads: Head[] = [];
    let head = await readHead(tx);
    for (const entry of entries) {
      head = nextHead(key, head, entry);
      heads.push(head);
    }
    const stored = await tx.query(SEAL, [
      heads.map(({ sequence }) => sequence),
      entries.map(({ id }) => id),
      heads.map(({ hash }) => hash),
      version,
    ]);
    if (stored.length < entries.length) throw new Error('an audit entry was taken from the sealer while it was sealed');
    hit('audit.chained');
    return entries.length;
  });
  if (sealed > 0) hit('audit.sealed');
  return sealed;
}
