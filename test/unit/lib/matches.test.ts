import { describe, expect, test } from 'vitest';
import { matchesOf } from '../../../src/lib/matches.ts';

const PATTERNS = [/\d+/gu, /(?=(?<pair>..))/gu, /x*/gu, /(?<=客户)\S/gu, /[A-Z]/giu, /\b/g];
const TEXTS = ['', '何女士 13800006612 想贷30万', '𠮷野家𠮷', 'xxyxx', '客户李 客户王', 'a😀b', '12,34;56'];

describe('matchesOf', () => {
  test.each(PATTERNS)('finds with %s what matchAll finds, in every text', (pattern) => {
    for (const text of TEXTS) {
      const found = matchesOf(text, pattern).map((match) => [match.index, match[0], match.groups?.['pair']]);

      expect(found).toEqual(
        [...text.matchAll(pattern)].map((match) => [match.index, match[0], match.groups?.['pair']]),
      );
    }
  });

  test('begins at the front, wherever a search with the same pattern was left', () => {
    const pattern = /\d/gu;
    pattern.test('1 2 3');

    expect(matchesOf('4 5', pattern).map(([digit]) => digit)).toEqual(['4', '5']);
  });
});
