/** What is remembered of a conversation besides the interpreter's own state. Sealed as one JSON. */
import {
  EMPTY_CONVERSATION,
  type ConversationEffect,
  type ConversationEvent,
  type ConversationState,
  type ConversationStep,
  type FlowTable,
  type Frame,
} from '../conversation/index.ts';
import type { Language } from '../../lib/i18n.ts';
import type { Actor } from '../operations/actor.ts';
import type { LatestFiles } from './arrivals.ts';
import type { Silence } from './silence.ts';

/** One-tap answers that were offered last; a tap or the same words choose one. */
export interface Offer {
  readonly visit: number;
  readonly cardId?: string;
  /** The latest cards of the same question above it: one in other words (another language) counts no more. */
  readonly above?: readonly string[];
  readonly choices: readonly { readonly verb: string; readonly value?: string; readonly label: string }[];
}

/** A decision that waits for its reason, or for the colleague it is handed to. */
export interface PendingDecision {
  readonly approvalId: string;
  readonly revision: number;
  readonly verb: string;
  readonly cardId: string;
  /** The case's number for what is said about it; absent in what an older release remembered. */
  readonly application?: string;
  /** When the chat last asked for it, in milliseconds of business time; absent in what an older release remembered. */
  readonly askedAt?: number;
}

/** All that a conversation carries from one turn to the next. */
export interface Memory {
  readonly talk: ConversationState;
  readonly offer?: Offer;
  /** What was offered before it by questions that still wait (which of the checklist is this file?), the latest first. */
  readonly earlier?: readonly Offer[];
  /** What was offered in the form that was put aside. */
  readonly aside?: Offer;
  /**
   * By the key of its text: in which language each question with offered answers was last put to the customer here, whatever
   * language he has chosen since; absent in what an older release remembered.
   */
  readonly shown?: Readonly<Record<string, Language>>;
  readonly decision?: PendingDecision;
  readonly silence?: Silence;
  /** Messages whose edit came before them, the latest few: what they say stands in the edit. */
  readonly early?: readonly string[];
  /** In a group: he has been asked to write in private. */
  readonly isSentAway?: true;
  /** What the next file is counted by: two photos of one minute are told apart. */
  readonly files?: LatestFiles;
  /** When the customer named for files (上传 K318) was named or last sent something for (ISO, business time). */
  readonly filesForAt?: string;
}

/** More cards of one question are not known as such. */
const MOST_ABOVE = 5;

/** The cards that stand above a question that is put once more. */
export function cardsAbove(before: Offer | undefined, visit: number): readonly string[] {
  if (before?.visit !== visit || before.cardId === undefined) return [];
  return [...(before.above ?? []), before.cardId].slice(-MOST_ABOVE);
}

/** More than so many edits do not overtake their messages in one chat. */
const MOST_EARLY = 5;

/** Notes that a message is still to come whose edit has come. */
export function awaitingMessage(memory: Memory, messageId: string): Memory {
  const others = (memory.early ?? []).filter((other) => other !== messageId);
  return { ...memory, early: [...others, messageId].slice(-MOST_EARLY) };
}

/** The memory without the message, which has come. */
export function withMessage({ early = [], ...rest }: Memory, messageId: string): Memory {
  const others = early.filter((other) => other !== messageId);
  return others.length === 0 ? rest : { ...rest, early: others };
}

/** A stored state as what is remembered; nothing stored is a conversation that begins. */
export function memoryOf(state: unknown): Memory {
  return state === undefined || state === null ? { talk: EMPTY_CONVERSATION } : (state as Memory);
}

/**
 * What is remembered, for whoever has the chat now: an account that changed hands (bound to a colleague, taken from one)
 * goes on with none of the questions that were put to somebody else.
 */
export function memoryFor(memory: Memory, flows: Pick<FlowTable, 'get'>, audience: 'staff' | 'customer'): Memory {
  const { frames, parked, visits } = memory.talk;
  const isHis = [...frames, ...(parked ? [parked] : [])].every((frame) => {
    const meant = flows.get(frame.flow, frame.version)?.definition.audience;
    return meant === undefined || meant === 'anyone' || meant === audience;
  });
  return isHis ? memory : { talk: { ...EMPTY_CONVERSATION, visits } };
}

/** Names that the forms hold: the searchable copy of what is said about them hides them. */
export function namesHeld({ talk: { frames, parked } }: Memory): readonly string[] {
  const names = [...frames, ...(parked ? [parked] : [])].map(({ slots }) => slots['name']?.value);
  return names.filter((name) => typeof name === 'string');
}

/** The memory with what was offered in a form that is put aside, as long as it lies there. */
export function withAside({ aside, ...memory }: Memory): Memory {
  const { parked } = memory.talk;
  const visit = parked?.back?.visit ?? parked?.visit;
  const kept = [memory.offer, ...(memory.earlier ?? []), aside].find(
    (offer) => offer !== undefined && offer.visit === visit,
  );
  return kept === undefined ? memory : { ...memory, aside: kept };
}

/** The memory once a question with offered answers has been put; what a customer then agrees to is the text in that language. */
export function withShown<Rest extends Omit<Memory, 'offer'>>(memory: Rest, key: string, listener: Actor): Rest {
  if (listener.kind !== 'CUSTOMER' || memory.shown?.[key] === listener.language) return memory;
  return { ...memory, shown: { ...memory.shown, [key]: listener.language } };
}

/** What is remembered once a decision is made or dropped. */
export function withoutDecision(memory: Memory): Memory {
  const { decision: _decision, ...rest } = memory;
  return rest;
}

/** What a form that is open hears; the results of operations belong to whatever called them. */
const HEARD: ReadonlySet<ConversationEvent['type']> = new Set(['message', 'choice', 'contact', 'timeout']);

/**
 * Whose lead a step was about: that of the frame which it took on, and that of the form which heard and answered, though
 * nothing came of it (a value that cannot be). A look-up in between is not about it, nor is what the form looks up when it
 * has the word again.
 */
export function caseOf(
  event: ConversationEvent,
  before: Frame | undefined,
  { state, effects }: ConversationStep,
): readonly string[] {
  const isThere = ({ visit, back }: Frame): boolean => visit === before?.visit || back?.visit === before?.visit;
  const isTakenOn = before !== undefined && before.back === undefined && !state.frames.some(isThere);
  const top = state.frames.at(-1);
  const isHeard = HEARD.has(event.type) && !effects.some(isElsewhere);
  return [...(isTakenOn ? customersOf(before) : []), ...(top && isHeard ? customersOf(top) : [])];
}

/** Something else than the open form was dealt with, or somebody else was meant. A control (上一步, 继续) ends without an outcome: it acts on the form. */
function isElsewhere(effect: ConversationEffect): boolean {
  if (effect.kind === 'say') return effect.key === 'conversation.other_open';
  if (effect.kind !== 'frame') return false;
  return (
    effect.change === 'parked' ||
    (effect.change === 'ended' && effect.outcome !== undefined && effect.outcome !== 'dismissed')
  );
}

function customersOf({ results }: Frame): readonly string[] {
  return Object.values(results).flatMap(({ customerId }) => (typeof customerId === 'string' ? [customerId] : []));
}
