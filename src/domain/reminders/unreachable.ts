/**
 * Reminders that no channel carries, or may carry: whoever looks after the customer is asked to phone instead, or told that
 * nothing was sent. One to-do for each loan and due date, however many stages find nobody and however often they run; without
 * an owner who still works here it goes to the managers. Codes and numbers only, no personal data.
 */
import { writePlainTimers } from '../../core/timers/timers.ts';
import { statement, type Tx } from '../../db/database.ts';
import { groupedYuan } from '../../lib/i18n.ts';
import { customerNumber, loanNumber } from '../customers/index.ts';
import { addTodos } from '../todos/index.ts';
import type { Missed } from './reminder-store.ts';

const FACTS = statement(
  'reminders-unreachable',
  `SELECT l.id, l.number AS loan, c.number AS customer, i.due_on, (i.principal_fen + i.interest_fen - i.paid_principal_fen - i.paid_interest_fen) AS open_fen, s.id AS owner_id
   FROM unnest($1::uuid[], $2::int[]) AS missed (loan_id, instalment)
   JOIN loans l ON l.id = missed.loan_id JOIN instalments i ON i.loan_id = l.id AND i.number = missed.instalment JOIN customers c ON c.id = l.customer_id
   LEFT JOIN LATERAL (SELECT owner_id FROM leads WHERE c.owner_id IS NULL AND customer_id = c.id AND owner_id IS NOT NULL ORDER BY is_open DESC, updated_at DESC LIMIT 1) lead ON true
   LEFT JOIN staff s ON s.id = coalesce(c.owner_id, lead.owner_id) AND s.is_active`,
);

interface MissedRow {
  readonly id: string;
  readonly loan: number;
  readonly customer: number;
  readonly due_on: string;
  readonly open_fen: bigint;
  readonly owner_id: string | null;
}

/** The timer that tells the owner; its subject is the to-do. */
export const MISSED_TOLD = 'reminder.missed';

/** What becomes a to-do: nobody is reached, or the overdue text is held because a complaint is open. */
export type MissedKind = 'unreachable' | 'held_complaint';

/**
 * Asks for a phone call for each of these instalments, or says why its text is held, and has each owner told once. Two
 * statements, three where there are owners, however many instalments; none for none.
 */
export async function askForCalls(
  tx: Tx,
  missed: readonly Missed[],
  { now, traceId, kind = 'unreachable' }: { readonly now: Date; readonly traceId: string; readonly kind?: MissedKind },
): Promise<void> {
  if (missed.length === 0) return;
  const rows = await tx.query<MissedRow>(FACTS, [
    missed.map(({ loanId }) => loanId),
    missed.map(({ instalment }) => instalment),
  ]);
  const drafts = rows.map((row) => ({
    key: `${kind}:${row.id}:${row.due_on}`,
    kind,
    ...(row.owner_id === null ? { role: 'manager' } : { staffId: row.owner_id }),
    subject: { kind: 'loan', id: row.id },
    params: {
      customer: customerNumber(row.customer),
      loan: loanNumber(row.loan),
      amount: groupedYuan(row.open_fen),
      due: row.due_on,
    },
  }));
  const added = await addTodos(tx, drafts, now);
  const owned = added.filter((todo) => todo.staff_id !== null);
  await writePlainTimers(
    tx,
    traceId,
    owned.map(({ id }) => ({ key: `${MISSED_TOLD}:${id}`, kind: MISSED_TOLD, subjectId: id, dueAt: now })),
  );
}
