/** Updates as `InboundEvent`s. Pure; shapes: reference §2.5, §2.6, §2.12. */
import { z } from 'zod';
import type { Address, Happening, InboundEvent, MediaRef } from '../channel.ts';
import { isSaidTo, withoutAddressee, type Self } from './groups.ts';
import { parsePressedKey, spokenBy } from './render.ts';

/** What we hear, named explicitly: an omitted list means "as last time". */
export const ALLOWED_UPDATES = ['message', 'edited_message', 'callback_query', 'my_chat_member'] as const;

/** What stays the same for all updates of one bot. */
export interface UpdateScope {
  readonly account: string;
  readonly self: Self;
  /** Used where an update carries no time of its own (callback queries). */
  readonly now: Date;
}

/** Unix seconds up to the year 9999. */
const unixTime = z.int().min(0).max(253_402_300_799);
const user = z.looseObject({ id: z.int(), is_bot: z.boolean().optional() });
const chat = z.looseObject({ id: z.int(), type: z.string() });
const sized = z.looseObject({
  file_id: z.string().min(1),
  file_unique_id: z.string().optional(),
  file_size: z.number().optional(),
});
const claimed = sized.extend({ file_name: z.string().optional(), mime_type: z.string().optional() });

const message = z.looseObject({
  message_id: z.int(),
  date: unixTime,
  edit_date: unixTime.optional(),
  chat,
  from: user.optional(),
  sender_chat: z.unknown().optional(),
  text: z.string().optional(),
  caption: z.string().optional(),
  is_topic_message: z.boolean().optional(),
  message_thread_id: z.int().optional(),
  media_group_id: z.string().optional(),
  reply_to_message: z
    .looseObject({ from: user.optional(), forum_topic_created: z.unknown().optional() })
    .optional()
    .catch(undefined),
  photo: z
    .array(sized.extend({ width: z.number(), height: z.number() }))
    .min(1)
    .optional(),
  document: claimed.optional(),
  animation: claimed.optional(),
  voice: claimed.optional(),
  audio: claimed.optional(),
  video: claimed.optional(),
  video_note: claimed.optional(),
  contact: z.looseObject({ phone_number: z.string(), user_id: z.int().optional() }).optional(),
});
type Message = z.infer<typeof message>;

const callbackQuery = z.looseObject({
  id: z.string().min(1),
  from: user,
  data: z.string().optional(),
  message: z
    .looseObject({
      message_id: z.int(),
      chat,
      is_topic_message: z.boolean().optional(),
      message_thread_id: z.int().optional(),
    })
    .optional(),
});
type CallbackQuery = z.infer<typeof callbackQuery>;

const memberChange = z.looseObject({
  chat,
  from: user,
  date: unixTime,
  new_chat_member: z.looseObject({ status: z.string() }),
});

const updateId = z.looseObject({ update_id: z.int() });
const messageUpdate = updateId.extend({ message });
const editUpdate = updateId.extend({ edited_message: message });
const callbackUpdate = updateId.extend({ callback_query: callbackQuery });
const memberUpdate = updateId.extend({ my_chat_member: memberChange });

/** True for anything that has an update id: the least Telegram sends. */
export function isUpdate(value: unknown): value is { readonly update_id: number } {
  return updateId.safeParse(value).success;
}

const inGroup = z.looseObject({ chat: z.looseObject({ type: z.string().refine((type) => type !== 'private') }) });
const groupTalk = z.union([z.looseObject({ message: inGroup }), z.looseObject({ edited_message: inGroup })]);

/** True for what is said in a group: whether it is said to us only our name tells. */
export function isGroupTalk(update: unknown): boolean {
  return groupTalk.safeParse(update).success;
}

/** A reader of one kind of update; `undefined` when the shape is not that kind's. */
export type ReadUpdate = (update: unknown, scope: UpdateScope) => InboundEvent | undefined;

/** A new message: talk, files, deep link, contact. */
export const readMessage: ReadUpdate = (update, scope) => {
  const parsed = messageUpdate.safeParse(update);
  if (!parsed.success) return undefined;
  const { update_id: id, message: said } = parsed.data;
  return fromMessage(said, scope, {
    id,
    happening: isFromPerson(said) ? meantFor(scope.self, said) : { kind: 'other', what: 'message:bot' },
  });
};

/** A changed text or caption; the message keeps its id. */
export const readEditedMessage: ReadUpdate = (update, scope) => {
  const parsed = editUpdate.safeParse(update);
  if (!parsed.success) return undefined;
  const { update_id: id, edited_message: said } = parsed.data;
  const text = said.text ?? said.caption;
  const happening: Happening =
    text === undefined || !isFromPerson(said) || !isForUs(scope.self, said)
      ? { kind: 'other', what: 'edited_message' }
      : { kind: 'edited', messageId: String(said.message_id), text: withoutAddressee(scope.self, text) };
  return fromMessage(said, scope, { id, happening });
};

/** A pressed inline button. */
export const readCallbackQuery: ReadUpdate = (update, scope) => {
  const parsed = callbackUpdate.safeParse(update);
  if (!parsed.success) return undefined;
  const { update_id: id, callback_query: query } = parsed.data;
  const sender = String(query.from.id);
  return {
    platform: 'telegram',
    address: query.message ? addressOf(query.message, scope.account, sender) : { account: scope.account, chat: sender },
    sender,
    deliveryKeys: [updateKey(id), `callback:${query.id}`],
    occurredAt: scope.now,
    happening: pressedBy(query),
  };
};

/** The bot was blocked, unblocked, added or removed. */
export const readMembership: ReadUpdate = (update, scope) => {
  const parsed = memberUpdate.safeParse(update);
  if (!parsed.success) return undefined;
  const { update_id: id, my_chat_member: change } = parsed.data;
  const { status } = change.new_chat_member;
  const sender = String(change.from.id);
  const isPrivate = change.chat.type === 'private';
  return {
    platform: 'telegram',
    address: addressOf({ chat: change.chat }, scope.account, sender),
    sender,
    deliveryKeys: [updateKey(id)],
    occurredAt: instant(change.date),
    happening: isPrivate
      ? { kind: 'reachable', reachable: status !== 'kicked' }
      : { kind: 'other', what: `my_chat_member:${status}` },
  };
};

/** An authentic update we have no use for; `what` is the name of its one field. */
export function unknownUpdate(update: { readonly update_id: number }, scope: UpdateScope): InboundEvent {
  const what = Object.keys(update).find((key) => key !== 'update_id') ?? 'empty';
  return {
    platform: 'telegram',
    address: { account: scope.account, chat: '' },
    sender: '',
    deliveryKeys: [updateKey(update.update_id)],
    occurredAt: scope.now,
    happening: { kind: 'other', what: word(what) },
  };
}

/** The query to be answered without words: a one-tap answer or a foreign button, whose handle no event carries. */
export function silentQuery(update: unknown): string | undefined {
  const parsed = callbackUpdate.safeParse(update);
  if (!parsed.success) return undefined;
  const { id, data } = parsed.data.callback_query;
  return parsePressedKey(data ?? '') ? undefined : id;
}

function isForUs(self: Self, said: Message): boolean {
  return said.chat.type === 'private' || isSaidTo(self, said);
}

/** Of what people say to each other only that they did; what happens in the chat itself stays what it is. */
function meantFor(self: Self, said: Message): Happening {
  const happening = happeningOf(self, said);
  if (happening.kind === 'other' || isForUs(self, said)) return happening;
  return { kind: 'other', what: `message:${word(said.chat.type)}` };
}

function happeningOf(self: Self, said: Message): Happening {
  const messageId = String(said.message_id);
  if (said.contact) {
    // Anybody's card can be forwarded; only a matching user id proves that the number is the sender's own.
    const own = said.chat.type === 'private' && said.contact.user_id === said.from?.id;
    return { kind: 'contact', messageId, phone: said.contact.phone_number, own };
  }
  const media = mediaOf(said);
  const text = said.text ?? said.caption;
  if (text === undefined && media.length === 0) return wordless(said, messageId);
  const start = /^\/start(?:@\w+)?(?:\s+([\w-]{1,64}))?\s*$/.exec(said.text ?? '');
  if (start) return start[1] === undefined ? { kind: 'opened' } : { kind: 'start', payload: start[1], messageId };
  return { kind: 'message', messageId, text: withoutAddressee(self, text ?? ''), media };
}

/** What a person can send that holds neither words nor a file. A venue carries its location as well. */
const WORDLESS = ['venue', 'location', 'sticker', 'poll', 'dice', 'game', 'story', 'checklist', 'paid_media'] as const;

/** Anything else without words tells of the chat itself (somebody joined, a message was pinned). */
function wordless(said: Message, messageId: string): Happening {
  const what = WORDLESS.find((name) => said[name] !== undefined);
  return what === undefined
    ? { kind: 'other', what: `message:${contentName(said)}` }
    : { kind: 'unreadable', messageId, what };
}

function mediaOf(said: Message): MediaRef[] {
  const album = said.media_group_id;
  return filesOf(said).map((file) => (album === undefined ? file : { ...file, album }));
}

function filesOf(said: Message): MediaRef[] {
  const photo = said.photo?.reduce((best, one) => (one.width * one.height > best.width * best.height ? one : best));
  if (photo) return [toMedia('image', photo)];
  // An animation repeats itself as a document.
  const moving = said.animation ?? said.video ?? said.video_note;
  if (moving) return [toMedia('video', moving)];
  if (said.voice) return [toMedia('voice', said.voice)];
  const file = said.document ?? said.audio;
  return file ? [toMedia('file', file)] : [];
}

function toMedia(kind: MediaRef['kind'], file: z.infer<typeof claimed>): MediaRef {
  return {
    id: file.file_id,
    kind,
    ...(file.file_name === undefined ? {} : { name: file.file_name }),
    ...(file.mime_type === undefined ? {} : { mime: file.mime_type }),
    ...(file.file_size === undefined ? {} : { size: file.file_size }),
    ...(file.file_unique_id === undefined ? {} : { uniqueId: file.file_unique_id }),
  };
}

function pressedBy(query: CallbackQuery): Happening {
  const data = query.data ?? '';
  const text = spokenBy(data);
  if (text !== undefined) return { kind: 'message', messageId: `callback:${query.id}`, text, media: [] };
  const key = parsePressedKey(data);
  if (!key) return { kind: 'other', what: 'callback_query' };
  const at = query.message;
  return {
    kind: 'action',
    cardId: key.id,
    revision: key.revision,
    verb: key.verb,
    selected: key.selected,
    handle: { query: query.id, ...(at ? { chat: String(at.chat.id), message: String(at.message_id) } : {}) },
  };
}

/** Anonymous admins and linked channels speak as a chat; there is nobody to hold to it. */
function isFromPerson(said: Message): boolean {
  return said.from !== undefined && said.from.is_bot !== true && said.sender_chat === undefined;
}

function fromMessage(said: Message, scope: UpdateScope, told: { id: number; happening: Happening }): InboundEvent {
  const sender = said.from === undefined ? '' : String(said.from.id);
  return {
    platform: 'telegram',
    address: addressOf(said, scope.account, sender),
    sender,
    deliveryKeys: [updateKey(told.id)],
    occurredAt: instant(said.edit_date ?? said.date),
    happening: told.happening,
  };
}

function addressOf(
  at: {
    chat: { id: number; type: string };
    is_topic_message?: boolean | undefined;
    message_thread_id?: number | undefined;
  },
  account: string,
  sender: string,
): Address {
  const base = { account, chat: String(at.chat.id) };
  if (at.chat.type === 'private') return base;
  const thread = at.is_topic_message === true ? at.message_thread_id : undefined;
  return {
    ...base,
    ...(thread === undefined ? {} : { thread: String(thread) }),
    ...(sender === '' ? {} : { actor: sender }),
  };
}

function updateKey(id: number): string {
  return `update:${String(id)}`;
}

function instant(seconds: number): Date {
  return new Date(seconds * 1000);
}

/** Fields every message has; what is left names its content. */
const FRAME = new Set([
  'message_id',
  'message_thread_id',
  'date',
  'edit_date',
  'chat',
  'from',
  'sender_chat',
  'is_topic_message',
  'reply_to_message',
  'reply_markup',
  'via_bot',
  'media_group_id',
  'author_signature',
  'has_protected_content',
  'forward_origin',
  'entities',
]);

function contentName(said: Message): string {
  return word(Object.keys(said).find((key) => !FRAME.has(key)) ?? 'empty');
}

function word(name: string): string {
  return name.replace(/[^a-z_]/g, '').slice(0, 40);
}
