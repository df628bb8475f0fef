/** What is set aside because it cannot be handled: an incident for whoever looks after the server, a word for the sender. */
import { setAsideLine } from '../core/runtime/incoming.ts';
import { actorOf, sendersOf } from '../core/runtime/senders.ts';
import type { LockedConversation, StoredEvent } from '../core/runtime/turns.ts';
import { SYSTEM_ACTOR, type Actor } from '../core/operations/actor.ts';
import type { Services } from '../core/operations/context.ts';
import { platformOf, type Unit } from '../core/unit/unit.ts';
import { writeIncoming } from '../domain/timeline/index.ts';
import { dateIn } from '../lib/business-date.ts';
import type { ParkHandler } from './inbox.ts';

/** The conversation that something was set aside in. */
export type ParkedPlace = Pick<LockedConversation, 'id' | 'account' | 'chat' | 'thread' | 'actor'>;

/** What came in and was not handled; without `event` where it cannot be opened, or could not be written down. */
export interface Arrived {
  readonly inboxId: bigint;
  /** The kind of the inbox row. */
  readonly kind: string;
  readonly event?: StoredEvent['event'];
}

/** Something that was set aside: where, and what the incident names. */
export interface Parked {
  readonly place: ParkedPlace;
  readonly via: 'inbox' | 'timer';
  readonly traceId: string;
  readonly incident: { readonly kind: string; readonly subject: { readonly kind: string; readonly id: string } };
  /** A message whose turn has not put it on the timeline. */
  readonly arrived?: Arrived;
}

/**
 * Opens the incident and tells the chat that this one thing was not handled; the conversation goes on. What came in and what
 * is said stand on the timeline, and on the file of the customer whose chat it is. None of the turn that failed is run.
 */
export async function tellParked(unit: Unit, { place, via, traceId, incident, arrived }: Parked): Promise<void> {
  const { id, account, chat, thread } = place;
  const events = arrived?.event === undefined ? [] : [{ event: arrived.event }];
  const [identity] = await sendersOf(unit, [{ conversation: place, events }]);
  if (!identity) throw new Error('a conversation without an identity');
  const person = actorOf(identity, 'zh-CN');
  const address = { account, chat, ...(thread === '' ? {} : { thread }) };
  const conversation = { id, platform: platformOf(account), address };
  const turn = unit.turn({ actor: SYSTEM_ACTOR, via, traceId, conversation });
  turn.effects.incident(incident);
  turn.effects.send({
    to: address,
    purpose: 'ANSWER',
    content: { kind: 'text', text: turn.call.services.texts.translate(person.language, 'talk.parked') },
    ...(person.kind === 'CUSTOMER' ? { customerId: person.id } : {}),
  });
  if (arrived) fileArrived(unit, { place, person, arrived, services: turn.call.services });
}

/** Tells of an event of the inbox; what `InboxJob` does with one that failed again and again. */
export const parkMessage: ParkHandler = async (unit, { event: { id, kind, traceId, event }, ...place }) =>
  tellParked(unit, {
    place,
    via: 'inbox',
    traceId,
    incident: { kind: 'inbox.parked', subject: { kind: 'inbox', id: String(id) } },
    arrived: { inboxId: id, kind, ...(event === undefined ? {} : { event }) },
  });

interface Filing {
  readonly place: ParkedPlace;
  readonly person: Actor;
  readonly arrived: Arrived;
  readonly services: Services;
}

function fileArrived(unit: Unit, { place, person, arrived, services }: Filing): void {
  const platform = platformOf(place.account);
  const today = dateIn(unit.now, services.companyZone);
  const line = setAsideLine({ ...arrived, platform }, today);
  if (!line) return;
  const unreadable = services.texts.translate(person.language, 'talk.unreadable');
  const item = {
    ...line,
    text: line.text ?? unreadable,
    conversationId: place.id,
    platform,
    actorKind: person.kind,
    actorId: person.id,
    inboxId: arrived.inboxId,
    fileIds: [],
    customers: person.kind === 'CUSTOMER' ? [person.id] : [],
  };
  unit.defer(async () => writeIncoming(unit, services.keys, [item]));
}
