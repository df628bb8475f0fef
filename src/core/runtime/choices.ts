/** Questions with offered answers: as a card, and back from what was pressed. */
import { hash } from 'node:crypto';
import type { Card } from '../../channels/card.ts';
import type { Happening } from '../../channels/channel.ts';
import { statement } from '../../db/database.ts';
import { caseOf, type ConversationEvent, type ConversationState } from '../conversation/index.ts';
import type { MessageContent } from '../operations/effects.ts';
import type { Turn } from '../unit/unit.ts';
import type { Memory, Offer } from './memory.ts';

const SENT_CARDS = statement(
  'choices-sent-cards',
  `SELECT DISTINCT ON (card_id) card_id, id, sealed_payload FROM outbox WHERE card_id = ANY($1) AND kind = $4 AND account = $2 AND chat = $3 AND sealed_payload IS NOT NULL ORDER BY card_id, id DESC`,
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

interface SentRow {
  readonly card_id: string;
  readonly id: bigint;
  readonly sealed_payload: Buffer;
}

async function sentCard(turn: Turn, cardId: string, kind: 'card' | 'card_update'): Promise<Card | undefined> {
  return (await sentCards(turn, [cardId], kind)).get(cardId);
}

/** Each of the cards as it was sent into this chat last, by its id. */
async function sentCards(
  { call, conversation }: Turn,
  cardIds: readonly string[],
  kind: 'card' | 'card_update',
): Promise<ReadonlyMap<string, Card>> {
  if (!conversation || cardIds.length === 0) return new Map();
  const { account, chat } = conversation.address;
  const rows = await call.tx.query<SentRow>(SENT_CARDS, [cardIds, account, chat, kind]);
  return new Map(
    rows.flatMap(({ card_id: cardId, id, sealed_payload: sealed }) => {
      const content = call.services.keys.openJson(`outbox.sealed_payload.${id}`, sealed) as MessageContent;
      return content.kind === kind ? [[cardId, content.card] as const] : [];
    }),
  );
}

/** The words on a button. */
export function labelOn(card: Card | undefined, pressed: string): string | undefined {
  return card?.actions.find(({ verb }) => verb === pressed)?.label;
}

/** A press of a card's button, with the card as it was sent. */
interface Press {
  readonly cardId: string;
  readonly verb: string;
  readonly asked: Card | undefined;
}

/** An offered answer that was chosen, and what it was offered in. */
interface Chosen {
  readonly offer: Offer;
  readonly choice: Offer['choices'][number];
}

/** What a press answers: the question on its very card as long as that waits, open or for later, whatever has been asked since. */
export async function choicePressed(turn: Turn, memory: Memory, press: Press): Promise<Chosen | undefined> {
  const { aside, talk } = memory;
  const isHeard = aside !== undefined && talk.parked?.later === true; // told to answer when he has time
  return chosenAmong(turn, [...standingOffers(memory), ...(isHeard ? [aside] : [])], press);
}

async function chosenAmong(turn: Turn, offers: readonly Offer[], press: Press): Promise<Chosen | undefined> {
  const own = offers.find(({ cardId }) => cardId === press.cardId);
  const offer = own ?? (await offerAskedAnew(turn, offers, press));
  const choice = offer && choiceOf(offer, { cardId: offer.cardId ?? '', verb: press.verb });
  return choice && { offer, choice };
}

/** The same question stands further down once more (after a look-up, or words that were no answer): either card answers it. */
async function offerAskedAnew(turn: Turn, offers: readonly Offer[], { asked }: Press): Promise<Offer | undefined> {
  if (!asked) return undefined;
  const cardIds = offers.flatMap(({ cardId = [] }) => cardId);
  const sent = await sentCards(turn, cardIds, 'card');
  const words = wordsOf(asked);
  return offers.find(({ cardId = '' }) => {
    const latest = sent.get(cardId);
    return latest !== undefined && wordsOf(latest) === words;
  });
}

/** What is said to a press on a question that waits no more: answered, put in other words since, or its form lies aside; the card keeps what stands on it. */
export async function overWords(
  turn: Turn,
  memory: Pick<Memory, 'offer' | 'earlier' | 'aside' | 'talk'>,
  press: Press,
  text: (key: string) => string,
): Promise<{ readonly title: string; readonly label: string }> {
  const { aside } = memory;
  const isAside = (await chosenAmong(turn, aside ? [aside] : [], press)) !== undefined;
  const isAnew = standingOffers(memory).some(({ above }) => above?.includes(press.cardId) === true);
  const label = text(isAside ? 'talk.put_aside' : isAnew ? 'talk.asked_anew' : 'talk.answered');
  return { label, title: (await closedWith(turn, press.cardId)) ?? label };
}

function wordsOf({ about, title, text, fields, actions }: Card): string {
  return JSON.stringify([about, title, text, fields, actions.map(({ label }) => label)]);
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
function stillAsked(offer: Offer, { frames }: Pick<ConversationState, 'frames'>): boolean {
  return frames.some((frame) => (frame.back?.visit ?? frame.visit) === offer.visit);
}

/** Which of several frames of a flow asks: its file or case in a few characters; `undefined` where it has none. */
export function aboutOf({ frames }: ConversationState, visit: number): string | undefined {
  const frame = frames.find((one) => one.visit === visit);
  const about = [frame && caseOf(frame), frame?.inputs['media']];
  if (about.every((one) => one === undefined)) return undefined;
  return hash('sha256', JSON.stringify(about)).slice(0, 16);
}

/** What was offered, the latest first, as long as its question waits: a form may have ended by a command or a decision in between. */
function standingOffers({ offer, earlier = [], talk }: Pick<Memory, 'offer' | 'earlier' | 'talk'>): readonly Offer[] {
  return [...(offer ? [offer] : []), ...earlier].filter((one) => stillAsked(one, talk));
}

/** The memory once something was said: what it offered comes before what is still to be answered. */
export function withOffer(memory: Memory, offer: Offer | undefined): Memory {
  const others = standingOffers(memory).filter(({ visit }) => visit !== offer?.visit);
  const [latest, ...earlier] = offer ? [offer, ...others] : others;
  const { offer: _offer, earlier: _earlier, ...rest } = memory;
  return {
    ...rest,
    ...(latest ? { offer: latest } : {}),
    ...(earlier.length > 0 ? { earlier } : {}),
  };
}

/** The question of this number as it was last put. */
export function offerOf(memory: Memory, visit: number): Offer | undefined {
  return standingOffers(memory).find((offer) => offer.visit === visit);
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

/** What typed words choose: an answer of the question that has the word, and of no other. */
export function choiceTyped(memory: Memory, text: string): ConversationEvent | undefined {
  const frames = memory.talk.frames.slice(-1);
  const offer = standingOffers(memory).find((one) => stillAsked(one, { frames }));
  return offer && choiceSaid(offer, text);
}

/** What the words on a button choose when they are typed: I AGREE. as well. */
export function choiceSaid(offer: Offer, text: string): ConversationEvent | undefined {
  const words = text.trim();
  const longest = Math.max(...offer.choices.map(({ label }) => label.length));
  if (words.length > longest + MOST_MARKS) return undefined; // taking the marks off a long text is slow
  const plain = plainLabel(words);
  const choice = offer.choices.find(({ label }) => plainLabel(label) === plain);
  return choice && choiceEvent(offer, choice);
}

/** Marks typed after what stands on a button. */
const MOST_MARKS = 10;

function plainLabel(words: string): string {
  return words
    .trim()
    .replace(/[。.!！]+$/u, '')
    .toLowerCase();
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
export function choiceCard(id: string, said: Said, about?: string): Card {
  const [title = '', ...rest] = said.text.split('\n');
  return {
    id,
    revision: 1,
    ...(about === undefined ? {} : { about }),
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
