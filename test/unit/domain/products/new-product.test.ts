/** What may be published makes a loan on every day it can begin. */
import { describe, expect, test } from 'vitest';
import { HIGHEST_RATE, newTerms } from '../../../../src/domain/products/new-product.ts';
import { buildSchedule, CAP_ROWS, capOn, LPR_ROWS } from '../../../../src/domain/repayments/index.ts';
import { addDays, businessDate } from '../../../../src/lib/business-date.ts';
import { fen } from '../../../../src/lib/money.ts';

const YEAR = Array.from({ length: 366 }, (_, day) => addDays(businessDate('2027-08-01'), day));

test('the highest rate is what the widest of those who lend by licence may ask today', () => {
  const tables = { caps: CAP_ROWS, lprs: LPR_ROWS };
  for (const lender of ['MICRO_LENDER', 'BANK_WITH_PLATFORM', 'CONSUMER_FINANCE', 'FINANCIAL_INSTITUTION'] as const)
    expect(capOn(lender, businessDate('2026-11-21'), tables)).toMatchObject({ annualRate: HIGHEST_RATE });
});

describe('an equal instalment over many years', () => {
  test.each([
    ['ACT/365', 360],
    ['ACT/360', 240],
    ['ACT/365', 300],
  ] as const)(
    'at the highest rate that may be published (%s, %i terms) pays principal back each month, whenever the loan begins',
    (dayCount, instalmentCount) => {
      const rates = Array.from({ length: 24 }, (_, index) => `0.${String(index + 1).padStart(2, '0')}`);
      const terms = { method: 'EQUAL_INSTALMENT' as const, minAmount: '1000.00', maxAmount: '50000000.00', dayCount };
      const published = rates.filter(
        (annualRate) => newTerms.safeParse({ ...terms, annualRate, termMonths: [instalmentCount] }).success,
      );
      const highest = published.at(-1) ?? '';

      expect(Number(highest)).toBeGreaterThan(0.1);
      expect(Number(highest)).toBeLessThan(0.24);
      for (const principalFen of [fen(100_000n), fen(100_003n), fen(5_000_000_000n)])
        for (const startOn of YEAR.filter((_, day) => day % 9 === 0 || day % 31 > 27))
          expect(
            buildSchedule({ ...terms, annualRate: highest, principalFen, instalmentCount, startOn }).filter(
              (row) => row.principalFen < 0n,
            ),
          ).toEqual([]);
    },
  );
});
