/** What a conversation says: its words in the person's language, as messages to the place it is held in. */
import type { Address, MediaRef } from '../../channels/channel.ts';
import { platformOf } from '../../db/conversations.ts';
import type { Text, Texts } from '../../lib/i18n.ts';
import { newToken } from '../../lib/ids.ts';
import { present, type ConversationEffect } from '../conversation/index.ts';
import type { Actor } from '../operations/actor.ts';
import type { MessageContent, Purpose } from '../operations/effects.ts';
import type { Turn } from '../unit/unit.ts';
import { aboutOf, choiceCard, offerOf, showsAsCard, withOffer } from './choices.ts';
import type { Flows } from './flows.ts';
import { cardsAbove, withShown, type Memory, type Offer } from './memory.ts';

/** Says a text by its key, with answers that can be tapped. */
export type Say = (
  key: string,
  params?: Readonly<Record<string, string | number>>,
  choices?: readonly string[],
) => void;

/** Speaks in one conversation. The listener may change in the middle of a turn (a binding, a language chosen): he is asked for each time. */
export class Speech {
  readonly #texts: Texts;
  readonly #flows: Pick<Flows, 'table'>;
  readonly #address: Address;
  readonly #listener: () => Actor;
  /** Nobody has just said something here: what is said now is no answer. */
  isUnasked = false;

  constructor(
    { texts, flows }: { readonly texts: Texts; readonly flows: Pick<Flows, 'table'> },
    address: Address,
    listener: () => Actor,
  ) {
    this.#texts = texts;
    this.#flows = flows;
    this.#address = address;
    this.#listener = listener;
  }

  /** A text in the person's language. */
  text(text: Text, params: Readonly<Record<string, string | number>> = {}): string {
    return this.#texts.translate(this.#listener().language, text, params);
  }

  /** What a message without words or file was, for the timeline; `what` is the platform's word for it. */
  wordless(what: string): string {
    const key = `talk.wordless.${what}`;
    return this.text(this.#texts.has(this.#listener().language, key) ? key : 'talk.wordless.other');
  }

  /** A voice or video message in a word, for it is kept by nobody; empty for other files, which stand on the line themselves. */
  soundOrMotion([media]: readonly MediaRef[]): string {
    return media?.kind === 'voice' || media?.kind === 'video' ? this.wordless(media.kind) : '';
  }

  /** Puts a message into the chat; a customer's stands on his file. */
  send(turn: Turn, content: MessageContent): void {
    const { kind, id } = this.#listener();
    turn.effects.send({
      to: this.#address,
      purpose: this.#purposeFor(kind),
      content,
      ...(kind === 'CUSTOMER' ? { customerId: id } : {}),
    });
  }

  #purposeFor(kind: Actor['kind']): Purpose {
    if (kind === 'STAFF') return 'STAFF';
    return this.isUnasked ? 'SERVICE' : 'ANSWER';
  }

  /** Says texts by their keys. */
  sayer(turn: Turn): Say {
    return (key, params, choices = []) =>
      this.send(turn, { kind: 'text', text: this.text(key, params), ...(choices.length > 0 ? { choices } : {}) });
  }

  /** Says what the interpreter has to say; gives what is remembered from now on: the answers offered stand until others are. */
  tell(turn: Turn, effect: Extract<ConversationEffect, { kind: 'say' | 'diff' }>, memory: Memory): Memory {
    const said = present(effect, this.#flows.table, (text, params) => this.text(text, params));
    if (effect.kind === 'diff') {
      this.send(turn, { kind: 'text', text: said.text });
      return memory;
    }
    const isOffer = said.choices.length > 0;
    const rest = isOffer ? withShown(memory, effect.key, this.#listener()) : memory;
    const offer: Offer | undefined = isOffer ? { visit: effect.visit, choices: said.choices } : undefined;
    if (offer && showsAsCard(platformOf(this.#address.account), said)) {
      const cardId = newToken(16);
      this.send(turn, { kind: 'card', card: choiceCard(cardId, said, aboutOf(memory.talk, offer.visit)) });
      const above = cardsAbove(offerOf(memory, offer.visit), offer.visit);
      return withOffer(rest, { ...offer, cardId, ...(above.length > 0 ? { above } : {}) });
    }
    const buttons = offer ? offer.choices.map((choice) => choice.label) : tapsOn(this.#address.account, said.taps);
    this.send(turn, {
      kind: 'text',
      text: [said.text, ...said.fields.map((field) => `${field.label} ${field.value}`)].join('\n'),
      ...(buttons.length > 0 ? { choices: buttons } : {}),
      ...(said.requestContact === undefined ? {} : { requestContact: said.requestContact }),
    });
    return withOffer(rest, offer);
  }
}

/** WeCom has no buttons under a text, and how to finish a line stands above the list. */
function tapsOn(account: string, taps: readonly string[]): readonly string[] {
  return platformOf(account) === 'wecom' ? [] : taps;
}
