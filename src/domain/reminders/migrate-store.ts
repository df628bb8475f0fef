/** Which running loans have which version of the reminder flow, and the lock to move them. */
import { statement, type Tx } from '../../db/database.ts';

const FIRST_IN_USE = statement(
  'reminders-first-version-in-use',
  `SELECT id FROM unnest($1::text[]) WITH ORDINALITY AS version (id, place)
   WHERE (SELECT 1 FROM loans WHERE reminder_version_id = version.id AND state = 'ACTIVE' LIMIT 1) IS NOT NULL ORDER BY place LIMIT 1`,
);

/** The first of these versions that a running loan has. */
export async function firstInUse(tx: Tx, versions: readonly string[]): Promise<string | undefined> {
  return (await tx.query<{ id: string }>(FIRST_IN_USE, [versions]))[0]?.id;
}

const PAGE = statement(
  'reminders-page-of-versions',
  `SELECT id FROM loans WHERE state = 'ACTIVE' AND reminder_version_id = ANY ($1::text[]) AND id > $2 ORDER BY id LIMIT $3`,
);

/** Running loans of these versions, in order of id. */
export async function loansOfVersions(
  tx: Tx,
  versions: readonly string[],
  page: { readonly after: string; readonly limit: number },
): Promise<readonly string[]> {
  const rows = await tx.query<{ id: string }>(PAGE, [versions, page.after, page.limit]);
  return rows.map((row) => row.id);
}

// Found first and locked then, in the order in which everybody locks loans.
const TAKE = statement(
  'reminders-take-of-version',
  `SELECT id FROM loans WHERE id = ANY (ARRAY(SELECT id FROM loans WHERE reminder_version_id = $1 AND state = 'ACTIVE' LIMIT $2))
     AND reminder_version_id = $1 AND state = 'ACTIVE' ORDER BY id FOR NO KEY UPDATE`,
);

/** Up to `limit` running loans of a version, locked. */
export async function takeLoans(tx: Tx, version: string, limit: number): Promise<readonly string[]> {
  const rows = await tx.query<{ id: string }>(TAKE, [version, limit]);
  return rows.map((row) => row.id);
}
