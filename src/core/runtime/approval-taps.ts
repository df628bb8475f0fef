/** Presses on approval cards: decided at once, asked for a reason, or answered with the present state. */
import type { CardForm } from '../../channels/card.ts';
import type { Address, Happening } from '../../channels/channel.ts';
import { AppError } from '../../lib/errors.ts';
import { REASONS } from '../approval/index.ts';
import type { FlowTable, Reading } from '../conversation/index.ts';
import type { Turn } from '../unit/unit.ts';
import { answersOf, colleagueForm, MAX_COLLEAGUE, reasonForm, type Wanting } from './decision-forms.ts';
import { readDecisionWords, readTypedDecision } from './decision-words.ts';
import { withoutDecision, type Memory, type PendingDecision } from './memory.ts';
import type { Say } from './speech.ts';

type Tap = Extract<Happening, { kind: 'action' }>;

/** A press on an approval card, with the turn it is handled in; `text` speaks the presser's language. */
export interface Press {
  readonly turn: Turn;
  readonly address: Address;
  readonly tap: Tap;
  readonly inboxId: bigint;
  readonly text: (key: string, params?: Readonly<Record<string, string | number>>) => string;
}

interface CardFacts {
  readonly approvalId: string;
  readonly state: string;
  readonly application: string;
  readonly decidedBy: string | null;
  /** How the case stands by now, where the card is of a step that is over. */
  readonly since: {
    readonly state: string;
    readonly decidedBy: string | null;
    readonly isWaitingForHim: boolean;
  } | null;
}

/**
 * Handles a press. The decision commits with the turn; the presser is answered in his own request where the platform
 * shows that. What it still needs is asked in a form where the platform opens one for this press. Returns the decision
 * when it is asked in the chat instead.
 */
export async function pressCard(press: Press): Promise<PendingDecision | undefined> {
  const { turn, tap } = press;
  const card = await cardOf(turn, tap.cardId);
  if (card) return decide(press, card);
  answer(press, press.text('approval.tap.unknown'));
  return undefined;
}

async function decide(press: Press, card: CardFacts): Promise<PendingDecision | undefined> {
  const { turn, tap } = press;
  try {
    const done = (await turn.run('approval.decide', {
      id: card.approvalId,
      revision: tap.revision,
      verb: tap.verb,
      cardId: tap.cardId,
      tap: tap.handle,
      ...answersOf(tap.selected, press.text),
    })) as Done;
    answer(press, press.text(doneKey(done), { application: card.application, left: done.left }));
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // Somebody else may have decided after the card was read, and only the refusal waited for him.
    const now = error.code === 'approval.closed' ? await cardOf(turn, tap.cardId) : undefined;
    return refused(press, now ?? card, error);
  }
}

interface Done {
  readonly state: string;
  readonly outcome: string;
  readonly left: number;
}

/** A signature that others have to join is no result yet. */
function doneKey({ state, outcome }: Done): string {
  return `approval.tap.done.${state === 'OPEN' && outcome === 'APPROVED' ? 'SIGNED' : outcome}`;
}

function refused(press: Press, card: CardFacts, error: AppError): PendingDecision | undefined {
  const { tap } = press;
  const params = { application: card.application, role: 'other', ...error.params };
  const wanting: Wanting = {
    cardId: tap.cardId,
    revision: tap.revision,
    verb: tap.verb,
    application: card.application,
  };
  const askedAt = press.turn.call.now.getTime();
  const pending: PendingDecision = { approvalId: card.approvalId, ...wanting, askedAt };
  switch (error.code) {
    case 'approval.reason_needed':
      if (openForm(press, reasonForm(wanting, press.text))) return undefined;
      ask(
        press,
        press.text(`approval.tap.reason.${tap.verb}`, params),
        tap.verb === 'reject' ? REASONS.map((code) => press.text(`approval.reason.${code}`)) : [],
      );
      return pending;
    case 'approval.successor_ambiguous':
    case 'approval.successor_needed': {
      const names = namesOf(error);
      if (names.length === 0) {
        answer(press, press.text('approval.tap.nobody', params));
        return undefined;
      }
      if (openForm(press, colleagueForm(wanting, names, press.text))) return undefined;
      ask(press, press.text(colleagueQuestion(error, 'successor'), params), names);
      return pending;
    }
    case 'approval.stale_revision':
      answer(press, press.text('approval.tap.outdated', params));
      return undefined;
    case 'approval.closed':
      answer(press, closedText(press.text, card, error));
      return undefined;
    default:
      answer(press, press.text(`error.${error.code}.title`, params));
      return undefined;
  }
}

/** A step that is over is answered with how the case stands now: it may be open again, or have ended otherwise. */
function closedText<T>(
  text: (key: string, params: Readonly<Record<string, string | number>>) => T,
  { application, state, decidedBy, since }: CardFacts,
  error: AppError,
): T {
  const by = decidedBy ?? 'none';
  if (since === null)
    return text(`approval.tap.closed.${String(error.params['state'] ?? state)}`, { application, by, ...error.params });
  if (since.state !== 'OPEN')
    return text(`approval.tap.closed.${since.state}`, { application, by: since.decidedBy ?? 'none' });
  return text(since.isWaitingForHim ? 'approval.tap.outdated' : 'approval.tap.elsewhere', { application, by });
}

/** Words that were said while a decision may be waiting for them. */
export interface Words {
  readonly turn: Turn;
  readonly text: string;
  readonly reading: Pick<Reading, 'command' | 'lookUp'>;
  /** Words that begin a flow (新客户) are no answer either. */
  readonly flows: Pick<FlowTable, 'startingWith'>;
  readonly say: Say;
}

/** What became of the words: `'other'` = they were about something else and are still to be heard. */
type Answer = { readonly kind: 'answered' | 'other'; readonly isOpen: boolean };

/** Gives the words to the decision that waits for them, if one does. */
export async function hearDecision(
  memory: Memory,
  words: Words,
): Promise<{ readonly kind: Answer['kind']; readonly memory: Memory }> {
  if (!memory.decision) return { kind: 'other', memory };
  const { kind, isOpen } = await answerDecision(memory.decision, words);
  if (!isOpen) return { kind, memory: withoutDecision(memory) };
  // A question that stays open is asked once more, here or by `keepQuestion`.
  const askedAt = words.turn.call.now.getTime();
  return { kind, memory: { ...memory, decision: { ...memory.decision, askedAt } } };
}

/**
 * After something else was heard: the question about the card is asked once more. Where that brought a question of its
 * own (more frames than before), the one about the card is dropped, or the answer to the other would decide the case.
 */
export function keepQuestion(memory: Memory, depth: number, say: Say): Memory {
  const { decision, talk } = memory;
  if (!decision) return memory;
  if (talk.frames.length <= depth) {
    say('approval.tap.still', { application: decision.application ?? '', verb: decision.verb });
    return memory;
  }
  say('approval.tap.dropped');
  return withoutDecision(memory);
}

/** Words that come later than this are asked back: he may have been called away and be speaking of something else. */
const FRESH_MS = 15 * 60_000;
/** After this long nobody knows any more what he was asked. */
const OPEN_MS = 24 * 3_600_000;
/** Characters of what he wrote that are quoted when he is asked whether it was meant as the answer. */
const QUOTED = 60;

/**
 * The words after a press: the reason, or the name of the colleague. A command stays a command, and the question stays
 * open; what is no reason is asked back, as is what comes late; a name nobody has is asked for again. A wrong word must
 * never become a decision.
 */
async function answerDecision(decision: PendingDecision, words: Words): Promise<Answer> {
  const { turn, say, reading, flows } = words;
  const { verb, application = '' } = decision;
  const text = words.text.trim();
  const command = (reading.command ?? reading.lookUp)?.name; // the number of a case is no reason
  if (command === 'cancel' || command === 'human') {
    say('approval.tap.dropped');
    return { kind: command === 'cancel' ? 'answered' : 'other', isOpen: false }; // with 人工 a person has the word
  }
  const age = ageOf(decision, turn.call.now);
  if (age === 'over') {
    say('approval.tap.lapsed', { application, verb });
    return { kind: 'other', isOpen: false };
  }
  if (command !== undefined || text.startsWith('/')) return { kind: 'other', isOpen: true };
  const read = readDecisionWords(verb, text);
  if (read.kind === 'withdrawn') {
    say('approval.tap.withdrawn', { application, verb });
    return { kind: 'answered', isOpen: false };
  }
  if (readTypedDecision(text)?.application !== undefined || flows.startingWith('staff', text))
    return { kind: 'other', isOpen: true };
  const usual = REASONS.map((code) =>
    turn.call.services.texts.translate(turn.call.actor.language, `approval.reason.${code}`),
  );
  const offered = REASONS[usual.indexOf(text)]; // an offered reason in full can be nothing else, however late
  if (read.kind === 'unclear' || (age === 'late' && offered === undefined)) {
    const params = { application, verb, most: REASONS.length, words: quoted(text) };
    say(`approval.tap.${age === 'late' ? 'stale' : 'unclear'}`, params, verb === 'reject' ? usual : []);
    return { kind: 'answered', isOpen: true };
  }
  const reason = (read.kind === 'offered' ? read.code : offered) ?? text.slice(0, 500);
  return takeDecision(decision, verb === 'hand_over' ? { to: text.slice(0, MAX_COLLEAGUE) } : { reason }, words);
}

/** How long ago the question was put; one that an older release asked may be of any day. */
function ageOf({ askedAt }: PendingDecision, now: Date): 'fresh' | 'late' | 'over' {
  if (askedAt === undefined) return 'late';
  const waited = now.getTime() - askedAt;
  if (waited > OPEN_MS) return 'over';
  return waited > FRESH_MS ? 'late' : 'fresh';
}

function quoted(text: string): string {
  const letters = Array.from(text.replaceAll(/\s+/gu, ' '));
  return letters.length > QUOTED ? `${letters.slice(0, QUOTED).join('')}…` : letters.join('');
}

async function takeDecision(
  decision: PendingDecision,
  given: { readonly to: string } | { readonly reason: string },
  { turn, say }: Words,
): Promise<Answer> {
  const { approvalId: id, revision, verb, application = '' } = decision;
  try {
    const done = (await turn.run('approval.decide', { id, revision, verb, ...given })) as Done;
    say(doneKey(done), { application, left: done.left });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const card = error.code === 'approval.closed' ? await cardOf(turn, decision.cardId) : undefined;
    if (!card) return notTaken(decision, error, say);
    closedText(say, card, error);
  }
  return { kind: 'answered', isOpen: false };
}

/** Of several with one name nobody is guessed: they are named so that each can be told from the others. */
function colleagueQuestion(error: AppError, otherwise: 'successor' | 'successor_unknown'): string {
  return `approval.tap.${error.code === 'approval.successor_ambiguous' ? 'successor_ambiguous' : otherwise}`;
}

/** Words that did not decide: an unknown colleague is asked for again, anything else ends the question. */
function notTaken(decision: PendingDecision, error: AppError, say: Say): Answer {
  const params = { application: decision.application ?? '', role: 'other', ...error.params };
  if (error.code !== 'approval.successor_needed' && error.code !== 'approval.successor_ambiguous') {
    say(`error.${error.code}.title`, params);
    return { kind: 'answered', isOpen: false };
  }
  const names = namesOf(error);
  say(names.length === 0 ? 'approval.tap.nobody' : colleagueQuestion(error, 'successor_unknown'), params, names);
  return { kind: 'answered', isOpen: names.length > 0 };
}

function namesOf(error: AppError): readonly string[] {
  return String(error.params['names'] ?? '')
    .split(/、|, /u) // between the names in one language or the other
    .filter((name) => name !== '');
}

/** What the pressed card stands for. A press on a card that is none of ours is on record like every other that decides nothing. */
async function cardOf(turn: Turn, cardId: string): Promise<CardFacts | undefined> {
  const action = 'approval.card';
  try {
    return (await turn.run(action, { cardId })) as CardFacts;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code } = error;
    // A read that finds nothing leaves no trace of itself, one that is not permitted does.
    if (code !== 'permission.denied') turn.effects.audit({ action, outcome: 'REFUSED', detail: { code } });
    return undefined;
  }
}

/** Asks in a form. A form that does not open comes back as an event of its own, and the chat asks (jobs/trouble.ts). */
function openForm({ turn, address, tap, inboxId }: Press, form: CardForm | undefined): boolean {
  if (tap.canOpenForm !== true || form === undefined) return false;
  turn.effects.send({
    to: address,
    purpose: 'STAFF',
    content: { kind: 'tap_answer', tap: tap.handle, text: form.title, alert: false, form },
    inboxId,
  });
  return true;
}

/** Asks for words; the usual ones can be tapped. */
function ask({ turn, address, tap }: Press, text: string, choices: readonly string[]): void {
  if (!address.account.startsWith('wecom:'))
    turn.effects.send({
      to: address,
      purpose: 'STAFF',
      content: { kind: 'tap_answer', tap: tap.handle, text: text.slice(0, 180), alert: false },
    });
  turn.effects.send({
    to: address,
    purpose: 'STAFF',
    content: { kind: 'text', text, ...(choices.length > 0 ? { choices } : {}) },
  });
}

/** Tells the presser, in his own request where the platform can; never queued behind messages. */
function answer({ turn, address, tap, inboxId }: Press, text: string): void {
  turn.effects.send({
    to: address,
    purpose: 'STAFF',
    content: { kind: 'tap_answer', tap: tap.handle, text, alert: text.length > 60 },
    inboxId,
    lane: address.account.startsWith('wecom:') ? 'INTERACTIVE' : 'NORMAL',
  });
}
