/** Queries of upload links. The secret itself is in the member's chat only; here lies its digest. */
import { createHash } from 'node:crypto';
import { statement, type Tx } from '../../db/database.ts';

/** A one-time upload page: for which member, in which talk, for whose file. */
export interface UploadLinkRow {
  readonly id: string;
  readonly customer_id: string;
  readonly staff_id: string;
  readonly conversation_id: string;
  readonly account: string;
  readonly chat: string;
  readonly expires_at: Date;
  readonly used_at: Date | null;
  readonly file_count: number;
}

const INSERT = statement(
  'upload-insert',
  'INSERT INTO upload_links (id, digest, customer_id, staff_id, conversation_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
);
const LINK = `SELECT u.id, u.customer_id, u.staff_id, u.conversation_id, c.account, c.chat, u.expires_at, u.used_at, u.file_count
   FROM upload_links u JOIN conversations c ON c.id = u.conversation_id`;
const BY_DIGEST = statement('upload-by-digest', `${LINK} WHERE u.digest = $1`);
const FIND = statement('upload-find', `${LINK} WHERE u.id = $1`);
const LOCK = statement('upload-lock', `${LINK} WHERE u.id = $1 FOR UPDATE OF u`);
const SPEND = statement('upload-spend', 'UPDATE upload_links SET used_at = $2, file_count = $3 WHERE id = $1');
const OWN_TALK = statement(
  'upload-own-talk',
  `SELECT c.id FROM conversations c JOIN identities i ON i.account = c.account AND i.external_id = c.chat
   WHERE i.staff_id = $1 AND c.account = $2 AND c.thread = '' AND c.actor = '' ORDER BY c.last_in_at DESC NULLS LAST, c.id LIMIT 1`,
);

/** The digest under which a link's secret is stored. */
function uploadDigest(token: string): Buffer {
  return createHash('sha256').update(`upload\0${token}`).digest();
}

/** Writes a fresh link. */
export async function insertUploadLink(
  tx: Tx,
  link: {
    readonly id: string;
    readonly token: string;
    readonly customerId: string;
    readonly staffId: string;
    readonly conversationId: string;
    readonly now: Date;
    readonly expiresAt: Date;
  },
): Promise<void> {
  await tx.query(INSERT, [
    link.id,
    uploadDigest(link.token),
    link.customerId,
    link.staffId,
    link.conversationId,
    link.now,
    link.expiresAt,
  ]);
}

/** The link with this secret, whatever has become of it. */
export async function findUploadLink(tx: Tx, token: string): Promise<UploadLinkRow | undefined> {
  return (await tx.query<UploadLinkRow>(BY_DIGEST, [uploadDigest(token)]))[0];
}

/** A link by its id. */
export async function uploadLink(tx: Tx, id: string): Promise<UploadLinkRow | undefined> {
  return (await tx.query<UploadLinkRow>(FIND, [id]))[0];
}

/** Locks a link: of two submissions the second waits and then finds it used. */
export async function lockUploadLink(tx: Tx, id: string): Promise<UploadLinkRow | undefined> {
  return (await tx.query<UploadLinkRow>(LOCK, [id]))[0];
}

/** Uses a locked link up. */
export async function spendUploadLink(tx: Tx, id: string, now: Date, fileCount: number): Promise<void> {
  await tx.query(SPEND, [id, now, fileCount]);
}

/** The talk of a member of staff with the bot on this account; a member has one. */
export async function ownTalk(tx: Tx, staffId: string, account: string): Promise<string | undefined> {
  return (await tx.query<{ id: string }>(OWN_TALK, [staffId, account]))[0]?.id;
}
