import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { jpegFile } from '../support/files.ts';
import { hear, until, type ScreenMessage } from './support/phones.ts';
import { Product } from './support/product.ts';

const SENTENCE = '新客户 何女士 13800006612 想贷30万周转，在南山有套房还有按揭';
// The smallest photo there is: one grey pixel.
const PHOTO = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABXvMqOgAAAABJRU5ErkJggg==',
  'base64',
);

interface CustomerList {
  readonly items: readonly {
    readonly id: string;
    readonly number: string;
    readonly name: string;
    readonly mobile: string;
  }[];
}
interface Timeline {
  readonly items: readonly {
    readonly id: string;
    readonly channel: string;
    readonly direction: string;
    readonly kind: string;
    readonly text: string | null;
    readonly media: readonly unknown[];
    readonly delivery: { readonly state: string } | null;
  }[];
}

describe('the whole road, from one sentence to a reminder', () => {
  const database = useDatabase();
  let product: Product;

  beforeAll(async () => {
    product = new Product(database.url);
    await product.start();
  }, 60_000);
  afterAll(async () => {
    await product.stop();
    product.remove();
  });

  test('one sentence makes a lead with a K-number and asks only for what is missing', async () => {
    const xiaolin = product.phone('wecom', 'xiaolin');
    await xiaolin.say(SENTENCE);

    const draft = await hear(xiaolin, /已建草稿 K\d+/);
    expect(draft.text).toContain('30 万');
    expect(draft.text).toContain('138****6612');
    expect(draft.text).not.toContain('13800006612');
    await hear(xiaolin, /想分多久还/);
  });

  test('a second salesperson who types the same phone gets a collision and no lead', async () => {
    const xiaohe = product.phone('wecom', '00123');
    await xiaohe.say('新客户 何小姐 13800006612 想贷20万装修');

    const answer = await hear(xiaohe, /已经有人在跟进/);
    expect(answer.text).toMatch(/K\d+，小林/);
    const found = await product.api<CustomerList>('POST', '/customers/search', { mobile: '13800006612' });
    expect(found.body.items).toHaveLength(1);
  });

  test('the customer binds her Telegram by link and own contact, consents, and her photo is filed', async () => {
    const [customer] = (await product.api<CustomerList>('POST', '/customers/search', { mobile: '13800006612' })).body
      .items;
    const link = await product.api<{ url: string }>('POST', `/customers/${customer?.id ?? ''}/binding-links`, {});
    const token = new URL(link.body.url).searchParams.get('start') ?? '';
    const she = product.phone('telegram', '7000000201');

    await she.start(token);
    await hear(she, /分享您本人的手机号/);
    await she.shareContact();
    await hear(she, /个人信息处理授权书/);
    await she.say('同意');
    await hear(she, /已记录您的同意/);
    await she.sendFile({ name: '身份证.png', mime: 'image/png', bytes: PHOTO, caption: '身份证正面' });

    await hear(she, /已归到「身份证/);
    const documents = await product.api<{ items: readonly { item: string; state: string }[] }>(
      'GET',
      `/customers/${customer?.id ?? ''}/documents`,
    );
    expect(documents.body.items.find((one) => one.item === 'D01')?.state).not.toBe('MISSING');
    const used = product.phone('telegram', '7000000202');
    await used.start(token);
    await hear(used, /失效|已被使用|用过|核对/);
  });

  test('three photos sent at once are answered once, and one answer says what they are', async () => {
    const she = product.phone('telegram', '7000000201');
    await she.sendAlbum(['a', 'b', 'c'].map((name) => jpegFile(name)));

    await hear(she, / 发来的 3 份，其中 3 份认不出是哪一项/);
    await she.say('2');
    await until('they are filed', async () =>
      (await she.messages()).filter(({ text }) => text.startsWith('收到，已归到「')).length > 1 ? true : undefined,
    );
    expect((await she.messages()).filter(({ text }) => /发来的 \d 份/.test(text))).toHaveLength(1);
  });

  test('cards go to WeCom, Slack and Telegram at once; one decision closes them all; a late tap changes nothing', async () => {
    const xiaolin = product.phone('wecom', 'xiaolin');
    await xiaolin.say('36期 月供 6200');
    const ready = await until('the summary card', async () =>
      (await xiaolin.messages()).findLast((message) =>
        message.card?.buttons.some((button) => button.text === '提交审批'),
      ),
    );
    await xiaolin.tap(ready, '提交审批');
    await hear(xiaolin, /A\d+ 已提交审批/);

    const cardOf = async (platform: 'wecom' | 'slack' | 'telegram', person: string): Promise<ScreenMessage> =>
      hear(product.phone(platform, person), /A\d+ 300,000\.00/);
    const [wecomCard, slackCard, telegramCard] = await Promise.all([
      cardOf('wecom', 'xiaoqian'),
      cardOf('slack', 'U0QIAN001'),
      cardOf('telegram', '7000000102'),
    ]);
    // Two reviewers on different platforms in the same moment: exactly one decides.
    await Promise.all([
      product.phone('slack', 'U0QIAN001').tap(slackCard, '通过'),
      product.phone('telegram', '7000000102').tap(telegramCard, '通过'),
    ]);
    await until('all first-level cards closed', async () => {
      const now = (await product.phone('wecom', 'xiaoqian').messages()).find((message) => message.id === wecomCard.id);
      return now?.card?.buttons.every((button) => button.disabled === true) ? now : undefined;
    });

    const approvals = await product.api<{
      items: readonly { node: string; state: string; tasks: readonly { state: string }[] }[];
    }>('GET', '/approvals');
    const first = approvals.body.items.find((one) => one.node === 'first-review');
    expect(first?.state).toBe('APPROVED');
    expect(first?.tasks.filter((task) => task.state === 'APPROVED')).toHaveLength(1);
  });

  test('above 200,000 two approvers must both agree, in any language; then the loan exists', async () => {
    const zhao = product.phone('wecom', 'laozhao');
    await zhao.tap(await hear(zhao, /A\d+ 300,000\.00/), '通过');
    const may = product.phone('telegram', '7000000103');
    await may.tap(await hear(may, /A\d+ ¥300,000\.00/), 'Approve');

    const told = await hear(product.phone('wecom', 'xiaolin'), /审批通过，借据 L\d+/);
    const loan = /L\d+/.exec(told.text)?.[0] ?? '';
    const { body } = await product.api<{ principal: string; instalments: readonly { total: string; dueOn: string }[] }>(
      'GET',
      `/loans/${loan}`,
    );
    expect(body.principal).toBe('300000.00');
    expect(body.instalments).toHaveLength(36);
    expect(body.instalments[0]?.total).toBe('1050.00');
    expect(body.instalments.at(-1)?.total).toBe('301050.00');
  });

  test('reminders go out three days before, the day before and on the day, each once, and stop when it is paid', async () => {
    const she = product.phone('telegram', '7000000201');
    const told = await hear(product.phone('wecom', 'xiaolin'), /借据 L\d+/);
    const loan = /L\d+/.exec(told.text)?.[0] ?? '';
    const { body } = await product.api<{ customerId: string; instalments: readonly { dueOn: string }[] }>(
      'GET',
      `/loans/${loan}`,
    );
    const due = body.instalments[0]?.dueOn ?? '';
    const second = body.instalments[1]?.dueOn ?? '';

    await product.moveClock(`${due}T20:30:00+08:00`);
    await hear(she, /今天 .*应还 1,050\.00 元/);
    const reminders = async (): Promise<readonly string[]> =>
      (await she.messages()).filter((message) => /应还 1,050\.00 元/.test(message.text)).map((message) => message.text);
    expect(await reminders()).toHaveLength(3);

    const paid = await product.api<{ isReplay: boolean }>('POST', `/loans/${loan}/payments`, {
      externalId: 'bank/1',
      amount: '1050.00',
      paidAt: `${due}T21:00:00+08:00`,
    });
    const again = await product.api<{ isReplay: boolean }>('POST', `/loans/${loan}/payments`, {
      externalId: 'bank/1',
      amount: '1050.00',
      paidAt: `${due}T21:00:00+08:00`,
    });
    expect([paid.status, again.status], JSON.stringify(paid.body)).toEqual([201, 200]);
    expect([paid.body.isReplay, again.body.isReplay]).toEqual([false, true]);
    const dayAfter = new Date(Date.parse(`${due}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
    await product.moveClock(`${dayAfter}T20:00:00+08:00`);
    expect(await reminders()).toHaveLength(3);

    await product.moveClock(`${second}T08:00:00+08:00`);
    expect((await reminders()).filter((text) => text.includes('第 2 期'))).toHaveLength(2);
  });

  test('a payment that was a mistake is taken back once: it is owed again, and she and her adviser hear of it', async () => {
    const xiaolin = product.phone('wecom', 'xiaolin');
    const loan = /L\d+/.exec((await hear(xiaolin, /借据 L\d+/)).text)?.[0] ?? '';
    const reverse = async (): Promise<{ status: number; body: { isReplay: boolean; reopened: unknown } }> =>
      product.api('POST', `/loans/${loan}/payments/${encodeURIComponent('bank/1')}/reversals`, { reason: '支票退票' });

    const [first, again] = [await reverse(), await reverse()];

    expect([first.status, again.status], JSON.stringify(first.body)).toEqual([201, 200]);
    expect(first.body).toMatchObject({
      isReplay: false,
      reopened: [{ instalment: 1, principal: '0.00', interest: '1050.00' }],
    });
    expect(again.body).toEqual({ ...first.body, isReplay: true });
    await hear(product.phone('telegram', '7000000201'), /更正：.*1,050\.00 元（L\d+）未到账或登记有误，已经撤销/);
    await hear(xiaolin, /登记的还款 1,050\.00 元已撤销（支票退票）/);
    await xiaolin.say('还款 何女士');
    await hear(xiaolin, /第 1 期 .*｜1,050\.00 元｜已逾期/);
  });

  test('everything stands on the timeline, in order, once, masked, with its delivery', async () => {
    const [customer] = (await product.api<CustomerList>('POST', '/customers/search', { mobile: '13800006612' })).body
      .items;
    const { body } = await product.api<Timeline>('GET', `/customers/${customer?.id ?? ''}/timeline?limit=200`);

    const texts = body.items.map((item) => item.text ?? '');
    expect(texts.filter((text) => text.includes('想贷30万周转'))).toHaveLength(1);
    expect(texts.join('\n')).not.toContain('13800006612');
    expect(new Set(body.items.map((item) => item.id)).size).toBe(body.items.length);
    expect(new Set(body.items.map((item) => item.channel))).toEqual(new Set(['wecom', 'slack', 'telegram']));
    expect(body.items.filter((item) => item.kind === 'reminder').length).toBeGreaterThanOrEqual(5);
    expect(body.items.filter((item) => item.direction === 'in' && item.media.length > 0)).toHaveLength(1 + 3);
    expect(body.items.filter((item) => item.direction === 'out' && item.delivery?.state !== 'sent')).toEqual([]);
  });

  test.each([
    ['wecom', 'xiaolin'],
    ['slack', 'U0QIAN001'],
    ['telegram', '7000000201'],
  ] as const)(
    'a trial in one line is answered on %s with the plan in words and as a picture',
    async (platform, person) => {
      const phone = product.phone(platform, person);
      await phone.say('试算 12000元 12期 月费率0.8% 等本等息');

      await hear(phone, /IRR×12 17\.27%/); // lending.md: what 0.8 % flat a month costs a year
      const picture = await until('the picture', async () =>
        (await phone.messages()).find(({ from, file }) => from === 'bot' && file !== undefined),
      );
      expect(picture.file?.size).toBeGreaterThan(20_000);

      await phone.say('试算 30万');
      const gap = await hear(phone, /请写期限/);
      await phone.say('试算 30万'); // WeCom swallows the same words twice unless they say so
      await until('the same answer once more', async () =>
        (await phone.messages()).find(({ id, text }) => id !== gap.id && /请写期限/.test(text)),
      );
    },
  );

  test('after a restart everybody goes on where he was', async () => {
    await product.restart();
    const xiaolin = product.phone('wecom', 'xiaolin');
    await xiaolin.say('我的客户');

    const list = await hear(xiaolin, /您的客户/);
    expect(list.text).toMatch(/K\d+ 何\*\*/);
    await product.phone('wecom', 'xiaotang').say('还款 何女士');
    await hear(product.phone('wecom', 'xiaotang'), /第 2 期 .*1,050\.00 元/);
  });
});
