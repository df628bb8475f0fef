/** What a conversation puts on the timeline: who writes it down belongs to the domain. */
import type { Happening } from '../../channels/channel.ts';
import { platformOf } from '../../db/conversations.ts';
import type { BusinessDate } from '../../lib/business-date.ts';
import { namesIn, readMessage, type Reading } from '../conversation/index.ts';
import type { Actor } from '../operations/actor.ts';
import type { Effects } from '../operations/effects.ts';
import type { Turn } from '../unit/unit.ts';
import type { InternalEvent, SetAside, StoredEvent } from './turns.ts';

/** A line of the timeline that came in. */
export interface IncomingItem {
  readonly conversationId: string;
  readonly platform: string;
  readonly kind: string;
  readonly actorKind: string;
  readonly actorId: string;
  readonly messageId: string | null;
  readonly text: string;
  readonly inboxId: bigint;
  readonly fileIds: readonly string[];
  readonly customers: readonly string[];
  /** Names to hide in the searchable copy; more may be known by the time it is written. */
  readonly concealed: Iterable<string>;
}

/** What an event says of itself on the timeline; the rest is known of the turn. */
export type Line = Pick<IncomingItem, 'kind' | 'messageId' | 'text'> & Partial<Pick<IncomingItem, 'fileIds'>>;

/** Where and by whom a line was said. */
interface Said {
  readonly turn: Turn;
  readonly stored: StoredEvent;
  readonly conversation: { readonly id: string; readonly account: string };
  readonly actor: Actor;
}

/** A line with all that is known of its turn. */
export function lineOf({ turn, stored, conversation, actor }: Said, line: Line): IncomingItem {
  return {
    conversationId: conversation.id,
    platform: platformOf(conversation.account),
    actorKind: actor.kind,
    actorId: actor.id,
    inboxId: stored.id,
    fileIds: [],
    customers: [...turn.effects.touched],
    concealed: turn.effects.concealed,
    ...line,
  };
}

/** Files the lines of a conversation that are still to be written with this customer too. */
export function linkItems(items: IncomingItem[], conversationId: string, customerId: string): void {
  for (const [at, item] of items.entries())
    if (item.conversationId === conversationId && !item.customers.includes(customerId))
      items[at] = { ...item, customers: [...item.customers, customerId] };
}

/** An edit or deletion that the platform reported. */
export interface ItemChange {
  readonly conversationId: string;
  readonly messageId: string;
  readonly inboxId: bigint;
  readonly kind: 'EDITED' | 'DELETED';
  /** The message may stand in another conversation: its chat's, or any direct one of the account. */
  readonly isAnyones?: boolean;
  readonly text?: string;
  /** Names to hide in the searchable copy. */
  readonly concealed?: Iterable<string>;
}

/** A change, and what stands in for the message when that never came: an edit carries all its words. */
export interface ReportedChange {
  readonly change: ItemChange;
  /** Asked when it is written: by then it may be known whose chat it is. */
  readonly standIn?: () => IncomingItem;
}

/** What the platform reports of an earlier message, as a line of the timeline. `place`: the conversation, the inbox row. */
export function changeOf(
  happening: Extract<Happening, { kind: 'edited' | 'deleted' }>,
  [conversationId, inboxId]: readonly [string, bigint],
  names: Iterable<string>,
): ItemChange {
  const { messageId } = happening;
  if (happening.kind === 'deleted')
    return { conversationId, messageId, inboxId, kind: 'DELETED', isAnyones: happening.isAnyones === true };
  const { text } = happening;
  return { conversationId, messageId, inboxId, kind: 'EDITED', text, concealed: names };
}

/** Reads a person's words. Whoever writes, and whatever becomes of it: names stay out of the searchable copy. */
export function readConcealing(effects: Pick<Effects, 'conceal'>, text: string, today: BusinessDate): Reading {
  const reading = readMessage(text, today);
  for (const fact of reading.understanding.facts) if (fact.name === 'name') effects.conceal(String(fact.value));
  for (const name of namesIn(text)) effects.conceal(name);
  return reading;
}

/** Files that came through an upload page, as a line of the timeline. */
export function uploadLine({
  caption,
  media,
}: Extract<InternalEvent, { internal: 'media' }>): Pick<IncomingItem, 'kind' | 'messageId' | 'text' | 'fileIds'> {
  const fileIds = media.flatMap(({ fileId }) => (typeof fileId === 'string' ? [fileId] : []));
  return { kind: 'file', messageId: null, text: caption, fileIds };
}

/** Kinds of events that are something a person said or did in the chat, and how they stand on the timeline. */
const SPOKEN: ReadonlyMap<string, string> = new Map([
  ['message', 'text'],
  ['action', 'action'],
  ['start', 'start'],
  ['contact', 'contact'],
  ['unreadable', 'unreadable'],
]);

type SetAsideLine = Pick<IncomingItem, 'kind' | 'messageId' | 'concealed' | 'fileIds'> & { readonly text?: string };

/**
 * How an event whose turn failed stands on the timeline; `undefined` for what is no message (an edit, a timer of our own).
 * Only a message has words: what a press or a contact means would be for the turn to say. `text` is absent where none can
 * be read.
 */
export function setAsideLine(
  platform: string,
  { kind, event }: SetAside,
  today: BusinessDate,
): SetAsideLine | undefined {
  if (event && 'internal' in event) {
    if (event.internal !== 'media' || event.uploaded !== true) return undefined;
    return { ...uploadLine(event), concealed: namesOf(event.caption, today) };
  }
  const spoken = kind === 'opened' && platform === 'telegram' ? 'start' : SPOKEN.get(kind);
  if (spoken === undefined) return undefined;
  const happening = event?.happening;
  const messageId = happening && 'messageId' in happening ? happening.messageId : null;
  if (happening?.kind !== 'message') return { kind: spoken, messageId, concealed: [], fileIds: [] };
  const { text, media } = happening;
  const concealed = namesOf(text, today);
  return { kind: media.length > 0 ? 'file' : spoken, messageId, text, concealed, fileIds: [] };
}

/** What an edit or a deletion whose turn failed changes; `undefined` for anything else. */
export function setAsideChange(
  conversationId: string,
  { id, event }: SetAside,
  today: BusinessDate,
): ItemChange | undefined {
  if (!event || 'internal' in event) return undefined;
  const { happening } = event;
  if (happening.kind !== 'edited' && happening.kind !== 'deleted') return undefined;
  const names = happening.kind === 'edited' ? namesOf(happening.text, today) : [];
  return changeOf(happening, [conversationId, id], names);
}

function namesOf(text: string, today: BusinessDate): readonly string[] {
  const { facts } = readMessage(text, today).understanding;
  return [...facts.flatMap((fact) => (fact.name === 'name' ? [String(fact.value)] : [])), ...namesIn(text)];
}
