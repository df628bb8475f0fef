/**
 * Paying early (提前还款): what settles the loan today, and what the plan becomes when a part of the principal is paid.
 * The law's default is interest for the days actually used (Civil Code §677); the fee is whatever the product agreed.
 */
import type { BusinessDate } from '../../lib/business-date.ts';
import { fen, mulDiv, ZERO_FEN, type Fen } from '../../lib/money.ts';
import { addRatio, mulRatio, ZERO_RATIO, type Ratio } from '../../lib/rate.ts';
import type { CashFlow } from './apr.ts';
import { interestDays, yearPart, type DayCount } from './day-count.ts';
import { NO_CALENDAR, type HolidayCalendar } from './holiday.ts';
import { planSchedule } from './schedule.ts';
import { type Instalment, type Schedule, type ScheduleTerms } from './schedule-terms.ts';
import { refuseTerms } from './terms-refusal.ts';

/** Terms that bear interest by the day; a flat fee (等本等息) has no daily rate to stop. */
export type InterestBearingTerms = Exclude<ScheduleTerms, { readonly method: 'FLAT' }>;

/** Which loan is paid early, and on which day. */
export interface PrepaymentRequest {
  readonly terms: InterestBearingTerms;
  readonly asOf: BusinessDate;
  /** How the days since the last due date are counted. */
  readonly dayCount: DayCount;
  /** What was paid so far; without it every instalment due by `asOf` counts as paid. */
  readonly payments?: readonly CashFlow[];
  readonly calendar?: HolidayCalendar;
  /** Interest of the running period that an earlier prepayment already settled the amount of. */
  readonly accrued?: Accrued;
}

/** Interest that has run and is not yet part of an instalment: exact up to a day, and running on from there. */
export interface Accrued {
  readonly until: BusinessDate;
  readonly exactFen: Ratio;
}

/** What settles the loan on a day; good until the end of that day. */
export interface PayoffQuote {
  readonly on: BusinessDate;
  readonly principalFen: Fen;
  readonly interestDays: number;
  /** Interest of unpaid instalments, and of the days since the last due date. */
  readonly interestFen: Fen;
  readonly feeFen: Fen;
  /** Payments beyond what was due, which the total is reduced by. */
  readonly creditFen: Fen;
  readonly totalFen: Fen;
}

/** The plan after a part of the principal was paid. */
export interface PartialPrepayment {
  readonly on: BusinessDate;
  readonly newBalanceFen: Fen;
  /** The level payment; for methods without one, the first new instalment. */
  readonly levelFen: Fen;
  readonly interestFen: Fen;
  readonly instalments: readonly Instalment[];
  /** What the new plan follows from; with `accrued`, all that a later prepayment needs to know. */
  readonly terms: InterestBearingTerms;
  readonly accrued: Accrued;
}

/** Where the loan stands on the day: which rows are behind, what is owed of them, and since when interest runs. */
interface Standing {
  readonly schedule: Schedule;
  readonly dueCount: number;
  /** From when interest is not settled yet, and what had run before that day. */
  readonly accruesFrom: BusinessDate;
  readonly carried: Ratio;
  readonly principalFen: bigint;
  readonly arrearsInterestFen: bigint;
  readonly arrearsPrincipalFen: bigint;
  readonly creditFen: bigint;
}

/**
 * The amount that settles the loan on `asOf`; the fee is a share of the principal that is paid early.
 * @throws AppError `request.invalid` when the terms make no schedule or the day lies before the start.
 */
export function payoffQuote(request: PrepaymentRequest, feeRate: Ratio): PayoffQuote {
  const standing = standingOn(request);
  const accrued = accruedInterest(request, standing);
  const early = standing.principalFen - standing.arrearsPrincipalFen;
  const interest = standing.arrearsInterestFen + mulDiv(1n, accrued.num, accrued.den, request.terms.rounding);
  const fee = mulDiv(early, feeRate.num, feeRate.den, request.terms.rounding);
  const owed = standing.principalFen + interest + fee;
  return {
    on: request.asOf,
    principalFen: fen(standing.principalFen),
    interestDays: standing.principalFen === 0n ? 0 : interestDays(standing.accruesFrom, request.asOf, request.dayCount),
    interestFen: fen(interest),
    feeFen: fee,
    creditFen: fen(standing.creditFen),
    totalFen: fen(owed - standing.creditFen),
  };
}

/** keepTerm: as many instalments as before, each smaller. shorten: the same payment, fewer of them. */
export type PrepaymentMode = 'keepTerm' | 'shorten';

/**
 * The plan after paying `amountFen` of principal on `asOf`.
 * @throws AppError `request.invalid` when instalments are overdue, nothing would be left, or the method cannot shorten.
 */
export function partialPrepayment(
  request: PrepaymentRequest,
  amountFen: bigint,
  mode: PrepaymentMode,
): PartialPrepayment {
  const standing = standingOn(request);
  if (standing.arrearsInterestFen + standing.arrearsPrincipalFen > 0n)
    throw refuseTerms('/payments', 'prepay.arrears_first');
  if (amountFen >= standing.principalFen) throw refuseTerms('/amount', 'prepay.not_partial');

  const newBalance = standing.principalFen - amountFen;
  const remaining = remainingTerms(request, standing, newBalance);
  const terms = mode === 'shorten' ? shortened(remaining, standing) : remaining;
  const plan = planSchedule(terms, request.calendar ?? NO_CALENDAR);
  const instalments = withStub(request, { standing, newBalance, instalments: plan.instalments });
  const [first] = instalments;
  const level = (hasLevelPayment(terms) ? plan.levelFen : undefined) ?? first?.totalFen;
  return {
    on: request.asOf,
    newBalanceFen: fen(newBalance),
    levelFen: level ?? ZERO_FEN,
    interestFen: fen(instalments.reduce((sum, row) => sum + row.interestFen, 0n)),
    instalments,
    terms,
    accrued: { until: later(request.asOf, standing.accruesFrom), exactFen: accruedInterest(request, standing) },
  };
}

function standingOn(request: PrepaymentRequest): Standing {
  const { terms, asOf } = request;
  if (asOf < terms.startOn) throw refuseTerms('/asOf', 'dates.before_start');
  const schedule = planSchedule(terms, request.calendar ?? NO_CALENDAR);
  const due = schedule.instalments.filter((row) => row.dueOn <= asOf);
  const last = due.at(-1);
  const scheduled = last?.balanceFen ?? fen(terms.principalFen);
  const { arrearsInterest, arrearsPrincipal, credit } = settle(due, request);
  const boundary = terms.holidayShift?.interest === 'ADJUSTED' ? last?.dueOn : last?.contractDueOn;
  const carried = last === undefined ? request.accrued : undefined;
  return {
    schedule,
    dueCount: due.length,
    accruesFrom: carried?.until ?? boundary ?? schedule.interestFromOn,
    carried: carried?.exactFen ?? ZERO_RATIO,
    principalFen: scheduled + arrearsPrincipal,
    arrearsInterestFen: arrearsInterest,
    arrearsPrincipalFen: arrearsPrincipal,
    creditFen: credit,
  };
}

/** Payments settle the due rows oldest first, interest before principal (Civil Code §561). */
function settle(due: readonly Instalment[], { payments, asOf }: PrepaymentRequest) {
  let paid = payments?.reduce((sum, payment) => (payment.on <= asOf ? sum + payment.amountFen : sum), 0n);
  let [arrearsInterest, arrearsPrincipal] = [0n, 0n];
  if (paid === undefined) return { arrearsInterest, arrearsPrincipal, credit: 0n };
  for (const row of due) {
    const interest = least(paid, row.interestFen);
    const principal = least(paid - interest, row.principalFen);
    paid -= interest + principal;
    arrearsInterest += row.interestFen - interest;
    arrearsPrincipal += row.principalFen - principal;
  }
  return { arrearsInterest, arrearsPrincipal, credit: paid };
}

/** Interest since the last due date on all principal still owed, exact. */
function accruedInterest({ terms, asOf, dayCount }: PrepaymentRequest, standing: Standing): Ratio {
  if (asOf <= standing.accruesFrom) return standing.carried;
  const since = interestOn(standing.principalFen, terms.annualRate, yearPart(standing.accruesFrom, asOf, dayCount));
  return addRatio(standing.carried, since);
}

function interestOn(balance: bigint, rate: Ratio, part: { readonly weight: number; readonly base: number }): Ratio {
  return mulRatio({ num: balance * rate.num, den: rate.den }, { num: BigInt(part.weight), den: BigInt(part.base) });
}

/** The same method over the due dates that are left, on the new balance. */
function remainingTerms({ terms }: PrepaymentRequest, standing: Standing, newBalance: bigint): InterestBearingTerms {
  const left = standing.schedule.instalments.slice(standing.dueCount);
  const begun = standing.dueCount > 0;
  const { firstPeriod, firstDueOn: _, ...rest } = terms;
  const common = {
    ...rest,
    principalFen: newBalance,
    startOn: begun ? standing.accruesFrom : terms.startOn,
    dueOn: left.map((row) => row.contractDueOn),
    instalmentCount: left.length,
    ...(begun || firstPeriod === undefined ? {} : { firstPeriod }),
  };
  switch (common.method) {
    case 'BALLOON':
      return { ...common, amortisedOver: common.amortisedOver - standing.dueCount };
    case 'GRACE_THEN_EQUAL_INSTALMENT':
      return { ...common, graceInterestOnly: Math.max(0, common.graceInterestOnly - standing.dueCount) };
    case 'FIXED_PAYMENT':
      return { ...common, method: 'EQUAL_INSTALMENT' };
    case 'FIXED_PRINCIPAL':
      return { ...common, method: 'EQUAL_PRINCIPAL' };
    case 'EQUAL_INSTALMENT':
    case 'EQUAL_PRINCIPAL':
    case 'INTEREST_ONLY':
    case 'BULLET':
      return common;
  }
}

function shortened(terms: InterestBearingTerms, { schedule }: Standing): InterestBearingTerms {
  const level = schedule.levelFen ?? ZERO_FEN;
  switch (terms.method) {
    case 'GRACE_THEN_EQUAL_INSTALMENT':
      if (terms.graceInterestOnly > 0) throw refuseTerms('/mode', 'prepay.cannot_shorten');
      return { ...terms, method: 'FIXED_PAYMENT', paymentFen: level };
    case 'EQUAL_INSTALMENT':
    case 'BALLOON':
    case 'FIXED_PAYMENT':
      return { ...terms, method: 'FIXED_PAYMENT', paymentFen: level };
    case 'EQUAL_PRINCIPAL':
    case 'FIXED_PRINCIPAL':
      return { ...terms, method: 'FIXED_PRINCIPAL', principalPartFen: level };
    case 'INTEREST_ONLY':
    case 'BULLET':
      throw refuseTerms('/mode', 'prepay.cannot_shorten');
  }
}

function hasLevelPayment({ method }: InterestBearingTerms): boolean {
  return method !== 'EQUAL_PRINCIPAL' && method !== 'FIXED_PRINCIPAL';
}

interface NewPlan {
  readonly standing: Standing;
  readonly newBalance: bigint;
  readonly instalments: readonly Instalment[];
}

/** Between two due dates the next instalment bears the old balance up to the day and the new one after it. */
function withStub(request: PrepaymentRequest, { standing, newBalance, instalments }: NewPlan): readonly Instalment[] {
  const [first, ...rest] = instalments;
  const { terms, asOf, dayCount } = request;
  const runs = asOf > standing.accruesFrom || standing.carried.num !== 0n;
  if (first === undefined || !runs) return instalments;
  const end = terms.holidayShift?.interest === 'ADJUSTED' ? first.dueOn : first.contractDueOn;
  // A contract date that a holiday moved past `asOf` has already stopped the period.
  const change = asOf < end ? asOf : end;
  const before = accruedInterest({ ...request, asOf: change }, standing);
  const after = interestOn(newBalance, terms.annualRate, yearPart(later(change, standing.accruesFrom), end, dayCount));
  const exact = addRatio(before, after);
  const interest = mulDiv(1n, exact.num, exact.den, terms.rounding);
  return [{ ...first, interestFen: interest, totalFen: fen(first.principalFen + interest) }, ...rest];
}

function later(a: BusinessDate, b: BusinessDate): BusinessDate {
  return a > b ? a : b;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
