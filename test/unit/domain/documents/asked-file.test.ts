/** A file's name as it stands in a question: short, in one line, and nobody's phone or name in it. */
import { expect, test } from 'vitest';
import { shortName } from '../../../../src/domain/documents/asked-file.ts';

test.each([
  ['scan.pdf', 'scan.pdf'],
  ['IMG_20261123_100200.jpg', 'IMG_20261123_100200.jpg'],
  ['扫描件 2026-11-23 最终版 第二次修改.pdf', '扫描件 2026-11-23…第二次修改.pdf'],
  [' a\n\tb\u202Egpj.exe\u0000 ', 'a b gpj.exe'],
  ['13800006612.jpg', '138****6612.jpg'],
  ['客户张伟的.jpg', '客户张*的.jpg'],
  ['', ''],
])('%j reads %j', (given, shown) => {
  expect(shortName(given)).toBe(shown);
});
