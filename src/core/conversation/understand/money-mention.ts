/** Amounts of money in running text (30万, 三十万, 30w, 300k, 1.5百万, 300,000 元), whatever they are for. */
import { fen, type Fen } from '../../../lib/money.ts';
import { COUNTS_THINGS, ENGLISH_SUM, parseEnglishNumber } from './english-number.ts';
import { NUMERAL_CHARACTERS, parseChineseNumeral } from './numerals.ts';
import { matchesOf } from '../../../lib/matches.ts';

const SCALES: Readonly<Record<string, bigint>> = {
  '': 1n,
  百: 100n,
  千: 1000n,
  k: 1000n,
  万: 10_000n,
  w: 10_000n,
  百万: 1_000_000n,
  thousand: 1000n,
  grand: 1000n,
  'hundred thousand': 100_000n,
  million: 1_000_000n,
  m: 1_000_000n,
  千万: 10_000_000n,
  亿: 100_000_000n,
};

const ARABIC = String.raw`(?<number>\d{1,3}(?:,\d{3})+(?:\.\d{1,6})?|\d{1,12}(?:\.\d{1,6})?)`;
/** What people say how far away something is from. */
const LANDMARK =
  '(?:(?:metro|subway|mrt|train|railway|bus|gas|police|fire) (?:station|stop)|bank branch|station|metro|subway|mrt|bus stop|stop|airport|port|harbou?r|pier|school|kindergarten|university|campus|college|hospital|clinic|sea|seaside|beach|coast|shore|river|lake|park|garden|square|plaza|mall|market|supermarket|road|street|highway|corner|crossing|junction|exit|entrance|gate|bridge|town|village|city cent(?:er|re)|cent(?:er|re)|cbd|downtown|border|church|temple|museum|library|stadium|hotel)s?';
/** In 2m to the school project no length is told: the landmark ends what is said. */
const NOTHING_MORE =
  '(?=\\s*(?:[,.;:!?)，。；！？\\ue000]|$)|\\s+(?:and|but|in|on|at|with|he|she|i|we|who|wants?|needs?|near|is|has)\\b)';
/** Behind a wish it is money, wherever it is to come from. */
const WISHED =
  '(?<!\\b(?:needs?|wants?|wish(?:es)?|borrow(?:s|ing)?|loans?|lend|requires?|looking for|apply(?:ing)? for)(?: (?:to borrow|about|around|roughly|some|up to|another|an extra|a further|a loan|for|of)){0,3} ?[\\d.,]{1,12}[mM]\\s?)';
/**
 * 500m from the subway, 80m to school, within 90m of the park. Whatever is no such place makes no length: 2m from ICBC, 1m to
 * expand, 2m of turnover.
 */
const AWAY = `\\s?(?:²|(?:sqm?|square|long(?![ -]?term)|wide|deep|tall|high(?![ -]?(?:priority|interest|risk|yield|cost)))\\b|${WISHED}(?:(?:away|walk|off|past(?! due))\\b|(?:from|to|of) (?:(?:the|an?|my|his|her|our|their|its) )?(?:[a-z]+ )?${LANDMARK}${NOTHING_MORE}|(?<=\\d{3}m ?)(?:from|to) (?:the|an?|my|his|her)\\b))`;
/** 50个w, 2个亿: what the trade calls one 万 is written out. */
const SCALE = `(?:个\\s?(?=[万亿wW]))?(?<scale>百万|千万|万|亿|百|千|(?:hundred )?thousand(?![a-z])|grand(?![a-z])|million|[wWkK](?![A-Za-z])|(?:(?<!\\s)m|M)(?![A-Za-z²\\d\u4e00-\u9fa5]|${AWAY}))?`;
/** 2万5 is 25 000, 8千5 is 8 500; 1万2年 is 10 000 for two years, 1万2 年终奖 is not. */
const TAIL = String.raw`(?<tail>(?<=[万wW千kK])\d(?!\d|\.\d|\s?(?:年(?![终薪收入底])|期|个月))千?)?`;
const UNIT = String.raw`(?<unit>\s?(?:元整?|块钱?|圆|人民币|rmb|RMB|yuan|CNY))?`;
/** No further digit, unless it counts the term: 5万36期; and never a number without its scale (the 8 of 8千…). */
const END = String.raw`(?:(?<=[万wW])(?=\d{1,3}\s?(?:年(?![终薪收入底])|期|个月))|(?![\d%％]|(?<=\d)\s?[百千万亿wWkK]\d))`;
const ARABIC_MONEY = new RegExp(`(?<![\\d.A-Za-z])(?:[¥￥])?${ARABIC}\\s?${SCALE}${TAIL}${UNIT}${END}`, 'gu');
const CHINESE_MONEY = new RegExp(
  `(?<!(?<!差不)多|[几来${NUMERAL_CHARACTERS}第])(?<number>[${NUMERAL_CHARACTERS}]{1,3}个亿|[${NUMERAL_CHARACTERS}万亿]+(?:点[${NUMERAL_CHARACTERS}]+万)?|半个?亿)(?<unit>元整?|块钱?|圆)?`,
  'gu',
);

/** An amount found in text. `bare` = written without any unit of scale or currency ("6200"). */
export interface MoneyMention {
  readonly amount: Fen;
  readonly start: number;
  readonly end: number;
  readonly bare: boolean;
}

/** Fen of a decimal number times a scale; `undefined` when it is not whole fen. */
function scaled(number: string, scale: bigint): Fen | undefined {
  const [whole = '0', part = ''] = number.replaceAll(',', '').split('.');
  const raised = BigInt(whole + part) * scale * 100n;
  const divisor = 10n ** BigInt(part.length);
  return raised % divisor === 0n ? fen(raised / divisor) : undefined;
}

function arabicMentions(text: string): MoneyMention[] {
  const mentions: MoneyMention[] = [];
  for (const match of matchesOf(text, ARABIC_MONEY)) {
    const { number = '', scale = '', tail = '', unit = '' } = match.groups ?? {};
    const start = match.index;
    const end = start + match[0].trimEnd().length;
    if (isCountOfSomething(text, start, end, scale === '' && unit === '')) continue;
    const main = scaled(number, SCALES[scale.toLowerCase()] ?? 1n);
    if (main === undefined) continue;
    const rest = tail === '' ? 0n : BigInt(tail.slice(0, 1)) * (/[千k]/iu.test(scale) ? 10_000n : 100_000n);
    mentions.push({ amount: fen(main + rest), start, end, bare: scale === '' && unit.trim() === '' });
  }
  return mentions;
}

/** 36期, 2年, 3套, 25号, 10点, 宝马5系, 8厘: numbers that count something else; and vague ones (30多万, 20来万, 8万多). */
function isCountOfSomething(text: string, start: number, end: number, bare: boolean): boolean {
  const after = text.slice(end, end + 8);
  if (COUNTS_THINGS.test(text.slice(end, end + 24))) return true;
  if (/^[多来几余][万千百]/u.test(after) || (!bare && VAGUE.test(after))) return true;
  if (/[第尾号]$/u.test(text.slice(0, start))) return true;
  if (bare && YEAR.test(text.slice(start, end)) && IN_YEAR.test(text.slice(0, start))) return true;
  return (
    bare &&
    /^\s?(?:期|年(?![收薪入流营终])|个|月(?!入(?!职)|[薪收供还])|薪(?![水资酬])|号|日|套|辆|台|点|天|岁|次|家|间|人|笔|张|平|㎡|栋|层|楼|路|成|份|分|秒|周|句|条|种|下|步|项|件|位|户|系|级|厘|折|(?:[mM]|km|sqm|met(?:er|re)s?|months?|years?|yrs?|mths?)\b|[-:]|\/(?!月|\s?mo(?:nth)?\b))/u.test(
      after,
    )
  );
}

/** income in 2025 was 240k */
const YEAR = /^(?:19|20)\d\d$/u;
const IN_YEAR = /\b(?:in|since|until|year)\s$/iu;

/** 8万多, 一万出头, but not 30万多少利息. */
const VAGUE = /^(?:(?:多|余)(?!少)|出头|开外)/u;

function chineseMentions(text: string): MoneyMention[] {
  const mentions: MoneyMention[] = [];
  for (const match of matchesOf(text, CHINESE_MONEY)) {
    const { number: whole = '', unit = '' } = match.groups ?? {};
    const number = unit === '' && TERM_AFTER.test(text.slice(match.index + whole.length)) ? withoutCount(whole) : whole;
    const end = match.index + number.length + unit.length;
    if ((!/[万亿千]/u.test(number) && unit === '') || TWO_SUMS.test(number)) continue;
    if (/^[多来几余]|^(?:出头|开外)/u.test(text.slice(end))) continue;
    const yuan = chineseYuan(number);
    if (yuan === undefined || yuan <= 0) continue;
    mentions.push({ amount: fen(BigInt(yuan) * 100n), start: match.index, end, bare: false });
  }
  return mentions;
}

/** 十万八万 is either of the two. */
const TWO_SUMS = /万[^亿]*万/u;

const TERM_AFTER = /^(?:年|期|个月)/u;

/** 五万一年, 十万三十六期: the last numeral counts the years; what is left is the amount. */
function withoutCount(number: string): string {
  return number.replace(/(?<=.)(?:[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])$/u, '');
}

function chineseYuan(number: string): number | undefined {
  const decimal = /^(?<whole>[^点]+)点(?<part>[^点]+)万$/u.exec(number)?.groups;
  if (!decimal) return parseChineseNumeral(number.replace('个亿', '亿'));
  const whole = parseChineseNumeral(decimal['whole'] ?? '');
  const tenth = parseChineseNumeral(decimal['part'] ?? '');
  return whole === undefined || tenth === undefined || tenth > 9 ? undefined : whole * 10_000 + tenth * 1000;
}

/** 万儿八千 and 万把块 are about ten thousand, 千儿八百 about one: whoever says so wants no more exact figure. */
const ROUND_MONEY = new RegExp(
  `(?<![${NUMERAL_CHARACTERS}万\\d])(?:[万千]儿[八百千]{2}|[万千]把)(?:块钱?|元)?(?![${NUMERAL_CHARACTERS}万])`,
  'gu',
);

function roundMentions(text: string): MoneyMention[] {
  return matchesOf(text, ROUND_MONEY).map((match) => ({
    amount: fen(match[0].startsWith('万') ? 1_000_000n : 100_000n),
    start: match.index,
    end: match.index + match[0].length,
    bare: false,
  }));
}

const ENGLISH_MONEY = new RegExp(`${ENGLISH_SUM}(?:\\s?(?:yuan|rmb|cny))?`, 'giu');

function englishMentions(text: string): MoneyMention[] {
  return matchesOf(text, ENGLISH_MONEY).flatMap((match) => {
    const yuan = parseEnglishNumber(match[0].replace(/\s?(?:yuan|rmb|cny)$/iu, ''));
    if (yuan === undefined) return [];
    const span = { start: match.index, end: match.index + match[0].length };
    return [{ amount: fen(BigInt(Math.round(yuan * 100))), ...span, bare: false }];
  });
}

/** Every amount in the text, in order. Numbers that count something else (36期, 2年, 3套房) are not amounts. */
export function findMoney(text: string): readonly MoneyMention[] {
  const round = roundMentions(text);
  // 八千 is a part of 万儿八千
  const chinese = chineseMentions(text).filter(
    ({ start }) => !round.some((other) => start > other.start && start < other.end),
  );
  return [...arabicMentions(text), ...chinese, ...round, ...englishMentions(text)].sort((a, b) => a.start - b.start);
}

const PART =
  /(?:其中(?:(?![贷借想个位人名])[^\d,，。;；\n]){0,6}|里面有|(?:of|in) which(?: about| around)?|including|incl\.?)\s?$/iu;

const PART_AFTER = /^ of (?:it|that)\b/iu;

/** 贷150万，其中50万进货 · 1.5m of which 500k for stock: a part of the sum named before, and no sum of its own. */
export function isPart(text: string, { start, end }: Pick<MoneyMention, 'start' | 'end'>): boolean {
  return PART.test(text.slice(Math.max(0, start - 24), start)) || PART_AFTER.test(text.slice(end, end + 12));
}

/** Below this a bare number may mean 万 or 元 (想贷30); the person is asked to write the unit. */
const AMBIGUOUS_BELOW = fen(100_000);
/** Whether a number may be meant in 万 or in 元: `想贷30`, `30个`. */
export function lacksUnit(mention: MoneyMention): boolean {
  return mention.bare && mention.amount < AMBIGUOUS_BELOW;
}
