/** Identifiers: UUIDv7 for entities (time-ordered, made in the application), short opaque tokens for links and cards. */
import { createHash, randomBytes } from 'node:crypto';
import { v7 } from 'uuid';

/** A new UUIDv7: later ones sort behind earlier ones. */
export function newId(): string {
  return v7();
}

/** Whether a text is written as PostgreSQL reads a uuid; of any version, for others make them too. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford base32: no i, l, o, u — safe to read out aloud

/** An unguessable token of `length` base32 characters (5 bits each), safe in URLs, deep links and card keys. */
export function newToken(length = 26): string {
  let text = '';
  for (const byte of randomBytes(length)) text += ALPHABET[byte & 31];
  return text;
}

/** The digest under which a token of the API is stored, and by which it is found. */
export function tokenDigest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
