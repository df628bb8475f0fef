/** What an operation reads: nothing that the database would refuse gets past here. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineOperation, parseInput } from '../../../../src/core/operations/operation.ts';
import { AppError } from '../../../../src/lib/errors.ts';

const keep = defineOperation({
  name: 'test.keep',
  summary: 'Keeps whatever it is given',
  access: { system: 'all' },
  input: z.strictObject({ name: z.string(), facts: z.record(z.string(), z.unknown()) }),
  output: z.object({}),
  run: async () => ({}),
});

/** Where the faults of an input stand. */
function faultsIn(input: unknown): readonly string[] {
  try {
    parseInput(keep, input, 'en');
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.faults.map(({ pointer }) => pointer);
  }
}

test.each([
  ['NUL', '小\u0000林'],
  ['the first half of a character', 'a\ud83d'],
  ['the second half of one', '\ude00b'],
])('%s is refused in its place, as a text and as a name', (_what, text) => {
  expect(faultsIn({ name: text, facts: {} })).toEqual(['/name']);
  expect(faultsIn({ name: 'a', facts: { list: [{ deep: text }] } })).toEqual(['/facts/list/0/deep']);
  expect(faultsIn({ name: 'a', facts: { list: [{ [text]: 1 }] } })).toEqual(['/facts/list/0']);
});

test('whole characters are taken, emoji among them', () => {
  expect(faultsIn({ name: '😀 龘 𠮷', facts: { '😀': '\u0007' } })).toEqual([]);
});
