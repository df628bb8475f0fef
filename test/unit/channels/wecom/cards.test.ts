import { describe, expect, test } from 'vitest';
import type { Card } from '../../../../src/channels/card.ts';
import { renderCard, renderUpdate, type TemplateCard } from '../../../../src/channels/wecom/cards.ts';

function aCard(changes: Partial<Card> = {}): Card {
  return {
    id: 'k3m9abcd',
    revision: 2,
    source: '放款审批',
    title: '放款审批 A1087',
    subtitle: '李女士 / 抵押经营贷',
    fields: [{ label: '金额', value: '300,000.00' }],
    actions: [
      { verb: 'approve', label: '通过', style: 'primary' },
      { verb: 'reject', label: '驳回', style: 'danger' },
      { verb: 'hand_over', label: '转办' },
    ],
    ...changes,
  };
}

function template(card: Card): TemplateCard {
  const rendered = renderCard(card, 'task-1');
  if (rendered.kind !== 'template') throw new Error('degraded to text');
  return rendered.card;
}

describe('a card with something to press', () => {
  test('is a button_interaction whose buttons carry our opaque keys', () => {
    expect(template(aCard())).toEqual({
      card_type: 'button_interaction',
      task_id: 'task-1',
      source: { desc: '放款审批', desc_color: 0 },
      main_title: { title: '放款审批 A1087', desc: '李女士 / 抵押经营贷' },
      horizontal_content_list: [{ keyname: '金额', value: '300,000.00' }],
      button_list: [
        { text: '通过', style: 1, type: 0, key: 'k3m9abcd:2:approve' },
        { text: '驳回', style: 3, type: 0, key: 'k3m9abcd:2:reject' },
        { text: '转办', style: 2, type: 0, key: 'k3m9abcd:2:hand_over' },
      ],
    });
  });

  test('shows six fields; further ones and long values stand in full below', () => {
    const fields = Array.from({ length: 8 }, (_, i) => ({
      label: `项${i}`,
      value: i === 2 ? '长'.repeat(40) : `${i}`,
    }));
    const card = template(aCard({ text: '请审批', fields }));

    expect(card.horizontal_content_list).toHaveLength(6);
    expect(card.horizontal_content_list?.[2]?.value).toBe(`${'长'.repeat(29)}…`);
    expect(card.sub_title_text).toBe(`请审批\n项2：${'长'.repeat(40)}\n项6：6\n项7：7`);
  });

  test('a name that would be cut stands before its value; with a value that is cut too, both go in full below', () => {
    const fields = [
      { label: 'Amount', value: '¥1' },
      { label: 'Monthly payment', value: '6200 yuan' },
      { label: '公积金、社保、保单', value: '有'.repeat(25) },
    ];
    const card = template(aCard({ fields }));

    expect(card.horizontal_content_list).toEqual([
      { keyname: 'Amount', value: '¥1' },
      { keyname: '·', value: 'Monthly payment: 6200 yuan' },
      { keyname: '·', value: `公积金、社保、保单：${'有'.repeat(19)}…` },
    ]);
    expect(card.sub_title_text).toBe(`公积金、社保、保单：${'有'.repeat(25)}`);
  });

  test('an English label has an English colon', () => {
    const fields = Array.from({ length: 7 }, (_, i) => ({ label: `Item ${i}`, value: `${i}` }));

    expect(template(aCard({ fields })).sub_title_text).toBe('Item 6: 6');
  });

  test('a title that is cut stands in full below, so that no question loses its end', () => {
    const question = `手机号已经是 139****0088，刚才说的是 137****2222。${'长'.repeat(10)}要改吗？`;
    const card = template(aCard({ title: question, text: '草稿还在' }));

    expect(card.main_title.title).toMatch(/…$/);
    expect(card.sub_title_text).toBe(`${question}\n草稿还在`);
    expect(template(aCard()).sub_title_text).toBeUndefined();
  });

  test('a button that is cut stands in full below with its place, and so does the closing word', () => {
    const labels = ['K301 欧阳** 已提交，等审批', 'K302 何**', 'Change it to 13800138000'];
    const actions = labels.map((label, index) => ({ verb: `o${index}`, label }));
    const open = aCard({ text: '是哪一位？', actions, fields: [] });

    expect(template(open).button_list?.map(({ text }) => text)).toEqual([
      'K301 欧阳** 已提交…',
      'K302 何**',
      'Change it to 13800…',
    ]);
    expect(template(open).sub_title_text).toBe(`是哪一位？\n1. ${labels[0]}\n3. ${labels[2]}`);
    const closed = { ...open, actions: [], closed: `已选：${labels[0]}` };
    expect(renderUpdate(closed, 'task-1').sub_title_text).toBe(`是哪一位？\n已选：${labels[0]}`);
    expect(renderUpdate({ ...closed, closed: '已通过' }, 'task-1').sub_title_text).toBe('是哪一位？');
  });

  test('cuts what is too wide: values 30, title 36, description 44, source 20, text 160, buttons 10', () => {
    const long = '宽'.repeat(200);
    const card = template(
      aCard({
        source: long,
        title: long,
        subtitle: long,
        text: long,
        fields: [{ label: '名', value: long }],
        actions: [{ verb: 'ok', label: long }],
      }),
    );

    expect(card.source?.desc).toHaveLength(20);
    expect(card.main_title.title).toHaveLength(36);
    expect(card.main_title.desc).toHaveLength(44);
    expect(card.sub_title_text).toHaveLength(160);
    expect(card.horizontal_content_list?.[0]?.value).toHaveLength(30);
    expect(card.button_list?.[0]?.text).toHaveLength(10);
  });

  test('keeps six buttons, presses before links; three further links become jumps', () => {
    const presses = Array.from({ length: 5 }, (_, i) => ({ verb: `v${i}`, label: `按${i}` }));
    const links = Array.from({ length: 6 }, (_, i) => ({
      verb: `l${i}`,
      label: `链${i}`,
      url: `https://app.example.com/${i}`,
    }));
    const card = template(aCard({ actions: [...links, ...presses] }));

    expect(card.button_list?.map(({ text }) => text)).toEqual(['按0', '按1', '按2', '按3', '按4', '链0']);
    expect(card.button_list?.[5]).toEqual({ text: '链0', style: 2, type: 1, url: 'https://app.example.com/0' });
    expect(card.jump_list?.map(({ title }) => title)).toEqual(['链1', '链2', '链3']);
  });

  test('leaves out a seventh button and an address beyond 2048 bytes', () => {
    const presses = Array.from({ length: 7 }, (_, i) => ({ verb: `v${i}`, label: `按${i}` }));
    const card = template(
      aCard({
        actions: [...presses, { verb: 'far', label: '远', url: `https://app.example.com/${'a'.repeat(2048)}` }],
      }),
    );

    expect(card.button_list).toHaveLength(6);
    expect(card.jump_list).toBeUndefined();
  });

  test('has one drop-down with at most ten options of at most 16 字', () => {
    const options = Array.from({ length: 12 }, (_, i) => ({ id: `o${i}`, text: '选'.repeat(20) }));
    const card = template(aCard({ select: { id: 'reason', label: '意见', options } }));

    expect(card.button_selection).toMatchObject({ question_key: 'reason', title: '意见' });
    expect(card.button_selection?.option_list).toHaveLength(10);
    expect(card.button_selection?.option_list[0]).toEqual({ id: 'o0', text: `${'选'.repeat(15)}…` });
  });

  test('never has an empty title, field name or button text, which the platform refuses', () => {
    const card = template(
      aCard({ title: '\u0001 ', fields: [{ label: ' ', value: '' }], actions: [{ verb: 'ok', label: '' }] }),
    );

    expect(card.main_title.title).toBe('·');
    expect(card.horizontal_content_list).toEqual([{ keyname: '·', value: '' }]);
    expect(card.button_list?.[0]?.text).toBe('ok');
  });
});

describe('a card without anything to press', () => {
  const link = { verb: 'open', label: '查看案件', url: 'https://app.example.com/h5/case?id=7' };

  test('becomes a notice that opens its first link and lists all of them', () => {
    expect(template(aCard({ actions: [link], closed: '已通过' }))).toEqual({
      card_type: 'text_notice',
      source: { desc: '放款审批', desc_color: 0 },
      main_title: { title: '放款审批 A1087', desc: '李女士 / 抵押经营贷' },
      sub_title_text: '已通过',
      horizontal_content_list: [{ keyname: '金额', value: '300,000.00' }],
      jump_list: [{ type: 1, title: '查看案件', url: link.url }],
      card_action: { type: 1, url: link.url },
    });
  });

  test('without a link becomes text', () => {
    const select = {
      id: 'reason',
      label: '意见',
      options: [
        { id: 'a', text: '缺材料' },
        { id: 'b', text: '风险' },
      ],
    };

    expect(renderCard(aCard({ actions: [], select, text: '请知悉', closed: '已驳回' }), 'task-1')).toEqual({
      kind: 'text',
      text: '【放款审批】放款审批 A1087\n李女士 / 抵押经营贷\n金额：300,000.00\n意见：缺材料 / 风险\n请知悉\n已驳回',
    });
  });

  test('shows that it repeats an earlier notice', () => {
    expect(renderCard(aCard({ actions: [link] }), 'task-1', 2)).toMatchObject({
      card: { main_title: { title: '放款审批 A1087 (2)' } },
    });
    expect(renderCard(aCard({ actions: [] }), 'task-1', 2)).toMatchObject({ text: expect.stringMatching(/ \(2\)$/) });
  });
});

describe('redrawing', () => {
  test('a closed card keeps its type and greys its buttons and drop-down', () => {
    const select = { id: 'reason', label: '意见', options: [{ id: 'a', text: '缺材料' }] };
    const card = renderUpdate(aCard({ select, closed: '张伟已通过，等待放款中' }), 'task-1');

    expect(card).toMatchObject({
      card_type: 'button_interaction',
      task_id: 'task-1',
      replace_text: '张伟已通过，等待放…',
    });
    expect(card.button_selection).toMatchObject({ disable: true });
    expect(card.button_list).toHaveLength(3);
  });

  test('a closed card without actions still has the one button the platform demands', () => {
    expect(renderUpdate(aCard({ actions: [], closed: '已通过' }), undefined)).toMatchObject({
      button_list: [{ text: '已通过', type: 0, key: 'k3m9abcd:2:closed' }],
      replace_text: '已通过',
    });
  });

  test('an open card keeps living buttons', () => {
    expect(renderUpdate(aCard(), 'task-1')).not.toHaveProperty('replace_text');
  });
});
