/** What is set aside because it cannot be handled: an incident for whoever looks after the server, a word for the sender. */
import { setAsideChange, setAsideLine } from '../core/runtime/incoming.ts';
import { handOverAlone } from '../core/runtime/media-timer.ts';
import { actorOf, isUnknownStaff, sendersOf } from '../core/runtime/senders.ts';
import type { Place, SetAside } from '../core/runtime/turns.ts';
import { SYSTEM_ACTOR, type Actor } from '../core/operations/actor.ts';
import type { Services } from '../core/operations/context.ts';
import type { Turn, Unit } from '../core/unit/unit.ts';
import { platformOf } from '../db/conversations.ts';
import { attachToMessage, writeChange, writeIncoming } from '../domain/timeline/index.ts';
import { dateIn } from '../lib/business-date.ts';
import type { ParkHandler } from './inbox.ts';

/** Something that was set aside: where, and what the incident names. */
export interface Parked {
  readonly place: Place;
  readonly via: 'inbox' | 'timer';
  readonly traceId: string;
  readonly incident: { readonly kind: string; readonly subject: { readonly kind: string; readonly id: string } };
  /** What came in, where no turn has put it on the timeline. */
  readonly event?: SetAside;
}

/**
 * Opens the incident and tells the chat that this one thing was not handled; the conversation goes on. What came in and what
 * is said stand on the timeline, and on the file of the customer whose chat it is. None of the turn that failed is run.
 */
export async function tellParked(unit: Unit, { place, via, traceId, incident, event }: Parked): Promise<void> {
  const { id, account, chat, thread } = place;
  const events = event?.event === undefined ? [] : [{ event: event.event }];
  const [identity] = await sendersOf(unit, [{ conversation: place, events }]);
  if (!identity) throw new Error('a conversation without an identity');
  const person = actorOf(identity, 'zh-CN');
  const address = { account, chat, ...(thread === '' ? {} : { thread }) };
  const conversation = { id, platform: platformOf(account), address };
  const turn = unit.turn({ actor: SYSTEM_ACTOR, via, traceId, conversation });
  turn.effects.incident(incident);
  if (event?.kind === 'silence') return; // nobody has sent anything
  turn.effects.send({
    to: address,
    purpose: 'ANSWER',
    content: { kind: 'text', text: turn.call.services.texts.translate(person.language, 'talk.parked') },
    ...(person.kind === 'CUSTOMER' ? { customerId: person.id } : {}),
  });
  if (!event) return;
  fileEvent(unit, { place, person, event, services: turn.call.services });
  fetchFiles(turn, { place, person, event });
}

/** Tells of an event of the inbox; what `InboxJob` does with one that failed again and again. */
export const parkMessage: ParkHandler = async (unit, place, event) =>
  tellParked(unit, {
    place,
    via: 'inbox',
    traceId: event.traceId,
    incident: { kind: 'inbox.parked', subject: { kind: 'inbox', id: String(event.id) } },
    event,
  });

interface Whose {
  readonly place: Place;
  readonly person: Actor;
  readonly event: SetAside;
}

/** Its files are fetched all the same: the platform keeps them for days, whoever looks into the incident may come later. */
function fetchFiles(turn: Turn, { place, person, event: { id, event } }: Whose): void {
  if (!event || 'internal' in event || event.happening.kind !== 'message') return;
  const { text, media } = event.happening;
  if (media.length === 0 || isUnknownStaff(person, platformOf(place.account))) return;
  // By itself: the gathering of an album may be the very thing that failed.
  const message = { inboxId: String(id), caption: text, media };
  handOverAlone(turn, { conversationId: place.id, account: place.account, actor: person, message });
}

interface Filing extends Whose {
  readonly services: Services;
}

/** Puts it on the timeline: a line of its own, or what it changes about an earlier one. */
function fileEvent(unit: Unit, { place, person, event, services }: Filing): void {
  const { keys, texts, companyZone } = services;
  const today = dateIn(unit.now, companyZone);
  const change = setAsideChange(place.id, event, today);
  if (change) unit.defer(async () => void (await writeChange(unit.tx, keys, unit.now, change)));
  const line = setAsideLine(platformOf(place.account), event, today);
  if (!line) return;
  const item = {
    ...line,
    text: line.text ?? texts.translate(person.language, 'talk.unreadable'),
    conversationId: place.id,
    platform: platformOf(place.account),
    actorKind: person.kind,
    actorId: person.id,
    inboxId: event.id,
    fileIds: [],
    customers: person.kind === 'CUSTOMER' ? [person.id] : [],
  };
  unit.defer(async () => {
    await writeIncoming(unit, keys, [item]);
    await attachToMessage(unit.tx, item, line.fileIds);
  });
}
