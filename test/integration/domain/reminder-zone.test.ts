/** A customer whose clock hangs elsewhere is reminded at the same hour there, and of nothing twice. */
import { beforeEach, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../../src/core/operations/actor.ts';
import { reminderSchedules, runDueReminders } from '../../../src/domain/reminders/index.ts';
import { ACCOUNTS, ADMIN, useCompany } from '../../invariants/support/company.ts';

const company = useCompany();
const HOUR = 3_600_000;
let phone = 13_700_061_000;

interface Borrower {
  readonly number: string;
  readonly loan: string;
}
let he: Borrower;

beforeEach(async () => {
  he = await borrower();
});

/** Somebody on Telegram whose loan was made today. */
async function borrower(): Promise<Borrower> {
  phone += 1;
  const sales = await company.addStaff(`小林${phone}`, ['sales']);
  const reviewer = await company.addStaff(`周敏${phone}`, ['reviewer']);
  const facts = { name: '何女士', phone: String(phone), amount: '100000.00', term: 12 };
  const lead = (await company.call(sales, 'lead.capture', { facts })) as { leadNumber: string; customerId: string };
  await company.db.pool.query(
    `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES (gen_random_uuid(), $1, $2, $3, true, business_now(), business_now())`,
    [ACCOUNTS.telegram, String(phone), lead.customerId],
  );
  const { applicationNumber: id } = (await company.call(sales, 'lead.submit', { lead: lead.leadNumber })) as {
    applicationNumber: string;
  };
  await company.call(reviewer, 'approval.decide', { id, revision: 1, verb: 'approve' });
  await company.drain();
  const { rows } = await company.db.pool.query<{ id: string }>('SELECT id FROM loans WHERE customer_id = $1', [
    lead.customerId,
  ]);
  return { number: lead.leadNumber, loan: rows[0]?.id ?? '' };
}

async function next({ loan }: Borrower): Promise<{ readonly at: number; readonly stage: string }> {
  const { rows } = await company.db.pool.query<{ at: Date; stage: string }>(
    `SELECT next_reminder_at AS at, next_instalment || ':' || next_stage AS stage FROM loans WHERE id = $1`,
    [loan],
  );
  return { at: rows[0]?.at.getTime() ?? 0, stage: rows[0]?.stage ?? '' };
}

async function move({ number }: Borrower, zone: string): Promise<void> {
  await company.call(ADMIN, 'customer.setZone', { id: number, zone });
}

/** What the scheduler puts into the outbox at this instant, for him. */
async function sentAt(instant: number, { loan }: Borrower): Promise<readonly string[]> {
  const { database, flows } = company.base;
  const now = new Date(instant);
  await company.db.pool.query('SELECT ensure_partitions($1)', [now]);
  const before = await company.count('outbox WHERE subject_id = $1', [loan]);
  const schedules = reminderSchedules(flows).known();
  await database.transaction(async (tx) => runDueReminders(tx, schedules, { now, limit: 500, traceId: 'test' }));
  const { rows } = await company.db.pool.query<{ reference: string }>(
    'SELECT reference FROM outbox WHERE subject_id = $1 ORDER BY id OFFSET $2',
    [loan, before],
  );
  return rows.map(({ reference }) => reference);
}

test('the next look comes at the same hour of his zone, planning afresh agrees, and others keep theirs', async () => {
  const other = await borrower();
  const [before, others] = [await next(he), await next(other)];

  await move(he, 'Asia/Urumqi'); // two hours after Shanghai

  const moved = { at: before.at + 2 * HOUR, stage: before.stage };
  expect(await next(he)).toEqual(moved);
  expect(await next(other)).toEqual(others);
  await company.call(SYSTEM_ACTOR, 'reminder.plan', { loanId: he.loan });
  expect(await next(he)).toEqual(moved);
  expect(await sentAt(before.at + HOUR, he)).toEqual([]);
  expect(await sentAt(moved.at, he)).toEqual([before.stage]);
});

test('what he would have had by now comes at once, and not again when he goes back', async () => {
  await move(he, 'Asia/Urumqi');
  const late = await next(he);

  await move(he, 'Asia/Shanghai');
  expect(await sentAt(late.at - HOUR, he)).toEqual([late.stage]);
  await move(he, 'Asia/Urumqi');

  expect(await sentAt(late.at + HOUR, he)).toEqual([]);
  expect((await next(he)).stage).not.toBe(late.stage);
  expect(await company.count('reminder_outcomes WHERE loan_id = $1', [he.loan])).toBe(0);
});
