/** Payments, reversals, moves to other versions, outages and sends of the same loans in any order: what must hold of their reminders. */
import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import type { Actor } from '../../../src/core/operations/actor.ts';
import { planStages, stageTimes } from '../../../src/core/flow/index.ts';
import { reminderSchedules, runDueReminders } from '../../../src/domain/reminders/index.ts';
import { fireNext } from '../../../src/jobs/timers.ts';
import { timerHandlers } from '../../../src/jobs/timer-handlers.ts';
import { businessDate, wallClock } from '../../../src/lib/business-date.ts';
import { newId } from '../../../src/lib/ids.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { ACCOUNTS, ADMIN, until, useCompany, type Worker } from '../../invariants/support/company.ts';
import { publishChanged } from '../../invariants/support/publish.ts';

const company = useCompany();
const FLOW = 'repayment-reminder';
const MANAGER: Actor = { kind: 'TOKEN', id: 'erp', roles: ['manager'], language: 'zh-CN' };
const SYSTEM: Actor = { kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' };
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ZONE = 'Asia/Shanghai';
const TEXT = 'flows.repayment-reminder.due-day';
let customer: string;
let worker: Worker;

/** Stages of four versions: other hours, another order, names that come and go, one long after the due date, one long before. */
const VERSIONS = [
  undefined,
  [
    ['threeDaysBefore', -3, '10:00'],
    ['twoDaysBefore', -2, '10:00'],
    ['dayBefore', -1, '16:00'],
    ['dueDay', 0, '18:00'],
    ['dayAfter', 1, '10:00'],
  ],
  [
    ['dayAfter', -2, '09:00'],
    ['dayBefore', 0, '09:00'],
    ['threeDaysBefore', 2, '14:00'],
    ['longAfter', 12, '11:00'],
  ],
  [
    ['longBefore', -9, '10:00'],
    ['dueDay', -1, '10:00'],
    ['weekAfter', 7, '10:00'],
  ],
] as const;

beforeAll(async () => {
  await company.advanceToTomorrow(12); // so that every run of the test sees the same hours
  const sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  ({ customerId: customer } = (await company.call(sales, 'lead.capture', {
    facts: { name: '何女士', phone: '13800300009', amount: '100000.00', term: 12 },
  })) as { customerId: string });
  await company.db.pool.query(
    `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES (gen_random_uuid(), $1, 'he', $2, true, now(), now())`,
    [ACCOUNTS.telegram, customer],
  );
  for (const stages of VERSIONS) {
    if (stages === undefined) continue;
    const lines = stages.map(([name, day, at]) => `  - { name: ${name}, day: ${day}, at: "${at}", text: ${TEXT} }\n`);
    await publishChanged(company, FLOW, (text) => text.replace(/stages:\n[^]*/u, `stages:\n${lines.join('')}`));
  }
  worker = company.worker({ gates: [] });
});

let lent = 0;

/** A loan whose instalments fall due so many days from now, at this place in the spread. What nothing here reads (lead, product, approval) is left out. */
async function lend(dues: readonly number[], share = (lent * 37) % 256): Promise<string> {
  lent += 1;
  const id = `${String(lent).padStart(8, '0')}-0000-7000-8000-0000000000${share.toString(16).padStart(2, '0')}`;
  const client = await company.db.pool.connect();
  try {
    await client.query('SET session_replication_role = replica');
    await client.query(
      `WITH application AS (
         INSERT INTO applications (id, customer_id, lead_id, product_id, amount_fen, term_months, method, annual_rate, state, submitted_by, submitted_at, updated_at)
         VALUES (gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), 10000, 12, 'EQUAL_INSTALMENT', 0.06, 'APPROVED', gen_random_uuid(), now(), now()) RETURNING *
       )
       INSERT INTO loans (id, customer_id, application_id, principal_fen, annual_rate, term_months, method, day_count, start_on, state, reminder_version_id, created_at, updated_at)
       SELECT $3, customer_id, id, amount_fen, annual_rate, term_months, method, '30/360', business_now()::date, 'ACTIVE', $2, business_now(), business_now() FROM application`,
      [customer, company.base.flows.schedule(FLOW).version, id],
    );
    await client.query(
      `INSERT INTO instalments (loan_id, number, due_on, principal_fen, interest_fen)
       SELECT $1, number, (business_now() AT TIME ZONE '${ZONE}')::date + due, 9000, 1000 FROM unnest($2::int[]) WITH ORDINALITY AS row (due, number)`,
      [id, dues],
    );
    await client.query('SET session_replication_role = DEFAULT');
    await company.call(SYSTEM, 'reminder.plan', { loanId: id });
    return id;
  } finally {
    client.release();
  }
}

interface Fate {
  readonly loan: string;
  readonly instalment: number;
  readonly stage: string;
  readonly day: number;
  readonly at: Date;
  readonly isPaid: boolean;
  /** Its message's place in the outbox, and what became of that. */
  readonly message: string | null;
  readonly state: string | null;
  readonly outcome: string | null;
}

/** Every stage of these loans by the version each has now, and what became of it. */
async function fatesOf(loans: readonly string[]): Promise<readonly Fate[]> {
  const { rows } = await company.db.pool.query<Omit<Fate, 'at'> & { version: string; due_on: string; share: number }>(
    `SELECT l.id AS loan, l.reminder_version_id AS version, get_byte(uuid_send(l.id), 15) AS share, i.number AS instalment, i.due_on::text, i.paid_at IS NOT NULL AS "isPaid",
       s->>'name' AS stage, (s->>'day')::int AS day, k.outbox_id AS message, o.state, r.outcome
     FROM loans l JOIN flow_versions v ON v.id = l.reminder_version_id CROSS JOIN LATERAL jsonb_array_elements(v.definition::jsonb->'definition'->'stages') s JOIN instalments i ON i.loan_id = l.id
     LEFT JOIN outbox_keys k ON k.key = 'remind:' || l.id || ':' || i.number || ':' || (s->>'name') LEFT JOIN outbox o ON o.id = k.outbox_id
     LEFT JOIN reminder_outcomes r ON r.loan_id = l.id AND r.instalment = i.number AND r.stage = s->>'name' WHERE l.id = ANY ($1::uuid[]) ORDER BY 1, 4`,
    [loans],
  );
  return rows.map(({ version, due_on: dueOn, share, ...one }) => {
    const flow = company.base.flows.schedules(FLOW).find((schedule) => schedule.version === version);
    const plan = flow && planStages(stageTimes(flow), businessDate(dueOn), { zone: ZONE, spread: share / 256 });
    return { ...one, at: plan?.find(({ stage }) => stage === one.stage)?.at ?? new Date(NaN) };
  });
}

const isOf =
  (one: Fate) =>
  (other: Fate): boolean =>
    other.loan === one.loan && other.instalment === one.instalment;

/** Whether what it says is true at an instant: before the due date and on it that is one day. */
function isTrueAt({ day, at }: Fate, then: Date): boolean {
  return day > 0 || wallClock(at, ZONE).date === wallClock(then, ZONE).date;
}

/** The scheduler until nothing is due. What it puts into the outbox has come, is of an open instalment, the newest of it and true. */
async function look(loans: readonly string[]): Promise<void> {
  const { base } = company;
  const at = await company.now();
  const before = new Set((await fatesOf(loans)).map(({ message }) => message));
  for (let lookedAt = 1; lookedAt > 0;) {
    ({ looked_at: lookedAt } = await base.database.transaction(async (tx) =>
      runDueReminders(tx, reminderSchedules(base.flows).known(), { now: at, limit: 500, traceId: 'test' }),
    ));
  }
  const fates = await fatesOf(loans);
  for (const one of fates.filter(({ message }) => message !== null && !before.has(message))) {
    const newer = fates.filter(isOf(one)).filter((other) => other.at > one.at && other.at <= at);
    expect({ ...one, has: one.at <= at ? 'come' : 'not come', newer, isTrue: isTrueAt(one, at) }).toEqual({
      ...one,
      isPaid: false,
      has: 'come',
      newer: [],
      isTrue: true,
    });
  }
}

/** Sends what waits. Nothing of a paid instalment, nothing after a later message of the same, in the flow's hours and true. */
async function deliver(loans: readonly string[]): Promise<void> {
  const before = new Set((await fatesOf(loans)).filter(({ state }) => state === 'SENT').map(({ message }) => message));
  const { unit, services } = company.base;
  while ((await fireNext({ ...unit, handlers: timerHandlers(services), log: silentLog })) > 0);
  const at = await company.now();
  while ((await worker.deliverer.run()) > 0);
  const { hour } = wallClock(at, ZONE);
  const fates = await fatesOf(loans);
  for (const one of fates.filter(({ state, message }) => state === 'SENT' && !before.has(message))) {
    const newer = fates.filter(isOf(one)).filter(({ message }) => Number(message) > Number(one.message));
    expect({ ...one, newer, isTrue: isTrueAt(one, at), isByDay: hour >= 9 && hour < 19 }).toEqual({
      ...one,
      isPaid: false,
      newer: [],
      isTrue: true,
      isByDay: true,
    });
  }
}

type Step =
  | { readonly do: 'lend'; readonly first: number; readonly every: number }
  | { readonly do: 'pay'; readonly pick: number; readonly amount: number; readonly daysAgo: number }
  | { readonly do: 'reverse'; readonly pick: number }
  | { readonly do: 'migrate' | 'publish'; readonly to: number }
  | { readonly do: 'advance'; readonly hours: number }
  | { readonly do: 'look' }
  | { readonly do: 'deliver' };

const anyone = fc.nat(99);
const version = fc.integer({ min: 1, max: VERSIONS.length });
const amount = fc.constantFrom(1_000, 10_000, 10_000, 15_000, 25_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pay'), pick: anyone, amount, daysAgo: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('reverse'), pick: anyone }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('migrate'), to: version }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('publish'), to: version }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('lend'),
      first: fc.integer({ min: 1, max: 12 }),
      every: fc.constantFrom(1, 4),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('advance'), hours: fc.constantFrom(1, 5, 8, 24, 24, 48, 100) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('look') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('deliver') }) },
);

interface Books {
  readonly loans: string[];
  readonly payments: { readonly loan: string; readonly externalId: string }[];
}

async function take(one: Step, { loans, payments }: Books): Promise<unknown> {
  switch (one.do) {
    case 'lend':
      return loans.push(await lend([0, 1, 2].map((n) => one.first + n * one.every)));
    case 'pay': {
      const payment = { loan: loans[one.pick % loans.length] ?? '', externalId: newId() };
      const paidAt = new Date((await company.now()).getTime() - one.daysAgo * DAY_MS).toISOString();
      payments.push(payment);
      const { loan: id, externalId } = payment;
      return company.call(MANAGER, 'loan.recordPayment', { id, externalId, amount: `${one.amount / 100}.00`, paidAt });
    }
    case 'reverse': {
      const [payment] = payments.splice(one.pick % Math.max(1, payments.length), 1);
      if (!payment) return undefined;
      const { loan: id, externalId } = payment;
      return company.call(MANAGER, 'loan.reversePayment', { id, externalId, reason: '支票退票' });
    }
    case 'publish':
      await company.call(ADMIN, 'flow.publish', { name: FLOW, number: one.to });
      return company.base.flows.refresh(company.base.database);
    case 'migrate':
      return company.call(ADMIN, 'flow.migrate', { name: FLOW, to: one.to });
    case 'advance':
      return company.advance(one.hours * HOUR_MS);
    case 'look':
      return look(loans);
    case 'deliver':
      return deliver(loans);
  }
}

test('a stage is sent once and in time or recorded as ended, whatever happens to its loan in which order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 30 }), async (steps) => {
      await company.db.pool.query(`UPDATE loans SET state = 'SETTLED', next_reminder_at = NULL`); // of earlier runs
      const books: Books = { loans: [await lend([2, 5, 8, 11])], payments: [] };
      for (const one of steps) await take(one, books);
      // Until every stage of everything has come, with outages of two weeks.
      await company.advanceToTomorrow(12);
      for (let round = 0; round < 2; round += 1) {
        await company.advance(16 * DAY_MS);
        await look(books.loans);
        await deliver(books.loans);
      }

      const open = (await fatesOf(books.loans)).filter(({ isPaid }) => !isPaid);
      expect(open.filter(({ message, outcome }) => message === null && outcome === null)).toEqual([]);
      expect(open.filter(({ state, outcome }) => (state === 'SENT') === (outcome !== null))).toEqual([]);
    }),
    { seed: 20_261_122, numRuns: 8 },
  );
});

/** Whoever reads a loan as this role waits while somebody holds the lock, between the moment his statement looks at and the row. */
async function withSlowReader(use: (role: string, release: () => Promise<void>) => Promise<void>): Promise<void> {
  const role = `slow_${newId().replaceAll('-', '')}`;
  const [LOCK, holder] = [42, await company.db.pool.connect()];
  const sql = async (text: string): Promise<unknown> => holder.query(text);
  await sql(
    `CREATE FUNCTION pass_the_door() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(${LOCK}); RETURN true; END'`,
  );
  await sql(
    `CREATE ROLE ${role}; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role}`,
  );
  await sql(
    `ALTER TABLE loans ENABLE ROW LEVEL SECURITY; CREATE POLICY slow ON loans USING (pass_the_door()); SELECT pg_advisory_lock(${LOCK})`,
  );
  try {
    await use(role, async () => void (await sql(`SELECT pg_advisory_unlock(${LOCK})`)));
  } finally {
    await sql(
      `SELECT pg_advisory_unlock_all(); DROP POLICY slow ON loans; ALTER TABLE loans DISABLE ROW LEVEL SECURITY; DROP OWNED BY ${role}; DROP ROLE ${role}`,
    );
    holder.release();
  }
}

test('a payment taken back in the moment in which its loan is looked at has its reminders, too', async () => {
  const { base } = company;
  await company.call(ADMIN, 'flow.publish', { name: FLOW, number: 1 });
  await base.flows.refresh(base.database);
  const books: Books = { loans: [await lend([3, 5])], payments: [] };
  await take({ do: 'pay', pick: 0, amount: 10_000, daysAgo: 0 }, books);
  await company.advance(3 * DAY_MS); // the second instalment's first stage is due

  await withSlowReader(async (role, release) => {
    const at = await company.now();
    const looking = base.database.transaction(async (tx) => {
      await tx.query(`SET LOCAL ROLE ${role}`);
      return runDueReminders(tx, reminderSchedules(base.flows).known(), { now: at, limit: 500, traceId: 'test' });
    });
    await until(async () => (await company.count(`pg_locks WHERE locktype = 'advisory' AND NOT granted`)) > 0);
    await take({ do: 'reverse', pick: 0 }, books);
    await release();
    expect((await looking).looked_at).toBe(1);
  });
  for (let day = 0; day < 5; day += 1) {
    await company.advance(DAY_MS);
    await look(books.loans);
  }

  const fates = await fatesOf(books.loans);
  expect(fates.filter(({ message, outcome }) => message === null && outcome === null)).toEqual([]);
});

test('comes at the minute of the plan, wherever the loan lies in the spread, and never at minute 0 or 30', async () => {
  await company.call(ADMIN, 'flow.publish', { name: FLOW, number: 1 });
  await company.base.flows.refresh(company.base.database);
  for (const share of [0, 4, 5, 153, 154, 158, 255]) {
    const loan = await lend([20], share);
    const planned = (await fatesOf([loan])).map(({ at }) => at).sort((a, b) => a.getTime() - b.getTime());

    const { rows } = await company.db.pool.query<{ at: Date }>(
      'SELECT next_reminder_at AS at FROM loans WHERE id = $1',
      [loan],
    );
    expect([share, rows[0]?.at]).toEqual([share, planned[0]]);
    expect([0, 30]).not.toContain(planned[0]?.getUTCMinutes());
  }
});
