/** Questions with offered answers: as a card, and back from what was pressed. */
import type { Card } from '../../channels/card.ts';
import type { Happening } from '../../channels/channel.ts';
import { statement } from '../../db/database.ts';
import type { ConversationEvent } from '../conversation/index.ts';
import type { MessageContent } from '../operations/effects.ts';
import type { Turn } from '../unit/unit.ts';
import type { Offer } from './memory.ts';

const SENT_CARD = statement(
  'choices-sent-card',
  `SELECT id, sealed_payload FROM outbox WHERE card_id = $1 AND kind = 'card' AND account = $2 AND chat = $3 AND sealed_payload IS NOT NULL ORDER BY id DESC LIMIT 1`,
);

/** The words on a button of a question that is over, from the card as it was sent into this chat. */
export async function sentLabel(
  turn: Turn,
  tap: { readonly cardId: string; readonly verb: string },
): Promise<string | undefined> {
  const { call, conversation } = turn;
  if (!conversation || !OFFERED_VERB.test(tap.verb)) return undefined;
  const { account, chat } = conversation.address;
  const [row] = await call.tx.query<{ readonly id: bigint; readonly sealed_payload: Buffer }>(SENT_CARD, [
    tap.cardId,
    account,
    chat,
  ]);
  if (!row) return undefined;
  const content = call.services.keys.openJson(`outbox.sealed_payload.${row.id}`, row.sealed_payload) as MessageContent;
  return content.kind === 'card' ? content.card.actions.find(({ verb }) => verb === tap.verb)?.label : undefined;
}

/** The place of an answer among those offered, in the verb of its button. */
const OFFERED_VERB = /^o(\d{1,2})$/;

/** The offered answer whose button was pressed, if the offer still stands. */
export function choiceOf(
  offer: Offer | undefined,
  tap: { readonly cardId: string; readonly verb: string },
): Offer['choices'][number] | undefined {
  return offer?.cardId === tap.cardId ? offer.choices[Number(OFFERED_VERB.exec(tap.verb)?.[1] ?? -1)] : undefined;
}

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
