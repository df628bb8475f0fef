/**
 * Field encryption: AES-256-GCM with the header `version | key number | nonce | tag`. The additional data names the
 * place (`table.column.id`), so that a ciphertext moved to another row or column does not open.
 */
import { createCipheriv, createDecipheriv, createHmac, randomFillSync } from 'node:crypto';

const VERSION = 1;
const HEADER_BYTES = 1 + 4 + 12 + 16;

// Nonces are drawn from a pool filled at once: one system call for hundreds of fields instead of one each.
const noncePool = Buffer.alloc(12 * 512);
let nonceOffset = noncePool.length;

function nextNonce(): Buffer {
  if (nonceOffset >= noncePool.length) {
    randomFillSync(noncePool);
    nonceOffset = 0;
  }
  const nonce = Buffer.from(noncePool.subarray(nonceOffset, nonceOffset + 12));
  nonceOffset += 12;
  return nonce;
}

/** Encrypts under data key `keyNumber`. `place` is `table.column.id`. */
export function seal(key: Buffer, keyNumber: number, place: string, plain: Buffer | string): Buffer {
  const nonce = nextNonce();
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(place));
  const body = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain);
  cipher.final();
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header[0] = VERSION;
  header.writeUInt32BE(keyNumber, 1);
  nonce.copy(header, 5);
  cipher.getAuthTag().copy(header, 17);
  return Buffer.concat([header, body]);
}

/** The data key a ciphertext needs. @throws Error for anything that is not one of our ciphertexts. */
export function sealedKeyNumber(sealed: Buffer): number {
  if (sealed.length < HEADER_BYTES || sealed[0] !== VERSION) throw new Error('not a sealed field');
  return sealed.readUInt32BE(1);
}

/** Decrypts. @throws Error when the key, the place or a single bit is wrong. */
export function open(key: Buffer, place: string, sealed: Buffer): Buffer {
  sealedKeyNumber(sealed);
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(5, 17));
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(sealed.subarray(17, HEADER_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES)), decipher.final()]);
}

/** A keyed digest for exact look-ups over encrypted values; `domain` keeps a phone's digest apart from a card's. */
export function blind(indexKey: Buffer, domain: string, value: string): Buffer {
  return createHmac('sha256', indexKey).update(domain).update('\0').update(value).digest().subarray(0, 16);
}
