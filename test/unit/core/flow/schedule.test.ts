import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planStages, stageTimes, type CompiledSchedule } from '../../../../src/core/flow/index.ts';
import { businessDate, fromDayNumber, wallClock } from '../../../../src/lib/business-date.ts';
import { houseFlows } from './house.ts';

const reminder = houseFlows()
  .map((flow) => flow.compiled)
  .find((flow): flow is CompiledSchedule => flow.kind === 'schedule');
if (!reminder) throw new Error('repayment-reminder is not shipped');

describe('the repayment reminder', () => {
  const stages = stageTimes(reminder);

  test('tells three days before, the day before, on the day and the day after', () => {
    const plan = planStages(stages, businessDate('2026-12-20'), { zone: 'Asia/Shanghai' });

    expect(plan.map(({ stage, at }) => [stage, wallClock(at, 'Asia/Shanghai').date])).toEqual([
      ['threeDaysBefore', '2026-12-17'],
      ['dayBefore', '2026-12-19'],
      ['dueDay', '2026-12-20'],
      ['dayAfter', '2026-12-21'],
    ]);
  });

  test('leaves only between 09:00 and 19:00 of the customer, never at minute 0 or 30, in any zone and any spread', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20_000, max: 22_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.constantFrom('Asia/Shanghai', 'Asia/Urumqi', 'America/New_York', 'Europe/London'),
        (day, spread, zone) => {
          for (const [index, { at }] of planStages(stages, fromDayNumber(day), { zone, spread }).entries()) {
            const seen = wallClock(at, zone);
            expect(seen.date).toBe(fromDayNumber(day + (stages[index]?.day ?? NaN)));
            expect(seen.hour).toBeGreaterThanOrEqual(9);
            expect(seen.hour).toBeLessThan(19);
            expect([0, 30]).not.toContain(seen.minute);
          }
        },
      ),
      { seed: 2026, numRuns: 200 },
    );
  });
});
