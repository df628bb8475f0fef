/** What the contact gate asks the database at the moment of sending. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { contactFacts, createContactGate } from '../../../src/domain/consent/send-gate.ts';
import { ACCOUNTS, useProduct, type CustomerActor, type StaffActor } from '../../support/product.ts';

const ZONE = 'Asia/Shanghai';
/** A Friday, ten in the morning in Shanghai. */
const NOW = new Date('2026-11-27T02:00:00Z');
const TUESDAY = '2026-11-24T02:00:00Z';
const SUNDAY = '2026-11-22T02:00:00Z';
const EARLIER_TODAY = '2026-11-27T01:00:00Z';

const product = useProduct();
let lin: StaffActor;
let he: CustomerActor;
let made = 0;

beforeAll(async () => {
  lin = await product.addStaff('小林', ['sales']);
});
beforeEach(async () => {
  made += 1;
  const facts = { name: '何女士', phone: `1380000${String(2000 + made)}` };
  const lead = (await product.call(lin, 'lead.capture', { facts })) as { customerId: string };
  he = await product.boundCustomer(lead.customerId, String(9000 + made));
});

async function aMessage(row: {
  readonly purpose: string;
  readonly state: string;
  readonly at: string;
  readonly settledAt?: string;
}): Promise<void> {
  await product.db.pool.query('SELECT ensure_partitions($1)', [row.at]);
  await product.db.pool.query(
    `INSERT INTO outbox (at, account, chat, lane, kind, purpose, customer_id, state, due_at, settled_at, trace_id) VALUES ($1, 'telegram:4242', '9', 'BULK', 'reminder', $2, $3, $4, $1, $5, 't')`,
    [row.at, row.purpose, he.id, row.state, row.settledAt ?? row.at],
  );
}

const facts = async (now = NOW) => contactFacts(product.db.database, he.id, { now, zone: ZONE });

describe('what the customer has got so far', () => {
  test('counts a reminder of which nobody knows whether it arrived, and not one that failed', async () => {
    await aMessage({ purpose: 'COLLECTION', state: 'UNKNOWN', at: EARLIER_TODAY });
    await aMessage({ purpose: 'COLLECTION', state: 'FAILED', at: EARLIER_TODAY });

    expect(await facts()).toMatchObject({ textsToday: 1, touchesToday: 1, lastTextAt: Date.parse(EARLIER_TODAY) });
  });

  test('counts what was written yesterday and went out today', async () => {
    await aMessage({ purpose: 'SERVICE', state: 'SENT', at: TUESDAY, settledAt: EARLIER_TODAY });

    expect(await facts()).toMatchObject({ textsToday: 1 });
  });

  test('counts the marketing of the week from Monday on, that of today apart', async () => {
    await aMessage({ purpose: 'MARKETING', state: 'SENT', at: SUNDAY });
    await aMessage({ purpose: 'MARKETING', state: 'SENT', at: TUESDAY });
    await aMessage({ purpose: 'MARKETING', state: 'SENT', at: EARLIER_TODAY });

    expect(await facts()).toMatchObject({ marketingToday: 1, marketingThisWeek: 2, textsToday: 1 });
  });

  test('knows on Monday morning what went out on Sunday evening', async () => {
    const sundayEvening = '2026-11-29T11:00:00Z';
    await aMessage({ purpose: 'MARKETING', state: 'SENT', at: sundayEvening });

    const mondayMorning = new Date('2026-11-30T00:30:00Z');
    expect(await facts(mondayMorning)).toMatchObject({
      lastTextAt: Date.parse(sundayEvening),
      textsToday: 0,
      marketingThisWeek: 0,
    });
  });
});

/** What the gate says to a reminder by this account; nothing leaves the country there unless `isReal`. */
async function answer(
  platform: keyof typeof ACCOUNTS,
  isReal = false,
  purpose: 'SERVICE' | 'COLLECTION' = 'SERVICE',
): Promise<string> {
  const gate = createContactGate({ leavesCountry: () => isReal });
  const account = ACCOUNTS[platform];
  const question = {
    purpose,
    customerId: he.id,
    account,
    text: '还款提醒',
    now: NOW,
  } as const;
  const said = await gate(product.db.database, question);
  return said.decision === 'allow' ? 'allow' : said.rule;
}

const BORDER = { textKey: 'flows.consent.cross-border', version: '2' };
const PERSONAL = { textKey: 'flows.consent.personal-data', version: '1' };

describe('without the consent to go abroad', () => {
  test('no reminder leaves the country, whether it was refused, withdrawn or never asked for; a look-alike is no abroad', async () => {
    const everywhere = async (): Promise<readonly string[]> =>
      Promise.all([answer('telegram', true), answer('slack', true), answer('wecom', true), answer('telegram')]);
    expect(await everywhere()).toEqual(['CONSENT-CROSS-BORDER', 'CONSENT-CROSS-BORDER', 'allow', 'allow']);

    await product.call(he, 'consent.grant', BORDER);
    expect(await everywhere()).toEqual(['allow', 'allow', 'allow', 'allow']);

    await product.call(he, 'consent.decline', BORDER);
    expect(await everywhere()).toEqual([
      'CONSENT-CROSS-BORDER',
      'CONSENT-CROSS-BORDER',
      'allow',
      'CONSENT-CROSS-BORDER',
    ]);
  });

  test('its refusal alone stops nothing inside the country, and agreeing after all lifts it', async () => {
    await product.call(he, 'consent.decline', BORDER);
    expect([await answer('telegram', true), await answer('wecom', true)]).toEqual(['CONSENT-CROSS-BORDER', 'allow']);

    await product.call(he, 'consent.grant', BORDER);
    expect(await answer('telegram', true)).toBe('allow');
  });
});

test('whoever refuses that his data are handled hears nothing of our own accord until he agrees', async () => {
  await product.call(he, 'consent.decline', PERSONAL);
  expect([await answer('telegram'), await answer('wecom')]).toEqual(['CONSENT-DECLINED', 'CONSENT-DECLINED']);

  await product.call(he, 'consent.grant', PERSONAL);
  expect([await answer('telegram'), await answer('wecom')]).toEqual(['allow', 'allow']);
});

test.each([
  ['complaint', '我要投诉'],
  ['disputed', '我没有在你们这里借过钱'],
])('(%s) holds the overdue text, and no reminder, until nobody has it on his list any more', async (topic, words) => {
  const both = async (): Promise<readonly string[]> =>
    Promise.all([answer('telegram', false, 'COLLECTION'), answer('telegram')]);
  expect(await both()).toEqual(['allow', 'allow']);

  await product.call(he, 'customer.askAdviser', { topic, words });
  expect(await both()).toEqual(['COL-C1', 'allow']);

  const { rows } = await product.db.pool.query<{ id: string; staff_id: string | null }>(
    `SELECT id, staff_id FROM todos WHERE subject_id = $1 ORDER BY staff_id IS NULL`,
    [he.id],
  );
  expect(rows.map(({ staff_id: staffId }) => staffId)).toEqual([lin.id, null]);
  await product.call(lin, 'task.finish', { id: rows[0]?.id });
  expect(await both()).toEqual(['COL-C1', 'allow']);
  await product.call({ kind: 'TOKEN', id: 'office', roles: ['admin'], language: 'zh-CN' }, 'task.finish', {
    id: rows[1]?.id,
  });
  expect(await both()).toEqual(['allow', 'allow']);
});

describe('a consent that is taken back', () => {
  test.each([
    ['cross-border', BORDER, 'CONSENT-CROSS-BORDER', 'allow'],
    ['personal-information', PERSONAL, 'CONSENT-WITHDRAWN', 'CONSENT-WITHDRAWN'],
  ])('(%s) stops reminders where it has to', async (consent, shown, onTelegram, onWecom) => {
    await product.call(he, 'consent.grant', shown);
    expect(await answer('telegram')).toBe('allow');

    await product.call(he, 'consent.withdraw', { consent });
    expect([await answer('telegram'), await answer('wecom')]).toEqual([onTelegram, onWecom]);

    await product.call(he, 'consent.grant', shown);
    expect(await answer('telegram')).toBe('allow');
  });
});
