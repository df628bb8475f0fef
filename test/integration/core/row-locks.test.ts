/** Who holds a row lets others write what refers to it; a case comes before its customer, he before his leads. Neither waits for the other. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Tx } from '../../../src/db/database.ts';
import { lockApproval, lockOpenApplication } from '../../../src/domain/applications/application-store.ts';
import { lockCustomer } from '../../../src/domain/customers/index.ts';
import { lockOpenLead } from '../../../src/domain/leads/index.ts';
import { lockLoan } from '../../../src/domain/loans/loan-store.ts';
import { SYSTEM_ACTOR } from '../../../src/core/operations/actor.ts';
import { inUnit, type Turn } from '../../../src/core/unit/unit.ts';
import { until, useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const { wecom } = company.channels;
let lin: StaffActor;
let qian: StaffActor;
let lead: { readonly customerId: string; readonly leadNumber: string };
const ids: Partial<Record<'leads' | 'applications' | 'approvals' | 'loans', string>> = {};

async function aLead(phone: string): Promise<typeof lead> {
  const facts = { name: '何晓燕', phone, amount: '100000.00', purpose: 'turnover', term: 12 };
  return (await company.call(lin, 'lead.capture', { facts })) as typeof lead;
}

async function idOf(sql: string, value: string | undefined): Promise<string> {
  return (await company.db.pool.query<{ id: string }>(sql, [value])).rows[0]?.id ?? '';
}

const waiting = `pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;

const submit = async ({ leadNumber }: typeof lead): Promise<{ readonly applicationId: string }> =>
  (await company.call(lin, 'lead.submit', { lead: leadNumber })) as { applicationId: string };

beforeAll(async () => {
  lin = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  qian = await company.addStaff('小钱', ['reviewer'], { wecom: 'xiaoqian' });
  const lent = await submit(await aLead('13800700001'));
  const id = await idOf('SELECT id FROM approvals WHERE application_id = $1', lent.applicationId);
  await company.call(qian, 'approval.decide', { id, revision: 1, verb: 'approve' });
  ids.loans = await idOf('SELECT id FROM loans WHERE application_id = $1', lent.applicationId);
  lead = await aLead('13800700002');
  ids.leads = await idOf('SELECT id FROM leads WHERE customer_id = $1', lead.customerId);
  ids.applications = (await submit(lead)).applicationId;
  ids.approvals = await idOf('SELECT id FROM approvals WHERE application_id = $1', ids.applications);
});

describe('a row that is locked', () => {
  const locks: readonly (readonly [string, (tx: Tx) => Promise<unknown>, () => string | undefined])[] = [
    ['customers', async (tx) => lockCustomer(tx, lead.customerId), () => lead.customerId],
    ['leads', async (tx) => lockOpenLead(tx, lead.customerId), () => ids.leads],
    ['applications', async (tx) => lockOpenApplication(tx, ids.leads ?? ''), () => ids.applications],
    ['approvals', async (tx) => lockApproval(tx, ids.approvals ?? ''), () => ids.approvals],
    ['loans', async (tx) => lockLoan(tx, ids.loans ?? ''), () => ids.loans],
  ];

  test.each(locks)('of %s can be referred to by another transaction, and locked by none', async (table, lock, id) => {
    const { database } = company.base;
    const other = async (strength: string): Promise<number> =>
      (await company.db.pool.query(`SELECT id FROM ${table} WHERE id = $1 FOR ${strength} NOWAIT`, [id()])).rows.length;

    await database.transaction(async (tx) => {
      expect(await lock(tx)).toBeDefined();
      // What the check of a foreign key asks for.
      expect(await other('KEY SHARE')).toBe(1);
      await expect(other('NO KEY UPDATE')).rejects.toThrow('could not obtain lock');
    });
  });
});

test('who hands a lead in waits for whoever holds its customer before he takes the lead', async () => {
  const fresh = await aLead('13800700003');
  let submitted: Promise<unknown> = Promise.resolve();

  await company.base.database.transaction(async (tx) => {
    await lockCustomer(tx, fresh.customerId);
    submitted = submit(fresh);
    await until(async () => (await company.count(waiting)) > 0);
    const take = 'SELECT id FROM leads WHERE customer_id = $1 FOR NO KEY UPDATE NOWAIT';
    expect(await tx.query(take, [fresh.customerId])).toHaveLength(1);
  });

  expect(await submitted).toMatchObject({ kind: 'submitted' });
});

test('what a customer wants while he is being given to a colleague waits for it, and is on that colleague’s list', async () => {
  const he = await aLead('13800700009');
  const gu = await company.addStaff('小顾', ['sales'], { wecom: 'xiaogu' });
  let asked: Promise<unknown> = Promise.resolve();

  await company.base.database.transaction(async (tx) => {
    await lockCustomer(tx, he.customerId);
    await tx.query('UPDATE leads SET owner_id = $2 WHERE customer_id = $1', [he.customerId, gu.id]);
    await tx.query('UPDATE customers SET owner_id = $2 WHERE id = $1', [he.customerId, gu.id]);
    const wish = { customerId: he.customerId, key: 'asked:beside', kind: 'customer_question' };
    asked = company.call(SYSTEM_ACTOR, 'task.addForOwner', wish);
    await until(async () => (await company.count(waiting)) > 0);
  });

  expect(await asked).toEqual({ ownerId: gu.id });
  expect(await company.count(`todos WHERE key = 'asked:beside' AND staff_id = $1`, [gu.id])).toBe(1);
});

test.each([
  [
    'finishes a customer’s to-do',
    '13800700010',
    async (todo: string) => company.call(lin, 'task.finish', { id: todo }),
  ],
  [
    'gives the word back to the bot',
    '13800700011',
    async (_todo: string, customer: string) => company.call(lin, 'conversation.handBack', { customer }),
  ],
])('who %s waits for whoever gives that customer away before he takes any of his to-dos', async (_who, phone, act) => {
  const { customerId } = await aLead(phone);
  for (const kind of ['handed_over', 'invited_asks']) {
    const matter = { key: `${kind}:${phone}`, kind, staffId: lin.id, subject: { kind: 'customer', id: customerId } };
    await company.call(SYSTEM_ACTOR, 'task.add', matter);
  }
  const todo = await idOf(`SELECT id FROM todos WHERE kind = 'handed_over' AND subject_id = $1`, customerId);
  let done: Promise<unknown> = Promise.resolve();

  await company.base.database.transaction(async (tx) => {
    await lockCustomer(tx, customerId);
    done = act(todo, customerId);
    await until(async () => (await company.count(waiting)) > 0);
    const take = 'SELECT id FROM todos WHERE subject_id = $1 AND done_at IS NULL FOR NO KEY UPDATE NOWAIT';
    expect(await tx.query(take, [customerId])).toHaveLength(2);
  });

  await done;
  expect(await company.count('todos WHERE subject_id = $1 AND done_at IS NULL', [customerId])).toBeLessThan(2);
});

test('who hands a returned case in again waits for whoever holds its process before he takes customer, lead or application', async () => {
  const back = await aLead('13800700004');
  const { applicationId } = await submit(back);
  const id = await idOf('SELECT id FROM approvals WHERE application_id = $1', applicationId);
  await company.call(qian, 'approval.decide', { id, revision: 1, verb: 'return', reason: '补流水' });
  const instance = await idOf('SELECT id FROM instances WHERE subject_id = $1', applicationId);
  let submitted: Promise<unknown> = Promise.resolve();

  await company.base.database.transaction(async (tx) => {
    await tx.query('SELECT id FROM instances WHERE id = $1 FOR NO KEY UPDATE', [instance]);
    submitted = submit(back);
    await until(async () => (await company.count(waiting)) > 0);
    for (const [table, column, value] of [
      ['customers', 'id', back.customerId],
      ['leads', 'customer_id', back.customerId],
      ['applications', 'id', applicationId],
    ])
      expect(
        await tx.query(`SELECT id FROM ${table} WHERE ${column} = $1 FOR NO KEY UPDATE NOWAIT`, [value]),
      ).toHaveLength(1);
  });

  expect(await submitted).toMatchObject({ kind: 'submitted', isResubmission: true });
});

test.each([
  [
    'timers',
    `INSERT INTO timers (key, kind, due_at, trace_id) VALUES ($1, 'test', business_now(), 't')`,
    ({ effects, call }: Turn, key: string) => effects.setTimer({ key, kind: 'test', dueAt: call.now }),
  ],
  [
    'messages',
    `INSERT INTO outbox_keys (key, outbox_id, at) VALUES ($1, 0, business_now())`,
    ({ effects }: Turn, key: string) =>
      effects.send({
        key,
        to: { account: wecom.account, chat: 'xiaolin' },
        purpose: 'STAFF',
        content: { kind: 'text', text: '您好' },
      }),
  ],
] as const)('keys of %s are taken in one order, whatever order they were named in', async (_what, insert, leave) => {
  let left: Promise<unknown> = Promise.resolve();

  await company.base.database.transaction(async (tx) => {
    await tx.query(insert, ['order a']);
    left = inUnit(company.base.unit, async (unit) => {
      const turn = unit.turn({ actor: SYSTEM_ACTOR, via: 'timer' });
      for (const key of ['order z', 'order a']) leave(turn, key);
    });
    await until(async () => (await company.count(waiting)) > 0);
    await tx.query(`SET LOCAL lock_timeout = '100ms'`);
    await tx.query(insert, ['order z']);
  });

  await expect(left).resolves.toBeUndefined();
});
