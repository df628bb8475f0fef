/** Who speaks in a conversation, and as whom he acts. */
import type { Happening } from '../../channels/channel.ts';
import { identitiesOf, setReachable, type Identity } from '../../identity/identity-store.ts';
import { isLanguage, type Language } from '../../lib/i18n.ts';
import { isRole, type Actor } from '../operations/actor.ts';
import type { Unit } from '../unit/unit.ts';
import type { ConversationWork, LockedConversation, StoredEvent } from './turns.ts';

/** The identity behind each conversation's events, in the same order; a person never seen before gets one. */
export async function sendersOf(
  unit: Unit,
  works: readonly {
    readonly conversation: Pick<LockedConversation, 'account' | 'chat' | 'actor'>;
    readonly events: readonly Pick<StoredEvent, 'event'>[];
  }[],
): Promise<readonly (Identity | undefined)[]> {
  const senders = works.map(({ conversation, events }) => {
    const spoken = events.find(({ event }) => !('internal' in event) && event.sender !== '')?.event;
    if (spoken && !('internal' in spoken)) return { account: conversation.account, externalId: spoken.sender };
    // An event of our own names nobody: a chat without an actor is a direct one, and goes by its person.
    const { account, chat, actor } = conversation;
    return { account, externalId: actor === '' ? chat : actor };
  });
  const distinct = new Map(senders.map((sender) => [keyOf(sender.account, sender.externalId), sender]));
  const identities = await identitiesOf(unit.tx, [...distinct.values()], unit.now);
  const byKey = new Map(identities.map((identity) => [keyOf(identity.account, identity.external_id), identity]));
  return senders.map(({ account, externalId }) => byKey.get(keyOf(account, externalId)));
}

/** What only somebody does who has a talk with us. */
const SPEAKS: ReadonlySet<Happening['kind']> = new Set(['message', 'unreadable', 'action', 'start', 'contact']);

/** Whoever speaks in a talk of his own is reached there: the platform's word that he is back may have been lost. */
export async function noteReached(
  unit: Unit,
  { conversation, events }: Pick<ConversationWork, 'conversation' | 'events'>,
  { account, external_id: externalId, is_reachable: isReachable }: Identity,
): Promise<void> {
  if (isReachable || conversation.actor !== '') return;
  const hasSpoken = events.some(({ event }) => !('internal' in event) && SPEAKS.has(event.happening.kind));
  if (hasSpoken) await setReachable(unit.tx, { account, externalId }, true);
}

function keyOf(account: string, externalId: string): string {
  return `${account}\n${externalId}`;
}

/** On a platform whose people are all staff, somebody who is not on the list; nothing he sends is anybody's. */
export function isUnknownStaff(actor: Actor, platform: string): boolean {
  return actor.kind === 'STRANGER' && platform !== 'telegram';
}

/** A member of staff who has been disabled: what he presses was meant for a colleague, whoever he is to us now. */
export function isDisabled({ staff_id: staff, is_active: isActive }: Identity): boolean {
  return staff !== null && isActive !== true;
}

/** Who an identity acts as. A disabled member of staff is a stranger. */
export function actorOf(identity: Identity, defaultLanguage: Language): Actor {
  const language = (text: string | null): Language => (text !== null && isLanguage(text) ? text : defaultLanguage);
  if (identity.staff_id !== null && identity.is_active === true) {
    return {
      kind: 'STAFF',
      id: identity.staff_id,
      name: identity.name ?? '',
      roles: (identity.roles ?? []).filter(isRole),
      teamId: identity.team_id ?? undefined,
      language: language(identity.staff_language),
    };
  }
  if (identity.customer_id !== null && identity.is_verified)
    return {
      kind: 'CUSTOMER',
      id: identity.customer_id,
      identityId: identity.id,
      language: language(identity.customer_language),
    };
  return { kind: 'STRANGER', id: identity.id, language: language(identity.own_language) };
}
