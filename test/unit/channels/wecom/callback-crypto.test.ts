import { createCipheriv } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CallbackCrypto, jsSdkSignature } from '../../../../src/channels/wecom/callback-crypto.ts';
import published from '../../../fixtures/wecom/callback-vectors.json' with { type: 'json' };

const { token, encodingAesKey } = published;
const V2 = published.vectors.find(({ name }) => name === 'V2')!;

function cryptoFor(receiveId: string, random = 'r4nd0mPrefix0000'): CallbackCrypto {
  return new CallbackCrypto({ token, encodingAesKey, receiveId }, (size) => Buffer.from(random.slice(0, size)));
}

/** Encrypts a plaintext of ours exactly as it is: whatever is wrong with it stays wrong. */
function rawEncrypt(plain: Buffer): string {
  const key = Buffer.from(`${encodingAesKey}=`, 'base64');
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(plain), cipher.final()]).toString('base64');
}

function plainOf(parts: {
  message: string;
  length?: number;
  receiveId?: string;
  pad?: number;
  padByte?: number;
}): Buffer {
  const message = Buffer.from(parts.message);
  const header = Buffer.alloc(20, 'r');
  header.writeUInt32BE(parts.length ?? message.length, 16);
  const body = Buffer.concat([header, message, Buffer.from(parts.receiveId ?? published.corpId)]);
  const pad = parts.pad ?? 32 - (body.length % 32);
  return Buffer.concat([body, Buffer.alloc(pad, parts.padByte ?? pad)]);
}

describe.each(published.vectors)('published vector $name (pad $pad)', (vector) => {
  test('carries the published signature', () => {
    const signed = cryptoFor(vector.receiveId).sign(vector.timestamp, vector.nonce, vector.encrypt);

    expect(signed).toBe(vector.signature);
    expect(cryptoFor(vector.receiveId).verify(vector.signature, vector.timestamp, vector.nonce, vector.encrypt)).toBe(
      true,
    );
  });

  test('opens to the published plaintext', () => {
    expect(cryptoFor(vector.receiveId).decrypt(vector.encrypt)).toEqual({ ok: true, message: vector.plain });
  });

  test('is reproduced byte for byte with the published random prefix', () => {
    expect(cryptoFor(vector.receiveId, vector.random).encrypt(vector.plain)).toBe(vector.encrypt);
  });
});

describe('the sample of the official page (V7)', () => {
  const crypto = new CallbackCrypto({
    token: 'QDG6eK',
    encodingAesKey: 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C',
    receiveId: 'wx5823bf96d3bd56c7',
  });
  const encrypted =
    'RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==';

  test('verifies and opens', () => {
    expect(crypto.verify('477715d11cdb4164915debcba66cb864d751f3e6', '1409659813', '1372623149', encrypted)).toBe(true);

    const opened = crypto.decrypt(encrypted);

    expect(opened).toMatchObject({
      ok: true,
      message: expect.stringContaining('<FromUserName><![CDATA[mycreate]]></FromUserName>'),
    });
    expect(opened).toMatchObject({ message: expect.stringContaining('<Content><![CDATA[hello]]></Content>') });
    expect(opened).toMatchObject({ message: expect.stringContaining('<MsgId>4561255354251345929</MsgId>') });
  });
});

describe('the JS-SDK signature (V8)', () => {
  const parts = { ticket: 'TICKET_sample_0001', nonce: 'Wm3WZYTPz0wzccnW', timestamp: '1735693600' };

  test('is the published one, with or without the fragment of the address', () => {
    const url = 'https://app.example.com/h5/case?id=7&tab=docs';

    expect(jsSdkSignature({ ...parts, url })).toBe('9605bdb2b64fce27c19fff65d4866441396d26eb');
    expect(jsSdkSignature({ ...parts, url: `${url}#top` })).toBe('9605bdb2b64fce27c19fff65d4866441396d26eb');
  });
});

describe('what is not authentic or not well-formed', () => {
  const crypto = cryptoFor(published.corpId);

  test.each([0, 17, V2.encrypt.length - 3])('a changed Base64 character at %i breaks the signature', (at) => {
    const other = V2.encrypt[at] === 'A' ? 'B' : 'A';
    const changed = V2.encrypt.slice(0, at) + other + V2.encrypt.slice(at + 1);

    expect(crypto.verify(V2.signature, V2.timestamp, V2.nonce, changed)).toBe(false);
  });

  test.each(['', 'abc', V2.signature.slice(1), `${V2.signature}0`, V2.signature.toUpperCase(), '签'.repeat(40)])(
    'the signature %j is refused without throwing',
    (signature) => {
      expect(crypto.verify(signature, V2.timestamp, V2.nonce, V2.encrypt)).toBe(false);
    },
  );

  test('plus signs turned into spaces break the signature', () => {
    expect(crypto.verify(V2.signature, V2.timestamp, V2.nonce, V2.encrypt.replaceAll('+', ' '))).toBe(false);
  });

  test('a message for another receiver is refused', () => {
    expect(cryptoFor('ww0000000000000000').decrypt(V2.encrypt)).toEqual({ ok: false, fault: 'wrong_receiver' });
    expect(cryptoFor('').decrypt(V2.encrypt)).toEqual({ ok: false, fault: 'wrong_receiver' });
  });

  test.each([0xffffffff, 10_000, 200])('a length of %i beyond the buffer is refused', (length) => {
    expect(crypto.decrypt(rawEncrypt(plainOf({ message: 'hello', length })))).toEqual({
      ok: false,
      fault: 'bad_length',
    });
  });

  test('a length that stops short of the message leaves a wrong receiver', () => {
    expect(crypto.decrypt(rawEncrypt(plainOf({ message: 'hello', length: 4 })))).toEqual({
      ok: false,
      fault: 'wrong_receiver',
    });
  });

  test('a plaintext with room for nothing but its padding is refused', () => {
    expect(crypto.decrypt(rawEncrypt(Buffer.alloc(32, 20)))).toEqual({ ok: false, fault: 'bad_length' });
  });

  test.each([0, 33, 255])('the padding byte %i is refused', (padByte) => {
    const plain = plainOf({ message: 'a'.repeat(60), pad: 64 - 18 - 20, padByte });

    expect(
      crypto.decrypt(rawEncrypt(Buffer.concat([plain, Buffer.alloc((32 - (plain.length % 32)) % 32, padByte)]))),
    ).toEqual({ ok: false, fault: 'bad_padding' });
  });

  test('padding bytes that differ are refused', () => {
    const plain = plainOf({ message: 'hello' });
    plain[plain.length - 2] = 1;

    expect(crypto.decrypt(rawEncrypt(plain))).toEqual({ ok: false, fault: 'bad_padding' });
  });

  test.each([
    '',
    'AAAA',
    'not base64!',
    V2.encrypt.slice(0, -4),
    V2.encrypt.slice(0, 64),
    `${V2.encrypt}====`,
    `${V2.encrypt} `,
  ])('the ciphertext %j is refused without throwing', (encrypted) => {
    expect(crypto.decrypt(encrypted)).toMatchObject({ ok: false });
  });

  test.each(['', 'short', `${encodingAesKey}x`, encodingAesKey.replace('Q', '*')])(
    'the key %j is refused at construction',
    (key) => {
      expect(() => new CallbackCrypto({ token, encodingAesKey: key, receiveId: '' })).toThrow(RangeError);
    },
  );

  test('a key whose last character has bits set that nobody uses works all the same', () => {
    const loose = new CallbackCrypto({
      token,
      encodingAesKey: `${encodingAesKey.slice(0, -1)}N`,
      receiveId: published.corpId,
    });

    expect(loose.decrypt(V2.encrypt)).toMatchObject({ ok: true });
  });
});
