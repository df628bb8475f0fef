/** Calls about overdue money while the customer complains: they wait, the to-do says why, and afterwards somebody has to phone. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Actor } from '../../../src/core/operations/actor.ts';
import { askForCall } from '../../../src/domain/reminders/index.ts';
import { until, useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { insertLoan, monthly } from '../../support/lent-loans.ts';

const company = useCompany();
const { wecom } = company.channels;
const SYSTEM = { kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' } as const;
const MANAGER: Actor = { kind: 'TOKEN', id: 'erp', roles: ['manager'], language: 'zh-CN' };
const DAY_MS = 86_400_000;
let boss: StaffActor;
let sales: StaffActor;
let number = 9000;
let customerId: string;
let loan: string;

const CALL = /应还，已逾期 \d+ 天；还款提醒发不到客户，请电话联系。$/u;
const HELD = /客户的投诉还没有办结，逾期提醒没有发。请先处理投诉，办结后由您跟进这笔还款。$/u;
const AFTERWARDS = /应还，已逾期 \d+ 天；客户的投诉已经办结，请电话联系。$/u;

beforeAll(async () => {
  boss = await company.addStaff('梁总', ['manager'], { slack: 'U0LIANG' });
  sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
});
beforeEach(async () => {
  number += 1;
  const facts = { name: '何女士', phone: `1380031${number}`, amount: '100000.00', term: 12 };
  ({ customerId } = (await company.call(sales, 'lead.capture', { facts })) as { customerId: string });
  loan = await insertLoan(company, { number, customerId, plan: monthly(1, -1) });
  await company.drain();
  wecom.sent.length = 0;
});

async function ask(kind?: 'held_complaint'): Promise<void> {
  const how = { now: await company.now(), traceId: 'test', ...(kind ? { kind } : {}) };
  await company.base.database.transaction(async (tx) => askForCall(tx, { loanId: loan, instalment: 1 }, how));
}

/** He complains: it is on his adviser’s list and on that of somebody above him. */
async function complain(kind = 'customer_complaint'): Promise<void> {
  const key = `${kind}:${number}`;
  await company.call(SYSTEM, 'task.addForOwner', { customerId, key, kind, also: 'above' });
}

interface Item {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
}

async function itemsOf(person: StaffActor): Promise<readonly Item[]> {
  return ((await company.call(person, 'task.list', {})) as { items: readonly Item[] }).items;
}

const callsOf = async (person: StaffActor): Promise<readonly Item[]> =>
  (await itemsOf(person)).filter(({ title }) => title.includes(`L${number}`));
const words = async (): Promise<readonly string[]> => (await callsOf(sales)).map(({ title }) => title);

async function finish(person: StaffActor, kind: string): Promise<void> {
  for (const item of await itemsOf(person))
    if (item.kind === kind) await company.call(person, 'task.finish', { id: item.id });
}

async function settle(kind = 'customer_complaint'): Promise<void> {
  for (const person of [boss, sales]) await finish(person, kind);
}

/** What he has been told about this loan. */
async function told(): Promise<readonly string[]> {
  await company.drain();
  return wecom.said('xiaolin').filter((text) => text.includes(`L${number}`));
}

test.each(['customer_complaint', 'customer_disputed'])(
  'one asked for before it came (%s) is held by it, and back with whoever looks after him when it is settled, who hears of it',
  async (kind) => {
    await ask();
    expect(await words()).toEqual([expect.stringMatching(CALL)]);
    expect(await told()).toHaveLength(1);

    await complain(kind);
    expect((await callsOf(sales)).map((call) => [call.kind, call.title])).toEqual([
      ['held_complaint', expect.stringMatching(HELD)],
    ]);
    await finish(boss, kind);
    expect(await words()).toEqual([expect.stringMatching(HELD)]); // it is still on his adviser's list
    await finish(sales, kind);

    expect((await callsOf(sales)).map((call) => [call.kind, call.title])).toEqual([
      ['unreachable', expect.stringMatching(CALL)],
    ]);
    expect((await told()).slice(1)).toEqual([expect.stringMatching(CALL)]);
  },
);

test('one that was held from the beginning is a call once the complaint is settled, and says so', async () => {
  await complain();
  await ask('held_complaint');
  expect(await words()).toEqual([expect.stringMatching(HELD)]);
  expect(await told()).toEqual([expect.stringMatching(HELD)]);

  await settle();

  expect(await words()).toEqual([expect.stringMatching(AFTERWARDS)]);
  expect((await told()).slice(1)).toEqual([expect.stringMatching(AFTERWARDS)]);
});

test('one that was put aside meanwhile is to be made afterwards; one that was made before is not', async () => {
  await ask();
  await complain();
  await finish(sales, 'held_complaint');
  expect(await words()).toEqual([]);

  await settle();
  expect(await words()).toEqual([expect.stringMatching(AFTERWARDS)]);

  await finish(sales, 'unreachable');
  await company.advance(DAY_MS);
  await complain('customer_disputed');
  await settle('customer_disputed');
  expect(await words()).toEqual([]);
});

test('one that was put aside while he complained is to be made when the last of his complaints is settled, though that came later', async () => {
  await ask();
  await complain();
  await finish(sales, 'held_complaint');
  await company.advance(DAY_MS);
  await complain('customer_disputed');
  await settle();
  expect(await words()).toEqual([]);

  await settle('customer_disputed');

  expect(await words()).toEqual([expect.stringMatching(AFTERWARDS)]);
});

test('one that was made after the complaint was settled does not come back when that is opened again by mistake and settled', async () => {
  await ask();
  await complain();
  const [complaint] = await itemsOf(boss);
  await finish(sales, 'held_complaint');
  await settle();
  await finish(sales, 'unreachable');
  await company.advance(DAY_MS);

  await company.call(boss, 'task.reopen', { id: complaint?.id });
  await settle();

  expect(await words()).toEqual([]);
});

test('one that was put aside, brought back by whoever did so and made after the complaint, is made', async () => {
  await ask();
  await complain();
  const [call] = await callsOf(sales);
  await finish(sales, 'held_complaint');
  await company.call(sales, 'task.reopen', { id: call?.id });
  await settle();
  await finish(sales, 'unreachable');

  await complain('customer_disputed');
  await settle('customer_disputed');

  expect(await words()).toEqual([]);
});

test('one that was put aside and paid comes back when the payment is taken back, once nothing he complained about is open', async () => {
  await ask();
  await complain();
  await finish(sales, 'held_complaint');
  const pay = { id: loan, amount: '1050.00', paidAt: (await company.now()).toISOString() };
  await company.call(MANAGER, 'loan.recordPayment', { ...pay, externalId: `${loan}/1` });
  await company.call(MANAGER, 'loan.reversePayment', { id: loan, externalId: `${loan}/1`, reason: '支票退票' });
  expect(await words()).toEqual([]);
  await company.call(MANAGER, 'loan.recordPayment', { ...pay, externalId: `${loan}/2` });
  await settle();
  expect(await words()).toEqual([]);

  await company.call(MANAGER, 'loan.reversePayment', { id: loan, externalId: `${loan}/2`, reason: '支票退票' });

  expect(await words()).toEqual([expect.stringMatching(AFTERWARDS)]);
});

const waiting = `pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;

test('one that is being put aside while the complaint is settled is waited for, and comes back', async () => {
  await ask();
  await complain();
  const [call] = await callsOf(sales);
  await finish(boss, 'customer_complaint');
  const putting = await company.db.pool.connect();
  await putting.query('BEGIN');
  await putting.query('SELECT FROM loans WHERE id = $1 FOR NO KEY UPDATE', [loan]);
  const putAside = `UPDATE todos SET done_at = business_now(), params = params || '{"aside": 1}' WHERE id = $1`;
  await putting.query(putAside, [call?.id]);

  const settled = finish(sales, 'customer_complaint');
  await until(async () => (await company.count(waiting)) > 0);
  await putting.query('COMMIT');
  putting.release();
  await settled;

  expect(await words()).toEqual([expect.stringMatching(AFTERWARDS)]);
});

test('one that is finished while the complaint is being settled waits for that, and is the call that it is by then', async () => {
  await ask();
  await complain();
  const [call] = await callsOf(sales);
  const settling = await company.db.pool.connect();
  await settling.query('BEGIN');
  await settling.query('SELECT FROM loans WHERE id = $1 FOR NO KEY UPDATE', [loan]);
  const settle = `UPDATE todos SET done_at = business_now() WHERE kind = 'customer_complaint' AND subject_id = $1`;
  await settling.query(settle, [customerId]);

  const finished = company.call(sales, 'task.finish', { id: call?.id });
  await until(async () => (await company.count(waiting)) > 0);
  await settling.query('COMMIT');
  settling.release();

  expect(await finished).toMatchObject({ title: expect.stringMatching(CALL) });
});

test('one about money that is not overdue is made whether he complains or not', async () => {
  loan = await insertLoan(company, { number: number + 500, customerId, plan: monthly(1, 3) });
  number += 500;
  await complain();

  await ask();

  expect(await words()).toEqual([expect.stringMatching(/应还；还款提醒发不到客户，请电话联系。$/u)]);
  await company.advance(4 * DAY_MS); // no stage comes any more, and now it is
  expect(await words()).toEqual([expect.stringMatching(HELD)]);
});

test('one whose payment is taken back after the complaint was settled is a call, with nothing said of an open complaint', async () => {
  await complain();
  await ask();
  const paidAt = (await company.now()).toISOString();
  await company.call(MANAGER, 'loan.recordPayment', { id: loan, externalId: loan, amount: '1050.00', paidAt });
  expect(await words()).toEqual([]);
  await settle();
  expect(await words()).toEqual([]);

  await company.call(MANAGER, 'loan.reversePayment', { id: loan, externalId: loan, reason: '支票退票' });

  expect(await words()).toEqual([expect.stringMatching(AFTERWARDS)]);
});
