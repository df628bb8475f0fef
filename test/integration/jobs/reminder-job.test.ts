/** A loan that cannot be planned must not keep the others from being reminded. */
import { expect, test } from 'vitest';
import { reminderSchedules } from '../../../src/domain/reminders/index.ts';
import { ReminderJob } from '../../../src/jobs/reminders.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { useReminderDesk } from '../../support/reminder-desk.ts';

const desk = useReminderDesk();
const { company } = desk;

test('one that cannot be planned is left out with one incident, the others are reminded, and it is tried again after an hour', async () => {
  const { base, db } = company;
  for (const number of [1, 2, 3, 4, 5])
    await desk.borrow(number, { dueOn: ['2027-03-20'], next: ['2027-03-20 09:00', 1, 'dueDay'] });
  await db.pool.query(`UPDATE customers SET zone = 'Mars/Olympus' WHERE number = 2`);
  const schedules = reminderSchedules(base.flows);
  const job = new ReminderJob({ database: base.database, schedules: () => schedules.known(), log: silentLog });
  const looks = async (): Promise<number> => {
    let count = 0;
    while ((await job.run()).looked_at > 0) count += 1;
    return count;
  };
  const reminded = async (): Promise<readonly number[]> => {
    const { rows } = await db.pool.query<{ number: number }>(
      `SELECT l.number FROM outbox o JOIN loans l ON l.id = o.subject_id::uuid ORDER BY 1`,
    );
    return rows.map(({ number }) => number);
  };

  expect(await looks()).toBeLessThan(12);
  expect(await reminded()).toEqual([1, 3, 4, 5]);
  expect(await company.count(`incidents WHERE kind = 'reminder.stuck'`)).toBe(1);
  expect(await looks()).toBe(0);

  await company.advance(3_600_000);
  expect(await looks()).toBeGreaterThan(0);
  expect(await company.count(`incidents WHERE kind = 'reminder.stuck'`)).toBe(1);
  await db.pool.query(`UPDATE customers SET zone = 'Asia/Shanghai'`);
  await company.advance(3_600_000);
  await looks();
  expect(await reminded()).toEqual([1, 2, 3, 4, 5]);
});
