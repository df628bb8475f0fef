/**
 * Files that came with messages, handed to the media job by a timer: fetching is a call to the platform and never happens
 * inside a transaction. The messages of an album have no end marker; they gather in one timer that each of them puts off,
 * and when nothing more has come for a moment they are handed over together.
 */
import type { MediaRef } from '../../channels/channel.ts';
import { statement } from '../../db/database.ts';
import type { Actor } from '../operations/actor.ts';
import { writeTimers } from '../timers/timers.ts';
import type { Turn } from '../unit/unit.ts';
import type { Arrival } from './arrivals.ts';

/** A message with files, as it lies in the inbox. */
export interface MediaMessage {
  readonly inboxId: string;
  readonly caption: string;
  readonly media: readonly MediaRef[];
  /** When it came and the how many-th it was then; absent in what an older release handed over. */
  readonly arrival?: Arrival;
}

/** What the media job gets: one message, or those of an album in the order they came. */
export interface MediaErrand {
  readonly conversationId: string;
  readonly account: string;
  readonly actor: Actor;
  /** The K-number of the form that was open: a colleague's file is that customer's, unless its words name another. */
  readonly about?: string;
  readonly messages: readonly MediaMessage[];
  /** Since when the platform has been asked in vain, as an ISO instant of business time. */
  readonly missedSince?: string;
}

/** How long an album has to be quiet to be whole. Telegram delivers its messages within a few hundred milliseconds. */
const ALBUM_QUIET_MS = 1_500;
/** Telegram's most; an album that has so many need not be waited for, and nobody can put it off for ever. */
const MAX_ALBUM = 10;

const GATHERING = statement(
  'media-gathering',
  `SELECT state = 'OPEN' AS is_open, sealed_payload FROM timers WHERE key = $1 FOR UPDATE`,
);
const PUT_OFF = statement(
  'media-put-off',
  `UPDATE timers SET due_at = $2, sealed_payload = $3, attempts = 0 WHERE key = $1`,
);

/** Sets the timer for a message's files. A single message's is due at once, an album's when it has been quiet. */
export async function handOverMedia(turn: Turn, errand: MediaErrand): Promise<void> {
  const [message] = errand.messages;
  const album = message?.media[0]?.album;
  if (message === undefined) return;
  if (album === undefined) handOverAlone(turn, { ...errand, message });
  else await gather(turn, errand, `media:${errand.conversationId}:${album}`);
}

/** The same for one message by itself, due at once, be it of an album or not. Nothing that was gathered before is read. */
export function handOverAlone(
  turn: Turn,
  { message, ...whose }: Omit<MediaErrand, 'messages'> & { readonly message: MediaMessage },
): void {
  const errand = { ...whose, messages: [message] };
  turn.effects.setTimer(timerOf(errand, `media:${message.inboxId}`, turn.call.now));
}

async function gather(turn: Turn, errand: MediaErrand, key: string): Promise<void> {
  const { tx, now, services, traceId } = turn.call;
  const quietAt = new Date(now.getTime() + ALBUM_QUIET_MS);
  const [known] = await tx.query<{ is_open: boolean; sealed_payload: Buffer | null }>(GATHERING, [key]);
  if (!known) return writeTimers(tx, services.keys, traceId, [timerOf(errand, key, quietAt)]);
  const aad = `timers.sealed_payload.${key}`;
  const gathered =
    known.is_open && known.sealed_payload !== null
      ? (services.keys.openJson(aad, known.sealed_payload) as MediaErrand).messages
      : undefined;
  if (gathered === undefined || gathered.length >= MAX_ALBUM) {
    // A straggler of an album that has been handed over goes the way of a single message.
    const own = `${key}:${errand.messages[0]?.inboxId ?? ''}`;
    return writeTimers(tx, services.keys, traceId, [timerOf(errand, own, now)]);
  }
  const all: MediaErrand = { ...errand, messages: [...gathered, ...errand.messages] };
  const dueAt = all.messages.length < MAX_ALBUM ? quietAt : now;
  await tx.query(PUT_OFF, [key, dueAt, services.keys.sealJson(aad, all)]);
}

function timerOf(errand: MediaErrand, key: string, dueAt: Date): Parameters<typeof writeTimers>[3][number] {
  return { key, kind: 'media.fetch', dueAt, subjectId: errand.conversationId, payload: errand };
}
