import { describe, expect, test } from 'vitest';
import type { TemplateCard } from '../../../../src/sandbox/wecom/card-schema.ts';
import { cardOnScreen, press, selections } from '../../../../src/sandbox/wecom/card-screen.ts';

const url = 'https://app.example.com/h5/case?id=31';

describe('a card on the phone', () => {
  test('a text notice shows source, big figure, rows and where it leads', () => {
    const card: TemplateCard = {
      card_type: 'text_notice',
      source: { desc: '放款提醒', desc_color: 1 },
      main_title: { title: '还款日提醒', desc: '合同 HT-2025-0031' },
      emphasis_content: { title: '¥ 3,280.50', desc: '本期应还' },
      sub_title_text: '到期日 2025-12-05',
      horizontal_content_list: [
        { keyname: '客户', value: '李女士' },
        { keyname: '跟进人', type: 3, userid: 'zhangwei' },
        { keyname: '材料', type: 1, value: '查看', url },
      ],
      jump_list: [{ type: 1, title: '全部', url }],
      card_action: { type: 1, url },
    };

    expect(cardOnScreen({ card })).toEqual({
      source: '放款提醒',
      title: '还款日提醒',
      subtitle: '合同 HT-2025-0031',
      text: '¥ 3,280.50\n本期应还\n到期日 2025-12-05',
      fields: [
        { label: '客户', value: '李女士' },
        { label: '跟进人', value: 'zhangwei' },
        { label: '材料', value: '查看' },
      ],
      selects: [],
      buttons: [
        { key: 'row:2', text: '材料', url, style: 'link' },
        { key: 'jump:0', text: '全部', url, style: 'link' },
        { key: 'card', text: '还款日提醒', url, style: 'link' },
      ],
    });
  });

  test('a news notice shows its paragraphs as rows', () => {
    const card: TemplateCard = {
      card_type: 'news_notice',
      main_title: { title: '新品上架' },
      vertical_content_list: [{ title: '年化 3.65% 起', desc: '最长 36 期' }],
    };

    expect(cardOnScreen({ card }).fields).toEqual([{ label: '年化 3.65% 起', value: '最长 36 期' }]);
  });

  test('a vote shows its options as one question and the platform’s own submit label', () => {
    const card: TemplateCard = {
      card_type: 'vote_interaction',
      main_title: { title: '缺哪些材料' },
      checkbox: { question_key: 'missing', mode: 1, option_list: [{ id: 'flow', text: '银行流水' }] },
      submit_button: { key: 'docs' },
    };

    expect(cardOnScreen({ card })).toMatchObject({
      selects: [{ id: 'missing', options: [{ id: 'flow', text: '银行流水' }] }],
      buttons: [{ key: 'docs', text: '提交' }],
    });
  });

  test('a form shows each drop-down with its title', () => {
    const card: TemplateCard = {
      card_type: 'multiple_interaction',
      select_list: [
        { question_key: 'product', title: '产品', option_list: [{ id: 'p12', text: '税贷 A' }] },
        { question_key: 'term', option_list: [{ id: '12', text: '12 期' }] },
      ],
      submit_button: { text: '确认', key: 'ok' },
    };

    expect(cardOnScreen({ card }).selects.map(({ label }) => label)).toEqual(['产品', 'term']);
  });
});

describe('a press', () => {
  const card: TemplateCard = {
    card_type: 'button_interaction',
    button_list: [
      { text: 'yes', key: 'approve' },
      { text: 'see', key: 'see', type: 1, url },
    ],
    action_menu: { action_list: [{ text: 'mute', key: 'mute' }] },
  };

  test.each<[string, Parameters<typeof press>[0], string, 'button' | 'menu' | undefined]>([
    ['a button comes back to the app', { card }, 'approve', 'button'],
    ['a menu entry comes back as such', { card }, 'mute', 'menu'],
    ['a page button opens its page', { card }, 'see', undefined],
    ['a key that is not there does nothing', { card }, 'reject', undefined],
    ['replace_name kills the buttons', { card, replaceName: 'done' }, 'approve', undefined],
    ['replace_name leaves the menu', { card, replaceName: 'done' }, 'mute', 'menu'],
    ['replace_text kills the buttons', { card: { ...card, replace_text: 'done' } }, 'approve', undefined],
    ['the grey label itself does nothing', { card, replaceName: 'done' }, '', undefined],
  ])('%s', (_, view, key, expected) => {
    expect(press(view, key)).toBe(expected);
  });
});

describe('the choice in a drop-down', () => {
  const option_list = [
    { id: 'p12', text: 'A' },
    { id: 'p15', text: 'B' },
  ];
  const card = (selected_id?: string, disable = false): TemplateCard => ({
    card_type: 'multiple_interaction',
    select_list: [{ question_key: 'product', option_list, disable, ...(selected_id !== undefined && { selected_id }) }],
  });

  test.each<[string, TemplateCard, Record<string, string>, string]>([
    ['is the first one when nothing is preset', card(), {}, 'p12'],
    ['is the preset one', card('p15'), {}, 'p15'],
    ['is the first one when the preset does not exist', card('p99'), {}, 'p12'],
    ['is what the member picked', card('p12'), { product: 'p15' }, 'p15'],
    ['stays as it was when the drop-down is disabled', card('p12', true), { product: 'p15' }, 'p12'],
  ])('%s', (_, drawn, picked, expected) => {
    expect(selections(drawn, picked)).toEqual([{ questionKey: 'product', optionIds: [expected] }]);
  });
});
