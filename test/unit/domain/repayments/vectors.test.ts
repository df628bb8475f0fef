/**
 * The figures of the lending reference (test/fixtures/lending.json, a committed copy), row by row and through the same
 * doors the API uses. A failure names the differing row, not a blob.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { levelPaymentFactor } from '../../../../src/domain/repayments/annuity.ts';
import {
  calcAllocate,
  calcApr,
  calcDpd,
  calcPrepay,
  calcSchedule,
  type ScheduleRow,
} from '../../../../src/domain/repayments/calculators.ts';
import {
  balanceByBucket,
  countAtRisk,
  penaltyInterest,
  portfolioAtRisk,
  shareText,
} from '../../../../src/domain/repayments/index.ts';
import { formatYuan, parseYuan } from '../../../../src/lib/money.ts';
import { addRatio, formatRatio, mulRatio, ratio } from '../../../../src/lib/rate.ts';

const Row = z.tuple([z.number(), z.string(), z.string(), z.string(), z.string(), z.string()]);
const Vectors = z.object({
  schedules: z.record(
    z.string(),
    z.object({
      input: z.record(z.string(), z.unknown()),
      rows: z.array(Row),
      totals: z.record(z.string(), z.string()),
      periodicIrr: z.string(),
      xirr365: z.string(),
    }),
  ),
  apr: z.array(
    z.object({ id: z.string(), net: z.string(), irrX12: z.string(), effective: z.string(), xirr365: z.string() }),
  ),
  prepay: z.object({
    payoff: z.record(z.string(), z.unknown()),
    partial: z.object({
      on: z.string(),
      amount: z.string(),
      newBalance: z.string(),
      keepTerm: z.record(z.string(), z.unknown()),
      shorten: z.record(z.string(), z.unknown()),
    }),
  }),
  penalty: z.record(z.string(), z.union([z.string(), z.number()])),
  revolving: z.object({
    dailyRate: z.string(),
    events: z.array(z.tuple([z.string(), z.string(), z.string()])),
    interestByEvent: z.array(z.string()),
    total: z.string(),
  }),
  allocation: z.object({ dues: z.array(z.unknown()), cases: z.array(z.record(z.string(), z.unknown())) }),
  dpd: z.object({
    payments: z.array(z.tuple([z.string(), z.string()])),
    asOf: z.array(z.tuple([z.string(), z.string(), z.number(), z.string()])),
  }),
  portfolio: z.object({
    loans: z.array(z.tuple([z.string(), z.number(), z.number(), z.number()])),
    expect: z.object({
      balanceByBucket: z.record(z.string(), z.number()),
      par1: z.string(),
      par1Count: z.string(),
      par31: z.string(),
      par31Count: z.string(),
      par91: z.string(),
      par91Count: z.string(),
    }),
  }),
  holidayShift2026: z.array(z.tuple([z.string(), z.string(), z.string()])),
  publishedFigures: z.array(
    z.object({
      id: z.string(),
      principal: z.string(),
      annualRatePct: z.string(),
      n: z.number(),
      emi: z.string(),
      interestUnroundedEmi: z.string(),
      interestPostedSchedule: z.string().optional(),
      equalPrincipalFirst: z.string().optional(),
      step: z.string().optional(),
      equalPrincipalInterest: z.string().optional(),
    }),
  ),
});
const vectors = Vectors.parse(
  JSON.parse(readFileSync(new URL('../../../fixtures/lending.json', import.meta.url), 'utf8')),
);
const schedule = (id: string) => {
  const found = vectors.schedules[id];
  if (found === undefined) throw new Error(`no vector ${id}`);
  return found;
};

/** The first row that differs, as text; '' when all agree. */
function firstDifference(actual: readonly ScheduleRow[], expected: readonly z.infer<typeof Row>[]): string {
  for (let i = 0; i < Math.max(actual.length, expected.length); i += 1) {
    const [got, want] = [actual[i]?.join(' '), expected[i]?.join(' ')];
    if (got !== want) return `row ${i + 1}: got ${got}, want ${want}`;
  }
  return '';
}

describe('schedules of the reference', () => {
  test.each(Object.entries(vectors.schedules))('%s comes out row by row', (_, { input, rows, totals }) => {
    const answer = calcSchedule(input);

    expect(firstDifference(answer.rows, rows)).toBe('');
    expect(answer.totals).toEqual(totals);
    expect(answer.warnings).toBeUndefined();
  });

  test.each(Object.entries(vectors.schedules))(
    '%s has the XIRR of the reference',
    (_, { input, rows, periodicIrr, xirr365 }) => {
      const answer = calcApr({ start: input['start'], net: input['principal'], rows, periodsPerYear: 1 });

      expect(answer.xirr365).toBe(Number(xirr365).toFixed(8));
      expect(answer.irrX12).toBe(Number(periodicIrr).toFixed(8));
      expect(answer.effective).toBe(Number(periodicIrr).toFixed(8));
    },
  );
});

test('S03 extended by three months at ACT/360 costs 826.67, 826.67 and 800.00 more (lending reference §3.2)', () => {
  const { input } = schedule('S03');
  const extension = calcSchedule({ ...input, start: '2026-07-15', firstDue: '2026-08-15', n: 3, dayCount: 'ACT/360' });

  expect(extension.rows.map((row) => row[3])).toEqual(['826.67', '826.67', '800.00']);
});

describe('annual rates of the reference', () => {
  test.each(vectors.apr.map((row) => [row.id, row] as const))('%s', (id, { net, irrX12, effective, xirr365 }) => {
    const flat = calcSchedule({ ...schedule('S06').input, feePctPerPeriodOnOriginal: '0.6' });
    const rows = { A1: schedule('S01').rows, A2: schedule('S06').rows, A6: flat.rows }[id];

    const answer = calcApr({ start: '2026-01-15', net, rows, periodsPerYear: 12 });

    expect(answer).toMatchObject({ irrX12, effective, xirr365 });
  });

  test('a fee paid on the day of disbursement costs the same as one kept back from it', () => {
    const kept = calcApr({ start: '2026-01-15', net: '116400.00', rows: schedule('S01').rows, periodsPerYear: 12 });
    const paid = calcApr({
      start: '2026-01-15',
      net: '120000.00',
      rows: schedule('S01').rows,
      periodsPerYear: 12,
      fees: [['2026-01-15', '3600.00']],
    });

    expect(paid).toEqual(kept);
  });
});

describe('prepayment of the reference', () => {
  const base = { schedule: schedule('S01').input, dayCount: 'ACT/360', feePct: '1' };

  test('paying S01 off five days after instalment 4 costs 81 843.69', () => {
    expect(calcPrepay({ ...base, asOf: vectors.prepay.payoff['on'] })).toEqual(vectors.prepay.payoff);
  });

  test.each(['keepTerm', 'shorten'] as const)('30 000 of S01 paid early on a due date: %s', (mode) => {
    const { on, amount, newBalance } = vectors.prepay.partial;

    const answer = calcPrepay({ ...base, asOf: on, amount, mode });

    expect(answer).toEqual({ on, newBalance, ...vectors.prepay.partial[mode] });
  });
});

test('ten days late on S01 #1 cost 29.02, and 2.16 more on its interest where compound interest is agreed', () => {
  const { penalty } = vectors;
  const text = (key: string) => String(penalty[key]);
  const annualRate = mulRatio(mulRatio(ratio(text('contractRatePct')), ratio('0.01')), ratio(text('multiplier')));
  const on = (amount: string) =>
    formatYuan(penaltyInterest(parseYuan(amount) ?? 0n, Number(penalty['days']), { annualRate, basis: 360 }));

  expect(on(text('principal'))).toBe(penalty['base360']);
  expect(on(text('interestOverdue'))).toBe(penalty['compoundOnInterest']);
  expect(on(text('principal'))).not.toBe(penalty['sumOfDailyRoundedWRONG']);
});

test('revolving use at 0.05 % a day costs 375.00 by the four events of the reference', () => {
  const { dailyRate, events, interestByEvent, total } = vectors.revolving;

  const answer = calcSchedule({ method: 'REVOLVING', dailyRate, events });

  expect(answer.rows.map((row) => row[3])).toEqual(interestByEvent);
  expect(answer.totals).toEqual({ principal: '30000.00', interest: total, total: '30375.00' });
  expect(answer.rows.at(-1)?.[5]).toBe('0.00');
});

describe('allocation of the reference', () => {
  test.each(vectors.allocation.cases.map((row) => [`${String(row['pay'])} ${String(row['mode'])}`, row] as const))(
    '%s',
    (_, row) => {
      const { out, left, ...input } = row;

      expect(calcAllocate({ dues: vectors.allocation.dues, ...input })).toEqual({ out, left });
    },
  );

  test.each([
    [
      '11500.00',
      'VERTICAL',
      'principal,interest,penalty,fee',
      [{ principal: '9674.28' }, { principal: '1825.72' }],
      '0.00',
    ],
    [
      '11500.00',
      'VERTICAL',
      'fee,interest,principal,penalty',
      [
        { fee: '50.00', interest: '720.00', principal: '9674.28' },
        { fee: '50.00', interest: '661.95', principal: '343.77' },
      ],
      '0.00',
    ],
    ['21000.00', 'HORIZONTAL', 'principal,penalty,fee,interest', vectors.allocation.dues, '72.79'],
  ])('%s %s %s (lending reference §3.1)', (...[pay, mode, order, out, left]) => {
    expect(calcAllocate({ dues: vectors.allocation.dues, pay, mode, order })).toEqual({ out, left });
  });
});

describe('days past due of the reference', () => {
  const rows = schedule('S01').rows.slice(0, 4);

  test.each(vectors.dpd.asOf)('on %s: %s overdue, %i days, %s', (asOf, overdue, dpd, bucket) => {
    expect(calcDpd({ schedule: rows, payments: vectors.dpd.payments, asOf })).toEqual({ overdue, dpd, bucket });
  });

  test.each([
    ['2026-02-16', '10394.28', 1, 'M1'],
    ['2026-03-20', '10394.28', 5, 'M1'],
    ['2026-04-15', '10394.28', 31, 'M2'],
    ['2026-05-16', '31182.84', 62, 'M3'],
  ])('on %s: %s overdue, %i days, %s (lending reference §3.5)', (asOf, overdue, dpd, bucket) => {
    expect(calcDpd({ schedule: rows, payments: vectors.dpd.payments, asOf })).toEqual({ overdue, dpd, bucket });
  });

  test('three days of grace report 0 through 18 February and 4 on the 19th', () => {
    const on = (asOf: string) => calcDpd({ schedule: rows, payments: [], asOf, graceDays: 3 }).dpd;

    expect([on('2026-02-16'), on('2026-02-18'), on('2026-02-19')]).toEqual([0, 0, 4]);
  });
});

test('the ten loans of the portfolio give the reference shares and bucket balances', () => {
  const loans = vectors.portfolio.loans.map(([, outstanding, dpd]) => ({
    outstandingFen: BigInt(outstanding) * 100n,
    dpd,
  }));
  const { expect: want } = vectors.portfolio;
  const yuan = Object.fromEntries([...balanceByBucket(loans)].map(([name, amount]) => [name, Number(amount / 100n)]));

  expect(yuan).toEqual(want.balanceByBucket);
  expect([1, 31, 91].map((days) => Number(shareText(portfolioAtRisk(loans, days))))).toEqual(
    [want.par1, want.par31, want.par91].map(Number),
  );
  expect([1, 31, 91].map((days) => Number(shareText(countAtRisk(loans, days))))).toEqual(
    [want.par1Count, want.par31Count, want.par91Count].map(Number),
  );
});

describe('holiday shift of the reference', () => {
  const shifted = (due: string, rule: string) =>
    calcSchedule({
      method: 'INTEREST_ONLY',
      principal: '1000.00',
      annualRatePct: '6',
      start: '2025-12-01',
      dueDates: [due],
      dayCount: 'ACT/360',
      holidayShift: { rule },
    }).rows[0]?.[1];

  test.each(vectors.holidayShift2026)('%s is paid on %s, or before it on %s', (due, following, preceding) => {
    expect([shifted(due, 'FOLLOWING'), shifted(due, 'PRECEDING'), shifted(due, 'NONE')]).toEqual([
      following,
      preceding,
      due,
    ]);
  });

  test('MODIFIED_FOLLOWING stays in January for Saturday 2026-01-31', () => {
    expect(shifted('2026-01-31', 'MODIFIED_FOLLOWING')).toBe('2026-01-30');
  });

  test.each([
    ['ADJUSTED', ['933.33', '640.00']],
    ['UNADJUSTED', ['746.67', '826.67']],
  ])('interest %s over the Spring Festival: 100 000 at 9.6 percent', (interest, want) => {
    const { rows } = calcSchedule({
      method: 'INTEREST_ONLY',
      principal: '100000.00',
      annualRatePct: '9.6',
      start: '2026-01-20',
      dueDates: ['2026-02-17', '2026-03-20'],
      dayCount: 'ACT/360',
      holidayShift: { rule: 'FOLLOWING', interest },
    });

    expect(rows.map((row) => row[3])).toEqual(want);
    expect(rows.map((row) => row[1])).toEqual(['2026-02-24', '2026-03-20']);
  });
});

/** A bank page prints sums of unrounded figures; a posted schedule adds up what is really paid. Both are right. */
describe('published figures of the reference', () => {
  test.each(vectors.publishedFigures.map((row) => [row.id, row] as const))('%s', (_, figure) => {
    const { principal, annualRatePct, n } = figure;
    const loan = ratio(principal);
    const monthly = mulRatio(ratio(annualRatePct), { num: 1n, den: 1200n });
    const count = { num: BigInt(n), den: 1n };
    const level = mulRatio(
      loan,
      levelPaymentFactor({ nums: Array.from({ length: n }, () => monthly.num), den: monthly.den }),
    );
    const part = mulRatio(loan, { num: 1n, den: count.num });
    const posted = calcSchedule({
      method: 'EQUAL_INSTALMENT',
      principal,
      annualRatePct,
      n,
      start: '2026-01-01',
      dayCount: '30/360',
    });

    expect(posted.rows[0]?.[4]).toBe(figure.emi);
    expect(formatRatio(addRatio(mulRatio(level, count), { num: -loan.num, den: loan.den }), 2)).toBe(
      figure.interestUnroundedEmi,
    );
    if (figure.interestPostedSchedule !== undefined) expect(posted.totals.interest).toBe(figure.interestPostedSchedule);
    if (figure.equalPrincipalFirst === undefined) return;
    expect(formatRatio(addRatio(part, mulRatio(loan, monthly)), 2)).toBe(figure.equalPrincipalFirst);
    expect(formatRatio(mulRatio(part, monthly), 2)).toBe(figure.step);
    const interest = mulRatio(mulRatio(loan, monthly), { num: BigInt(n + 1), den: 2n });
    expect(formatRatio(interest, 2)).toBe(figure.equalPrincipalInterest);
  });
});
