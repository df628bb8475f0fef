/** Which instalments stand in a list that one message holds on every platform. Pure. */
import type { BusinessDate } from '../../lib/business-date.ts';
import type { InstalmentRow } from './loan-store.ts';

/** A loan as a list sees it. */
export interface PlanOf<L extends { readonly number: number }> {
  readonly loan: L;
  readonly rows: readonly InstalmentRow[];
}

/** An instalment with its loan. */
export interface PlanLine<L extends { readonly number: number }> {
  readonly loan: L;
  readonly row: InstalmentRow;
}

/** The lines, and what they are taken from. */
export interface PlanLines<L extends { readonly number: number }> {
  /** First what is overdue, then the rest, each by its date. */
  readonly lines: readonly PlanLine<L>[];
  /** All that are overdue, the oldest first, listed or not. */
  readonly overdue: readonly PlanLine<L>[];
  /** How many of these are not among the lines. */
  readonly unlisted: number;
  /** How many that are still to come are not among the lines. */
  readonly more: number;
}

/** WeCom takes 2048 bytes: about as many lines in Chinese. */
const MOST_LINES = 20;
/** What is due next is not crowded out by what is overdue. */
const KEPT_FOR_NEXT = 3;
/** Of each loan. */
const SHOWN_INSTALMENTS = 6;
const SHOWN_AFTER_OVERDUE = 3;

/**
 * All that is overdue, as far as the lines go; what was paid last of each loan and what comes next. Where there are so many
 * loans that the paid ones would take more than half of what is left, they have the lines that the next ones leave.
 */
export function planLines<L extends { readonly number: number }>(
  plans: readonly PlanOf<L>[],
  today: BusinessDate,
): PlanLines<L> {
  const parts = plans.map((plan) => partsOf(plan, today));
  const overdue = parts.flatMap((part) => part.late).toSorted(byDate);
  const next = parts.flatMap((part) => part.next).toSorted(byDate);
  const paid = parts.flatMap((part) => part.paid).toSorted(byDate);
  const late = overdue.slice(0, MOST_LINES - Math.min(KEPT_FOR_NEXT, next.length));
  const room = MOST_LINES - late.length;
  // Of every loan: one that is paid and missing among others that are shown reads as if it had not come in.
  const kept = paid.length <= room - Math.max(room / 2, KEPT_FOR_NEXT) ? paid.length : 0;
  const coming = next.slice(0, room - kept);
  const before = paid.slice(Math.max(0, paid.length - (room - coming.length)));
  return {
    lines: [...late, ...[...before, ...coming].toSorted(byDate)],
    overdue,
    unlisted: overdue.length - late.length,
    more: parts.reduce((sum, part) => sum + part.open, 0) - coming.length,
  };
}

interface Parts<L extends { readonly number: number }> {
  readonly late: readonly PlanLine<L>[];
  readonly next: readonly PlanLine<L>[];
  /** The last one that is paid, of a loan with nothing overdue. */
  readonly paid: readonly PlanLine<L>[];
  /** How many are open and not overdue. */
  readonly open: number;
}

function partsOf<L extends { readonly number: number }>({ loan, rows }: PlanOf<L>, today: BusinessDate): Parts<L> {
  const unpaid = rows.filter((row) => row.paid_at === null);
  const late = unpaid.filter((row) => row.due_on < today);
  const open = unpaid.slice(late.length);
  const first = unpaid[0]?.number ?? Infinity;
  const paid = late.length > 0 ? [] : rows.filter((row) => row.number < first).slice(-1);
  const shown = open.slice(0, Math.max(SHOWN_INSTALMENTS - late.length, SHOWN_AFTER_OVERDUE));
  const lines = (some: readonly InstalmentRow[]): readonly PlanLine<L>[] => some.map((row) => ({ loan, row }));
  return { late: lines(late), next: lines(shown), paid: lines(paid), open: open.length };
}

function byDate<L extends { readonly number: number }>(a: PlanLine<L>, b: PlanLine<L>): number {
  if (a.row.due_on !== b.row.due_on) return a.row.due_on < b.row.due_on ? -1 : 1;
  return a.loan.number - b.loan.number || a.row.number - b.row.number;
}
