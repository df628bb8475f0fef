import { describe, expect, test } from 'vitest';
import { answersOf, colleagueForm, pressText, reasonForm } from '../../../../src/core/runtime/decision-forms.ts';
import { texts } from '../flow/house.ts';

const say = (key: string, params: Readonly<Record<string, string | number>> = {}): string =>
  texts.translate('zh-CN', key, params);
const wanting = { cardId: 'k7q2m9x4', revision: 1, verb: 'reject', application: 'A1087' };

describe('the form for what a decision still needs', () => {
  test.each(['zh-CN', 'en'] as const)('fits a Slack modal in %s: titles of at most 24 characters', (language) => {
    const text = (key: string, params: Readonly<Record<string, string | number>> = {}): string =>
      texts.translate(language, key, params);
    const all = ['reject', 'return'].map((verb) => reasonForm({ ...wanting, verb, application: 'A10087' }, text));
    const handOver = colleagueForm({ ...wanting, verb: 'hand_over', application: 'A10087' }, ['老赵'], text);

    for (const form of [...all, ...(handOver ? [handOver] : [])]) {
      for (const words of [form.title, form.submit, form.cancel]) expect(words.length).toBeLessThanOrEqual(24);
    }
  });

  test('a refusal offers the usual reasons and words, a return asks for words, handing over for a colleague', () => {
    expect(reasonForm(wanting, say).fields.map(({ id }) => id)).toEqual(['reason', 'words']);
    expect(reasonForm({ ...wanting, verb: 'return' }, say).fields.map(({ id }) => id)).toEqual(['words']);
    expect(colleagueForm(wanting, ['老赵', '梁总'], say)?.fields).toMatchObject([
      { id: 'to', options: [{ id: '老赵' }, { id: '梁总' }] },
    ]);
  });

  test('with nobody to hand over to there is no form', () => {
    expect(colleagueForm(wanting, [], say)).toBeUndefined();
  });
});

describe('a form that was filled in', () => {
  test.each([
    ['a usual reason goes as its code', { reason: 'R05' }, { reason: 'R05' }],
    ['words go as they are', { words: '流水对不上' }, { reason: '流水对不上' }],
    ['both are kept as words', { reason: 'R05', words: '车贷两笔' }, { reason: '负债比例偏高：车贷两笔' }],
    ['a code that is not offered is no reason', { reason: 'R99' }, {}],
    ['a colleague', { to: '老赵' }, { to: '老赵' }],
    ['nothing', {}, {}],
  ])('%s', (_, selected, decision) => {
    expect(answersOf(selected, say)).toEqual(decision);
  });

  test.each([
    [{ verb: 'reject', selected: { words: '流水对不上' } }, '拒绝\n流水对不上'],
    [{ verb: 'reject', selected: { reason: 'R05', words: '车贷两笔' } }, '拒绝\n负债比例偏高\n车贷两笔'],
    [{ verb: 'hand_over', selected: { to: '老赵' } }, '转办\n老赵'],
    [{ verb: 'approve', selected: {} }, '通过'],
    [{ verb: 'o3', selected: {} }, 'o3'], // of a card that was never sent here
  ])('stands on the timeline in words: %j', (press, words) => {
    expect(pressText(press, say)).toBe(words);
  });
});
