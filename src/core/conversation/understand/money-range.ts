/** 月收入1万5到2万, 20-30万, 8000-10000: two ends that mean one amount, so that the person can be asked which one. */
import { fen, type Fen } from '../../../lib/money.ts';
import { findMoney, type MoneyMention } from './money-mention.ts';
import { NUMERAL_CHARACTERS, parseChineseNumeral } from './numerals.ts';

/** Two ends of one amount; `bare` = the upper end is written without any unit. */
export interface MoneyRange {
  readonly low: Fen;
  readonly high: Fen;
  readonly start: number;
  readonly end: number;
  readonly bare: boolean;
}

/** What stands before the upper end. */
const LOW = new RegExp(
  `(?<![\\d.A-Za-z${NUMERAL_CHARACTERS}万])(?<low>(?<number>\\d{1,7}(?:\\.\\d{1,2})?|[${NUMERAL_CHARACTERS}]{1,4}(?![万千]))|\\d{1,4}(?:\\.\\d{1,2})?\\s?[万千wWkK]\\d?千?|[${NUMERAL_CHARACTERS}万]{1,8})(?:元|块钱?)?\\s?(?:-|~|～|—|–|到|至)\\s?$`,
  'u',
);
const LOW_REACH = 24;
/** Below this a number without a unit is hardly an amount (1-2, 3到5). */
const SMALLEST_BARE = fen(100_000);

/** Every range in the text, in order. */
export function findMoneyRanges(text: string): readonly MoneyRange[] {
  return findMoney(text).flatMap((high): MoneyRange[] => {
    const before = text.slice(Math.max(0, high.start - LOW_REACH), high.start);
    const match = LOW.exec(before);
    if (!match || (high.bare && high.amount < SMALLEST_BARE)) return [];
    const low = lowOf(match.groups ?? {}, high, text);
    if (low === undefined || low <= 0n || low >= high.amount) return [];
    return [
      { low, high: high.amount, start: high.start - before.length + match.index, end: high.end, bare: high.bare },
    ];
  });
}

/** 20到30万 shares the unit of its upper end, 8000到1万 does not. */
function lowOf(
  groups: Readonly<Record<string, string | undefined>>,
  high: MoneyMention,
  text: string,
): Fen | undefined {
  const { low = '', number } = groups;
  if (number === undefined) return findMoney(low)[0]?.amount;
  const written = text.slice(high.start, high.end);
  const scale = /[万wW]/u.test(written) ? 10_000 : /[千kK]/u.test(written) ? 1000 : 1;
  const value = /\d/u.test(number) ? Number(number) : parseChineseNumeral(number);
  if (value === undefined) return undefined;
  const shared = fen(BigInt(Math.round(value * scale * 100)));
  return shared < high.amount ? shared : fen(BigInt(Math.round(value * 100)));
}
