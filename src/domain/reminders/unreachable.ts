/**
 * Reminders that no channel carries, or may carry: whoever looks after the customer is asked to phone instead, or told that
 * nothing was sent. One to-do for each loan and due date, however many stages find nobody and however often they run: up to the
 * due date it is asked for once, and each stage after it that reaches nobody brings it up again, done or not, for a call before
 * the money was overdue is none about overdue money. Without an owner who still works here it goes to the managers. What is
 * paid ends it, and a payment taken back brings it back: nobody is phoned about money that has come in, nor about what is
 * overdue while he complains, which the to-do says when it is read (`inWords`). Codes and numbers only, no personal data.
 */
import { writePlainTimers } from '../../core/timers/timers.ts';
import { statement, type Tx } from '../../db/database.ts';
import { groupedYuan } from '../../lib/i18n.ts';
import { hasOpenComplaint } from '../consent/index.ts';
import { customerNumber, loanNumber } from '../customers/index.ts';
import { addTodos, amendTodos, askTodos, lockLoans, PUT_ASIDE } from '../todos/index.ts';
import type { Missed } from './reminder-store.ts';

const OPEN_FEN = 'sum(principal_fen + interest_fen - paid_principal_fen - paid_interest_fen)';
// Whoever asks holds the loans or the customer: what is read here is true until the to-do is there.
const FACTS = statement(
  'reminders-unreachable',
  `SELECT l.id, l.number AS loan, c.number AS customer, owed.due_on, owed.open_fen, s.id AS owner_id,
     greatest(($3::timestamptz AT TIME ZONE c.zone)::date - owed.due_on, 0) AS late, ${hasOpenComplaint('c.id')} AS has_complaint
   FROM (SELECT DISTINCT loan_id, due_on FROM unnest($1::uuid[], $2::int[]) AS row (loan_id, number) JOIN instalments USING (loan_id, number)) missed
   JOIN LATERAL (
     SELECT missed.due_on, ${OPEN_FEN}::bigint AS open_fen FROM instalments
     WHERE loan_id = missed.loan_id AND due_on = missed.due_on AND paid_at IS NULL HAVING count(*) > 0
   ) owed ON true
   JOIN loans l ON l.id = missed.loan_id JOIN customers c ON c.id = l.customer_id
   LEFT JOIN LATERAL (SELECT owner_id FROM leads WHERE c.owner_id IS NULL AND customer_id = c.id AND owner_id IS NOT NULL ORDER BY is_open DESC, updated_at DESC LIMIT 1) lead ON true
   LEFT JOIN staff s ON s.id = coalesce(c.owner_id, lead.owner_id) AND s.is_active`,
);
const LOCK = statement('reminders-lock-loan', 'SELECT id FROM loans WHERE id = $1 FOR NO KEY UPDATE');
const CALLS = statement(
  'reminders-calls',
  `SELECT d.key, d.kind, d.params, d.done_at, owed.instalment, owed.open_fen, ${hasOpenComplaint('(SELECT customer_id FROM loans WHERE id = $1)')} AS has_complaint
   FROM (
     SELECT loan_id, due_on, min(number) FILTER (WHERE paid_at IS NULL) AS instalment,
       coalesce(${OPEN_FEN} FILTER (WHERE paid_at IS NULL), 0)::bigint AS open_fen
     FROM instalments WHERE loan_id = $1 GROUP BY loan_id, due_on
   ) owed CROSS JOIN unnest($2::text[]) AS asked (kind) JOIN todos d ON d.key = asked.kind || ':' || owed.loan_id || ':' || owed.due_on
   ORDER BY d.id FOR NO KEY UPDATE OF d`,
);
// While he complained the to-do said so: what was done then was not a call, and says so itself, however many complaints there were.
const HELD = statement(
  'reminders-held-calls',
  `SELECT d.id, d.staff_id, d.done_at, owed.loan_id AS "loanId", owed.instalment
   FROM (
     SELECT i.loan_id, i.due_on, min(i.number) AS instalment FROM customers c JOIN loans l ON l.customer_id = c.id
     JOIN instalments i ON i.loan_id = l.id AND i.paid_at IS NULL AND i.due_on < ($2::timestamptz AT TIME ZONE c.zone)::date
     WHERE c.id = $1 AND NOT ${hasOpenComplaint('c.id')} GROUP BY i.loan_id, i.due_on
   ) owed CROSS JOIN unnest($3::text[]) AS asked (kind) JOIN todos d ON d.key = asked.kind || ':' || owed.loan_id || ':' || owed.due_on
   WHERE d.done_at IS NULL OR d.params ? '${PUT_ASIDE}' ORDER BY d.id`,
);

interface MissedRow {
  readonly id: string;
  readonly loan: number;
  readonly customer: number;
  readonly due_on: string;
  /** All that is open of this due date. */
  readonly open_fen: bigint;
  readonly owner_id: string | null;
  /** Days it is overdue where the customer lives, as its stages are counted. */
  readonly late: number;
  readonly has_complaint: boolean;
}

/** The timer that tells the owner; its subject is the to-do. */
export const MISSED_TOLD = 'reminder.missed';

const CALL = 'unreachable';
const HELD_TEXT = 'held_complaint';
/** What to-dos about missed reminders are; the second is of earlier versions, which kept apart what was held. */
const KINDS = [CALL, HELD_TEXT] as const;
/** Why a reminder was missed: nobody is reached, or the overdue text is held because a complaint is open. */
export type MissedKind = (typeof KINDS)[number];

interface Asked {
  readonly now: Date;
  readonly traceId: string;
  readonly kind?: MissedKind;
}

/**
 * Asks for a phone call for each of these instalments, whose loans the caller has locked, and has each owner told once, and once
 * more for each stage after the due date. Two statements, three where there are owners, however many instalments; none for none.
 */
export async function askForCalls(
  tx: Tx,
  missed: readonly Missed[],
  { now, traceId, kind = CALL }: Asked,
): Promise<void> {
  if (missed.length === 0) return;
  await tellOwners(tx, await addTodos(tx, await draftsOf(tx, missed, { kind, now }), now), { now, traceId });
}

/** The same for one instalment; its loan is locked here: a payment or a new owner of this moment is waited for. */
export async function askForCall(tx: Tx, missed: Missed, asked: Asked): Promise<void> {
  await tx.query(LOCK, [missed.loanId]);
  await askForCalls(tx, [missed], asked);
}

async function tellOwners(
  tx: Tx,
  todos: readonly { readonly id: string; readonly staff_id: string | null }[],
  { now, traceId }: { readonly now: Date; readonly traceId: string },
): Promise<void> {
  const owned = todos.filter((todo) => todo.staff_id !== null);
  await writePlainTimers(
    tx,
    traceId,
    owned.map(({ id }) => ({
      key: `${MISSED_TOLD}:${id}:${now.toISOString()}`,
      kind: MISSED_TOLD,
      subjectId: id,
      dueAt: now,
    })),
  );
}

type CallDraft = Parameters<typeof addTodos>[1][number];

/** The to-dos for what is still open of these. */
async function draftsOf(
  tx: Tx,
  missed: readonly Missed[],
  asked: { readonly kind: MissedKind; readonly now: Date },
): Promise<readonly CallDraft[]> {
  const rows = await tx.query<MissedRow>(FACTS, [
    missed.map(({ loanId }) => loanId),
    missed.map(({ instalment }) => instalment),
    asked.now,
  ]);
  return rows.map((row) => ({
    key: `${CALL}:${row.id}:${row.due_on}`,
    kind: CALL,
    ...(row.owner_id === null ? { role: 'manager' } : { staffId: row.owner_id }),
    subject: { kind: 'loan', id: row.id },
    isForOwner: true,
    params: {
      customer: customerNumber(row.customer),
      loan: loanNumber(row.loan),
      amount: groupedYuan(row.open_fen),
      due: row.due_on,
      round: row.late,
      ...(asked.kind === HELD_TEXT || (row.late > 0 && row.has_complaint) ? { held: 1 } : {}),
    },
  }));
}

interface CallRow {
  readonly key: string;
  readonly kind: MissedKind;
  readonly params: NonNullable<CallDraft['params']>;
  readonly done_at: Date | null;
  /** The first one that is not paid. */
  readonly instalment: number | null;
  readonly open_fen: bigint;
  readonly has_complaint: boolean;
}

/** Stands with a to-do that a payment has ended: only such a one comes back when the payment is taken back. */
const ENDED_BY_PAYMENT = 'paid';

/**
 * After a payment of this loan or its reversal, in the same transaction, the loan locked: what is paid needs no call any more,
 * what is owed again needs one again, and the rest tells what is still owed.
 */
export async function settleCalls(tx: Tx, loanId: string, now: Date): Promise<void> {
  const calls = await tx.query<CallRow>(CALLS, [loanId, KINDS]);
  await amendTodos(
    tx,
    calls
      .filter(({ done_at: doneAt }) => doneAt === null)
      .map(({ key, params, open_fen: openFen }) =>
        openFen === 0n
          ? { key, params: { ...params, [ENDED_BY_PAYMENT]: 1 }, doneAt: now }
          : { key, params: { ...params, amount: groupedYuan(openFen) } },
      ),
  );
  for (const { kind, params, done_at: doneAt, instalment, has_complaint: hasComplaint } of calls) {
    // What was put aside was paid when the complaint was settled: nobody has made that call either.
    const isOwedAgain = ENDED_BY_PAYMENT in params || (PUT_ASIDE in params && !hasComplaint);
    if (doneAt === null || instalment === null || !isOwedAgain) continue;
    const why = 'held' in params || PUT_ASIDE in params ? HELD_TEXT : kind;
    await askTodos(tx, await draftsOf(tx, [{ loanId, instalment }], { kind: why, now }), now);
  }
}

interface HeldRow extends Missed {
  readonly id: string;
  readonly staff_id: string | null;
  readonly done_at: Date | null;
}

/**
 * When nothing of what this customer complained about is open any more, the customer locked, his loans locked here: whoever
 * looks after him hears that he is to phone about what is overdue, and what was put aside meanwhile is to be done.
 */
export async function askAgain(
  tx: Tx,
  customerId: string,
  { now, traceId }: { readonly now: Date; readonly traceId: string },
): Promise<void> {
  await lockLoans(tx, customerId);
  const held = await tx.query<HeldRow>(HELD, [customerId, now, KINDS]);
  if (held.length === 0) return;
  const done = held.filter(({ done_at: doneAt }) => doneAt !== null);
  const again = await askTodos(tx, await draftsOf(tx, done, { kind: HELD_TEXT, now }), now);
  await tellOwners(tx, [...held.filter(({ done_at: doneAt }) => doneAt === null), ...again], { now, traceId });
}
