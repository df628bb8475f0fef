/** Loan terms in months (36期, 三年, 12个月) and how long a business has been running (打印店两年, 经营3年). */
import type { Fact } from './fact.ts';
import { blank, clauseBefore } from './normalise.ts';
import { ANY_COUNT_PATTERN, COUNT_PATTERN, parseCount } from './numerals.ts';
import { isGivenUp } from './past.ts';
import { extractPlaces } from './place.ts';
import { takesBack, withoutTakenBack } from './retraction.ts';
import { isBusinessOfSomebodyElse } from './somebody-else.ts';
import { matchesOf } from '../../../lib/matches.ts';

const LENGTH = `(?<count>${ANY_COUNT_PATTERN}|半)[\\s-]?(?<unit>个月|年半|年|months?\\b|mths?\\b|years?\\b|yrs?\\b)`;
const INSTALMENTS = new RegExp(
  `(?<![第\\dM])(?<count>${COUNT_PATTERN})\\s?(?:期|instalments?\\b|installments?\\b)`,
  'giu',
);
const DURATION = new RegExp(`(?<![第\\d近前过])${LENGTH}(?<after>期|就能?还)?(?!前|后|内|以上|以内| left| old)`, 'giu');
const TERM_CUE =
  /(?:贷|分|期限|(?<!经营|营业|工作|从业|居住|使用|剩余|按揭)年限|借|用|周转|还(?!有|剩)|做|周期|等额本息|等额本金|先息后本|等额|(?<!for )over|(?:\ue000|loan|borrow\w*|money|it) for|term|(?:back|repaid|repay)[a-z ]{0,6} in)[^\d,，。;；\ue000]{0,6}$/iu;
/** 做生意用分三年: a word of the loan behind the business takes the length of time for itself. */
const LOAN_CUE = /(?:贷|分|期限|借|还(?!有|剩)|用|周期)[^\d,，。;；\ue000]{0,2}$/u;
/** 公司流水一年500万: the period that a figure is counted over. */
const FIGURE = '(?:流水|开票|营业额|营收|销售额|产值|利润|纳税|[交缴]税|收入)';
const FIGURE_BEFORE = new RegExp(`${FIGURE}(?:[是为有约每]|大概|大约|差不多)*$`, 'u');
const FIGURE_AFTER = new RegExp(
  `^(?:的|平均|大概|公司)?(?:${FIGURE}|(?:大概)?(?:能|可以)?[净纯]?[赚挣]个?(?=[\\d一二三四五六七八九十\\ue000]))`,
  'u',
);
/** A term with a label and no unit (期限：36); one too small to be months is left to be asked about. */
const LABELLED = new RegExp(
  `(?<!经营|营业|工作|居住|社保|执照)(?:期限|期数|分期数?)(?:是|为|[:：\\s])*(?<count>${COUNT_PATTERN})(?=[\\s,，。;；、/)）\ue000]|$)`,
  'gu',
);
const SMALLEST_LABELLED = 6;
/** 房贷还了3年, 这车用了两年, works at a bank for 2 years: how long something has lasted already. */
const SO_FAR =
  /(?:(?:贷|借|还|用|周转|做)(?:款)?(?:了|过)|已经?[^\d,，。;；\ue000]{0,4}|\b(?:work(?:s|ed|ing(?! capital))?|liv(?:es?|ed|ing)|employed|married|stay(?:s|ed)|been)\b[^\d,，。;；\ue000]{0,30})$/iu;
/** An amount was read right before ("15万 3年"): it is blanked out by then. */
const AFTER_AMOUNT = /\ue000\s+$/u;
/** What may stand between the loan and its term: 十五万装修24个月, 五万，一年, 300k for turnover, 36 months. */
const BESIDE_LOAN =
  /^(?: for [a-z' ]{1,30}|[,，、\s]*(?:用来|用于|拿来|做|去)?(?:装修|周转|进货|备货|经营|买车|买房|买设备|结婚|教育|学费|留学|消费|应急)用?|[,，\s]+(?:renovation|turnover|working capital|cash flow|refinancing|business|stock|tuition|education|medical|wedding|travel|shopping))?[,，、\s]*$/iu;
/** …and what must not follow it: 十万装修两年了 says how long ago. */
const NO_TERM_AFTER = /^(?:[了多来的]|以?[前后])/u;
/** two years ago, 3 years at Foxconn, five years in business, two months behind on his card. */
const NO_TERM_IN_ENGLISH =
  /^ (?:ago|at(?! \d| (?:the )?(?:most|least))|as an?|of|behind|overdue|late|working|in (?:business|the|this|his|her|my|our))\b/iu;
const BUSINESS_CUE =
  /(?:开(?:了|店)?|经营|营业|执照|公司|成立|注册|生意|做了|干了|店|厂|馆|铺|超市|诊所|工作室|档口|门市|self-employed|in business(?: for)?(?: over| about| more than| nearly)?|(?:company|shop|store|firm|factory|business)(?: (?:was|is|has been))?(?: (?:registered|founded|open(?:ed)?|running|set up))?)[^\d,，。;；\ue000]{0,8}$/iu;
const BUSINESS_KIND =
  /(?<!有)(?:开(?!始)|经营|做|有(?!限)|名下)(?:了|着|有)?(?:[一两二三几]|\d)?(?:家(?![具电居政纺装])|个(?!体)|间)?(?<kind>(?!过|家(?![具电居政纺装])|个(?!体)|[间着了]|[一两二三四五几\d][家个间]|有(?!色|机)|自己|公司|店|套|年|点?小生意)(?:(?!的)[\u4e00-\u9fa5]){1,6}?(?:店|厂|公司|馆|铺|吧|超市|诊所|工作室|档口|门市|餐厅|酒店|生意))/gu;

const JOINED = '(?:[、~～\\-/到至或]|或者|还是| or )?';
/** 三年五年都行, 36期或60期: the same unit again right behind a length of time or before it. */
const SEVERAL = ['年', '个月', '期', '\\s?years?', '\\s?months?'].map((unit) => {
  const length = `(?:${COUNT_PATTERN})${unit}`;
  return {
    unit: new RegExp(`${unit}$`, 'iu'),
    next: new RegExp(`^${JOINED}${length}`, 'iu'),
    last: new RegExp(`${length}${JOINED}$`, 'iu'),
  };
});
/** No length of time is written longer. */
const LENGTH_REACH = 16;

/** Which of several terms is meant is not said. */
function isOneOfSeveral(text: string, { start, end }: { readonly start: number; readonly end: number }): boolean {
  const own = text.slice(start, end);
  return SEVERAL.some(
    ({ unit, next, last }) =>
      unit.test(own) &&
      (next.test(text.slice(end, end + LENGTH_REACH)) ||
        last.test(text.slice(Math.max(0, start - LENGTH_REACH), start))),
  );
}

/** Longest term anybody lends for: 30 years. */
const MAX_MONTHS = 360;

/** Months of "两年", "18个月", "两年半", "半年", "3 years"; `undefined` when it is no length of time. */
export function parseMonths(count: string, unit: string): number | undefined {
  const years = /^(?:年|y)/iu.test(unit);
  const number = count === '半' ? 0.5 : parseCount(count);
  if (number === undefined) return undefined;
  const months = (years ? number * 12 : number) + (unit === '年半' ? 6 : 0);
  return Number.isInteger(months) && months >= 1 && months <= 1200 ? months : undefined;
}

function instalments(text: string, pattern = INSTALMENTS, smallest = 1): readonly Fact[] {
  return matchesOf(text, pattern).flatMap((match) => {
    const months = parseCount(match.groups?.['count'] ?? '');
    if (months === undefined || months < smallest || months > MAX_MONTHS) return [];
    if (isOneOfSeveral(text, { start: match.index, end: match.index + match[0].length })) return [];
    return [
      {
        name: 'term' as const,
        value: months,
        start: match.index,
        end: match.index + match[0].length,
        confidence: 0.97,
      },
    ];
  });
}

/**
 * The wanted term, and the age of the business, each only where the words around it say which of the two it is. `found`
 * is what was read before: a length of time right beside the wanted loan is its term.
 */
export function extractDurations(text: string, found: readonly Fact[] = []): readonly Fact[] {
  const loan = found.find((fact) => fact.name === 'amount');
  const facts: Fact[] = [...instalments(text), ...instalments(text, LABELLED, SMALLEST_LABELLED)];
  const places = extractPlaces(text);
  for (const match of matchesOf(text, DURATION)) {
    const months = parseMonths(match.groups?.['count'] ?? '', match.groups?.['unit'] ?? '');
    if (months === undefined) continue;
    const before = clauseBefore(text, match.index);
    const span = { start: match.index, end: match.index + match[0].length };
    if (isOneOfSeveral(text, span)) continue;
    if (FIGURE_BEFORE.test(before) || FIGURE_AFTER.test(text.slice(span.end))) continue;
    const instead = takesBack(text, match.index) ? facts.findLast((fact) => fact.end <= match.index) : undefined;
    if (instead) facts.push({ ...instead, value: months, ...span });
    else if (isBusinessAge(before, match.groups?.['after'], text.slice(span.end))) {
      if (!isGivenUp(text, span)) facts.push({ name: 'businessMonths', value: months, ...span, confidence: 0.9 });
    } else if (
      months <= MAX_MONTHS &&
      !SO_FAR.test(before) &&
      !NO_TERM_IN_ENGLISH.test(text.slice(span.end)) &&
      ((match.groups?.['after'] !== undefined && (loan !== undefined || match[0].endsWith('期'))) ||
        TERM_CUE.test(before) ||
        isProposed(text, span) ||
        isFirstClause(text, span) ||
        (AFTER_AMOUNT.test(before) && !followsOther(found, span.start, text)) ||
        (loan !== undefined && followsNoMortgage(text, span)) ||
        followsPlace(text, span, places) ||
        (loan !== undefined && standsBeside(loan, span, text, places)))
    ) {
      facts.push({ name: 'term', value: months, ...span, confidence: 0.9 });
    }
  }
  return firstOfEach(text, facts);
}

/** 三年吧 月供六千二: a length of time that opens the message as a suggestion, whatever follows. */
function isProposed(text: string, { start, end }: { readonly start: number; readonly end: number }): boolean {
  return (
    /^(?:那|就|先|嗯|[,，\s])*$/u.test(text.slice(0, start)) && /^吧(?=[,，。;；!！\s\ue000]|$)/u.test(text.slice(end))
  );
}

/** 36 months, 6200 a month: so many months that open the message and are all their clause says. */
function isFirstClause(text: string, { start, end }: { readonly start: number; readonly end: number }): boolean {
  const isMonths = /(?:月|months?)$/iu.test(text.slice(start, end));
  return isMonths && text.slice(0, start).trim() === '' && /^\s*(?:[,，。;；!！]|$)/u.test(text.slice(end));
}

/** The years belong to the business when its word is the nearest and stands in the same breath: 开店 深圳 5年 leaves it open. */
function isBusinessAge(before: string, after: string | undefined, rest: string): boolean {
  const cue = BUSINESS_CUE.exec(before);
  if (!cue || /\s[\u4e00-\u9fa5]+\s|时候?$|[欠拖]/u.test(cue[0])) return false;
  return !(LOAN_CUE.test(cue[0]) || after !== undefined) || /^[了多]/u.test(rest);
}

/** 20万 有房 没按揭 36个月: what is not there has lasted for no time, so the months at the end are the loan's. */
function followsNoMortgage(text: string, { start, end }: { readonly start: number; readonly end: number }): boolean {
  const before = text.slice(Math.max(0, start - MAX_GAP), start);
  return (
    /(?:没有?|无)按揭[\s,，、]+$/u.test(before) &&
    text.slice(start, end).endsWith('月') &&
    text.slice(end).trim() === ''
  );
}

/** Between a place and a length of time, and how far back a word may stand that says what they are: both keep the search short. */
const MAX_GAP = 8;
const MAX_CUE = 40;

/** 深圳 24个月: a length of time after a place that stands as a word of its own, and nothing says that it lasts already. */
function followsPlace(
  text: string,
  span: { readonly start: number; readonly end: number },
  places: readonly Fact[],
): boolean {
  const near = Math.max(0, span.start - MAX_GAP);
  const end = near + text.slice(near, span.start).replace(/[,，、]?\s*$/u, '').length;
  const place = end < span.start ? places.find((fact) => fact.end === end) : undefined;
  if (!place || !/^\s*(?:还(?:清|完|款)?|分期)?\s*(?:[,，。;；!！\s/\ue000]|$)/u.test(text.slice(span.end)))
    return false;
  const first = Math.min(
    ...places.filter((fact) => fact.end >= place.start - 1 && fact.start <= place.start).map((fact) => fact.start),
  );
  const before = text.slice(Math.max(0, first - MAX_CUE), first);
  return /(?:^|[\s,，。;；/\ue000])(?:in )?$/u.test(before) && !LASTS.test(before.replace(/(?:in )?$/u, ''));
}

/** Words right before a place that make what follows a residence, a job or the age of something. */
const LASTS =
  /(?:(?:开(?:了|店|公司)?|经营|店|厂|公司|生意|工作|上班|居住|户口|社保|公积金|住|来|房(?:子|产)?|车(?:子|辆)?)\s*|\b(?:works?|working|lives?|living|liv|employed|been|stay\w*)\b[a-z ]*)[,，]?\s*$/iu;

/** 月供5千 一年: what stands right before is a fact of another kind than the loan. */
function followsOther(found: readonly Fact[], at: number, text: string): boolean {
  const end = text.slice(0, at).trimEnd().length;
  return found.some((fact) => fact.end === end && fact.name !== 'amount' && fact.name !== 'phone');
}

/** 五万，一年: after a pause the length of time must be all the clause says. */
function standsBeside(
  loan: Fact,
  span: { readonly start: number; readonly end: number },
  text: string,
  places: readonly Fact[],
): boolean {
  const named = places.filter((place) => place.start >= loan.end && place.end <= span.start);
  const between = blank(text, named)
    .slice(loan.end, span.start)
    .replaceAll(/[,，、\s]*\ue000+/gu, '');
  if (span.start < loan.end || !BESIDE_LOAN.test(between)) return false;
  const after = text.slice(span.end);
  return /[,，、]\s*$/u.test(between) ? /^\s*(?:[,，。;；!！\s]|$)/u.test(after) : !NO_TERM_AFTER.test(after);
}

function firstOfEach(text: string, facts: readonly Fact[]): readonly Fact[] {
  const names = [...new Set(facts.map((fact) => fact.name))];
  return names.flatMap((name) =>
    withoutTakenBack(
      text,
      facts.filter((fact) => fact.name === name),
    ).slice(0, 1),
  );
}

/** What kind of business the customer runs (打印店), as written. */
export function extractBusiness(text: string): readonly Fact[] {
  for (const match of matchesOf(text, BUSINESS_KIND)) {
    const kind = match.groups?.['kind'] ?? '';
    const span = { start: match.index + match[0].length - kind.length, end: match.index + match[0].length };
    if (isBusinessOfSomebodyElse(text, match.index)) continue;
    if (!isGivenUp(text, span)) return [{ name: 'business', value: kind, ...span, confidence: 0.85 }];
  }
  return [];
}

/** What may stand around a term that answers the question for it: 那就做10年吧, 客户想要三年; but 做了三年 says how long ago. */
const ANSWER_BEFORE =
  "(?:(?:about|around|roughly|approximately|maybe|perhaps|probably|over|for|say|let['’]?s|make it|i['’]d|i|we|he|she|would|want|need|prefer|like|think|guess|at most|up to|within|in|it|is|yes|ok|well|um)(?= )|客户|他们?|她|我们?|想|要|说|就|那|先|大概|差不多|最长|最多|尽量|希望|打算|按|选|做|贷|借|分|期限|年限|是|为|嗯|[:：,，\\s])*";
const ANSWER_AFTER =
  '(?:(?: or so| please| max(?:imum)?| tops| at most| (?:is|would be|will be) (?:fine|ok(?:ay)?|good|enough)| (?:would|should|will) do| works|左右|的话|还清|还完|还|期|就行|就好|就够|够了|足够|就可以|都行|可以)*[吧的啊呀哦呢]*|(?<=^[^做贷借分还客户他她我]*)了)[\\s。.!！~]*';
const WHOLE_TERM = new RegExp(
  `^(?<before>${ANSWER_BEFORE})(?<count>${ANY_COUNT_PATTERN}|half an?|an?|半)[\\s-]?(?<unit>期|个?月|年半|年|months?|mths?|years?|yrs?|install?ments?)?${ANSWER_AFTER}$`,
  'iu',
);

/** A term typed as an answer ("36", "36期", "3年"); months, `undefined` when it is not 1–360. */
export function parseTerm(text: string): number | undefined {
  const match = WHOLE_TERM.exec(text.trim());
  const { before = '', count = '', unit } = match?.groups ?? {};
  if (!match || (unit === undefined && (before !== '' || /[a-z]/iu.test(count)))) return undefined;
  const isMonths = unit === undefined || /^(?:期|月|inst)/iu.test(unit);
  const months = parseMonths(count, isMonths ? '个月' : unit);
  return months !== undefined && months <= MAX_MONTHS ? months : undefined;
}
