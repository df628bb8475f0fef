/** Events API payloads (messages, mentions, app home …) as `InboundEvent`s. Pure; shapes: @slack/types events. */
import { z } from 'zod';
import type { Address, Happening, InboundEvent, MediaRef } from '../channel.ts';
import { decodeMrkdwn, mentions, withoutLeadingMention } from './mrkdwn.ts';

/** What stays the same for all payloads of one account. */
export interface EventScope {
  readonly account: string;
  /** Used where a payload carries no time of its own. */
  readonly now: Date;
}

const slackFile = z.looseObject({
  id: z.string().min(1),
  name: z.string().nullish(),
  mimetype: z.string().nullish(),
  size: z.number().nullish(),
});

const innerMessage = z.looseObject({
  ts: z.string().optional(),
  user: z.string().optional(),
  text: z.string().nullish(),
  subtype: z.string().optional(),
  bot_id: z.string().nullish(),
  app_id: z.string().nullish(),
  edited: z.looseObject({ user: z.string().optional() }).optional(),
  thread_ts: z.string().optional(),
  parent_user_id: z.string().optional(),
});
type InnerMessage = z.infer<typeof innerMessage>;

const slackEvent = innerMessage.extend({
  type: z.string().min(1),
  channel: z.string().optional(),
  channel_type: z.string().optional(),
  event_ts: z.string().optional(),
  deleted_ts: z.string().optional(),
  files: z.array(slackFile).optional(),
  message: innerMessage.optional(),
  previous_message: innerMessage.optional(),
});
type SlackEvent = z.infer<typeof slackEvent>;

const eventCallback = z.looseObject({
  event_id: z.string().min(1),
  event_time: z.number().optional(),
  team_id: z.string().optional(),
  api_app_id: z.string().optional(),
  authorizations: z.array(z.looseObject({ user_id: z.string().nullish(), is_bot: z.boolean().optional() })).optional(),
  event: slackEvent,
});
type EventCallback = z.infer<typeof eventCallback>;

/** Message subtypes that are still a person speaking to us. */
const SPOKEN = new Set(['file_share', 'me_message', 'thread_broadcast']);

/** `undefined` = not an event callback; empty = an echo of our own doing (a card redrawn, our own post). */
export function readEventCallback(body: unknown, scope: EventScope): readonly InboundEvent[] | undefined {
  const parsed = eventCallback.safeParse(body);
  if (!parsed.success) return undefined;
  const envelope = parsed.data;
  const { event } = envelope;
  if (event.type === 'message' || event.type === 'app_mention') return readMessage(envelope, scope);
  const happening: Happening =
    event.type === 'app_home_opened' ? { kind: 'opened' } : { kind: 'other', what: event.type };
  return [inbound(envelope, scope, { happening, keys: [envelope.event_id] })];
}

/** Who spoke to us in his direct message, and its id. A slash command's channel may be the talk of two other people. */
export function directMessageOf(
  body: unknown,
): { readonly person: string | undefined; readonly channel: string | undefined } | undefined {
  const event = eventCallback.safeParse(body).data?.event;
  return event && !event.bot_id ? { person: event.user, channel: event.channel } : undefined;
}

function readMessage(envelope: EventCallback, scope: EventScope): readonly InboundEvent[] {
  const { event } = envelope;
  const author = authorOf(event);
  if (isOurOwn(author, envelope)) return [];
  if (author.bot_id) return other(envelope, scope, 'message:bot');
  if (event.subtype === 'message_changed') return readChange(envelope, scope);
  if (event.subtype === 'message_deleted') return readDeletion(envelope, scope);
  if (event.subtype !== undefined && !SPOKEN.has(event.subtype)) {
    return other(envelope, scope, `message:${event.subtype}`);
  }
  if (!isForUs(event, envelope)) return other(envelope, scope, `message:${event.channel_type ?? 'channel'}`);
  return readSpoken(envelope, scope);
}

function readSpoken(envelope: EventCallback, scope: EventScope): readonly InboundEvent[] {
  const { event } = envelope;
  if (event.channel === undefined || event.ts === undefined || event.user === undefined) {
    return other(envelope, scope, `${event.type}:incomplete`);
  }
  const text = wordsOf(event, event.channel);
  const media = (event.files ?? []).map(toMedia);
  const happening: Happening = { kind: 'message', messageId: event.ts, text, media };
  // app_mention and message tell of the same sentence under two event ids; channel and ts unite them.
  const keys: Keys = [envelope.event_id, `${envelope.team_id ?? ''}:${event.channel}:${event.ts}`];
  return [inbound(envelope, scope, { happening, keys })];
}

/** What was said, as it was meant: in a channel without the mention that addressed us. */
function wordsOf({ text }: InnerMessage, channel: string): string {
  const raw = text ?? '';
  return decodeMrkdwn(isDirect(channel) ? raw : withoutLeadingMention(raw));
}

function readChange(envelope: EventCallback, scope: EventScope): readonly InboundEvent[] {
  const { message, previous_message: previous, channel = '' } = envelope.event;
  if (message?.ts === undefined) return other(envelope, scope, 'message_changed:incomplete');
  if (isStone(message)) return gone(envelope, scope, message.ts);
  // Link previews fire the same event without an edit.
  if (message.edited === undefined && message.text === previous?.text)
    return other(envelope, scope, 'message_changed:unfurl');
  // What was said to us stays so, even if our name is taken out of it.
  if (![message, previous].some((one) => one && isForUs(one, envelope)))
    return other(envelope, scope, 'message_changed');
  const happening: Happening = { kind: 'edited', messageId: message.ts, text: wordsOf(message, channel) };
  return [inbound(envelope, scope, { happening, keys: [envelope.event_id] })];
}

function readDeletion(envelope: EventCallback, scope: EventScope): readonly InboundEvent[] {
  const { deleted_ts: deleted, previous_message: previous } = envelope.event;
  if (isStone(previous)) return []; // what stood there was deleted when the stone was set
  const ts = deleted ?? previous?.ts;
  return ts === undefined ? other(envelope, scope, 'message_deleted:incomplete') : gone(envelope, scope, ts);
}

/** Whatever it said at the end: it may have been for us before an edit, and one that we do not have is nothing to us. */
function gone(envelope: EventCallback, scope: EventScope, messageId: string): readonly InboundEvent[] {
  const { previous_message: was } = envelope.event;
  // Without what stood there nobody is named, and a direct message goes by its person: whether we have it is looked up.
  const happening: Happening = { kind: 'deleted', messageId, ...(was ? {} : { isAnyones: true }) };
  return [inbound(envelope, scope, { happening, keys: [envelope.event_id] })];
}

/** Every `chat.update` of ours comes back as `message_changed`, every post as `message`. */
function isOurOwn(author: InnerMessage, envelope: EventCallback): boolean {
  if (author.app_id && author.app_id === envelope.api_app_id) return true;
  return author.user !== undefined && author.user === botUser(envelope);
}

/** In a group only what mentions us or answers us in a thread is ours to hear. */
function isForUs(message: InnerMessage, envelope: EventCallback): boolean {
  const { event } = envelope;
  if (event.type === 'app_mention' || isDirect(event.channel ?? '')) return true;
  const bot = botUser(envelope);
  if (bot === undefined) return false;
  return mentions(message.text ?? '', bot) || message.parent_user_id === bot;
}

function botUser(envelope: EventCallback): string | undefined {
  return envelope.authorizations?.find((one) => one.is_bot === true)?.user_id ?? undefined;
}

/** Direct messages have ids that begin with D. */
function isDirect(channel: string): boolean {
  return channel.startsWith('D');
}

type Keys = readonly [string, ...string[]];

/** Only the event id: a channel message we do not listen to must not swallow the mention that follows it. */
function other(envelope: EventCallback, scope: EventScope, what: string): readonly InboundEvent[] {
  return [inbound(envelope, scope, { happening: { kind: 'other', what }, keys: [envelope.event_id] })];
}

function inbound(envelope: EventCallback, scope: EventScope, told: { happening: Happening; keys: Keys }): InboundEvent {
  const { event } = envelope;
  const sender = senderOf(event);
  const thread = threadOf(authorOf(event));
  return {
    platform: 'slack',
    address: addressOf(scope.account, { channel: event.channel, person: sender, thread }),
    sender,
    deliveryKeys: told.keys,
    occurredAt: instantOf(event.event_ts ?? event.ts, envelope.event_time, scope.now),
    happening: told.happening,
  };
}

function senderOf(event: SlackEvent): string {
  const { edited, user } = authorOf(event);
  return event.user ?? edited?.user ?? user ?? event.previous_message?.user ?? '';
}

/** The message as somebody wrote it, whatever became of it. */
function authorOf(event: SlackEvent): InnerMessage {
  const { message, previous_message: previous } = event;
  return (isStone(message) ? previous : message) ?? previous ?? event;
}

/** In the place of a deleted message that has replies Slack puts one of its own, from `USLACKBOT`. */
function isStone(message: InnerMessage | undefined): boolean {
  return message?.subtype === 'tombstone';
}

/** The thread a message was written in. One that others answered carries its own stamp there: it began the thread. */
export function threadOf(message: {
  readonly ts?: string | undefined;
  readonly thread_ts?: string | undefined;
}): string | undefined {
  return message.thread_ts === message.ts ? undefined : message.thread_ts;
}

/**
 * The conversation something belongs to. A direct message goes by the person and not by its D… id: a slash command typed
 * anywhere, the press of a button and what we write to him of our own accord know only him, and all of it is one talk.
 */
export function addressOf(
  account: string,
  { channel, person, thread }: { channel: string | undefined; person: string; thread: string | undefined },
): Address {
  const chat = channel ?? person;
  // In a direct message threads are only a way of replying: the talk stays one.
  if (isDirect(chat)) return { account, chat: person === '' ? chat : person };
  if (chat === person) return { account, chat };
  return { account, chat, ...(thread === undefined ? {} : { thread }), ...(person === '' ? {} : { actor: person }) };
}

/** In seconds; what lies beyond is no date PostgreSQL or a person could read. */
const YEAR_10000 = 253_402_300_800;

/** A Slack stamp (`1760000000.000100`, seconds) as an instant. */
export function instantOf(ts: string | undefined, seconds: number | undefined, fallback: Date): Date {
  const value = ts === undefined ? seconds : Number(ts);
  return value !== undefined && value > 0 && value < YEAR_10000 ? new Date(Math.floor(value * 1000)) : fallback;
}

function toMedia(file: z.infer<typeof slackFile>): MediaRef {
  const mime = file.mimetype ?? undefined;
  return {
    id: file.id,
    kind: mediaKind(mime),
    uniqueId: file.id,
    ...(file.name ? { name: file.name } : {}),
    ...(mime ? { mime } : {}),
    ...(typeof file.size === 'number' ? { size: file.size } : {}),
  };
}

function mediaKind(mime: string | undefined): MediaRef['kind'] {
  if (mime?.startsWith('image/')) return 'image';
  if (mime?.startsWith('audio/')) return 'voice';
  return mime?.startsWith('video/') ? 'video' : 'file';
}
