/** The small rules: day counts, holidays, days past due, penalty, waivers, caps. */
import { describe, expect, test } from 'vitest';
import {
  annualRateOf,
  CAP_ROWS,
  capOn,
  dayBucket,
  holidayCalendar,
  interestDays,
  isWithinCap,
  isWorkday,
  lateCost,
  LPR_ROWS,
  overdueAsOf,
  packagedCalendarDays,
  PACKAGED_CALENDAR,
  penaltyDays,
  shiftDueDate,
  splitWaiver,
  yearPart,
  type DayCount,
} from '../../../../src/domain/repayments/index.ts';
import { businessDate as on } from '../../../../src/lib/business-date.ts';
import { fen } from '../../../../src/lib/money.ts';
import { formatRatio, ratio, reduce } from '../../../../src/lib/rate.ts';

describe('day counts', () => {
  test.each<[DayCount, string, string, number]>([
    // Spreadsheet DAYS360 (US): 31 January to 29 February 2024 is 29.
    ['30/360', '2024-01-31', '2024-02-29', 29],
    ['30/360', '2024-01-30', '2024-03-31', 60],
    ['30/360', '2024-01-29', '2024-03-31', 62],
    ['30/360', '2011-01-30', '2011-02-01', 1],
    ['30E/360', '2024-01-29', '2024-03-31', 61],
    ['30E/360', '2024-01-31', '2024-02-29', 29],
    ['30/360', '2026-01-10', '2026-02-20', 40],
    ['ACT/360', '2026-01-10', '2026-02-20', 41],
    ['ACT/365', '2024-02-28', '2024-03-01', 2],
    ['ACT/ACT', '2024-02-28', '2024-03-01', 2],
    ['ACT/360', '2026-05-15', '2026-05-15', 0],
  ])('%s from %s to %s is %i days', (dayCount, from, to, days) => {
    expect(interestDays(on(from), on(to), dayCount)).toBe(days);
  });

  test('ACT/ACT splits at New Year: 2023-12-01 to 2024-02-01 is 31/365 and 31/366 of a year', () => {
    const { weight, base } = yearPart(on('2023-12-01'), on('2024-02-01'), 'ACT/ACT');

    expect(reduce(BigInt(weight), BigInt(base))).toEqual(reduce(31n * 366n + 31n * 365n, 365n * 366n));
  });

  test('ACT/ACT of any whole calendar year is one year', () => {
    for (const year of [2023, 2024, 2100]) {
      const { weight, base } = yearPart(on(`${year}-01-01`), on(`${year + 1}-01-01`), 'ACT/ACT');
      expect(weight).toBe(base);
    }
  });

  test('rate factors of Apache Fineract: 9.4822 % in January, February and April 2024', () => {
    // ProgressiveEMICalculatorTest.test_rateFactorByRepaymentEveryMonthMethod_*, twelve digits.
    const factor = (from: string, to: string, dayCount: DayCount) => {
      const { weight, base } = yearPart(on(from), on(to), dayCount);
      const { num, den } = ratio('0.094822');
      return formatRatio(reduce(num * BigInt(weight), den * BigInt(base)), 12);
    };

    expect(factor('2024-01-01', '2024-02-01', 'ACT/365')).toBe('0.008053375342');
    expect(factor('2024-02-01', '2024-03-01', 'ACT/365')).toBe('0.007533802740');
    expect(factor('2024-04-01', '2024-05-01', 'ACT/365')).toBe('0.007793589041');
    expect(factor('2024-01-01', '2024-02-01', 'ACT/ACT')).toBe('0.008031371585');
    expect(factor('2024-02-01', '2024-03-01', 'ACT/ACT')).toBe('0.007513218579');
  });
});

test.each([
  ['0.0005', 'DAY', 360, '0.1800'],
  ['0.0005', 'DAY', 365, '0.1825'],
  ['0.006', 'MONTH', 360, '0.0720'],
  ['0.072', 'YEAR', 365, '0.0720'],
] as const)('%s per %s over %i days is %s a year', (rate, unit, base, annual) => {
  expect(formatRatio(annualRateOf(ratio(rate), unit, base), 4)).toBe(annual);
});

describe('the holiday calendar', () => {
  test('has every year from 2004 to 2026 with its source, and 2027 not yet', () => {
    const days = packagedCalendarDays();

    expect([...new Set(days.map((day) => day.year))]).toEqual(Array.from({ length: 23 }, (_, i) => 2004 + i));
    expect(days.every((day) => /^chinese-days@\d/.test(day.source) && day.name !== '')).toBe(true);
    expect(isWorkday(on('2027-01-01'), PACKAGED_CALENDAR)).toBeUndefined();
  });

  test('2026 has 248 working days', () => {
    let count = 0;
    for (let day = Date.UTC(2026, 0, 1); day < Date.UTC(2027, 0, 1); day += 86_400_000) {
      if (isWorkday(on(new Date(day).toISOString().slice(0, 10)), PACKAGED_CALENDAR) === true) count += 1;
    }

    expect(count).toBe(248);
  });

  test('a Saturday worked in exchange stays a due date; an ordinary Saturday does not', () => {
    expect(isWorkday(on('2026-02-28'), PACKAGED_CALENDAR)).toBe(true);
    expect(isWorkday(on('2026-03-14'), PACKAGED_CALENDAR)).toBe(false);
  });

  test('a shift that would need an unloaded year is refused with that year', () => {
    const only2026 = holidayCalendar([
      { on: on('2026-12-31'), kind: 'HOLIDAY', name: 'x', year: 2026, source: 'test' },
    ]);

    expect(shiftDueDate(on('2026-12-31'), 'FOLLOWING', only2026)).toEqual({ kind: 'year_not_loaded', year: 2027 });
    expect(shiftDueDate(on('2026-12-31'), 'PRECEDING', only2026)).toEqual({ kind: 'shifted', on: '2026-12-30' });
    expect(shiftDueDate(on('2026-12-31'), 'MODIFIED_FOLLOWING', only2026)).toEqual({
      kind: 'shifted',
      on: '2026-12-30',
    });
    expect(shiftDueDate(on('2027-05-01'), 'FOLLOWING', only2026)).toEqual({ kind: 'year_not_loaded', year: 2027 });
    expect(shiftDueDate(on('2027-05-01'), 'NONE', only2026)).toEqual({ kind: 'shifted', on: '2027-05-01' });
  });
});

describe('days past due', () => {
  const dues = [
    { dueOn: on('2026-01-31'), totalFen: 100_000n },
    { dueOn: on('2026-02-28'), totalFen: 100_000n },
  ];

  test.each([
    [0, 'M0'],
    [1, 'M1'],
    [30, 'M1'],
    [31, 'M2'],
    [60, 'M2'],
    [61, 'M3'],
    [90, 'M3'],
    [180, 'M6'],
    [181, 'M6+'],
    [999, 'M6+'],
  ])('%i days are %s', (days, bucket) => {
    expect(dayBucket(days)).toBe(bucket);
  });

  test('nothing is overdue on the due date itself, one day on the day after', () => {
    expect(overdueAsOf(dues, [], on('2026-01-31'))).toEqual({ overdueFen: 0n, dpd: 0, bucket: 'M0' });
    expect(overdueAsOf(dues, [], on('2026-02-01'))).toEqual({ overdueFen: 100_000n, dpd: 1, bucket: 'M1' });
  });

  test('exactly the tolerance counts as paid, a fen more does not', () => {
    const short = (unpaid: bigint) =>
      overdueAsOf(dues, [{ on: on('2026-01-31'), amountFen: 100_000n - unpaid }], on('2026-02-10'), {
        toleranceFen: 1_000n,
      });

    expect(short(1_000n)).toEqual({ overdueFen: 0n, dpd: 0, bucket: 'M0' });
    expect(short(1_001n)).toEqual({ overdueFen: 1_001n, dpd: 10, bucket: 'M1' });
  });

  test('grace that hides reports 4 on the fourth day, grace that subtracts (Fineract) reports 1', () => {
    const dpd = (graceEffect: 'HIDE' | 'SUBTRACT') =>
      overdueAsOf(dues, [], on('2026-02-04'), { graceDays: 3, graceEffect }).dpd;

    expect([dpd('HIDE'), dpd('SUBTRACT')]).toEqual([4, 1]);
  });

  test.each([
    ['whole missed instalments', { kind: 'INSTALMENTS', last: 6 }, '2026-03-01', 'M2'],
    ['calendar months begun', { kind: 'MONTHS', last: 6 }, '2026-02-28', 'M1'],
    ['calendar months begun', { kind: 'MONTHS', last: 6 }, '2026-03-01', 'M2'],
    [
      'a list of ranges',
      {
        kind: 'RANGES',
        ranges: [
          { name: 'early', from: 1 },
          { name: 'late', from: 4 },
        ],
      },
      '2026-02-03',
      'early',
    ],
    [
      'a list of ranges',
      {
        kind: 'RANGES',
        ranges: [
          { name: 'early', from: 1 },
          { name: 'late', from: 4 },
        ],
      },
      '2026-02-04',
      'late',
    ],
  ] as const)('a scheme of %s (%o) on %s says %s', (_, buckets, day, bucket) => {
    expect(overdueAsOf(dues, [], on(day), { buckets }).bucket).toBe(bucket);
  });

  test('the order in which dues and payments are told does not matter', () => {
    const payments = [
      { on: on('2026-02-20'), amountFen: 60_000n },
      { on: on('2026-02-05'), amountFen: 50_000n },
    ];

    expect(overdueAsOf(dues.toReversed(), payments, on('2026-03-10'))).toEqual(
      overdueAsOf(dues, payments.toReversed(), on('2026-03-10')),
    );
  });
});

describe('penalty', () => {
  const rule = {
    annualRate: ratio('0.108'),
    basis: 360,
    base: 'PRINCIPAL',
    graceDays: 3,
    graceMode: 'WAIVE_IF_PAID_WITHIN',
  } as const;

  test.each([
    ['WAIVE_IF_PAID_WITHIN', '2026-02-18', 0],
    ['WAIVE_IF_PAID_WITHIN', '2026-02-19', 4],
    ['SHIFT_START', '2026-02-18', 0],
    ['SHIFT_START', '2026-02-19', 1],
    ['SHIFT_START', '2026-02-10', 0],
  ] as const)('%s with three days of grace, paid on %s, charges %i days', (graceMode, paidOn, days) => {
    expect(penaltyDays(on('2026-02-15'), on(paidOn), { graceDays: 3, graceMode })).toBe(days);
  });

  test('trade reference §7.3: 0.05 % a day on 1 050.00 for five days is 2.63', () => {
    const daily = { ...rule, annualRate: ratio('0.1825'), basis: 365, graceDays: 0 } as const;
    const due = { dueOn: on('2026-02-15'), principalFen: 105_000n, interestFen: 9_999n };

    expect(lateCost(due, on('2026-02-20'), daily)).toEqual({ penaltyFen: 263n, compoundFen: 0n });
  });

  test('compound interest is told apart from the penalty', () => {
    const due = { dueOn: on('2026-02-15'), principalFen: 967_428n, interestFen: 72_000n };

    expect(lateCost(due, on('2026-02-25'), { ...rule, base: 'PRINCIPAL_AND_INTEREST' })).toEqual({
      penaltyFen: 2_902n,
      compoundFen: 216n,
    });
  });
});

test('a waiver spares penalty, fee and interest of all instalments before it is used up, and no principal', () => {
  const due = { fee: fen(5_000), penalty: fen(3_025), interest: fen(72_000), principal: fen(967_428) };

  expect(splitWaiver([due, due], 100_000n)).toEqual({
    out: [
      { penalty: 3_025n, fee: 5_000n, interest: 72_000n },
      { penalty: 3_025n, fee: 5_000n, interest: 11_950n },
    ],
    leftFen: 0n,
  });
  expect(splitWaiver([due], 10_000_000n).leftFen).toBe(10_000_000n - 80_025n);
});

describe('caps', () => {
  const tables = { caps: CAP_ROWS, lprs: LPR_ROWS };
  const cap = (lender: Parameters<typeof capOn>[0], date: string) => {
    const found = capOn(lender, on(date), tables);
    return found.kind === 'capped' ? formatRatio(found.annualRate, 4) : found.kind;
  };

  test.each([
    ['PRIVATE', '2015-08-31', 'uncapped'],
    ['PRIVATE', '2020-08-19', '0.2400'],
    ['PRIVATE', '2020-08-20', '0.1540'],
    ['PRIVATE', '2024-10-20', '0.1340'],
    ['PRIVATE', '2024-10-21', '0.1240'],
    ['PRIVATE', '2026-11-21', '0.1200'],
    ['MICRO_LENDER', '2025-12-18', 'uncapped'],
    ['MICRO_LENDER', '2025-12-19', '0.2400'],
    ['MICRO_LENDER', '2028-01-01', '0.1200'],
    ['BANK_WITH_PLATFORM', '2025-10-01', '0.2400'],
  ] as const)('a %s loan of %s: %s', (lender, date, rate) => {
    expect(cap(lender, date)).toBe(rate);
  });

  test('A1 with its 12.96 % passes 24 % and fails 12 %; a rate exactly at the limit passes', () => {
    const micro = capOn('MICRO_LENDER', on('2026-01-15'), tables);
    const friend = capOn('PRIVATE', on('2026-01-15'), tables);
    if (micro.kind !== 'capped' || friend.kind !== 'capped') throw new Error('both are capped');

    expect([isWithinCap(ratio('0.12958709'), micro), isWithinCap(ratio('0.12958709'), friend)]).toEqual([true, false]);
    expect([isWithinCap(ratio('0.24'), micro), isWithinCap(ratio('0.24000001'), micro)]).toEqual([true, false]);
  });

  test('a multiple of a rate nobody announced is no limit but a gap that is told', () => {
    expect(capOn('PRIVATE', on('2026-01-15'), { caps: CAP_ROWS, lprs: [] }).kind).toBe('lpr_missing');
  });
});
