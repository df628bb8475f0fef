/**
 * Fetching files that came with a message. The call to the platform happens outside any transaction, under a lease on
 * the timer row; the stored file and the event that continues the conversation commit together.
 */
import type { Channel, MediaRef } from '../channels/channel.ts';
import { ChannelError } from '../channels/channel.ts';
import type { Actor } from '../core/operations/actor.ts';
import type { MediaToken } from '../core/conversation/index.ts';
import { readTimes } from '../core/unit/unit.ts';
import { statement, type Database, type Tx } from '../db/database.ts';
import type { Keyring } from '../db/keyring.ts';
import { insertInternal } from '../inbox/internal.ts';
import { errorText } from '../lib/errors.ts';
import { hit } from '../lib/kill-points.ts';
import type { Log } from '../lib/log.ts';

/** For whom a message's files are, and putting one of them away; the documents room gives both. */
export interface FileIntake {
  /** Whose file it is, or why it is not even fetched. */
  target(message: {
    readonly actor: Actor;
    readonly caption: string;
  }): Promise<
    { readonly kind: 'customer'; readonly customerId: string } | { readonly kind: 'refused'; readonly reason: string }
  >;
  /** Stores the bytes under the customer's key, or says why not. */
  store(file: {
    readonly customerId: string;
    readonly bytes: Buffer;
    readonly name: string;
    readonly mime: string;
    readonly now: Date;
  }): Promise<{ readonly fileId: string } | { readonly refused: string }>;
}

export interface MediaJobDeps {
  readonly database: Database;
  readonly keys: Keyring;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly intake: FileIntake;
  /** Files stored in this turn belong to the message that brought them. */
  readonly attach: (
    tx: Tx,
    message: { readonly inboxId: bigint; readonly conversationId: string },
    fileIds: readonly string[],
  ) => Promise<void>;
  readonly wake: (topic: 'inbox') => void;
  readonly log: Log;
}

interface Payload {
  readonly inboxId: string;
  readonly conversationId: string;
  readonly account: string;
  readonly caption: string;
  readonly media: readonly MediaRef[];
  readonly actor: Actor;
}

const LEASE = statement(
  'media-lease',
  `UPDATE timers SET attempts = attempts + 1, due_at = business_now() + interval '60 seconds'
   WHERE id = (SELECT id FROM timers WHERE state = 'OPEN' AND kind = 'media.fetch' AND due_at <= business_now() ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
   RETURNING id, key, sealed_payload, attempts`,
);
const DONE = statement(
  'media-done',
  `UPDATE timers SET state = 'FIRED', fired_at = business_now() WHERE id = $1 AND state = 'OPEN' RETURNING id`,
);

const MAX_BYTES = 20 * 1024 * 1024;
const MAX_ATTEMPTS = 4;

/** Fetches the files of one message; returns 1, or 0 when none is waiting. */
export async function fetchNext(deps: MediaJobDeps): Promise<number> {
  const [row] = await deps.database.query<{ id: bigint; key: string; sealed_payload: Buffer; attempts: number }>(LEASE);
  if (!row) return 0;
  hit('media.leased');
  const payload = deps.keys.openJson(`timers.sealed_payload.${row.key}`, row.sealed_payload) as Payload;
  const tokens = await takeAll(deps, payload);
  hit('media.stored');
  if (tokens === 'later' && row.attempts < MAX_ATTEMPTS) return 1;
  const media =
    tokens === 'later' ? payload.media.map((one) => describe(one, payload, { refused: 'unreadable' })) : tokens;
  const stored = await deps.database.transaction(async (tx) => {
    if ((await tx.query(DONE, [row.id])).length === 0) return false;
    const { now } = await readTimes(tx);
    await deps.attach(
      tx,
      { inboxId: BigInt(payload.inboxId), conversationId: payload.conversationId },
      media.flatMap((token) => (typeof token['fileId'] === 'string' ? [token['fileId']] : [])),
    );
    return insertInternal(tx, deps.keys, {
      key: row.key,
      conversationId: payload.conversationId,
      kind: 'media',
      body: { internal: 'media', caption: payload.caption, media },
      now,
    });
  });
  hit('media.committed');
  if (stored) deps.wake('inbox');
  return 1;
}

/** Fetches and stores all files of a message; what may not be stored is not fetched. */
async function takeAll(deps: MediaJobDeps, payload: Payload): Promise<readonly MediaToken[] | 'later'> {
  const target = await deps.intake.target({ actor: payload.actor, caption: payload.caption });
  if (target.kind === 'refused') return payload.media.map((one) => describe(one, payload, { refused: target.reason }));
  const { now } = await readTimes(deps.database);
  const tokens: MediaToken[] = [];
  for (const media of payload.media) {
    const fetched = await fetchOne(deps, payload.account, media);
    if (fetched === 'later') return 'later';
    tokens.push(describe(media, payload, await put(deps, media, fetched, { customerId: target.customerId, now })));
  }
  return tokens;
}

async function put(
  deps: MediaJobDeps,
  media: MediaRef,
  fetched: Exclude<Fetched, 'later'>,
  whose: { readonly customerId: string; readonly now: Date },
): Promise<{ readonly fileId: string } | { readonly refused: string }> {
  if (fetched === 'too_big') return { refused: 'too_big' };
  if (fetched === 'gone') return { refused: 'unreadable' };
  return deps.intake.store({ ...whose, bytes: fetched, name: media.name ?? '', mime: media.mime ?? '' });
}

function describe(
  media: MediaRef,
  payload: Payload,
  outcome: { readonly fileId: string } | { readonly refused: string },
): MediaToken {
  return { ...outcome, name: media.name ?? '', caption: payload.caption, ...albumOf(media, payload) };
}

/** Files that were sent together: the platform's album, or one message with several files. */
function albumOf(media: MediaRef, payload: Payload): { readonly album?: string } {
  if (media.album !== undefined) return { album: media.album };
  return payload.media.length > 1 ? { album: payload.inboxId } : {};
}

type Fetched = Buffer | 'too_big' | 'gone' | 'later';

async function fetchOne(deps: MediaJobDeps, account: string, media: MediaRef): Promise<Fetched> {
  const channel = deps.channels.get(account);
  if (!channel) return 'gone';
  try {
    return await channel.fetchMedia(media, MAX_BYTES);
  } catch (error) {
    if (!(error instanceof ChannelError)) throw error;
    deps.log.warn({
      event: 'media.fetch_failed',
      channel: channel.platform,
      code: error.code,
      error: errorText(error.cause),
    });
    if (error.code === 'too_big') return 'too_big';
    return error.failure === 'retry' || error.failure === 'wait' || error.failure === 'unknown' ? 'later' : 'gone';
  }
}
