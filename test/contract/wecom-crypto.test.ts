/** Our callback crypto against the platform's own library, in both directions. */
import { decrypt, encrypt, getJsApiSignature, getSignature } from '@wecom/crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CallbackCrypto, jsSdkSignature } from '../../src/channels/wecom/callback-crypto.ts';
import { KEYS } from '../fixtures/wecom/platform.ts';

const SEED = 20260801;
const ours = new CallbackCrypto({ ...KEYS, receiveId: KEYS.corpId });
const PADS = Array.from({ length: 32 }, (_, i) => i + 1);
/** header 20 + corp id 18: a message of this many bytes is padded with `pad`. */
const messageFor = (pad: number): string => 'm'.repeat(64 + 32 - ((20 + 18) % 32) - pad);

describe('all pad lengths', () => {
  test.each(PADS)('a message padded with %i bytes passes in both directions', (pad) => {
    const message = messageFor(pad);
    const theirs = encrypt(KEYS.encodingAesKey, message, KEYS.corpId);
    expect(Buffer.from(theirs, 'base64').length - (20 + message.length + 18)).toBe(pad);

    expect(ours.decrypt(theirs)).toEqual({ ok: true, message });
    expect(decrypt(KEYS.encodingAesKey, ours.encrypt(message))).toMatchObject({ message, id: KEYS.corpId });
  });
});

describe('anything', () => {
  test('encrypted by the library opens here and the other way round', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (message) => {
        expect(ours.decrypt(encrypt(KEYS.encodingAesKey, message, KEYS.corpId))).toEqual({ ok: true, message });
        expect(decrypt(KEYS.encodingAesKey, ours.encrypt(message)).message).toBe(message);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('is signed as the library signs it, whatever order the parts sort in', () => {
    const part = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(part, part, part, part, (token, timestamp, nonce, encrypted) => {
        const crypto = new CallbackCrypto({ ...KEYS, token, receiveId: KEYS.corpId });
        const signature = getSignature(token, timestamp, nonce, encrypted);
        expect(crypto.sign(timestamp, nonce, encrypted)).toBe(signature);
        expect(crypto.verify(signature, timestamp, nonce, encrypted)).toBe(true);
        expect(crypto.verify(signature, timestamp, nonce, `${encrypted}x`)).toBe(false);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test('sealed as an answer verifies with the library', () => {
    const sealed = ours.seal('<xml></xml>', '1735693301');

    expect(getSignature(KEYS.token, sealed.timestamp, sealed.nonce, sealed.encrypt)).toBe(sealed.signature);
    expect(ours.seal('<xml></xml>', '1735693301').encrypt).not.toBe(sealed.encrypt);
  });

  test('that is no ciphertext of ours is refused without throwing, where the library may give garbage', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc.uint8Array({ minLength: 32, maxLength: 320 }).map((bytes) => Buffer.from(bytes).toString('base64')),
        ),
        (text) => {
          expect(ours.decrypt(text).ok).toBe(false);
        },
      ),
      { seed: SEED, numRuns: 1000 },
    );
  });

  test('changed in one byte of its ciphertext never opens to another message for the same receiver unnoticed by the signature', () => {
    const encrypted = encrypt(KEYS.encodingAesKey, 'hello', KEYS.corpId);
    const signature = getSignature(KEYS.token, '1', '2', encrypted);
    fc.assert(
      fc.property(fc.nat(encrypted.length - 1), fc.base64String({ minLength: 4, maxLength: 4 }), (at, [char = 'A']) => {
        const changed = encrypted.slice(0, at) + char + encrypted.slice(at + 1);
        expect(ours.verify(signature, '1', '2', changed)).toBe(changed === encrypted);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe('JS-SDK signatures', () => {
  test('are those of the library', () => {
    const text = fc.stringMatching(/^[abcXYZ0189?=&/.]{1,30}$/);
    fc.assert(
      fc.property(text, text, fc.nat(), text, (ticket, nonce, time, path) => {
        const url = `https://app.example.com/${path}`;
        const theirs = getJsApiSignature({ ticket, nonceStr: nonce, timestamp: time, url });
        expect(jsSdkSignature({ ticket, nonce, timestamp: String(time), url })).toBe(theirs.signature);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});
