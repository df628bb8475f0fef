/** Reminders that reach nobody: somebody who can phone has it on the list. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ChannelError } from '../../../src/channels/channel.ts';
import type { Tx } from '../../../src/db/database.ts';
import { runDueReminders } from '../../../src/domain/reminders/index.ts';
import { fireNext } from '../../../src/jobs/timers.ts';
import { timerHandlers } from '../../../src/jobs/timer-handlers.ts';
import { silentLog } from '../../../src/lib/log.ts';
import type { SendGate } from '../../../src/outbox/gate.ts';
import { ACCOUNTS, ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const ON_THE_DAY = {
  hours: { from: 0, until: 1_440 },
  stages: [
    { name: 'dayBefore', day: -1, minute: 0, spread: 0, text: {} },
    { name: 'dueDay', day: 0, minute: 0, spread: 0, text: {} },
  ],
};
/** One that goes on after the due date, as companies may have it. */
const AFTERWARDS = {
  hours: { from: 0, until: 1_440 },
  stages: [
    { name: 'dueDay', day: 0, minute: 0, spread: 0, text: {} },
    { name: 'dayAfter', day: 1, minute: 0, spread: 0, text: {} },
    { name: 'weekAfter', day: 7, minute: 0, spread: 0, text: {} },
  ],
};
const DAY_MS = 86_400_000;
let sales: StaffActor;
let manager: StaffActor;
let today: string;

beforeAll(async () => {
  await company.advanceToTomorrow(12); // a day has passed its stages by then and is not about to end
  sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  manager = await company.addStaff('梁总', ['manager'], { wecom: 'liang' });
});
beforeEach(async () => {
  const { rows } = await company.db.pool.query<{ today: string }>(
    `SELECT (business_now() AT TIME ZONE 'Asia/Shanghai')::date::text AS today`,
  );
  today = rows[0]?.today ?? '';
  const client = await company.db.pool.connect();
  await client.query('SET session_replication_role = replica');
  await client.query(
    'TRUNCATE customers, leads, loans, instalments, reminder_outcomes, todos, incidents, outbox, outbox_keys CASCADE',
  );
  await client.query('SET session_replication_role = DEFAULT');
  client.release();
});

/** The version all loans here were made with. */
function version(): string {
  return company.base.flows.schedule('repayment-reminder').version;
}

interface Borrower {
  readonly owner?: string;
  readonly leadOwner?: string;
  readonly telegram?: string;
}

/** A customer with one loan of 4,498.77 due today. What nothing reads here (application, key) is left out. */
async function borrow(number: number, { owner, leadOwner, telegram }: Borrower = {}): Promise<void> {
  const id = (kind: number): string => `${String(number).padStart(8, '0')}-0000-7000-8000-00000000000${kind}`;
  const client = await company.db.pool.connect();
  try {
    await client.query('SET session_replication_role = replica');
    await client.query(
      `INSERT INTO customers (id, number, data_key, name_masked, owner_id, created_at, updated_at) VALUES ($1, $2, $2, '何**', $3, now(), now())`,
      [id(1), number, owner ?? null],
    );
    if (leadOwner !== undefined)
      await client.query(
        `INSERT INTO leads (id, customer_id, owner_id, source, stage, created_by, created_at, updated_at) VALUES ($1, $2, $3, 'sales', 'NEW', 'test', now(), now())`,
        [id(4), id(1), leadOwner],
      );
    if (telegram !== undefined)
      await client.query(
        `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES ($1, $2, $3, $4, true, now(), now())`,
        [id(2), ACCOUNTS.telegram, telegram, id(1)],
      );
    await client.query(
      `INSERT INTO loans (id, number, customer_id, application_id, principal_fen, annual_rate, term_months, method, day_count, start_on, state, reminder_version_id, next_reminder_at, next_instalment, next_stage, created_at, updated_at)
       VALUES ($1, $2, $3, $1, 10000000, 0.06, 12, 'EQUAL_INSTALMENT', '30/360', $4::date - 30, 'ACTIVE', $5, $4::date::timestamp AT TIME ZONE 'Asia/Shanghai', 1, 'dueDay', now(), now())`,
      [id(3), number, id(1), today, version()],
    );
    await client.query(
      `INSERT INTO instalments (loan_id, number, due_on, principal_fen, interest_fen) VALUES ($1, 1, $2, 400000, 49877)`,
      [id(3), today],
    );
    await client.query('SET session_replication_role = DEFAULT');
  } finally {
    client.release();
  }
}

/** A run at an instant; how many statements it took. */
async function remind(sqlNow = 'business_now()', schedule = ON_THE_DAY): Promise<number> {
  const { rows } = await company.db.pool.query<{ now: Date }>(`SELECT ${sqlNow} AS now`);
  const now = rows[0]?.now ?? new Date(0);
  return company.base.database.transaction(async (tx) => {
    let statements = 0;
    const counted: Tx = {
      query: async (query, values) => {
        statements += 1;
        return tx.query(query, values);
      },
    };
    await runDueReminders(counted, [{ ...schedule, version: version() }], { now, limit: 500, traceId: 'test' });
    return statements;
  });
}

/** A run of the longer schedule now. */
async function remindAfterwards(): Promise<void> {
  await remind(undefined, AFTERWARDS);
}

/** Finishes all that this person has to do, as if he had phoned. */
async function finishAll(person: StaffActor): Promise<void> {
  const { items } = (await company.call(person, 'task.list', {})) as { items: readonly { id: string }[] };
  for (const { id } of items) await company.call(person, 'task.finish', { id });
}

/** Everybody complains. */
async function complain(): Promise<void> {
  await company.db.pool.query(
    `INSERT INTO todos (id, key, role, kind, subject_kind, subject_id, created_at) SELECT gen_random_uuid(), 'complaint', 'compliance', 'customer_complaint', 'customer', id, now() FROM customers`,
  );
}

async function titles(person: StaffActor): Promise<readonly string[]> {
  const { items } = (await company.call(person, 'task.list', {})) as { items: readonly { title: string }[] };
  return items.map(({ title }) => title);
}

describe('a borrower whom no channel reaches', () => {
  test('is on the owner’s list with customer, loan, amount and due date', async () => {
    await borrow(305, { owner: sales.id });

    await remind();

    expect(await titles(sales)).toEqual([
      `K305 何** 的 L0305 有一期 4,498.77 元，${today} 应还；还款提醒发不到客户，请电话联系。`,
    ]);
    expect(await titles(manager)).toEqual([]);
  });

  test('without an owner of his own is his lead’s owner’s; without any, or one who has left, the managers’', async () => {
    const gone = await company.addStaff('小何', ['sales'], { wecom: 'xiaohe' });
    await company.db.pool.query('UPDATE staff SET is_active = false WHERE id = $1', [gone.id]);
    await borrow(1, { leadOwner: sales.id });
    await borrow(2);
    await borrow(3, { owner: gone.id });

    await remind();

    expect((await titles(sales)).map((title) => title.slice(0, 2))).toEqual(['K1']);
    expect((await titles(manager)).map((title) => title.slice(0, 2)).sort()).toEqual(['K2', 'K3']);

    const moved = { customerId: '00000003-0000-7000-8000-000000000001', fromId: gone.id, toId: sales.id };
    await company.call({ kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' }, 'task.followCustomer', moved);
    expect((await titles(sales)).map((title) => title.slice(0, 2)).sort()).toEqual(['K1', 'K3']); // it goes with its customer
  });

  test('is one to-do for a due date, whatever the stage and however often it runs', async () => {
    await borrow(1, { owner: sales.id });
    await company.db.pool.query(
      `UPDATE loans SET next_reminder_at = next_reminder_at - interval '1 day', next_stage = 'dayBefore'`,
    );

    await remind(`business_now() - interval '1 day'`);
    await remind();
    await company.db.pool.query(
      `UPDATE loans SET next_reminder_at = $1::date::timestamp AT TIME ZONE 'Asia/Shanghai'`,
      [today],
    );
    await remind();

    expect(await company.count(`reminder_outcomes WHERE outcome = 'UNREACHABLE'`)).toBe(2);
    expect(await titles(sales)).toHaveLength(1);
  });

  test('is asked for anew by each stage after the due date, though the call before was made; the words say how long it is overdue', async () => {
    const told = async (): Promise<number> => company.count(`timers WHERE kind = 'reminder.missed'`);
    const before = await told();
    const due = today;
    const say = (late: string): string =>
      `K4 何** 的 L0004 有一期 4,498.77 元，${due} 应还${late}；还款提醒发不到客户，请电话联系。`;
    await borrow(4, { owner: sales.id });
    await remindAfterwards();
    await finishAll(sales);

    await company.advance(DAY_MS);
    await remindAfterwards();
    await remindAfterwards();
    expect(await titles(sales)).toEqual([say('，已逾期 1 天')]);
    expect(await told()).toBe(before + 2);

    await company.advance(2 * DAY_MS); // nobody has phoned: the words go with the time
    await remindAfterwards();
    expect(await titles(sales)).toEqual([say('，已逾期 3 天')]);
    expect(await told()).toBe(before + 2);

    await company.advance(4 * DAY_MS); // nobody has phoned yet: he is reminded of the same to-do
    await remindAfterwards();
    expect(await titles(sales)).toEqual([say('，已逾期 7 天')]);
    expect(await told()).toBe(before + 3);
    await finishAll(sales);
    await remindAfterwards();
    expect(await titles(sales)).toEqual([]);
    expect(await company.count(`reminder_outcomes WHERE outcome = 'UNREACHABLE'`)).toBe(3);
    expect(await company.count('todos')).toBe(1);
  });

  test('is not to be phoned about overdue money while he complains: the call is off the list, and why stands there', async () => {
    await borrow(4, { owner: sales.id });
    await remindAfterwards();
    await complain();

    await company.advance(DAY_MS);
    await remindAfterwards();

    expect(await titles(sales)).toEqual([expect.stringMatching(/的 L0004 .*客户的投诉还没有办结，逾期提醒没有发。/u)]);
  });

  test('costs a run two statements more, however many there are', async () => {
    await borrow(6, { telegram: '4710' });
    expect(await remind()).toBe(2);
    for (let number = 1; number <= 5; number += 1) await borrow(number);

    expect(await remind()).toBe(4);
    expect(await remind()).toBe(1); // nothing is due
    expect(await titles(manager)).toHaveLength(5);
  });
});

test('a reminder of a customer who blocked the bot is on the owner’s list, and the next one of the same date adds nothing', async () => {
  company.channels.telegram.onSend = async () => {
    throw new ChannelError('target_gone', 'blocked');
  };
  await borrow(7, { owner: sales.id, telegram: '4711' });
  await remind();

  await company.worker({ gates: [] }).deliverer.run();

  expect(await titles(sales)).toEqual([
    `K7 何** 的 L0007 有一期 4,498.77 元，${today} 应还；还款提醒发不到客户，请电话联系。`,
  ]);
  expect(await titles(manager)).toEqual([]);
  expect(await company.count(`incidents WHERE kind = 'outbox.parked'`)).toBe(1);
  await company.db.pool.query('DELETE FROM outbox_keys');
  await company.db.pool.query(`UPDATE loans SET next_reminder_at = $1::date::timestamp AT TIME ZONE 'Asia/Shanghai'`, [
    today,
  ]);
  await remind();
  await company.worker({ gates: [] }).deliverer.run();
  expect(await titles(sales)).toHaveLength(1);
  // He is known to have blocked us: the second is not even handed over, and stands on his file as the first does.
  expect(company.channels.telegram.sent).toHaveLength(1);
  const { items } = (await company.call(ADMIN, 'timeline.read', { id: 'K7' })) as {
    items: readonly { text: string; delivery: { state: string; code: string } }[];
  };
  expect(items.map(({ text, delivery: { state, code } }) => [text, state, code])).toEqual([
    [expect.any(String), 'parked', 'blocked'],
    [expect.any(String), 'parked', 'unreachable'],
  ]);
  expect(await company.count(`incidents WHERE kind = 'outbox.parked'`)).toBe(1);

  await company.db.pool.query(
    `INSERT INTO identities (id, account, external_id, staff_id, is_verified, created_at, bound_at) VALUES (gen_random_uuid(), $1, 'xiaolin', $2, true, now(), now())`,
    [ACCOUNTS.wecom, sales.id],
  );
  await company.drain();
  expect(company.channels.wecom.said('xiaolin')).toEqual([
    `K7 何** 的 L0007 有一期 4,498.77 元，${today} 应还；还款提醒发不到客户，请电话联系。`,
  ]);
});

describe('a reminder written for somebody who has blocked the bot', () => {
  const once = (first: SendGate): SendGate => {
    let asked = 0;
    return async (tx, question) => ((asked += 1) === 1 ? first(tx, question) : { decision: 'allow' });
  };
  const putOff = once(async (_tx, { now }) => ({ decision: 'deny', rule: 'TEXT-GAP', until: now }));
  const fault = once(async () => {
    throw new Error('a fault of ours');
  });

  test.each([
    ['put off by a gate', putOff, ['DEFERRED', 'TEXT-GAP']],
    ['held up by a fault', fault, ['PENDING', 'fault']],
  ] as const)('is not handed to the platform after it was %s either', async (_title, gate, between) => {
    const { telegram } = company.channels;
    telegram.sent.length = 0;
    await borrow(8, { owner: sales.id, telegram: '4712' });
    await company.db.pool.query(`UPDATE identities SET is_reachable = false WHERE external_id = '4712'`);
    await remind();
    const { deliverer } = company.worker({ gates: [gate] });
    const outcome = async (): Promise<unknown> =>
      (await company.db.pool.query(`SELECT state, error_code FROM outbox WHERE kind = 'reminder'`)).rows.map(
        Object.values,
      );

    await deliverer.run();
    expect(await outcome()).toEqual([between]);
    await company.advance(5_000);
    const { unit, services } = company.base;
    while ((await fireNext({ ...unit, handlers: timerHandlers(services), log: silentLog })) > 0);
    await deliverer.run();

    expect(await outcome()).toEqual([['PARKED', 'unreachable']]);
    expect(telegram.sent).toEqual([]);
  });
});

describe('a reminder that a rule has ended', () => {
  const denied = async (rule: string): Promise<void> => {
    await company.worker({ gates: [async () => ({ decision: 'deny', rule })] }).deliverer.run();
  };

  test.each([
    ['CONSENT-WITHDRAWN', [/的 L0009 有一期 4,498\.77 元，.* 应还；还款提醒发不到客户，请电话联系。$/u]],
    ['CONSENT-DECLINED', [/请电话联系。$/u]],
    ['COL-C1', [/的 L0009 有一期 4,498\.77 元，.*客户的投诉还没有办结，逾期提醒没有发。/u]],
    ['COL-B1', []],
  ])('(%s) is on the owner’s list once for a due date where he can do something about it', async (rule, expected) => {
    await borrow(9, { owner: sales.id, telegram: '4713' });
    if (rule === 'COL-C1') await complain();
    await remind();
    await denied(rule);
    await company.db.pool.query('DELETE FROM outbox_keys');
    await company.db.pool.query(
      `UPDATE loans SET next_reminder_at = $1::date::timestamp AT TIME ZONE 'Asia/Shanghai'`,
      [today],
    );
    await remind();
    await denied(rule);

    expect(await company.count(`outbox WHERE state = 'DENIED' AND error_code = $1`, [rule])).toBe(2);
    expect(await titles(sales)).toEqual(expected.map((title) => expect.stringMatching(title) as string));
  });
});

test('at night nobody is told of a reminder that reached nobody: he hears of it in the morning', async () => {
  await borrow(10, { owner: sales.id });
  await company.db.pool.query(
    `INSERT INTO identities (id, account, external_id, staff_id, is_verified, created_at, bound_at) VALUES (gen_random_uuid(), $1, 'xiaolin', $2, true, now(), now())`,
    [ACCOUNTS.wecom, sales.id],
  );
  const { wecom } = company.channels;
  await remind();
  const before = wecom.said('xiaolin').length;

  await company.advance(10 * 3_600_000); // ten at night
  await company.drain();
  expect(wecom.said('xiaolin').slice(before)).toEqual([]);
  await company.advance(10 * 3_600_000);
  await company.drain();
  expect(wecom.said('xiaolin').slice(before)).toEqual([expect.stringMatching(/^K10 .*请电话联系。$/u)]);
});
