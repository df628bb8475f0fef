import { describe, expect, test } from 'vitest';
import type { Card } from '../../../../src/channels/card.ts';
import { choiceRows, renderCard } from '../../../../src/channels/slack/blocks.ts';

const card: Card = {
  id: 'abcd1234',
  revision: 2,
  source: '贷款审批',
  title: 'A1087 何* 30万',
  subtitle: '一级审核',
  text: '房产抵押 <已核>',
  fields: [{ label: '金额', value: '300,000.00' }],
  select: { id: 'reason', label: '拒绝原因', options: [{ id: 'income', text: '收入不足' }] },
  actions: [
    { verb: 'approve', label: '同意', style: 'primary' },
    { verb: 'reject', label: '拒绝', style: 'danger' },
    { verb: 'view', label: '查看', url: 'https://x.test/a' },
  ],
};

describe('a card as blocks', () => {
  test('stands as source, title, subtitle, text, fields, drop-down and buttons', () => {
    const { text, blocks } = renderCard(card);

    expect(blocks.map((block) => block.type)).toEqual([
      'context',
      'header',
      'context',
      'section',
      'section',
      'section',
      'actions',
    ]);
    expect(text).toBe('A1087 何* 30万\n一级审核\n金额: 300,000.00');
    expect(blocks[3]).toEqual({
      type: 'section',
      text: { type: 'mrkdwn', text: '房产抵押 &lt;已核&gt;', verbatim: true },
    });
    expect(blocks[5]).toMatchObject({
      block_id: 'abcd1234:2:select',
      accessory: { type: 'static_select', action_id: 'select:reason', options: [{ value: 'income' }] },
    });
  });

  test('buttons carry the opaque key, a link carries its address', () => {
    expect(renderCard(card).blocks.at(-1)).toEqual({
      type: 'actions',
      elements: [
        {
          type: 'button',
          action_id: 'approve',
          text: { type: 'plain_text', text: '同意', emoji: false },
          style: 'primary',
          value: 'abcd1234:2:approve',
        },
        {
          type: 'button',
          action_id: 'reject',
          text: { type: 'plain_text', text: '拒绝', emoji: false },
          style: 'danger',
          value: 'abcd1234:2:reject',
        },
        {
          type: 'button',
          action_id: 'view',
          text: { type: 'plain_text', text: '查看', emoji: false },
          url: 'https://x.test/a',
        },
      ],
    });
  });

  test('a closed card has neither drop-down nor buttons and says why', () => {
    const { blocks } = renderCard({ ...card, closed: '老赵已同意' });

    expect(blocks.some((block) => block.type === 'actions' || 'accessory' in block)).toBe(false);
    expect(blocks.at(-1)).toMatchObject({ type: 'section', text: { text: '老赵已同意' } });
  });

  test('a question that its heading would cut stands below in full', () => {
    const title = `${'很'.repeat(160)}？`;
    const { blocks } = renderCard({ ...card, title });

    expect(blocks[2]).toMatchObject({ type: 'section', text: { text: title } });
    expect(
      renderCard(card)
        .blocks.map(({ type }) => type)
        .slice(1, 3),
    ).toEqual(['header', 'context']);
  });

  test('an overfull card is cut below every Block Kit limit', () => {
    const huge: Card = {
      ...card,
      title: '标'.repeat(400),
      text: '&'.repeat(50_000),
      fields: Array.from({ length: 150 }, (_, index) => ({
        label: `字段${String(index)}`.repeat(80),
        value: '<'.repeat(4000),
      })),
      select: {
        id: 'reason',
        label: '问'.repeat(500),
        options: Array.from({ length: 130 }, (_, index) => ({ id: `o${String(index)}`, text: '选'.repeat(200) })),
      },
      actions: Array.from({ length: 40 }, (_, index) => ({ verb: `v${String(index)}`, label: '按'.repeat(120) })),
    };
    const { text, blocks } = renderCard(huge);

    expect(new Set(blocks.map(({ type }) => type))).toEqual(new Set(['header', 'section', 'actions', 'context']));
    expect(blocks.length).toBeLessThanOrEqual(50);
    expect(text.length).toBeLessThanOrEqual(3000);
    for (const block of blocks) {
      if (block.type === 'header') expect(block.text.text.length).toBeLessThanOrEqual(150);
      if (block.type === 'section') {
        if (block.text) expect(block.text.text.length).toBeLessThanOrEqual(3000);
        expect((block.fields ?? []).length).toBeLessThanOrEqual(10);
        for (const field of block.fields ?? []) expect(field.text.length).toBeLessThanOrEqual(2000);
        if (block.accessory?.type === 'static_select') expect(block.accessory.options?.length).toBe(100);
      }
      if (block.type === 'actions') {
        expect(block.elements.length).toBeLessThanOrEqual(25);
        for (const element of block.elements)
          if (element.type === 'button') expect(element.text.text.length).toBeLessThanOrEqual(75);
      }
    }
  });

  test('a cut never leaves half an entity', () => {
    const { blocks } = renderCard({ ...card, text: '&'.repeat(5000) });

    const texts = blocks.flatMap((block) => (block.type === 'section' && block.text ? [block.text.text] : []));
    expect(texts.join('').length).toBeGreaterThan(2000);
    expect(texts.join('').replace(/&(?:amp|lt|gt);/g, '')).not.toContain('&');
  });

  test('empty labels and values become a dash, because Slack refuses empty text', () => {
    const { blocks } = renderCard({
      id: 'abcd',
      revision: 1,
      title: '',
      fields: [{ label: '', value: '' }],
      actions: [],
    });

    expect(blocks).toEqual([
      { type: 'header', text: { type: 'plain_text', text: '—', emoji: false } },
      { type: 'section', fields: [{ type: 'mrkdwn', text: '*—*\n—', verbatim: true }] },
    ]);
  });
});

test('one-tap answers are buttons whose value is the sentence, 25 to a row', () => {
  const rows = choiceRows(Array.from({ length: 30 }, (_, index) => `答案${String(index)}`));

  expect(rows.map((row) => row.elements.length)).toEqual([25, 5]);
  expect(rows[1]?.elements[4]).toMatchObject({ action_id: 'say:29', value: '答案29' });
});
