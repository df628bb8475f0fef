/**
 * 试算 30万 36期 6% 等额本息 · /trial 300000 36 6% equal: terms of a loan in any order, read into exact texts. Nothing is
 * guessed: an amount without a unit that could be anything, or a flat fee that does not say per what, is asked for.
 */
import { formatYuan, type Fen } from '../../lib/money.ts';
import { toHalfWidth } from '../../lib/mask.ts';
import { findMoney, type MoneyMention } from './understand/money-mention.ts';
import { blank } from './understand/normalise.ts';
import { COUNT_PATTERN } from './understand/numerals.ts';
import { parseMonths } from './understand/term.ts';

/** Methods a trial understands; the others need more than one line (the calculators page has them). */
type TrialMethod = 'EQUAL_INSTALMENT' | 'EQUAL_PRINCIPAL' | 'INTEREST_ONLY' | 'BULLET' | 'FLAT';

/** The input of the operation `loan.trial`. */
export interface TrialRequest {
  /** Yuan with two decimals. */
  readonly principal: string;
  /** Months. */
  readonly n: number;
  readonly ratePct: string;
  /** What the rate is per: a year, or one instalment (月费率). */
  readonly rateBasis: 'YEAR' | 'PERIOD';
  readonly method: TrialMethod;
  /** Paid when the money comes: yuan, or percent of the loan. */
  readonly upfrontFee?: string;
  readonly upfrontFeePct?: string;
  /** ISO date of disbursement; today by default. */
  readonly start?: string;
}

/** What is missing or cannot be meant; the sentence is the text `trial.missing.<part>`. */
type TrialGap =
  | 'amount'
  | 'amount_unclear'
  | 'amount_too_large'
  | 'term'
  | 'term_too_long'
  | 'rate'
  | 'rate_basis'
  | 'method';

/** A trial that can be calculated, or what has to be asked. */
export type ParsedTrial =
  | { readonly kind: 'request'; readonly request: TrialRequest }
  | { readonly kind: 'unclear'; readonly gaps: readonly TrialGap[] };

const COMMAND = /^(?:试算一?下?|测算一?下?|\/trial\b|trial\b)[\s:：,，]*/iu;
const MAX_LENGTH = 200;
/** Longest term anybody lends for: 30 years. */
const MAX_MONTHS = 360;
/** Below this a bare number is more likely meant in 万 than in 元. */
const SMALLEST_BARE_AMOUNT = 100_000n;
/** 10 亿元, in fen: more is a slip of the thumb, and would not fit a picture's columns. */
const LARGEST_AMOUNT = 100_000_000_000n;

const METHODS: readonly (readonly [RegExp, TrialMethod])[] = [
  [/等本等息|\bflat\b/iu, 'FLAT'],
  [/等额本金|\bequal[- ]principal\b/iu, 'EQUAL_PRINCIPAL'],
  [/先息后本|\binterest[- ](?:only|first)\b/iu, 'INTEREST_ONLY'],
  [/(?:到期)?一次性?(?:还本付息|还清)|到期还本付息|利随本清|\bbullet\b/iu, 'BULLET'],
  [/等额本息|等额|\bequal(?:[- ]instalments?)?\b/iu, 'EQUAL_INSTALMENT'],
];
const UNSUPPORTED = /气球贷|随借随还|\bballoon\b|\brevolving\b/iu;

const NUMBER = String.raw`(?<number>\d{1,3}(?:\.\d{1,6})?)`;
const PER_PERIOD = '月费率|月利率|月息|月利|每期费率|每期利率|每期|每月|月|monthly';
const PER_YEAR = '年化利率|年化|年利率|年费率|年息|年利|利率|年|annual(?:ly)?|apr';
const RATE = new RegExp(
  `(?<before>${PER_PERIOD}|${PER_YEAR})?[\\s:：]*${NUMBER}\\s?%(?<after>\\s?/?\\s?(?:每?月|每?期|每?年|month(?:ly)?|per month|a month|year|per year|a year|p\\.?a\\.?))?`,
  'iu',
);
/** 月息 8 厘 is 0.8 % a month; 年息 6 厘 is 6 % a year. */
const FEN_LI = new RegExp(`(?<basis>月息|月利|年息|年利)\\s?${NUMBER}\\s?(?<unit>分|厘)`, 'u');
const FEE = /(?:服务费|手续费|中介费|咨询费|居间费|管理费|一次性费用|\bfees?)[\s:：]*/iu;
const FEE_PERCENT = new RegExp(`^${NUMBER}\\s?%`, 'u');
const TERM = new RegExp(
  `(?<count>${COUNT_PATTERN}|半)\\s?(?<unit>期|个?月|年半|年|months?\\b|years?\\b|instalments?\\b)期?`,
  'iu',
);
const START = /\d{4}-\d{2}-\d{2}/u;

/** The trial a message asks for; `undefined` when it is not one. Never throws. */
export function parseTrial(text: string): ParsedTrial | undefined {
  const plain = toHalfWidth(text).trim();
  const command = COMMAND.exec(plain);
  if (!command || plain.length > MAX_LENGTH) return undefined;
  return new Reading(plain.slice(command[0].length)).result();
}

interface Found<T> {
  readonly value: T;
  readonly start: number;
  readonly end: number;
}

/** One line, read piece by piece; what is understood is blanked out, so that 36 of 36期 is no amount. */
class Reading {
  #rest: string;
  readonly #gaps: TrialGap[] = [];

  constructor(text: string) {
    this.#rest = text;
  }

  result(): ParsedTrial {
    const start = this.#take(START)?.value[0];
    const fee = this.#fee();
    const { method, isNamed } = this.#method();
    // The term first: the 年 of "40年 5%" belongs to the 40.
    const term = this.#term();
    const rate = this.#rate();
    const { amount, months } = this.#numbers(term);
    if (rate === undefined) this.#gaps.push('rate');
    else if (method === 'FLAT' && rate.basis === undefined) this.#gaps.push('rate_basis');
    if (!isNamed && UNSUPPORTED.test(this.#rest)) this.#gaps.push('method');
    if (this.#gaps.length > 0 || amount === undefined || months === undefined || rate === undefined)
      return { kind: 'unclear', gaps: this.#gaps };
    return {
      kind: 'request',
      request: {
        principal: formatYuan(amount),
        n: months,
        ratePct: rate.percent,
        rateBasis: rate.basis ?? 'YEAR',
        method,
        ...fee,
        ...(start === undefined ? {} : { start }),
      },
    };
  }

  #take(pattern: RegExp): Found<RegExpExecArray> | undefined {
    const match = pattern.exec(this.#rest);
    if (!match) return undefined;
    const found = { value: match, start: match.index, end: match.index + match[0].length };
    this.#rest = blank(this.#rest, [found]);
    return found;
  }

  #fee(): { readonly upfrontFee?: string; readonly upfrontFeePct?: string } {
    const word = FEE.exec(this.#rest);
    if (!word) return {};
    const from = word.index + word[0].length;
    const percent = FEE_PERCENT.exec(this.#rest.slice(from));
    if (percent) {
      this.#rest = blank(this.#rest, [{ start: word.index, end: from + percent[0].length }]);
      return { upfrontFeePct: percent.groups?.['number'] ?? '0' };
    }
    const mention = findMoney(this.#rest).find(({ start }) => start === from);
    if (!mention) return {};
    this.#rest = blank(this.#rest, [{ start: word.index, end: mention.end }]);
    return { upfrontFee: formatYuan(mention.amount) };
  }

  #method(): { readonly method: TrialMethod; readonly isNamed: boolean } {
    for (const [pattern, method] of METHODS) if (this.#take(pattern)) return { method, isNamed: true };
    return { method: 'EQUAL_INSTALMENT', isNamed: false };
  }

  #rate(): { readonly percent: string; readonly basis: TrialRequest['rateBasis'] | undefined } | undefined {
    const spoken = this.#take(FEN_LI)?.value.groups;
    if (spoken)
      return { percent: spokenPercent(spoken), basis: spoken['basis']?.startsWith('月') === true ? 'PERIOD' : 'YEAR' };
    const written = this.#take(RATE)?.value.groups;
    if (!written) return undefined;
    const marks = `${written['before'] ?? ''}${written['after'] ?? ''}`;
    const isPerPeriod = /月|期|month/iu.test(marks);
    return { percent: written['number'] ?? '', basis: isPerPeriod ? 'PERIOD' : marks === '' ? undefined : 'YEAR' };
  }

  #term(): number | undefined {
    const groups = this.#take(TERM)?.value.groups;
    if (!groups) return undefined;
    const unit = /^(?:年|year)/iu.test(groups['unit'] ?? '') ? (groups['unit'] ?? '') : '个月';
    const months = parseMonths(groups['count'] ?? '', unit);
    return months === undefined || months > MAX_MONTHS ? Number.POSITIVE_INFINITY : months;
  }

  /** The amount, and the term when it was written bare: `/trial 300000 36 6%`. */
  #numbers(term: number | undefined): { readonly amount: Fen | undefined; readonly months: number | undefined } {
    const mentions = findMoney(this.#rest);
    const amount = amountAmong(mentions);
    if (amount === undefined) this.#gaps.push('amount');
    else if (amount.bare && amount.amount < SMALLEST_BARE_AMOUNT) this.#gaps.push('amount_unclear');
    else if (amount.amount > LARGEST_AMOUNT) this.#gaps.push('amount_too_large');
    const months = term ?? bareTerm(mentions.filter((mention) => mention !== amount));
    if (months === undefined) this.#gaps.push('term');
    else if (months > MAX_MONTHS) this.#gaps.push('term_too_long');
    return { amount: amount?.amount, months };
  }
}

/** The only amount with a unit, else the largest number; two amounts with units are one too many. */
function amountAmong(mentions: readonly MoneyMention[]): MoneyMention | undefined {
  const positive = mentions.filter(({ amount }) => amount > 0n);
  const marked = positive.filter(({ bare }) => !bare);
  if (marked.length > 1) return undefined;
  return marked[0] ?? positive.toSorted((a, b) => (a.amount < b.amount ? 1 : -1))[0];
}

function bareTerm(mentions: readonly MoneyMention[]): number | undefined {
  const [only, ...others] = mentions.filter(({ bare }) => bare);
  if (only === undefined || others.length > 0 || only.amount % 100n !== 0n) return undefined;
  const months = Number(only.amount / 100n);
  return months >= 1 && months <= MAX_MONTHS ? months : undefined;
}

/** 月息 1 分 = 1 %, 1 厘 = 0.1 %; 年息 1 分 = 10 %, 1 厘 = 1 %. */
function spokenPercent(groups: Readonly<Record<string, string | undefined>>): string {
  const [whole = '0', part = ''] = (groups['number'] ?? '').split('.');
  const isMonthly = groups['basis']?.startsWith('月') === true;
  const shift = (groups['unit'] === '分' ? 1 : 0) - (isMonthly ? 1 : 0);
  if (shift === 0) return part === '' ? whole : `${whole}.${part}`;
  if (shift > 0) return `${whole}${part.slice(0, 1) || '0'}${part.length > 1 ? `.${part.slice(1)}` : ''}`;
  return `${whole.slice(0, -1) || '0'}.${whole.slice(-1)}${part}`;
}
