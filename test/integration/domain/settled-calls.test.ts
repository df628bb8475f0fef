/** To-dos to phone about a reminder that reached nobody: they end with the money, and come back when it was none. */
import { beforeAll, expect, test } from 'vitest';
import type { Actor } from '../../../src/core/operations/actor.ts';
import { askForCall, type MissedKind } from '../../../src/domain/reminders/index.ts';
import { until, useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { insertLoan, monthly } from '../../support/lent-loans.ts';

const company = useCompany();
const MANAGER: Actor = { kind: 'TOKEN', id: 'erp', roles: ['manager'], language: 'zh-CN' };
let sales: StaffActor;
let customerId: string;

beforeAll(async () => {
  sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  const facts = { name: '何女士', phone: '13800300009', amount: '100000.00', term: 12 };
  ({ customerId } = (await company.call(sales, 'lead.capture', { facts })) as { customerId: string });
});

let numbers = 9000;

/** A loan of two instalments of 1,050.00, in ten and in forty days, or of another plan. */
async function lend(plan = monthly(2, 10)): Promise<string> {
  numbers += 1;
  return insertLoan(company, { number: numbers, customerId, plan });
}

let payments = 0;
async function pay(id: string, amount: string): Promise<string> {
  payments += 1;
  const externalId = `bank/${payments}`;
  const paidAt = (await company.now()).toISOString();
  await company.call(MANAGER, 'loan.recordPayment', { id, externalId, amount, paidAt });
  return externalId;
}

async function reverse(id: string, externalId: string): Promise<void> {
  await company.call(MANAGER, 'loan.reversePayment', { id, externalId, reason: '支票退票' });
}

async function ask(loan: string, instalment: number, kind: MissedKind = 'unreachable'): Promise<void> {
  await company.base.database.transaction(async (tx) =>
    askForCall(tx, { loanId: loan, instalment }, { now: await company.now(), traceId: 'test', kind }),
  );
}

/** What the adviser has to do about this loan: kind and amount. */
async function list(): Promise<readonly string[]> {
  const { items } = (await company.call(sales, 'task.list', {})) as {
    items: readonly { kind: string; title: string }[];
  };
  return items
    .filter(({ title }) => title.includes(`L${numbers}`))
    .map(({ kind, title }) => `${kind} ${/[\d,.]+(?= 元)/u.exec(title)?.[0]}`);
}

test('is off the list when what it is about is paid, and says what is still owed when a part is; the next instalment’s stays', async () => {
  const loan = await lend();
  await ask(loan, 1);
  await ask(loan, 1, 'held_complaint');
  await ask(loan, 2);

  await pay(loan, '600.00');
  expect(await list()).toEqual(['unreachable 1,050.00', 'unreachable 450.00']);
  await pay(loan, '450.00');

  expect(await list()).toEqual(['unreachable 1,050.00']);
  await company.drain();
  const told = company.channels.wecom.said('xiaolin').filter((text) => text.includes(`L${numbers}`));
  expect(told).toEqual([expect.stringContaining('1,050.00 元')]);
});

test('says what is owed altogether where two instalments of a loan are due on one day, and goes on saying so', async () => {
  const [first] = monthly(1, 10);
  const loan = await lend([first, { due: 10, principal: 449_877, interest: 0 }].flatMap((row) => row ?? []));
  await ask(loan, 2);
  expect(await list()).toEqual(['unreachable 5,548.77']);
  await ask(loan, 1);
  expect(await list()).toEqual(['unreachable 5,548.77']);

  await pay(loan, '1050.00');
  expect(await list()).toEqual(['unreachable 4,498.77']);
  await ask(loan, 1);
  await pay(loan, '4498.77');
  expect(await list()).toEqual([]);
});

test('is never asked for where the money is there already: a reminder that comes back after the payment', async () => {
  const loan = await lend();
  await pay(loan, '1050.00');
  await ask(loan, 1);

  expect(await list()).toEqual([]);
});

test('is not asked for while a payment of it is being recorded: that is waited for', async () => {
  const loan = await lend();
  const payment = await company.db.pool.connect();
  await payment.query('BEGIN');
  await payment.query('SELECT FROM loans WHERE id = $1 FOR NO KEY UPDATE', [loan]);
  await payment.query(
    'UPDATE instalments SET paid_principal_fen = principal_fen, paid_interest_fen = interest_fen, paid_at = now() WHERE loan_id = $1 AND number = 1',
    [loan],
  );

  const asked = ask(loan, 1);
  const waiting = `pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  await until(async () => (await company.count(waiting)) > 0);
  await payment.query('COMMIT');
  payment.release();
  await asked;

  expect(await list()).toEqual([]);
});

test('is back when that payment is reversed, once and with what is owed then; one that was made before the payment is not', async () => {
  const loan = await lend();
  await ask(loan, 2);
  const { items } = (await company.call(sales, 'task.list', {})) as { items: readonly { id: string }[] };
  await company.call(sales, 'task.finish', { id: items[0]?.id });
  await ask(loan, 1);
  await pay(loan, '50.00');
  const paid = await pay(loan, '2050.00');
  expect(await list()).toEqual([]);

  await reverse(loan, paid);
  await reverse(loan, paid);

  expect(await list()).toEqual(['unreachable 1,000.00']);
  await pay(loan, '1000.00');
  expect(await list()).toEqual([]);
});

test('comes back to whoever looks after the customer by then', async () => {
  const loan = await lend();
  await ask(loan, 1);
  const paid = await pay(loan, '1050.00');
  const later = await company.addStaff('小何', ['sales']);
  await company.db.pool.query('UPDATE customers SET owner_id = $2 WHERE id = $1', [customerId, later.id]);
  await company.db.pool.query('UPDATE leads SET owner_id = $2 WHERE customer_id = $1', [customerId, later.id]);

  await reverse(loan, paid);

  const { items } = (await company.call(later, 'task.list', {})) as { items: readonly { kind: string }[] };
  expect([await list(), items.map(({ kind }) => kind)]).toEqual([[], ['unreachable']]);
});

test('asked for again once it is overdue, ends with the payment and is back as overdue when that is reversed', async () => {
  const loan = await lend();
  const own = async (): Promise<readonly { id: string; title: string }[]> => {
    const { items } = (await company.call(sales, 'task.list', {})) as {
      items: readonly { id: string; title: string }[];
    };
    return items.filter(({ title }) => title.includes(`L${numbers}`));
  };
  await company.db.pool.query('UPDATE customers SET owner_id = $2 WHERE id = $1', [customerId, sales.id]);
  await ask(loan, 1);
  await company.call(sales, 'task.finish', { id: (await own())[0]?.id });
  await company.advance(11 * 86_400_000);
  await ask(loan, 1);
  await ask(loan, 1);
  expect((await own()).map(({ title }) => title)).toEqual([expect.stringContaining('应还，已逾期 1 天')]);

  const paid = await pay(loan, '1050.00');
  expect(await own()).toEqual([]);
  await ask(loan, 1);
  expect(await own()).toEqual([]);
  await reverse(loan, paid);

  expect((await own()).map(({ title }) => title)).toEqual([expect.stringContaining('应还，已逾期 1 天')]);
});
