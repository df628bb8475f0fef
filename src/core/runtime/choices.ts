/** Questions with offered answers: as a card, and back from what was pressed. */
import type { Card } from '../../channels/card.ts';
import type { Happening } from '../../channels/channel.ts';
import { statement } from '../../db/database.ts';
import type { ConversationEvent, ConversationState } from '../conversation/index.ts';
import type { MessageContent } from '../operations/effects.ts';
import type { Turn } from '../unit/unit.ts';
import type { Memory, Offer } from './memory.ts';

const SENT_CARD = statement(
  'choices-sent-card',
  `SELECT id, sealed_payload FROM outbox WHERE card_id = $1 AND kind = $4 AND account = $2 AND chat = $3 AND sealed_payload IS NOT NULL ORDER BY id DESC LIMIT 1`,
);

/** The question whose button was pressed, as it was sent into this chat; `undefined` for any other card. */
export async function askedCard(
  turn: Turn,
  tap: { readonly cardId: string; readonly verb: string },
): Promise<Card | undefined> {
  return OFFERED_VERB.test(tap.verb) ? sentCard(turn, tap.cardId, 'card') : undefined;
}

/** What stands on the card of a question that is over, such as what was chosen; `undefined` while its buttons are there. */
async function closedWith(turn: Turn, cardId: string): Promise<string | undefined> {
  return (await sentCard(turn, cardId, 'card_update'))?.closed;
}

async function sentCard(
  { call, conversation }: Turn,
  cardId: string,
  kind: 'card' | 'card_update',
): Promise<Card | undefined> {
  if (!conversation) return undefined;
  const { account, chat } = conversation.address;
  const [row] = await call.tx.query<{ readonly id: bigint; readonly sealed_payload: Buffer }>(SENT_CARD, [
    cardId,
    account,
    chat,
    kind,
  ]);
  if (!row) return undefined;
  const content = call.services.keys.openJson(`outbox.sealed_payload.${row.id}`, row.sealed_payload) as MessageContent;
  return content.kind === kind ? content.card : undefined;
}

/** The words on a button. */
export function labelOn(card: Card | undefined, pressed: string): string | undefined {
  return card?.actions.find(({ verb }) => verb === pressed)?.label;
}

/** The same question stands further down once more (after a look-up, or words that were no answer): either card answers it. */
export async function choiceAskedAnew(
  turn: Turn,
  offer: Offer | undefined,
  { verb, asked }: { readonly verb: string; readonly asked: Card | undefined },
): Promise<Offer['choices'][number] | undefined> {
  if (!asked || offer?.cardId === undefined) return undefined;
  const latest = await sentCard(turn, offer.cardId, 'card');
  if (!latest || wordsOf(latest) !== wordsOf(asked)) return undefined;
  return choiceOf(offer, { cardId: offer.cardId, verb });
}

/** What is said to a press on a question that waits no more: answered, or its form lies aside; the card keeps what stands on it. */
export async function overWords(
  turn: Turn,
  { aside }: Pick<Memory, 'aside'>,
  press: { readonly cardId: string; readonly verb: string; readonly asked: Card | undefined },
  text: (key: string) => string,
): Promise<{ readonly title: string; readonly label: string }> {
  const isAside = (choiceOf(aside, press) ?? (await choiceAskedAnew(turn, aside, press))) !== undefined;
  const label = text(isAside ? 'talk.put_aside' : 'talk.answered');
  return { label, title: (await closedWith(turn, press.cardId)) ?? label };
}

function wordsOf({ title, text, fields, actions }: Card): string {
  return JSON.stringify([title, text, fields, actions.map(({ label }) => label)]);
}

/** Characters of a question that a card on Telegram shows without cutting. */
const MAX_CARD_TEXT = 1_000;
/** WeCom's most. */
const MAX_CARD_BUTTONS = 6;

/** Whether a question is a card: a card knows its question, and its buttons can be taken away. On WeCom nothing else has buttons. */
export function showsAsCard(platform: string, said: Said & { readonly requestContact?: string | undefined }): boolean {
  if (platform === 'telegram') return said.requestContact === undefined && said.text.length <= MAX_CARD_TEXT;
  return platform !== 'wecom' || said.choices.length <= MAX_CARD_BUTTONS;
}

/** Whether a question still waits for its answer, so that what is said in between (a look-up) leaves its buttons alone. */
export function stillAsked(offer: Offer | undefined, { frames }: ConversationState): boolean {
  return frames.some((frame) => offer !== undefined && (frame.back?.visit ?? frame.visit) === offer.visit);
}

/** What was offered last, as long as its question waits: a form may have ended by a command or a decision in between. */
export function standingOffer({ offer, talk }: Memory): Offer | undefined {
  return stillAsked(offer, talk) ? offer : undefined;
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

/** A question as it is to be shown. */
interface Said {
  readonly text: string;
  readonly fields: Card['fields'];
  readonly choices: readonly { readonly label: string }[];
}

/** A question with its answers as buttons. */
export function choiceCard(id: string, said: Said): Card {
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

/**
 * The card with the answer that was chosen, or the word that it is over; where the platform waits for an answer to the
 * press, that too. The question and its facts stay to be read; only its buttons go.
 */
export function lockedChoices(
  tap: Extract<Happening, { kind: 'action' }>,
  chosen: {
    readonly title: string;
    readonly label: string;
    readonly platform: string;
    readonly asked: Card | undefined;
  },
): readonly MessageContent[] {
  const { title, label, platform, asked } = chosen;
  const words = asked ? { ...asked, closed: title } : { title, fields: [], closed: label };
  const card: Card = { ...words, id: tap.cardId, revision: tap.revision, actions: [] };
  const locked: MessageContent = { kind: 'card_update', card, handle: {}, tap: tap.handle };
  if (platform === 'wecom') return [locked];
  return [locked, { kind: 'tap_answer', tap: tap.handle, text: label, alert: false }];
}
