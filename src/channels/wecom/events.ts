/** Decrypted callbacks as neutral events [doc 90239, 90240]. Whatever is authentic but not understood becomes `other`. */
import { hash } from 'node:crypto';
import { parseCardKey } from '../card.ts';
import type { Happening, InboundEvent, MediaRef } from '../channel.ts';
import { personId } from '../person-id.ts';
import type { XmlFields, XmlValue } from './xml.ts';

/** `FromUserName` of events that no person caused. */
const SYSTEM_USER = 'sys';
/** CreateTime is seconds; beyond the year 5138 it is something else. */
const MAX_SECONDS = 100_000_000_000;

/** One decrypted callback. */
export interface Callback {
  readonly account: string;
  readonly fields: XmlFields;
  /** The plaintext itself: a redelivery carries the same one under another signature. */
  readonly plaintext: string;
  readonly now: Date;
}

/** The text of a field; empty when it is missing or not a text. */
export function text(fields: XmlFields, name: string): string {
  const value = fields.get(name);
  return typeof value === 'string' ? value : '';
}

/** The member who wrote, pressed or entered, as the platform spells him; empty for what it reports itself. */
export function senderOf(fields: XmlFields): string {
  const from = text(fields, 'FromUserName');
  return from === SYSTEM_USER && text(fields, 'MsgType') === 'event' ? '' : from;
}

/** The event inside a callback. */
export function toInboundEvent(callback: Callback): InboundEvent {
  const { account, fields, now } = callback;
  const sender = personId(account, senderOf(fields));
  const deliveryKeys = deliveryKeysOf(callback);
  return {
    platform: 'wecom',
    address: { account, chat: sender === '' ? SYSTEM_USER : sender },
    sender,
    deliveryKeys,
    occurredAt: createdAt(text(fields, 'CreateTime'), now),
    happening: sender === '' ? other(fields) : happeningOf(fields, deliveryKeys[0]),
  };
}

/**
 * Messages are known by MsgId. The documented key of events, sender and second, is too coarse (two customers added in one
 * second collide), so theirs is a digest of the plaintext; presses also by task and response code, which is new for each.
 */
function deliveryKeysOf({ account, fields, plaintext }: Callback): [string, ...string[]] {
  const messageId = text(fields, 'MsgId');
  if (messageId !== '' && text(fields, 'MsgType') !== 'event') return [`msg:${messageId}`];
  const digest = `event:${hash('sha256', `${account}\n${plaintext}`)}`;
  const responseCode = text(fields, 'ResponseCode');
  return responseCode === '' ? [digest] : [digest, `tap:${text(fields, 'TaskId')}:${responseCode}`];
}

function happeningOf(fields: XmlFields, key: string): Happening {
  const type = text(fields, 'MsgType');
  if (type === 'event') return eventHappening(fields, key);
  if (type === '') return other(fields);
  const messageId = text(fields, 'MsgId') || key;
  const message = messageContent(type, fields);
  return message === undefined
    ? { kind: 'unreadable', messageId, what: type.slice(0, 40) }
    : { kind: 'message', messageId, ...message };
}

function messageContent(type: string, fields: XmlFields): { text: string; media: readonly MediaRef[] } | undefined {
  switch (type) {
    case 'text':
      return { text: text(fields, 'Content'), media: [] };
    case 'image':
    case 'video':
      return { text: '', media: [{ id: text(fields, 'MediaId'), kind: type }] };
    case 'voice':
      return {
        text: '',
        media: [{ id: text(fields, 'MediaId'), kind: 'voice', ...voiceMime(text(fields, 'Format')) }],
      };
    case 'link':
      return { text: lines(text(fields, 'Title'), text(fields, 'Description'), text(fields, 'Url')), media: [] };
    default:
      return undefined;
  }
}

function eventHappening(fields: XmlFields, key: string): Happening {
  switch (text(fields, 'Event')) {
    case 'subscribe':
      return { kind: 'reachable', reachable: true };
    case 'unsubscribe':
      return { kind: 'reachable', reachable: false };
    case 'enter_agent':
      return { kind: 'opened' };
    // A menu item is a word somebody need not type; its key is that word.
    case 'click':
      return { kind: 'message', messageId: key, text: text(fields, 'EventKey'), media: [] };
    case 'template_card_event':
    case 'template_card_menu_event':
      return press(fields);
    default:
      return other(fields);
  }
}

function press(fields: XmlFields): Happening {
  const ours = parseCardKey(text(fields, 'EventKey'));
  if (ours === undefined) return other(fields);
  return {
    kind: 'action',
    cardId: ours.id,
    revision: ours.revision,
    verb: ours.verb,
    selected: selectedOptions(fields),
    handle: { responseCode: text(fields, 'ResponseCode'), taskId: text(fields, 'TaskId') },
  };
}

/** One entry per question; several options of one question are joined by a comma. */
function selectedOptions(fields: XmlFields): Record<string, string> {
  const selected: Record<string, string> = {};
  for (const item of list(child(fields.get('SelectedItems'), 'SelectedItem'))) {
    const question = child(item, 'QuestionKey');
    const options = list(child(child(item, 'OptionIds'), 'OptionId')).filter((option) => typeof option === 'string');
    if (typeof question === 'string' && options.length > 0) selected[question] = options.join(',');
  }
  return selected;
}

function child(value: XmlValue | undefined, name: string): XmlValue | undefined {
  return isElement(value) ? value[name] : undefined;
}

function list(value: XmlValue | undefined): readonly XmlValue[] {
  return isList(value) ? value : value === undefined ? [] : [value];
}

function isList(value: XmlValue | undefined): value is readonly XmlValue[] {
  return Array.isArray(value);
}

function isElement(value: XmlValue | undefined): value is { readonly [name: string]: XmlValue } {
  return typeof value === 'object' && !isList(value);
}

/** `event.change_external_contact.add_external_contact`, `file` …: the platform's own words, cut to something storable. */
function other(fields: XmlFields): Happening {
  const words = ['MsgType', 'Event', 'ChangeType'].map((name) => text(fields, name)).filter((word) => word !== '');
  return { kind: 'other', what: words.join('.').slice(0, 100) || 'unknown' };
}

function createdAt(seconds: string, now: Date): Date {
  return /^\d{1,11}$/.test(seconds) && Number(seconds) < MAX_SECONDS ? new Date(Number(seconds) * 1000) : now;
}

function voiceMime(format: string): { mime: string } | undefined {
  return /^[a-z]{1,8}$/i.test(format) ? { mime: `audio/${format.toLowerCase()}` } : undefined;
}

function lines(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n');
}
