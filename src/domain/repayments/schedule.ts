/**
 * The repayment schedule (还款计划): when each instalment falls due and how much of it is principal and interest.
 *
 * Pure and exact: amounts are whole fen, rates exact fractions, interest is rounded once per instalment, and the last
 * instalment takes what rounding left over, so principal always adds up to the loan and the balance ends at zero.
 * Not here: revolving use (revolving.ts), penalty interest (penalty.ts), what was paid (ledger.ts).
 */
import type { BusinessDate } from '../../lib/business-date.ts';
import { fen, mulDiv, ZERO_FEN, type Fen, type Rounding } from '../../lib/money.ts';
import { ratio, type Ratio } from '../../lib/rate.ts';
import { levelPaymentFactor } from './annuity.ts';
import type { DayCount } from './day-count.ts';
import { MONTHLY, type Frequency } from './due-dates.ts';
import { NO_CALENDAR, type HolidayCalendar, type HolidayShift } from './holiday.ts';
import { Periods, type FirstPeriod, type Interest } from './periods.ts';
import { refuseTerms } from './terms-refusal.ts';

/** A schedule with more instalments is refused (100 years of months). */
export const MAX_INSTALMENTS = 1200;
/** The dearest loan that is computed: 10¹² yuan, in fen. */
export const MAX_PRINCIPAL_FEN = 10n ** 14n;

interface CommonTerms {
  readonly principalFen: bigint;
  readonly startOn: BusinessDate;
  readonly instalmentCount: number;
  readonly firstDueOn?: BusinessDate;
  readonly dueDay?: number;
  readonly dueOn?: readonly BusinessDate[];
  readonly frequency?: Frequency;
  readonly holidayShift?: HolidayShift;
  readonly rounding?: Rounding;
  /** Residue policy MULTIPLE_OF: the level amount is rounded to this many fen; the last instalment takes the rest. */
  readonly roundToFen?: bigint;
}

interface InterestTerms extends CommonTerms {
  /** Per year, as a fraction: 7.2 % is `ratio('0.072')`. */
  readonly annualRate: Ratio;
  readonly dayCount: DayCount;
  readonly firstPeriod?: FirstPeriod;
}

/** The terms of a loan by repayment method (lending reference §1.4). */
export type ScheduleTerms =
  /** 等额本息 · 等额本金 · 先息后本 · 到期一次还本付息 */
  | (InterestTerms & { readonly method: 'EQUAL_INSTALMENT' | 'EQUAL_PRINCIPAL' | 'INTEREST_ONLY' | 'BULLET' })
  /** 等本等息: a fee per period on the original principal. */
  | (CommonTerms & { readonly method: 'FLAT'; readonly feeRatePerPeriod: Ratio })
  /** 气球贷: paid as if over `amortisedOver` instalments, the balance with the last. */
  | (InterestTerms & { readonly method: 'BALLOON'; readonly amortisedOver: number })
  /** 前几期只付息, then equal instalments. */
  | (InterestTerms & { readonly method: 'GRACE_THEN_EQUAL_INSTALMENT'; readonly graceInterestOnly: number })
  /** 固定额: as many instalments as the payment needs, at most `instalmentCount`; the last takes what is left. */
  | (InterestTerms & { readonly method: 'FIXED_PAYMENT'; readonly paymentFen: bigint })
  /** The same with a fixed principal part: what equal principal becomes when a prepayment shortens it. */
  | (InterestTerms & { readonly method: 'FIXED_PRINCIPAL'; readonly principalPartFen: bigint });

/** One row of a schedule. */
export interface Instalment {
  readonly number: number;
  /** When it is to be paid: the contract date, moved off a holiday where the terms say so. */
  readonly dueOn: BusinessDate;
  /** The contract date before any move; interest runs to it unless the terms say ADJUSTED. */
  readonly contractDueOn: BusinessDate;
  readonly principalFen: Fen;
  readonly interestFen: Fen;
  readonly totalFen: Fen;
  /** Principal still owed afterwards. */
  readonly balanceFen: Fen;
}

export interface Schedule {
  readonly instalments: readonly Instalment[];
  /** Years in which a due date could not be checked against the calendar and was left where it was. */
  readonly yearsNotLoaded: readonly number[];
  /** From when interest runs: the start, or the end of a free stub (SKIP_TO_NEXT). */
  readonly interestFromOn: BusinessDate;
  /** The level amount before residue (E of the annuity, the equal principal part, the fixed payment), if the method has one. */
  readonly levelFen?: Fen;
}

/** What most of the product needs to know about a loan to schedule it. */
export interface LoanTerms {
  readonly principalFen: bigint;
  /** Per year, as a decimal fraction: "0.072" is 7.2 %. */
  readonly annualRate: string;
  readonly instalmentCount: number;
  readonly startOn: BusinessDate;
  readonly firstDueOn?: BusinessDate;
  readonly method: 'EQUAL_INSTALMENT' | 'EQUAL_PRINCIPAL' | 'INTEREST_ONLY' | 'BULLET';
  readonly dayCount: DayCount;
}

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
  const rows = new Rows(terms, periods);
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

function fill(terms: ScheduleTerms, periods: Periods, rows: Rows): Fen | undefined {
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
  readonly rows: Rows;
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

function fillEqualPrincipal(rows: Rows, count: number): Fen {
  const level = rows.roundLevel({ num: 1n, den: BigInt(count) });
  for (let index = 1; index < count; index += 1) rows.add(level);
  rows.addLast();
  return level;
}

function fillFixed(rows: Rows, payment: bigint, most: number): Fen {
  if (rows.firstInterestExceeds(payment)) throw refuseTerms('/payment', 'payment.below_interest');
  while (rows.count < most - 1 && rows.owedNext() > payment) rows.addLevel(payment, '/payment');
  rows.addLast();
  return fen(payment);
}

/** The rows so far and the balance they leave. */
class Rows {
  readonly #rows: Instalment[] = [];
  readonly #terms: ScheduleTerms;
  readonly #periods: Periods;
  readonly #rounding: Rounding;
  #balance: bigint;

  constructor(terms: ScheduleTerms, periods: Periods) {
    this.#terms = terms;
    this.#periods = periods;
    this.#rounding = terms.rounding ?? 'HALF_UP';
    this.#balance = terms.principalFen;
  }

  get count(): number {
    return this.#rows.length;
  }

  get balance(): bigint {
    return this.#balance;
  }

  /** Whether the level amount is rounded to more than a fen. */
  get roundsLevel(): boolean {
    return (this.#terms.roundToFen ?? 1n) > 1n;
  }

  /** The level amount of a factor, rounded once to a fen or to the multiple the terms ask for. */
  roundLevel(factor: Ratio): Fen {
    const unit = this.#terms.roundToFen ?? 1n;
    const level = fen(mulDiv(this.#balance, factor.num, factor.den * unit, this.#rounding) * unit);
    if (level === 0n && unit > 1n) throw refuseTerms('/roundTo', 'round_to.too_coarse');
    return level;
  }

  /** A row with this much principal (never more than is owed) and the period's interest. */
  add(principal: bigint): void {
    const index = this.#rows.length;
    this.#push(index, this.#atMostOwed(principal), this.#interest(index, 'charged'));
  }

  /**
   * A row of a level payment: what the regular interest leaves of it is principal. Over very many unequal periods a long
   * month's interest can exceed a solved payment by a little and the balance grows for that month, as the formula says;
   * a payment that somebody chose must cover it.
   */
  addLevel(level: bigint, chosenAt?: string): void {
    const index = this.#rows.length;
    const regular = this.#interest(index, 'regular');
    if (level <= regular && chosenAt !== undefined) throw refuseTerms(chosenAt, 'payment.below_interest');
    const charged = index === 0 ? this.#interest(index, 'charged') : regular;
    this.#push(index, this.#atMostOwed(level - regular), charged);
  }

  /** The last row: all that is still owed. */
  addLast(): void {
    this.add(this.#balance);
  }

  /** One row for the whole term of `count` periods. */
  addWhole(count: number): void {
    const { num, den } = this.#periods.interestOfAll(count);
    this.#push(count - 1, this.#balance, mulDiv(this.#balance, num, den, this.#rounding));
  }

  /** What would settle the loan with the next row. */
  owedNext(): bigint {
    return this.#balance + this.#interest(this.#rows.length, 'charged');
  }

  /** Whether a payment would not even reduce the debt in the first regular period (exact, before rounding). */
  firstInterestExceeds(payment: bigint): boolean {
    const { num, den } = this.#periods.interest(0, 'regular');
    return payment * den <= this.#balance * num;
  }

  done(): readonly Instalment[] {
    return this.#rows;
  }

  #atMostOwed(principal: bigint): bigint {
    return principal < this.#balance ? principal : this.#balance;
  }

  #interest(index: number, which: Interest): bigint {
    const terms = this.#terms;
    if (terms.method === 'FLAT') {
      return mulDiv(terms.principalFen, terms.feeRatePerPeriod.num, terms.feeRatePerPeriod.den, this.#rounding);
    }
    const { num, den } = this.#periods.interest(index, which);
    return mulDiv(this.#balance, num, den, this.#rounding);
  }

  #push(index: number, principal: bigint, interest: bigint): void {
    this.#balance -= principal;
    this.#rows.push({
      number: this.#rows.length + 1,
      dueOn: this.#periods.dueOn(index),
      contractDueOn: this.#periods.contractDueOn(index),
      principalFen: fen(principal),
      interestFen: fen(interest),
      totalFen: fen(principal + interest),
      balanceFen: fen(this.#balance),
    });
  }
}
