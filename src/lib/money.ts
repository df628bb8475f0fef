/**
 * Money is a whole number of fen (分), as `bigint`. On the wire it is a string of yuan with two places: "100000.00".
 * All rounding goes through `mulDiv`; nothing else in the product divides money.
 */

declare const fenBrand: unique symbol;
/** An amount in fen. */
export type Fen = bigint & { readonly [fenBrand]: 'fen' };

/** What happens to a part of a fen; of a negative amount HALF_UP rounds away from zero. */
export type Rounding = 'HALF_UP' | 'HALF_EVEN' | 'FLOOR' | 'CEIL';

/** Marks a whole number as fen. */
export function fen(amount: bigint | number): Fen {
  return BigInt(amount) as Fen;
}

/** Nothing, as an amount. */
export const ZERO_FEN: Fen = fen(0n);

/** 10^12 yuan: whoever types a larger amount has mistyped it. */
export const LARGEST_FEN: Fen = fen(100_000_000_000_000n);

const YUAN_PATTERN = /^(-?)(\d{1,15})(?:\.(\d{1,2}))?$/;

/** Parses a wire amount ("100000.00", "1.5", "7"); `undefined` when it is not one (no sign tricks, no exponents). */
export function parseYuan(text: string): Fen | undefined {
  const match = YUAN_PATTERN.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '0', part = ''] = match;
  const amount = BigInt(whole) * 100n + BigInt(part.padEnd(2, '0'));
  return fen(sign === '-' ? -amount : amount);
}

/** The wire form: yuan with exactly two places. */
export function formatYuan(amount: bigint): string {
  const absolute = amount < 0n ? -amount : amount;
  const text = `${absolute / 100n}.${(absolute % 100n).toString().padStart(2, '0')}`;
  return amount < 0n ? `-${text}` : text;
}

/** `amount × a ÷ b`, rounded once. The only division of money in the product. */
export function mulDiv(amount: bigint, a: bigint, b: bigint, rounding: Rounding = 'HALF_UP'): Fen {
  if (b === 0n) throw new RangeError('mulDiv by zero');
  const numerator = amount * a;
  const negative = numerator < 0n !== b < 0n && numerator !== 0n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = b < 0n ? -b : b;
  const quotient = n / d;
  const rest = n % d;
  const up = roundsUp({ quotient, rest, divisor: d, negative, rounding });
  const magnitude = up ? quotient + 1n : quotient;
  return fen(negative ? -magnitude : magnitude);
}

interface RoundingCase {
  readonly quotient: bigint;
  readonly rest: bigint;
  readonly divisor: bigint;
  readonly negative: boolean;
  readonly rounding: Rounding;
}

function roundsUp({ quotient, rest, divisor, negative, rounding }: RoundingCase): boolean {
  if (rest === 0n) return false;
  switch (rounding) {
    case 'FLOOR':
      return negative;
    case 'CEIL':
      return !negative;
    case 'HALF_UP':
      return rest * 2n >= divisor;
    case 'HALF_EVEN':
      return rest * 2n > divisor || (rest * 2n === divisor && quotient % 2n === 1n);
  }
}
