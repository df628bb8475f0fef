/** Loan terms in months (36期, 三年, 12个月) and how long a business has been running (打印店两年, 经营3年). */
import type { Fact } from './fact.ts';
import { clauseBefore } from './normalise.ts';
import { COUNT_PATTERN, parseCount } from './numerals.ts';
import { takesBack, withoutTakenBack } from './retraction.ts';
import { matchesOf } from '../../../lib/matches.ts';

const LENGTH = `(?<count>${COUNT_PATTERN}|半)\\s?(?<unit>个月|年半|年|months?\\b|years?\\b)`;
const INSTALMENTS = new RegExp(
  `(?<![第\\dM])(?<count>${COUNT_PATTERN})\\s?(?:期|instalments?\\b|installments?\\b)`,
  'giu',
);
const DURATION = new RegExp(`(?<![第\\d近前过])${LENGTH}(?<after>期|就能?还)?(?!前|后|内|以上|以内| left| old)`, 'giu');
const TERM_CUE =
  /(?:贷|分|期限|借|用|周转|还(?!有|剩)|做|周期|等额本息|等额本金|先息后本|等额|over|(?:\ue000|loan|borrow\w*|money|it) for|term|(?:back|repaid|repay)[a-z ]{0,6} in)[^\d,，。;；\ue000]{0,6}$/iu;
/** 房贷还了3年, 这车用了两年, works at a bank for 2 years: how long something has lasted already. */
const SO_FAR =
  /(?:(?:贷|借|还|用|周转|做)(?:款)?(?:了|过)|已经?[^\d,，。;；\ue000]{0,4}|\b(?:work(?:s|ed|ing(?! capital))?|liv(?:es?|ed|ing)|employed|married|stay(?:s|ed)|been)\b[^\d,，。;；\ue000]{0,30})$/iu;
/** An amount was read right before ("15万 3年"): it is blanked out by then. */
const AFTER_AMOUNT = /\ue000\s+$/u;
/** What may stand between the loan and its term: 十五万装修24个月, 五万，一年, 300k for turnover, 36 months. */
const BESIDE_LOAN =
  /^(?: for [a-z' ]{1,30}|[,，、\s]*(?:用来|用于|拿来|做|去)?(?:装修|周转|进货|备货|经营|买车|买房|买设备|结婚|教育|学费|留学|消费|应急)用?)?[,，、\s]*$/u;
/** …and what must not follow it: 十万装修两年了 says how long ago. */
const NO_TERM_AFTER = /^(?:[了多来的]|以?[前后])/u;
const BUSINESS_CUE =
  /(?:开(?:了|店)?|经营|营业|执照|公司|成立|注册|生意|做了|干了|店|厂|馆|铺|超市|诊所|工作室|档口|门市|self-employed|in business|(?:company|shop|store|firm|factory|business)(?: (?:was|is|has been))?(?: (?:registered|founded|open(?:ed)?|running|set up))?)[^\d,，。;；\ue000]{0,8}$/iu;
const BUSINESS_KIND =
  /(?<!有)(?:开|经营|做|有(?!限)|名下)(?:了|着|有)?(?:[一两二三几]|\d)?(?:家|个|间)?(?<kind>(?!公司|店|有限|套)[\u4e00-\u9fa5]{1,6}?(?:店|厂|公司|馆|铺|吧|超市|诊所|工作室|档口|门市|餐厅|酒店|生意))/u;

/** Longest term anybody lends for: 30 years. */
const MAX_MONTHS = 360;

/** Months of "两年", "18个月", "两年半", "半年", "3 years"; `undefined` when it is no length of time. */
export function parseMonths(count: string, unit: string): number | undefined {
  const years = /^(?:年|year)/iu.test(unit);
  const number = count === '半' ? 0.5 : parseCount(count);
  if (number === undefined) return undefined;
  const months = (years ? number * 12 : number) + (unit === '年半' ? 6 : 0);
  return Number.isInteger(months) && months >= 1 && months <= 1200 ? months : undefined;
}

function instalments(text: string): readonly Fact[] {
  return matchesOf(text, INSTALMENTS).flatMap((match) => {
    const months = parseCount(match.groups?.['count'] ?? '');
    if (months === undefined || months < 1 || months > MAX_MONTHS) return [];
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
  const facts: Fact[] = [...instalments(text)];
  for (const match of matchesOf(text, DURATION)) {
    const months = parseMonths(match.groups?.['count'] ?? '', match.groups?.['unit'] ?? '');
    if (months === undefined) continue;
    const before = clauseBefore(text, match.index);
    const span = { start: match.index, end: match.index + match[0].length };
    const instead = takesBack(text, match.index) ? facts.findLast((fact) => fact.end <= match.index) : undefined;
    if (instead) facts.push({ ...instead, value: months, ...span });
    else if (BUSINESS_CUE.test(before)) facts.push({ name: 'businessMonths', value: months, ...span, confidence: 0.9 });
    else if (
      months <= MAX_MONTHS &&
      !SO_FAR.test(before) &&
      (match.groups?.['after'] !== undefined ||
        TERM_CUE.test(before) ||
        (AFTER_AMOUNT.test(before) && !followsOther(found, span.start, text)) ||
        (loan !== undefined && standsBeside(loan, span, text)))
    ) {
      facts.push({ name: 'term', value: months, ...span, confidence: 0.9 });
    }
  }
  return firstOfEach(text, facts);
}

/** 月供5千 一年: what stands right before is a fact of another kind than the loan. */
function followsOther(found: readonly Fact[], at: number, text: string): boolean {
  const end = text.slice(0, at).trimEnd().length;
  return found.some((fact) => fact.end === end && fact.name !== 'amount' && fact.name !== 'phone');
}

/** 五万，一年: after a pause the length of time must be all the clause says. */
function standsBeside(loan: Fact, span: { readonly start: number; readonly end: number }, text: string): boolean {
  const between = text.slice(loan.end, span.start);
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
  const match = BUSINESS_KIND.exec(text);
  const kind = match?.groups?.['kind'];
  if (!match || kind === undefined) return [];
  const start = match.index + match[0].length - kind.length;
  return [{ name: 'business', value: kind, start, end: start + kind.length, confidence: 0.85 }];
}

const WHOLE_TERM = new RegExp(
  `^(?<count>${COUNT_PATTERN}|半)\\s?(?<unit>期|个?月|年半|年|months?|years?|instalments?)?$`,
  'iu',
);

/** A term typed as an answer ("36", "36期", "3年"); months, `undefined` when it is not 1–360. */
export function parseTerm(text: string): number | undefined {
  const match = WHOLE_TERM.exec(text.trim());
  if (!match) return undefined;
  const unit = match.groups?.['unit'] ?? '个月';
  const months = parseMonths(match.groups?.['count'] ?? '', unit === '期' || unit === '月' ? '个月' : unit);
  return months !== undefined && months <= MAX_MONTHS ? months : undefined;
}
