import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { blind, open, seal, sealedKeyNumber } from '../../../src/lib/seal.ts';

const KEY = Buffer.alloc(32, 7);
const PLACE = 'pii_refs.sealed_value.1';

describe('a sealed field', () => {
  test('opens with the same key at the same place', () => {
    expect(open(KEY, PLACE, seal(KEY, 3, PLACE, '13800006612')).toString()).toBe('13800006612');
  });

  test('names the key it needs in its header', () => {
    expect(sealedKeyNumber(seal(KEY, 70_000, PLACE, 'x'))).toBe(70_000);
  });

  test('never looks the same twice', () => {
    expect(seal(KEY, 1, PLACE, 'x').equals(seal(KEY, 1, PLACE, 'x'))).toBe(false);
  });

  test('does not open at another place, with another key, or with a bit changed anywhere', () => {
    const sealed = seal(KEY, 1, PLACE, 'secret');

    expect(() => open(KEY, 'pii_refs.sealed_value.2', sealed)).toThrow();
    expect(() => open(randomBytes(32), PLACE, sealed)).toThrow();
    for (let at = 5; at < sealed.length; at += 1) {
      const touched = Buffer.from(sealed);
      touched[at] = (touched[at] ?? 0) ^ 1;
      expect(() => open(KEY, PLACE, touched)).toThrow();
    }
  });

  test('what is too short or of another version is refused before anything is decrypted', () => {
    expect(() => sealedKeyNumber(Buffer.alloc(10))).toThrow('not a sealed field');
    expect(() => sealedKeyNumber(Buffer.alloc(64, 9))).toThrow('not a sealed field');
  });

  test('an empty text is a value like any other', () => {
    expect(open(KEY, PLACE, seal(KEY, 1, PLACE, '')).length).toBe(0);
  });
});

describe('the blind index', () => {
  test('gives the same digest for the same value of the same kind, and another one for another kind', () => {
    expect(blind(KEY, 'PHONE', '13800006612').equals(blind(KEY, 'PHONE', '13800006612'))).toBe(true);
    expect(blind(KEY, 'PHONE', '6612').equals(blind(KEY, 'BANK_CARD', '6612'))).toBe(false);
    expect(blind(KEY, 'A', 'BC').equals(blind(KEY, 'AB', 'C'))).toBe(false);
  });
});
