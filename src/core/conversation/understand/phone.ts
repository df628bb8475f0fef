/** Mobile numbers of the mainland: `1[3-9]` and nine more digits, with +86, spaces, dots or dashes between. */
import type { Fact, Findings, Problem } from './fact.ts';
import { matchesOf } from '../../../lib/matches.ts';

const MOBILE = /(?<![\d*])(?:\+?86[-\s]?)?(?<number>1[3-9]\d(?:[-\s.]?\d){8})(?!\d)/gu;
/** Behind digits: what makes them an amount, a term or a count (20万, 20.5万, 20来万, 20-30万, 36期). */
const COUNTS =
  '(?:\\.\\d{1,3}|,\\d{3})?[多来几余]?(?:\\s?[-~～—到至]\\s?\\d{1,4}(?:\\.\\d)?)?\\s?(?:[万千百亿元块圆期年岁]|个(?![人体])|[wWkK](?![A-Za-z]))';
const COUNTED_GROUP = new RegExp(`^${COUNTS}`, 'u');
/** The last group of digits, where a space parts it from those before. */
const LAST_GROUP = /(?<=\d)[-\s.]\d{1,9}$/u;
/** 138 1111 2222 万先生: a number in its usual groups is complete, unless a unit is glued to it. */
const USUAL_GROUPS = /\d{3}[-\s.]\d{4}[-\s.]\d{4}$/u;
/** A number that a word calls a phone but that has the wrong length or start. */
const CLAIMED = new RegExp(
  `(?:电话|手机号?|号码|联系方式|phone|mobile)(?:是|为|号|改成|改为|[:：\\s])*(?<number>\\+?\\d[\\d\\s-]{4,18}\\d)(?!\\d|${COUNTS})`,
  'giu',
);
/** 138****6612: masked by somebody else; says nothing we could dial. */
const MASKED = /(?<!\d)1[3-9]\d[*xX＊]{3,6}\d{2,4}/gu;
/**
 * 1380001001, 12345678901, 138 1111 250: nearly a mobile number, with a digit too few or too many or a wrong start. Longer
 * runs are cards and identity numbers, round ones are amounts.
 */
const NEAR_MISS =
  /(?<![\dA-Za-z.*¥￥])(?!\d*0000(?!\d))(?:1[3-9]\d{7,8}|[1-9]\d{10}|1[3-9]\d{10,11}|1[3-9]\d[-\s]\d{4}[-\s]\d{2,3})(?![\dA-Za-z*]|\.\d|,\d{3}(?!\d)|\s?[万元块])/gu;
/** Numbers of something else. */
const OTHER_NUMBER = /(?:微信号?|qq号?|账号|帐号|卡号|单号|编号|合同号?|执照号?|代码|id)[是为:：\s]*$/iu;
/** Whose number it is when it is not the applicant's. */
const SOMEBODY_ELSE =
  /(?:老婆|老公|妻子|丈夫|配偶|爱人|父亲|母亲|爸爸?|妈妈?|儿子|女儿|朋友|同事|介绍人|紧急联系人|担保人|共借人)(?:的?(?:电话|手机|号码)|[^,，。;；\d]{0,3})?[:：是\s]*$/u;

/** The 11 digits of a mobile number however it is written; `undefined` when it is none. */
export function parsePhone(text: string): string | undefined {
  const digits = text.replaceAll(/[\s.()-]/gu, '').replace(/^(?:\+?86|0)(?=1\d{10}$)/u, '');
  return /^1[3-9]\d{9}$/u.test(digits) ? digits : undefined;
}

/** Whether more than one mobile number is in the text; a quick look that spares most messages a closer one. */
export function hasTwoMobiles(text: string): boolean {
  return mobiles(text).length > 1;
}

/**
 * What is written as a mobile number. 138111122 20万 is a number too short with an amount behind it: digits that carry a unit
 * never complete a phone.
 */
function mobiles(text: string): readonly RegExpExecArray[] {
  return matchesOf(text, MOBILE).filter((match) => {
    const after = text.slice(match.index + match[0].length);
    if (!LAST_GROUP.test(match[0]) || (USUAL_GROUPS.test(match[0]) && !/^[万千wW元块]/u.test(after))) return true;
    return !COUNTED_GROUP.test(after);
  });
}

/** The applicant's mobile numbers, and what claims to be one and is not. Relatives' numbers are left out. */
export function extractPhones(text: string): Findings {
  const facts: Fact[] = [];
  for (const match of mobiles(text)) {
    const value = parsePhone(match.groups?.['number'] ?? '');
    if (value === undefined || SOMEBODY_ELSE.test(text.slice(0, match.index))) continue;
    facts.push({ name: 'phone', value, start: match.index, end: match.index + match[0].length, confidence: 0.98 });
  }
  return { facts, problems: facts.length > 0 ? [] : problemsOf(text) };
}

function problemsOf(text: string): readonly Problem[] {
  const masked = matchesOf(text, MASKED).map((match) => problem('phone_masked', match));
  const claimed = matchesOf(text, CLAIMED)
    .filter((match) => parsePhone(match.groups?.['number'] ?? '') === undefined)
    .map((match) => problem('phone', match));
  const missed = matchesOf(text, NEAR_MISS)
    .filter(
      (match) => !OTHER_NUMBER.test(text.slice(0, match.index)) && !SOMEBODY_ELSE.test(text.slice(0, match.index)),
    )
    .map((match) => problem('phone', match))
    .filter((near) => claimed.every((other) => near.start >= other.end || near.end <= other.start));
  return [...masked, ...claimed, ...missed];
}

function problem(code: string, match: RegExpExecArray): Problem {
  return { name: 'phone', code, start: match.index, end: match.index + match[0].length };
}
