/** 月收入1万5到2万, 20-30万, 8000-10000, 三五万, between 20k and 30k: two ends that mean one amount, so that the person can be asked which one. */
import { fen, type Fen } from '../../../lib/money.ts';
import { findMoney, type MoneyMention } from './money-mention.ts';
import { ENGLISH_COUNT } from './english-number.ts';
import { NUMERAL_CHARACTERS, parseChineseNumeral, parseCount } from './numerals.ts';
import { matchesOf } from '../../../lib/matches.ts';

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
const LOW_IN_ENGLISH = new RegExp(
  `(?<![\\d.A-Za-z])(?:(?<between>between )|from )?(?<low>(?<number>\\d{1,7}(?:\\.\\d{1,2})?|${ENGLISH_COUNT}(?: hundred)?)|\\d{1,4}(?:\\.\\d{1,2})?\\s?(?:k|thousand|million)|(?:${ENGLISH_COUNT}|half a|a) (?:hundred )?(?:thousand|million))(?: yuan| rmb)?(?: ?(?:to|-|–|or) |(?<and> and ))$`,
  'iu',
);
/** What stands between two digits that mean two ends (三五万, 二三十万, 十五六万). */
const DIGITS = '一二三四五六七八九';
const GLUED = new RegExp(
  `(?<![${NUMERAL_CHARACTERS}点第\\d.万])(?<tens>[二两三四五六七八九]?十)?(?<low>[一二两三四五六七八])(?<high>[二两三四五六七八九])(?<scale>[十百千]?万|千|亿)(?:块钱?|元)?(?![${NUMERAL_CHARACTERS}多来几])`,
  'gu',
);
/** 3、5万; of a list (1、20万) the second number has more digits. */
const LISTED = /(?<![\d一二两三四五六七八九十百千万.])(?<low>(?<number>[1-9一二两三四五六七八九]))、$/u;
const ONE_DIGIT = /^[1-9一二两三四五六七八九]\s?[万wW千kK](?!\d)/u;
const LOW_REACH = 40;
/** Below this a number without a unit is hardly an amount (1-2, 3到5). */
const SMALLEST_BARE = fen(100_000);

/** Every range in the text, in order. */
export function findMoneyRanges(text: string): readonly MoneyRange[] {
  return [...joinedRanges(text), ...gluedRanges(text)].toSorted((a, b) => a.start - b.start);
}

function joinedRanges(text: string): readonly MoneyRange[] {
  return findMoney(text).flatMap((high): MoneyRange[] => {
    const before = text.slice(Math.max(0, high.start - LOW_REACH), high.start);
    const match = LOW.exec(before) ?? lowInEnglish(before) ?? lowListed(before, text.slice(high.start, high.end));
    if (!match || (high.bare && high.amount < SMALLEST_BARE)) return [];
    const low = lowOf(match.groups ?? {}, high, text);
    if (low === undefined || low <= 0n || low >= high.amount) return [];
    return [
      { low, high: high.amount, start: high.start - before.length + match.index, end: high.end, bare: high.bare },
    ];
  });
}

/** 20k and 30k are two sums; only `between` makes them the ends of one. */
function lowInEnglish(before: string): RegExpExecArray | undefined {
  const match = LOW_IN_ENGLISH.exec(before);
  return match && (match.groups?.['between'] === undefined) === (match.groups?.['and'] === undefined)
    ? match
    : undefined;
}

function lowListed(before: string, high: string): RegExpExecArray | undefined {
  return (ONE_DIGIT.test(high) && LISTED.exec(before)) || undefined;
}

/** 三五万 is from three to five, 十五六万 from fifteen to sixteen. */
function gluedRanges(text: string): readonly MoneyRange[] {
  return matchesOf(text, GLUED).flatMap((match): MoneyRange[] => {
    const { tens = '', low = '', high = '', scale = '' } = match.groups ?? {};
    const step = DIGITS.indexOf(high.replace('两', '二')) - DIGITS.indexOf(low.replace('两', '二'));
    const [from, to] = [low, high].map((digit) =>
      parseChineseNumeral(tens + digit + (tens === '' ? scale : scale.slice(-1))),
    );
    const isRange = step === 1 || (low === '三' && high === '五');
    if (!isRange || from === undefined || to === undefined || (tens !== '' && scale.length > 1)) return [];
    const span = { start: match.index, end: match.index + match[0].length };
    return [{ low: fen(BigInt(from) * 100n), high: fen(BigInt(to) * 100n), ...span, bare: false }];
  });
}

const SHARED: readonly (readonly [scale: number, words: RegExp])[] = [
  [1_000_000, /million/iu],
  [100_000, /hundred thousand/iu],
  [10_000, /[万w]/iu],
  [1000, /[千k]|thousand|grand/iu],
];

/** 20到30万 shares the unit of its upper end, 8000到1万 does not. */
function lowOf(
  groups: Readonly<Record<string, string | undefined>>,
  high: MoneyMention,
  text: string,
): Fen | undefined {
  const { low = '', number } = groups;
  if (number === undefined) return findMoney(low)[0]?.amount;
  const value = /\d/u.test(number) ? Number(number) : parseCount(number);
  if (value === undefined) return undefined;
  const scales = [
    ...SHARED.filter(([, words]) => words.test(text.slice(high.start, high.end))).map(([scale]) => scale),
    1,
  ];
  const shared = scales.map((scale) => fen(BigInt(Math.round(value * scale * 100))));
  return shared.find((amount) => amount < high.amount) ?? shared.at(-1);
}
