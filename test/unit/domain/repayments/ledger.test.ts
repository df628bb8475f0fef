/** The ledger as a fold: balances, instalments and days past due from facts in any order. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  allocate,
  buildSchedule,
  dpdOn,
  overdueAsOf,
  partialPrepayment,
  penaltyInterest,
  replay,
  replayLoans,
  type LedgerEvent,
  type LedgerState,
  type LedgerTerms,
  type PenaltyRule,
} from '../../../../src/domain/repayments/index.ts';
import { addDays, businessDate, type BusinessDate } from '../../../../src/lib/business-date.ts';
import { AppError } from '../../../../src/lib/errors.ts';
import { ratio } from '../../../../src/lib/rate.ts';

const SEED = 20_260_115;
const on = businessDate;
const START = on('2026-01-15');
const S01 = {
  principalFen: 12_000_000n,
  annualRate: '0.072',
  instalmentCount: 12,
  startOn: START,
  method: 'EQUAL_INSTALMENT',
  dayCount: '30/360',
} as const;
const SCHEDULE = buildSchedule(S01);
const PENALTY: PenaltyRule = {
  annualRate: ratio('0.108'),
  basis: 360,
  base: 'PRINCIPAL',
  graceDays: 0,
  graceMode: 'WAIVE_IF_PAID_WITHIN',
};
const PLAIN: LedgerTerms = { schedule: SCHEDULE };

const payment = (id: string, date: string, amountFen: bigint): LedgerEvent => ({
  kind: 'PAYMENT',
  id,
  on: on(date),
  amountFen,
});
const statuses = (state: LedgerState, count: number) => state.instalments.slice(0, count).map((row) => row.status);

describe('payments', () => {
  test('the two late payments of the reference: 5 days past due on 20 March, 31 and M2 on 15 April', () => {
    const events = [payment('a', '2026-03-01', 500_000n), payment('b', '2026-03-20', 539_428n)];
    const at = (date: string) => replay(PLAIN, events, on(date));

    expect([at('2026-03-16').dpd, at('2026-03-16').overdueFen]).toEqual([29, 1_578_856n]);
    expect([at('2026-03-20').dpd, at('2026-03-20').overdueFen]).toEqual([5, 1_039_428n]);
    expect([at('2026-04-15').dpd, at('2026-04-15').bucket]).toEqual([31, 'M2']);
    expect(statuses(at('2026-04-15'), 4)).toEqual(['PAID_LATE', 'OVERDUE', 'DUE', 'NOT_DUE']);
  });

  test('money beyond what is due waits as a credit balance and settles the next instalment on its day', () => {
    const events = [payment('a', '2026-02-10', 2_000_000n)];

    expect(replay(PLAIN, events, on('2026-02-14')).creditFen).toBe(2_000_000n);
    expect(replay(PLAIN, events, on('2026-02-15')).creditFen).toBe(960_572n);
    const later = replay(PLAIN, events, on('2026-03-15'));
    expect(later.creditFen).toBe(0n);
    expect(statuses(later, 2)).toEqual(['PAID', 'PARTIAL']);
    expect(later.dpd).toBe(0);
  });

  test('a credit balance can be given back, and no more than that', () => {
    const events: LedgerEvent[] = [
      payment('a', '2026-02-15', 1_100_000n),
      { kind: 'REFUND', id: 'r', on: on('2026-02-20'), amountFen: 60_572n },
    ];

    expect(replay(PLAIN, events, on('2026-02-21'))).toMatchObject({ creditFen: 0n, refundedFen: 60_572n });
    const again: LedgerEvent = { kind: 'REFUND', id: 'r2', on: on('2026-02-21'), amountFen: 1n };
    expect(() => replay(PLAIN, [...events, again], on('2026-02-21'))).toThrow(AppError);
  });

  test('the same fact told twice is one fact; one id for two facts is refused', () => {
    const once = [payment('a', '2026-02-15', 1_039_428n)];

    expect(replay(PLAIN, [...once, ...once], on('2026-03-01'))).toEqual(replay(PLAIN, once, on('2026-03-01')));
    expect(() => replay(PLAIN, [...once, payment('a', '2026-02-16', 1n)], on('2026-03-01'))).toThrow(AppError);
  });

  test('facts after the day do not count yet', () => {
    expect(replay(PLAIN, [payment('a', '2026-02-16', 1_039_428n)], on('2026-02-15'))).toMatchObject({
      dueFen: { interest: 72_000n },
    });
  });

  test('less than the tolerance counts as paid for the days past due, and is still owed', () => {
    const terms: LedgerTerms = { schedule: SCHEDULE, overdue: { toleranceFen: 1_000n } };

    const state = replay(terms, [payment('a', '2026-02-15', 1_038_500n)], on('2026-03-01'));

    expect(state).toMatchObject({ dpd: 0, overdueFen: 0n, dueFen: { principal: 928n } });
  });
});

describe('penalty', () => {
  const terms: LedgerTerms = { schedule: SCHEDULE, penalty: PENALTY };

  test('ten days on S01 #1 cost 29.02, posted as the rounded total, never as rounded days', () => {
    const state = replay(terms, [], on('2026-02-25'));

    expect(state.dueFen.penalty).toBe(2_902n);
  });

  test('looking every day changes nothing: 29.02 after ten looks', () => {
    const looks: LedgerEvent[] = Array.from({ length: 10 }, (_, day) =>
      payment(`p${day}`, addDays(on('2026-02-16'), day), 1n),
    );

    const state = replay(
      { ...terms, allocation: { mode: 'VERTICAL', order: ['interest', 'principal', 'penalty', 'fee'] } },
      looks,
      on('2026-02-25'),
    );

    expect(state.dueFen.penalty).toBe(2_902n);
  });

  test('runs on what is left after a part of the principal is paid', () => {
    // 720.00 interest, then 4 674.28 of principal on day 4; 5 000.00 stay overdue for six more days.
    const state = replay(
      { ...terms, allocation: { mode: 'HORIZONTAL', order: ['interest', 'principal', 'penalty', 'fee'] } },
      [payment('a', '2026-02-19', 539_428n)],
      on('2026-02-25'),
    );

    expect(state.dueFen.penalty).toBe(penaltyInterest(967_428n * 4n + 500_000n * 6n, 1, PENALTY));
  });

  test('never grows on penalty: once principal is paid it stands still', () => {
    const rule: LedgerTerms = {
      ...terms,
      allocation: { mode: 'VERTICAL', order: ['principal', 'interest', 'fee', 'penalty'] },
    };
    const events = [payment('a', '2026-02-25', 1_039_428n)];

    expect(replay(rule, events, on('2026-02-25')).dueFen.penalty).toBe(2_902n);
    expect(replay(rule, events, on('2026-03-14')).dueFen.penalty).toBe(2_902n);
  });

  test('compound interest is charged on overdue interest only where the rule says so', () => {
    const compound: LedgerTerms = { schedule: SCHEDULE, penalty: { ...PENALTY, base: 'PRINCIPAL_AND_INTEREST' } };

    expect(replay(compound, [], on('2026-02-25')).dueFen.penalty).toBe(3_118n);
  });

  test.each([
    ['WAIVE_IF_PAID_WITHIN', '2026-02-18', 0n],
    ['WAIVE_IF_PAID_WITHIN', '2026-02-19', 1_161n],
    ['SHIFT_START', '2026-02-18', 0n],
    ['SHIFT_START', '2026-02-19', 290n],
  ] as const)('three days of grace, %s, looked at on %s: %i fen', (graceMode, date, cost) => {
    const grace: LedgerTerms = { schedule: SCHEDULE, penalty: { ...PENALTY, graceDays: 3, graceMode } };

    expect(replay(grace, [], on(date)).dueFen.penalty).toBe(cost);
  });

  test('paid in full inside the grace, nothing is charged afterwards', () => {
    const grace: LedgerTerms = { schedule: SCHEDULE, penalty: { ...PENALTY, graceDays: 3 } };
    const events = [payment('a', '2026-02-16', 400_000n), payment('b', '2026-02-18', 639_428n)];

    const state = replay(grace, events, on('2026-03-10'));

    expect(state.dueFen.penalty).toBe(0n);
    expect(statuses(state, 1)).toEqual(['PAID_LATE']);
  });
});

describe('fees, waivers, prepayments', () => {
  const terms: LedgerTerms = { schedule: SCHEDULE, penalty: PENALTY };

  test('a waiver spares penalty first, then fees, then interest, and never principal', () => {
    const events: LedgerEvent[] = [
      { kind: 'FEE', id: 'f', on: on('2026-02-20'), amountFen: 5_000n },
      { kind: 'WAIVER', id: 'w', on: on('2026-02-25'), amountFen: 10_000n },
    ];

    const state = replay(terms, events, on('2026-02-25'));

    expect(state.waivedFen).toEqual({ penalty: 2_902n, fee: 5_000n, interest: 2_098n, principal: 0n });
    expect(
      replay(terms, [{ kind: 'WAIVER', id: 'w', on: on('2026-02-25'), amountFen: 10n ** 9n }], on('2026-02-25'))
        .waivedFen.principal,
    ).toBe(0n);
  });

  test('an instalment whose last penalty is forgiven counts as WAIVED', () => {
    const events: LedgerEvent[] = [
      payment('a', '2026-02-25', 1_042_330n - 2_902n),
      { kind: 'WAIVER', id: 'w', on: on('2026-02-26'), amountFen: 2_902n },
    ];
    const rule: LedgerTerms = {
      ...terms,
      allocation: { mode: 'HORIZONTAL', order: ['principal', 'interest', 'fee', 'penalty'] },
    };

    const state = replay(rule, events, on('2026-03-01'));

    expect(statuses(state, 1)).toEqual(['WAIVED']);
    expect(state.dpd).toBe(0);
  });

  test('a fee after the last instalment stands on its own', () => {
    const paid = SCHEDULE.map((row) => payment(`p${row.number}`, row.dueOn, row.totalFen));

    const state = replay(
      PLAIN,
      [...paid, { kind: 'FEE', id: 'f', on: on('2027-02-01'), amountFen: 1_000n }],
      on('2027-02-05'),
    );

    expect(state).toMatchObject({ principalFen: 0n, dueFen: { fee: 1_000n }, dpd: 4 });
  });

  const plan = { ...S01, annualRate: ratio('0.072') };
  const withPlan: LedgerTerms = { schedule: SCHEDULE, plan };
  const firstFour = SCHEDULE.slice(0, 4).map((row) => payment(`p${row.number}`, row.dueOn, row.totalFen));
  const prepay = (date: string, amountFen: bigint, mode: 'keepTerm' | 'shorten'): LedgerEvent => {
    return { kind: 'PREPAYMENT', id: `x${date}`, on: on(date), amountFen, mode, dayCount: 'ACT/360' };
  };

  test('30 000 of S01 paid early after #4: eight instalments of 6 542.32 are left', () => {
    const state = replay(withPlan, [...firstFour, prepay('2026-05-15', 3_000_000n, 'keepTerm')], on('2026-06-15'));

    const left = state.instalments.filter((row) => row.status !== 'PAID');
    expect(left).toHaveLength(8);
    expect(left[0]).toMatchObject({ status: 'DUE', dueOn: '2026-06-15' });
    expect((left[0]?.owedFen.principal ?? 0n) + (left[0]?.owedFen.interest ?? 0n)).toBe(654_232n);
    expect(state.principalFen).toBe(5_095_321n);
  });

  test('paying everything early settles the loan with interest to the day: 81 034.16 without a fee', () => {
    const state = replay(withPlan, [...firstFour, prepay('2026-05-20', 8_103_416n, 'keepTerm')], on('2026-06-30'));

    expect(state).toMatchObject({ principalFen: 0n, creditFen: 0n, dpd: 0 });
  });

  test('two prepayments inside one period bear interest on what was owed from day to day', () => {
    const events = [
      ...firstFour,
      prepay('2026-05-20', 1_000_000n, 'keepTerm'),
      prepay('2026-05-30', 1_000_000n, 'keepTerm'),
    ];

    const state = replay(withPlan, events, on('2026-06-15'));

    const next = state.instalments.find((row) => row.dueOn === '2026-06-15');
    const fenDays = 8_095_321n * 5n + 7_095_321n * 10n + 6_095_321n * 16n;
    expect(next?.owedFen.interest).toBe(penaltyInterest(fenDays, 1, { annualRate: ratio('0.072'), basis: 360 }));
  });

  test('a prepayment agrees with the calculator that quotes it', () => {
    const quoted = partialPrepayment(
      { terms: plan, asOf: on('2026-05-20'), dayCount: 'ACT/360' },
      3_000_000n,
      'shorten',
    );

    const state = replay(withPlan, [...firstFour, prepay('2026-05-20', 3_000_000n, 'shorten')], on('2026-05-20'));

    const left = state.instalments.filter((row) => row.status === 'NOT_DUE');
    expect(left.map((row) => row.owedFen.principal)).toEqual(quoted.instalments.map((row) => row.principalFen));
    expect(left.map((row) => row.owedFen.interest)).toEqual(quoted.instalments.map((row) => row.interestFen));
  });
});

/** Random facts of a year and a half: payments on any day, now and then a fee, a waiver, a refund that is always covered. */
const anyEvents = fc
  .array(
    fc.record({
      kind: fc.constantFrom(
        'PAYMENT' as const,
        'PAYMENT' as const,
        'PAYMENT' as const,
        'FEE' as const,
        'WAIVER' as const,
      ),
      day: fc.integer({ min: 1, max: 500 }),
      amountFen: fc.bigInt({ min: 1n, max: 2_000_000n }),
    }),
    { maxLength: 25 },
  )
  .map((list) =>
    list.map(({ day, ...event }, index): LedgerEvent => ({ ...event, id: `e${index}`, on: addDays(START, day) })),
  );
const anyTerms = fc
  .record({
    graceMode: fc.constantFrom('WAIVE_IF_PAID_WITHIN' as const, 'SHIFT_START' as const),
    graceDays: fc.integer({ min: 0, max: 5 }),
    base: fc.constantFrom('PRINCIPAL' as const, 'PRINCIPAL_AND_INTEREST' as const),
    mode: fc.constantFrom('HORIZONTAL' as const, 'VERTICAL' as const),
    order: fc.shuffledSubarray(['fee', 'penalty', 'interest', 'principal'] as const, { minLength: 4 }),
    tolerance: fc.constantFrom(0n, 1_000n),
  })
  .map(({ graceMode, graceDays, base, mode, order, tolerance }): LedgerTerms => {
    return {
      schedule: SCHEDULE,
      penalty: { ...PENALTY, graceMode, graceDays, base },
      allocation: { mode, order },
      overdue: { toleranceFen: tolerance },
    };
  });
const anyDay = fc.integer({ min: 0, max: 560 }).map((day) => addDays(START, day));

describe('what holds for every ledger', () => {
  test('any order of arrival of the same facts gives the same ledger', () => {
    fc.assert(
      fc.property(
        anyTerms,
        anyEvents,
        anyDay,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (terms, events, asOf, noise) => {
          const shuffled = events
            .map((event) => ({ event, at: noise.next().value ?? 0 }))
            .sort((a, b) => a.at - b.at)
            .map(({ event }) => event);

          expect(replay(terms, shuffled, asOf)).toEqual(replay(terms, events, asOf));
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('reversal and replay is never happened, and a reversed reversal is happened again', () => {
    fc.assert(
      fc.property(anyTerms, anyEvents, anyDay, fc.nat(), (terms, events, asOf, pick) => {
        const victim = events[pick % Math.max(events.length, 1)];
        if (victim === undefined) return;
        const reversal: LedgerEvent = { kind: 'REVERSAL', id: 'rev', on: asOf, of: victim.id };
        const again: LedgerEvent = { kind: 'REVERSAL', id: 'rev2', on: asOf, of: 'rev' };

        expect(replay(terms, [...events, reversal], asOf)).toEqual(
          replay(
            terms,
            events.filter((event) => event !== victim),
            asOf,
          ),
        );
        expect(replay(terms, [...events, reversal, again], asOf)).toEqual(replay(terms, events, asOf));
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('what came in is what was paid, kept as credit or given back', () => {
    fc.assert(
      fc.property(anyTerms, anyEvents, anyDay, (terms, events, asOf) => {
        const state = replay(terms, events, asOf);
        const received = events.reduce(
          (sum, event) => (event.kind === 'PAYMENT' && event.on <= asOf ? sum + event.amountFen : sum),
          0n,
        );
        const paid = Object.values(state.paidFen).reduce((sum, part) => sum + part, 0n);

        expect(paid + state.creditFen + state.refundedFen).toBe(received);
        expect(state.principalFen + state.paidFen.principal).toBe(S01.principalFen);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('days past due grow by at most one a day', () => {
    fc.assert(
      fc.property(anyTerms, anyEvents, (terms, events) => {
        const { dpdHistory } = replay(terms, events, addDays(START, 560));
        for (let day = 1; day <= 560; day += 1) {
          const [before, after] = [dpdOn(dpdHistory, addDays(START, day - 1)), dpdOn(dpdHistory, addDays(START, day))];
          expect(after - before).toBeLessThanOrEqual(1);
        }
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  test('the history of days past due is what each day said when it was today', () => {
    fc.assert(
      fc.property(anyTerms, anyEvents, anyDay, (terms, events, day) => {
        const told = replay(terms, events, day);
        const remembered = replay(terms, events, addDays(START, 560)).dpdHistory;

        expect(dpdOn(remembered, day)).toBe(told.dpd);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('without penalty and fees the days past due are those of the plain calculator', () => {
    const payments = anyEvents.map((events) => events.filter((event) => event.kind === 'PAYMENT'));
    fc.assert(
      fc.property(payments, anyDay, (events, asOf) => {
        const flows = events.map((event) => ({ on: event.on, amountFen: 'amountFen' in event ? event.amountFen : 0n }));

        const state = replay(PLAIN, events, asOf);
        const plain = overdueAsOf(SCHEDULE, flows, asOf);

        expect({ dpd: state.dpd, bucket: state.bucket }).toEqual({ dpd: plain.dpd, bucket: plain.bucket });
        expect(state.overdueFen).toBe(plain.overdueFen);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test('a back-dated fact lands where a fresh run would', () => {
    const events = [payment('a', '2026-03-15', 1_039_428n), payment('b', '2026-04-15', 1_039_428n)];
    const late = payment('z', '2026-02-15', 1_039_428n);
    const terms: LedgerTerms = { schedule: SCHEDULE, penalty: PENALTY };

    expect(replay(terms, [...events, late], on('2026-04-20'))).toEqual(
      replay(terms, [late, ...events], on('2026-04-20')),
    );
    expect(replay(terms, [...events, late], on('2026-04-20'))).toMatchObject({ dpd: 0, dueFen: { penalty: 0n } });
  });

  test('loans that are streamed one after the other have the states of single replays', () => {
    const byLoan: Record<string, readonly LedgerEvent[]> = {
      A: [payment('1', '2026-02-15', 1_039_428n)],
      B: [payment('1', '2026-02-17', 500_000n), payment('2', '2026-02-16', 1n)],
    };
    const rows = Object.entries(byLoan).flatMap(([loanId, events]) => events.map((event) => ({ loanId, event })));
    const asOf = on('2026-03-10');

    const states = [...replayLoans(rows, () => PLAIN, asOf)];

    expect(states).toEqual(
      Object.entries(byLoan).map(([loanId, events]) => ({ loanId, state: replay(PLAIN, events, asOf) })),
    );
  });
});

describe('allocation', () => {
  const anyDues = fc.array(
    fc.record({
      fee: fc.bigInt({ min: 0n, max: 9_999n }),
      penalty: fc.bigInt({ min: 0n, max: 9_999n }),
      interest: fc.bigInt({ min: 0n, max: 99_999n }),
      principal: fc.bigInt({ min: 0n, max: 999_999n }),
    }),
    { minLength: 1, maxLength: 12 },
  );

  test('conserves money, never overpays a component and leaves nothing over while something is due', () => {
    fc.assert(
      fc.property(
        anyDues,
        fc.bigInt({ min: 0n, max: 20_000_000n }),
        fc.constantFrom('HORIZONTAL' as const, 'VERTICAL' as const),
        fc.shuffledSubarray(['fee', 'penalty', 'interest', 'principal'] as const, { minLength: 4 }),
        (dues, pay, mode, order) => {
          const { out, leftFen } = allocate(dues as never, pay, { mode, order });
          const given = out.flatMap((row) => Object.values(row)).reduce((sum, part) => sum + part, 0n);
          const owed = dues.flatMap((row) => Object.values(row)).reduce((sum, part) => sum + part, 0n);

          expect(given + leftFen).toBe(pay);
          expect(leftFen).toBe(pay > owed ? pay - owed : 0n);
          out.forEach((row, index) => {
            for (const component of order)
              expect((row[component] ?? 0n) <= (dues[index]?.[component] ?? 0n)).toBe(true);
          });
        },
      ),
      { seed: SEED, numRuns: 500 },
    );
  });
});

test('a reversal of nothing, of itself, or in a circle is refused', () => {
  const day: BusinessDate = on('2026-03-01');
  const reversal = (id: string, of: string): LedgerEvent => ({ kind: 'REVERSAL', id, on: day, of });

  expect(() => replay(PLAIN, [reversal('r', 'nobody')], day)).toThrow(AppError);
  expect(() => replay(PLAIN, [reversal('r', 'r')], day)).toThrow(AppError);
  expect(() => replay(PLAIN, [reversal('a', 'b'), reversal('b', 'a')], day)).toThrow(AppError);
});
