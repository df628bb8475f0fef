/** Chinese numerals as they are spoken: 三十万, 两百五, 三万五, 一百零五, 3.5, 半. Exact, as a fraction of two integers. */
import { ENGLISH_COUNT, parseEnglishNumber } from './english-number.ts';

const DIGITS: Readonly<Record<string, number>> = {
  零: 0,
  〇: 0,
  一: 1,
  二: 2,
  两: 2,
  俩: 2,
  三: 3,
  四: 4,
  五: 5,
  六: 6,
  七: 7,
  八: 8,
  九: 9,
  壹: 1,
  贰: 2,
  叁: 3,
  肆: 4,
  伍: 5,
  陆: 6,
  柒: 7,
  捌: 8,
  玖: 9,
};
const SMALL_UNITS: Readonly<Record<string, number>> = { 十: 10, 百: 100, 千: 1000, 拾: 10, 佰: 100, 仟: 1000 };
const LARGE_UNITS: Readonly<Record<string, number>> = { 万: 10_000, 亿: 100_000_000 };

/** Characters a Chinese numeral may consist of, for use inside a regular expression's brackets. */
export const NUMERAL_CHARACTERS = '零〇一二两俩三四五六七八九十百千壹贰叁肆伍陆柒捌玖拾佰仟';

/**
 * The whole number a Chinese numeral says, 万 and 亿 included; `undefined` for anything else, also for ranges
 * (二三十万) and vague words. A digit left at the end counts in tenths of the unit before it: 三万五 is 35 000.
 */
export function parseChineseNumeral(text: string): number | undefined {
  let total = 0;
  let section = 0;
  let digit: number | undefined;
  let lastUnit = 1;
  let zero = false;
  for (const character of text) {
    const value = DIGITS[character];
    const small = SMALL_UNITS[character];
    const large = LARGE_UNITS[character];
    if (value !== undefined) {
      if (digit !== undefined && digit !== 0) return undefined;
      if (value === 0) zero = true;
      else digit = value;
    } else if (small !== undefined) {
      if (digit === undefined && small !== 10) return undefined;
      section += (digit ?? 1) * small;
      [digit, lastUnit, zero] = [undefined, small, false];
    } else if (large !== undefined) {
      section += digit ?? 0;
      if (section + total === 0) return undefined;
      total = large === 10_000 ? total + section * large : (total + section) * large;
      [section, digit, lastUnit, zero] = [0, undefined, large, false];
    } else {
      return undefined;
    }
  }
  if (digit === undefined) return total + section;
  return total + section + digit * (lastUnit > 10 && !zero ? lastUnit / 10 : 1);
}

/** A count written in any way ("36", "三十六", "两", "two"), as used before 期, 年, 天; `undefined` when it is neither. */
export function parseCount(text: string): number | undefined {
  if (/^\d{1,9}$/u.test(text)) return Number(text);
  return /^[a-z]/iu.test(text) ? parseEnglishNumber(text) : parseChineseNumeral(text);
}

/** Regular-expression source of a count. */
export const COUNT_PATTERN = `(?:\\d{1,4}|[${NUMERAL_CHARACTERS}]{1,5})`;

/** The same, or a count in English words; wants the flag `i`. */
export const ANY_COUNT_PATTERN = `(?:${COUNT_PATTERN}|${ENGLISH_COUNT})`;
