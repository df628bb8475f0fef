/**
 * Reminders that no channel carries, or may carry: whoever looks after the customer is asked to phone instead, or told that
 * nothing was sent. One to-do for each loan and due date, however many stages find nobody and however often they run: up to the
 * due date it is asked for once, and each stage after it that reaches nobody brings it up again, done or not, for a call before
 * the money was overdue is none about overdue money. Without an owner who still works here it goes to the managers. What is
 * paid ends it, and a payment taken back brings it back: nobody is phoned about money that has come in, nor about what is
 * overdue while he complains. Codes and numbers only, no personal data.
 */
import { writePlainTimers } from '../../core/timers/timers.ts';
import { statement, type Tx } from '../../db/database.ts';
import { groupedYuan } from '../../lib/i18n.ts';
import { hasOpenComplaint } from '../consent/index.ts';
import { customerNumber, loanNumber } from '../customers/index.ts';
import { addTodos, amendTodos, askTodos, finishTodos } from '../todos/index.ts';
import type { Missed } from './reminder-store.ts';

// A payment of this moment is waited for: what it pays is not asked for after it has ended what was.
const FACTS = statement(
  'reminders-unreachable',
  `SELECT l.id, l.number AS loan, c.number AS customer, i.due_on, (i.principal_fen + i.interest_fen - i.paid_principal_fen - i.paid_interest_fen) AS open_fen, s.id AS owner_id,
     greatest(($3::timestamptz AT TIME ZONE c.zone)::date - i.due_on, 0) AS late, ${hasOpenComplaint('c.id')} AS has_complaint
   FROM unnest($1::uuid[], $2::int[]) AS missed (loan_id, instalment)
   JOIN loans l ON l.id = missed.loan_id JOIN instalments i ON i.loan_id = l.id AND i.number = missed.instalment JOIN customers c ON c.id = l.customer_id
   LEFT JOIN LATERAL (SELECT owner_id FROM leads WHERE c.owner_id IS NULL AND customer_id = c.id AND owner_id IS NOT NULL ORDER BY is_open DESC, updated_at DESC LIMIT 1) lead ON true
   LEFT JOIN staff s ON s.id = coalesce(c.owner_id, lead.owner_id) AND s.is_active
   WHERE i.paid_at IS NULL FOR SHARE OF i`,
);
const CALLS = statement(
  'reminders-calls',
  `SELECT d.key, d.kind, d.params, d.done_at, owed.instalment, owed.open_fen
   FROM (
     SELECT loan_id, due_on, min(number) FILTER (WHERE paid_at IS NULL) AS instalment,
       coalesce(sum(principal_fen + interest_fen - paid_principal_fen - paid_interest_fen) FILTER (WHERE paid_at IS NULL), 0)::bigint AS open_fen
     FROM instalments WHERE loan_id = $1 GROUP BY loan_id, due_on
   ) owed CROSS JOIN unnest($2::text[]) AS asked (kind) JOIN todos d ON d.key = asked.kind || ':' || owed.loan_id || ':' || owed.due_on
   ORDER BY d.id FOR NO KEY UPDATE OF d`,
);

interface MissedRow {
  readonly id: string;
  readonly loan: number;
  readonly customer: number;
  readonly due_on: string;
  readonly open_fen: bigint;
  readonly owner_id: string | null;
  /** Days it is overdue where the customer lives, as its stages are counted. */
  readonly late: number;
  readonly has_complaint: boolean;
}

/** The timer that tells the owner; its subject is the to-do. */
export const MISSED_TOLD = 'reminder.missed';

const KINDS = ['unreachable', 'held_complaint'] as const;
/** What becomes a to-do: nobody is reached, or the overdue text is held because a complaint is open. */
export type MissedKind = (typeof KINDS)[number];

/**
 * Asks for a phone call for each of these instalments, or says why its text is held, and has each owner told once, and once more
 * for each stage after the due date. Two statements, three where there are owners and one more where something is held, however
 * many instalments; none for none.
 */
export async function askForCalls(
  tx: Tx,
  missed: readonly Missed[],
  { now, traceId, kind = 'unreachable' }: { readonly now: Date; readonly traceId: string; readonly kind?: MissedKind },
): Promise<void> {
  if (missed.length === 0) return;
  const drafts = await draftsOf(tx, missed, { kind, now });
  const added = await addTodos(tx, drafts, now);
  await finishTodos(
    tx,
    drafts.flatMap(({ heldCall }) => heldCall ?? []),
    now,
  );
  const owned = added.filter((todo) => todo.staff_id !== null);
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
  const drafts = rows.map((row) => {
    const kind = row.late > 0 && row.has_complaint ? 'held_complaint' : asked.kind;
    return {
      key: `${kind}:${row.id}:${row.due_on}`,
      heldCall: row.late > 0 && kind === 'held_complaint' ? `unreachable:${row.id}:${row.due_on}` : undefined,
      kind,
      ...(row.owner_id === null ? { role: 'manager' } : { staffId: row.owner_id }),
      subject: { kind: 'loan', id: row.id },
      isForOwner: true,
      params: {
        customer: customerNumber(row.customer),
        loan: loanNumber(row.loan),
        amount: groupedYuan(row.open_fen),
        due: row.due_on,
        round: row.late,
      },
    };
  });
  return [...new Map(drafts.map((draft) => [draft.key, draft])).values()]; // two of a loan that are due on one day are one call
}

type TodoDraft = Parameters<typeof addTodos>[1][number];
interface CallDraft extends TodoDraft {
  /** The call about the same overdue money: while a complaint holds that, nobody is asked to phone. */
  readonly heldCall: string | undefined;
}

interface CallRow {
  readonly key: string;
  readonly kind: MissedKind;
  readonly params: NonNullable<CallDraft['params']>;
  readonly done_at: Date | null;
  /** The first one that is not paid. */
  readonly instalment: number | null;
  readonly open_fen: bigint;
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
  for (const { kind, params, done_at: doneAt, instalment } of calls) {
    if (doneAt === null || instalment === null || !(ENDED_BY_PAYMENT in params)) continue;
    await askTodos(tx, await draftsOf(tx, [{ loanId, instalment }], { kind, now }), now);
  }
}
