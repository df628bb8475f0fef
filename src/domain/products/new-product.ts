/** What a product that is to be published may say. Stricter than what is read: versions of earlier days stay readable. Pure. */
import { z } from 'zod';
import { parseYuan } from '../../lib/money.ts';
import { compareRatio, parseDecimal, ratio } from '../../lib/rate.ts';

/** Above 36 % a year no lender may lend: what exceeds it is a typing error, mostly a percentage (9.6 for 0.096). */
const HIGHEST_RATE = ratio('0.36');
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
  });

/** What is no amount at all has been named already. */
function isBelow(value: bigint | undefined, least: bigint | undefined): boolean {
  return value !== undefined && least !== undefined && value < least;
}

const newItem = z.strictObject({
  code: z.string().regex(/^[A-Z]\d{2,3}$/, 'fault.item_code'),
  /** In plain words, or the key of a text. What a standard item (D01 …) leaves out is as the trade has it. */
  name: z.string().trim().min(1).max(80).optional(),
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
