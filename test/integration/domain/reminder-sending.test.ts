/** When a reminder goes out and what it says by then: late, overtaken by the next one, long before and after the due date. */
import { describe, expect, test } from 'vitest';
import { reminderSchedules, renderReminder } from '../../../src/domain/reminders/index.ts';
import { publishChanged } from '../../invariants/support/publish.ts';
import { FLOW, useReminderDesk } from '../../support/reminder-desk.ts';

const { company, borrow, planOf, outcomes, remindAt } = useReminderDesk();

test('a message that waited until the next one of its instalment came has lapsed; of another instalment it goes out', async () => {
  await borrow(1, { dueOn: ['2027-03-21', '2027-03-22'], next: ['2027-03-20 10:02', 1, 'dayBefore'] });
  expect(await remindAt('2027-03-20T10:30')).toEqual(['1 1:dayBefore']);
  expect(await remindAt('2027-03-21T10:30')).toEqual(['1 1:dueDay', '1 2:dayBefore']);
  company.channels.telegram.sent.length = 0;

  await company.advance(25 * 3_600_000); // the platform was away
  while ((await company.worker({ gates: [] }).deliverer.run()) > 0);

  expect(company.channels.telegram.sent).toHaveLength(2);
  expect(await outcomes()).toEqual(['1 1:dayBefore LAPSED']);
});

describe('a message that is late', () => {
  /** What a stage says at an instant of company time. */
  async function saidAt(loan: string, reference: string, time: string): Promise<unknown> {
    const { base } = company;
    const render = renderReminder(reminderSchedules(base.flows), base.services);
    const now = new Date(`${time}:00+08:00`);
    return base.database.transaction(async (tx) => render(tx, { subjectId: loan, reference, now }));
  }
  const text = (said: string): unknown => ({ text: expect.stringContaining(said), customerId: expect.any(String) });

  test('has lapsed when the day its words speak of is over on the customer’s clock; the overdue text stays true', async () => {
    const loan = await borrow(1, { dueOn: ['2027-03-20'] });

    expect(await saidAt(loan, '1:dayBefore', '2027-03-19T18:59')).toEqual(text('明天 3月20日'));
    expect(await saidAt(loan, '1:dueDay', '2027-03-20T18:59')).toEqual(text('今天 3月20日'));
    expect(await outcomes()).toEqual([]);
    expect(await saidAt(loan, '1:dayBefore', '2027-03-20T08:00')).toEqual({ dropped: 'late' });
    expect(await saidAt(loan, '1:dueDay', '2027-03-21T09:30')).toEqual({ dropped: 'late' });
    expect(await saidAt(loan, '1:dayAfter', '2027-03-25T09:30')).toEqual(text('3月20日应还的 4,498.77 元'));
    expect(await outcomes()).toEqual(['1 1:dayBefore LAPSED', '1 1:dueDay LAPSED']);
  });

  test('never says 今天 or 明天 of a day that is another in the books, nor that what is overdue there is due', async () => {
    const loan = await borrow(1, { dueOn: ['2027-03-20'] });
    await company.db.pool.query(`UPDATE customers SET zone = 'America/Los_Angeles'`); // 15 hours after Shanghai

    const early = '提醒您，3月20日（按我们所在地的日期）应还 4,498.77 元';
    expect(await saidAt(loan, '1:threeDaysBefore', '2027-03-18T01:02')).toEqual(text(early));
    expect(await saidAt(loan, '1:dayBefore', '2027-03-20T01:02')).toEqual(text(early));
    expect(await outcomes()).toEqual([]);
    expect(await saidAt(loan, '1:dueDay', '2027-03-21T00:02')).toEqual({ dropped: 'late' });
    expect(await outcomes()).toEqual(['1 1:dueDay LAPSED']);
    expect(await saidAt(loan, '1:dayAfter', '2027-03-22T01:02')).toEqual(text('您 3月20日应还的 4,498.77 元'));

    await company.db.pool.query(`UPDATE customers SET zone = 'America/New_York', language = 'en'`);
    expect(await saidAt(loan, '1:dueDay', '2027-03-20T21:02')).toEqual(text('is due today, Mar 20.'));
    expect(await saidAt(loan, '1:dueDay', '2027-03-21T06:30')).toEqual({ dropped: 'late' });
    expect(await saidAt(loan, '1:dayBefore', '2027-03-20T06:30')).toEqual(
      text('is due on Mar 20 (the date where we are). Please check'),
    );
  });

  test('waits for the hours of its flow', async () => {
    const loan = await borrow(1, { dueOn: ['2027-03-20'] });

    const opens = (day: string): unknown => ({ notBefore: new Date(`${day}T09:00:00+08:00`) });
    expect(await saidAt(loan, '1:dayAfter', '2027-03-21T08:00')).toEqual(opens('2027-03-21'));
    expect(await saidAt(loan, '1:dayAfter', '2027-03-21T19:00')).toEqual(opens('2027-03-22'));
    expect(await saidAt(loan, '1:dayAfter', '2027-03-22T09:00')).toEqual(text('还没有收到'));
  });

  test('is not even put into the outbox on another day than its own, but for the overdue text', async () => {
    const loan = await borrow(1, { dueOn: ['2027-03-20'], next: ['2027-03-20 09:02', 1, 'dueDay'] });

    expect(await remindAt('2027-03-21T08:00')).toEqual([]);
    expect(await outcomes()).toEqual(['1 1:dueDay LAPSED']);
    expect(await planOf(loan)).toBe('v1 03-21 10:02 1:dayAfter');
    expect(await remindAt('2027-03-23T08:00')).toEqual(['1 1:dayAfter']);
  });

  test('names what else is open of the loan, as what is paid goes there first', async () => {
    const loan = await borrow(1, { dueOn: ['2027-01-20', '2027-02-20', '2027-03-21'] });

    const rest = '（第 3 期）；连同之前未还的 2 期，共 13,496.31 元。还款会先计入最早一期。';
    expect(await saidAt(loan, '3:dayBefore', '2027-03-20T10:02')).toEqual(
      text(`明天 3月21日应还 4,498.77 元${rest}请确认还款账户余额。`),
    );
    expect(await saidAt(loan, '3:dueDay', '2027-03-21T09:02')).toEqual(
      text(`今天 3月21日应还 4,498.77 元${rest}已还请忽略。`),
    );
    expect(await saidAt(loan, '3:dayAfter', '2027-03-22T10:02')).toEqual(
      text('4,498.77 元（第 3 期）还没有还清；连同之前未还的 2 期，共 13,496.31 元。'),
    );
    await company.db.pool.query(`UPDATE customers SET language = 'en'`);
    expect(await saidAt(loan, '2:dayAfter', '2027-02-21T10:02')).toEqual(
      text('with one earlier instalment still open it comes to ¥8,997.54.'),
    );
  });

  test('says which loan it is only to whoever has several', async () => {
    const [loan, other] = [await borrow(1, { dueOn: ['2027-03-20'] }), await borrow(2, { dueOn: ['2027-03-20'] })];
    await company.db.pool.query(
      'UPDATE loans SET customer_id = (SELECT customer_id FROM loans WHERE id = $2) WHERE id = $1',
      [loan, other],
    );

    expect(await saidAt(loan, '1:dueDay', '2027-03-20T09:02')).toEqual(text('（借据 L0001 第 1 期）'));
    await company.db.pool.query(`UPDATE loans SET state = 'SETTLED' WHERE id = $1`, [other]);
    expect(await saidAt(loan, '1:dueDay', '2027-03-20T09:02')).toEqual(text('元（第 1 期）'));
  });
});

test('stages long before and long after the due date come, however many instalments lie between', async () => {
  const version = await publishChanged(company, FLOW, (text) =>
    text
      .replace('name: threeDaysBefore, day: -3', 'name: longBefore, day: -30')
      .replace('name: dayAfter, day: 1', 'name: longAfter, day: 30'),
  );
  const dueOn = ['2027-03-25', '2027-04-02', '2027-04-10', '2027-04-18', '2027-04-26', '2027-05-04'];
  await borrow(1, { dueOn, next: ['2027-03-24 10:02', 1, 'dayBefore'], version });
  await company.db.pool.query(
    `SELECT ensure_partitions(month) FROM unnest('{2027-04-01,2027-05-01,2027-06-01}'::timestamptz[]) AS month`,
  );

  const came: string[] = [];
  for (let day = 24; day <= 24 + 72; day += 1)
    came.push(...(await remindAt(`${new Date(Date.UTC(2027, 2, day)).toISOString().slice(0, 10)}T20:00`)));

  expect(came.filter((line) => line.endsWith('longBefore'))).toEqual(['1 5:longBefore', '1 6:longBefore']); // others were past
  expect(came.filter((line) => line.endsWith('longAfter'))).toEqual(dueOn.map((_, n) => `1 ${n + 1}:longAfter`));
});

test('a payment at nine o’clock does not make a reminder vanish that is due and not looked at yet', async () => {
  const loan = await borrow(1, { dueOn: ['2027-03-20', '2027-04-20'], next: ['2027-03-20 09:02', 1, 'dueDay'] });

  await company.call({ kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' }, 'reminder.plan', { loanId: loan });

  expect(await planOf(loan)).toBe('v1 03-20 09:02 1:dueDay');
  expect(await remindAt('2027-03-20T10:30')).toEqual(['1 1:dueDay']);
});
