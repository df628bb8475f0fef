/**
 * The encryption of WeCom callbacks [doc 90930, 91144]: SHA-1 signature over the sorted parts, AES-256-CBC, PKCS#7 padded
 * to 32 bytes, plaintext = random(16) ‖ length(4, big-endian) ‖ message ‖ receiveid.
 *
 * Our own because `@wecom/crypto` compares no signature, checks no receiver and trusts length and padding; it serves as
 * the counterpart in the contract tests. Runs for every callback: no exceptions on the way, no copies beyond the cipher's.
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hash,
  randomBytes,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto';

/** Why an envelope was not opened; none of them says anything about its content. */
type CryptoFault = 'bad_ciphertext' | 'bad_padding' | 'bad_length' | 'wrong_receiver';

/** What decryption gives: the message, or why there is none. */
export type Decrypted =
  | { readonly ok: true; readonly message: string }
  | { readonly ok: false; readonly fault: CryptoFault };

/** The query and body of a sealed answer. */
export interface Sealed {
  readonly encrypt: string;
  readonly signature: string;
  readonly timestamp: string;
  readonly nonce: string;
}

/** Gives `size` random bytes; injected so that answers can be compared with published vectors. */
export type RandomBytes = (size: number) => Buffer;

/** The keys of one callback source. `receiveId` is the corp id for a corp's own app, empty for aibot webhooks. */
export interface CallbackKeys {
  readonly token: string;
  readonly encodingAesKey: string;
  readonly receiveId: string;
}

const BLOCK = 32;
const RANDOM_BYTES = 16;
const HEADER_BYTES = RANDOM_BYTES + 4;
const SIGNATURE_LENGTH = 40;

/** Signs, opens and seals the envelopes of one callback source. */
export class CallbackCrypto {
  readonly #token: string;
  readonly #key: KeyObject;
  readonly #iv: Buffer;
  readonly #receiveId: string;
  readonly #random: RandomBytes;
  /** Filled and compared without a pause in between, so one pair serves all callbacks. */
  readonly #expected = Buffer.alloc(SIGNATURE_LENGTH);
  readonly #given = Buffer.alloc(SIGNATURE_LENGTH);

  /** @throws RangeError when the key is not 43 Base64 characters. */
  constructor(keys: CallbackKeys, random: RandomBytes = randomBytes) {
    if (!/^[0-9A-Za-z+/]{43}$/.test(keys.encodingAesKey)) {
      throw new RangeError('a WeCom EncodingAESKey has 43 letters and digits');
    }
    const key = Buffer.from(`${keys.encodingAesKey}=`, 'base64');
    this.#token = keys.token;
    this.#key = createSecretKey(key);
    this.#iv = key.subarray(0, 16);
    this.#receiveId = keys.receiveId;
    this.#random = random;
  }

  /** `msg_signature` of a callback: lower-case hex of SHA-1 over the sorted parts [doc 91144]. */
  sign(timestamp: string, nonce: string, encrypt: string): string {
    // Three short parts and a long one: sorting pairs is a third of the cost of sorting an array.
    const [a, b] = inOrder(this.#token, timestamp);
    const [c, d] = inOrder(nonce, encrypt);
    const [first, third] = inOrder(a, c);
    const [second, last] = inOrder(b, d);
    return hash('sha1', second < third ? first + second + third + last : first + third + second + last);
  }

  /** Whether `signature` belongs to these parts; takes the same time wherever it differs. */
  verify(signature: string, timestamp: string, nonce: string, encrypt: string): boolean {
    if (signature.length !== SIGNATURE_LENGTH) return false;
    this.#expected.write(this.sign(timestamp, nonce, encrypt), 'latin1');
    this.#given.write(signature, 'latin1');
    return timingSafeEqual(this.#expected, this.#given);
  }

  /** The message inside `encrypt` (Base64). Verify the signature first. */
  decrypt(encrypt: string): Decrypted {
    const plain = this.#decipher(encrypt);
    if (plain === undefined) return fault('bad_ciphertext');
    const end = unpaddedLength(plain);
    if (end === undefined) return fault('bad_padding');
    if (end < HEADER_BYTES) return fault('bad_length');
    const messageEnd = HEADER_BYTES + plain.readUInt32BE(RANDOM_BYTES);
    if (messageEnd > end) return fault('bad_length');
    if (plain.toString('latin1', messageEnd, end) !== this.#receiveId) return fault('wrong_receiver');
    return { ok: true, message: plain.toString('utf8', HEADER_BYTES, messageEnd) };
  }

  /** Encrypts and signs `message` for the answer to a callback. */
  seal(message: string, timestamp: string): Sealed {
    const encrypt = this.encrypt(message);
    const nonce = this.#random(8).toString('hex');
    return { encrypt, nonce, timestamp, signature: this.sign(timestamp, nonce, encrypt) };
  }

  /** Base64 of the encrypted message, with a fresh random prefix. */
  encrypt(message: string): string {
    const length = Buffer.byteLength(message);
    const unpadded = HEADER_BYTES + length + Buffer.byteLength(this.#receiveId);
    const pad = BLOCK - (unpadded % BLOCK);
    const plain = Buffer.alloc(unpadded + pad, pad);
    this.#random(RANDOM_BYTES).copy(plain);
    plain.writeUInt32BE(length, RANDOM_BYTES);
    plain.write(message, HEADER_BYTES);
    plain.write(this.#receiveId, HEADER_BYTES + length);
    const cipher = createCipheriv('aes-256-cbc', this.#key, this.#iv).setAutoPadding(false);
    return Buffer.concat([cipher.update(plain), cipher.final()]).toString('base64');
  }

  #decipher(encrypt: string): Buffer | undefined {
    const sealed = Buffer.from(encrypt, 'base64');
    // Node skips what is not Base64; a length that does not fit betrays it. 32-byte padding makes every ciphertext a multiple of 32.
    if (sealed.length === 0 || sealed.length % BLOCK !== 0 || encrypt.length !== Math.ceil(sealed.length / 3) * 4)
      return undefined;
    // Node's own unpadding knows 16-byte blocks only and would throw for every pad above 16.
    return createDecipheriv('aes-256-cbc', this.#key, this.#iv).setAutoPadding(false).update(sealed);
  }
}

/** JS-SDK `signature` [doc 98419]: SHA-1 over the four parts in this order; `url` as the page was loaded, `#…` is cut off. */
export function jsSdkSignature(parts: {
  readonly ticket: string;
  readonly nonce: string;
  readonly timestamp: string;
  readonly url: string;
}): string {
  const [url] = parts.url.split('#');
  return hash('sha1', `jsapi_ticket=${parts.ticket}&noncestr=${parts.nonce}&timestamp=${parts.timestamp}&url=${url}`);
}

function fault(reason: CryptoFault): Decrypted {
  return { ok: false, fault: reason };
}

/** Bytewise order for the ASCII that the platform sends; anything else cannot carry a valid signature. */
function inOrder(a: string, b: string): readonly [string, string] {
  return a < b ? [a, b] : [b, a];
}

/** Length without padding; `undefined` unless the last byte is 1–32 and all padding bytes equal it. */
function unpaddedLength(plain: Buffer): number | undefined {
  const pad = plain[plain.length - 1];
  if (pad === undefined || pad < 1 || pad > BLOCK || pad > plain.length) return undefined;
  const end = plain.length - pad;
  for (let i = end; i < plain.length; i += 1) if (plain[i] !== pad) return undefined;
  return end;
}
