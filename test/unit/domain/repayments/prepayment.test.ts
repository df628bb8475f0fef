/** Paying early, for every method that bears interest by the day, and revolving use. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  accrueRevolving,
  calcPrepay,
  calcSchedule,
  partialPrepayment,
  payoffQuote,
  type PayoffAnswer,
  type InterestBearingTerms,
  type RevolvingEvent,
} from '../../../../src/domain/repayments/index.ts';
import { addDays, businessDate as on } from '../../../../src/lib/business-date.ts';
import { mulDiv } from '../../../../src/lib/money.ts';
import { ratio, ZERO_RATIO } from '../../../../src/lib/rate.ts';

const SEED = 20_260_115;
const S01 = {
  method: 'EQUAL_INSTALMENT',
  principal: '120000.00',
  annualRatePct: '7.2',
  start: '2026-01-15',
  n: 12,
  dayCount: '30/360',
};
const prepay = (change: Record<string, unknown>, schedule: Record<string, unknown> = {}) =>
  calcPrepay({ schedule: { ...S01, ...schedule }, asOf: '2026-05-15', feePct: '0', dayCount: 'ACT/360', ...change });

describe('a payoff', () => {
  test('on a due date costs the balance, without a day of interest', () => {
    expect(prepay({})).toMatchObject({ principal: '80953.21', interestDays: 0, interest: '0.00', total: '80953.21' });
  });

  test('before the first due date counts days from the start', () => {
    expect(prepay({ asOf: '2026-01-25' })).toMatchObject({
      principal: '120000.00',
      interestDays: 10,
      interest: '240.00',
      total: '120240.00',
    });
  });

  test('on the day of disbursement is what was lent', () => {
    expect(prepay({ asOf: '2026-01-15' })).toMatchObject({ interestDays: 0, total: '120000.00' });
  });

  test('after the last instalment is nothing', () => {
    expect(prepay({ asOf: '2027-02-01' })).toMatchObject({
      principal: '0.00',
      interestDays: 0,
      interest: '0.00',
      total: '0.00',
    });
  });

  test('of 先息后本 is the whole principal and the days since the last interest', () => {
    expect(prepay({ asOf: '2026-05-20' }, { method: 'INTEREST_ONLY' })).toMatchObject({
      principal: '120000.00',
      interest: '120.00',
    });
  });

  test('of 利随本清 counts every day since the start, in a 30/360 year when asked so', () => {
    const bullet = { method: 'BULLET', n: 12 };

    expect(prepay({ asOf: '2026-05-20', dayCount: 'ACT/360' }, bullet)).toMatchObject({
      interestDays: 125,
      interest: '3000.00',
    });
    expect(prepay({ asOf: '2026-05-20', dayCount: '30/360' }, bullet)).toMatchObject({
      interestDays: 125,
      interest: '3000.00',
    });
    expect(prepay({ asOf: '2026-05-31', dayCount: '30/360' }, bullet)).toMatchObject({ interestDays: 136 });
  });

  test('with an instalment unpaid contains its interest and principal, and the fee only on principal paid early', () => {
    const payments = [
      ['2026-02-15', '10394.28'],
      ['2026-03-15', '10394.28'],
      ['2026-04-15', '10394.28'],
    ];

    const answer = prepay({ asOf: '2026-05-20', payments, feePct: '1' }) as PayoffAnswer;

    // #4 owes 544.82 + 9 849.46; five days run on 90 802.67: 90.80. The fee is on the 80 953.21 not yet due.
    expect(answer).toMatchObject({ principal: '90802.67', interest: '635.62', fee: '809.53', total: '92247.82' });
  });

  test('is less by what was paid beyond the dues', () => {
    const payments = [['2026-02-10', '11000.00']];

    expect(prepay({ asOf: '2026-02-15', payments })).toMatchObject({
      principal: '110325.72',
      total: '109720.00',
      credit: '605.72',
    });
  });

  test('payments after the day do not count', () => {
    const paid = [['2026-02-15', '10394.28']];

    expect(prepay({ asOf: '2026-02-15', payments: [...paid, ['2026-02-16', '5.00']] })).toEqual(
      prepay({ asOf: '2026-02-15', payments: paid }),
    );
  });

  test('costs no more the earlier it is made: interest up to the day never falls', () => {
    const terms: InterestBearingTerms = {
      method: 'EQUAL_INSTALMENT',
      principalFen: 12_000_000n,
      annualRate: ratio('0.072'),
      startOn: on('2026-01-15'),
      instalmentCount: 12,
      dayCount: 'ACT/365',
    };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 340 }), (day) => {
        const asOf = addDays(terms.startOn, day);
        const paidBy = (until: string) => calcPaid(terms, until);
        const cost = (date: typeof asOf) =>
          payoffQuote({ terms, asOf: date, dayCount: 'ACT/365' }, ZERO_RATIO).totalFen + paidBy(date);

        expect(cost(addDays(asOf, 1)) >= cost(asOf)).toBe(true);
      }),
      { seed: SEED, numRuns: 150 },
    );
  });
});

/** What the plan has asked for by a day, in fen. */
function calcPaid(terms: InterestBearingTerms, until: string): bigint {
  const { rows } = calcSchedule({ ...S01, dayCount: terms.dayCount });
  return rows.reduce((sum, row) => (row[1] <= until ? sum + BigInt(row[4].replace('.', '')) : sum), 0n);
}

describe('a partial prepayment', () => {
  test('keeps the term by default', () => {
    expect(prepay({ amount: '30000.00' })).toEqual(prepay({ amount: '30000.00', mode: 'keepTerm' }));
  });

  test('of 等额本金 that shortens keeps the principal part: 80 000 less 35 000 is 4 × 10 000 and 5 000', () => {
    expect(prepay({ amount: '35000.00', mode: 'shorten' }, { method: 'EQUAL_PRINCIPAL' })).toMatchObject({
      newBalance: '45000.00',
      n: 5,
      emi: '10270.00',
      last: '5030.00',
    });
  });

  test('of 等额本金 that keeps the term spreads what is left over the eight instalments', () => {
    expect(prepay({ amount: '40000.00', mode: 'keepTerm' }, { method: 'EQUAL_PRINCIPAL' })).toMatchObject({
      n: 8,
      emi: '5240.00',
      last: '5030.00',
    });
  });

  test('of 先息后本 lowers the interest and keeps the end', () => {
    expect(prepay({ amount: '60000.00' }, { method: 'INTEREST_ONLY' })).toEqual({
      on: '2026-05-15',
      newBalance: '60000.00',
      n: 8,
      emi: '360.00',
      last: '60360.00',
      interest: '2880.00',
    });
  });

  test('of a balloon that keeps the payment makes the balloon smaller', () => {
    const balloon = { method: 'BALLOON', principal: '300000.00', annualRatePct: '6', n: 36, amortisedOver: 120 };

    expect(prepay({ amount: '50000.00', mode: 'shorten' }, balloon)).toMatchObject({ n: 32, emi: '3330.62' });
  });

  test('inside the interest-only months keeps the months that are left', () => {
    const grace = { method: 'GRACE_THEN_EQUAL_INSTALMENT', graceInterestOnly: 6 };
    const answer = prepay({ amount: '20000.00' }, grace);

    // Two months of interest on 100 000 and then the level payment of the last six, as a fresh loan would have them.
    const fresh = calcSchedule({
      ...S01,
      ...grace,
      principal: '100000.00',
      start: '2026-05-15',
      n: 8,
      graceInterestOnly: 2,
    });
    expect(answer).toMatchObject({ n: 8, interest: fresh.totals.interest, last: fresh.rows.at(-1)?.[4] });
  });

  test('of a clipped month end still counts whole months', () => {
    const january = { start: '2026-01-31', n: 3, principal: '30000.00', annualRatePct: '12' };
    const answer = prepay({ asOf: '2026-02-28', amount: '5000.00' }, january);

    const [first] = calcSchedule({ ...S01, ...january }).rows;
    const left = Number(first?.[5]) - 5000;
    const fresh = calcSchedule({
      ...S01,
      ...january,
      principal: left.toFixed(2),
      start: '2026-02-28',
      firstDue: '2026-03-31',
      dueDay: 31,
      n: 2,
    });
    expect(answer).toMatchObject({
      n: 2,
      emi: fresh.rows[0]?.[4],
      last: fresh.rows[1]?.[4],
      interest: fresh.totals.interest,
    });
  });

  test('between due dates charges the old balance to the day and the new one from it', () => {
    const terms: InterestBearingTerms = {
      method: 'EQUAL_INSTALMENT',
      principalFen: 12_000_000n,
      annualRate: ratio('0.072'),
      startOn: on('2026-01-15'),
      instalmentCount: 12,
      dayCount: '30/360',
    };

    const { instalments } = partialPrepayment(
      { terms, asOf: on('2026-05-20'), dayCount: 'ACT/360' },
      3_000_000n,
      'keepTerm',
    );

    expect(instalments[0]?.interestFen).toBe(mulDiv(8_095_321n * 5n + 5_095_321n * 26n, 72n, 360_000n));
    expect(instalments.reduce((sum, row) => sum + row.principalFen, 0n)).toBe(5_095_321n);
  });
});

describe('revolving use', () => {
  const event = (date: string, kind: RevolvingEvent['kind'], amountFen: bigint): RevolvingEvent => ({
    on: on(date),
    kind,
    amountFen,
  });

  test('posts differences of rounded totals: three days of 0.333 fen each are one fen in all', () => {
    // 0.01 % a day on 0.33 yuan is 0.0033 fen; over 100, 200 and 300 days 0.33, 0.66 and 0.99 fen.
    const rows = accrueRevolving({
      dailyRate: ratio('0.0001'),
      events: [
        event('2026-01-01', 'draw', 33n),
        event('2026-04-11', 'draw', 1n),
        event('2026-07-20', 'repayPrincipal', 1n),
        event('2026-10-28', 'repayPrincipal', 33n),
      ],
    });

    expect(rows.reduce((sum, row) => sum + row.interestFen, 0n)).toBe(1n);
  });

  test('the order in which events are told does not matter, but their dates do', () => {
    const events: [string, string, string][] = [
      ['2026-03-01', 'draw', '20000.00'],
      ['2026-03-11', 'draw', '10000.00'],
      ['2026-03-31', 'repayPrincipal', '30000.00'],
    ];
    const body = { method: 'REVOLVING', dailyRate: '0.0005' };

    expect(calcSchedule({ ...body, events: [events[2], events[0], events[1]] })).toEqual(
      calcSchedule({ ...body, events }),
    );
  });

  test('two events of one day cost nothing between them', () => {
    const { rows } = calcSchedule({
      method: 'REVOLVING',
      dailyRate: '0.0005',
      events: [
        ['2026-03-01', 'draw', '100.00'],
        ['2026-03-01', 'draw', '100.00'],
        ['2026-03-11', 'repayPrincipal', '50.00'],
      ],
    });

    expect(rows).toEqual([
      [1, '2026-03-01', '0.00', '0.00', '0.00', '200.00'],
      [2, '2026-03-11', '50.00', '1.00', '51.00', '150.00'],
    ]);
  });
});
