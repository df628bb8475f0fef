/**
 * The stateless calculators behind `POST /api/v1/calc/*` (design §10): a parsed JSON body in, plain JSON out. All of
 * them are pure; the calendar is the only outside knowledge and can be handed in.
 *
 * Every refusal is an AppError `request.invalid` whose faults point into the body.
 */
import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { formatYuan } from '../../lib/money.ts';
import { ZERO_RATIO } from '../../lib/rate.ts';
import { allocate, ALLOCATION_MODES, COMPONENTS, type Amounts, type Component } from './allocation.ts';
import { flowAnnualRates, loanAnnualRates, type AnnualRates } from './apr.ts';
import {
  AmountOrZero,
  CalendarDate,
  DayCountField,
  Flow,
  GraceDays,
  list,
  OrderField,
  parseRequest,
  Payment,
  Percent,
  PeriodsPerYear,
  PositiveAmount,
  request,
  Rows,
} from './calculator-fields.ts';
import type { DayCount } from './day-count.ts';
import { overdueAsOf } from './dpd.ts';
import type { HolidayCalendar } from './holiday.ts';
import { PACKAGED_CALENDAR } from './holiday-rows.ts';
import {
  partialPrepayment,
  payoffQuote,
  type InterestBearingTerms,
  type PartialPrepayment,
  type PayoffQuote,
} from './prepayment.ts';
import { accrueRevolving } from './revolving.ts';
import { planSchedule } from './schedule.ts';
import { type Instalment, type ScheduleTerms } from './schedule-terms.ts';
import { askedSchedule, ScheduleRequest, type AskedSchedule } from './schedule-request.ts';
import { refuseAll, refuseTerms } from './terms-refusal.ts';

/** [n, due, principal, interest, total, balanceAfter]: amounts in yuan with two decimals. */
export type ScheduleRow = readonly [number, string, string, string, string, string];

/** What `calc/schedule` answers. */
export interface ScheduleAnswer {
  readonly rows: readonly ScheduleRow[];
  readonly totals: { readonly principal: string; readonly interest: string; readonly total: string };
  /** Present when a due date could not be checked against that year's holidays and was left where it was. */
  readonly warnings?: readonly { readonly code: 'holiday.year_not_loaded'; readonly year: number }[];
}

/** `POST calc/schedule`: the repayment schedule of an input. */
export function calcSchedule(body: unknown, calendar: HolidayCalendar = PACKAGED_CALENDAR): ScheduleAnswer {
  const asked = askedSchedule(parseRequest(ScheduleRequest, body));
  if (asked.kind === 'revolving') return scheduleAnswer(accrueRevolving(asked.terms), []);
  const { instalments, yearsNotLoaded } = planSchedule(asked.terms, calendar);
  if (asked.terms.method === 'FIXED_PAYMENT') checkFixedPayment(asked.terms, instalments, asked.count);
  return scheduleAnswer(instalments, yearsNotLoaded);
}

function checkFixedPayment(
  terms: ScheduleTerms & { readonly method: 'FIXED_PAYMENT' },
  rows: readonly Instalment[],
  n?: number,
): void {
  const last = rows.at(-1);
  if (last !== undefined && last.totalFen > terms.paymentFen) throw refuseTerms('/payment', 'payment.takes_too_long');
  if (n !== undefined && n !== rows.length) throw refuseTerms('/n', 'n.contradicts_payment');
}

function scheduleAnswer(rows: readonly Instalment[], years: readonly number[]): ScheduleAnswer {
  const sum = (part: 'principalFen' | 'interestFen' | 'totalFen') =>
    formatYuan(rows.reduce((total, row) => total + row[part], 0n));
  const answer = {
    rows: rows.map(rowAnswer),
    totals: { principal: sum('principalFen'), interest: sum('interestFen'), total: sum('totalFen') },
  };
  if (years.length === 0) return answer;
  return { ...answer, warnings: years.map((year) => ({ code: 'holiday.year_not_loaded', year })) };
}

function rowAnswer(row: Instalment): ScheduleRow {
  const { principalFen, interestFen, totalFen, balanceFen } = row;
  return [
    row.number,
    row.dueOn,
    formatYuan(principalFen),
    formatYuan(interestFen),
    formatYuan(totalFen),
    formatYuan(balanceFen),
  ];
}

const RowsApr = request({
  start: CalendarDate,
  net: PositiveAmount,
  rows: Rows,
  periodsPerYear: PeriodsPerYear,
  fees: list(Payment).optional(),
});
const FlowsApr = request({
  flows: list(Flow).min(2, { error: 'apr.no_rate' }),
  periodsPerYear: PeriodsPerYear.optional(),
});

/** `POST calc/apr`: what a loan costs per year, from its rows or from bare cash flows. */
export function calcApr(body: unknown): AnnualRates {
  if (isRecord(body) && 'flows' in body) {
    const { flows, periodsPerYear } = parseRequest(FlowsApr, body);
    return flowAnnualRates(flows, periodsPerYear);
  }
  const { start, net, rows, periodsPerYear, fees = [] } = parseRequest(RowsApr, body);
  const [first] = rows;
  if (first !== undefined && first.dueOn <= start) throw refuseTerms('/rows/0/1', 'dates.not_after_start');
  return loanAnnualRates({ startOn: start, netFen: net, rows, fees, periodsPerYear });
}

const Dues = request({
  fee: AmountOrZero.optional(),
  penalty: AmountOrZero.optional(),
  interest: AmountOrZero.optional(),
  principal: AmountOrZero.optional(),
});
const Allocate = request({
  dues: list(Dues).min(1, { error: 'list.empty' }),
  pay: AmountOrZero,
  mode: z.enum(ALLOCATION_MODES),
  order: OrderField,
});

/** What `calc/allocate` answers: per due what it got, and what nothing took. */
export interface AllocationAnswer {
  readonly out: readonly Readonly<Partial<Record<Component, string>>>[];
  readonly left: string;
}

/** `POST calc/allocate`: which debts a payment settles. */
export function calcAllocate(body: unknown): AllocationAnswer {
  const { dues, pay, mode, order } = parseRequest(Allocate, body);
  const { out, leftFen } = allocate(dues.map(amounts), pay, { mode, order });
  return { out: out.map(amountsAnswer), left: formatYuan(leftFen) };
}

function amounts(due: z.output<typeof Dues>): Amounts {
  return Object.fromEntries(
    COMPONENTS.flatMap((component) => (due[component] === undefined ? [] : [[component, due[component]]])),
  );
}

function amountsAnswer(given: Amounts): Readonly<Partial<Record<Component, string>>> {
  return Object.fromEntries(
    COMPONENTS.flatMap((component) => {
      const amount = given[component];
      return amount === undefined ? [] : [[component, formatYuan(amount)]];
    }),
  );
}

const Dpd = request({
  schedule: Rows,
  payments: list(Payment),
  asOf: CalendarDate,
  graceDays: GraceDays.optional(),
  tolerance: AmountOrZero.optional(),
});

/** What `calc/dpd` answers. */
export interface DpdAnswer {
  readonly overdue: string;
  readonly dpd: number;
  readonly bucket: string;
}

/** `POST calc/dpd`: days past due and bucket on a date. */
export function calcDpd(body: unknown): DpdAnswer {
  const { schedule, payments, asOf, graceDays = 0, tolerance = 0n } = parseRequest(Dpd, body);
  const { overdueFen, dpd, bucket } = overdueAsOf(schedule, payments, asOf, { graceDays, toleranceFen: tolerance });
  return { overdue: formatYuan(overdueFen), dpd, bucket };
}

const Prepay = request({
  schedule: ScheduleRequest,
  asOf: CalendarDate,
  payments: list(Payment).optional(),
  feePct: Percent.optional(),
  dayCount: DayCountField,
  amount: PositiveAmount.optional(),
  mode: z.enum(['keepTerm', 'shorten']).optional(),
});

/** What `calc/prepay` answers without an amount. */
export interface PayoffAnswer {
  readonly on: string;
  readonly principal: string;
  readonly interestDays: number;
  readonly dayCount: DayCount;
  readonly interest: string;
  readonly feePct: string;
  readonly fee: string;
  readonly total: string;
  /** Payments beyond what was due; the total is less by this. Absent when there are none. */
  readonly credit?: string;
}

/** What `calc/prepay` answers for an amount. */
export interface PartialAnswer {
  readonly on: string;
  readonly newBalance: string;
  readonly n: number;
  readonly emi: string;
  readonly last: string;
  readonly interest: string;
}

/** `POST calc/prepay`: what settles the loan on a day or, with an `amount`, what the plan becomes (keepTerm by default). */
export function calcPrepay(body: unknown, calendar: HolidayCalendar = PACKAGED_CALENDAR): PayoffAnswer | PartialAnswer {
  const asked = parseRequest(Prepay, body);
  const { asOf, dayCount, payments, amount } = asked;
  if (amount === undefined && asked.mode !== undefined) throw refuseTerms('/amount', 'member.missing');
  const terms = inside('/schedule', () => plannable(askedSchedule(asked.schedule), calendar));
  const request = { terms, asOf, dayCount, calendar, ...(payments === undefined ? {} : { payments }) };
  if (amount !== undefined) return partialAnswer(partialPrepayment(request, amount, asked.mode ?? 'keepTerm'));
  const quote = payoffQuote(request, asked.feePct ?? ZERO_RATIO);
  return payoffAnswer(quote, { dayCount, feePct: feeText(body) });
}

/** Terms that make a schedule and bear interest by the day, which a flat fee or revolving use does not need. */
function plannable(asked: AskedSchedule, calendar: HolidayCalendar): InterestBearingTerms {
  if (asked.kind === 'revolving' || asked.terms.method === 'FLAT')
    throw refuseTerms('/method', 'prepay.no_daily_interest');
  const { instalments } = planSchedule(asked.terms, calendar);
  if (asked.terms.method === 'FIXED_PAYMENT') checkFixedPayment(asked.terms, instalments, asked.count);
  return asked.terms;
}

function payoffAnswer(
  quote: PayoffQuote,
  shown: { readonly dayCount: DayCount; readonly feePct: string },
): PayoffAnswer {
  const { on, interestDays } = quote;
  const answer = {
    on,
    principal: formatYuan(quote.principalFen),
    interestDays,
    dayCount: shown.dayCount,
    interest: formatYuan(quote.interestFen),
    feePct: shown.feePct,
    fee: formatYuan(quote.feeFen),
    total: formatYuan(quote.totalFen),
  };
  return quote.creditFen === 0n ? answer : { ...answer, credit: formatYuan(quote.creditFen) };
}

function partialAnswer({ on, newBalanceFen, levelFen, interestFen, instalments }: PartialPrepayment): PartialAnswer {
  return {
    on,
    newBalance: formatYuan(newBalanceFen),
    n: instalments.length,
    emi: formatYuan(levelFen),
    last: formatYuan(instalments.at(-1)?.totalFen ?? 0n),
    interest: formatYuan(interestFen),
  };
}

/** The fee rate as it was written, which the answer repeats. */
function feeText(body: unknown): string {
  const text = isRecord(body) ? body['feePct'] : undefined;
  return typeof text === 'string' ? text : '0';
}

/** Runs a step whose faults point into a part of the body. */
function inside<T>(at: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw refuseAll(error.faults.map((fault) => ({ ...fault, pointer: at + fault.pointer })));
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
