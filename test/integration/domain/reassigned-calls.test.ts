/** To-dos to phone about a reminder that reached nobody, while the customer goes to a colleague: they are on the list of whoever has him. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Tx } from '../../../src/db/database.ts';
import { askForCall } from '../../../src/domain/reminders/index.ts';
import { until, useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { insertLoan, monthly } from '../../support/lent-loans.ts';

const company = useCompany();
const DAY_MS = 86_400_000;
let boss: StaffActor;
let lin: StaffActor;
let gu: StaffActor;
let number = 9000;
let customerId: string;
let loan: string;

beforeAll(async () => {
  boss = await company.addStaff('梁总', ['manager'], { slack: 'U0LIANG' });
  lin = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  gu = await company.addStaff('小顾', ['sales'], { wecom: 'xiaogu' });
});
beforeEach(async () => {
  number += 1;
  const facts = { name: '何女士', phone: `1380030${number}`, amount: '100000.00', term: 12 };
  ({ customerId } = (await company.call(lin, 'lead.capture', { facts })) as { customerId: string });
  loan = await insertLoan(company, { number, customerId, plan: monthly(1, 1) });
});

async function ask(tx: Tx): Promise<void> {
  await askForCall(tx, { loanId: loan, instalment: 1 }, { now: await company.now(), traceId: 'test' });
}

async function reassign(): Promise<void> {
  await company.call(boss, 'lead.reassign', { lead: customerId, to: gu.id });
}

/** Whose lists have the call. */
async function holders(): Promise<readonly string[]> {
  const lists = [lin, gu, boss].map(async (person) => {
    const { items } = (await company.call(person, 'task.list', {})) as { items: readonly { title: string }[] };
    return items.filter(({ title }) => title.includes(`L${number}`)).map(() => person.name);
  });
  return (await Promise.all(lists)).flat();
}

async function isWaiting(): Promise<boolean> {
  return (await company.count(`pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)) > 0;
}

test('one that is being asked for at that moment is waited for, and goes with him', async () => {
  const { database } = company.base;
  let reassigned: Promise<void> | undefined;

  await database.transaction(async (tx) => {
    await ask(tx);
    reassigned = reassign();
    await until(isWaiting);
  });
  await reassigned;

  expect(await holders()).toEqual(['小顾']);
});

test('one that is asked for while he is being given away is the new owner’s', async () => {
  const { database } = company.base;
  const given = await company.db.pool.connect();
  await given.query('BEGIN');
  await given.query('SELECT FROM loans WHERE customer_id = $1 FOR NO KEY UPDATE', [customerId]);
  await given.query('UPDATE customers SET owner_id = $2 WHERE id = $1', [customerId, gu.id]);

  const asked = database.transaction(ask);
  await until(isWaiting);
  await given.query('COMMIT');
  given.release();
  await asked;

  expect(await holders()).toEqual(['小顾']);
});

test('one that is open is not taken back by whoever brings it up again and still thinks he is the old owner’s', async () => {
  const { database } = company.base;
  await database.transaction(ask);
  await company.advance(2 * DAY_MS);

  await database.transaction(async (tx) => {
    const late: Tx = {
      query: async (query, values) => {
        const rows = await tx.query(query, values);
        if (typeof query !== 'string' && query.name === 'reminders-unreachable')
          await company.db.pool.query(`UPDATE todos SET staff_id = $2 WHERE subject_id = $1`, [loan, gu.id]);
        return rows as never;
      },
    };
    await ask(late);
  });

  expect(await holders()).toEqual(['小顾']);
  const { rows } = await company.db.pool.query(`SELECT params ->> 'round' AS round FROM todos WHERE subject_id = $1`, [
    loan,
  ]);
  expect(rows).toEqual([{ round: '1' }]);
});

test('one that was made is asked for anew of whoever has him by then', async () => {
  const { database } = company.base;
  await database.transaction(ask);
  await company.db.pool.query('UPDATE todos SET done_at = now() WHERE subject_id = $1', [loan]);
  await reassign();
  expect(await holders()).toEqual([]);

  await company.advance(2 * DAY_MS);
  await database.transaction(ask);

  expect(await holders()).toEqual(['小顾']);
});
