/**
 * The level payment (等额本息), exact: E = P / Σₖ Πⱼ≤ₖ 1/(1+fⱼ), rounded once. With equal periods this is the textbook
 * P·i / (1 − (1+i)⁻ⁿ); with unequal ones it is what Fineract computes as "rate factor / fn".
 */
import type { Ratio } from '../../lib/rate.ts';

/** Growth per period: period j multiplies a debt by `(den + nums[j]) / den`. */
export interface GrowthFactors {
  readonly nums: readonly bigint[];
  readonly den: bigint;
}

/** The level payment per unit of principal, as an exact fraction (not reduced: it is divided once, right after). */
export function levelPaymentFactor({ nums, den }: GrowthFactors): Ratio {
  const [first = 0n] = nums;
  return nums.every((num) => num === first) ? equalPeriods(first, den, nums.length) : unequalPeriods(nums, den);
}

function equalPeriods(num: bigint, den: bigint, count: number): Ratio {
  if (num === 0n) return { num: 1n, den: BigInt(count) };
  const grown = (den + num) ** BigInt(count);
  return { num: num * grown, den: den * (grown - den ** BigInt(count)) };
}

/** Horner over the periods: `paid / grown` is the present value of one per period. */
function unequalPeriods(nums: readonly bigint[], den: bigint): Ratio {
  let grown = 1n;
  let scale = 1n;
  let paid = 0n;
  for (const num of nums) {
    scale *= den;
    grown *= den + num;
    paid = paid * (den + num) + scale;
  }
  return { num: grown, den: paid };
}
