/**
 * Planning reminders by the set: when loans are looked at next, and what a look puts into the outbox. Advance and message commit
 * together and every (loan, instalment, stage) has one key for ever, so a crash, a second run or a restored backup repeats nothing.
 */
import { EARLIEST_DAY } from '../../core/flow/index.ts';
import { statement, type Tx } from '../../db/database.ts';
import { lacksBorderConsent } from '../consent/index.ts';
import type { ReminderSchedule } from './reminder-schedule.ts';

/** The stages of one or more versions as SQL sees them: `$1` to `$5`, from `stageColumns`. */
const STAGES = `stage AS (SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::int[]) AS row (version, name, day, minute, spread))`;
/** The last byte of its id spreads a loan; it never changes. */
const SHARE = 'get_byte(uuid_send(l.id), 15) AS share';

/** The wall clock at which `stage` of instalment `i` comes, as `planStages` has it: a test compares the two. */
function momentOf(loan: string): string {
  const minute = `(stage.minute + ${loan}.share * stage.spread / 256)`;
  return `((i.due_on + stage.day) + make_interval(mins => ${minute} + CASE WHEN ${minute} % 30 = 0 THEN 2 ELSE 0 END))`;
}

/** The message of a stage, if it was ever put into the outbox: what has a key was sent or waits to be sent, and that it stays. */
function keyOf(row: string): string {
  return `(SELECT 'SENT' FROM outbox_keys WHERE key = 'remind:' || ${row}.id || ':' || ${row}.number || ':' || ${row}.name)`;
}

function outcomeOf(row: string): string {
  return `(SELECT outcome FROM reminder_outcomes WHERE loan_id = ${row}.id AND instalment = ${row}.number AND stage = ${row}.name)`;
}

// A stage that came since a look that is due and was not taken yet (a payment at nine o'clock, an outage) is still to be sent or
// to lapse by that look; one that came before it and was never sent has lapsed. Nothing can have happened yet to what falls due
// beyond the earliest day of any version, and after the first such instalment nothing can come next.
const PLANNING = `WITH ${STAGES}, moving AS (
     SELECT l.id, l.next_reminder_at, l.next_instalment, l.next_stage, c.zone, ($7::timestamptz AT TIME ZONE c.zone)::date - ${EARLIEST_DAY} AS horizon, ${SHARE}
     FROM loans l JOIN customers c ON c.id = l.customer_id WHERE l.id = ANY ($6::uuid[])
   ), planned AS (
     SELECT m.id, m.next_reminder_at AS due, i.number, i.due_on <= m.horizon AS is_near, stage.name, ${momentOf('m')} AT TIME ZONE m.zone AS at
     FROM moving m JOIN LATERAL (
       SELECT number, due_on, min(due_on) FILTER (WHERE due_on > m.horizon) OVER () AS beyond FROM instalments WHERE loan_id = m.id AND paid_at IS NULL
     ) i ON i.due_on <= coalesce(i.beyond, i.due_on) CROSS JOIN stage
   ), fated AS MATERIALIZED (
     SELECT p.*, CASE WHEN is_near THEN coalesce(${keyOf('p')}, ${outcomeOf('p')}) END AS fate FROM planned p
   ), past AS (
     SELECT id, number, name FROM fated WHERE fate IS NULL AND at <= $7 AND (at >= due) IS NOT TRUE
   ), upcoming AS (
     SELECT DISTINCT ON (id) id, at, number, name FROM fated
     WHERE CASE WHEN at > $7 THEN fate IS NULL OR fate = 'LAPSED' ELSE fate IS NULL AND at >= due END ORDER BY id, at, number
   ), moved AS (
     SELECT m.id, (m.next_reminder_at, m.next_instalment, m.next_stage) IS DISTINCT FROM (u.at, u.number, u.name) AS is_rescheduled, u.at, u.number, u.name
     FROM moving m LEFT JOIN upcoming u ON u.id = m.id
   )`;
const TALLY = `SELECT count(*)::int AS loans, (count(*) FILTER (WHERE is_rescheduled))::int AS rescheduled, (SELECT count(*) FROM past)::int AS lapsed,
     encode(sha256(convert_to(coalesce(string_agg(id::text, E'\\n' ORDER BY id), ''), 'UTF8')), 'hex') AS digest FROM moved`;
const FORESEE = statement('reminders-foresee', `${PLANNING} ${TALLY}`);
const PLAN = statement(
  'reminders-plan',
  `${PLANNING}, lapsed AS (
     INSERT INTO reminder_outcomes (loan_id, instalment, stage, outcome, at) SELECT id, number, name, 'LAPSED', $7 FROM past
   ), revived AS (
     DELETE FROM reminder_outcomes o USING fated f WHERE f.fate = 'LAPSED' AND f.at > $7 AND o.loan_id = f.id AND o.instalment = f.number AND o.stage = f.name
   ), written AS (
     UPDATE loans l SET reminder_version_id = ($1::text[])[1], next_reminder_at = moved.at, next_instalment = moved.number, next_stage = moved.name, updated_at = $7
     FROM moved WHERE l.id = moved.id
   )
   ${TALLY}`,
);

/** What planning loans by a version does, or would do. */
export interface Planned {
  readonly loans: number;
  /** Loans whose next reminder is another one, or at another time. */
  readonly rescheduled: number;
  /** Stages that lie in the past and were never sent: recorded, so that nobody sends them late. */
  readonly lapsed: number;
  /** sha256 of the loans' ids, one a line, in order. */
  readonly digest: string;
}

/** What planning these loans by this version would do. Writes nothing. */
export async function foreseePlan(
  tx: Tx,
  loans: readonly string[],
  schedule: ReminderSchedule,
  now: Date,
): Promise<Planned> {
  return tally(tx, FORESEE, [...stageColumns([schedule]), loans, now]);
}

/**
 * Gives these loans, which the caller has locked, this version, which may be the one they have, and sets their next look from
 * their open instalments. What was sent stays sent; a stage that lapsed and lies ahead (again) may be sent.
 */
export async function planLoans(
  tx: Tx,
  loans: readonly string[],
  schedule: ReminderSchedule,
  now: Date,
): Promise<Planned> {
  return tally(tx, PLAN, [...stageColumns([schedule]), loans, now]);
}

async function tally(tx: Tx, query: typeof PLAN, values: readonly unknown[]): Promise<Planned> {
  const [row] = await tx.query<Planned>(query, values);
  if (!row) throw new Error('a tally without a row');
  return row;
}

// Taken by a statement of its own: the next one sees what was written before the locks were had, as a payment of this moment.
const TAKE_DUE = statement(
  'reminders-take-due',
  `SELECT id FROM loans WHERE next_reminder_at <= $1 AND reminder_version_id = ANY ($2::text[]) AND id <> ALL ($4::uuid[]) ORDER BY next_reminder_at, id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED`,
);
// Of the instalments those are looked at that can have a stage since the look fell due, and the first one beyond: with it the
// next stage comes, if there is none before.
const RUN = statement(
  'reminders-run',
  `WITH ${STAGES}, reach AS (SELECT min(day) AS first, max(day) AS last FROM stage), due AS (
     SELECT l.id, l.customer_id, l.reminder_version_id, l.next_reminder_at, ${SHARE} FROM loans l WHERE l.id = ANY ($7::uuid[])
   ), place AS MATERIALIZED ( -- wall-clock time of the customer's zone: comparing it is cheap, instants are made of what is kept
     SELECT due.id, due.customer_id, due.reminder_version_id, due.share, c.zone, due.next_reminder_at AT TIME ZONE c.zone AS since, $6::timestamptz AT TIME ZONE c.zone AS now
     FROM due JOIN LATERAL (SELECT zone FROM customers WHERE id = due.customer_id) c ON true
   ), owed AS MATERIALIZED (
     SELECT place.*, i.number, i.due_on FROM place CROSS JOIN reach JOIN LATERAL (
       SELECT number, due_on FROM instalments WHERE loan_id = place.id AND paid_at IS NULL AND due_on BETWEEN since::date - reach.last AND now::date - reach.first
       UNION ALL (SELECT number, due_on FROM instalments WHERE loan_id = place.id AND paid_at IS NULL AND due_on > now::date - reach.first ORDER BY number LIMIT 1)
     ) i ON true
   ), planned AS (
     SELECT i.id, i.customer_id, i.zone, i.now, i.number, stage.name, stage.day, ${momentOf('i')} AS at
     FROM owed i JOIN stage ON stage.version = i.reminder_version_id WHERE ${momentOf('i')} >= i.since
   ), past AS ( -- overtaken by a later one, or of an earlier day while its words fix the day
     SELECT *, row_number() OVER (PARTITION BY id, number ORDER BY at DESC) > 1 OR (day <= 0 AND at::date < now::date) AS has_lapsed FROM planned WHERE at <= now
   ), upcoming AS ( -- one row for each, empty where nothing is to come
     SELECT DISTINCT ON (id) id, number, name, at AT TIME ZONE zone AS next_at
     FROM (SELECT id, zone, number, name, at FROM planned WHERE at > now UNION ALL SELECT id, zone, NULL, NULL, NULL FROM place) AS stages ORDER BY id, at NULLS LAST
   ), advanced AS (
     UPDATE loans l SET next_reminder_at = u.next_at, next_instalment = u.number, next_stage = u.name FROM upcoming u WHERE l.id = u.id
   ), addressed AS ( -- what has not ended yet, with the one place where its customer is reached; where he once was, it stands on his file unsent. What may not go abroad is stopped by the gate
     SELECT past.id, past.number, past.name, past.day, past.has_lapsed, past.customer_id, p.account, p.external_id, p.is_reachable FROM past
     LEFT JOIN LATERAL (SELECT account, external_id, is_reachable FROM identities WHERE customer_id = past.customer_id AND is_verified
       ORDER BY ${lacksBorderConsent('account', 'past.customer_id')}, is_reachable DESC, bound_at DESC NULLS LAST LIMIT 1) p ON true
     WHERE ${outcomeOf('past')} IS NULL
   ), outcome AS (
     INSERT INTO reminder_outcomes (loan_id, instalment, stage, outcome, at)
     SELECT id, number, name, CASE WHEN has_lapsed THEN 'LAPSED' ELSE 'UNREACHABLE' END, $6 FROM addressed
     WHERE CASE WHEN has_lapsed OR account IS NULL THEN ${keyOf('addressed')} IS NULL END -- few: only for them is it looked up
     ON CONFLICT DO NOTHING RETURNING loan_id, instalment, stage, outcome
   ), message AS MATERIALIZED (
     SELECT *, nextval('outbox_id_seq') AS outbox_id FROM addressed WHERE NOT has_lapsed AND account IS NOT NULL
   ), fresh AS (
     INSERT INTO outbox_keys (key, outbox_id, at) SELECT 'remind:' || id || ':' || number || ':' || name, outbox_id, $6 FROM message
     ON CONFLICT DO NOTHING RETURNING outbox_id
   ), sent AS (
     INSERT INTO outbox (id, at, account, chat, lane, kind, purpose, customer_id, subject_kind, subject_id, reference, due_at, trace_id, is_unreachable)
     SELECT outbox_id, $6, account, external_id, 'BULK', 'reminder', CASE WHEN day > 0 THEN 'COLLECTION' ELSE 'SERVICE' END, customer_id, 'loan', id,
       number || ':' || name, $6, $8, NOT is_reachable
     FROM message WHERE (outbox_id IN (SELECT outbox_id FROM fresh)) IS TRUE -- looked up in a hash; as a join it is planned for one row
     RETURNING 1
   )
   SELECT (SELECT count(*) FROM due)::int AS looked_at, (SELECT count(*) FROM sent)::int AS enqueued,
     (SELECT coalesce(json_agg(json_build_object('loanId', loan_id, 'instalment', instalment)), '[]') FROM outcome WHERE outcome = 'UNREACHABLE') AS unreachable`,
);

/** An instalment whose reminder reaches nobody. */
export interface Missed {
  readonly loanId: string;
  readonly instalment: number;
}

/** What a run did: loans it looked at, messages it put into the outbox, and whom it could not reach. */
export interface ReminderRun {
  readonly looked_at: number;
  readonly enqueued: number;
  /** Instalments whose customer no channel reaches: they become to-dos. */
  readonly unreachable: readonly Missed[];
}

/** Takes up to `limit` due loans of these versions; a loan of another version stays due, and so do those of `except`. */
export async function dueLoans(
  tx: Tx,
  schedules: readonly ReminderSchedule[],
  { now, limit, except = [] }: { readonly now: Date; readonly limit: number; readonly except?: readonly string[] },
): Promise<readonly string[]> {
  const versions = schedules.map(({ version }) => version);
  return (await tx.query<{ id: string }>(TAKE_DUE, [now, versions, limit, except])).map(({ id }) => id);
}

/** Handles loans that are due and taken. */
export async function runReminders(
  tx: Tx,
  loans: readonly string[],
  schedules: readonly ReminderSchedule[],
  run: { readonly now: Date; readonly traceId: string },
): Promise<ReminderRun> {
  const idle = { looked_at: 0, enqueued: 0, unreachable: [] };
  if (loans.length === 0) return idle;
  const [row] = await tx.query<ReminderRun>(RUN, [...stageColumns(schedules), run.now, loans, run.traceId]);
  return row ?? idle;
}

// A look comes by the wall clock of the customer's zone: elsewhere it is the same stage at the same hour. One that has passed
// there already is due at once, as after an outage.
const SHIFT = statement(
  'reminders-shift',
  `WITH his AS MATERIALIZED (SELECT id FROM loans WHERE customer_id = $1 AND next_reminder_at IS NOT NULL ORDER BY id FOR NO KEY UPDATE)
   UPDATE loans l SET next_reminder_at = l.next_reminder_at AT TIME ZONE $2 AT TIME ZONE $3 FROM his WHERE l.id = his.id RETURNING l.id`,
);

/** Moves the next looks at a customer's loans to the same hour of another zone; the caller has locked the customer. */
export async function shiftLooks(
  tx: Tx,
  customerId: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<number> {
  return (await tx.query(SHIFT, [customerId, from, to])).length;
}

/** The parameters of `STAGES`. */
function stageColumns(schedules: readonly ReminderSchedule[]): readonly unknown[] {
  const rows = schedules.flatMap(({ version, stages }) => stages.map((stage) => ({ ...stage, version })));
  return [
    rows.map((row) => row.version),
    rows.map((row) => row.name),
    rows.map((row) => row.day),
    rows.map((row) => row.minute),
    rows.map((row) => row.spread),
  ];
}

const VERSION = statement('reminders-version', 'SELECT reminder_version_id FROM loans WHERE id = $1');

/** The version a loan was made with, or moved to. */
export async function reminderVersion(tx: Tx, loanId: string): Promise<string | undefined> {
  return (await tx.query<{ reminder_version_id: string }>(VERSION, [loanId]))[0]?.reminder_version_id;
}

const REMINDED = statement(
  'reminders-facts',
  `SELECT l.number AS loan, l.customer_id, l.reminder_version_id, i.number, i.due_on, i.paid_at, (i.principal_fen + i.interest_fen - i.paid_principal_fen - i.paid_interest_fen) AS open_fen, earlier.instalments AS earlier, earlier.open_fen AS earlier_fen,
     (SELECT count(*)::int FROM loans WHERE customer_id = l.customer_id AND state = 'ACTIVE') AS running, c.language, c.zone, s.name AS adviser
   FROM loans l JOIN instalments i ON i.loan_id = l.id AND i.number = $2 JOIN customers c ON c.id = l.customer_id
   CROSS JOIN LATERAL (SELECT count(*)::int AS instalments, coalesce(sum(principal_fen + interest_fen - paid_principal_fen - paid_interest_fen), 0)::bigint AS open_fen FROM instalments WHERE loan_id = l.id AND number < i.number AND paid_at IS NULL) earlier
   LEFT JOIN staff s ON s.id = c.owner_id AND s.is_active WHERE l.id = $1`,
);

/** An instalment as its reminder speaks of it. */
export interface ReminderFacts {
  readonly loan: number;
  readonly customer_id: string;
  readonly reminder_version_id: string;
  readonly number: number;
  readonly due_on: string;
  readonly paid_at: Date | null;
  readonly open_fen: bigint;
  /** How many instalments before it are open, and what they owe: whatever is paid goes to them first. */
  readonly earlier: number;
  readonly earlier_fen: bigint;
  /** How many loans of the customer are not paid off. */
  readonly running: number;
  readonly language: string;
  readonly zone: string;
  /** Whom the customer may turn to. */
  readonly adviser: string | null;
}

/** What a reminder says, as it is at the moment of sending. */
export async function reminderFacts(tx: Tx, loanId: string, instalment: number): Promise<ReminderFacts | undefined> {
  return (await tx.query<ReminderFacts>(REMINDED, [loanId, instalment]))[0];
}

const OVERTAKEN = statement(
  'reminders-overtaken',
  `SELECT 1 FROM outbox_keys own JOIN outbox_keys other ON other.outbox_id > own.outbox_id WHERE own.key = $1 AND other.key = ANY ($2::text[]) LIMIT 1`,
);

/** Whether one of these other stages of the instalment was put into the outbox after this one. */
export async function isOvertaken(
  tx: Tx,
  message: { readonly loanId: string; readonly instalment: number; readonly stage: string },
  others: readonly string[],
): Promise<boolean> {
  const keyOf = (stage: string): string => `remind:${message.loanId}:${message.instalment}:${stage}`;
  return (await tx.query(OVERTAKEN, [keyOf(message.stage), others.map(keyOf)])).length > 0;
}

const OUTCOME = statement(
  'reminders-outcome',
  'INSERT INTO reminder_outcomes (loan_id, instalment, stage, outcome, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING',
);

/** Writes down why a stage is not sent; what stands there already stays. */
export async function recordOutcome(
  tx: Tx,
  outcome: {
    readonly loanId: string;
    readonly instalment: number;
    readonly stage: string;
    readonly outcome: 'STOPPED' | 'LAPSED';
    readonly now: Date;
  },
): Promise<void> {
  await tx.query(OUTCOME, [outcome.loanId, outcome.instalment, outcome.stage, outcome.outcome, outcome.now]);
}
