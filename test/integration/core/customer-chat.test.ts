/** What a customer's own chat is like: what he is asked and told, and what an old button does. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { OutboundContent } from '../../../src/channels/channel.ts';
import { ADMIN, type StaffActor } from '../../invariants/support/company.ts';
import { useCustomerChat } from '../../support/customer-chat.ts';

const chat = useCustomerChat();
const { company, does, says, opens, shares, consents, lines } = chat;
let qian: StaffActor;

beforeAll(async () => {
  qian = await company.addStaff('小钱', ['reviewer'], { wecom: 'xiaoqian' });
});

/** Hands his application in; the approval that waits for the reviewer. */
async function submits(): Promise<{ readonly id: string; readonly revision: number } | undefined> {
  const { applicationId } = (await company.call(chat.lin, 'lead.submit', { lead: chat.customer.number })) as {
    applicationId: string;
  };
  await company.drain();
  const { rows } = await company.db.pool.query<{ id: string; revision: number }>(
    'SELECT id, revision FROM approvals WHERE application_id = $1',
    [applicationId],
  );
  return rows[0];
}

/** What he is told unasked. */
async function notices(): Promise<readonly string[]> {
  const { rows } = await company.db.pool.query<{ text_masked: string }>(
    `SELECT i.text_masked FROM outbox o JOIN timeline_items i ON i.outbox_id = o.id WHERE o.customer_id = $1 AND o.purpose = 'SERVICE' ORDER BY o.id`,
    [chat.customer.id],
  );
  return rows.map((row) => row.text_masked);
}

const toCustomer = (): readonly OutboundContent[] =>
  company.channels.telegram.sent.filter(({ to }) => to.chat === chat.customer.chat).map(({ content }) => content);

const cards = (): Extract<OutboundContent, { kind: 'card' }>[] =>
  toCustomer().flatMap((content) => (content.kind === 'card' ? [content] : []));

const wordsOf = (content: OutboundContent): string =>
  content.kind === 'text' || content.kind === 'tap_answer'
    ? content.text
    : 'card' in content
      ? [content.card.title, content.card.text, content.card.closed].filter(Boolean).join('\n')
      : '';

async function presses(card: { readonly card: { readonly id: string } } | undefined, verb: string): Promise<void> {
  const handle = { query: 'q1', chat: chat.customer.chat, message: '5' };
  await does({ kind: 'action', cardId: card?.card.id ?? '', revision: 1, verb, selected: {}, handle });
}

describe('a question that is over', () => {
  test('loses its buttons when it is answered, and stays to be read', async () => {
    await opens();
    await shares();
    await presses(cards()[0], 'o0');

    const update = toCustomer().find((content) => content.kind === 'card_update');
    expect(update?.card).toMatchObject({ title: cards()[0]?.card.title, actions: [], closed: '已选：同意' });
  });

  test('answers a late press with a short word, takes its buttons away and does nothing else', async () => {
    await consents();
    const before = toCustomer().length;
    await presses(cards()[0], 'o1');

    expect(toCustomer().slice(before).map(wordsOf)).toEqual([
      '这个问题已经过去了',
      expect.stringMatching(/个人信息处理授权书[^]*这个问题已经过去了$/u),
    ]);
    expect((await lines()).at(-2)).toBe('in 不同意');
    expect((await lines()).at(-1)).toContain('这个问题已经过去了');
  });

  test('goes on showing what was chosen on it, however often it is pressed again', async () => {
    await opens();
    await shares();
    await presses(cards()[0], 'o0');
    const before = toCustomer().length;
    await presses(cards()[0], 'o1');

    expect(toCustomer().slice(before).map(wordsOf)).toEqual([
      '这个问题已经过去了',
      expect.stringMatching(/个人信息处理授权书[^]*已选：同意$/u),
    ]);
  });

  test('is answered by either of its cards when it was only asked once more', async () => {
    await opens();
    await shares();
    const [first] = cards();
    await says('这是什么');
    await presses(first, 'o0');

    expect(await company.count(`consents WHERE customer_id = '${chat.customer.id}'`)).toBe(1);
  });
});

describe('what a customer is asked and told', () => {
  test('without a link he hears who we are and how to be invited, whatever he writes', async () => {
    await does({ kind: 'opened' });
    await says('开始');
    await says('进度');

    expect(toCustomer().map(wordsOf)).toEqual(
      [1, 2, 3].map(() => expect.stringContaining('请打开顾问发给您的邀请链接')),
    );
  });

  test('a link that does not exist is one message', async () => {
    await does({ kind: 'start', payload: 'nosuchtoken', messageId: 's1' });

    expect(toCustomer().map(wordsOf)).toEqual([expect.stringContaining('这个链接已失效')]);
  });

  test('the greeting names the adviser who made the link, what he noted is not asked again, and he hears of the consent', async () => {
    await consents();

    const told = toCustomer().map(wordsOf);
    expect(told[0]).toContain('您的顾问是小林');
    expect(told.at(-2)).toBe('顾问已登记：想借多少 12 万、用途 周转。有出入直接说，比如「金额改成50万」。');
    expect(told.at(-1)).toBe('您常住在哪个城市？');
    expect(company.channels.wecom.said('xiaolin')).toContain(
      `${chat.customer.number} 何** 已绑定聊天并同意了个人信息授权。`,
    );
  });

  test('a link opened again goes on with the question that is open, in one form, and asks for no consent a second time', async () => {
    await opens();
    await opens();
    await shares();
    await opens();
    await says('同意');
    await says('深圳');
    const before = toCustomer().length;
    await opens();

    expect(toCustomer().slice(before).map(wordsOf)).toEqual([
      expect.stringContaining('我们刚才说到'),
      '您每月大概收入多少？',
    ]);
    await says('12000');
    await says('没有');
    await says('确认');
    const rest = toCustomer().slice(before).map(wordsOf).join('\n');
    expect(rest).toContain('登记好了');
    expect(rest).not.toContain('同意书');
    expect(rest).not.toContain('授权书');

    const done = toCustomer().length;
    await opens();
    expect(toCustomer().slice(done).map(wordsOf)).toEqual([expect.stringContaining('登记好了')]);
    expect(await company.count(`consents WHERE customer_id = '${chat.customer.id}'`)).toBe(1);
  });

  test('a refusal of a consent that was given meanwhile withdraws it, and says so', async () => {
    await opens();
    await shares();
    await company.db.pool.query(
      `INSERT INTO consents (id, customer_id, text_key, text_version, language, text_hash, identity_id, via, granted_at)
       SELECT gen_random_uuid(), $1, key, version, language, hash, NULL, 'api', now() FROM consent_texts
        WHERE key = 'personal-information' AND language = 'zh-CN' LIMIT 1`,
      [chat.customer.id],
    );
    await says('不同意');

    expect(wordsOf(toCustomer().at(-1) ?? { kind: 'text', text: '' })).toContain('已撤回您的同意');
    expect(await company.count(`consents WHERE customer_id = '${chat.customer.id}' AND withdrawn_at IS NULL`)).toBe(0);
  });

  test('with no application open he is asked nothing and hears what he can do here', async () => {
    await company.db.pool.query(`UPDATE leads SET is_open = false, stage = 'F90' WHERE customer_id = $1`, [
      chat.customer.id,
    ]);
    await consents();
    await says('账单');

    const told = toCustomer().map(wordsOf);
    expect(told.at(-2)).toContain('您现在没有要补的内容');
    expect(told.at(-1)).toContain('您现在没有进行中的申请，也没有借据');
    expect(told.join('\n')).not.toContain('没有找到进行中的线索');
  });

  test('进度 is answered, 已还 is passed on to the adviser, in the same words once, and what is not understood names the adviser', async () => {
    await consents();
    await says('取消');
    const before = toCustomer().length;
    await says('进度');
    await says('已还');
    await says('已还');
    await says('已还款了');
    await says('嘿嘿嘿');

    expect(toCustomer().slice(before).map(wordsOf)).toEqual([
      expect.stringContaining('您的申请目前：受理中'),
      expect.stringContaining('已请顾问小林核对入账'),
      expect.stringContaining('已请顾问小林核对入账'),
      expect.stringContaining('已请顾问小林核对入账'),
      expect.stringMatching(/没看懂这句话。.*找顾问回「人工」/u),
    ]);
    const asked = company.channels.wecom.said('xiaolin').filter((text) => text.includes('说已经还款'));
    expect(asked).toEqual([expect.stringContaining('原话：已还'), expect.stringContaining('原话：已还款了')]);
    const open = `todos WHERE kind = 'customer_repaid' AND subject_id = $1 AND done_at IS NULL`;
    expect(await company.count(open, [chat.customer.id])).toBe(1);
  });

  test('who may not be contacted stays on her record, and her adviser hears of each complaint and of each other matter in its words', async () => {
    await consents();
    await says('取消');
    const before = toCustomer().length;
    for (const text of [
      '你们别打给我家里人',
      '不要联系我老公',
      '我要投诉',
      '我要投诉你们',
      '昨天晚上就转了啊怎么还提醒',
    ])
      await says(text);

    const said = toCustomer().slice(before).map(wordsOf);
    expect(said[0]).toMatch(/^收到，已记录，也告诉了顾问小林：不要联系您的家人和其他人/u);
    expect(said[2]).toContain('您的投诉已经记录，并报给了负责人');
    expect(said[2]).not.toContain('小林'); // it may be about him
    expect(said[4]).toContain('已请顾问小林核对入账');
    const told = company.channels.wecom.said('xiaolin').filter((text) => /不要联系家人|要投诉|说已经还款/u.test(text));
    expect(told).toHaveLength(5);
    const read = (await company.call(ADMIN, 'customer.get', { id: chat.customer.id })) as {
      thirdPartyRefusedAt: string;
    };
    expect(read.thirdPartyRefusedAt).toEqual(expect.anything());
    await company.say(company.channels.wecom, 'xiaolin', `客户 ${chat.customer.number}`);
    await company.drain();
    expect(company.channels.wecom.said('xiaolin').join('\n')).toContain('要求不联系家人和其他人');
  });

  test('不同意 after the consent withdraws it, once he has said so twice, and his adviser hears of it', async () => {
    await consents();
    await says('不同意');
    expect(await company.count(`consents WHERE customer_id = '${chat.customer.id}' AND withdrawn_at IS NULL`)).toBe(1);
    await says('撤回');

    expect(await company.count(`consents WHERE customer_id = '${chat.customer.id}' AND withdrawn_at IS NULL`)).toBe(0);
    expect(wordsOf(toCustomer().at(-1) ?? { kind: 'text', text: '' })).toContain('已撤回您的同意');
    expect(company.channels.wecom.said('xiaolin').join('\n')).toContain('撤回了个人信息授权');
  });

  test('he hears of the approval and of each payment', async () => {
    await consents();
    await company.call(qian, 'approval.decide', { ...(await submits()), verb: 'approve' });
    await company.drain();
    const loans = (await company.call(ADMIN, 'loan.list', { customer: chat.customer.id })) as {
      items: { id: string }[];
    };
    const payment = { id: loans.items[0]?.id, externalId: `b${chat.customer.number}`, amount: '100.00' };
    await company.call(ADMIN, 'loan.recordPayment', { ...payment, paidAt: '2026-11-21T10:00:00+08:00' });
    await company.drain();

    expect(await notices()).toEqual([
      expect.stringMatching(/^您的申请已通过审批，借据 L\d+ 已建立：12 万，分 12 期/u),
      expect.stringMatching(/^已登记您 11月21日 的还款 100\.00 元（L\d+）/u),
    ]);
    await says('下个月几号还钱');
    expect(toCustomer().map(wordsOf).at(-2)).toMatch(/^您的还款计划.*\n.* 第 1 期 \d+月\d+日｜/u);
  });

  test('he hears that his application was not approved, 进度 says so, and why is passed to his adviser', async () => {
    await consents();
    await says('取消');
    const approval = await submits();
    await company.call(qian, 'approval.decide', { ...approval, verb: 'reject', reason: '负债太高' });
    await company.drain();
    await says('进度');
    await says('为什么没过');

    expect(await notices()).toEqual([expect.stringMatching(/^很抱歉，您这次的申请没有通过。有疑问可以问您的顾问，/u)]);
    const said = toCustomer().map(wordsOf);
    expect(said.slice(-3)).toEqual([
      expect.stringMatching(/^很抱歉，您这次的申请没有通过。有疑问可以问您的顾问小林/u),
      '您问的原因要由顾问小林答复您，已经转告了。',
      expect.stringMatching(/^很抱歉，您这次的申请没有通过/u),
    ]);
    expect(said.join('\n')).not.toContain('负债');
    expect(company.channels.wecom.said('xiaolin').at(-1)).toMatch(/问为什么没有通过，请如实答复。\n原话：为什么没过$/u);
  });
});

test('a customer who asks for English is answered in English, at once and from then on; what he was asked stays open', async () => {
  await consents();
  company.channels.telegram.sent.length = 0;

  await says('speak English');
  await says('progress');

  const said = toCustomer().map(wordsOf);
  expect(said[0]).toBe('All right, English from now on.');
  expect(said.join('\n')).not.toMatch(/[\u4e00-\u9fa5]{4}/u);
  expect(await company.count(`customers WHERE id = $1 AND language = 'en'`, [chat.customer.id])).toBe(1);
});

test('somebody who asks for English before it is known who he is is spoken to in English, and his file has it once he is bound', async () => {
  await says('English');
  expect(toCustomer().map(wordsOf)).toEqual([
    'All right, English from now on.',
    expect.stringContaining('Please open the invitation link'),
  ]);

  await consents();

  expect(toCustomer().map(wordsOf).join('\n')).not.toMatch(/[\u4e00-\u9fa5]{4}/u);
  const where = 'customers c JOIN identities i ON i.customer_id = c.id';
  expect(await company.count(`${where} WHERE c.id = $1 AND c.language = 'en'`, [chat.customer.id])).toBe(1);
  expect(await company.count(`consents WHERE customer_id = $1 AND language = 'en'`, [chat.customer.id])).toBe(1);
});

test('an answer that comes after the form was put aside is taken, and the adviser heard once that none came', async () => {
  await consents();
  await company.advanceToTomorrow(12); // nobody is told anything at night
  await company.advance(8 * 86_400_000);
  await company.drain();
  await company.advance(86_400_000);
  await company.drain();
  expect(
    company.channels.wecom
      .said('xiaolin')
      .filter((text) => text.includes('一直没有回答') && text.startsWith(chat.customer.number)),
  ).toHaveLength(1);

  await says('月薪两万五');

  const { facts } = (await company.call(ADMIN, 'lead.get', { lead: chat.customer.number })) as { facts: object };
  expect(facts).toMatchObject({ income: '25000.00' });
  expect(toCustomer().map(wordsOf).join('\n')).toContain('我们刚才说到「资料登记」');
});

describe('a question left for later', () => {
  const granted = async (): Promise<unknown> => company.count('consents WHERE customer_id = $1', [chat.customer.id]);

  test('is answered by its own button, as he was told', async () => {
    await opens();
    await shares();
    await says('在忙');
    expect(await granted()).toBe(0);
    await presses(cards()[0], 'o0');

    expect(await granted()).toBe(1);
    expect(wordsOf(toCustomer().at(-1) ?? { kind: 'text', text: '' })).toContain('城市');
  });

  test('is answered by it no more once it is given up, and nobody is reminded of it', async () => {
    await opens();
    await shares();
    await says('在忙');
    await says('取消');
    const before = toCustomer().length;
    await presses(cards()[0], 'o0');
    expect(await granted()).toBe(0);
    expect(toCustomer().slice(before).map(wordsOf).join('\n')).toContain('先放到一边');

    const told = toCustomer().length;
    for (let day = 1; day <= 9; day += 1) {
      await company.advance(86_400_000);
      await company.drain();
    }
    expect(toCustomer()).toHaveLength(told);
  });
});
