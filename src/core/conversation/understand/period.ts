/**
 * What a sum is counted over: 年薪30万, 流水每月8万, 近半年流水60万, 300k a year. On file an income is a month's, a turnover a
 * year's. Whose words name a period of another length that may be the sum's or not has told no sum of the kept one.
 */
import { fen, type Fen } from '../../../lib/money.ts';
import type { FactName } from './fact.ts';
import { clauseAfter, clauseBefore } from './normalise.ts';
import { findPeriods, namesSum, withoutFiller, type Period } from './period-words.ts';

/** The months over which these sums stand on file; others are no sums of a period. */
export const KEPT_PER: ReadonlyMap<string, number> = new Map<FactName, number>([
  ['monthlyPayment', 1],
  ['income', 1],
  ['turnover', 12],
]);

/** No period stands further away. */
const REACH = 48;

/** What a period says of the sum; `total`: all that came in so far, unless the sum can only be a month's. */
type Reading = 'certain' | 'total' | 'doubtful' | 'none';

interface Said {
  readonly months: number;
  readonly reading: Reading;
  /** 工作一年: what is told besides is a wage, most of the time. */
  readonly employed?: boolean;
}

/** 工作一年 says how long he has worked, 开店半年 how old the shop is. */
const AGE =
  /(?:(?:工作|上班|入职|在职|经营|营业(?![额收])|成立|注册|接手|入行|创业|开(?!票)|[做干满办])[^\s的收入薪赚挣流额利]{0,6}|执照|\b(?:worked|working|works?|employed|opened|founded|started|been)\b[^\d]{0,20})\s?$/iu;
/** 我们店半年, 刚一年: an age as likely as a period. */
const MAYBE_AGE = /(?:店|厂|刚|才|不到|快)\s?$/u;
const EMPLOYED = /(?:工作|上班|入职|在职|work(?:s|ed|ing)?)[^\s的收入薪]{0,3}\s?$/iu;
const FOUNDED = /(?:成立|注册)[^\s的收入]{0,3}$/u;
/** 贷款半年, 20万一年: a term as likely as a period. */
const TERM = /(?:[贷借用](?:款|个)?|期限|周转|\bloan|\bterm)(?: for)?[:：\s]?$/iu;
const SUM_BEFORE = /(?:\d|[万千百亿元块kw])$/iu;
/** 一年14薪, 12个月, 35岁 and 3家店 are no sums. */
const SUM =
  /(?<![\d.第])\d[\d.,]*(?![\d.]|\s?(?:个月|[薪个岁天人家次期号年月日套]|months?\b|years?\b))|[一二两三四五六七八九十][百千万亿]/iu;
/** 每月还房贷, 每年涨一点, a year ago: the period of something else. */
const OF_ANOTHER =
  /^\s?(?:的|要|得|都|就|也|还要|能)*(?:还(?:款|贷|房|车|债|[\d一二两三四五六七八九十])|供|房贷|车贷|按揭|月供|债|交|缴|支出|开销|花|利息|房租(?!收)|租金(?!收)|涨|递增|调薪|体检|(?:\d{2}|十[二三四五六七八九])[个薪])|^ (?:ago|later|earlier|older|rent|bonus|mortgage|repayments?|payments?|instal+ments?|expenses|costs?|fees?|leave|it|goes)\b/iu;
/** Wages come every month, whatever year they are said of. */
const WAGES = /工资|(?<!年)薪|到手|打卡|salary|wage/iu;
/** A part of what he earns: 除了工资每月还有2000, 年终奖5万. */
const PART =
  /除了|除开|另外|额外|此外|\b(?:besides|apart from|in addition to|on top of|(?<!(?:and|plus|with|including) )bonus)\b[^\d]*$|(?<!(?:[加和跟含带连括]|工资|薪|收入|提成)[^\d]{0,4})(?:年终奖?|奖金)[^\d]{0,6}$/iu;

/** 除了工资，每年还有6万 */
const BESIDES =
  /(?:除了|除开|另外|额外|此外|\b(?:besides|apart from|in addition to|on top of))[^,，。;；\d]{0,16}[,，][^,，。;；]*$/iu;
/** 旺季每月50万, 最好的时候: not what comes in all the year. */
const VARYING =
  /[旺淡]季|高峰|(?:[好差忙多少]|最高|最低)的?(?:时候|月份)|\b(?:peak|best|busy|slow) (?:season|months?)\b/iu;

/** A month of less than this is nobody's whole income, over however long a time it came. */
const LEAST = fen(100_000);
const LEAST_OF_WORKER = fen(200_000);
const LEAST_PLAUSIBLE = fen(300_000);
/** Up to here a sum may well be a month's. */
const MONTHLY_UP_TO = fen(3_000_000);
const WAGE_OF_TOTAL = fen(800_000);
/** Nobody earns as much in a day: 收入2万每天加班. */
const NO_DAY = fen(500_000);

/**
 * A sum as it stands on file: 年薪30万 is 25 000 a month.
 * @param per months over which it is kept; a sum with no period in its words is taken for one of that length
 * @returns undefined for the sum of a day or a week, and where nobody can tell whether a period is the sum's
 */
export function perPeriod(
  amount: Fen,
  per: number,
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
): Fen | undefined {
  const lead = clauseBefore(text, start).slice(-REACH);
  const isPart = per === 1 && (PART.test(lead) || BESIDES.test(text.slice(Math.max(0, start - REACH), start)));
  if (isPart || VARYING.test(lead)) return undefined;
  const said = [
    ...saidBefore(lead, per),
    ...saidBehind(clauseAfter(text, end).slice(0, REACH)),
    ...besides(text, start, end),
  ];
  const told = said.filter(({ months, reading }) => months !== per || reading === 'certain');
  const certain = told.find(({ reading }) => reading === 'certain');
  if (certain) return certain.months === 0 ? undefined : share(amount, per, certain.months);
  const [other] = told.toSorted((a, b) => rank(a) - rank(b));
  if (other === undefined || other.reading === 'none') return amount;
  if (per !== 1) return other.reading === 'total' ? share(amount, per, other.months) : undefined;
  return incomeOf(amount, other, WAGES.test(lead));
}

function rank({ reading }: Said): number {
  return ['total', 'doubtful', 'none'].indexOf(reading);
}

function share(amount: Fen, per: number, months: number): Fen {
  const [kept, said] = [BigInt(per), BigInt(months)];
  return fen((amount * kept * 2n + said) / (said * 2n));
}

/** 去年收入30万 is the year's, 去年工资8000 a month's; of 去年收入3万 nobody knows. */
function incomeOf(amount: Fen, { months, reading, employed = false }: Said, isWage: boolean): Fen | undefined {
  if (months === 0) return amount >= NO_DAY ? amount : undefined;
  const each = share(amount, 1, months);
  if (each < LEAST) return amount <= MONTHLY_UP_TO ? amount : undefined;
  const isMonths = each < (isWage ? LEAST_PLAUSIBLE : LEAST_OF_WORKER) && amount <= MONTHLY_UP_TO;
  if (isMonths && (isWage || employed || reading === 'doubtful')) return amount;
  if (reading === 'doubtful' || amount <= MONTHLY_UP_TO) return undefined;
  return each >= (isWage ? WAGE_OF_TOTAL : LEAST_PLAUSIBLE) ? each : undefined;
}

/** The periods of the clause before the sum, the nearest first; one before another sum is that one's. */
function saidBefore(lead: string, per: number): readonly Said[] {
  const said: Said[] = [];
  for (const period of findPeriods(lead).toReversed()) {
    const between = lead.slice(period.end);
    if (SUM.test(between)) break;
    const reading = OF_ANOTHER.test(between) ? 'none' : readingBefore(period, lead, per);
    said.push({ months: period.months, reading, employed: EMPLOYED.test(lead.slice(0, period.start)) });
  }
  return said;
}

function readingBefore({ saying, months, start, end }: Period, lead: string, per: number): Reading {
  const [before, said, between] = [lead.slice(0, start), lead.slice(start, end), lead.slice(end)];
  const isNext = withoutFiller(between) === '';
  if (saying === 'once') return isNext && per !== 1 ? 'doubtful' : 'none';
  if (saying === 'span') return readingOfSpan(months, before, between, per);
  if (!isNext || saying === 'vague') return 'doubtful';
  if (!said.startsWith('annual') && isPaused(between) && SUM_BEFORE.test(before.trimEnd()))
    return saying === 'strict' && !said.endsWith('ly') ? 'none' : 'doubtful'; // 房贷5000每月 流水50万
  return saying === 'strict' ? 'certain' : 'total';
}

/** 一年 收入30万: the sum has words of its own, which the period is apart from. */
function isPaused(between: string): boolean {
  return /^\s/u.test(between) && namesSum(between);
}

/** 一年收入30万 is a year's; 工作一年收入2万 and 贷款半年 流水50万 tell of a job's age and of a term. */
function readingOfSpan(months: number, before: string, between: string, per: number): Reading {
  const isAge = AGE.test(before) || MAYBE_AGE.test(before);
  const isPause = isPaused(between);
  const isTerm =
    TERM.test(before) || /(?:\bfor|分期?)\s?$/iu.test(before) || SUM_BEFORE.test(isPause ? before.trimEnd() : before);
  if (isPause) return per !== 1 && (isTerm || (months > 1 && AGE.test(before))) ? 'none' : 'doubtful';
  if (isTerm || withoutFiller(between) !== '') return 'doubtful';
  if (isAge && per !== 1) return FOUNDED.test(before) ? 'none' : 'doubtful';
  if (isAge) return months > 12 ? 'doubtful' : 'total';
  const isOfEvent = withoutFiller(before.replace(/^.*\s/su, '')) !== ''; // 结婚一年收入2万
  if (isOfEvent) return per === 1 ? 'total' : 'doubtful';
  return [1, 6, 12].includes(months) ? 'certain' : 'total';
}

/** Those of the clause behind the sum: 30万一年, 20万左右每年, 240k a year as a driver. */
function saidBehind(rest: string): readonly Said[] {
  const said: Said[] = [];
  for (const period of findPeriods(rest)) {
    const between = rest.slice(0, period.start);
    if (SUM.test(between)) break;
    said.push({ months: period.months, reading: readingBehind(period, between, rest) });
  }
  return said;
}

function readingBehind({ months, saying, start, end }: Period, between: string, rest: string): Reading {
  const after = rest.slice(end);
  if (OF_ANOTHER.test(after) || AGE.test(between) || MAYBE_AGE.test(between) || TERM.test(between)) return 'none';
  const isApart = withoutFiller(between) !== '';
  if (saying === 'once') return isApart ? 'none' : 'doubtful';
  if (isApart || saying === 'vague') return 'doubtful';
  const goesOn = /^[\d一二两三四五六七八九十]/u.test(withoutFiller(after));
  if (goesOn && /^\s/u.test(between)) return 'none'; // 流水50万 月薪2万
  const isSaidOfMore = !/^\s/u.test(after) && withoutFiller(after.replace(/[\s\ue000].*$/su, '')) !== '';
  const isPause = saying === 'span' && /^\s+$/u.test(between) && /[^a-z]/iu.test(rest.charAt(start));
  if (isSaidOfMore || isPause || goesOn) return 'doubtful';
  const isRound = saying === 'strict' || [1, 6, 12].includes(months);
  return isRound && saying !== 'loose' ? 'certain' : 'total';
}

/** A clause of its own that is nothing but a period: 20万，税前年薪 · 一年下来，能赚20万 · 240k, yearly. */
function besides(text: string, start: number, end: number): readonly Said[] {
  const lead = text.slice(0, start - clauseBefore(text, start).length).slice(0, -1);
  const clause = clauseBefore(lead, lead.length);
  const ofSumBefore = SUM_BEFORE.test(lead.slice(0, -clause.length - 1)); // 贷20万，一年，收入3万
  const behind = text.slice(end + clauseAfter(text, end).length).slice(1);
  return [
    ...alone(clause).filter(({ reading }) => reading === 'certain' || !ofSumBefore),
    ...alone(clauseAfter(behind, 0)),
  ];
}

function alone(clause: string): readonly Said[] {
  const [only, second] = clause.length > REACH ? [] : findPeriods(clause);
  if (only === undefined || second !== undefined || withoutFiller(clause.slice(0, only.start)) !== '') return [];
  const after = clause.slice(only.end);
  if (withoutFiller(after) === '')
    return [{ months: only.months, reading: only.saying === 'strict' ? 'certain' : 'doubtful' }];
  const mayGoOn = /^(?:yearly|annually|monthly|quarterly|weekly|daily|(?:per|each|every) )/iu;
  const isOfAnother = OF_ANOTHER.test(after) || SUM.test(after) || after.includes('\ue000');
  if (isOfAnother || !mayGoOn.test(clause.slice(only.start))) return [];
  return [{ months: only.months, reading: 'doubtful' }]; // 240k, yearly and a car
}
