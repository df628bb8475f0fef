/** What is set aside because it cannot be handled: an incident for whoever looks after the server, a word for the sender. */
import { SYSTEM_ACTOR } from '../core/operations/actor.ts';
import { platformOf, type Unit } from '../core/unit/unit.ts';
import type { Texts } from '../lib/i18n.ts';

/** The conversation that something was set aside in. */
export interface ParkedPlace {
  readonly id: string;
  readonly account: string;
  readonly chat: string;
  readonly thread: string;
}

/** Something that was set aside: where, and what the incident names. */
export interface Parked {
  readonly place: ParkedPlace;
  readonly via: 'inbox' | 'timer';
  readonly traceId: string;
  readonly incident: { readonly kind: string; readonly subject: { readonly kind: string; readonly id: string } };
}

/** Opens the incident and tells the chat that this one thing was not handled; the conversation goes on. */
export function tellParked(unit: Unit, texts: Texts, { place, via, traceId, incident }: Parked): void {
  const { id, account, chat, thread } = place;
  const address = { account, chat, ...(thread === '' ? {} : { thread }) };
  const conversation = { id, platform: platformOf(account), address };
  const { effects } = unit.turn({ actor: SYSTEM_ACTOR, via, traceId, conversation });
  effects.incident(incident);
  effects.send({
    to: address,
    purpose: 'ANSWER',
    content: { kind: 'text', text: texts.translate('zh-CN', 'talk.parked') },
  });
}
