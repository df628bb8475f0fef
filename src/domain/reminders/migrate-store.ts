/**
 * Moving running loans to another version of the reminder flow, by the set. What was sent stays sent (its key is kept for
 * ever); a stage that the version puts into the past is recorded as lapsed; one it puts into the future again may be sent.
 */
import { statement, type Tx } from '../../db/database.ts';
import type { ReminderSchedule } from './reminder-schedule.ts';
import { STAGES, stageColumns } from './reminder-store.ts';

// A look that is due stays due: the next run takes it by the new version, sends the newest stage since then and lets the
// others lapse. A stage comes at most 60 days early: only to what falls due by then can anything have happened yet, and after
// the first instalment beyond nothing can come next.
const MOVING = `WITH ${STAGES}, moving AS (
     SELECT l.id, l.next_reminder_at, l.next_instalment, l.next_stage, l.next_reminder_at IS NOT NULL AND l.next_reminder_at <= $7 AS is_due, c.zone, get_byte(uuid_send(l.id), 15) AS share
     FROM loans l JOIN customers c ON c.id = l.customer_id WHERE l.id = ANY ($6::uuid[])
   ), planned AS (
     SELECT m.id, m.is_due, m.next_reminder_at, i.number, i.due_on, stage.name, ((i.due_on + stage.day) + make_interval(mins => stage.minute + m.share * stage.spread / 256)) AT TIME ZONE m.zone AS at
     FROM moving m JOIN LATERAL (
       SELECT number, due_on, min(due_on) FILTER (WHERE due_on > $7::timestamptz::date + 62) OVER () AS beyond FROM instalments WHERE loan_id = m.id AND paid_at IS NULL
     ) i ON i.due_on <= coalesce(i.beyond, i.due_on) CROSS JOIN stage
   ), fated AS MATERIALIZED (
     SELECT p.*, CASE WHEN due_on <= $7::timestamptz::date + 62 THEN coalesce(
         (SELECT 'SENT' FROM outbox_keys WHERE key = 'remind:' || p.id || ':' || p.number || ':' || p.name),
         (SELECT outcome FROM reminder_outcomes WHERE loan_id = p.id AND instalment = p.number AND stage = p.name)) END AS fate
     FROM planned p
   ), past AS (
     SELECT id, number, name FROM fated WHERE fate IS NULL AND at <= $7 AND (NOT is_due OR at < next_reminder_at)
   ), upcoming AS (
     SELECT DISTINCT ON (id) id, at, number, name FROM fated WHERE at > $7 AND fate IS DISTINCT FROM 'SENT' ORDER BY id, at, number
   ), moved AS (
     SELECT m.id, NOT m.is_due AND (m.next_reminder_at, m.next_instalment, m.next_stage) IS DISTINCT FROM (u.at, u.number, u.name) AS is_rescheduled,
       CASE WHEN m.is_due THEN m.next_reminder_at ELSE u.at END AS at, CASE WHEN m.is_due THEN m.next_instalment ELSE u.number END AS number, CASE WHEN m.is_due THEN m.next_stage ELSE u.name END AS name
     FROM moving m LEFT JOIN upcoming u ON u.id = m.id
   )`;
const TALLY = `SELECT count(*)::int AS loans, (count(*) FILTER (WHERE is_rescheduled))::int AS rescheduled, (SELECT count(*) FROM past)::int AS lapsed,
     encode(sha256(convert_to(coalesce(string_agg(id::text, E'\\n' ORDER BY id), ''), 'UTF8')), 'hex') AS digest FROM moved`;

const FORESEE = statement('reminders-foresee-move', `${MOVING} ${TALLY}`);
const MOVE = statement(
  'reminders-move',
  `${MOVING}, lapsed AS (
     INSERT INTO reminder_outcomes (loan_id, instalment, stage, outcome, at) SELECT id, number, name, 'LAPSED', $7 FROM past
   ), revived AS (
     DELETE FROM reminder_outcomes o USING fated f WHERE f.fate = 'LAPSED' AND f.at > $7 AND o.loan_id = f.id AND o.instalment = f.number AND o.stage = f.name
   ), written AS (
     UPDATE loans l SET reminder_version_id = ($1::text[])[1], next_reminder_at = moved.at, next_instalment = moved.number, next_stage = moved.name, updated_at = $7
     FROM moved WHERE l.id = moved.id
   )
   ${TALLY}`,
);

/** What moving loans does, or would do. */
export interface Move {
  readonly loans: number;
  /** Loans whose next reminder is another one, or at another time. */
  readonly rescheduled: number;
  /** Stages that lie in the past and were never sent. */
  readonly lapsed: number;
  /** sha256 of the loans' ids, one a line, in order. */
  readonly digest: string;
}

async function tally(tx: Tx, query: typeof MOVE, values: readonly unknown[]): Promise<Move> {
  const [row] = await tx.query<Move>(query, values);
  if (!row) throw new Error('a tally without a row');
  return row;
}

/** What moving these loans would do. Writes nothing. */
export async function foreseeMove(
  tx: Tx,
  loans: readonly string[],
  schedule: ReminderSchedule,
  now: Date,
): Promise<Move> {
  return tally(tx, FORESEE, [...stageColumns([schedule]), loans, now]);
}

/** Moves these loans, which the caller has locked. */
export async function moveLoans(
  tx: Tx,
  loans: readonly string[],
  schedule: ReminderSchedule,
  now: Date,
): Promise<Move> {
  return tally(tx, MOVE, [...stageColumns([schedule]), loans, now]);
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
     AND reminder_version_id = $1 AND state = 'ACTIVE' ORDER BY id FOR UPDATE`,
);

/** Up to `limit` running loans of a version, locked. */
export async function takeLoans(tx: Tx, version: string, limit: number): Promise<readonly string[]> {
  const rows = await tx.query<{ id: string }>(TAKE, [version, limit]);
  return rows.map((row) => row.id);
}
