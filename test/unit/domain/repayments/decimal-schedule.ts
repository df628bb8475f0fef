/**
 * A second implementation of the schedule, written from the formulas of the lending reference with decimal.js at 60
 * digits and its own calendar, to hold the product's exact fractions against. Slow and plain on purpose.
 */
import { Decimal } from 'decimal.js';

const D = Decimal.clone({ precision: 60 });

export interface PlainTerms {
  readonly method:
    | 'EQUAL_INSTALMENT'
    | 'EQUAL_PRINCIPAL'
    | 'INTEREST_ONLY'
    | 'BULLET'
    | 'FLAT'
    | 'BALLOON'
    | 'GRACE_THEN_EQUAL_INSTALMENT';
  readonly principal: string;
  readonly ratePct: string;
  readonly start: readonly [year: number, month: number, day: number];
  readonly n: number;
  readonly dayCount: '30/360' | '30E/360' | 'ACT/360' | 'ACT/365' | 'ACT/ACT';
  readonly amortisedOver?: number;
  readonly grace?: number;
}

export type PlainRow = readonly [number, string, string, string, string, string];

const isLeap = (y: number): boolean => (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0;
const monthLength = (y: number, m: number): number =>
  [31, isLeap(y) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][m - 1] ?? 0;

type Day = readonly [year: number, month: number, day: number];

/** Counts days one year and one month at a time. */
function serial([y, m, d]: Day): number {
  let days = d;
  for (let year = 1900; year < y; year += 1) days += isLeap(year) ? 366 : 365;
  for (let month = 1; month < m; month += 1) days += monthLength(y, month);
  return days;
}

function monthsLater([y, m, d]: Day, months: number): Day {
  const index = y * 12 + m - 1 + months;
  const [year, month] = [Math.floor(index / 12), (index % 12) + 1];
  return [year, month, Math.min(d, monthLength(year, month))];
}

/** A monthly loan's period: 1/12 in a 30/360 year, calendar days otherwise. */
function part(from: Day, to: Day, dayCount: PlainTerms['dayCount']): Decimal {
  const days = serial(to) - serial(from);
  switch (dayCount) {
    case '30/360':
    case '30E/360':
      return new D(1).div(12);
    case 'ACT/360':
      return new D(days).div(360);
    case 'ACT/365':
      return new D(days).div(365);
    case 'ACT/ACT': {
      let sum = new D(0);
      for (let s = serial(from); s < serial(to); s += 1) sum = sum.plus(new D(1).div(isLeap(yearOf(s)) ? 366 : 365));
      return sum;
    }
  }
}

function yearOf(day: number): number {
  let year = 1900;
  let left = day;
  while (left > (isLeap(year) ? 366 : 365)) {
    left -= isLeap(year) ? 366 : 365;
    year += 1;
  }
  return year;
}

/** The rows, in yuan. */
export function plainSchedule(terms: PlainTerms): readonly PlainRow[] {
  const P = new D(terms.principal);
  const R = new D(terms.ratePct).div(100);
  const count = Math.max(terms.n, terms.amortisedOver ?? 0);
  const dates = Array.from({ length: count + 1 }, (_, k) => monthsLater(terms.start, k));
  const f = dates.slice(1).map((to, k) => R.times(part(dates[k] ?? to, to, terms.dayCount)));
  const cents = (x: Decimal): Decimal => x.toDecimalPlaces(2, D.ROUND_HALF_UP);
  const level = (from: number, to: number): Decimal => {
    let factor = new D(1);
    let sum = new D(0);
    for (let j = from; j < to; j += 1) {
      factor = factor.div(new D(1).plus(f[j] ?? 0));
      sum = sum.plus(factor);
    }
    return cents(P.div(sum));
  };
  const grace = terms.grace ?? 0;
  const E = level(grace, terms.amortisedOver ?? terms.n);
  const p = cents(P.div(terms.n));
  const rows: PlainRow[] = [];
  let balance = P;
  for (let k = 0; k < terms.n; k += 1) {
    const isLast = k === terms.n - 1;
    const fk = f[k] ?? new D(0);
    let interest = cents(balance.times(fk));
    let principal: Decimal;
    switch (terms.method) {
      case 'EQUAL_INSTALMENT':
      case 'BALLOON':
        principal = E.minus(interest);
        break;
      case 'GRACE_THEN_EQUAL_INSTALMENT':
        principal = k < grace ? new D(0) : E.minus(interest);
        break;
      case 'EQUAL_PRINCIPAL':
        principal = p;
        break;
      case 'FLAT':
        principal = p;
        interest = cents(P.times(R));
        break;
      case 'INTEREST_ONLY':
      case 'BULLET':
        principal = new D(0);
        break;
    }
    if (terms.method === 'BULLET') {
      if (!isLast) continue;
      interest = cents(P.times(f.slice(0, terms.n).reduce((sum, x) => sum.plus(x), new D(0))));
    }
    if (isLast || principal.gt(balance)) principal = balance;
    balance = balance.minus(principal);
    const [y, m, d] = dates[k + 1] ?? terms.start;
    const due = `${y}-${String(m).padStart(2, '0')}-${String(d).padStart(2, '0')}`;
    rows.push([
      rows.length + 1,
      due,
      principal.toFixed(2),
      interest.toFixed(2),
      principal.plus(interest).toFixed(2),
      balance.toFixed(2),
    ]);
  }
  return rows;
}
