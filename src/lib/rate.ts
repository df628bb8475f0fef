/**
 * Rates are exact fractions of two bigints: "7.2" percent is 9/125 and stays so until money is rounded. Nothing here
 * rounds except `formatRatio`, and nothing turns a rate into a float.
 */
import { mulDiv, type Rounding } from './money.ts';

/** An exact fraction; `den` is always positive. */
export interface Ratio {
  readonly num: bigint;
  readonly den: bigint;
}

/** No rate at all. */
export const ZERO_RATIO: Ratio = { num: 0n, den: 1n };

const DECIMAL_PATTERN = /^(\d{1,9})(?:\.(\d{1,12}))?$/;

/**
 * Parses a plain non-negative decimal ("7.2", "0.0005"); at most 9 digits before and 12 after the point, which keeps
 * every later exact calculation small. `undefined` for signs, exponents, blanks, a bare point.
 */
export function parseDecimal(text: string): Ratio | undefined {
  const match = DECIMAL_PATTERN.exec(text);
  if (!match) return undefined;
  const [, whole = '0', part = ''] = match;
  return reduce(BigInt(whole + part), 10n ** BigInt(part.length));
}

/** The fraction a decimal literal stands for: `ratio('0.072')`. @throws RangeError when it is not a plain decimal. */
export function ratio(text: string): Ratio {
  const parsed = parseDecimal(text);
  if (parsed === undefined) throw new RangeError(`not a plain decimal: ${text}`);
  return parsed;
}

/** "7.2" percent as a fraction (0.072); `undefined` when the text is not a plain decimal. */
export function parsePercent(text: string): Ratio | undefined {
  const parsed = parseDecimal(text);
  return parsed === undefined ? undefined : reduce(parsed.num, parsed.den * 100n);
}

/** A decimal of a year as per cent: "0.072" → "7.2". */
export function percentOf(rate: string): string {
  const [whole = '0', part = ''] = rate.split('.');
  const digits = part.padEnd(2, '0');
  return `${Number(whole + digits.slice(0, 2))}.${digits.slice(2)}`.replace(/0+$/, '').replace(/\.$/, '');
}

/** `num / den` in lowest terms. @throws RangeError when `den` is zero. */
export function reduce(num: bigint, den: bigint): Ratio {
  if (den === 0n) throw new RangeError('a ratio needs a denominator');
  const sign = den < 0n ? -1n : 1n;
  const divisor = gcd(num < 0n ? -num : num, den * sign);
  return { num: (num * sign) / divisor, den: (den * sign) / divisor };
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x === 0n ? 1n : x;
}

/** The exact sum. */
export function addRatio(a: Ratio, b: Ratio): Ratio {
  return reduce(a.num * b.den + b.num * a.den, a.den * b.den);
}

/** The exact product. */
export function mulRatio(a: Ratio, b: Ratio): Ratio {
  return reduce(a.num * b.num, a.den * b.den);
}

/** Negative, zero or positive as `a` is below, equal to or above `b`. */
export function compareRatio(a: Ratio, b: Ratio): -1 | 0 | 1 {
  const difference = a.num * b.den - b.num * a.den;
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

/** The fraction as a decimal with exactly `places` digits, rounded once; a value that rounds to zero has no sign. */
export function formatRatio(value: Ratio, places: number, rounding: Rounding = 'HALF_UP'): string {
  const scaled: bigint = mulDiv(value.num, 10n ** BigInt(places), value.den, rounding);
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(places + 1, '0');
  const cut = digits.length - places;
  const text = places === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`;
  return scaled < 0n ? `-${text}` : text;
}
