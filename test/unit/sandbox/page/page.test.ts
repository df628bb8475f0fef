/** The page's own small rules: links, times, which phone a step happens on, words. */
import { describe, expect, test } from 'vitest';
import { invitedCustomer, openInvitation, pieces, startPayload } from '../../../../src/sandbox/page/links.ts';
import { newsOf, nextAnchor } from '../../../../src/sandbox/page/news.ts';
import { phoneForStep, present, type Slots } from '../../../../src/sandbox/page/slots.ts';
import { fullTime, plusMonth } from '../../../../src/sandbox/page/time.ts';
import type { PhoneSummary } from '../../../../src/sandbox/page/types.ts';

describe('addresses in a text', () => {
  test('are cut out of Chinese and English sentences without the punctuation behind them', () => {
    expect(pieces('发给客户：https://t.me/bot?start=a-B_1。谢谢')).toEqual([
      { kind: 'text', text: '发给客户：' },
      { kind: 'link', url: 'https://t.me/bot?start=a-B_1' },
      { kind: 'text', text: '。谢谢' },
    ]);
    expect(pieces('See http://127.0.0.1:3000/upload/x?y=1, please.')[1]).toEqual({
      kind: 'link',
      url: 'http://127.0.0.1:3000/upload/x?y=1',
    });
    expect(pieces('没有链接')).toEqual([{ kind: 'text', text: '没有链接' }]);
  });

  test('the bot’s deep link opens the customer’s phone, any other address does not', () => {
    expect(startPayload('https://t.me/daiban_sandbox_bot?start=abc')).toBe('abc');
    expect(startPayload('https://t.me/daiban_sandbox_bot')).toBeUndefined();
    expect(startPayload('https://example.com/?start=abc')).toBeUndefined();
  });
});

describe('the clock’s steps', () => {
  test.for([
    ['2026-11-30T02:00:00.000Z', '2026-12-30T02:00:00.000Z'],
    ['2027-01-31T02:00:00.000Z', '2027-02-28T02:00:00.000Z'],
    // 01:00 on 1 December in Shanghai is still November in UTC.
    ['2026-11-30T17:00:00.000Z', '2026-12-31T17:00:00.000Z'],
    ['2026-12-15T02:00:00.000Z', '2027-01-15T02:00:00.000Z'],
  ] as const)('a month after %s is %s', ([from, to]) => {
    expect(plusMonth(from).toISOString()).toBe(to);
  });

  test('times are the company’s, whatever the computer’s zone', () => {
    expect(fullTime('zh-CN', '2026-11-30T17:00:00Z')).toContain('2026年12月1日');
  });
});

const phones = (waiting: Readonly<Record<string, number>>): PhoneSummary[] =>
  (
    [
      ['wecom', 'xiaolin', '小林', 'sales'],
      ['wecom', 'laozhao', '老赵', 'approver'],
      ['slack', 'U0QIAN001', '小钱', 'reviewer'],
      ['slack', 'U0ZHAO001', '老赵', 'approver'],
      ['slack', 'U0MAY0001', '阿May', 'approver'],
      ['telegram', '7000000201', '何女士', 'customer'],
    ] as const
  ).map(([platform, id, name, role]) => ({ platform, id, name, role, received: 0, waiting: waiting[id] ?? 0 }));

const SLOTS: Slots = [
  { platform: 'wecom', id: 'xiaolin' },
  { platform: 'slack', id: 'U0ZHAO001' },
  { platform: 'telegram', id: '7000000201' },
];

describe('the phone of the next step', () => {
  test('a decision is made where a card waits, on Slack before others', () => {
    expect(phoneForStep('approve', SLOTS, phones({ laozhao: 1, U0ZHAO001: 1, U0MAY0001: 1 })).phone).toMatchObject({
      id: 'U0ZHAO001',
    });
    expect(phoneForStep('review', SLOTS, phones({ U0QIAN001: 1 }))).toMatchObject({
      slot: 1,
      phone: { id: 'U0QIAN001' },
    });
  });

  test('who has just decided is not asked again on his other phone', () => {
    expect(phoneForStep('approve', SLOTS, phones({ laozhao: 1, U0MAY0001: 1 })).phone).toMatchObject({
      id: 'U0MAY0001',
    });
  });

  test('phones that are not there are replaced by ones of the same part', () => {
    const gone: Slots = [{ platform: 'wecom', id: 'nobody' }, SLOTS[1], { platform: 'telegram', id: '1' }];
    expect(present(gone, phones({}))).toMatchObject([{ id: 'xiaolin' }, { id: 'U0ZHAO001' }, { id: '7000000201' }]);
    expect(present(SLOTS, phones({}))).toBe(SLOTS);
  });
});

describe('whose invitation a link is', () => {
  const customers = [
    { role: 'sales', name: '小林' },
    { role: 'customer', name: '何女士', phone: '8613800006612' },
    { role: 'customer', name: '吴先生', phone: '8613800007788' },
  ];
  const said = (...texts: string[]) => texts.map((text) => ({ from: 'me', text }));

  test('the one mobile number that was written tells it, however it was written', () => {
    expect(invitedCustomer(said('新客户 吴先生 138-0000 7788'), customers)?.name).toBe('吴先生');
    expect(invitedCustomer(said('new customer Ms He 13800006612', '36期'), customers)?.name).toBe('何女士');
  });

  test('several numbers, none, or one of nobody with a phone here: somebody has to say', () => {
    expect(invitedCustomer(said('何女士 13800006612', '吴先生 13800007788'), customers)).toBeUndefined();
    expect(invitedCustomer(said('邀请'), customers)).toBeUndefined();
    expect(invitedCustomer(said('张先生 13900001111'), customers)).toBeUndefined();
    expect(invitedCustomer([{ from: 'bot', text: '13800006612' }], customers)).toBeUndefined();
  });
});

test('an invitation is to be opened until somebody has opened it; a newer one takes its place', () => {
  const link = (id: string, payload: string) => ({
    id,
    from: 'bot',
    text: `发给客户：https://t.me/bot?start=${payload}。`,
  });
  const card = { id: 'card', from: 'bot', text: '' };

  expect(openInvitation([link('1', 'old'), link('2', 'new'), card], [])).toEqual({ message: '2' });
  const opened = [{ id: 'c', from: 'me', text: '/start new' }];
  expect(openInvitation([link('1', 'old'), link('2', 'new'), card], [[card], opened])).toBeUndefined();
  expect(openInvitation([card], [])).toBeUndefined();
});

describe('what stays in sight when news comes', () => {
  const bot = (id: string) => ({ id, from: 'bot' as const });

  test('the first of what came together, and an own message before what answers it', () => {
    const link = nextAnchor(undefined, [bot('link')], 1_000);
    expect(nextAnchor(link, [bot('card')], 1_400)?.id).toBe('link');
    expect(nextAnchor(link, [bot('reminder')], 9_000)?.id).toBe('reminder');
    expect(nextAnchor(link, [{ id: 'mine', from: 'me' }, bot('answer')], 1_400)?.id).toBe('mine');
    expect(nextAnchor(link, [], 9_000)?.id).toBe('link');
  });
});

test('after a move of the clock everybody who got messages is named once', () => {
  const before = phones({});
  const after = before.map((phone) => ({
    ...phone,
    received: phone.name === '老赵' ? 1 : phone.role === 'customer' ? 2 : 0,
  }));

  expect([...newsOf(before, after)]).toEqual([
    ['老赵', 2],
    ['何女士', 2],
  ]);
});
