/** To-dos that must not lie, and those that end with what they are about. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Actor } from '../../../src/core/operations/actor.ts';
import { remindOfEarlier } from '../../../src/domain/todos/index.ts';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { insertLoan, monthly } from '../../support/lent-loans.ts';

const company = useCompany();
const { slack, wecom } = company.channels;
const SYSTEM = { kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' } as const;
const MANAGER: Actor = { kind: 'TOKEN', id: 'erp', roles: ['manager'], language: 'zh-CN' };
let boss: StaffActor;
let sales: StaffActor;
let number = 9100;
let customerId: string;

beforeAll(async () => {
  boss = await company.addStaff('梁总', ['manager'], { slack: 'U0LIANG' });
  sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
});
beforeEach(async () => {
  number += 1;
  const facts = { name: '何女士', phone: `1380032${number}`, amount: '100000.00', term: 12 };
  ({ customerId } = (await company.call(sales, 'lead.capture', { facts })) as { customerId: string });
  await company.drain();
  for (const channel of [slack, wecom]) channel.sent.length = 0;
});

interface Item {
  readonly id: string;
  readonly kind: string;
  readonly number: string;
}

const itemsOf = async (person: StaffActor): Promise<readonly Item[]> =>
  ((await company.call(person, 'task.list', {})) as { items: readonly Item[] }).items;

async function asked(topic: string, also?: 'above'): Promise<void> {
  const key = `asked:${topic}:${number}`;
  const more = also === undefined ? {} : { also };
  const matter = { customerId, key, kind: `customer_${topic}`, isOneOpen: true, ...more };
  await company.call(SYSTEM, 'task.addForOwner', matter);
  await company.drain();
}

async function finishAll(): Promise<void> {
  for (const person of [boss, sales])
    for (const { id } of await itemsOf(person)) await company.call(person, 'task.finish', { id });
}

/** The next day at this hour, all that is due by then done. */
async function tomorrow(hour: number): Promise<void> {
  await company.advanceToTomorrow(hour);
  await company.drain();
}

const reminders = (): readonly string[] => slack.said('U0LIANG').filter((text) => text.includes('还没有办完'));

test('that he has paid is off the list when a payment of his is recorded; another customer’s does not end it', async () => {
  const loan = await insertLoan(company, { number, customerId, plan: monthly(2, 10) });
  await asked('repaid');
  number += 1;
  const facts = { name: '吴先生', phone: `1380032${number}`, amount: '100000.00', term: 12 };
  const other = (await company.call(sales, 'lead.capture', { facts })) as { customerId: string };
  const others = await insertLoan(company, { number, customerId: other.customerId, plan: monthly(2, 10) });
  const pay = async (id: string): Promise<unknown> =>
    company.call(MANAGER, 'loan.recordPayment', {
      id,
      externalId: `bank/${id}`,
      amount: '600.00',
      paidAt: (await company.now()).toISOString(),
    });

  await pay(others);
  expect((await itemsOf(sales)).map(({ kind }) => kind)).toEqual(['customer_repaid']);
  await pay(loan);

  expect(await itemsOf(sales)).toEqual([]);
});

const DAY_MS = 86_400_000;

/** A payment of so many days ago. */
async function pay(id: string, externalId: string, daysAgo = 0): Promise<void> {
  const paidAt = new Date((await company.now()).getTime() - daysAgo * DAY_MS).toISOString();
  await company.call(MANAGER, 'loan.recordPayment', { id, externalId, amount: '1.00', paidAt });
}

const reverse = async (id: string, externalId: string): Promise<unknown> =>
  company.call(MANAGER, 'loan.reversePayment', { id, externalId, reason: '支票退票' });

const kinds = async (person: StaffActor): Promise<readonly string[]> => (await itemsOf(person)).map(({ kind }) => kind);

test('that he has paid stays on the list when a payment of long before is recorded, and is off it with one of some days before', async () => {
  const loan = await insertLoan(company, { number, customerId, plan: monthly(2, -10) });
  await asked('repaid');

  await pay(loan, `${number}/long-before`, 9);
  expect(await kinds(sales)).toEqual(['customer_repaid']);
  await pay(loan, `${number}/just-before`, 3);

  expect(await kinds(sales)).toEqual([]);
});

test('that he has paid stays on the list while something of another loan of his is due: he may have meant that one', async () => {
  const loan = await insertLoan(company, { number: number + 500, customerId, plan: monthly(2, -10) });
  const other = await insertLoan(company, { number: number + 1000, customerId, plan: monthly(1, 3) });
  await asked('repaid');

  await pay(loan, `${number}/one`);
  expect(await kinds(sales)).toEqual(['customer_repaid']);
  await company.db.pool.query('UPDATE instalments SET due_on = due_on + 30 WHERE loan_id = $1', [other]);
  await pay(loan, `${number}/two`);

  expect(await kinds(sales)).toEqual([]);
});

test('that he has paid is back when that payment is reversed, once, with whoever looks after him now; what was looked up is not', async () => {
  const loan = await insertLoan(company, { number, customerId, plan: monthly(2, -10) });
  await asked('repaid');
  const [own] = await itemsOf(sales);
  await company.call(sales, 'task.finish', { id: own?.id });
  await pay(loan, `${number}/other`);
  await reverse(loan, `${number}/other`);
  expect(await kinds(sales)).toEqual([]);

  await asked('repaid');
  await pay(loan, `${number}/his`);
  expect(await kinds(sales)).toEqual([]);
  const later = await company.addStaff('小何', ['sales'], { wecom: `xiaohe${number}` });
  await company.db.pool.query('UPDATE customers SET owner_id = $2 WHERE id = $1', [customerId, later.id]);
  await reverse(loan, `${number}/his`);
  await reverse(loan, `${number}/his`);

  expect([await kinds(sales), await kinds(later)]).toEqual([[], ['customer_repaid']]);
  await company.drain();
  expect(wecom.said(`xiaohe${number}`).filter((text) => text.includes('说已经还款'))).toHaveLength(1);
});

test.each(['complaint', 'disputed'])(
  'whoever has an open %s on his list is reminded after two days, by day, and then every week until it is done',
  async (topic) => {
    await tomorrow(21);
    await asked(topic, 'above');
    expect(reminders()).toEqual([]);
    for (let day = 0; day < 3; day += 1) await tomorrow(7);
    expect(reminders()).toEqual([]);
    await company.advance(2 * 3_600_000);
    await company.drain();
    const [todo] = await itemsOf(boss);

    expect(reminders()).toEqual([expect.stringContaining(`已经 2 天，还没有办完；办完发「完成 ${todo?.number}」。`)]);
    expect(wecom.said('xiaolin').filter((text) => text.includes('还没有办完'))).toHaveLength(1);
    for (let day = 0; day < 15; day += 1) await tomorrow(12);
    expect(reminders()).toHaveLength(3);

    await finishAll();
    for (let day = 0; day < 15; day += 1) await tomorrow(12);
    expect(reminders()).toHaveLength(3);
  },
);

test('one that was finished by mistake and opened again is called to mind like before, and not twice', async () => {
  await asked('complaint');
  const [todo] = await itemsOf(sales);
  await company.call(sales, 'task.finish', { id: todo?.id });
  await company.call(sales, 'task.reopen', { id: todo?.id });

  for (let day = 0; day < 4; day += 1) await tomorrow(12);

  expect(wecom.said('xiaolin').filter((text) => text.includes('还没有办完'))).toHaveLength(1);
  await company.call(sales, 'task.finish', { id: todo?.id });
});

test('one that is older than these reminders gets its own, once, and no other to-do gets any', async () => {
  await asked('complaint');
  await asked('question');
  await company.db.pool.query(`DELETE FROM timers WHERE kind = 'todo.complaint'`);
  for (let day = 0; day < 4; day += 1) await tomorrow(12);
  expect(wecom.said('xiaolin').filter((text) => text.includes('还没有办完'))).toEqual([]);

  for (let hour = 0; hour < 2; hour += 1)
    await company.base.database.transaction(async (tx) => remindOfEarlier(tx, await company.now()));
  await tomorrow(12);

  expect(wecom.said('xiaolin').filter((text) => text.includes('还没有办完'))).toEqual([
    expect.stringContaining('要投诉'),
  ]);
  expect(await company.count(`timers WHERE kind = 'todo.complaint' AND state = 'OPEN'`)).toBe(1);
  await finishAll();
});

test('what else is on a list is not called to mind', async () => {
  await asked('question');

  for (let day = 0; day < 4; day += 1) await tomorrow(12);

  expect(wecom.said('xiaolin').filter((text) => text.includes('还没有办完'))).toEqual([]);
});
