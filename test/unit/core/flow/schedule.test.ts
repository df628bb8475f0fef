import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planStages, stageStates, type CompiledSchedule } from '../../../../src/core/flow/index.ts';
import { businessDate, fromDayNumber, wallClock } from '../../../../src/lib/business-date.ts';
import { houseFlows } from './house.ts';

const reminder = houseFlows()
  .map((flow) => flow.compiled)
  .find((flow): flow is CompiledSchedule => flow.kind === 'schedule');
if (!reminder) throw new Error('repayment-reminder is not shipped');

describe('the repayment reminder', () => {
  const plan = planStages(reminder, businessDate('2026-12-20'), { zone: 'Asia/Shanghai' });

  test('tells three days before, the day before, on the day and the day after', () => {
    expect(plan.map((stage) => [stage.stage, stage.on])).toEqual([
      ['threeDaysBefore', '2026-12-17'],
      ['dayBefore', '2026-12-19'],
      ['dueDay', '2026-12-20'],
      ['dayAfter', '2026-12-21'],
    ]);
  });

  test('sends only the newest stage after an outage; what it overtook has lapsed', () => {
    expect(stageStates(plan, new Date('2026-12-20T04:00:00Z'))).toEqual(['lapsed', 'lapsed', 'due', 'future']);
    expect(stageStates(plan, new Date('2026-12-01T00:00:00Z'))).toEqual(['future', 'future', 'future', 'future']);
  });

  test('leaves only between 09:00 and 19:00 of the customer, never at minute 0 or 30, in any zone and any spread', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20_000, max: 22_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.constantFrom('Asia/Shanghai', 'Asia/Urumqi', 'America/New_York', 'Europe/London'),
        (day, spread, zone) => {
          for (const stage of planStages(reminder, fromDayNumber(day), { zone, spread })) {
            const seen = wallClock(stage.at, zone);
            expect(seen.date).toBe(stage.on);
            expect(seen.hour).toBeGreaterThanOrEqual(9);
            expect(seen.hour).toBeLessThan(19);
            expect([0, 30]).not.toContain(seen.minute);
            expect(stage.until.getTime()).toBeGreaterThan(stage.at.getTime());
          }
        },
      ),
      { seed: 2026, numRuns: 200 },
    );
  });
});
