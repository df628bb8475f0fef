/** Edits and deletions that a platform reports right behind the message they are about. */
import { beforeAll, describe, expect, test } from 'vitest';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
let lin: StaffActor;

beforeAll(async () => {
  lin = await company.addStaff('小林', ['sales'], { slack: 'U001' });
});

test('an edit and a deletion that arrive while their message still waits are noted on its line', async () => {
  const { slack } = company.channels;
  await company.receive(slack, 'U001', { kind: 'message', messageId: 'm1', text: '我的客户', media: [] });
  await company.receive(slack, 'U001', { kind: 'edited', messageId: 'm1', text: '待办' });
  await company.receive(slack, 'U001', { kind: 'deleted', messageId: 'm1' });

  await company.drain(); // all three in one batch

  const { rows } = await company.db.pool.query<{ kind: string; text_masked: string | null }>(
    `SELECT c.kind, c.text_masked FROM timeline_changes c JOIN timeline_items i ON i.id = c.item_id WHERE i.message_id = 'm1' ORDER BY c.inbox_id`,
  );
  expect(rows).toEqual([
    { kind: 'EDITED', text_masked: '待办' },
    { kind: 'DELETED', text_masked: null },
  ]);
});

test('a deletion that does not say whose message it was is noted on its line, and on none where two may be meant', async () => {
  const { slack } = company.channels;
  const said = (from: string, messageId: string): Promise<void> =>
    company.receive(slack, from, { kind: 'message', messageId, text: '我的客户', media: [] });
  const deleted = (messageId: string): Promise<void> =>
    company.receive(slack, 'D0001', { kind: 'deleted', messageId, isAnyones: true });
  await said('U001', 'm2');
  await company.drain();
  for (const person of ['U001', 'U002']) await said(person, 'm3');
  for (const id of ['m2', 'm3', 'm4']) await deleted(id);

  await company.drain();

  const { rows } = await company.db.pool.query<{ message_id: string; kind: string }>(
    `SELECT i.message_id, c.kind FROM timeline_changes c JOIN timeline_items i ON i.id = c.item_id WHERE i.message_id <> 'm1'`,
  );
  expect(rows).toEqual([{ message_id: 'm2', kind: 'DELETED' }]);
});

describe('a message edited after it was read', () => {
  const { slack, telegram } = company.channels;

  async function says(channel: typeof slack, from: string, messageId: string, text: string): Promise<void> {
    await company.receive(channel, from, { kind: 'message', messageId, text, media: [] });
    await company.drain();
  }
  async function edits(
    channel: typeof slack,
    from: string,
    messageId: string,
    text: string,
  ): Promise<readonly string[]> {
    const before = channel.said(from).length;
    await company.receive(channel, from, { kind: 'edited', messageId, text });
    await company.drain();
    return channel.said(from).slice(before);
  }

  test('tells its author among the staff what differs and how to change it; another slip of the pen is silent', async () => {
    await says(slack, 'U001', 'm20', '新客户 何女士 13800500001 想贷20万周转');

    const told = await edits(slack, 'U001', 'm20', '新客户 何女士 13800500001 想贷25万周转');

    expect(told).toEqual(['您改了发过的消息（需求 20 万 → 25 万），档案没有跟着改。要改请发「金额改成25 万」。']);
    expect(await edits(slack, 'U001', 'm20', '新客户 何女士 13800500001 想贷25万周转。')).toEqual([]);
    expect(await company.count(`leads WHERE amount_fen = 20000000`)).toBe(1);
  });

  test('keeps the name of before and after out of the searchable copy of what it says', async () => {
    await company.addStaff('小吴', ['sales'], { slack: 'U003' }); // no form of his holds the name
    await says(slack, 'U003', 'm22', '姓名是张三丰');

    expect((await edits(slack, 'U003', 'm22', '姓名是李四光')).join('')).toContain('姓名 张三丰 → 李四光');

    const { rows } = await company.db.pool.query<{ text_masked: string }>(
      `SELECT text_masked FROM timeline_items WHERE direction = 'OUT' AND text_masked LIKE '您改了发过的消息（姓名%'`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.text_masked).not.toMatch(/张三丰|李四光/u);
  });

  test('tells of every kind of fact; of what no form has it does not say how to change it', async () => {
    await says(slack, 'U001', 'm23', '新客户 邓先生 13800500005 想贷20万 公积金基数8000');

    expect(await edits(slack, 'U001', 'm23', '新客户 邓先生 13800500005 想贷20万 公积金基数9000')).toEqual([
      expect.stringMatching(/^您改了发过的消息（公积金、社保、保单 \S+ .*→ .*），档案没有跟着改。$/u),
    ]);
  });

  test('says nothing of a look-up, nor of words that are not on file', async () => {
    await says(slack, 'U001', 'm21', '客户 13800500001');

    expect(await edits(slack, 'U001', 'm21', '客户 13800500002')).toEqual([]);
    expect(await edits(slack, 'U001', 'm99', '想贷25万')).toEqual([]);
  });

  test.each([
    ['in one batch', 'm31', '13800500031', false],
    ['long before', 'm32', '13800500032', true],
  ])('and overtaken by its edit %s is read as it was edited, which its line says', async (_, id, phone, isApart) => {
    const [sent, edited] = [20, 30].map((amount) => `新客户 钱女士 ${phone} 想贷${amount}万`);
    const before = slack.said('U001').length;
    for (const text of [`新客户 钱女士 ${phone} 想贷25万`, edited ?? '']) {
      await company.receive(slack, 'U001', { kind: 'edited', messageId: id, text });
      if (isApart) await company.drain();
    }
    expect(slack.said('U001').slice(before)).toEqual([]);

    await says(slack, 'U001', id, sent ?? '');

    expect(slack.said('U001').slice(before).join('\n')).toContain('需求 30 万');
    expect(slack.said('U001').slice(before).join('\n')).not.toContain('改了发过的消息');
    const { customerId } = (await company.call(lin, 'lead.capture', { facts: { phone } })) as { customerId: string };
    const { items } = (await company.call(lin, 'timeline.read', { id: customerId })) as {
      readonly items: readonly { readonly text: string; readonly edits: readonly { readonly text: string }[] }[];
    };
    const [line, ...others] = items.filter(({ text }) => text.startsWith('新客户 钱'));
    expect([line?.text, line?.edits.at(-1)?.text, others.length]).toEqual([
      expect.stringMatching(/想贷20万$/u),
      expect.stringMatching(/想贷30万$/u),
      0,
    ]);
    expect(await edits(slack, 'U001', id, `${edited}。`)).toEqual([]); // and from now on like any other
  });

  test('of a customer goes on his owner’s list, and nothing is said to him', async () => {
    const facts = { name: '何晓燕', phone: '13800500003' };
    const { customerId } = (await company.call(lin, 'lead.capture', { facts })) as { customerId: string };
    await company.db.pool.query(
      `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES (gen_random_uuid(), $1, '9901', $2, true, business_now(), business_now())`,
      [telegram.account, customerId],
    );
    await says(telegram, '9901', 'c1', '月薪2万');

    for (const income of ['2.5万', '2.6万', '2.7万'])
      expect(await edits(telegram, '9901', 'c1', `月薪${income}`)).toEqual([]);

    expect(slack.said('U001').join('\n')).toMatch(/K\d+ 何\*\* 改了发过的消息/u);
    expect(await company.count(`todos WHERE kind = 'customer_edited'`)).toBe(1);

    await says(telegram, '9901', 'c2', '月薪2万');
    await edits(telegram, '9901', 'c2', '月薪2.8万');
    expect(slack.said('U001').filter((text) => /K\d+ 何\*\* 改了发过的消息/u.test(text))).toHaveLength(2); // each message once
    expect(await company.count(`todos WHERE kind = 'customer_edited'`)).toBe(1);
  });
});
