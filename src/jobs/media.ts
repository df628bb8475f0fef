/**
 * Fetching files that came with a message. The call to the platform happens outside any transaction, under a lease on
 * the timer row; the stored file and the event that continues the conversation commit together.
 */
import type { Channel, MediaRef } from '../channels/channel.ts';
import { ChannelError } from '../channels/channel.ts';
import type { MediaToken } from '../core/conversation/index.ts';
import { readTimes } from '../core/unit/unit.ts';
import { statement, type Database, type Tx } from '../db/database.ts';
import type { Keyring } from '../db/keyring.ts';
import { insertInternal } from '../inbox/internal.ts';
import { errorText } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';

/** Stores the bytes of one file, or says why not. */
export type FileIntake = (
  tx: Tx,
  file: { readonly bytes: Buffer; readonly name: string; readonly mime: string; readonly customerId: string; readonly now: Date },
) => Promise<MediaToken>;

export interface MediaJobDeps {
  readonly database: Database;
  readonly keys: Keyring;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly intake: FileIntake;
  /** Files stored in this turn belong to the message that brought them. */
  readonly attach: (tx: Tx, inboxId: bigint, fileIds: readonly string[]) => Promise<void>;
  readonly wake: (topic: 'inbox') => void;
  readonly log: Log;
}

interface Payload {
  readonly inboxId: string;
  readonly conversationId: string;
  readonly account: string;
  readonly caption: string;
  readonly media: readonly MediaRef[];
  readonly customerId: string | null;
}

const LEASE = statement(
  'media-lease',
  `UPDATE timers SET attempts = attempts + 1, due_at = business_now() + interval '60 seconds'
   WHERE id = (SELECT id FROM timers WHERE state = 'OPEN' AND kind = 'media.fetch' AND due_at <= business_now() ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
   RETURNING id, key, sealed_payload, attempts`,
);
const DONE = statement('media-done', `UPDATE timers SET state = 'FIRED', fired_at = business_now() WHERE id = $1 AND state = 'OPEN' RETURNING id`);

const MAX_BYTES = 20 * 1024 * 1024;
const MAX_ATTEMPTS = 4;

/** Fetches the files of one message; returns 1, or 0 when none is waiting. */
export async function fetchNext(deps: MediaJobDeps): Promise<number> {
  const [row] = await deps.database.query<{ id: bigint; key: string; sealed_payload: Buffer; attempts: number }>(LEASE);
  if (!row) return 0;
  const payload = deps.keys.openJson(`timers.sealed_payload.${row.key}`, row.sealed_payload) as Payload;
  const fetched = await Promise.all(payload.media.map(async (media) => fetchOne(deps, payload.account, media)));
  if (fetched.some((one) => one === 'later') && row.attempts < MAX_ATTEMPTS) return 1;
  const stored = await deps.database.transaction(async (tx) => {
    if ((await tx.query(DONE, [row.id])).length === 0) return false;
    const { now } = await readTimes(tx);
    const media: MediaToken[] = [];
    for (const [index, one] of fetched.entries()) media.push(await takeIn(deps, tx, payload, { media: payload.media[index], fetched: one, now }));
    const fileIds = media.flatMap((token) => (typeof token['fileId'] === 'string' ? [token['fileId']] : []));
    await deps.attach(tx, BigInt(payload.inboxId), fileIds);
    return insertInternal(tx, deps.keys, { key: row.key, conversationId: payload.conversationId, kind: 'media', body: { internal: 'media', caption: payload.caption, media }, now });
  });
  if (stored) deps.wake('inbox');
  return 1;
}

type Fetched = Buffer | 'too_big' | 'gone' | 'later';

async function fetchOne(deps: MediaJobDeps, account: string, media: MediaRef): Promise<Fetched> {
  const channel = deps.channels.get(account);
  if (!channel) return 'gone';
  try {
    return await channel.fetchMedia(media, MAX_BYTES);
  } catch (error) {
    if (!(error instanceof ChannelError)) throw error;
    deps.log.warn({ event: 'media.fetch_failed', channel: channel.platform, code: error.code, error: errorText(error.cause) });
    if (error.code === 'too_big') return 'too_big';
    return error.failure === 'retry' || error.failure === 'wait' || error.failure === 'unknown' ? 'later' : 'gone';
  }
}

async function takeIn(
  deps: MediaJobDeps,
  tx: Tx,
  payload: Payload,
  one: { readonly media: MediaRef | undefined; readonly fetched: Fetched; readonly now: Date },
): Promise<MediaToken> {
  const name = one.media?.name ?? '';
  const caption = payload.caption;
  if (one.fetched === 'too_big') return { refused: 'too_big', name, caption };
  if (!Buffer.isBuffer(one.fetched)) return { refused: 'unreadable', name, caption };
  if (payload.customerId === null) return { refused: 'nobody', name, caption };
  const token = await deps.intake(tx, { bytes: one.fetched, name, mime: one.media?.mime ?? '', customerId: payload.customerId, now: one.now });
  return { ...token, name, caption };
}
