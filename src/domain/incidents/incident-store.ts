/** Incidents: what the product noticed and somebody has to look at. Written by whoever notices, closed here. */
import { statement, type Tx } from '../../db/database.ts';

/** An incident; open until `resolved_at` is set. */
export interface IncidentRow {
  readonly id: string;
  readonly kind: string;
  readonly subject_kind: string | null;
  readonly subject_id: string | null;
  /** Codes and counts; never personal data. */
  readonly detail: Readonly<Record<string, unknown>>;
  readonly opened_at: Date;
  readonly resolved_at: Date | null;
}

const COLUMNS = 'id, kind, subject_kind, subject_id, detail, opened_at, resolved_at';
const LIST_OPEN = statement(
  'incidents-list-open',
  `SELECT ${COLUMNS} FROM incidents WHERE resolved_at IS NULL AND ($1::uuid IS NULL OR (opened_at, id) < (SELECT opened_at, id FROM incidents WHERE id = $1))
   ORDER BY opened_at DESC, id DESC LIMIT $2`,
);
// Ids are made in the order in which things happen; the index of the open ones knows nothing of the closed.
const LIST_ALL = statement(
  'incidents-list-all',
  `SELECT ${COLUMNS} FROM incidents WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2`,
);
const OPEN = statement('incidents-open', 'SELECT count(*)::int AS open FROM incidents WHERE resolved_at IS NULL');
const RESOLVE = statement(
  'incidents-resolve',
  `UPDATE incidents SET resolved_at = coalesce(resolved_at, $2), resolved_by = CASE WHEN resolved_at IS NULL THEN $3::uuid ELSE resolved_by END
   WHERE id = $1 RETURNING resolved_at`,
);

const RESOLVE_ABOUT = statement(
  'incidents-resolve-about',
  'UPDATE incidents SET resolved_at = $3 WHERE kind = ANY($1::text[]) AND subject_id = $2 AND resolved_at IS NULL RETURNING id',
);

/** The newest first; those after `after`. */
export async function findIncidents(
  tx: Tx,
  query: { readonly isOpen: boolean; readonly after: string | undefined; readonly limit: number },
): Promise<readonly IncidentRow[]> {
  return tx.query<IncidentRow>(query.isOpen ? LIST_OPEN : LIST_ALL, [query.after ?? null, query.limit]);
}

/** How many wait for somebody to look. */
export async function countOpen(tx: Tx): Promise<number> {
  return (await tx.query<{ open: number }>(OPEN))[0]?.open ?? 0;
}

/** Closes it; when it was closed, now or before. `undefined` for an unknown one. */
export async function resolveIncident(
  tx: Tx,
  id: string,
  by: { readonly staffId: string | null; readonly now: Date },
): Promise<Date | undefined> {
  return (await tx.query<{ resolved_at: Date }>(RESOLVE, [id, by.now, by.staffId]))[0]?.resolved_at;
}

/** Closes every open one of these kinds about a subject; how many there were. */
export async function resolveIncidentsAbout(
  tx: Tx,
  kinds: readonly string[],
  subjectId: string,
  now: Date,
): Promise<number> {
  return (await tx.query(RESOLVE_ABOUT, [kinds, subjectId, now])).length;
}
