/** Invariant 14 for reminders: what stands on the customer's file is what was sent, however often it had to wait. */
import { beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { ChannelError } from '../../../src/channels/channel.ts';
import { PassingFault } from '../../../src/db/faults.ts';
import type { SendGate } from '../../../src/outbox/gate.ts';
import { ACCOUNTS, ADMIN, useCompany } from '../../invariants/support/company.ts';

const company = useCompany();
let loan: { readonly id: string; readonly customer_id: string };

beforeAll(async () => {
  const lin = await company.addStaff('小林', ['sales'], { wecom: 'lin' });
  const zhou = await company.addStaff('周敏', ['reviewer'], { wecom: 'zhou' });
  const facts = { name: '何女士', phone: '13800006612', amount: '100000.00', term: 12, product: 'P-001' };
  const lead = (await company.call(lin, 'lead.capture', { facts })) as { leadNumber: string };
  await company.call(lin, 'lead.submit', { lead: lead.leadNumber });
  const { items } = (await company.call(zhou, 'approval.list', {})) as { items: { id: string; revision: number }[] };
  await company.call(zhou, 'approval.decide', { id: items[0]?.id, revision: items[0]?.revision, verb: 'approve' });
  const { rows } = await company.db.pool.query<typeof loan>('SELECT id, customer_id FROM loans');
  if (rows[0]) loan = rows[0];
  // Noon of the day it is due: a reminder says so on that day only.
  const { rows: noon } = await company.db.pool.query<{ at: Date }>(
    `SELECT (due_on + time '12:00') AT TIME ZONE 'Asia/Shanghai' AS at FROM instalments WHERE loan_id = $1 AND number = 1`,
    [loan.id],
  );
  await company.advanceTo(noon[0]?.at ?? new Date(Number.NaN));
});
beforeEach(async () => {
  await company.db.pool.query('TRUNCATE outbox, outbox_keys, timers, timeline_items, timeline_links');
  company.channels.telegram.sent.length = 0;
  company.channels.telegram.onSend = async (intent) => ({ providerId: `p${intent.id}` });
  await company.db.pool.query(
    `INSERT INTO outbox (id, at, account, chat, lane, kind, purpose, customer_id, subject_kind, subject_id, reference, due_at, trace_id)
     VALUES (nextval('outbox_id_seq'), date_trunc('milliseconds', business_now()), $3, '555', 'BULK', 'reminder', 'SERVICE', $1, 'loan', $2, '1:dueDay', business_now(), 't')`,
    [loan.customer_id, loan.id, ACCOUNTS.telegram],
  );
});

const allow: SendGate = async () => ({ decision: 'allow' });
let payments = 0;

async function pay(amount: string): Promise<void> {
  payments += 1;
  const paidAt = (await company.now()).toISOString();
  await company.call(ADMIN, 'loan.recordPayment', { id: loan.id, externalId: `x${payments}`, amount, paidAt });
}

async function onFile(): Promise<readonly string[]> {
  const { rows } = await company.db.pool.query<{ id: bigint; sealed_text: Buffer }>(
    `SELECT id, sealed_text FROM timeline_items WHERE kind = 'reminder'`,
  );
  return rows.map((row) => company.base.keys.openText(`timeline_items.sealed_text.${row.id}`, row.sealed_text));
}

function sent(): readonly string[] {
  return company.channels.telegram.sent.map(({ content }) => (content.kind === 'text' ? content.text : ''));
}

async function dueAgain(): Promise<void> {
  await company.db.pool.query(`UPDATE outbox SET state = 'PENDING', due_at = business_now()`);
}

test('a reminder that the gate puts off is not on the file before it is sent, and then with the amount that was sent', async () => {
  const until = new Date((await company.now()).getTime() + 1000);
  const later: SendGate = async () => ({ decision: 'deny', rule: 'COL-T1', until });
  await company.worker({ gates: [later] }).deliverer.run();
  expect(await onFile()).toEqual([]);
  await pay('1000.00');

  await dueAgain();
  await company.worker({ gates: [allow] }).deliverer.run();

  expect(sent()).toHaveLength(1);
  expect(await onFile()).toEqual(sent());
});

test('a reminder that did not arrive at first is on the file once, with the amount that was sent at last', async () => {
  const failures = [new ChannelError('retry', 'ECONNREFUSED')];
  company.channels.telegram.onSend = async (intent) => {
    const failure = failures.shift();
    if (failure) throw failure;
    return { providerId: `p${intent.id}` };
  };
  const { deliverer } = company.worker({ gates: [allow] });
  await deliverer.run();
  await pay('500.00');
  await dueAgain();
  await deliverer.run();

  expect(sent()).toHaveLength(2);
  expect(sent()[1]).not.toBe(sent()[0]);
  expect(await onFile()).toEqual([sent()[1]]);
});

test('a reminder that meets what passes by itself is tried for as long as that takes', async () => {
  const closed: SendGate = async () => {
    throw new PassingFault('a key we do not have');
  };
  await company.db.pool.query('UPDATE outbox SET attempts = 30');
  await company.worker({ gates: [closed] }).deliverer.run();

  const { rows } = await company.db.pool.query('SELECT state, attempts FROM outbox');
  expect(rows).toEqual([{ state: 'PENDING', attempts: 31 }]);
});

test('a reminder that may have arrived goes out again in the same words', async () => {
  await company.worker({ gates: [allow] }).deliverer.run();
  await company.db.pool.query(`UPDATE outbox SET account = $1, unclear_since = clock_timestamp()`, [ACCOUNTS.wecom]);
  await pay('100.00');
  await dueAgain();
  company.channels.wecom.sent.length = 0;

  await company.worker({ gates: [allow] }).deliverer.run();

  expect(company.channels.wecom.sent.map(({ content }) => content)).toEqual([{ kind: 'text', text: sent()[0] }]);
  expect(await onFile()).toEqual([sent()[0]]);
});

test('a reminder does not wait for the turn of the chat it goes to', async () => {
  await company.say(company.channels.telegram, '555', '你好');
  const turn = await company.db.pool.connect();
  onTestFinished(() => turn.release(true));
  await turn.query("BEGIN; SELECT FROM conversations WHERE chat = '555' FOR NO KEY UPDATE");

  await company.worker({ gates: [allow] }).deliverer.run();
  await turn.query('ROLLBACK');

  expect(await onFile()).toEqual(sent());
  expect(sent()).toHaveLength(1);
});
