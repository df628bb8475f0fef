/**
 * Interest days: how much of a year lies between two dates. The disbursement day counts, the repayment day does not
 * (算头不算尾, Civil Code §201), so a plain difference of dates is right.
 */
import { daysBetween, daysInMonth, dayNumber, type BusinessDate, businessDate } from '../../lib/business-date.ts';
import { mulRatio, type Ratio } from '../../lib/rate.ts';

/** Every day count that is understood. */
export const DAY_COUNTS = ['30/360', '30E/360', 'ACT/360', 'ACT/365', 'ACT/ACT'] as const;
/** The convention by which days become a part of a year. */
export type DayCount = (typeof DAY_COUNTS)[number];

/** What a quoted rate is per. */
export type RateUnit = 'YEAR' | 'MONTH' | 'DAY';

/**
 * A quoted rate per year: a month is a twelfth (月利率 = 年利率/12), a day 1/360 or 1/365 as the product says. 0.05 % a day is
 * 18.00 % or 18.25 %, so the base is never guessed.
 */
export function annualRateOf(rate: Ratio, unit: RateUnit, dayCountBase: 360 | 365): Ratio {
  switch (unit) {
    case 'YEAR':
      return rate;
    case 'MONTH':
      return mulRatio(rate, { num: 12n, den: 1n });
    case 'DAY':
      return mulRatio(rate, { num: BigInt(dayCountBase), den: 1n });
  }
}

/** A part of a year as whole numbers: `weight / base`. For all but ACT/ACT the weight is the number of interest days. */
export interface YearPart {
  readonly weight: number;
  readonly base: number;
}

/** 365 × 366: the smallest base in which days of a common and of a leap year are both whole. */
const ACT_ACT_BASE = 365 * 366;

/** The part of a year from `from` (counted) to `to` (not counted). */
export function yearPart(from: BusinessDate, to: BusinessDate, dayCount: DayCount): YearPart {
  switch (dayCount) {
    case '30/360':
      return { weight: days360(from, to, 'US'), base: 360 };
    case '30E/360':
      return { weight: days360(from, to, 'EU'), base: 360 };
    case 'ACT/360':
      return { weight: daysBetween(from, to), base: 360 };
    case 'ACT/365':
      return { weight: daysBetween(from, to), base: 365 };
    case 'ACT/ACT':
      return { weight: actualWeight(from, to), base: ACT_ACT_BASE };
  }
}

/** The number of interest days a person would count: of 30-day months, or of the calendar. */
export function interestDays(from: BusinessDate, to: BusinessDate, dayCount: DayCount): number {
  const part = yearPart(from, to, dayCount);
  return dayCount === 'ACT/ACT' ? daysBetween(from, to) : part.weight;
}

/**
 * Days of a year of twelve 30-day months. US: the second date's 31 becomes 30 only after a first date of 30 or 31
 * (what spreadsheets call DAYS360); EU: both 31 become 30.
 */
function days360(from: BusinessDate, to: BusinessDate, variant: 'US' | 'EU'): number {
  const [y1, m1, d1] = numbers(from);
  const [y2, m2, d2] = numbers(to);
  const first = Math.min(d1, 30);
  const second = variant === 'EU' || first === 30 ? Math.min(d2, 30) : d2;
  return 360 * (y2 - y1) + 30 * (m2 - m1) + (second - first);
}

/** Days of each calendar year over that year's own length (split at New Year), in units of 1/(365 × 366) year. */
function actualWeight(from: BusinessDate, to: BusinessDate): number {
  const lastYear = Number(to.slice(0, 4));
  let weight = 0;
  let at = dayNumber(from);
  for (let year = Number(from.slice(0, 4)); year <= lastYear; year += 1) {
    const end = year === lastYear ? dayNumber(to) : dayNumber(businessDate(`${year + 1}-01-01`));
    weight += (end - at) * (isLeap(year) ? 365 : 366);
    at = end;
  }
  return weight;
}

function isLeap(year: number): boolean {
  return daysInMonth(year, 2) === 29;
}

function numbers(date: BusinessDate): readonly [year: number, month: number, day: number] {
  return [Number(date.slice(0, 4)), Number(date.slice(5, 7)), Number(date.slice(8))];
}

/** The same parts over one common base, so that they can be added and compared as whole numbers. */
export function overCommonBase(parts: readonly YearPart[]): {
  readonly weights: readonly number[];
  readonly base: number;
} {
  let base = 1;
  for (const part of parts) base = leastCommonMultiple(base, part.base);
  return { weights: parts.map((part) => part.weight * (base / part.base)), base };
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
