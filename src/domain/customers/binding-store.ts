/** Queries of binding: the link, the chat account that opened it, the phone that proves who it is. */
import { statement, type Tx } from '../../db/database.ts';

/** A chat account, bound or not. */
export interface AccountRow {
  readonly id: string;
  readonly account: string;
  readonly staff_id: string | null;
  readonly customer_id: string | null;
  /** What he asked to be spoken to in before he was bound. */
  readonly language: string | null;
}

/** A one-time link. */
export interface LinkRow {
  readonly digest: Buffer;
  readonly customer_id: string;
  readonly created_by: string;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly used_at: Date | null;
}

const LOCK_ACCOUNT = statement(
  'binding-account-lock',
  'SELECT id, account, staff_id, customer_id, language FROM identities WHERE id = $1 FOR NO KEY UPDATE',
);
const INSERT_LINK = statement(
  'binding-insert',
  'INSERT INTO binding_links (digest, customer_id, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)',
);
const LINK = 'digest, customer_id, created_by, created_at, expires_at, used_at';
const LOCK_LINK = statement('binding-link-lock', `SELECT ${LINK} FROM binding_links WHERE digest = $1 FOR UPDATE`);
const OPENED = statement(
  'binding-link-opened',
  `SELECT ${LINK} FROM binding_links WHERE digest = (SELECT opened_link FROM identities WHERE id = $1) AND used_at IS NULL FOR UPDATE`,
);
const OPEN = statement('binding-link-open', 'UPDATE identities SET opened_link = $1 WHERE id = $2');
const USE = statement(
  'binding-link-use',
  'UPDATE binding_links SET used_at = $2, identity_id = $3 WHERE digest = $1 AND used_at IS NULL RETURNING digest',
);
// From now on the language is the customer's.
const BIND = statement(
  'binding-bind',
  'UPDATE identities SET customer_id = $2, is_verified = true, is_reachable = true, language = NULL, bound_at = $3 WHERE id = $1 AND staff_id IS NULL',
);
const SET_LANGUAGE = statement('binding-language', 'UPDATE identities SET language = $2 WHERE id = $1');
const OWNS_PHONE = statement(
  'binding-owns-phone',
  `SELECT 1 AS one FROM pii_refs WHERE customer_id = $1 AND kind = 'PHONE' AND exact_blind = $2 AND is_current`,
);
const TRIES = statement(
  'binding-tries',
  `SELECT count(*)::int AS count FROM audit_entries WHERE subject_id = $1 AND action = 'customer.bindContact' AND outcome = 'REFUSED' AND at >= $2`,
);

/** Locks a chat account; a second message of the same person waits. */
export async function lockAccount(tx: Tx, identityId: string): Promise<AccountRow | undefined> {
  return (await tx.query<AccountRow>(LOCK_ACCOUNT, [identityId]))[0];
}

/** Adds a link that nobody has opened yet. */
export async function insertLink(
  tx: Tx,
  link: {
    readonly digest: Buffer;
    readonly customerId: string;
    readonly createdBy: string;
    readonly expiresAt: Date;
  },
  now: Date,
): Promise<void> {
  await tx.query(INSERT_LINK, [link.digest, link.customerId, link.createdBy, now, link.expiresAt]);
}

/** Locks the link with this digest. */
export async function lockLink(tx: Tx, digest: Buffer): Promise<LinkRow | undefined> {
  return (await tx.query<LinkRow>(LOCK_LINK, [digest]))[0];
}

/** The link that this account opened last, while nobody has used it. */
export async function lockOpenedLink(tx: Tx, identityId: string): Promise<LinkRow | undefined> {
  return (await tx.query<LinkRow>(OPENED, [identityId]))[0];
}

/** Notes that the account has the link open; others may have it open too, the phone decides whose it is. */
export async function openLink(tx: Tx, digest: Buffer, identityId: string): Promise<void> {
  await tx.query(OPEN, [digest, identityId]);
}

/** Uses the link up; `false` when somebody else has. */
export async function useLink(tx: Tx, digest: Buffer, identityId: string, now: Date): Promise<boolean> {
  return (await tx.query(USE, [digest, now, identityId])).length > 0;
}

/** Makes a chat account the customer’s, proven. */
export async function bindAccount(tx: Tx, identityId: string, customerId: string, now: Date): Promise<void> {
  await tx.query(BIND, [identityId, customerId, now]);
}

/** Writes the language somebody is spoken to in whose account is nobody's yet. */
export async function setAccountLanguage(tx: Tx, identityId: string, language: string): Promise<void> {
  await tx.query(SET_LANGUAGE, [identityId, language]);
}

/** Whether a phone, by its digest, is one of the customer's. */
export async function ownsPhone(tx: Tx, customerId: string, digest: Buffer): Promise<boolean> {
  return (await tx.query(OWNS_PHONE, [customerId, digest])).length > 0;
}

/** Wrong phones tried for a customer since then, by whatever account: each is an audit entry. */
export async function wrongTries(tx: Tx, customerId: string, since: Date): Promise<number> {
  return (await tx.query<{ count: number }>(TRIES, [customerId, since]))[0]?.count ?? 0;
}
