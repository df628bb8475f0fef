/** Payments spread over a plan, and what has to be posted when one of them is taken out. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { postingsFor, settlePlan, type CountedPayment, type Share } from '../../../../src/domain/loans/settlement.ts';

const PINNED = { seed: 20_261_121, numRuns: 300 };

const row = (number: number, interest_fen: bigint, principal_fen: bigint, paid_at: Date | null = null) => ({
  number,
  interest_fen,
  principal_fen,
  paid_at,
});
const paid = (id: string, amount_fen: bigint, on: string): CountedPayment => ({
  id,
  amount_fen,
  paid_at: new Date(`${on}T10:00:00+08:00`),
});

const amount = fc.bigInt({ min: 0n, max: 20_000n });
const plans = fc
  .array(fc.tuple(amount, amount), { minLength: 1, maxLength: 12 })
  .map((rows) => rows.map(([interest, principal], index) => row(index + 1, interest, principal)));
const payments = fc
  .array(fc.tuple(fc.bigInt({ min: 1n, max: 60_000n }), fc.integer({ min: 1, max: 28 })), { maxLength: 10 })
  .map((drafts) =>
    drafts.map(([fen, day], index) => paid(`p${index}`, fen, `2026-12-${String(day).padStart(2, '0')}`)),
  );

/** In the order of their value, as the store gives them. */
const byValue = (all: readonly CountedPayment[]): readonly CountedPayment[] =>
  all.toSorted((a, b) => a.paid_at.getTime() - b.paid_at.getTime() || (a.id < b.id ? -1 : 1));
/** Shares on the books after postings, without what has come to nothing. */
const booked = (postings: readonly Share[]): readonly Share[] => sorted(postingsFor([], postings));
const sorted = (shares: readonly Share[]): readonly Share[] =>
  shares.toSorted((a, b) => a.instalment - b.instalment || (a.paymentId < b.paymentId ? -1 : 1));
const sum = (shares: readonly Share[]): bigint =>
  shares.reduce((total, share) => total + share.interestFen + share.principalFen, 0n);

describe('a payment', () => {
  test('pays interest before principal and the oldest instalment first; the rest is credit once all is paid', () => {
    const plan = [row(1, 500n, 10_000n), row(2, 400n, 10_000n)];

    const partly = settlePlan(plan, [paid('a', 10_700n, '2026-12-20')]);
    const wholly = settlePlan(plan, [paid('a', 10_700n, '2026-12-20'), paid('b', 11_000n, '2027-01-20')]);

    expect(partly.shares).toEqual([
      { paymentId: 'a', instalment: 1, interestFen: 500n, principalFen: 10_000n },
      { paymentId: 'a', instalment: 2, interestFen: 200n, principalFen: 0n },
    ]);
    expect([partly.state, partly.creditFen]).toEqual(['ACTIVE', 0n]);
    expect(wholly.standings.map(({ paidAt }) => paidAt?.toISOString().slice(0, 10))).toEqual([
      '2026-12-20',
      '2027-01-20',
    ]);
    expect([wholly.state, wholly.creditFen]).toEqual(['SETTLED', 800n]);
  });

  test('that is told late counts from its value date: the instalment was paid when the last of its money came in', () => {
    const plan = [row(1, 0n, 10_000n)];
    const told = byValue([paid('a', 6_000n, '2026-12-22'), paid('b', 4_000n, '2026-12-19')]);

    const { standings } = settlePlan(plan, told);

    expect(standings[0]?.paidAt?.toISOString().slice(0, 10)).toBe('2026-12-22');
  });

  test('leaves instalments of nothing (no interest, principal at the end) as they are: paid since the loan was made', () => {
    const made = new Date('2026-11-20T10:00:00+08:00');
    const plan = [row(1, 0n, 0n, made), row(2, 0n, 0n, made), row(3, 0n, 10_000n)];
    const money = paid('a', 10_000n, '2026-12-20');

    expect(settlePlan(plan, [money])).toMatchObject({
      state: 'SETTLED',
      standings: [{ paidAt: made }, { paidAt: made }, { paidAt: money.paid_at }],
    });
    expect(settlePlan(plan, [])).toMatchObject({
      state: 'ACTIVE',
      standings: [{ paidAt: made }, { paidAt: made }, { paidAt: undefined }],
    });
  });

  test('is spread to the last fen, never more than an instalment owes, whatever comes in', () => {
    fc.assert(
      fc.property(plans, payments, (plan, all) => {
        const { shares, creditFen, standings, state } = settlePlan(plan, byValue(all));

        expect(sum(shares) + creditFen).toBe(all.reduce((total, { amount_fen }) => total + amount_fen, 0n));
        for (const [index, one] of standings.entries()) {
          expect(one.paidInterestFen).toBeLessThanOrEqual(plan[index]?.interest_fen ?? -1n);
          expect(one.paidPrincipalFen).toBeLessThanOrEqual(plan[index]?.principal_fen ?? -1n);
        }
        expect(creditFen === 0n || state === 'SETTLED').toBe(true);
      }),
      PINNED,
    );
  });
});

describe('a payment taken out again', () => {
  test('has never happened: what is posted after it comes to the books of a loan that only saw the others', () => {
    fc.assert(
      fc.property(plans, payments, fc.nat(), fc.infiniteStream(fc.nat()), (plan, all, pick, arrivals) => {
        // Recorded in any order, each posting its own difference, then one reversed.
        const order = all.map((payment) => ({ payment, at: arrivals.next().value }));
        const recorded: CountedPayment[] = [];
        const postings: Share[] = [];
        const post = (counted: readonly CountedPayment[]): void => {
          postings.push(...postingsFor(booked(postings), settlePlan(plan, byValue(counted)).shares));
        };
        for (const { payment } of order.toSorted((a, b) => Number(a.at) - Number(b.at))) {
          recorded.push(payment);
          post(recorded);
        }
        const others = all.filter((_, index) => all.length > 0 && index !== pick % all.length);
        post(others);

        const fresh = settlePlan(plan, byValue(others));

        expect(booked(postings)).toEqual(sorted(fresh.shares));
        expect(postingsFor(booked(postings), fresh.shares)).toEqual([]);
      }),
      PINNED,
    );
  });
});
