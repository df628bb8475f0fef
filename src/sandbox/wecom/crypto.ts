/**
 * WeCom's callback cryptography from the platform's side, written from the published description alone so that it
 * checks the product's own module: AES-256-CBC, IV = first half of the key, PKCS#7 with block size 32, plaintext =
 * random(16) ‖ length(4, big-endian) ‖ message ‖ receiveid.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const BLOCK = 32;
const PREFIX = 16;

/** A callback source's secrets as the admin console shows them. */
export interface CallbackKeys {
  readonly token: string;
  /** 43 letters and digits. */
  readonly encodingAesKey: string;
}

/** The 32 key bytes. @throws Error when the text is not a 43-character key. */
function aesKey(encodingAesKey: string): Buffer {
  if (!/^[A-Za-z0-9]{43}$/.test(encodingAesKey)) throw new Error('EncodingAESKey must be 43 letters or digits');
  return Buffer.from(`${encodingAesKey}=`, 'base64');
}

/** How many pad bytes a message of so many bytes gets: 1–32. */
export function padLength(messageBytes: number, receiveId: string): number {
  const bare = PREFIX + 4 + messageBytes + Buffer.byteLength(receiveId);
  return BLOCK - (bare % BLOCK);
}

/** Lower-case hex SHA-1 over the four parts in byte order. */
export function signature(token: string, timestamp: string, nonce: string, encrypted: string): string {
  const parts = [token, timestamp, nonce, encrypted].map((part) => Buffer.from(part));
  return createHash('sha1')
    .update(Buffer.concat(parts.sort((a, b) => Buffer.compare(a, b))))
    .digest('hex');
}

/** Base64 ciphertext of a message. `prefix` is fresh random unless a vector pins it. */
export function seal(encodingAesKey: string, message: string, receiveId: string, prefix = randomBytes(PREFIX)): string {
  const key = aesKey(encodingAesKey);
  const body = Buffer.from(message, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const pad = padLength(body.length, receiveId);
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  const plain = Buffer.concat([prefix, length, body, Buffer.from(receiveId, 'utf8'), Buffer.alloc(pad, pad)]);
  return Buffer.concat([cipher.update(plain), cipher.final()]).toString('base64');
}

/** A decrypted message; `pad` is its pad length, 1–32. */
export interface Opened {
  readonly message: string;
  readonly receiveId: string;
  readonly pad: number;
}

/** What a ciphertext holds; `undefined` when padding, length or block size are wrong. */
export function unseal(encodingAesKey: string, encrypted: string): Opened | undefined {
  const key = aesKey(encodingAesKey);
  const bytes = Buffer.from(encrypted, 'base64');
  if (bytes.length === 0 || bytes.length % BLOCK !== 0) return undefined;
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  const plain = Buffer.concat([decipher.update(bytes), decipher.final()]);
  const pad = plain.at(-1) ?? 0;
  if (pad < 1 || pad > BLOCK || !plain.subarray(-pad).every((byte) => byte === pad)) return undefined;
  const content = plain.subarray(PREFIX, plain.length - pad);
  const length = content.length < 4 ? -1 : content.readUInt32BE();
  if (length < 0 || 4 + length > content.length) return undefined;
  const message = content.subarray(4, 4 + length).toString('utf8');
  return { message, receiveId: content.subarray(4 + length).toString('utf8'), pad };
}

/** Whether two signatures are the same, in constant time. */
export function sameSignature(expected: string, got: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(got)];
  return a.length === b.length && timingSafeEqual(a, b);
}
