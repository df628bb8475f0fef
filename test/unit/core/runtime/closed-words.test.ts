import path from 'node:path';
import { expect, test } from 'vitest';
import { loadTexts } from '../../../../src/lib/i18n.ts';

const texts = loadTexts(path.resolve(import.meta.dirname, '../../../../locales'));

test.each([
  ['zh-CN', 'none', 'A1087 已经通过，这次没有改变结果。'],
  ['zh-CN', '小钱', 'A1087 已经通过（小钱），这次没有改变结果。'],
  ['en', 'none', 'A1087 has already been approved; this changed nothing.'],
  ['en', 'Qian', 'A1087 has already been approved (Qian); this changed nothing.'],
] as const)('a late press in %s, decided by %s, names whoever decided where that is known', (language, by, words) => {
  expect(texts.translate(language, 'approval.tap.closed.APPROVED', { application: 'A1087', by })).toBe(words);
});
