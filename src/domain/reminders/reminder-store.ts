/**
 * Planning reminders by the set: one statement claims due loans, advances each to its next stage and puts what is due
 * into the outbox. Advance and message commit together and every (loan, instalment, stage) has one key for ever, so a
 * crash, a second run or a restored backup repeats nothing.
 */
import { statement, type Tx } from '../../db/database.ts';

/** A stage of the schedule as SQL sees it: minutes after midnight in the customer's zone. */
export interface StageRow {
  readonly name: string;
  readonly day: number;
  readonly minute: number;
}

const STAGES = `stage AS (SELECT * FROM unnest($1::text[], $2::int[], $3::int[]) AS row (name, day, minute))`;

// The next moment at which a loan needs a look: the earliest stage after `after` of an instalment that is not paid.
// The spread keeps customers apart within the stage's hour; it depends on the loan only, so it never changes.
const SET_NEXT = statement(
  'reminders-set-next',
  `WITH ${STAGES}, next AS (
     SELECT i.number, stage.name, ((i.due_on + stage.day) + make_interval(mins => stage.minute + (get_byte(uuid_send(l.id), 15) * $6 / 256))) AT TIME ZONE c.zone AS at
     FROM loans l JOIN customers c ON c.id = l.customer_id JOIN instalments i ON i.loan_id = l.id AND i.paid_at IS NULL CROSS JOIN stage
     WHERE l.id = $4 AND l.state = 'ACTIVE'
   ), first AS (SELECT * FROM next WHERE at > $5 ORDER BY at LIMIT 1)
   UPDATE loans SET next_reminder_at = (SELECT at FROM first), next_instalment = (SELECT number FROM first), next_stage = (SELECT name FROM first) WHERE id = $4`,
);

const RUN = statement(
  'reminders-run',
  `WITH ${STAGES}, due AS (
     SELECT l.id, l.customer_id, l.next_reminder_at, l.next_instalment FROM loans l
     WHERE l.next_reminder_at <= $4 ORDER BY l.next_reminder_at, l.id LIMIT $5 FOR UPDATE SKIP LOCKED
   ), planned AS (
     SELECT due.id, due.customer_id, due.next_reminder_at, i.number, stage.name, stage.day,
       ((i.due_on + stage.day) + make_interval(mins => stage.minute + (get_byte(uuid_send(due.id), 15) * $6 / 256))) AT TIME ZONE c.zone AS at
     FROM due JOIN customers c ON c.id = due.customer_id
     JOIN LATERAL (SELECT number, due_on FROM instalments WHERE loan_id = due.id AND paid_at IS NULL AND number >= due.next_instalment - 1 ORDER BY number LIMIT 3) i ON true
     CROSS JOIN stage
   ), past AS (
     SELECT *, row_number() OVER (PARTITION BY id, number ORDER BY at DESC) AS age FROM planned WHERE at <= $4 AND at >= next_reminder_at
   ), upcoming AS (
     SELECT DISTINCT ON (id) id, number, name, at FROM planned WHERE at > $4 ORDER BY id, at
   ), advanced AS (
     UPDATE loans l SET next_reminder_at = u.at, next_instalment = u.number, next_stage = u.name
     FROM due LEFT JOIN upcoming u ON u.id = due.id WHERE l.id = due.id
   ), person AS (
     SELECT DISTINCT ON (i.customer_id) i.customer_id, i.account, i.external_id FROM identities i
     WHERE i.customer_id IN (SELECT customer_id FROM due) AND i.is_reachable AND i.is_verified ORDER BY i.customer_id, i.bound_at DESC NULLS LAST
   ), outcome AS (
     INSERT INTO reminder_outcomes (loan_id, instalment, stage, outcome, at)
     SELECT past.id, past.number, past.name, CASE WHEN past.age > 1 THEN 'LAPSED' ELSE 'UNREACHABLE' END, $4
     FROM past LEFT JOIN person p ON p.customer_id = past.customer_id WHERE past.age > 1 OR p.customer_id IS NULL
     ON CONFLICT DO NOTHING RETURNING loan_id, instalment, stage, outcome
   ), fresh AS (
     INSERT INTO outbox_keys (key, outbox_id, at)
     SELECT 'remind:' || past.id || ':' || past.number || ':' || past.name, nextval('outbox_id_seq'), $4 FROM past JOIN person p ON p.customer_id = past.customer_id WHERE past.age = 1
     ON CONFLICT DO NOTHING RETURNING key, outbox_id
   ), sent AS (
     INSERT INTO outbox (id, at, account, chat, lane, kind, purpose, customer_id, subject_kind, subject_id, reference, due_at, trace_id)
     SELECT fresh.outbox_id, $4, p.account, p.external_id, 'BULK', 'reminder', CASE WHEN past.day > 0 THEN 'COLLECTION' ELSE 'SERVICE' END, past.customer_id, 'loan', past.id,
       past.number || ':' || past.name, clock_timestamp(), $7
     FROM past JOIN person p ON p.customer_id = past.customer_id
     JOIN fresh ON fresh.key = 'remind:' || past.id || ':' || past.number || ':' || past.name WHERE past.age = 1
     RETURNING 1
   )
   SELECT (SELECT count(*) FROM due)::int AS looked_at, (SELECT count(*) FROM sent)::int AS enqueued,
     (SELECT count(*) FROM outcome WHERE outcome = 'LAPSED')::int AS lapsed,
     (SELECT coalesce(array_agg(DISTINCT loan_id::text), '{}') FROM outcome WHERE outcome = 'UNREACHABLE') AS unreachable`,
);

export interface ReminderRun {
  readonly looked_at: number;
  readonly enqueued: number;
  readonly lapsed: number;
  /** Loans whose customer no channel reaches: they become to-dos. */
  readonly unreachable: readonly string[];
}

/** Sets a loan's next look from its open instalments; call after making it and after each payment. */
export async function planLoan(tx: Tx, loanId: string, stages: readonly StageRow[], at: { readonly after: Date; readonly spreadMinutes: number }): Promise<void> {
  await tx.query(SET_NEXT, [...columns(stages), loanId, at.after, at.spreadMinutes]);
}

/** Handles up to `limit` due loans in one statement. */
export async function runReminders(tx: Tx, stages: readonly StageRow[], run: { readonly now: Date; readonly limit: number; readonly spreadMinutes: number; readonly traceId: string }): Promise<ReminderRun> {
  const [row] = await tx.query<ReminderRun>(RUN, [...columns(stages), run.now, run.limit, run.spreadMinutes, run.traceId]);
  return row ?? { looked_at: 0, enqueued: 0, lapsed: 0, unreachable: [] };
}

function columns(stages: readonly StageRow[]): readonly unknown[] {
  return [stages.map((stage) => stage.name), stages.map((stage) => stage.day), stages.map((stage) => stage.minute)];
}

const REMINDED = statement(
  'reminders-facts',
  `SELECT l.number AS loan, l.customer_id, i.number, i.due_on, i.paid_at, (i.principal_fen + i.interest_fen - i.paid_principal_fen - i.paid_interest_fen) AS open_fen, c.language, c.zone
   FROM loans l JOIN instalments i ON i.loan_id = l.id AND i.number = $2 JOIN customers c ON c.id = l.customer_id WHERE l.id = $1`,
);

export interface ReminderFacts {
  readonly loan: number;
  readonly customer_id: string;
  readonly number: number;
  readonly due_on: string;
  readonly paid_at: Date | null;
  readonly open_fen: bigint;
  readonly language: string;
  readonly zone: string;
}

/** What a reminder says, as it is at the moment of sending. */
export async function reminderFacts(tx: Tx, loanId: string, instalment: number): Promise<ReminderFacts | undefined> {
  return (await tx.query<ReminderFacts>(REMINDED, [loanId, instalment]))[0];
}

const OUTCOME = statement('reminders-outcome', 'INSERT INTO reminder_outcomes (loan_id, instalment, stage, outcome, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING');

export async function recordOutcome(tx: Tx, outcome: { readonly loanId: string; readonly instalment: number; readonly stage: string; readonly outcome: 'STOPPED' | 'DENIED'; readonly now: Date }): Promise<void> {
  await tx.query(OUTCOME, [outcome.loanId, outcome.instalment, outcome.stage, outcome.outcome, outcome.now]);
}
