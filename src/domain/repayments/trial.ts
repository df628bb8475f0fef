/**
 * A trial calculation (还款试算) for a chat: the plan, what it costs in all and per year, and its words. It promises
 * nothing: no product, no customer, no approval stands behind it. The picture is picture.ts, the operation
 * trial-operations.ts.
 */
import { z } from 'zod';
import { parseBusinessDate, type BusinessDate } from '../../lib/business-date.ts';
import { groupedYuan, type Language, type Texts } from '../../lib/i18n.ts';
import { formatYuan, mulDiv, parseYuan, ZERO_FEN, type Fen } from '../../lib/money.ts';
import { formatRatio, mulRatio, parseDecimal, parsePercent, ratio, ZERO_RATIO, type Ratio } from '../../lib/rate.ts';
import { flowAnnualRates, loanAnnualRates, type AnnualRates } from './apr.ts';
import { planSchedule } from './schedule.ts';
import type { Instalment, ScheduleTerms } from './schedule-terms.ts';
import { refuseTerms } from './terms-refusal.ts';

/** The methods of a trial: those that one line of chat can describe. */
const TRIAL_METHODS = ['EQUAL_INSTALMENT', 'EQUAL_PRINCIPAL', 'INTEREST_ONLY', 'BULLET', 'FLAT'] as const;

const MAX_MONTHS = 360;
/** 10 亿元: a picture's columns hold no more, and nobody asks for more in a chat. */
const MAX_TRIAL_FEN = 100_000_000_000n;
const yuan = z.string().refine((text) => isAmount(parseYuan(text)));
const percent = z.string().refine((text) => parsePercent(text) !== undefined);

/** Terms of a trial: money in yuan, months, percent per year or per instalment, today's start by default. */
export const trialInput = z.strictObject({
  principal: yuan,
  n: z.int().min(1).max(MAX_MONTHS),
  ratePct: percent,
  rateBasis: z.enum(['YEAR', 'PERIOD']).default('YEAR'),
  method: z.enum(TRIAL_METHODS),
  upfrontFee: yuan.optional(),
  upfrontFeePct: percent.optional(),
  start: z
    .string()
    .refine((text) => parseBusinessDate(text) !== undefined)
    .optional(),
});

/** The terms as they are read, before defaults. */
export type TrialInput = z.input<typeof trialInput>;

const money = z.string();

/** A calculated trial as plain JSON: enough to write the text and to draw the picture later, elsewhere. */
export const trialPlan = z.object({
  terms: z.object({
    principal: money,
    n: z.int(),
    method: z.enum(TRIAL_METHODS),
    ratePct: z.string(),
    rateBasis: z.enum(['YEAR', 'PERIOD']),
    start: z.string(),
  }),
  /** [n, due, principal, interest, total, balanceAfter] */
  rows: z.array(z.tuple([z.int(), z.string(), money, money, money, money])),
  totals: z.object({ interest: money, fee: money, cost: money, paid: money }),
  /** Fractions of eight decimals; `irrX12` is null when the instalments do not divide a year. */
  rates: z.object({ irrX12: z.string().nullable(), effective: z.string() }),
});
/** {@link trialPlan} */
export type TrialPlan = z.infer<typeof trialPlan>;

/** In whose words something is told. */
export interface Words {
  readonly texts: Texts;
  readonly language: Language;
}

/**
 * Calculates a trial that starts on `today` unless it says otherwise.
 * @throws AppError `request.invalid` when the terms make no schedule, or the fee eats the loan.
 */
export function planTrial(input: TrialInput, today: BusinessDate): TrialPlan {
  const asked = trialInput.parse(input);
  const principalFen = parseYuan(asked.principal) ?? ZERO_FEN;
  const startOn = parseBusinessDate(asked.start ?? today) ?? today;
  const feeFen = upfrontFee(asked, principalFen);
  if (feeFen >= principalFen) throw refuseTerms('/upfrontFee', 'apr.no_rate');
  const { instalments } = planSchedule(scheduleTerms(asked, principalFen, startOn));
  const interestFen = instalments.reduce((sum, row) => sum + row.interestFen, 0n);
  const { irrX12, effective } = annualRates({ principalFen, feeFen, startOn, instalments, months: monthsEach(asked) });
  const { n, method, ratePct, rateBasis } = asked;
  return {
    terms: { principal: formatYuan(principalFen), n, method, ratePct, rateBasis, start: startOn },
    rows: instalments.map(planRow),
    totals: {
      interest: formatYuan(interestFen),
      fee: formatYuan(feeFen),
      cost: formatYuan(interestFen + feeFen),
      paid: formatYuan(principalFen + interestFen + feeFen),
    },
    rates: { irrX12, effective },
  };
}

type Asked = z.output<typeof trialInput>;

function upfrontFee(asked: Asked, principalFen: Fen): Fen {
  const share = asked.upfrontFeePct === undefined ? undefined : parsePercent(asked.upfrontFeePct);
  if (share !== undefined) return mulDiv(principalFen, share.num, share.den);
  return asked.upfrontFee === undefined ? ZERO_FEN : (parseYuan(asked.upfrontFee) ?? ZERO_FEN);
}

/** A bullet loan is one instalment after all its months; every other method pays monthly. */
function monthsEach({ method, n }: Asked): number {
  return method === 'BULLET' ? n : 1;
}

function scheduleTerms(asked: Asked, principalFen: Fen, startOn: BusinessDate): ScheduleTerms {
  const rate = parsePercent(asked.ratePct) ?? ZERO_RATIO;
  const every = monthsEach(asked);
  const common = {
    principalFen,
    startOn,
    instalmentCount: asked.n / every,
    frequency: { unit: 'MONTH' as const, every },
  };
  const { method, rateBasis } = asked;
  const [aMonth, aYear] =
    rateBasis === 'YEAR' ? [mulRatio(rate, { num: 1n, den: 12n }), rate] : [rate, mulRatio(rate, ratio('12'))];
  if (method === 'FLAT') return { ...common, method, feeRatePerPeriod: aMonth };
  return { ...common, method, annualRate: aYear, dayCount: '30/360' };
}

interface Paid {
  readonly principalFen: Fen;
  readonly feeFen: Fen;
  readonly startOn: BusinessDate;
  readonly instalments: readonly Instalment[];
  readonly months: number;
}

/** What it costs per year, the fee kept back counted in. Without equal parts of a year only the dates say it (XIRR). */
function annualRates({ principalFen, feeFen, startOn, instalments, months }: Paid): AnnualRates {
  const netFen = principalFen - feeFen;
  if (12 % months === 0) return loanAnnualRates({ startOn, netFen, rows: instalments, periodsPerYear: 12 / months });
  return flowAnnualRates([
    { on: startOn, amountFen: -netFen },
    ...instalments.map((row) => ({ on: row.dueOn, amountFen: row.totalFen })),
  ]);
}

function planRow(row: Instalment): TrialPlan['rows'][number] {
  const { number, dueOn, principalFen, interestFen, totalFen, balanceFen } = row;
  return [
    number,
    dueOn,
    formatYuan(principalFen),
    formatYuan(interestFen),
    formatYuan(totalFen),
    formatYuan(balanceFen),
  ];
}

function isAmount(amount: Fen | undefined): boolean {
  return amount !== undefined && amount > 0n && amount <= MAX_TRIAL_FEN;
}

/** "300000.00" as "300,000.00". */
export function grouped(text: string): string {
  return groupedYuan(parseYuan(text) ?? 0n);
}

/** A fraction as percent with two decimals: "0.12958709" is "12.96". */
export function inPercent(fraction: string): string {
  const [sign, digits] = fraction.startsWith('-') ? ['-', fraction.slice(1)] : ['', fraction];
  const value = parseDecimal(digits) ?? ZERO_RATIO;
  return sign + formatRatio(mulRatio(value, { num: 100n, den: 1n }), 2);
}

/** The terms in one line: amount, months, method, rate. */
export function trialTermsLine({ terms }: TrialPlan, { texts, language }: Words): string {
  const perMonth = terms.method === 'FLAT' ? 'trial.fee_per_month' : 'trial.rate_per_month';
  const rateKey = terms.rateBasis === 'YEAR' ? 'trial.rate_per_year' : perMonth;
  return texts.translate(language, 'trial.terms', {
    principal: grouped(terms.principal),
    n: String(terms.n),
    method: texts.translate(language, `trial.method.${terms.method}`),
    rate: texts.translate(language, rateKey, { rate: terms.ratePct }),
  });
}

/** What an instalment is: one figure when all are equal, first and last otherwise. */
function trialPaymentLine(plan: TrialPlan, { texts, language }: Words): string {
  const [first, last] = [plan.rows[0], plan.rows.at(-1)];
  if (first === undefined || last === undefined) return '';
  const [amount, lastAmount] = [grouped(first[4]), grouped(last[4])];
  const values = { amount, due: first[1], last: lastAmount, lastDue: last[1] };
  if (plan.rows.length === 1) return texts.translate(language, 'trial.payment_once', values);
  // A difference of a few fen in the last instalment is rounding, not another amount.
  const middle = plan.rows.slice(0, -1);
  const isLevel = middle.every((row) => row[4] === first[4]);
  return texts.translate(
    language,
    isLevel && amount === lastAmount
      ? 'trial.payment_level'
      : isLevel
        ? 'trial.payment_level_but_last'
        : 'trial.payment_changing',
    values,
  );
}

/** Both annual rates in one line; the dates' rate alone where there are no equal parts of a year. */
function trialRatesLine({ rates }: TrialPlan, { texts, language }: Words): string {
  const effective = inPercent(rates.effective);
  if (rates.irrX12 === null) return texts.translate(language, 'trial.rates_by_dates', { effective });
  return texts.translate(language, 'trial.rates', { irr: inPercent(rates.irrX12), effective });
}

/** Why twelve times a flat monthly fee is not the annual rate, for plans that have one; `undefined` for the others. */
export function trialFlatNote({ terms, rates }: TrialPlan, { texts, language }: Words): string | undefined {
  if (terms.method !== 'FLAT' || rates.irrX12 === null) return undefined;
  const rate = parseDecimal(terms.ratePct) ?? ZERO_RATIO;
  const twelvefold = terms.rateBasis === 'YEAR' ? rate : mulRatio(rate, ratio('12'));
  return texts.translate(language, 'trial.flat_note', { nominal: plain(twelvefold), irr: inPercent(rates.irrX12) });
}

function plain(value: Ratio): string {
  return formatRatio(value, 6).replace(/\.?0+$/, '');
}

/** The trial as a chat message, without a picture. */
export function trialText(plan: TrialPlan, words: Words): string {
  const { texts, language } = words;
  const { interest, fee, cost, paid } = plan.totals;
  const values = { interest: grouped(interest), fee: grouped(fee), cost: grouped(cost), paid: grouped(paid) };
  const note = trialFlatNote(plan, words);
  return [
    texts.translate(language, 'trial.title'),
    trialTermsLine(plan, words),
    trialPaymentLine(plan, words),
    texts.translate(language, fee === '0.00' ? 'trial.totals' : 'trial.totals_with_fee', values),
    trialRatesLine(plan, words),
    ...(note === undefined ? [] : [note]),
    texts.translate(language, 'trial.no_promise'),
  ].join('\n');
}
