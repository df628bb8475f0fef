import { describe, expect, test } from 'vitest';
import type { CardForm } from '../../../../src/channels/card.ts';
import { readSubmission, renderForm } from '../../../../src/channels/slack/forms.ts';
import { readView } from '../../../../src/channels/slack/interactions.ts';

const FORM: CardForm = {
  cardId: 'k7q2m9x4',
  revision: 3,
  verb: 'reject',
  title: '拒绝 A1087',
  fields: [
    { kind: 'choice', id: 'reason', label: '常用理由', hint: '选一条', options: [{ id: 'R05', text: '负债比例偏高' }] },
    { kind: 'text', id: 'words', label: '或者自己写', hint: '选一条，或写明，最多 5 个字。', maxLength: 5 },
  ],
  submit: '提交',
  cancel: '取消',
};
const PLACE = { channel: 'D0001', ts: '1760000000.000100' };
const scope = { account: 'slack:default', now: new Date('2026-01-01T00:00:00Z') };

/** The view as Slack sends it back, filled in. */
function filled(answers: { readonly reason?: string; readonly words?: string }, form = FORM): Record<string, unknown> {
  return {
    ...renderForm(form, PLACE),
    id: 'V1',
    hash: 'h1',
    state: {
      values: {
        reason: {
          reason: {
            type: 'static_select',
            selected_option: answers.reason === undefined ? null : { value: answers.reason },
          },
        },
        words: { words: { type: 'plain_text_input', value: answers.words ?? null } },
      },
    },
  };
}

describe('a form as a modal', () => {
  test('remembers ids only: the card’s key and where the card stands', () => {
    expect(JSON.parse(renderForm(FORM, PLACE).private_metadata ?? '')).toEqual({
      key: 'k7q2m9x4:3:reject',
      channel: 'D0001',
      ts: '1760000000.000100',
    });
  });

  test('keeps Slack’s limits: 24 characters of title, 75 of an option, 100 options', () => {
    const options = Array.from({ length: 120 }, (_, n) => ({ id: `s${n}`, text: '长'.repeat(90) }));
    const field = { kind: 'choice', id: 'to', label: '转给', hint: '选', options } as const;
    const view = renderForm({ ...FORM, title: '拒'.repeat(40), fields: [field] }, PLACE);

    expect(view.title.text.length).toBeLessThanOrEqual(24);
    const [block] = view.blocks as readonly { element: { options: readonly { text: { text: string } }[] } }[];
    const shown = block?.element.options ?? [];
    expect(shown).toHaveLength(100);
    expect(shown.every(({ text }) => text.text.length <= 75)).toBe(true);
  });

  test('requires the answer when it asks for one thing only', () => {
    const optional = (form: CardForm): readonly unknown[] =>
      renderForm(form, PLACE).blocks.map((block) => (block as { readonly optional?: boolean }).optional);

    expect(optional(FORM)).toEqual([true, true]);
    expect(optional({ ...FORM, fields: FORM.fields.slice(1) })).toEqual([false]);
  });
});

describe('a form that was sent in', () => {
  test('is the press it belongs to, with the answers, once for each view', () => {
    const body = { type: 'view_submission', user: { id: 'U0001' }, view: filled({ reason: 'R05', words: ' 偏高 ' }) };

    expect(readView(body, scope)).toEqual([
      {
        platform: 'slack',
        address: { account: 'slack:default', chat: 'U0001' },
        sender: 'U0001',
        deliveryKeys: ['view_submission:V1:h1'],
        occurredAt: scope.now,
        happening: {
          kind: 'action',
          cardId: 'k7q2m9x4',
          revision: 3,
          verb: 'reject',
          selected: { reason: 'R05', words: '偏高' },
          handle: { user: 'U0001', channel: 'D0001', ts: '1760000000.000100' },
        },
      },
    ]);
  });

  test.each([
    ['nothing at all', {}, { words: '选一条，或写明，最多 5 个字。' }],
    ['spaces only', { words: '  \n ' }, { words: '选一条，或写明，最多 5 个字。' }],
    ['six characters where five are allowed', { words: '一二三四五六' }, { words: '选一条，或写明，最多 5 个字。' }],
    ['a usual reason', { reason: 'R05' }, {}],
    ['five characters', { words: '一二三四五' }, {}],
  ])('with %s breaks exactly the rules it breaks', (_, answers, errors) => {
    expect(readSubmission(filled(answers))?.errors).toEqual(errors);
  });

  test.each([
    ['another app part’s view', { callback_id: 'other' }],
    ['metadata that is no JSON', { private_metadata: '{' }],
    ['a key that is none of ours', { private_metadata: '{"key":"1"}' }],
  ])('%s is none of ours', (_, more) => {
    expect(readSubmission({ ...filled({ reason: 'R05' }), ...more })).toBeUndefined();
  });

  test('closed without sending is nobody’s press', () => {
    const body = { type: 'view_closed', user: { id: 'U0001' }, view: filled({}) };

    expect(readView(body, scope)?.[0]?.happening).toEqual({ kind: 'other', what: 'view_closed' });
  });
});
