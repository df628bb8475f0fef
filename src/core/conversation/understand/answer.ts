/** Reads a message as the answer to one question. The question's type decides; nothing else is guessed. */
import { formatYuan, parseYuan, type Fen } from '../../../lib/money.ts';
import type { BusinessDate } from '../../../lib/business-date.ts';
import type { SlotType } from '../../flow/index.ts';
import { extractDates } from './date.ts';
import type { FactValue } from './fact.ts';
import { parseIdentityNumber } from './identity.ts';
import { earlierLoan } from './earlier-loan.ts';
import { findMoney, isPart, lacksUnit } from './money-mention.ts';
import { isHisOwn } from './money.ts';
import { findMoneyRanges } from './money-range.ts';
import { isNegative } from './negative.ts';
import { toHalfWidth } from '../../../lib/mask.ts';
import { clauseBefore, toSimplified } from './normalise.ts';
import { parseCount } from './numerals.ts';
import { isEarnedNoMore } from './past.ts';
import { perPeriod } from './period.ts';
import { parsePersonName } from './person-name.ts';
import { parsePhone } from './phone.ts';
import { parseDistrict, parsePlace } from './place.ts';
import { parsePurpose } from './purpose.ts';
import { isYesToWhatIsShown, parseReply } from './reply.ts';
import { extractLicenceName } from './licence.ts';
import { isSumOfSomebodyElse } from './somebody-else.ts';
import { parseTerm } from './term.ts';

/** What a question may ask for: the type of a slot. */
export type AnswerType = SlotType;

/** The value, or the code of the sentence that says what is expected (`conversation.problem.<code>`). */
export type Answer = { readonly value: FactValue } | { readonly problem: string };

/** Bounds of an answer; money in yuan strings, terms in months. */
export interface AnswerLimits {
  readonly min?: string | number;
  readonly max?: string | number;
  readonly maxLength?: number;
  /** Months over which a sum is kept: 年薪30万 answers a question for a month's income. */
  readonly per?: number;
  /** For `choice`: each value with the words that mean it. */
  readonly options?: Readonly<Record<string, readonly string[]>>;
}

const MAX_ANSWER_LENGTH = 200;

/** Names and free text are kept in the characters they were written with. */
const AS_WRITTEN: ReadonlySet<AnswerType> = new Set(['person-name', 'licence-name', 'text']);

/** Parses `text` as an answer of `type`. Never throws; what does not fit comes back as a problem code. */
export function parseAnswer(type: AnswerType, text: string, today: BusinessDate, limits: AnswerLimits = {}): Answer {
  const plain = toHalfWidth(text).trim();
  if (plain === '') return { problem: type };
  const answer = READERS[type](AS_WRITTEN.has(type) ? plain : toSimplified(plain), today, limits);
  return 'problem' in answer ? answer : withinLimits(type, answer.value, limits);
}

/** 还没办执照, 没有: there is none, so this is not its name. */
const DENIAL = /^(?:[他她]们?|客户|现在|目前|暂时|一直|还|也|都)*(?:没(?!错)|未(?!来)|不(?:办|打算|需|想办|用)|无$)/u;

/** Whether an answer says that there is no such thing, or none yet. */
export function isDenial(text: string): boolean {
  return DENIAL.test(toSimplified(toHalfWidth(text)).trim());
}

type Reader = (text: string, today: BusinessDate, limits: AnswerLimits) => Answer;

function orProblem(value: FactValue | undefined, code: string): Answer {
  return value === undefined ? { problem: code } : { value };
}

const READERS: Readonly<Record<AnswerType, Reader>> = {
  money: readMoney,
  phone: (text) => orProblem(parsePhone(text.replace(/^[^\d+]{1,8}/u, '')), 'phone'),
  'person-name': (text) => orProblem(parsePersonName(text), 'person-name'),
  'identity-number': (text) => {
    const parsed = parseIdentityNumber(text.replace(/^[^\d]{1,8}/u, ''));
    return 'value' in parsed ? parsed : { problem: parsed.code };
  },
  place: (text) => orProblem(parsePlace(text)?.city, 'place'),
  district: (text) => orProblem(parseDistrict(text)?.district, 'district'),
  date: readDate,
  term: (text) => (isNegative(text) ? { problem: 'term_negative' } : orProblem(parseTerm(text), 'term')),
  purpose: (text) => orProblem(parsePurpose(text), 'purpose'),
  'licence-name': (text) => {
    const named = extractLicenceName(toSimplified(text))[0];
    if (named === undefined) return isDenial(text) ? { problem: 'licence-name' } : readText(text, 50);
    return { value: text.slice(named.start, named.end) };
  },
  text: (text, _, limits) => readText(text, limits.maxLength ?? MAX_ANSWER_LENGTH),
  integer: (text) => orProblem(parseCount(text.replace(/[个人岁次家笔年]$/u, '')), 'integer'),
  'yes-no': readYesNo,
  consent: readConsent,
  choice: readChoice,
};

function readMoney(text: string, _: BusinessDate, { per }: AnswerLimits): Answer {
  if (isNegative(text)) return { problem: 'money_negative' };
  if (/^\D{0,6}\d{1,4}\s?个$/u.test(text)) return { problem: 'money_unit' };
  const mentions = findMoney(text).filter((mention) => !isPart(text, mention));
  const [only] = mentions;
  if (mentions.length !== 1 || !only || findMoneyRanges(text).length > 0) return { problem: 'money' };
  if (lacksUnit(only) && !/[元块]/u.test(text)) return { problem: 'money_unit' };
  const lead = clauseBefore(text, only.start);
  if (per === undefined && (earlierLoan(text, only) !== undefined || isHisOwn(text, only))) return { problem: 'money' };
  if (per !== undefined && (isSumOfSomebodyElse(lead) || isEarnedNoMore(text, only, per === 12)))
    return { problem: 'money' };
  const amount = per === undefined ? only.amount : perPeriod(only.amount, per, text, only);
  return amount === undefined ? { problem: 'money' } : { value: formatYuan(amount) };
}

function readDate(text: string, today: BusinessDate): Answer {
  const [date, second] = extractDates(text, today).facts;
  return date && !second ? { value: date.value } : { problem: 'date' };
}

/** A question is no answer: "为什么要这个？" must not become a licence name. */
function readText(text: string, maxLength: number): Answer {
  if (/[?？]$|吗[。.]?$|^(?:为什么|怎么|什么|干嘛)/u.test(text)) return { problem: 'text' };
  return text.length <= maxLength ? { value: text } : { problem: 'text_long' };
}

/**
 * 有的, 有两套，一套按揭; 按揭中 and mortgaged are said of what there is; `true` and `false` are what a button says. What a pause
 * separates may only tell its state: 有，我老公的 is not his.
 */
const THERE_IS = [
  /^(?:true|(?:有|[一二两三2-9]?[套个辆台部]|[的啊呀哦哈呢])+|(?:还?在|有)?(?:按揭|供)(?:中|着|呢)?)(?:[,，、]\s?(?:不过|但是?|可是?)?[都还在一两另套有着中的了呢和全款按揭红本手房贷供清]{1,16})?[\s。.!！~]*$/u,
  /^(?:(?:yes|yeah|yep|yup),? )?(?:(?:it's|it is) )?(?:still )?mortgaged[\s.!]*$/iu,
  /^(?:(?:yes|yeah|yep|yup),? )(?:i|we) (?:own|bought|have) (?:it|one|a place|two)\b(?: (?:in|since) [a-z\d ]{2,20})?[\s.!]*$/iu,
];
/** 没关系 and 没听懂 deny nothing, 没按揭 speaks of what there is. */
const THERE_IS_NONE = [
  /^(?:false$|(?:没|无)(?!有?(?:错|问题|关系|事|听|看|明白|懂|想|说|空|时间|搞|收到|必要|聊|所谓|毛病|按揭|贷款|抵押|月供|房贷|车贷)))/u,
  /^(?:no|nope|nah)[,.;]? (?:(?:i|we) )?(?:just |still |only )?(?:rent(?:ing)?|live with)\b[a-z' -]{0,40}[\s.!]*$/iu,
  /^(?:(?:no|nope|nah)[,.;]? )?(?:(?:i|we) )?(?:don'?t|do not)(?: (?:own|have)(?: (?:it|one|any|(?:an?|any|my|our|own|a place|property|home|house|flat|apartment|condo|car)(?: (?:own|of my own|home|house|flat|apartment|condo|car|place|property)){0,2}))?)?(?: (?:yet|anymore|any more|at the moment|right now))?[\s.!]*$/iu,
];
/** Said of what is shown, which here nothing is. */
const CONFIRMS = /^(?:我)?(?:确认|确定)[\s。.!！~]*$|^confirm(?:ed)?[\s.!]*$/iu;

function readYesNo(text: string): Answer {
  const reply = parseReply(text);
  const plain = text.replaceAll('’', "'");
  if (isYesToWhatIsShown(text) || CONFIRMS.test(text)) return { problem: 'yes-no' };
  const isYes = reply === 'agree' || reply === 'yes';
  if (isYes || THERE_IS.some((words) => words.test(plain))) return { value: true };
  return reply === 'no' || reply === 'decline' || THERE_IS_NONE.some((words) => words.test(plain))
    ? { value: false }
    : { problem: 'yes-no' };
}

function readConsent(text: string): Answer {
  const reply = parseReply(text);
  if (reply === 'agree') return { value: true };
  return reply === 'decline' || reply === 'no' ? { value: false } : { problem: 'consent' };
}

function readChoice(text: string, _: BusinessDate, limits: AnswerLimits): Answer {
  const wanted = text.toLowerCase();
  const options = Object.entries(limits.options ?? {});
  const exact = options.find(
    ([value, words]) => value === wanted || words.some((word) => word.toLowerCase() === wanted),
  );
  const numbered = /^\d$/u.test(wanted) ? options[Number(wanted) - 1] : undefined;
  const chosen = exact ?? numbered ?? onlyMention(wanted, options) ?? inClauses(wanted, options);
  return orProblem(chosen?.[0], 'choice');
}

/** 没贷款，红本在手: each clause is one of the words or names one, and all of them the same. */
function inClauses(text: string, options: readonly Option[]): Option | undefined {
  const clauses = text.split(/[,，。;；]\s*/u).filter((clause) => clause !== '');
  if (clauses.length < 2 || /[?？吗]/u.test(text)) return undefined;
  const chosen = clauses.map(
    (clause) => options.find(([, words]) => words.includes(clause)) ?? onlyMention(clause, options),
  );
  const [first, ...others] = new Set(chosen);
  return others.length === 0 ? first : undefined;
}

type Option = readonly [value: string, words: readonly string[]];

/** "房子还有按揭呢" names one option; "不是按揭" names one too, and means the opposite; 按揭可以吗 asks. */
function onlyMention(text: string, options: readonly Option[]): Option | undefined {
  if (/[不没非无吗?]|not|no |n['’]t|without|never/u.test(text)) return undefined;
  const named = options.filter(([, words]) => words.some((word) => text.includes(word.toLowerCase())));
  return named.length === 1 ? named[0] : undefined;
}

/** A value as an answer, or which of its bounds it breaks. */
export function withinLimits(type: AnswerType, value: FactValue, limits: AnswerLimits = {}): Answer {
  const code = limitProblem(type, value, limits);
  return code === undefined ? { value } : { problem: code };
}

/** Which bound a value breaks (`<type>_min`, `<type>_max`), if any. */
export function limitProblem(type: AnswerType, value: FactValue, limits: AnswerLimits = {}): string | undefined {
  const comparable = comparableOf(type, value);
  if (comparable === undefined) return undefined;
  const min = limits.min === undefined ? undefined : comparableOf(type, limits.min);
  const max = limits.max === undefined ? undefined : comparableOf(type, limits.max);
  if (min !== undefined && comparable < min) return `${type}_min`;
  return max !== undefined && comparable > max ? `${type}_max` : undefined;
}

function comparableOf(type: AnswerType, value: FactValue): Fen | number | undefined {
  if (type === 'money') return parseYuan(String(value));
  return type === 'term' || type === 'integer' ? Number(value) : undefined;
}
