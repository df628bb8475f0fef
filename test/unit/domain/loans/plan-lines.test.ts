/** Which instalments a message lists, whatever the loans. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { InstalmentRow } from '../../../../src/domain/loans/loan-store.ts';
import { planLines, type PlanOf } from '../../../../src/domain/loans/plan-lines.ts';
import { addDays, businessDate } from '../../../../src/lib/business-date.ts';

const TODAY = businessDate('2026-11-23');
type Plan = PlanOf<{ readonly number: number }>;

/** A loan with so many instalments, so many of them paid, a month apart, the first so many days from today. */
function planOf(number: number, count: number, paid: number, first: number): Plan {
  const rows = Array.from({ length: count }, (_, index): InstalmentRow => {
    const isPaid = index < paid;
    return {
      number: index + 1,
      due_on: addDays(TODAY, first + 30 * index),
      principal_fen: 100_000n,
      interest_fen: 5_000n,
      paid_principal_fen: isPaid ? 100_000n : 0n,
      paid_interest_fen: isPaid ? 5_000n : 0n,
      paid_at: isPaid ? new Date(0) : null,
    };
  });
  return { loan: { number }, rows };
}

const shown = (plans: readonly Plan[]): readonly string[] =>
  planLines(plans, TODAY).lines.map(({ loan, row }) => `${loan.number}:${row.number}`);

test('the last paid one stands before those to come, as long as nothing of its loan is overdue', () => {
  expect(shown([planOf(1, 12, 2, -35)])).toEqual(['1:2', ...[3, 4, 5, 6, 7, 8].map((n) => `1:${n}`)]);
  expect(shown([planOf(1, 12, 1, -35)]).slice(0, 2)).toEqual(['1:2', '1:3']);
  expect(shown([planOf(1, 12, 12, -35)])).toEqual(['1:12']);
  expect(shown([])).toEqual([]);
});

test('of several loans the last paid one of each is shown, though the furthest to come are not: none leaves the list when it is paid', () => {
  const three = [planOf(1, 12, 2, -40), planOf(2, 12, 2, -35), planOf(3, 12, 2, -32)];
  const { lines, more } = planLines(three, TODAY);

  expect(shown(three).slice(0, 3)).toEqual(['1:2', '2:2', '3:2']);
  expect({ lines: lines.length, more }).toEqual({ lines: 20, more: 30 - 17 });
  const settled = Array.from({ length: 25 }, (_, index) => planOf(index + 1, 1, 1, index - 60));
  expect(shown(settled)).toEqual(Array.from({ length: 20 }, (_, index) => `${index + 6}:1`));
});

test('twenty lines at most; what is overdue first, each part by its date, and whatever is not listed is counted', () => {
  const drafts = fc.array(fc.tuple(fc.integer({ min: 1, max: 36 }), fc.nat(36), fc.integer({ min: -900, max: 40 })), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(drafts, (loans) => {
      const plans = loans.map(([count, paid, first], index) => planOf(index + 1, count, paid, first));
      const { lines, overdue, unlisted, more } = planLines(plans, TODAY);
      const open = plans.flatMap(({ rows }) => rows).filter((row) => row.paid_at === null);
      const listed = lines.filter(({ row }) => row.paid_at === null);
      const late = listed.filter(({ row }) => row.due_on < TODAY);

      expect(lines.length).toBeLessThanOrEqual(20);
      expect(lines.slice(0, late.length)).toEqual(late);
      expect(late).toEqual(overdue.slice(0, late.length));
      expect(overdue).toHaveLength(open.filter((row) => row.due_on < TODAY).length);
      expect(late.length + unlisted).toBe(overdue.length);
      expect(listed.length + unlisted + more).toBe(open.length);
      if (overdue.length <= 17) expect(unlisted).toBe(0);
      for (const part of [late, lines.slice(late.length)]) {
        const days = part.map(({ row }) => row.due_on);
        expect(days).toEqual(days.toSorted());
      }
      const next = open.map((row) => row.due_on).filter((day) => day >= TODAY);
      const first = next.toSorted()[0];
      if (first !== undefined) expect(listed.map(({ row }) => row.due_on)).toContain(first);
    }),
    { seed: 20_261_123, numRuns: 300 },
  );
});
