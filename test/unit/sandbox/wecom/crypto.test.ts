import { createCipheriv } from 'node:crypto';
import { decrypt, encrypt, getSignature } from '@wecom/crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seal, signature, unseal } from '../../../../src/sandbox/wecom/crypto.ts';
import { VECTOR_KEY, VECTOR_TOKEN, VECTORS } from './vectors.ts';

describe('published vectors', () => {
  test.each(VECTORS)('$name (pad $pad) is sealed, opened and signed as published', (vector) => {
    const sealed = seal(VECTOR_KEY, vector.plain, vector.receiveId, Buffer.from(vector.prefix));

    expect(sealed).toBe(vector.encrypted);
    expect(unseal(VECTOR_KEY, vector.encrypted)).toEqual({
      message: vector.plain,
      receiveId: vector.receiveId,
      pad: vector.pad,
    });
    expect(signature(VECTOR_TOKEN, vector.timestamp, vector.nonce, vector.encrypted)).toBe(vector.signature);
  });
});

describe('against the official package', () => {
  test('every message travels both ways unchanged', () => {
    const message = fc.string({ unit: 'grapheme', maxLength: 120 });
    fc.assert(
      fc.property(message, fc.string({ maxLength: 20 }), (text, receiver) => {
        const ours = decrypt(VECTOR_KEY, seal(VECTOR_KEY, text, receiver));
        const theirs = unseal(VECTOR_KEY, encrypt(VECTOR_KEY, text, receiver));
        expect([ours.message, ours.id]).toEqual([text, receiver]);
        expect(theirs).toMatchObject({ message: text, receiveId: receiver });
      }),
      { seed: 20_261_130, numRuns: 200 },
    );
  });

  test('signatures agree for tokens and nonces of any order', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9A-Za-z]{1,32}$/), fc.nat(), fc.base64String(), (token, nonce, text) => {
        const expected = getSignature(token, '1735693262', String(nonce), text);
        expect(signature(token, '1735693262', String(nonce), text)).toBe(expected);
      }),
      { seed: 20_261_130 },
    );
  });
});

describe('what cannot be opened', () => {
  test.each([
    ['nothing', ''],
    ['half a block', VECTORS[0].encrypted.slice(0, 20)],
    ['a ciphertext with its tail cut off', VECTORS[1].encrypted.slice(0, 64)],
    ['a whole ciphertext under another key', encrypt('abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG', 'x', 'ww1')],
  ])('%s', (_, encrypted) => {
    expect(unseal(VECTOR_KEY, encrypted)).toBeUndefined();
  });

  test.each([
    ['a length that runs past the end', 33, 12],
    ['a pad of 33', 2, 33],
    ['a pad of 0', 2, 0],
    ['pad bytes that differ', 2, undefined],
  ])('%s', (_, length, pad) => {
    const key = Buffer.from(`${VECTOR_KEY}=`, 'base64');
    const plain = Buffer.alloc(64, pad ?? 12);
    plain.writeUInt32BE(length, 16);
    if (pad === undefined) plain[60] = 1;
    const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
    const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]).toString('base64');

    expect(unseal(VECTOR_KEY, encrypted)).toBeUndefined();
  });

  test('a key of the wrong length is refused', () => {
    expect(() => seal('short', 'x', 'ww1')).toThrow('43');
  });
});
