/** Schedules beyond the reference vectors: a second implementation, published oracles, and what must always hold. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buildSchedule,
  calcSchedule,
  DAY_COUNTS,
  planSchedule,
  type DayCount,
  type ScheduleAnswer,
  type ScheduleTerms,
} from '../../../../src/domain/repayments/index.ts';
import { businessDate } from '../../../../src/lib/business-date.ts';
import { formatYuan } from '../../../../src/lib/money.ts';
import { ratio } from '../../../../src/lib/rate.ts';
import { plainSchedule, type PlainTerms } from './decimal-schedule.ts';

const SEED = 20_260_115;
const column = (answer: ScheduleAnswer, index: 1 | 2 | 3 | 4 | 5) => answer.rows.map((row) => row[index]);

const S01 = {
  method: 'EQUAL_INSTALMENT',
  principal: '120000.00',
  annualRatePct: '7.2',
  start: '2026-01-15',
  n: 12,
  dayCount: '30/360',
};

const amount = fc.bigInt({ min: 1_000_00n, max: 10n ** 13n }).map(formatYuan);
const pct = fc
  .bigInt({ min: 0n, max: 36_0000n })
  .map((x) => `${x / 10_000n}.${(x % 10_000n).toString().padStart(4, '0')}`);
const start = fc
  .record({
    y: fc.integer({ min: 1990, max: 2090 }),
    m: fc.integer({ min: 1, max: 12 }),
    d: fc.integer({ min: 1, max: 31 }),
  })
  .filter(({ y, m, d }) => d <= new Date(Date.UTC(y, m, 0)).getUTCDate());
const text = ({ y, m, d }: { y: number; m: number; d: number }) =>
  `${y}-${String(m).padStart(2, '0')}-${String(d).padStart(2, '0')}`;

describe('against a second implementation in decimals', () => {
  const terms = fc.record({
    method: fc.constantFrom<PlainTerms['method']>(
      'EQUAL_INSTALMENT',
      'EQUAL_PRINCIPAL',
      'INTEREST_ONLY',
      'BULLET',
      'FLAT',
      'BALLOON',
      'GRACE_THEN_EQUAL_INSTALMENT',
    ),
    principal: amount,
    ratePct: pct,
    start,
    n: fc.integer({ min: 2, max: 60 }),
    dayCount: fc.constantFrom(...DAY_COUNTS),
    extra: fc.integer({ min: 0, max: 60 }),
  });

  test('500 random loans agree row by row, to the cent', () => {
    fc.assert(
      fc.property(terms, ({ extra, start: from, ...rest }) => {
        const grace = extra % rest.n;
        const own =
          rest.method === 'BALLOON'
            ? { amortisedOver: rest.n + extra }
            : rest.method === 'GRACE_THEN_EQUAL_INSTALMENT'
              ? { graceInterestOnly: grace }
              : {};
        const rate =
          rest.method === 'FLAT' ? { feePctPerPeriodOnOriginal: rest.ratePct } : { annualRatePct: rest.ratePct };
        const { method, principal, n, dayCount } = rest;

        const answer = calcSchedule({ method, principal, n, dayCount, start: text(from), ...rate, ...own });

        const plain = plainSchedule({
          ...rest,
          start: [from.y, from.m, from.d],
          ...(rest.method === 'BALLOON' ? { amortisedOver: rest.n + extra } : {}),
          ...(rest.method === 'GRACE_THEN_EQUAL_INSTALMENT' ? { grace } : {}),
        });
        expect(answer.rows).toEqual(plain);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

/** Figures other people published, computed by their programs. */
describe('published oracles', () => {
  test('Apache Fineract: 100 at 15.678 % over six months of 2024, ACT/365, half-even', () => {
    // ProgressiveEMICalculatorTest.test_emiAdjustment_newCalculatedEmiNotBetterThanOriginal (apache/fineract 76c1158)
    const answer = calcSchedule({
      ...S01,
      principal: '100.00',
      annualRatePct: '15.678',
      start: '2024-01-01',
      n: 6,
      dayCount: 'ACT/365',
      rounding: 'HALF_EVEN',
    });

    expect(column(answer, 4)).toEqual(['17.43', '17.43', '17.43', '17.43', '17.43', '17.47']);
    expect(column(answer, 3)).toEqual(['1.33', '1.05', '0.90', '0.66', '0.46', '0.22']);
    expect(column(answer, 5)).toEqual(['83.90', '67.52', '50.99', '34.22', '17.25', '0.00']);
  });

  test('Apache Fineract: 100 at 9.4822 % over six months, 30/360, half-even', () => {
    // ProgressiveEMICalculatorTest.test_disbursedAmt100_dayInYears360_daysInMonth30_repayEvery1Month
    const answer = calcSchedule({
      ...S01,
      principal: '100.00',
      annualRatePct: '9.4822',
      start: '2024-01-01',
      n: 6,
      rounding: 'HALF_EVEN',
    });

    expect(column(answer, 4)).toEqual(['17.13', '17.13', '17.13', '17.13', '17.13', '17.13']);
    expect(column(answer, 3)).toEqual(['0.79', '0.66', '0.53', '0.40', '0.27', '0.13']);
    expect(column(answer, 5)).toEqual(['83.66', '67.19', '50.59', '33.86', '17.00', '0.00']);
  });

  test('Frappe Lending: 280 000 at 8.4 % over 20 months in whole units of 15 052', () => {
    // frappe/lending test_loan.py, whose figures are rounded to whole units for display
    const { rows, totals } = calcSchedule({
      ...S01,
      principal: '280000.00',
      annualRatePct: '8.4',
      n: 20,
      roundTo: '1',
    });
    const whole = (index: number) => [2, 3, 5].map((at) => Math.round(Number(rows[index]?.[at])));

    expect(rows[0]?.[4]).toBe('15052.00');
    expect(whole(3)).toEqual([13369, 1683, 227080]);
    expect(whole(19)).toEqual([14941, 105, 0]);
    expect([totals.interest, totals.total].map((sum) => Math.round(Number(sum)))).toEqual([21034, 301034]);
  });

  test.each([
    ['EQUAL_INSTALMENT', ['4498.77', '4498.77', '4498.79'], '3985.26'],
    ['EQUAL_PRINCIPAL', ['4766.67', '4716.67', '4216.63'], '3900.00'],
  ])('trade reference §7.3: 50 000 at 14.4 %% over 12 months, %s', (method, payments, interest) => {
    const answer = calcSchedule({ ...S01, method, principal: '50000.00', annualRatePct: '14.4' });
    const totals = column(answer, 4);

    expect([totals[0], totals[1], totals.at(-1)]).toEqual(payments);
    expect(answer.totals.interest).toBe(interest);
  });
});

describe('due dates', () => {
  const dues = (change: Record<string, unknown>) => column(calcSchedule({ ...S01, n: 4, ...change }), 1);

  test('keep the anchor day: 31 January, 28 February, 31 March, 30 April', () => {
    expect(dues({ start: '2026-01-31' })).toEqual(['2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31']);
  });

  test('of a loan of 30 January 2023 are 28 February and then the 30th (Fineract)', () => {
    expect(dues({ start: '2023-01-30' })).toEqual(['2023-02-28', '2023-03-30', '2023-04-30', '2023-05-30']);
  });

  test('remember the start when a clipped first due date has hidden its day', () => {
    expect(dues({ start: '2023-12-31', firstDue: '2024-02-29' })).toEqual([
      '2024-02-29',
      '2024-03-31',
      '2024-04-30',
      '2024-05-31',
    ]);
  });

  test('stay on the 28th when the first due date says so and the start is no later day', () => {
    expect(dues({ start: '2026-01-15', firstDue: '2026-02-28' })).toEqual([
      '2026-02-28',
      '2026-03-28',
      '2026-04-28',
      '2026-05-28',
    ]);
  });

  test('follow an agreed due day', () => {
    expect(dues({ start: '2026-01-10', dueDay: 30 })).toEqual(['2026-02-28', '2026-03-30', '2026-04-30', '2026-05-30']);
  });

  test('step by weeks and days without clipping', () => {
    expect(dues({ start: '2026-01-29', freq: 'WEEK', dayCount: 'ACT/365' })).toEqual([
      '2026-02-05',
      '2026-02-12',
      '2026-02-19',
      '2026-02-26',
    ]);
    expect(dues({ start: '2026-01-29', freq: 'DAY*14', dayCount: 'ACT/365' })).toEqual([
      '2026-02-12',
      '2026-02-26',
      '2026-03-12',
      '2026-03-26',
    ]);
  });

  test('step by quarters', () => {
    expect(dues({ start: '2025-11-30', freq: 'MONTH*3' })).toEqual([
      '2026-02-28',
      '2026-05-30',
      '2026-08-30',
      '2026-11-30',
    ]);
  });
});

describe('odd first periods', () => {
  const loan = { ...S01, principal: '200000.00', annualRatePct: '12', start: '2026-01-10', firstDue: '2026-02-20' };

  test('RATE_FACTOR solves one constant payment over the real first period', () => {
    const answer = calcSchedule({ ...loan, firstPeriod: 'RATE_FACTOR(ACT/360)' });

    const payments = new Set(column(answer, 4).slice(0, -1));
    expect(payments.size).toBe(1);
    expect(answer.rows[0]?.[3]).toBe('2733.33');
    expect(answer.totals.principal).toBe('200000.00');
  });

  test('without a rule the stub counts by the loan’s own days: 40 of a 30/360 year', () => {
    const answer = calcSchedule(loan);

    expect(answer.rows[0]?.[3]).toBe('2666.67');
    expect(answer).toEqual(calcSchedule({ ...loan, firstPeriod: 'RATE_FACTOR' }));
  });

  test('SKIP_TO_NEXT costs what the loan would cost had it started a month before the first due date', () => {
    const skipped = calcSchedule({ ...loan, firstPeriod: 'SKIP_TO_NEXT' });

    expect(skipped.rows).toEqual(calcSchedule({ ...loan, start: '2026-01-20' }).rows);
  });

  test('SKIP_TO_NEXT skips nothing of a short first period', () => {
    const short = { ...loan, start: '2026-02-05' };

    expect(calcSchedule({ ...short, firstPeriod: 'SKIP_TO_NEXT' })).toEqual(calcSchedule(short));
  });

  test('BROKEN_INTEREST_ADDED charges a short first period less, principal unchanged', () => {
    const broken = calcSchedule({ ...loan, start: '2026-02-05', firstPeriod: 'BROKEN_INTEREST_ADDED(ACT/360)' });
    const regular = calcSchedule({ ...loan, start: '2026-01-20' });

    expect(broken.rows[0]?.[3]).toBe('1000.00');
    expect(column(broken, 2)).toEqual(column(regular, 2));
  });

  test.each(['INTEREST_ONLY', 'EQUAL_PRINCIPAL'])(
    'BROKEN_INTEREST_ADDED touches only the first interest of %s',
    (method) => {
      const broken = calcSchedule({ ...loan, method, firstPeriod: 'BROKEN_INTEREST_ADDED(ACT/360)' });
      const regular = calcSchedule({ ...loan, method, start: '2026-01-20' });

      expect(broken.rows[0]?.[3]).toBe('2733.33');
      expect(broken.rows.slice(1)).toEqual(regular.rows.slice(1));
    },
  );

  test('a full first month is not odd, whatever the rule', () => {
    const full = { ...loan, start: '2026-01-20' };

    expect(calcSchedule({ ...full, firstPeriod: 'BROKEN_INTEREST_ADDED(ACT/360)' })).toEqual(calcSchedule(full));
  });
});

describe('methods', () => {
  test('FIXED_PAYMENT takes as many instalments as it needs, the last one smaller', () => {
    const answer = calcSchedule({ ...S01, method: 'FIXED_PAYMENT', n: undefined, payment: '11000.00' });

    expect(answer.rows).toHaveLength(12);
    expect(new Set(column(answer, 4).slice(0, -1))).toEqual(new Set(['11000.00']));
    expect(Number(answer.rows.at(-1)?.[4])).toBeLessThan(11000);
    expect(answer.rows.at(-1)?.[5]).toBe('0.00');
  });

  test('FIXED_PAYMENT of what S01 asks for gives S01 again', () => {
    const fixed = calcSchedule({ ...S01, method: 'FIXED_PAYMENT', n: undefined, payment: '10394.28' });

    expect(fixed).toEqual(calcSchedule(S01));
  });

  test('a payment of the whole loan and more settles it with the first instalment', () => {
    const { rows } = calcSchedule({ ...S01, method: 'FIXED_PAYMENT', n: undefined, payment: '999999.00' });

    expect(rows).toEqual([[1, '2026-02-15', '120000.00', '720.00', '120720.00', '0.00']]);
  });

  test('BULLET over several periods is one row at the end with simple interest for all of them', () => {
    const { rows } = calcSchedule({ ...S01, method: 'BULLET', principal: '50000.00', annualRatePct: '10.8', n: 6 });

    expect(rows).toEqual([[1, '2026-07-15', '50000.00', '2700.00', '52700.00', '0.00']]);
  });

  test('BULLET counts a leap year as the loan says: ACT/365 and ACT/ACT over 2023-12-31 to 2024-12-31', () => {
    const interest = (dayCount: DayCount) =>
      calcSchedule({
        method: 'BULLET',
        principal: '365.00',
        annualRatePct: '100',
        start: '2023-12-31',
        firstDue: '2024-12-31',
        n: 1,
        freq: 'DAY*366',
        dayCount,
      }).totals.interest;

    // 366 days: one of 2023 (1/365) and 365 of 2024 (365/366).
    expect([interest('ACT/365'), interest('ACT/360'), interest('ACT/ACT')]).toEqual(['366.00', '371.08', '365.00']);
  });

  test('a single instalment is principal and one period of interest, for every method that pays in instalments', () => {
    for (const method of ['EQUAL_INSTALMENT', 'EQUAL_PRINCIPAL', 'INTEREST_ONLY', 'BULLET']) {
      expect(calcSchedule({ ...S01, method, n: 1 }).rows).toEqual([
        [1, '2026-02-15', '120000.00', '720.00', '120720.00', '0.00'],
      ]);
    }
  });

  test('roundTo 10 rounds each instalment to whole tens and leaves the rest to the last', () => {
    const answer = calcSchedule({ ...S01, roundTo: '10' });

    expect(new Set(column(answer, 4).slice(0, -1))).toEqual(new Set(['10390.00']));
    expect(answer.totals.principal).toBe('120000.00');
    expect(answer).toEqual(calcSchedule({ ...S01, roundTo: '10.00' }));
    expect(answer).toEqual(calcSchedule({ ...S01, roundTo: 10 }));
  });

  test('HALF_EVEN differs from HALF_UP only where a half is rounded', () => {
    // 1 000.00 at 5.1 % a year: 4.25 a month; at 0.006 % a year: 0.005, the half.
    const interest = (rounding: string) =>
      column(
        calcSchedule({ ...S01, method: 'INTEREST_ONLY', principal: '1000.00', annualRatePct: '0.006', n: 2, rounding }),
        3,
      );

    expect(interest('HALF_UP')).toEqual(['0.01', '0.01']);
    expect(interest('HALF_EVEN')).toEqual(['0.00', '0.00']);
  });

  test('remarks in a request change nothing', () => {
    const remarked = { ...S01, cn: '等额本息', id: 7, desc: 'x', expect: {}, rule: null, note: [] };

    expect(calcSchedule(remarked)).toEqual(calcSchedule(S01));
  });
});

describe('holidays', () => {
  const loan = { ...S01, method: 'INTEREST_ONLY', principal: '100000.00', annualRatePct: '9.6', dayCount: 'ACT/360' };

  test('a year that is not loaded shifts nothing and says so', () => {
    const answer = calcSchedule({ ...loan, start: '2026-10-01', n: 5, holidayShift: { rule: 'FOLLOWING' } });

    expect(column(answer, 1)).toEqual(['2026-11-02', '2026-12-01', '2027-01-01', '2027-02-01', '2027-03-01']);
    expect(answer.warnings).toEqual([{ code: 'holiday.year_not_loaded', year: 2027 }]);
  });

  test('a shifted due date does not move the next one', () => {
    const answer = calcSchedule({ ...loan, start: '2026-01-17', n: 3, holidayShift: { rule: 'FOLLOWING' } });

    expect(column(answer, 1)).toEqual(['2026-02-24', '2026-03-17', '2026-04-17']);
  });

  test('unadjusted interest is that of the contract dates', () => {
    const shifted = calcSchedule({ ...loan, n: 6, holidayShift: { rule: 'FOLLOWING' } });

    expect(column(shifted, 3)).toEqual(column(calcSchedule({ ...loan, n: 6 }), 3));
  });
});

describe('what holds for every schedule', () => {
  const anyTerms: fc.Arbitrary<ScheduleTerms> = fc
    .record({
      principalFen: fc.bigInt({ min: 1n, max: 10n ** 14n }),
      annualRate: pct.map((x) => ratio((Number(x) / 100).toFixed(6))),
      startOn: start.map((day) => businessDate(text(day))),
      instalmentCount: fc.integer({ min: 1, max: 120 }),
      dayCount: fc.constantFrom(...DAY_COUNTS),
      method: fc.constantFrom('EQUAL_INSTALMENT', 'EQUAL_PRINCIPAL', 'INTEREST_ONLY', 'BULLET'),
      stub: fc.integer({ min: 1, max: 60 }),
      rule: fc.constantFrom('BROKEN_INTEREST_ADDED', 'RATE_FACTOR', 'SKIP_TO_NEXT'),
    })
    .map(({ stub, rule, ...terms }) => {
      const firstDueOn = businessDate(
        new Date(Date.parse(terms.startOn) + stub * 86_400_000).toISOString().slice(0, 10),
      );
      return { ...terms, firstDueOn, firstPeriod: { rule } };
    });

  test('principal adds up to the loan, the balance ends at zero, dates ascend, totals are sums: 1000 loans', () => {
    fc.assert(
      fc.property(anyTerms, (terms) => {
        const { instalments } = planSchedule(terms);
        let balance = terms.principalFen;
        let due: string = terms.startOn;
        const wrong = instalments.filter((row, index) => {
          balance -= row.principalFen;
          const isRight =
            row.number === index + 1 &&
            row.balanceFen === balance &&
            row.totalFen === row.principalFen + row.interestFen &&
            row.interestFen >= 0n &&
            row.dueOn > due;
          due = row.dueOn;
          return !isRight;
        });

        expect(wrong).toEqual([]);
        expect(balance).toBe(0n);
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  test('1200 instalments of 10¹² yuan are served at once', () => {
    const answer = calcSchedule({
      ...S01,
      principal: '1000000000000.00',
      annualRatePct: '6.123456789012',
      n: 1200,
      dayCount: 'ACT/ACT',
    });

    expect(answer.rows).toHaveLength(1200);
    expect(answer.totals.principal).toBe('1000000000000.00');
    expect(answer.rows.at(-1)?.[5]).toBe('0.00');
  });

  test('less money than instalments ends in rows of nothing, never below zero', () => {
    const { rows, totals } = calcSchedule({
      ...S01,
      method: 'EQUAL_PRINCIPAL',
      principal: '0.05',
      annualRatePct: '0',
      n: 9,
    });

    expect(rows.map((row) => row[2])).toEqual(['0.01', '0.01', '0.01', '0.01', '0.01', '0.00', '0.00', '0.00', '0.00']);
    expect(totals.total).toBe('0.05');
  });
});

test('buildSchedule takes the rate as a fraction and knows both dates of each instalment', () => {
  const [first] = buildSchedule({
    principalFen: 12_000_000n,
    annualRate: '0.072',
    instalmentCount: 12,
    startOn: businessDate('2026-01-15'),
    method: 'EQUAL_INSTALMENT',
    dayCount: '30/360',
  });

  expect(first).toEqual({
    number: 1,
    dueOn: '2026-02-15',
    contractDueOn: '2026-02-15',
    principalFen: 967_428n,
    interestFen: 72_000n,
    totalFen: 1_039_428n,
    balanceFen: 11_032_572n,
  });
});
