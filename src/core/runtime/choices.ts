/** Questions with offered answers: as a card, and back from what was pressed. */
import type { Card } from '../../channels/card.ts';
import type { Happening } from '../../channels/channel.ts';
import type { ConversationEvent } from '../conversation/index.ts';
import type { MessageContent } from '../operations/effects.ts';
import type { Offer } from './memory.ts';

/** What choosing it tells the interpreter. */
export function choiceEvent(offer: Offer, choice: Offer['choices'][number]): ConversationEvent {
  return {
    type: 'choice',
    visit: offer.visit,
    verb: choice.verb,
    ...(choice.value === undefined ? {} : { value: choice.value }),
  };
}

/** A question with its answers as buttons. */
export function choiceCard(
  id: string,
  said: {
    readonly text: string;
    readonly fields: Card['fields'];
    readonly choices: readonly { readonly label: string }[];
  },
): Card {
  const [title = '', ...rest] = said.text.split('\n');
  return {
    id,
    revision: 1,
    title,
    ...(rest.length > 0 ? { text: rest.join('\n') } : {}),
    fields: said.fields,
    actions: said.choices.map((choice, index) => ({
      verb: `o${index}`,
      label: choice.label,
      style: index === 0 ? ('primary' as const) : ('default' as const),
    })),
  };
}

/** The card with the answer that was chosen; where the platform waits for an answer to the press, that too. */
export function lockedChoices(
  tap: Extract<Happening, { kind: 'action' }>,
  chosen: { readonly title: string; readonly label: string; readonly platform: string },
): readonly MessageContent[] {
  const { title, label, platform } = chosen;
  const card: Card = { id: tap.cardId, revision: tap.revision, title, fields: [], actions: [], closed: label };
  const locked: MessageContent = { kind: 'card_update', card, handle: {}, tap: tap.handle };
  if (platform === 'wecom') return [locked];
  return [locked, { kind: 'tap_answer', tap: tap.handle, text: label, alert: false }];
}
