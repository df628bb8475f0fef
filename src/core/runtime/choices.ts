/** Questions with offered answers: as a card, and back from what was pressed. */
import type { Card } from '../../channels/card.ts';
import type { ConversationEvent } from '../conversation/index.ts';
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
