/**
 * Fetching files that came with a message. The call to the platform happens outside any transaction, under a lease on
 * the timer row; the stored file and the event that continues the conversation commit together.
 */
import type { Channel, ChannelFailure, MediaRef } from '../channels/channel.ts';
import { ChannelError } from '../channels/channel.ts';
import type { Actor } from '../core/operations/actor.ts';
import type { MediaToken } from '../core/conversation/index.ts';
import type { MediaErrand, MediaMessage } from '../core/runtime/media-timer.ts';
import type { Place } from '../core/runtime/turns.ts';
import { inUnit, readTimes, type UnitDeps } from '../core/unit/unit.ts';
import { statement, type Database, type Tx } from '../db/database.ts';
import { isBlameless } from '../db/faults.ts';
import type { Keyring } from '../db/keyring.ts';
import { insertInternal } from '../inbox/internal.ts';
import { errorText } from '../lib/errors.ts';
import { hit } from '../lib/kill-points.ts';
import { levelOf, type Log } from '../lib/log.ts';
import { tellParked } from './parked.ts';

/** For whom a message's files are, and putting one of them away; the documents room gives both. */
export interface FileIntake {
  /** Whose file it is, or why it is not even fetched. */
  target(message: {
    readonly actor: Actor;
    readonly caption: string;
    readonly about?: string;
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

/** What fetching files uses; the documents room gives `intake` and `attach`. */
export interface MediaJobDeps {
  readonly database: Database;
  readonly keys: Keyring;
  /** Where an errand that cannot be done is reported. */
  readonly unit: UnitDeps;
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

const LEASE = statement(
  'media-lease',
  `UPDATE timers SET attempts = least(attempts + 1, 30000), due_at = business_now() + interval '60 seconds'
   WHERE id = (SELECT id FROM timers WHERE state = 'OPEN' AND kind = 'media.fetch' AND due_at <= business_now() AND (attempts > 0) = coalesce($1::boolean, attempts > 0) ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
   RETURNING id, key, subject_id, sealed_payload, attempts, trace_id`,
);
// What passes by itself is no fault of ours.
const FORGIVE = statement(
  'media-forgive',
  `UPDATE timers SET attempts = attempts - 1 WHERE id = $1 AND state = 'OPEN' AND attempts = $2 AND sealed_payload = $3`,
);
// An album that has grown meanwhile is due when it is whole, and a taker after us holds it for himself.
const RENEW = statement(
  'media-renew',
  `UPDATE timers SET due_at = business_now() + interval '60 seconds' WHERE id = $1 AND state = 'OPEN' AND attempts = $2 AND sealed_payload = $3`,
);
// Sealed anew it is another payload: whoever had it before us renews and parks no more.
const LATER = statement(
  'media-later',
  `UPDATE timers SET attempts = 0, due_at = business_now() + $3 * interval '1 millisecond', sealed_payload = $4 WHERE id = $1 AND state = 'OPEN' AND sealed_payload = $2`,
);
// The sender is asked for it again: what the errand carries is of no more use.
const PARK = statement(
  'media-park',
  `UPDATE timers SET state = 'PARKED', sealed_payload = NULL WHERE id = $1 AND state = 'OPEN' AND attempts = $2 AND sealed_payload = $3 RETURNING id`,
);
const PLACE = statement('media-place', 'SELECT id, account, chat, thread, actor FROM conversations WHERE id = $1');
// An album that has grown while its first files were fetched has another payload: what was fetched is left, and fetched again.
const DONE = statement(
  'media-done',
  `UPDATE timers SET state = 'FIRED', fired_at = business_now(), sealed_payload = NULL WHERE id = $1 AND state = 'OPEN' AND sealed_payload = $2 RETURNING id`,
);

const MAX_BYTES = 20 * 1024 * 1024;
/** Tries that end by our fault, or with our end. */
const MAX_FAULTS = 4;
/** As long as a message is tried to be sent: a platform whose downloads are away for two hours loses nothing. */
const PATIENCE_MS = 2 * 3_600_000;
/** What a platform does not give is asked for again after as long as it has been missed, within these. */
const SHORTEST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 600_000;
/** How often a lease of 60 s is renewed: two may fail before another takes the errand and fetches everything again. */
const RENEW_MS = 20_000;

interface LeasedTimer {
  readonly id: bigint;
  readonly key: string;
  /** The conversation. */
  readonly subject_id: string | null;
  readonly sealed_payload: Buffer;
  /** Leases since the platform was last asked in vain: those that end otherwise end by our fault. */
  readonly attempts: number;
  readonly trace_id: string;
}

/**
 * Fetches the files of one message, or of one album; returns 1, or 0 when none is waiting. An errand that fails by our
 * fault again and again, or that processes die of, is parked: the operator gets an incident, the sender a word.
 * @param isTried Only what has failed before or, with `false`, only what has not. Who takes what has failed one by one dies of
 *   no more than one.
 */
export async function fetchNext(deps: MediaJobDeps, isTried?: boolean): Promise<number> {
  const [row] = await deps.database.query<LeasedTimer>(LEASE, [isTried ?? null]);
  if (!row) return 0;
  hit('media.leased');
  try {
    if (row.attempts > MAX_FAULTS) throw new Error(`${MAX_FAULTS} processes died while they fetched it`);
    await held(deps, row, async () => run(deps, row));
  } catch (error) {
    if (isBlameless(error)) await forgive(deps, row);
    if (isBlameless(error) || row.attempts < MAX_FAULTS) throw error; // the lease runs out and it is tried again
    deps.log.error({ event: 'media.parked', timerId: String(row.id), traceId: row.trace_id, error: errorText(error) });
    await park(deps, row);
  }
  return 1;
}

async function forgive(deps: MediaJobDeps, { id, attempts, sealed_payload: payload }: LeasedTimer): Promise<void> {
  await deps.database.query(FORGIVE, [id, attempts, payload]).catch(() => undefined); // the fault itself is told
}

/**
 * Keeps the errand ours during `work`: one file may take longer than the lease, an album many times as long. Each call to
 * a platform has an end of its own, so nobody holds it for ever; whoever dies renews no more.
 */
async function held(deps: MediaJobDeps, row: LeasedTimer, work: () => Promise<void>): Promise<void> {
  const renew = async (): Promise<void> => {
    await deps.database.query(RENEW, [row.id, row.attempts, row.sealed_payload]).catch((error: unknown) => {
      deps.log[levelOf(error, 'warn')]({
        event: 'media.renew_failed',
        timerId: String(row.id),
        error: errorText(error),
      });
    });
  };
  const beat = setInterval(() => void renew(), RENEW_MS);
  try {
    await work();
  } finally {
    clearInterval(beat);
  }
}

async function park(deps: MediaJobDeps, row: LeasedTimer): Promise<void> {
  await inUnit(deps.unit, async (unit) => {
    if ((await unit.tx.query(PARK, [row.id, row.attempts, row.sealed_payload])).length === 0) return;
    const [place] = await unit.tx.query<Place>(PLACE, [row.subject_id]);
    if (!place) return;
    await tellParked(unit, {
      place,
      via: 'timer',
      traceId: row.trace_id,
      incident: { kind: 'media.parked', subject: { kind: 'timer', id: String(row.id) } },
    });
  });
}

async function run(deps: MediaJobDeps, row: LeasedTimer): Promise<void> {
  const errand = deps.keys.openJson(`timers.sealed_payload.${row.key}`, row.sealed_payload) as MediaErrand;
  const { now } = await readTimes(deps.database);
  const missedMs = errand.missedSince === undefined ? 0 : now.getTime() - Date.parse(errand.missedSince);
  const taken = await takeAll(deps, errand, { now, isLast: missedMs >= PATIENCE_MS });
  hit('media.stored');
  if ('retryAfterMs' in taken) {
    const waitMs = Math.max(taken.retryAfterMs, Math.min(Math.max(missedMs, SHORTEST_WAIT_MS), LONGEST_WAIT_MS));
    const missed: MediaErrand = { missedSince: now.toISOString(), ...errand };
    const sealed = deps.keys.sealJson(`timers.sealed_payload.${row.key}`, missed);
    await deps.database.query(LATER, [row.id, row.sealed_payload, waitMs, sealed]);
  } else await keep(deps, row, errand, taken);
}

/** What was stored belongs to its messages, and the conversation hears of it. */
async function keep(deps: MediaJobDeps, row: LeasedTimer, errand: MediaErrand, taken: readonly Taken[]): Promise<void> {
  const stored = await deps.database.transaction(async (tx) => {
    if ((await tx.query(DONE, [row.id, row.sealed_payload])).length === 0) return false;
    const { now } = await readTimes(tx);
    for (const { message, tokens } of taken)
      await deps.attach(
        tx,
        { inboxId: BigInt(message.inboxId), conversationId: errand.conversationId },
        tokens.flatMap((token) => (typeof token['fileId'] === 'string' ? [token['fileId']] : [])),
      );
    const media = asOne(taken.flatMap(({ tokens }) => tokens));
    return insertInternal(tx, deps.keys, {
      key: row.key,
      conversationId: errand.conversationId,
      kind: 'media',
      body: { internal: 'media', caption: captionOf(errand), media },
      now,
    });
  });
  hit('media.committed');
  if (stored) deps.wake('inbox');
}

/** A message with what became of its files. */
interface Taken {
  readonly message: MediaMessage;
  readonly tokens: readonly MediaToken[];
}

/** All words that came with the files; of an album often only one message has some. */
function captionOf({ messages }: MediaErrand): string {
  return messages
    .map(({ caption }) => caption)
    .filter((caption) => caption !== '')
    .join('\n');
}

/**
 * Fetches and stores all files; what may not be stored is not fetched. What cannot be had now is tried again, all of it,
 * and on the last try counts as unreadable.
 */
async function takeAll(
  deps: MediaJobDeps,
  errand: MediaErrand,
  { now, isLast }: { readonly now: Date; readonly isLast: boolean },
): Promise<readonly Taken[] | Later> {
  const { messages, account, actor, about } = errand;
  const caption = captionOf(errand);
  const target = await deps.intake.target({ actor, caption, ...(about === undefined ? {} : { about }) });
  if (target.kind === 'refused') return refuseAll(errand, target.reason);
  const taken: Taken[] = [];
  for (const message of messages) {
    const tokens: MediaToken[] = [];
    for (const media of message.media) {
      const fetched = await fetchOne(deps, account, media);
      const isMissing = typeof fetched === 'object' && 'retryAfterMs' in fetched;
      if (isMissing && !isLast) return fetched;
      const whose = { customerId: target.customerId, now };
      tokens.push(describe(media, message, await put(deps, media, isMissing ? 'gone' : fetched, whose)));
    }
    taken.push({ message, tokens });
  }
  return taken;
}

/** Nobody's files: an album is told so once. */
function refuseAll({ messages }: MediaErrand, reason: string): readonly Taken[] {
  return messages.map((message, index) => {
    const media = message.media[0]?.album !== undefined && index > 0 ? [] : message.media;
    return { message, tokens: media.map((one) => describe(one, message, { refused: reason })) };
  });
}

/** Files that came together are answered once: the last one that was stored speaks for all, the others are filed in silence. */
function asOne(tokens: readonly MediaToken[]): readonly MediaToken[] {
  const isStored = (token: MediaToken): boolean => token['fileId'] !== undefined && token['album'] !== undefined;
  const several = tokens.filter(isStored).length;
  const last = tokens.findLastIndex(isStored);
  if (several < 2) return tokens;
  return tokens.map((token, index) => {
    if (!isStored(token)) return token;
    return index === last ? { ...token, several } : { ...token, silent: true };
  });
}

async function put(
  deps: MediaJobDeps,
  media: MediaRef,
  fetched: Exclude<Fetched, Later>,
  whose: { readonly customerId: string; readonly now: Date },
): Promise<{ readonly fileId: string } | { readonly refused: string }> {
  if (fetched === 'too_big') return { refused: 'too_big' };
  if (fetched === 'gone') return { refused: 'unreadable' };
  // What a platform hands over as a picture says by that what it is.
  const mime = media.mime ?? (media.kind === 'image' ? 'image/*' : '');
  return deps.intake.store({ ...whose, bytes: fetched, name: media.name ?? '', mime });
}

function describe(
  media: MediaRef,
  message: MediaMessage,
  outcome: { readonly fileId: string } | { readonly refused: string },
): MediaToken {
  const { caption, arrival } = message;
  return { ...outcome, name: media.name ?? '', caption, ...arrival, ...albumOf(media, message) };
}

/** Files that were sent together: the platform's album, or one message with several files. */
function albumOf(media: MediaRef, message: MediaMessage): { readonly album?: string } {
  if (media.album !== undefined) return { album: media.album };
  return message.media.length > 1 ? { album: message.inboxId } : {};
}

/** The platform does not give it now, and not before so long; 0 where it does not say. */
interface Later {
  readonly retryAfterMs: number;
}

type Fetched = Buffer | 'too_big' | 'gone' | Later;

/** What may be had once the platform, or our access to it, is whole again. */
const PASSING: ReadonlySet<ChannelFailure> = new Set(['retry', 'wait', 'unknown', 'breaker', 'refresh']);

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
      ...(error.cause === undefined ? {} : { error: errorText(error.cause) }),
    });
    if (error.code === 'too_big') return 'too_big';
    return PASSING.has(error.failure) ? { retryAfterMs: error.retryAfterMs ?? 0 } : 'gone';
  }
}
