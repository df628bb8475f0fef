/**
 * Days past due (逾期天数) and ageing buckets (账龄). A loan is overdue from the day after a due date on which anything
 * above the tolerance stayed unpaid; its days count from the oldest such date.
 */
import { daysBetween, type BusinessDate } from '../../lib/business-date.ts';
import { fen, type Fen } from '../../lib/money.ts';
import type { CashFlow } from './apr.ts';
import { wholeMonths } from './due-dates.ts';

/** What an instalment asks for in all. */
export interface Due {
  readonly dueOn: BusinessDate;
  readonly totalFen: bigint;
}

/**
 * How days become buckets. DAYS: M1 = 1–30, M2 = 31–60 … up to `last`, then "M<last>+". RANGES: the lender's own list,
 * ascending by `from`. INSTALMENTS and MONTHS: whole missed instalments, or calendar months begun, instead of days.
 */
export type BucketScheme =
  | { readonly kind: 'DAYS'; readonly daysPerBucket: number; readonly last: number }
  | { readonly kind: 'RANGES'; readonly ranges: readonly { readonly name: string; readonly from: number }[] }
  | { readonly kind: 'INSTALMENTS' | 'MONTHS'; readonly last: number };

/** M0 = 0 days, Mk = 30(k−1)+1 … 30k, M6+ beyond 180 (lending reference §3.5). */
const DEFAULT_BUCKETS: BucketScheme = { kind: 'DAYS', daysPerBucket: 30, last: 6 };

/**
 * What grace days do to the reported figure: HIDE reports 0 inside the grace and the full count after it (Chinese bank
 * habit); SUBTRACT takes them off for good (Fineract's delinquent days).
 */
type GraceEffect = 'HIDE' | 'SUBTRACT';

/** How a lender reports lateness; by default every day and every fen count. */
export interface OverdueRule {
  readonly graceDays?: number;
  readonly graceEffect?: GraceEffect;
  /** An instalment with no more than this unpaid counts as paid (容差). */
  readonly toleranceFen?: bigint;
  readonly buckets?: BucketScheme;
}

/** How late a loan is on a date. */
export interface Overdue {
  /** What instalments past their due date still ask for, whether or not grace hides their days. */
  readonly overdueFen: Fen;
  readonly dpd: number;
  readonly bucket: string;
}

/** Where a loan stands on a date: payments up to that date settle the oldest instalment first. */
export function overdueAsOf(
  dues: readonly Due[],
  payments: readonly CashFlow[],
  asOf: BusinessDate,
  rule: OverdueRule = {},
): Overdue {
  const tolerance = rule.toleranceFen ?? 0n;
  let paid = payments.reduce((sum, payment) => (payment.on <= asOf ? sum + payment.amountFen : sum), 0n);
  let overdue = 0n;
  let missed = 0;
  let oldest: BusinessDate | undefined;
  for (const due of [...dues].sort((a, b) => daysBetween(b.dueOn, a.dueOn))) {
    const settled = paid < due.totalFen ? paid : due.totalFen;
    paid -= settled;
    const unpaid = due.totalFen - settled;
    if (due.dueOn >= asOf || unpaid <= tolerance) continue;
    oldest ??= due.dueOn;
    overdue += unpaid;
    missed += 1;
  }
  const dpd = oldest === undefined ? 0 : reportedDays(daysBetween(oldest, asOf), rule);
  const bucket = bucketOf({ dpd, missed, oldest: oldest ?? asOf, asOf }, rule.buckets);
  return { overdueFen: fen(overdue), dpd, bucket };
}

/** The days a report shows after grace. */
export function reportedDays(days: number, rule: OverdueRule): number {
  const grace = rule.graceDays ?? 0;
  if (days <= grace) return 0;
  return rule.graceEffect === 'SUBTRACT' ? days - grace : days;
}

/** The bucket of a number of days under the default scheme: `dayBucket(31)` is "M2". */
export function dayBucket(
  dpd: number,
  { daysPerBucket, last }: { daysPerBucket: number; last: number } = { daysPerBucket: 30, last: 6 },
): string {
  return dpd === 0 ? 'M0' : numbered(Math.ceil(dpd / daysPerBucket), last);
}

/** How late a loan is, in every way a scheme may ask. */
export interface Age {
  readonly dpd: number;
  readonly missed: number;
  readonly oldest: BusinessDate;
  readonly asOf: BusinessDate;
}

/** The bucket of a loan; "M0" when no day is reported. */
export function bucketOf(age: Age, scheme: BucketScheme = DEFAULT_BUCKETS): string {
  if (age.dpd === 0) return 'M0';
  switch (scheme.kind) {
    case 'DAYS':
      return dayBucket(age.dpd, scheme);
    case 'INSTALMENTS':
      return numbered(age.missed, scheme.last);
    case 'MONTHS':
      return numbered(monthsBegun(age.oldest, age.asOf), scheme.last);
    case 'RANGES':
      return scheme.ranges.findLast((range) => age.dpd >= range.from)?.name ?? 'M0';
  }
}

function numbered(bucket: number, last: number): string {
  return bucket > last ? `M${last}+` : `M${bucket}`;
}

/** Calendar months begun since the due date: the month that ends on the same day number is still the first. */
function monthsBegun(from: BusinessDate, to: BusinessDate): number {
  const months =
    (Number(to.slice(0, 4)) - Number(from.slice(0, 4))) * 12 + Number(to.slice(5, 7)) - Number(from.slice(5, 7));
  if (wholeMonths(from, to) === months) return Math.max(months, 1);
  return to.slice(8) > from.slice(8) ? months + 1 : Math.max(months, 1);
}
