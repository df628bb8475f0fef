/**
 * Planning reminders by the set: one statement claims due loans, advances each to its next stage and puts what is due
 * into the outbox. Advance and message commit together and every (loan, instalment, stage) has one key for ever, so a
 * crash, a second run or a restored backup repeats nothing.
 */
import { statement, type Tx } from '../../db/database.ts';
import type { ReminderSchedule } from './reminder-schedule.ts';

/** The stages of one or more versions as SQL sees them: `$1` to `$5`, from `stageColumns`. */
export const STAGES = `stage AS (SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::int[]) AS row (version, name, day, minute, spread))`;

// The next moment at which a loan needs a look: the earliest stage still to come of an instalment that is not paid. A look
// that is due but was not taken yet (a payment at nine o'clock, an outage) stays due: its stages are still to be sent or lapse.
// The spread keeps customers apart within the stage's hour; it depends on the loan only, so it never changes.
const SET_NEXT = statement(
  'reminders-set-next',
  `WITH ${STAGES}, next AS (
     SELECT i.number, stage.name, l.next_reminder_at AS due, ((i.due_on + stage.day) + make_interval(mins => stage.minute + (get_byte(uuid_send(l.id), 15) * stage.spread / 256))) AT TIME ZONE c.zone AS at
     FROM loans l JOIN customers c ON c.id = l.customer_id JOIN instalments i ON i.loan_id = l.id AND i.paid_at IS NULL CROSS JOIN stage
     WHERE l.id = $6 AND l.state = 'ACTIVE'
   ), first AS (SELECT * FROM next WHERE at > $7 OR at >= due ORDER BY at LIMIT 1)
   UPDATE loans SET next_reminder_at = (SELECT at FROM first), next_instalment = (SELECT number FROM first), next_stage = (SELECT name FROM first) WHERE id = $6`,
);

const RUN = statement(
  'reminders-run',
  `WITH ${STAGES}, due AS (
     SELECT l.id, l.customer_id, l.reminder_version_id, l.next_reminder_at, l.next_instalment, get_byte(uuid_send(l.id), 15) AS share FROM loans l
     WHERE l.next_reminder_at <= $6 AND l.reminder_version_id = ANY ($1) ORDER BY l.next_reminder_at, l.id LIMIT $7 FOR UPDATE SKIP LOCKED
   ), place AS MATERIALIZED ( -- wall-clock time of the customer's zone: comparing it is cheap, instants are made of what is kept
     SELECT due.id, due.customer_id, due.reminder_version_id, due.next_instalment, due.share, c.zone, due.next_reminder_at AT TIME ZONE c.zone AS since, $6::timestamptz AT TIME ZONE c.zone AS now
     FROM due JOIN LATERAL (SELECT zone FROM customers WHERE id = due.customer_id) c ON true
   ), planned AS (
     SELECT place.id, place.customer_id, place.zone, place.now, i.number, stage.name, stage.day, (i.due_on + stage.day) + make_interval(mins => stage.minute + place.share * stage.spread / 256) AS at
     FROM place JOIN LATERAL (SELECT number, due_on FROM instalments WHERE loan_id = place.id AND paid_at IS NULL AND number >= place.next_instalment - 1 ORDER BY number LIMIT 3) i ON true
     JOIN stage ON stage.version = place.reminder_version_id
     WHERE (i.due_on + stage.day) + make_interval(mins => stage.minute + place.share * stage.spread / 256) >= place.since
   ), past AS (
     SELECT *, row_number() OVER (PARTITION BY id, number ORDER BY at DESC) AS age FROM planned WHERE at <= now
     AND (SELECT 1 FROM reminder_outcomes o WHERE o.loan_id = planned.id AND o.instalment = planned.number AND o.stage = planned.name) IS NULL -- ended without a message
   ), upcoming AS (
     SELECT DISTINCT ON (id) id, number, name, at AT TIME ZONE zone AS at
     FROM planned JOIN (SELECT id, min(at) AS at FROM planned WHERE at > now GROUP BY id) AS next USING (id, at)
   ), advanced AS (
     UPDATE loans l SET next_reminder_at = u.at, next_instalment = u.number, next_stage = u.name
     FROM due LEFT JOIN upcoming u ON u.id = due.id WHERE l.id = due.id
   ), addressed AS ( -- each with the one place where its customer is reached, if there is one
     SELECT past.id, past.number, past.name, past.day, past.age, past.customer_id, p.account, p.external_id FROM past
     LEFT JOIN LATERAL (SELECT account, external_id FROM identities WHERE customer_id = past.customer_id AND is_reachable AND is_verified ORDER BY bound_at DESC NULLS LAST LIMIT 1) p ON true
   ), outcome AS (
     INSERT INTO reminder_outcomes (loan_id, instalment, stage, outcome, at)
     SELECT id, number, name, CASE WHEN age > 1 THEN 'LAPSED' ELSE 'UNREACHABLE' END, $6 FROM addressed WHERE age > 1 OR account IS NULL
     ON CONFLICT DO NOTHING RETURNING loan_id, instalment, stage, outcome
   ), message AS MATERIALIZED (
     SELECT *, nextval('outbox_id_seq') AS outbox_id FROM addressed WHERE age = 1 AND account IS NOT NULL
   ), fresh AS (
     INSERT INTO outbox_keys (key, outbox_id, at) SELECT 'remind:' || id || ':' || number || ':' || name, outbox_id, $6 FROM message
     ON CONFLICT DO NOTHING RETURNING outbox_id
   ), sent AS (
     INSERT INTO outbox (id, at, account, chat, lane, kind, purpose, customer_id, subject_kind, subject_id, reference, due_at, trace_id)
     SELECT outbox_id, $6, account, external_id, 'BULK', 'reminder', CASE WHEN day > 0 THEN 'COLLECTION' ELSE 'SERVICE' END, customer_id, 'loan', id,
       number || ':' || name, $6, $8
     FROM message WHERE (outbox_id IN (SELECT outbox_id FROM fresh)) IS TRUE -- looked up in a hash; as a join it is planned for one row
     RETURNING 1
   )
   SELECT (SELECT count(*) FROM due)::int AS looked_at, (SELECT count(*) FROM sent)::int AS enqueued,
     (SELECT count(*) FROM outcome WHERE outcome = 'LAPSED')::int AS lapsed,
     (SELECT coalesce(json_agg(json_build_object('loanId', loan_id, 'instalment', instalment)), '[]') FROM outcome WHERE outcome = 'UNREACHABLE') AS unreachable`,
);

/** An instalment whose reminder reaches nobody. */
export interface Missed {
  readonly loanId: string;
  readonly instalment: number;
}

export interface ReminderRun {
  readonly looked_at: number;
  readonly enqueued: number;
  readonly lapsed: number;
  /** Instalments whose customer no channel reaches: they become to-dos. */
  readonly unreachable: readonly Missed[];
}

/** Sets a loan's next look from its open instalments; call after making it and after each payment. */
export async function planLoan(tx: Tx, loanId: string, schedule: ReminderSchedule, now: Date): Promise<void> {
  await tx.query(SET_NEXT, [...stageColumns([schedule]), loanId, now]);
}

// What has a key was sent or waits to be sent, and that it stays.
const LAPSE = statement(
  'reminders-lapse',
  `WITH ${STAGES}
   INSERT INTO reminder_outcomes (loan_id, instalment, stage, outcome, at)
   SELECT l.id, i.number, stage.name, 'LAPSED', $8 FROM loans l JOIN customers c ON c.id = l.customer_id JOIN instalments i ON i.loan_id = l.id AND i.number = ANY ($7::int[]) CROSS JOIN stage
   WHERE l.id = $6 AND ((i.due_on + stage.day) + make_interval(mins => stage.minute + (get_byte(uuid_send(l.id), 15) * stage.spread / 256))) AT TIME ZONE c.zone <= $8
     AND (SELECT 1 FROM outbox_keys WHERE key = 'remind:' || l.id || ':' || i.number || ':' || stage.name) IS NULL
   ON CONFLICT DO NOTHING`,
);

/** Instalments that are open again: their stages that went by while they were paid have lapsed and are never sent late. */
export async function lapseStages(
  tx: Tx,
  reopened: { readonly loanId: string; readonly instalments: readonly number[] },
  schedule: ReminderSchedule,
  now: Date,
): Promise<void> {
  if (reopened.instalments.length === 0) return;
  await tx.query(LAPSE, [...stageColumns([schedule]), reopened.loanId, reopened.instalments, now]);
}

/** Handles up to `limit` due loans of these versions in one statement; a loan of another version stays due. */
export async function runReminders(
  tx: Tx,
  schedules: readonly ReminderSchedule[],
  run: { readonly now: Date; readonly limit: number; readonly traceId: string },
): Promise<ReminderRun> {
  const [row] = await tx.query<ReminderRun>(RUN, [...stageColumns(schedules), run.now, run.limit, run.traceId]);
  return row ?? { looked_at: 0, enqueued: 0, lapsed: 0, unreachable: [] };
}

/** The parameters of `STAGES`. */
export function stageColumns(schedules: readonly ReminderSchedule[]): readonly unknown[] {
  const rows = schedules.flatMap(({ version, stages, spreadMinutes }) =>
    stages.map((stage) => ({ ...stage, version, spreadMinutes })),
  );
  return [
    rows.map((row) => row.version),
    rows.map((row) => row.name),
    rows.map((row) => row.day),
    rows.map((row) => row.minute),
    rows.map((row) => row.spreadMinutes),
  ];
}

const VERSION = statement('reminders-version', 'SELECT reminder_version_id FROM loans WHERE id = $1');

/** The version a loan was made with, or moved to. */
export async function reminderVersion(tx: Tx, loanId: string): Promise<string | undefined> {
  return (await tx.query<{ reminder_version_id: string }>(VERSION, [loanId]))[0]?.reminder_version_id;
}

const REMINDED = statement(
  'reminders-facts',
  `SELECT l.number AS loan, l.customer_id, l.reminder_version_id, i.number, i.due_on, i.paid_at, (i.principal_fen + i.interest_fen - i.paid_principal_fen - i.paid_interest_fen) AS open_fen, c.language, c.zone, s.name AS adviser
   FROM loans l JOIN instalments i ON i.loan_id = l.id AND i.number = $2 JOIN customers c ON c.id = l.customer_id
   LEFT JOIN staff s ON s.id = c.owner_id AND s.is_active WHERE l.id = $1`,
);

export interface ReminderFacts {
  readonly loan: number;
  readonly customer_id: string;
  readonly reminder_version_id: string;
  readonly number: number;
  readonly due_on: string;
  readonly paid_at: Date | null;
  readonly open_fen: bigint;
  readonly language: string;
  readonly zone: string;
  /** Whom the customer may turn to. */
  readonly adviser: string | null;
}

/** What a reminder says, as it is at the moment of sending. */
export async function reminderFacts(tx: Tx, loanId: string, instalment: number): Promise<ReminderFacts | undefined> {
  return (await tx.query<ReminderFacts>(REMINDED, [loanId, instalment]))[0];
}

const OUTCOME = statement(
  'reminders-outcome',
  'INSERT INTO reminder_outcomes (loan_id, instalment, stage, outcome, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING',
);

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
