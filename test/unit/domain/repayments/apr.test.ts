/** Annual rates: published figures, decimals, odd flows, and the law's view of what was kept back. */
import { Decimal } from 'decimal.js';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calcApr, calcSchedule, upfrontDeduction, xirr } from '../../../../src/domain/repayments/index.ts';
import { addDays, businessDate, daysBetween } from '../../../../src/lib/business-date.ts';
import { AppError } from '../../../../src/lib/errors.ts';
import { fen } from '../../../../src/lib/money.ts';

const SEED = 20_260_115;
const D = Decimal.clone({ precision: 50 });

const S01 = {
  method: 'EQUAL_INSTALMENT',
  principal: '120000.00',
  annualRatePct: '7.2',
  start: '2026-01-15',
  n: 12,
  dayCount: '30/360',
};

describe('published oracles', () => {
  test('Microsoft’s XIRR example comes out as 0.373362535', () => {
    // support.microsoft.com, "XIRR function": the result is printed as 0.373362535 or 37.34 %.
    const { xirr365 } = calcApr({
      flows: [
        ['2008-01-01', '-10000.00'],
        ['2008-03-01', '2750.00'],
        ['2008-10-30', '4250.00'],
        ['2009-02-15', '3250.00'],
        ['2009-04-01', '2750.00'],
      ],
    });

    expect(Math.abs(Number(xirr365) - 0.373362535)).toBeLessThan(1e-8);
  });

  test('Regulation Z, Appendix J (c)(1)(i): 5 000 for 24 payments of 230 is 9.69 %', () => {
    const payments = Array.from({ length: 24 }, (_, k) => [
      `${1978 + Math.floor((k + 1) / 12)}-${String(((k + 1) % 12) + 1).padStart(2, '0')}-10`,
      '230.00',
    ]);

    const { irrX12 } = calcApr({ flows: [['1978-01-10', '-5000.00'], ...payments], periodsPerYear: 12 });

    expect((Number(irrX12) * 100).toFixed(2)).toBe('9.69');
  });

  test.each([
    ['2013-01-01', '110.00', '2013-02-01'],
    ['2013-01-01', '20.00', '2014-01-01'],
  ])('a single repayment has the closed form (%s: 100 against %s on %s)', (from, back, to) => {
    // The two flows of pg_financial's test suite, where the second defeats a spreadsheet's default guess.
    const { xirr365 } = calcApr({
      flows: [
        [from, '-100.00'],
        [to, back],
      ],
    });

    const years = new D(daysBetween(businessDate(from), businessDate(to))).div(365);
    expect(xirr365).toBe(new D(back).div(100).pow(new D(1).div(years)).minus(1).toFixed(8));
  });

  test.each([
    [
      '等本等息 50,000 at 1 % a month flat',
      { method: 'FLAT', principal: '50000.00', feePctPerPeriodOnOriginal: '1', n: 12 },
      '50000.00',
      '21.46',
      '23.70',
    ],
    [
      '200,000 at 6 % over 36 months, 3 % fee up front',
      { method: 'EQUAL_INSTALMENT', principal: '200000.00', annualRatePct: '6', n: 36 },
      '194000.00',
      '8.06',
      '8.36',
    ],
    [
      '300,000 interest only at 4.2 % over 36 months, 6 000 fee',
      { method: 'INTEREST_ONLY', principal: '300000.00', annualRatePct: '4.2', n: 36 },
      '294000.00',
      '4.92',
      '5.03',
    ],
    [
      'contract 100,000 at 12 %, paid out 90,000',
      { method: 'EQUAL_INSTALMENT', principal: '100000.00', annualRatePct: '12', n: 12 },
      '90000.00',
      '32.50',
      '37.81',
    ],
  ])('trade reference §7.3: %s', (...[, input, net, nominal, effective]) => {
    const { rows } = calcSchedule({ ...input, start: '2026-01-15', dayCount: '30/360' });

    const rates = calcApr({ start: '2026-01-15', net, rows, periodsPerYear: 12 });

    expect((Number(rates.irrX12) * 100).toFixed(2)).toBe(nominal);
    expect((Number(rates.effective) * 100).toFixed(2)).toBe(effective);
  });
});

describe('eight decimals', () => {
  /** Σ c·g^(−d/365) with 50 digits. */
  const value = (flows: readonly { on: string; amountFen: bigint }[], rate: Decimal) => {
    const force = rate.plus(1).ln();
    return flows.reduce((sum, flow) => {
      const days = daysBetween(businessDate(flows[0]?.on ?? ''), businessDate(flow.on));
      return sum.plus(new D(flow.amountFen.toString()).times(force.times(-days).div(365).exp()));
    }, new D(0));
  };

  test('are right against decimals for 100 random loans, odd dates and odd amounts included', () => {
    const loan = fc.record({
      net: fc.bigInt({ min: 10_000n, max: 10n ** 10n }),
      markup: fc.integer({ min: -40, max: 900 }),
      gaps: fc.array(fc.integer({ min: 20, max: 400 }), { minLength: 1, maxLength: 40 }),
      shares: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 40, maxLength: 40 }),
    });
    fc.assert(
      fc.property(loan, ({ net, markup, gaps, shares }) => {
        const total = (net * BigInt(100 + markup)) / 100n;
        const whole = BigInt(gaps.reduce((sum, _, i) => sum + (shares[i] ?? 1), 0));
        let on = businessDate('2026-01-15');
        const flows = [{ on, amountFen: -net }];
        for (const [i, gap] of gaps.entries()) {
          on = addDays(on, gap);
          flows.push({ on, amountFen: (total * BigInt(shares[i] ?? 1)) / whole + 1n });
        }

        const rate = new D(xirr(flows) ?? 'NaN');

        // The value falls as the rate rises, so half a unit of the eighth decimal to each side must change its sign.
        const half = new D('0.5e-8');
        expect(value(flows, rate.minus(half)).gte(0)).toBe(true);
        expect(value(flows, rate.plus(half)).lte(0)).toBe(true);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  test('are right for 60 random lines of credit drawn and repaid in turns', () => {
    const move = fc.record({
      gap: fc.integer({ min: 5, max: 90 }),
      draw: fc.bigInt({ min: 10_000n, max: 10n ** 8n }),
      back: fc.integer({ min: 1, max: 99 }),
    });
    fc.assert(
      fc.property(
        fc.array(move, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 60 }),
        (moves, ratePct) => {
          // Repaid with interest at a known rate, so that the true rate is near it and single.
          let on = businessDate('2026-01-15');
          let owed = 0;
          const flows: { on: typeof on; amountFen: bigint }[] = [];
          for (const { gap, draw, back } of moves) {
            flows.push({ on, amountFen: -draw });
            owed += Number(draw);
            on = addDays(on, gap);
            owed *= (1 + ratePct / 100) ** (gap / 365);
            const paid = Math.floor((owed * back) / 100);
            flows.push({ on, amountFen: BigInt(paid) });
            owed -= paid;
            on = addDays(on, 1);
            owed *= (1 + ratePct / 100) ** (1 / 365);
          }
          flows.push({ on, amountFen: BigInt(Math.round(owed)) + 1n });

          const rate = new D(xirr(flows) ?? 'NaN');

          const half = new D('0.5e-8');
          expect(value(flows, rate.minus(half)).gte(0)).toBe(true);
          expect(value(flows, rate.plus(half)).lte(0)).toBe(true);
        },
      ),
      { seed: SEED, numRuns: 60 },
    );
  });

  test('hold for a week at 43 %, a rate beyond what a float can carry', () => {
    const { xirr365 } = calcApr({
      flows: [
        ['2026-01-01', '-700.00'],
        ['2026-01-08', '1000.00'],
      ],
    });

    expect(xirr365).toBe(new D(1000).div(700).pow(new D(365).div(7)).minus(1).toFixed(8));
  });

  test('never read "-0.00000000"', () => {
    const { xirr365, irrX12, simpleAnnual365 } = calcApr({
      start: '2026-01-15',
      net: '120000.00',
      rows: calcSchedule({ ...S01, annualRatePct: '0' }).rows,
      periodsPerYear: 12,
    });

    expect([xirr365, irrX12, simpleAnnual365]).toEqual(['0.00000000', '0.00000000', '0.00000000']);
  });

  test('are negative where the lender gets less than he gave', () => {
    const { xirr365 } = calcApr({
      flows: [
        ['2026-01-01', '-1000.00'],
        ['2027-01-01', '900.00'],
      ],
    });

    expect(xirr365).toBe('-0.10000000');
  });
});

describe('odd flows', () => {
  test('the order in which flows are told does not matter, nor does who is positive', () => {
    const flows: [string, string][] = [
      ['2026-01-01', '-5000.00'],
      ['2026-03-15', '-2500.00'],
      ['2026-07-01', '4000.00'],
      ['2027-02-28', '4200.00'],
    ];
    const reversed = flows.toReversed();
    const mirrored = flows.map(([on, amount]) => [on, amount.startsWith('-') ? amount.slice(1) : `-${amount}`]);

    expect(calcApr({ flows: reversed })).toEqual(calcApr({ flows }));
    expect(calcApr({ flows: mirrored })).toEqual(calcApr({ flows }));
  });

  test('of two rates that balance, the one nearer to nothing is told: 10 % of 10 % and 40 %', () => {
    const { xirr365 } = calcApr({
      flows: [
        ['2026-01-01', '-1000.00'],
        ['2027-01-01', '2500.00'],
        ['2028-01-01', '-1540.00'],
      ],
    });

    expect(xirr365).toBe('0.10000000');
  });

  test('flows of one day count as one', () => {
    const apart = calcApr({
      flows: [
        ['2026-01-01', '-1000.00'],
        ['2026-01-01', '100.00'],
        ['2027-01-01', '990.00'],
      ],
    });

    expect(apart.xirr365).toBe('0.10000000');
  });

  test('where there is no rate, that is said', () => {
    const none = () =>
      calcApr({
        flows: [
          ['2026-01-01', '-1000.00'],
          ['2027-01-01', '2500.00'],
          ['2028-01-01', '-1600.00'],
        ],
      });

    expect(none).toThrow(AppError);
  });

  test('centuries of flows without a rate are refused too, though a float overflows on the way', () => {
    const centuries = () =>
      calcApr({
        flows: [
          ['2003-07-24', '374710697.00'],
          ['2071-01-01', '-642649350.00'],
          ['2091-09-01', '885247106.00'],
          ['2100-09-26', '516352436.00'],
          ['2400-12-31', '535298483.00'],
        ],
      });

    expect(centuries).toThrow(AppError);
  });

  test('without periods there is no IRR×12, and the effective rate is the XIRR', () => {
    const rates = calcApr({
      flows: [
        ['2026-01-01', '-1000.00'],
        ['2027-01-01', '1100.00'],
      ],
    });

    expect(rates).toEqual({ irrX12: null, effective: '0.10000000', xirr365: '0.10000000', simpleAnnual365: null });
  });
});

describe('the simple rate', () => {
  const rows = calcSchedule(S01).rows;

  test('of a bullet is its cost over the cash in hand, by days of 365', () => {
    const { rows: bullet } = calcSchedule({
      ...S01,
      method: 'BULLET',
      principal: '50000.00',
      start: '2026-03-10',
      firstDue: '2026-09-06',
      n: 1,
      freq: 'DAY*180',
      annualRatePct: '10.8',
      dayCount: 'ACT/360',
    });

    const whole = calcApr({ start: '2026-03-10', net: '50000.00', rows: bullet, periodsPerYear: 2 });
    const netted = calcApr({ start: '2026-03-10', net: '49000.00', rows: bullet, periodsPerYear: 2 });

    expect(whole.simpleAnnual365).toBe(new D(2700).div(50000).times(365).div(180).toFixed(8));
    expect(netted.simpleAnnual365).toBe(new D(3700).div(49000).times(365).div(180).toFixed(8));
  });

  test('of instalments counts what is still in use in each period', () => {
    let [fenDays, inUse, since] = [0n, 12_000_000n, businessDate('2026-01-15')];
    for (const [, due, principal] of rows) {
      fenDays += inUse * BigInt(daysBetween(since, businessDate(due)));
      inUse -= BigInt(principal.replace('.', ''));
      since = businessDate(due);
    }

    const { simpleAnnual365 } = calcApr({ start: '2026-01-15', net: '120000.00', rows, periodsPerYear: 12 });

    expect(simpleAnnual365).toBe(new D(473_131).times(365).div(fenDays.toString()).toFixed(8));
  });

  test('a later fee raises every rate', () => {
    const plain = calcApr({ start: '2026-01-15', net: '120000.00', rows, periodsPerYear: 12 });
    const dear = calcApr({
      start: '2026-01-15',
      net: '120000.00',
      rows,
      periodsPerYear: 12,
      fees: [
        ['2026-04-02', '100.00'],
        ['2027-03-01', '100.00'],
      ],
    });

    for (const key of ['irrX12', 'effective', 'xirr365', 'simpleAnnual365'] as const) {
      expect(Number(dear[key])).toBeGreaterThan(Number(plain[key]));
    }
  });
});

describe('砍头息', () => {
  const on = businessDate('2026-01-15');

  test('is found from net cash: 100 000 in the contract, 90 000 paid out', () => {
    expect(upfrontDeduction(fen(10_000_000), on, [{ on, amountFen: -9_000_000n }])).toEqual({
      deductedFen: 1_000_000n,
      legalPrincipalFen: 9_000_000n,
    });
  });

  test('is found when a fee goes back on the day the money came', () => {
    const flows = [
      { on, amountFen: -10_000_000n },
      { on, amountFen: 500_000n },
      { on: addDays(on, 31), amountFen: 900_000n },
    ];

    expect(upfrontDeduction(fen(10_000_000), on, flows).deductedFen).toBe(500_000n);
  });

  test('is nothing when all of the money came', () => {
    expect(upfrontDeduction(fen(10_000_000), on, [{ on, amountFen: -10_000_000n }]).deductedFen).toBe(0n);
  });
});
