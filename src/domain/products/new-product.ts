/** What a product that is to be published may say. Stricter than what is read: versions of earlier days stay readable. Pure. */
import { z } from 'zod';
import { addMonths, businessDate } from '../../lib/business-date.ts';
import { AppError } from '../../lib/errors.ts';
import { fen, parseYuan } from '../../lib/money.ts';
import { plainName } from '../../lib/plain-name.ts';
import { compareRatio, mulRatio, parseDecimal, ratio, reduce } from '../../lib/rate.ts';
import { buildSchedule } from '../repayments/index.ts';

/**
 * Above 24 % a year neither a micro-lender nor a bank with a platform may lend (银发〔2025〕247号, 金规〔2025〕9号: the rows of
 * `CAP_ROWS`), and a court cuts what exceeds it. The nominal rate alone is held against it: a product has no fees.
 */
export const HIGHEST_RATE = ratio('0.24');
/** What a rate of so much for each 360 days comes to in a year. */
const YEAR_OF_360 = reduce(365n, 360n);
/** Longest schedule that is ever built (`buildSchedule`). */
const LONGEST_TERM = 360;
/** Day counts a loan's schedule is built with. */
const LOAN_DAY_COUNTS = ['30/360', 'ACT/360', 'ACT/365'] as const;

const annualRate = z.string().refine((text) => {
  const rate = /^\d(\.\d{1,8})?$/.test(text) ? parseDecimal(text) : undefined;
  return rate !== undefined && compareRatio(rate, HIGHEST_RATE) <= 0;
}, 'fault.annual_rate');

const amount = z.string().refine((text) => (parseYuan(text) ?? 0n) > 0n, 'fault.amount');

/** The terms of a version to be published. */
export const newTerms = z
  .strictObject({
    method: z.enum(['EQUAL_INSTALMENT', 'INTEREST_ONLY']),
    annualRate,
    minAmount: amount,
    maxAmount: amount,
    termMonths: z
      .array(z.int().min(1).max(LONGEST_TERM))
      .min(1)
      .max(60)
      .refine((terms) => new Set(terms).size === terms.length, 'fault.term_twice'),
    dayCount: z.enum(LOAN_DAY_COUNTS),
  })
  .refine(({ minAmount, maxAmount }) => !isBelow(parseYuan(maxAmount), parseYuan(minAmount)), {
    path: ['maxAmount'],
    message: 'fault.below_minimum',
  })
  .refine(
    ({ annualRate: rate, dayCount }) =>
      dayCount !== 'ACT/360' || compareRatio(mulRatio(ratio(rate), YEAR_OF_360), HIGHEST_RATE) <= 0,
    { path: ['annualRate'], message: 'fault.annual_rate_by_days' },
  )
  .refine(repaysEachMonth, { path: ['termMonths'], message: 'fault.instalment_below_interest' });

/** So large that rounding to the fen decides nothing: what holds for it holds for every amount. */
const ANY_AMOUNT = fen(10n ** 13n);
/** First days of months of every length, over a leap year: where days are counted, the long months charge most. */
const STARTS = Array.from({ length: 24 }, (_, months) => addMonths(businessDate('2027-01-01'), months));

/** Whether each instalment pays principal back, whenever a loan begins: at a high rate over many years a month of 31 days may cost more than the instalment. */
function repaysEachMonth(terms: {
  readonly method: 'EQUAL_INSTALMENT' | 'INTEREST_ONLY';
  readonly annualRate: string;
  readonly termMonths: readonly number[];
  readonly dayCount: (typeof LOAN_DAY_COUNTS)[number];
}): boolean {
  if (terms.method !== 'EQUAL_INSTALMENT' || terms.dayCount === '30/360') return true;
  const instalmentCount = Math.max(...terms.termMonths);
  try {
    return STARTS.every((startOn) =>
      buildSchedule({ ...terms, principalFen: ANY_AMOUNT, instalmentCount, startOn }).every(
        ({ principalFen }) => principalFen > 0n,
      ),
    );
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

/** What is no amount at all has been named already. */
function isBelow(value: bigint | undefined, least: bigint | undefined): boolean {
  return value !== undefined && least !== undefined && value < least;
}

const newItem = z.strictObject({
  code: z.string().regex(/^[A-Z]\d{2,3}$/, 'fault.item_code'),
  /** In plain words, or the key of a text. What a standard item (D01 …) leaves out is as the trade has it. */
  name: plainName(80, 'fault.item_words').optional(),
  isRequired: z.boolean().optional(),
  words: z.array(z.string().trim().min(1).max(40)).max(60).optional(),
});

/** The checklist of a version to be published; an item stands in it once. */
export const newChecklist = z
  .array(newItem)
  .max(60)
  .superRefine((items, issues) => {
    for (const [index, { code }] of items.entries())
      if (items.findIndex((item) => item.code === code) < index)
        issues.addIssue({ code: 'custom', path: [index, 'code'], message: 'fault.item_twice' });
  });
