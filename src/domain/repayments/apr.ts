/**
 * What a loan costs per year, in the four ways that are stored (lending reference §2.1): nominal IRR × periods,
 * effective, XIRR over 365 days, and simple. All of them count every fee and the cash the borrower really had in hand
 * (PBOC notice 2021 No. 3), so a fee kept back at disbursement (砍头息) raises each.
 */
import { dayNumber, daysBetween, type BusinessDate } from '../../lib/business-date.ts';
import { fen, type Fen } from '../../lib/money.ts';
import { formatRatio, reduce } from '../../lib/rate.ts';
import { findGrowth, type Growth, type TimedAmount } from './root-search.ts';
import type { Instalment } from './schedule-terms.ts';
import { refuseTerms } from './terms-refusal.ts';

/** XIRR's year, whatever the calendar says (the spreadsheet definition). */
const YEAR = 365;

/** Money at a date: negative is what the borrower receives, positive what the borrower pays (or the reverse). */
export interface CashFlow {
  readonly on: BusinessDate;
  readonly amountFen: bigint;
}

/** Annual rates as fractions with eight decimals: "0.07200000" is 7.2 %. */
export interface AnnualRates {
  /** Periodic IRR × periods per year; null when the flows have no equal periods. */
  readonly irrX12: string | null;
  /** (1 + periodic IRR)^periods − 1; without periods the yearly growth itself, which is the XIRR. */
  readonly effective: string;
  readonly xirr365: string;
  /** Cost ÷ Σ(balance in use × days) × 365; null where no balance in use is known. */
  readonly simpleAnnual365: string | null;
}

/** A loan as paid: net cash in hand at the start, then the rows of its schedule, and fees paid beside them. */
export interface LoanCashFlows {
  readonly startOn: BusinessDate;
  readonly netFen: bigint;
  readonly rows: readonly Pick<Instalment, 'dueOn' | 'principalFen' | 'totalFen'>[];
  readonly fees?: readonly CashFlow[];
  readonly periodsPerYear: number;
}

/**
 * The annual rates of a loan.
 * @throws AppError `request.invalid` at `/rows` when no rate balances the flows.
 */
export function loanAnnualRates(loan: LoanCashFlows): AnnualRates {
  const flows: CashFlow[] = [
    { on: loan.startOn, amountFen: -loan.netFen },
    ...loan.rows.map((row) => ({ on: row.dueOn, amountFen: row.totalFen })),
    ...(loan.fees ?? []),
  ];
  const grid = [loan.startOn, ...loan.rows.map((row) => row.dueOn)];
  const byPeriod = [
    { time: 0, amountFen: -loan.netFen },
    ...loan.rows.map((row, index) => ({ time: index + 1, amountFen: row.totalFen })),
    ...(loan.fees ?? []).map((fee) => ({ time: periodAt(fee.on, grid), amountFen: fee.amountFen })),
  ];
  const periodic = growthOf(byPeriod, 1, '/rows');
  return {
    irrX12: periodic.nominal(loan.periodsPerYear),
    effective: periodic.effective(loan.periodsPerYear),
    xirr365: growthOf(byDays(flows), YEAR, '/rows').effective(YEAR),
    simpleAnnual365: simpleRate(loan),
  };
}

/**
 * The annual rates of bare cash flows; with `periodsPerYear` the distinct dates are taken as equal periods.
 * @throws AppError `request.invalid` at `/flows` when no rate balances the flows.
 */
export function flowAnnualRates(flows: readonly CashFlow[], periodsPerYear?: number): AnnualRates {
  const xirr365 = growthOf(byDays(flows), YEAR, '/flows').effective(YEAR);
  if (periodsPerYear === undefined) return { irrX12: null, effective: xirr365, xirr365, simpleAnnual365: null };

  const dates = [...new Set(flows.map((flow) => flow.on))].sort();
  const index = new Map(dates.map((on, position) => [on, position]));
  const periodic = growthOf(
    flows.map((flow) => ({ time: index.get(flow.on) ?? 0, amountFen: flow.amountFen })),
    1,
    '/flows',
  );
  return {
    irrX12: periodic.nominal(periodsPerYear),
    effective: periodic.effective(periodsPerYear),
    xirr365,
    simpleAnnual365: null,
  };
}

/** The XIRR over 365 days with eight decimals; `undefined` when no rate balances the flows. */
export function xirr(flows: readonly CashFlow[]): string | undefined {
  return findGrowth(byDays(flows), YEAR)?.effective(YEAR);
}

function growthOf(flows: readonly TimedAmount[], span: number, pointer: string): Growth {
  const growth = findGrowth(flows, span);
  if (growth === undefined) throw refuseTerms(pointer, 'apr.no_rate');
  return growth;
}

function byDays(flows: readonly CashFlow[]): readonly TimedAmount[] {
  return flows.map((flow) => ({ time: dayNumber(flow.on), amountFen: flow.amountFen }));
}

/** Where a date lies on the grid of due dates, in periods; between two dates by days. */
function periodAt(on: BusinessDate, grid: readonly BusinessDate[]): number {
  const last = grid.length - 1;
  let index = 0;
  while (index < last - 1 && (grid[index + 1] ?? on) < on) index += 1;
  const from = grid[index] ?? on;
  const to = grid[index + 1] ?? on;
  if (on <= from || from === to) return index;
  return index + daysBetween(from, on) / daysBetween(from, to);
}

/**
 * Simple interest per year on the principal actually in use: the cash in hand, less the principal repaid so far.
 * Fees paid on or before the start were never in hand.
 */
function simpleRate(loan: LoanCashFlows): string {
  const fees = loan.fees ?? [];
  const inHand = loan.netFen - sum(fees.filter((fee) => fee.on <= loan.startOn));
  let inUse = inHand;
  let since = loan.startOn;
  let fenDays = 0n;
  for (const row of loan.rows) {
    if (inUse > 0n) fenDays += inUse * BigInt(daysBetween(since, row.dueOn));
    inUse -= row.principalFen;
    since = row.dueOn;
  }
  if (fenDays === 0n) throw refuseTerms('/rows', 'apr.no_rate');
  const cost = loan.rows.reduce((total, row) => total + row.totalFen, 0n) + sum(fees) - loan.netFen;
  const { num, den } = reduce(cost * 365n, fenDays);
  return formatRatio({ num, den }, 8);
}

function sum(flows: readonly CashFlow[]): bigint {
  return flows.reduce((total, flow) => total + flow.amountFen, 0n);
}

/** What was kept back when the money was paid out, and the principal the law then recognises. */
export interface UpfrontDeduction {
  readonly deductedFen: Fen;
  /** Private lending: interest taken in advance is no principal (民间借贷规定 §26, Civil Code §670). */
  readonly legalPrincipalFen: Fen;
}

/**
 * 砍头息, found from cash alone: whatever the borrower handed back on or before the day the money came, or never got.
 */
export function upfrontDeduction(
  contractPrincipalFen: bigint,
  startOn: BusinessDate,
  flows: readonly CashFlow[],
): UpfrontDeduction {
  const inHand = -sum(flows.filter((flow) => flow.on <= startOn));
  const deducted = contractPrincipalFen - inHand;
  return { deductedFen: fen(deducted > 0n ? deducted : 0n), legalPrincipalFen: fen(inHand) };
}
