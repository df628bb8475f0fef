import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutText, splitText } from '../../../src/channels/text.ts';

const anyText = fc.string({ unit: fc.constantFrom('a', '一', '😀', '\n', '&', 'é'), maxLength: 200 });
const limit = fc.integer({ min: 2, max: 40 });
const run = { seed: 20_261_121 };

/** True when a surrogate stands alone, i.e. a character was cut in two. */
function isBroken(text: string): boolean {
  return /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(text);
}

describe('splitting', () => {
  test('pieces join to the text, none is too long, no character is cut in two', () => {
    fc.assert(
      fc.property(anyText, limit, (text, max) => {
        const pieces = splitText(text, max);
        expect(pieces.join('')).toBe(text);
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(max);
          expect(isBroken(piece)).toBe(false);
        }
      }),
      run,
    );
  });

  test('the width of a character may be the channel’s own', () => {
    const bytes = (char: string) => Buffer.byteLength(char);

    expect(splitText('一二三ab', 6, bytes)).toEqual(['一二', '三ab']);
  });

  test('a line break in the second half ends the piece', () => {
    expect(splitText('12345\n789012', 10)).toEqual(['12345\n', '789012']);
    expect(splitText('1\n34567890123', 10)).toEqual(['1\n34567890', '123']);
  });

  test('an empty text is one empty piece', () => {
    expect(splitText('', 10)).toEqual(['']);
  });
});

describe('cutting', () => {
  test('a cut text fits, is a beginning with an ellipsis, and whole characters only', () => {
    fc.assert(
      fc.property(anyText, limit, (text, max) => {
        const cut = cutText(text, max);
        expect(cut.length).toBeLessThanOrEqual(max);
        expect(isBroken(cut)).toBe(false);
        if (text.length <= max) expect(cut).toBe(text);
        else expect(text.startsWith(cut.slice(0, -1)) && cut.endsWith('…')).toBe(true);
      }),
      run,
    );
  });
});
