/**
 * The repayment schedule (还款计划): when each instalment falls due and how much of it is principal and interest.
 *
 * Pure and exact: amounts are whole fen, rates exact fractions, interest is rounded once per instalment, and the last
 * instalment takes what rounding left over, so principal always adds up to the loan and the balance ends at zero.
 * Not here: revolving use (revolving.ts), penalty interest (penalty.ts), what was paid (ledger.ts).
 */
import { fen, ZERO_FEN, type Fen } from '../../lib/money.ts';
import { ratio } from '../../lib/rate.ts';
import { levelPaymentFactor } from './annuity.ts';
import { MONTHLY } from './due-dates.ts';
import { NO_CALENDAR, type HolidayCalendar } from './holiday.ts';
import { Periods } from './periods.ts';
import { ScheduleRows } from './schedule-rows.ts';
import {
  MAX_INSTALMENTS,
  MAX_PRINCIPAL_FEN,
  type Instalment,
  type LoanTerms,
  type Schedule,
  type ScheduleTerms,
} from './schedule-terms.ts';
import { refuseTerms } from './terms-refusal.ts';

/**
 * The instalments of an ordinary monthly loan: `buildSchedule({ principalFen: 12_000_000n, annualRate: '0.072', … })`.
 * @throws AppError `request.invalid` when the terms make no schedule; RangeError when the rate is not a decimal.
 */
export function buildSchedule(terms: LoanTerms): readonly Instalment[] {
  return planSchedule({ ...terms, annualRate: ratio(terms.annualRate) }).instalments;
}

/**
 * The schedule of any terms. Holidays move dates only in years the calendar has; the others are named in the result.
 * @throws AppError `request.invalid` (with pointers into the calculators' request) when the terms make no schedule.
 */
export function planSchedule(terms: ScheduleTerms, calendar: HolidayCalendar = NO_CALENDAR): Schedule {
  checkSize(terms);
  const periods = new Periods({ ...terms, frequency: terms.frequency ?? MONTHLY }, calendar);
  const rows = new ScheduleRows(terms, periods);
  const levelFen = fill(terms, periods, rows);
  const { interestFromOn, yearsNotLoaded } = periods;
  const schedule = { instalments: rows.done(), interestFromOn, yearsNotLoaded };
  return levelFen === undefined ? schedule : { ...schedule, levelFen };
}

function checkSize(terms: ScheduleTerms): void {
  if (terms.principalFen <= 0n || terms.principalFen > MAX_PRINCIPAL_FEN)
    throw refuseTerms('/principal', 'amount.out_of_range');
  if (!isCount(terms.instalmentCount)) throw refuseTerms('/n', 'n.out_of_range');
  if (terms.method === 'BALLOON' && !(isCount(terms.amortisedOver) && terms.amortisedOver >= terms.instalmentCount)) {
    throw refuseTerms('/amortisedOver', 'amortised_over.out_of_range');
  }
  if (
    terms.method === 'GRACE_THEN_EQUAL_INSTALMENT' &&
    !(terms.graceInterestOnly >= 0 && terms.graceInterestOnly < terms.instalmentCount)
  ) {
    throw refuseTerms('/graceInterestOnly', 'grace.out_of_range');
  }
}

function isCount(count: number): boolean {
  return Number.isInteger(count) && count >= 1 && count <= MAX_INSTALMENTS;
}

function fill(terms: ScheduleTerms, periods: Periods, rows: ScheduleRows): Fen | undefined {
  const { instalmentCount: count } = terms;
  switch (terms.method) {
    case 'EQUAL_INSTALMENT':
      return fillLevel({ rows, periods, from: 0, over: count, to: count });
    case 'BALLOON':
      return fillLevel({ rows, periods, from: 0, over: terms.amortisedOver, to: count });
    case 'GRACE_THEN_EQUAL_INSTALMENT':
      for (let index = 0; index < terms.graceInterestOnly; index += 1) rows.add(ZERO_FEN);
      return fillLevel({ rows, periods, from: terms.graceInterestOnly, over: count, to: count });
    case 'EQUAL_PRINCIPAL':
    case 'FLAT':
      return fillEqualPrincipal(rows, count);
    case 'INTEREST_ONLY':
      for (let index = 1; index < count; index += 1) rows.add(ZERO_FEN);
      rows.addLast();
      return undefined;
    case 'BULLET':
      rows.addWhole(count);
      return undefined;
    case 'FIXED_PAYMENT':
      return fillFixed(rows, terms.paymentFen, count);
    case 'FIXED_PRINCIPAL':
      while (rows.balance > terms.principalPartFen && rows.count < count - 1) rows.add(terms.principalPartFen);
      rows.addLast();
      return fen(terms.principalPartFen);
  }
}

interface LevelRun {
  readonly rows: ScheduleRows;
  readonly periods: Periods;
  /** The first period that is amortised, the last one the level payment is solved over, the last one that exists. */
  readonly from: number;
  readonly over: number;
  readonly to: number;
}

function fillLevel({ rows, periods, from, over, to }: LevelRun): Fen {
  const factor = levelPaymentFactor(periods.growth(from, over));
  const level = rows.roundLevel(factor);
  const chosenAt = rows.roundsLevel ? '/roundTo' : undefined;
  for (let index = from; index < to - 1; index += 1) rows.addLevel(level, chosenAt);
  rows.addLast();
  return level;
}

function fillEqualPrincipal(rows: ScheduleRows, count: number): Fen {
  const level = rows.roundLevel({ num: 1n, den: BigInt(count) });
  for (let index = 1; index < count; index += 1) rows.add(level);
  rows.addLast();
  return level;
}

function fillFixed(rows: ScheduleRows, payment: bigint, most: number): Fen {
  if (rows.firstInterestExceeds(payment)) throw refuseTerms('/payment', 'payment.below_interest');
  while (rows.count < most - 1 && rows.owedNext() > payment) rows.addLevel(payment, '/payment');
  rows.addLast();
  return fen(payment);
}
