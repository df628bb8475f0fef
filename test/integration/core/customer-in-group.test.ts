/** A customer who writes to the bot in a group: everybody there would read the answer, so there is none. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Happening } from '../../../src/channels/channel.ts';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const { telegram } = company.channels;
const GROUP = '-100880';
const PRIVATELY = '请私下联系我：点我的头像直接发消息。您的资料和进度，我不在群里说。';
let sales: StaffActor;
let number = '';
let events = 0;
let person = 88_000;
/** The customer of this test. */
let he = '';

beforeAll(async () => {
  sales = await company.addStaff('小林', ['sales'], { telegram: '8801' });
});
beforeEach(async () => {
  person += 1;
  he = String(person);
  const facts = { name: '何晓燕', phone: String(13_700_000_000 + person), amount: '100000.00', term: 12 };
  const lead = (await company.call(sales, 'lead.capture', { facts })) as { leadNumber: string; customerId: string };
  number = lead.leadNumber;
  await company.db.pool.query(
    `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES (gen_random_uuid(), $1, $2, $3, true, business_now(), business_now())`,
    [telegram.account, he, lead.customerId],
  );
  await company.drain();
});

/** Somebody does it in the group; what the bot then says, to whom and of what kind. */
async function does(who: string, happening: Happening): Promise<readonly string[]> {
  events += 1;
  telegram.sent.length = 0;
  const event = telegram.event(who, happening, [`g${events}`]);
  await company.door().receive([{ ...event, address: { account: telegram.account, chat: GROUP, actor: who } }]);
  await company.drain();
  return telegram.sent.map(({ to, content }) => `${to.chat} ${'text' in content ? content.text : content.kind}`);
}

async function says(who: string, text: string): Promise<readonly string[]> {
  return does(who, { kind: 'message', messageId: `m${events}`, text, media: [] });
}

describe('a customer in a group', () => {
  test('is asked once to write in private, and told nothing of his case; what he said stands on his file', async () => {
    expect(await says(he, '/进度')).toEqual([`${GROUP} ${PRIVATELY}`]);
    expect(await says(he, '我的还款计划')).toEqual([]);
    expect(await says(he, '人工')).toEqual([]);

    const { items } = (await company.call(sales, 'timeline.read', { id: number })) as {
      items: readonly { direction: string; text: string }[];
    };
    expect(items.map(({ direction, text }) => `${direction} ${text}`)).toEqual([
      'in /进度',
      `out ${PRIVATELY}`,
      'in 我的还款计划',
      'in 人工',
    ]);
    expect(await company.count(`conversations WHERE chat = $1 AND is_silenced`, [GROUP])).toBe(0);
  });

  test.each([
    ['a photo', { kind: 'message', messageId: 'p', text: '身份证', media: [{ id: 'f1', kind: 'image' }] }],
    ['a place', { kind: 'unreadable', messageId: 'u', what: 'location' }],
    ['a contact', { kind: 'contact', messageId: 'c', phone: '13900001111', own: false }],
    ['a start button', { kind: 'opened' }],
    ['a link', { kind: 'start', payload: 'abc', messageId: 's' }],
  ] as const)('who sends %s is answered with the same, and it stands on his file', async (_what, happening) => {
    expect(await does(he, happening)).toEqual([`${GROUP} ${PRIVATELY}`]);

    expect(await company.count(`timers WHERE kind = 'media.fetch' AND state = 'OPEN'`)).toBe(0);
    const { items } = (await company.call(sales, 'timeline.read', { id: number })) as { items: readonly unknown[] };
    expect(items).toHaveLength(2);
  });

  test('who is asked in his own language, and answered as ever where nobody else listens', async () => {
    await company.db.pool.query(
      `UPDATE customers SET language = 'en' WHERE id = (SELECT customer_id FROM identities WHERE external_id = $1)`,
      [he],
    );
    expect((await says(he, 'progress')).join()).toMatch(/^-100880 Please write to me in private/);

    expect((await company.exchange(telegram, he, 'progress')).join()).not.toContain('private');
  });

  test('does not end what a colleague does there: he is answered as ever', async () => {
    expect((await says('8801', '我的客户')).join()).toContain(number);
  });

  test('and whose message is edited has the change on record, and nobody is told there', async () => {
    await does(he, { kind: 'message', messageId: 'e1', text: '想贷12万', media: [] });

    expect(await does(he, { kind: 'edited', messageId: 'e1', text: '想贷15万' })).toEqual([]);

    expect(await company.count(`timeline_changes`)).toBeGreaterThan(0);
  });
});

test('a stranger in a group is asked to write in private too, and no form is begun before everybody', async () => {
  expect(await says('31337', '你好，我想贷30万')).toEqual([`${GROUP} ${PRIVATELY}`]);
  expect(await says('31337', '30万')).toEqual([]);
});
