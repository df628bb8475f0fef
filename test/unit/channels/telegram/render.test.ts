import { describe, expect, test } from 'vitest';
import type { Card } from '../../../../src/channels/card.ts';
import {
  cardHtml,
  cardKeyboard,
  escapeHtml,
  parsePressedKey,
  replyMarkup,
  spokenBy,
} from '../../../../src/channels/telegram/render.ts';

const card: Card = {
  id: 'abcd1234',
  revision: 2,
  source: '贷款审批',
  title: 'A1087 何* <30万>',
  fields: [{ label: '金额', value: '300,000.00' }],
  actions: [
    { verb: 'approve', label: '同意', style: 'primary' },
    { verb: 'reject', label: '拒绝' },
    { verb: 'view', label: '查看', url: 'https://x.test/a' },
  ],
};

const parsedLength = (html: string) => html.replace(/<\/?b>/g, '').replace(/&(?:amp|lt|gt);/g, '&').length;

describe('a card as text', () => {
  test('stands as source and bold title, then the fields, each on its line', () => {
    expect(cardHtml(card)).toBe('贷款审批 · <b>A1087 何* &lt;30万&gt;</b>\n金额: 300,000.00');
  });

  test('an overfull card stays within 4,096 characters after parsing and keeps its closing word', () => {
    const fields = Array.from({ length: 200 }, (_, index) => ({
      label: `字段${String(index)}`,
      value: '<'.repeat(500),
    }));
    const html = cardHtml({ ...card, title: '标'.repeat(900), text: '&'.repeat(9000), fields, closed: '已同意' });

    expect(parsedLength(html)).toBeLessThanOrEqual(4096);
    expect(html.endsWith('…\n<b>已同意</b>')).toBe(true);
  });

  test('only the three characters HTML needs are escaped', () => {
    expect(escapeHtml(`a&b<c>"d'_*[`)).toBe(`a&amp;b&lt;c&gt;"d'_*[`);
  });
});

describe('a card as keyboard', () => {
  test('two verbs to a row, links as links', () => {
    expect(cardKeyboard(card)).toEqual([
      [
        { text: '同意', callback_data: 'abcd1234:2:approve' },
        { text: '拒绝', callback_data: 'abcd1234:2:reject' },
      ],
      [{ text: '查看', url: 'https://x.test/a' }],
    ]);
  });

  test('one to a row where a label would be cut beside another', () => {
    const actions = [
      { verb: 'o0', label: '授权书（个人信息处理和征信查询）' },
      { verb: 'o1', label: '都不是' },
    ];

    expect(cardKeyboard({ ...card, actions })?.map((row) => row.length)).toEqual([1, 1]);
  });

  test('each option of a drop-down is a button that brings its choice back', () => {
    const select = {
      id: 'reason',
      label: '原因',
      options: [
        { id: 'income', text: '收入不足' },
        { id: 'credit', text: '征信' },
      ],
    };
    const rows = cardKeyboard({ ...card, select }) ?? [];

    expect(rows.slice(0, 2)).toEqual([
      [{ text: '收入不足', callback_data: 'abcd1234:2:opt_0:reason=income' }],
      [{ text: '征信', callback_data: 'abcd1234:2:opt_1:reason=credit' }],
    ]);
    expect(parsePressedKey(rows[1]?.[0]?.callback_data ?? '')).toEqual({
      id: 'abcd1234',
      revision: 2,
      verb: 'opt_1',
      selected: { reason: 'credit' },
    });
  });

  test('an option that exceeds 64 bytes is named by its index alone', () => {
    const select = { id: 'reason', label: '原因', options: [{ id: '收入证明不足以覆盖月供需要补充材料', text: 'x' }] };

    expect(cardKeyboard({ ...card, select })?.[0]).toEqual([{ text: 'x', callback_data: 'abcd1234:2:opt_0' }]);
  });

  test('the longest key we make fits 64 bytes', () => {
    const longest = { ...card, id: 'z'.repeat(26), revision: 999_999, actions: [{ verb: 'v'.repeat(24), label: 'x' }] };

    expect(Buffer.byteLength(cardKeyboard(longest)?.[0]?.[0]?.callback_data ?? '')).toBeLessThanOrEqual(64);
  });

  test('a closed card has no keyboard', () => {
    expect(cardKeyboard({ ...card, closed: '已同意' })).toBeUndefined();
  });
});

describe('pressed buttons', () => {
  test.each([
    '',
    'abcd1234',
    'abcd1234:2',
    'say:abcd:1:approve',
    'ABCD:1:approve',
    'abcd:1:approve:',
    'abcd:1:approve:x',
  ])('%j is none of our keys', (data) => {
    expect(parsePressedKey(data)).toBeUndefined();
  });

  test('a choice may contain the separators', () => {
    expect(parsePressedKey('abcd:1:opt_0:reason=a=b:c')?.selected).toEqual({ reason: 'a=b:c' });
  });
});

describe('one-tap answers', () => {
  test('short ones are inline buttons that carry the sentence', () => {
    const markup = replyMarkup({ choices: ['提交', '再改改'], requestContact: undefined });

    expect(markup).toEqual({
      inline_keyboard: [
        [{ text: '提交', callback_data: 'say:提交' }],
        [{ text: '再改改', callback_data: 'say:再改改' }],
      ],
    });
    expect(spokenBy('say:再改改')).toBe('再改改');
  });

  test('a sentence above 64 bytes makes a reply keyboard of them all', () => {
    expect(replyMarkup({ choices: ['好', '很'.repeat(21)], requestContact: undefined })).toMatchObject({
      keyboard: [[{ text: '好' }], [{ text: '很'.repeat(21) }]],
      one_time_keyboard: true,
    });
  });

  test('asking for the phone puts its button first on a reply keyboard', () => {
    expect(replyMarkup({ choices: ['以后再说'], requestContact: '分享我的手机号' })).toEqual({
      keyboard: [[{ text: '分享我的手机号', request_contact: true }], [{ text: '以后再说' }]],
      resize_keyboard: true,
      one_time_keyboard: true,
    });
  });

  test('nothing to offer means no markup', () => {
    expect(replyMarkup({ choices: [], requestContact: undefined })).toBeUndefined();
  });
});
