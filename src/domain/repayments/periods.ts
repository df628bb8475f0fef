/**
 * The periods of a schedule: contract dates, payment dates, and the interest each period bears as an exact fraction of
 * the balance. The odd first period (首期不规则) and holidays are settled here, so that the methods need not know them.
 */
import type { BusinessDate } from '../../lib/business-date.ts';
import { ZERO_RATIO, type Ratio } from '../../lib/rate.ts';
import type { GrowthFactors } from './annuity.ts';
import { overCommonBase, yearPart, type DayCount, type YearPart } from './day-count.ts';
import { dueDates, isFullPeriod, wholeMonths, type DueDates, type DueDateTerms } from './due-dates.ts';
import { shiftDueDate, type HolidayCalendar, type HolidayShift } from './holiday.ts';

/** What happens to the interest of a first period that is longer or shorter than the others (首期不规则). */
export interface FirstPeriod {
  /**
   * BROKEN_INTEREST_ADDED: regular principal, interest for the actual days. RATE_FACTOR: the odd period enters the level
   * payment like any other (also what happens without a rule). SKIP_TO_NEXT: the days before a full first period are free.
   */
  readonly rule: 'BROKEN_INTEREST_ADDED' | 'RATE_FACTOR' | 'SKIP_TO_NEXT';
  /** How the odd period's days are counted; by default like the loan's. */
  readonly dayCount?: DayCount;
}

/** What the periods of a loan follow from. Without a rate (等本等息) they bear no interest of their own. */
export interface PeriodTerms extends DueDateTerms {
  readonly instalmentCount: number;
  readonly annualRate?: Ratio;
  readonly dayCount?: DayCount;
  readonly firstPeriod?: FirstPeriod;
  readonly holidayShift?: HolidayShift;
}

/** `charged` is what the borrower pays; `regular` is what a level payment is split by. They differ only in a broken first period. */
export type Interest = 'charged' | 'regular';

/** The periods of one loan, by index from 0; computed when first asked for. */
export class Periods {
  readonly #terms: PeriodTerms;
  readonly #rate: Ratio;
  readonly #calendar: HolidayCalendar;
  readonly #dates: DueDates;
  readonly #contract: BusinessDate[] = [];
  readonly #payment: BusinessDate[] = [];
  readonly #parts: YearPart[] = [];
  readonly #missing = new Set<number>();
  readonly #first: { readonly charged: YearPart; readonly regular: YearPart };

  /** @throws AppError `request.invalid` when the dates contradict one another. */
  constructor(terms: PeriodTerms, calendar: HolidayCalendar) {
    this.#terms = terms;
    this.#rate = terms.annualRate ?? ZERO_RATIO;
    this.#calendar = calendar;
    this.#dates = dueDates(terms);
    this.#first = this.#firstParts();
  }

  contractDueOn(index: number): BusinessDate {
    return (this.#contract[index] ??= this.#dates.at(index));
  }

  /** The contract date, or where the holiday rule moves it; periods beyond the loan are never moved. */
  dueOn(index: number): BusinessDate {
    return (this.#payment[index] ??= this.#shifted(index));
  }

  /** Years whose calendar a due date needed and did not find; those dates stand unmoved. */
  get yearsNotLoaded(): readonly number[] {
    return [...this.#missing].sort((a, b) => a - b);
  }

  /** From when interest runs: the start, or the end of a first period's free days. */
  get interestFromOn(): BusinessDate {
    const { startOn, firstPeriod, frequency } = this.#terms;
    const { regularStartOn } = this.#dates;
    const skips = firstPeriod?.rule === 'SKIP_TO_NEXT' && !isFullPeriod(startOn, this.contractDueOn(0), frequency);
    return skips && regularStartOn > startOn ? regularStartOn : startOn;
  }

  /** Interest of one period per unit of balance. */
  interest(index: number, which: Interest): Ratio {
    return this.#ratioOf(index === 0 ? this.#first[which] : this.#regularPart(index));
  }

  /** Simple interest of the first `count` periods together. */
  interestOfAll(count: number): Ratio {
    const { weights, base } = overCommonBase(this.#charged(0, count));
    return this.#ratioOf({ weight: weights.reduce((sum, weight) => sum + weight, 0), base });
  }

  /** What periods `from` (inclusive) to `to` (exclusive) do to a debt, for solving a level payment. */
  growth(from: number, to: number): GrowthFactors {
    const parts = this.#charged(from, to);
    if (from === 0) parts[0] = this.#first.regular;
    const { weights, base } = overCommonBase(parts);
    return { nums: weights.map((weight) => this.#rate.num * BigInt(weight)), den: this.#rate.den * BigInt(base) };
  }

  #charged(from: number, to: number): YearPart[] {
    const parts: YearPart[] = [];
    for (let index = from; index < to; index += 1) {
      parts.push(index === 0 ? this.#first.charged : this.#regularPart(index));
    }
    return parts;
  }

  #ratioOf({ weight, base }: YearPart): Ratio {
    return { num: this.#rate.num * BigInt(weight), den: this.#rate.den * BigInt(base) };
  }

  #regularPart(index: number): YearPart {
    return (this.#parts[index] ??= this.#partOf(this.#boundary(index - 1), this.#boundary(index)));
  }

  /** Where interest of a period stops: the contract date, or the paid date when the terms let it run on. */
  #boundary(index: number): BusinessDate {
    return this.#terms.holidayShift?.interest === 'ADJUSTED' ? this.dueOn(index) : this.contractDueOn(index);
  }

  #firstParts(): { charged: YearPart; regular: YearPart } {
    const { startOn, firstPeriod, frequency } = this.#terms;
    const contractOn = this.contractDueOn(0);
    const end = this.#boundary(0);
    const actual = this.#partOf(startOn, end);
    if (firstPeriod === undefined || isFullPeriod(startOn, contractOn, frequency))
      return { charged: actual, regular: actual };

    const own = firstPeriod.dayCount === undefined ? actual : yearPart(startOn, end, firstPeriod.dayCount);
    const { regularStartOn } = this.#dates;
    switch (firstPeriod.rule) {
      case 'RATE_FACTOR':
        return { charged: own, regular: own };
      case 'BROKEN_INTEREST_ADDED':
        return { charged: own, regular: this.#partOf(regularStartOn, contractOn) };
      case 'SKIP_TO_NEXT': {
        // A short first period has nothing to skip: it bears its own days.
        const full = regularStartOn > startOn ? this.#partOf(regularStartOn, end) : own;
        return { charged: full, regular: full };
      }
    }
  }

  /** A whole month is 30 days of a 30/360 year whatever the clipped dates say; the day formula serves the rest. */
  #partOf(from: BusinessDate, to: BusinessDate): YearPart {
    const { frequency, dayCount = 'ACT/365' } = this.#terms;
    const counts30 = dayCount === '30/360' || dayCount === '30E/360';
    if (counts30 && frequency.unit === 'MONTH' && wholeMonths(from, to) === frequency.every) {
      return { weight: 30 * frequency.every, base: 360 };
    }
    return yearPart(from, to, dayCount);
  }

  #shifted(index: number): BusinessDate {
    const on = this.contractDueOn(index);
    const { holidayShift, instalmentCount } = this.#terms;
    if (holidayShift === undefined || index >= instalmentCount) return on;
    const shift = shiftDueDate(on, holidayShift.rule, this.#calendar);
    if (shift.kind === 'shifted') return shift.on;
    this.#missing.add(shift.year);
    return on;
  }
}
