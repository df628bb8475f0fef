import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  escapeMarkup,
  fitLine,
  fitLines,
  messageParts,
  singleMessage,
  withOrdinal,
} from '../../../../src/channels/wecom/text.ts';

const SEED = 20260801;
const MARK = /\n\((\d+)\/(\d+)·[0-9a-f]{2}\)$/;

describe('escaping', () => {
  test('a customer called <div> stays visible', () => {
    expect(escapeMarkup('<div> & 何女士')).toBe('&lt;div&gt; &amp; 何女士');
  });

  test('characters that JSON would write as \\u escapes are dropped, because the platform answers 40033 to those', () => {
    expect(JSON.stringify(escapeMarkup('a\u0001b\uD83D c\n'))).toBe(String.raw`"ab c\n"`);
  });
});

describe('long texts', () => {
  test('2048 bytes are one message, 2049 are two', () => {
    expect(messageParts('a'.repeat(2048), 'row')).toEqual(['a'.repeat(2048)]);
    expect(messageParts('a'.repeat(2049), 'row')).toHaveLength(2);
  });

  test('escapes count: 410 ampersands need more than one message', () => {
    expect(messageParts('&'.repeat(409), 'row')).toHaveLength(1);
    expect(messageParts('&'.repeat(410), 'row')).toHaveLength(2);
  });

  test('a part ends after a line when one ends in its second half', () => {
    const [first] = messageParts(`${'一'.repeat(500)}\n${'二'.repeat(500)}`, 'row');

    expect(first).toBe(`${'一'.repeat(500)}\n\n(1/2·${/·(..)/.exec(first ?? '')?.[1]})`);
  });

  test('emoji made of several code points are never cut', () => {
    const family = '👨‍👩‍👧‍👦';
    const parts = messageParts(family.repeat(200), 'row');

    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(part.replace(MARK, '').replaceAll(family, '')).toBe('');
  });

  test('two rows with the same beginning share no part, the same row always gives the same parts', () => {
    const text = '案件清单\n'.repeat(400);

    expect(messageParts(text, 'row-1')).toEqual(messageParts(text, 'row-1'));
    expect(messageParts(text, 'row-1')[0]).not.toBe(messageParts(`${text}尾`, 'row-2')[0]);
  });

  test('the tenth part is the last and says that something is missing', () => {
    const parts = messageParts('字'.repeat(10_000), 'row');

    expect(parts).toHaveLength(10);
    expect(parts[9]).toMatch(/…\n\(10\/10·..\)$/);
  });

  test('every part fits and together they lose nothing', () => {
    const unit = fc.oneof(
      fc.constantFrom('\n', '&', '<', '一', '😀', '👨‍👩‍👧‍👦', 'e\u0301\u0302', 'a'),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(unit, { minLength: 300, maxLength: 2500 }), (units) => {
        const text = units.join('');
        const parts = messageParts(text, 'row');
        for (const part of parts) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(2048);
        if (parts.length > 1 && parts.length < 10)
          expect(parts.map((part) => part.replace(MARK, '')).join('')).toBe(escapeMarkup(text));
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  test('a passive reply is one message, cut with an ellipsis', () => {
    expect(singleMessage('好')).toBe('好');

    const cut = singleMessage('好'.repeat(1000));

    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(2048);
    expect(cut).toMatch(/^好+…$/);
  });
});

describe('places with a width', () => {
  test('a Chinese character counts one, a Latin letter half', () => {
    expect(fitLine('申请金额', 5)).toBe('申请金额');
    expect(fitLine('申请贷款金额', 5)).toBe('申请贷款…');
    expect(fitLine('Amount due', 5)).toBe('Amount due');
    expect(fitLine('Amount due!', 5)).toBe('Amount d…');
  });

  test('one line stays one line, several stay several', () => {
    expect(fitLine(' a\n b ', 10)).toBe('a b');
    expect(fitLines('a\nb', 10)).toBe('a\nb');
  });

  test('an ordinal shows from the second time on', () => {
    expect(withOrdinal('已收到', undefined)).toBe('已收到');
    expect(withOrdinal('已收到', 1)).toBe('已收到');
    expect(withOrdinal('已收到', 3)).toBe('已收到 (3)');
  });
});
