/**
 * Amounts of money in running text (30万, 三十万, 30w, 300k, 1.5百万, 300,000 元) and what each is for: the wanted loan,
 * a monthly payment, an income, a debt. An amount whose meaning is not certain stays below `CERTAIN`.
 */
import { fen, formatYuan, type Fen } from '../../../lib/money.ts';
import { CERTAIN, type Fact, type FactName, type Findings, type Problem } from './fact.ts';
import { clauseAfter, clauseBefore } from './normalise.ts';
import { NUMERAL_CHARACTERS, parseChineseNumeral } from './numerals.ts';
import { takesBack } from './retraction.ts';
import { matchesOf } from '../../../lib/matches.ts';

const SCALES: Readonly<Record<string, bigint>> = {
  '': 1n,
  百: 100n,
  千: 1000n,
  k: 1000n,
  万: 10_000n,
  w: 10_000n,
  百万: 1_000_000n,
  million: 1_000_000n,
  千万: 10_000_000n,
  亿: 100_000_000n,
};

const ARABIC = String.raw`(?<number>\d{1,3}(?:,\d{3})+(?:\.\d{1,6})?|\d{1,12}(?:\.\d{1,6})?)`;
/** 50个w: what the trade calls one 万 is written out. */
const SCALE = '(?:个\\s?(?=[万wW]))?(?<scale>百万|千万|万|亿|百|千|million|[wWkK](?![A-Za-z]))?';
/** 2万5 is 25 000, 8千5 is 8 500. */
const TAIL = String.raw`(?<tail>(?<=[万wW千kK])\d(?!\d|\.\d|\s?(?:年|期|个月))千?)?`;
const UNIT = String.raw`(?<unit>\s?(?:元整?|块钱?|圆|人民币|rmb|RMB|yuan|CNY))?`;
/** No further digit, unless it counts the term: 5万36期; and never a number without its scale (the 8 of 8千…). */
const END = String.raw`(?:(?<=[万wW])(?=\d{1,3}\s?(?:年|期|个月))|(?![\d%％]|(?<=\d)\s?[百千万亿wWkK]\d))`;
const ARABIC_MONEY = new RegExp(`(?<![\\d.A-Za-z])(?:[¥￥])?${ARABIC}\\s?${SCALE}${TAIL}${UNIT}${END}`, 'gu');
const CHINESE_MONEY = new RegExp(
  `(?<![几多来${NUMERAL_CHARACTERS}第])(?<number>[${NUMERAL_CHARACTERS}万亿]+(?:点[${NUMERAL_CHARACTERS}]+万)?|半个?亿)(?<unit>元整?|块钱?|圆)?`,
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
  const after = text.slice(end, end + 3);
  if (/^[多来几余][万千百]/u.test(after) || (!bare && VAGUE.test(after))) return true;
  if (/[第尾号]$/u.test(text.slice(0, start))) return true;
  return (
    bare &&
    /^\s?(?:期|年|个|月|号|日|套|辆|台|点|天|岁|次|家|间|人|笔|张|平|㎡|栋|层|楼|路|成|份|分|秒|周|句|条|种|下|步|项|件|位|户|系|级|厘|折|months?|years?|[-:年月]|\/(?!月))/u.test(
      after,
    )
  );
}

/** 8万多, but not 30万多少利息. */
const VAGUE = /^(?:多|余)(?!少)/u;

function chineseMentions(text: string): MoneyMention[] {
  const mentions: MoneyMention[] = [];
  for (const match of matchesOf(text, CHINESE_MONEY)) {
    const { number: whole = '', unit = '' } = match.groups ?? {};
    const number = unit === '' && TERM_AFTER.test(text.slice(match.index + whole.length)) ? withoutCount(whole) : whole;
    const end = match.index + number.length + unit.length;
    if (!/[万亿千]/u.test(number) && unit === '') continue;
    if (/^[多来几余]/u.test(text.slice(end))) continue;
    const yuan = chineseYuan(number);
    if (yuan === undefined || yuan <= 0) continue;
    mentions.push({ amount: fen(BigInt(yuan) * 100n), start: match.index, end, bare: false });
  }
  return mentions;
}

const TERM_AFTER = /^(?:年|期|个月)/u;

/** 五万一年, 十万三十六期: the last numeral counts the years; what is left is the amount. */
function withoutCount(number: string): string {
  return number.replace(/(?<=.)(?:[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])$/u, '');
}

function chineseYuan(number: string): number | undefined {
  const decimal = /^(?<whole>[^点]+)点(?<part>[^点]+)万$/u.exec(number)?.groups;
  if (!decimal) return parseChineseNumeral(number);
  const whole = parseChineseNumeral(decimal['whole'] ?? '');
  const tenth = parseChineseNumeral(decimal['part'] ?? '');
  return whole === undefined || tenth === undefined || tenth > 9 ? undefined : whole * 10_000 + tenth * 1000;
}

/** Every amount in the text, in order. Numbers that count something else (36期, 2年, 3套房) are not amounts. */
export function findMoney(text: string): readonly MoneyMention[] {
  return [...arabicMentions(text), ...chineseMentions(text)].sort((a, b) => a.start - b.start);
}

interface Role {
  readonly name: FactName;
  readonly before?: RegExp;
  readonly after?: RegExp;
}

/** The same pattern, finding its last occurrence: `lead` is all that stands before it. */
function rightmost(pattern: RegExp): RegExp {
  return new RegExp(`^(?<lead>.*)(?:${pattern.source})`, `${pattern.flags}s`);
}

/** What an amount can be, with the words that stand next to it. */
const ROLES: readonly Role[] = [
  {
    name: 'monthlyPayment',
    before: rightmost(
      /(?:月供|月还款?|每个?月(?:要?还|供)|按揭(?:每个?月|月|要|还款)|房贷(?:每个?月|月)还?|供楼|monthly payment)[^\d]{0,5}$/iu,
    ),
    after: /^\s?(?:的月供|月供|\/月的?月供|(?:a|per) month on (?:the|a) mortgage)/iu,
  },
  {
    name: 'debt',
    before: rightmost(
      /(?:负债|欠(?:了|着|款)?|外债|网贷|信用卡|余额|还剩|剩余|未还|尾款|已经?贷了?|现有贷款|owes?)[^\d]{0,6}$/iu,
    ),
    after: /^\s?(?:的)?(?:负债|外债|网贷|信用卡|没还|未还|欠款)/u,
  },
  {
    name: 'income',
    before: rightmost(
      /(?:收入|工资|月薪|年薪|薪水|打卡|税后|税前|到手|月入|底薪|退休金|养老金|income|salary|earns?)[^\d]{0,5}$/iu,
    ),
    after: /^\s?(?:的)?(?:工资|月薪|月收入|底薪)/u,
  },
  {
    name: 'turnover',
    before: rightmost(
      /(?:流水|营业额|营收|年销|销售额|开票|纳税|交税|缴税|(?<!for )turnover|revenue|annual sales)[^\d]{0,6}$/iu,
    ),
    after: /^\s?(?:的)?(?:流水|营业额|开票|纳税)/u,
  },
  { name: 'fund', before: rightmost(/(?:公积金|社保|缴存|基数|保费|保单|年缴|月缴)[^\d]{0,6}$/u) },
  {
    name: 'assetValue',
    before: rightmost(/(?:估值|评估价?|价值|市值|市价|总价|买的时候|买价|值|worth|valued at)[^\d]{0,4}$/iu),
    after: /^\s?(?:左右)?(?:的)(?:房|车|一套|商铺)/u,
  },
  {
    name: 'amount',
    before: rightmost(
      /(?:(?<![网房车])贷(?!了)款?|(?:房|车|[一二])抵|借款?|要|需要?|需求|申请|差|额度|金额|想办|批|融资|缺|周转|本金|loan|borrow|wants?|needs?|amount|apply for)[^\d]{0,6}$/iu,
    ),
    after: /^\s?(?:左右|以内)?\s?(?:的)?(?:贷款|额度|资金|周转|装修|经营|信用贷|抵押贷|进货|for\b|loan)/iu,
  },
];

/** 利息 500, 服务费 6000, 首付 80万: amounts that are about the loan but none of its facts. */
const OTHER_MEANING =
  /(?:利息|日息|月息|利率|手续费|服务费|中介费|佣金|罚息|逾期|(?<![缺差凑]个?)首付(?!还?[差缺])|down payment)[^\d贷借]{0,4}$/iu;
/** 还有200万按揭: the balance of another loan, which no field of ours holds. */
const BALANCE_AFTER = /^\s?(?:的)?(?:房贷|车贷|按揭)/u;
/** 房贷5千一个月, mortgage 6500 a month: the payment, which needs both words. */
const MORTGAGE = /(?:房贷|按揭|mortgage)[^\d]{0,4}$/iu;
const EACH_MONTH = /^\s?(?:一个?月|每个?月|\/月|(?:a|per|each|every) month|monthly)/iu;
/** 月还3千以内 is what he can bear, not what he pays. */
const AT_MOST = /^\s?(?:以内|以下|之内|or less)/iu;
/** No cue stands further away; it also keeps a page full of numbers cheap to read. */
const CUE_REACH = 24;
/** Below this a number without a cue is hardly the wanted loan. */
const SMALLEST_LOAN = fen(100_000);

/** Of several cues before the amount the nearest one speaks: 公积金贷 30万 is the loan, not the fund. */
function nearestCue(before: string): Role | undefined {
  let nearest: { readonly role: Role; readonly at: number } | undefined;
  for (const role of ROLES) {
    const at = role.before?.exec(before)?.groups?.['lead']?.length;
    if (at !== undefined && (nearest === undefined || at > nearest.at)) nearest = { role, at };
  }
  return nearest?.role;
}

function roleOf(mention: MoneyMention, text: string): { name: FactName; confidence: number } | undefined {
  const before = clauseBefore(text, mention.start).slice(-CUE_REACH);
  const after = clauseAfter(text, mention.end).slice(0, CUE_REACH);
  if (OTHER_MEANING.test(before)) return undefined;
  const isEachMonth = EACH_MONTH.test(after);
  if (isEachMonth && MORTGAGE.test(before)) return { name: 'monthlyPayment', confidence: 0.95 };
  const cue = nearestCue(before);
  if (cue === undefined && BALANCE_AFTER.test(after)) return undefined;
  const role = cue ?? ROLES.find((row) => row.after?.test(after) === true);
  if (role?.name === 'monthlyPayment' && AT_MOST.test(after)) return undefined;
  if (role) return { name: role.name, confidence: 0.95 };
  if (mention.bare || isEachMonth || mention.amount < SMALLEST_LOAN) return undefined;
  return { name: 'amount', confidence: 0.75 };
}

/** Below this a bare number may mean 万 or 元 (想贷30); the person is asked to write the unit. */
const AMBIGUOUS_BELOW = fen(100_000);
/** 想贷30个: the trade's word for 万, and also for pieces of anything. */
const COUNTED = new RegExp(
  `(?<![\\d.${NUMERAL_CHARACTERS}])(?:\\d{1,4}|[${NUMERAL_CHARACTERS}]{1,4})\\s?个(?=[,，。;；!！?？\\s]|左右|周转|装修|$)`,
  'gu',
);

/** Whether a number may be meant in 万 or in 元: `想贷30`, `30个`. */
export function lacksUnit(mention: MoneyMention): boolean {
  return mention.bare && mention.amount < AMBIGUOUS_BELOW;
}

/** Amounts with their meaning; what is denied ("不是30万"), taken back or without a meaning here is left out. */
export function extractMoney(text: string): Findings {
  let facts: Fact[] = [];
  let problems: Problem[] = countedAmounts(text);
  for (const mention of findMoney(text)) {
    if (/(?:不是|不要|别贷)\s?$/u.test(text.slice(0, mention.start))) continue;
    const own = roleOf(mention, text);
    const corrects = takesBack(text, mention.start);
    const replaced = corrects ? replacedBy(mention, text, own, [...facts, ...problems]) : undefined;
    facts = facts.filter((fact) => fact !== replaced);
    problems = problems.filter((problem) => problem !== replaced);
    const role = corrects ? certain(replaced ?? own) : own;
    if (!role) continue;
    const span = { start: mention.start, end: mention.end };
    if (role.name === 'amount' && lacksUnit(mention) && text.slice(mention.start - 1, mention.start) !== '-')
      problems.push({ name: 'amount', code: 'money_unit', ...span });
    else facts.push({ ...role, value: formatYuan(mention.amount), ...span });
  }
  return { facts: preferCertain(facts), problems: facts.some((fact) => fact.name === 'amount') ? [] : problems };
}

/** Who says 不对 means what comes next, whether or not a word names it. */
function certain(role: { readonly name: FactName } | undefined): { name: FactName; confidence: number } | undefined {
  return role && { name: role.name, confidence: CERTAIN };
}

/** Of what was written before, the last amount that a new one after 不对 can stand for: of its own meaning if it has one. */
function replacedBy<T extends { readonly name: FactName; readonly end: number }>(
  mention: MoneyMention,
  text: string,
  own: { readonly name: FactName } | undefined,
  earlier: readonly T[],
): T | undefined {
  const named = nearestCue(clauseBefore(text, mention.start).slice(-CUE_REACH)) !== undefined;
  return earlier
    .filter((fact) => fact.end <= mention.start && (!named || fact.name === own?.name))
    .toSorted((a, b) => a.end - b.end)
    .at(-1);
}

function countedAmounts(text: string): Problem[] {
  if (!text.includes('个')) return [];
  return matchesOf(text, COUNTED)
    .filter((match) => nearestCue(clauseBefore(text, match.index).slice(-CUE_REACH))?.name === 'amount')
    .map((match) => ({ name: 'amount', code: 'money_unit', start: match.index, end: match.index + match[0].length }));
}

/** When the text names an amount outright, amounts read by elimination are dropped. */
function preferCertain(facts: readonly Fact[]): readonly Fact[] {
  const named = facts.some((fact) => fact.name === 'amount' && fact.confidence >= CERTAIN);
  return named ? facts.filter((fact) => fact.name !== 'amount' || fact.confidence >= CERTAIN) : facts;
}

const RANGE = new RegExp(
  `(?<low>\\d{1,4}(?:\\.\\d)?)\\s?(?:万|w|W)?\\s?(?:-|~|～|—|到|至)\\s?(?<high>\\d{1,4}(?:\\.\\d)?)\\s?(?:万|w|W)`,
  'u',
);

/** "30到50万": the two ends, so that the person can be asked which one; `undefined` when there is no range. */
export function findMoneyRange(text: string): { low: string; high: string; start: number; end: number } | undefined {
  const match = RANGE.exec(text);
  const low = scaled(match?.groups?.['low'] ?? '', 10_000n);
  const high = scaled(match?.groups?.['high'] ?? '', 10_000n);
  if (!match || low === undefined || high === undefined) return undefined;
  return { low: formatYuan(low), high: formatYuan(high), start: match.index, end: match.index + match[0].length };
}
