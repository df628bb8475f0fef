/** What an operation reads: nothing that the database would refuse gets past here. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineOperation, parseFields, parseInput } from '../../../../src/core/operations/operation.ts';
import { AppError, faultsIn } from '../../../../src/lib/errors.ts';
import { loadTexts } from '../../../../src/lib/i18n.ts';

const keep = defineOperation({
  name: 'test.keep',
  summary: 'Keeps whatever it is given',
  access: { system: 'all' },
  input: z.strictObject({ name: z.string(), facts: z.record(z.string(), z.unknown()) }),
  output: z.object({}),
  run: async () => ({}),
});

const texts = loadTexts(path.resolve(import.meta.dirname, '../../../../locales'));

function refusalOf(read: () => unknown): AppError {
  try {
    read();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

/** Where the faults of an input stand. */
function refusedAt(input: unknown): readonly string[] {
  return refusalOf(() => parseInput(keep, input, 'en')).faults.map(({ pointer }) => pointer);
}

test.each([
  ['NUL', '小\u0000林'],
  ['the first half of a character', 'a\ud83d'],
  ['the second half of one', '\ude00b'],
])('%s is refused in its place, as a text and as a name', (_what, text) => {
  expect(refusedAt({ name: text, facts: {} })).toEqual(['/name']);
  expect(refusedAt({ name: 'a', facts: { list: [{ deep: text }] } })).toEqual(['/facts/list/0/deep']);
  expect(refusedAt({ name: 'a', facts: { list: [{ [text]: 1 }] } })).toEqual(['/facts/list/0']);
});

test.each([
  ['an id', z.uuid(), 'k305', '请写完整的编号（36 个字符），例如 01890a5d-ac96-774b-bcce-b302099a8057。'],
  ['a date', z.iso.date(), '2026-02-30', '请写真实存在的日期，例如 2026-12-20。'],
])('what is expected instead of %s is said in both languages', (_what, schema, wrong, chinese) => {
  const said = (['zh-CN', 'en'] as const).map((language) => {
    const error = refusalOf(() => parseFields(z.object({ it: schema }), { it: wrong }, language));
    return faultsIn(texts, language, error).map(({ message }) => message);
  });

  expect(said[0]).toEqual([chinese]);
  expect(said[1]).toEqual([expect.stringMatching(/expected, for example/)]);
});

test.each<readonly [what: string, schema: z.ZodType, it: unknown, words: readonly string[]]>([
  ['nothing', z.string(), undefined, ['这一项必须填写。', 'This has to be given.']],
  ['a number for a text', z.string(), 5, ['请写文字，放在引号里。', 'A text is expected, in quotation marks.']],
  ['a text for a number', z.number(), 'x', ['请写数字，不加引号。', 'A number is expected, without quotation marks.']],
  [
    'a text for a list',
    z.array(z.string()),
    'x',
    ['请写一个列表，放在方括号里。', 'A list is expected, in square brackets.'],
  ],
  [
    'neither of two forms',
    z.union([z.strictObject({ q: z.string() }), z.strictObject({ mobile: z.string() })]),
    {},
    [
      '不是这里接受的写法，请对照接口说明（/api/v1/openapi.json）。',
      'This is not one of the forms accepted here; see the API description (/api/v1/openapi.json).',
    ],
  ],
])('%s is refused in words of one language', (_what, schema, it, words) => {
  const said = (['zh-CN', 'en'] as const).flatMap((language) => {
    const error = refusalOf(() => parseFields(z.object({ it: schema }), { it }, language));
    return faultsIn(texts, language, error).map(({ message }) => message);
  });

  expect(said).toEqual(words);
});

test('whole characters are taken, emoji among them', () => {
  expect(parseInput(keep, { name: '😀 龘 𠮷', facts: { '😀': '\u0007' } }, 'en')).toMatchObject({ name: '😀 龘 𠮷' });
});
