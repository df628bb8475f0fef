/** What a message, a button or a file does to the conversation. */
import { toHalfWidth } from '../../lib/mask.ts';
import type { CompiledConversation, Starter, StepOf } from '../flow/index.ts';
import { heardByDraft, turnTo } from './addressee.ts';
import { answer, answerBefore, FREE_TYPES, proceed, questionBefore } from './answer.ts';
import { begin, obey, repair } from './begin.ts';
import { parseLanguageName, type Command } from './command.ts';
import { isAgreement, isWithdrawal } from './consent-words.ts';
import { lookAgain, takeUp, wake } from './control.ts';
import { correct, settle, settlePending, VERDICTS } from './correct.ts';
import { isSaidOfUs } from './intent.ts';
import { countFile } from './file-places.ts';
import { askAnew, takeUpLate } from './late.ts';
import { findStart, openFlow } from './open.ts';
import { prompt, sayWhereWeWere } from './prompt.ts';
import type { MediaToken, Reading, Start } from './protocol.ts';
import { pickForAll, pickOfNth, pickOfWords } from './pick-all.ts';
import { saidOfAll } from './row-words.ts';
import { goTo, questionOf, run } from './run.ts';
import { sayOn } from './say.ts';
import { askConflict, confirmSlots, writeSlot } from './slots.ts';
import type { Frame, PendingChange } from './state.ts';
import { running, type Turn } from './turn.ts';
import {
  CERTAIN,
  isCourtesy,
  isGreeting,
  parseAnswer,
  parsePhone,
  toSimplified,
  wantsToBorrow,
  type Fact,
} from './understand/index.ts';

/** A text message, in the order of what binds most: pending question, buttons, commands, corrections, answers, starts. */
export function respondToText(turn: Turn, text: string, reading: Reading): void {
  const frame = turn.top;
  if (frame?.wait === 'operation') return sayOn(turn, frame, 'conversation.busy');
  if (frame?.pending && settlePending(turn, frame, text, reading)) return;
  const anew = turn.tools.flows.startingWith(turn.tools.audience, text);
  if (frame?.pending && !anew && isUnclearWhose(turn, frame, frame.pending, reading))
    return askConflict(turn, frame.pending);
  forgetPending(turn, reading, anew !== undefined);
  if (askAnew(turn, text, reading)) return;
  if (turn.top && chooseByWords(turn, turn.top, text)) return;
  if (turn.top && !anew && isLeftOpen(turn, turn.top, text, reading)) return answer(turn, turn.top, text, reading);
  dismissTransient(turn);
  const command = reading.command ?? lookUpOf(turn, text, reading) ?? languageOf(turn, text);
  if (command) return obey(turn, command);
  const matter = matterOf(turn, reading);
  if (matter) return begin(turn, matter);
  if (takeUpLate(turn, text, reading) && turn.top && chooseByWords(turn, turn.top, text)) return;
  const said = heardByDraft(turn, text, reading);
  if (said) return respondToWords(turn, said.text, said.reading);
}

/**
 * While it is open whose a sentence is, what follows may be that person's too: it is written to nobody, and the question is
 * asked again. Somebody named anew, a command or a correction is none of it.
 */
function isUnclearWhose(turn: Turn, frame: Frame, pending: PendingChange, reading: Reading): boolean {
  if (pending.other !== true || reading.command || reading.lookUp || reading.correction) return false;
  if (matterOf(turn, reading)) return false;
  const flow = turn.flowOf(frame);
  const heard = reading.understanding.facts.filter((fact) => isHeard(flow, fact));
  const isNamed = heard.some(({ name }) => flow.slots.get(flow.slotOfFact.get(name) ?? '')?.guarded === true);
  return heard.length > 0 && !isNamed;
}

/** Matters that are also said of other debts, or asked in passing, on the way to a fact. */
const YIELDING: ReadonlySet<string> = new Set([
  'defer',
  'settle-early',
  'callback',
  'bill',
  'progress',
  'question',
  'other-amount',
]);

/** 打错了, and nothing about whom. */
const SLIP = /^[^是姓人叫你您]{0,3}[打发填写]错了?[^人]{0,2}$/u;

function isHeard(flow: CompiledConversation | undefined, { name, confidence }: Fact): boolean {
  return confidence >= CERTAIN && flow?.slotOfFact.has(name) === true;
}

/** The flow for what somebody wants heard; a purpose (提前还清别家的贷款) is the answer to the question that asks for one. */
function matterOf(turn: Turn, { intent, understanding, reply }: Reading): Start | undefined {
  if (intent === undefined) return undefined;
  const frame = turn.top;
  // A form put aside because nobody answered hears as well.
  const listening = frame ?? (turn.parked?.expired === true ? turn.parked : undefined);
  const flow = listening && turn.flowOf(listening);
  const asked = frame?.wait === 'slot' ? frame.asked : undefined;
  // 信用卡还不上，想借20万: what the open form hears goes to the form.
  if (YIELDING.has(intent) && understanding.facts.some((fact) => isHeard(flow, fact))) return undefined;
  // 打错了 in a form that has something in it is a slip of the pen
  const isFilled = Object.values(frame?.slots ?? {}).some(({ value }) => value !== undefined);
  if (intent === 'wrong-person' && isFilled && SLIP.test(turn.input.text)) return undefined;
  if (intent === 'no-advertising' && asked !== undefined && reply === 'no') return undefined; // N is its answer
  if (intent === 'other-amount' && asked !== undefined && asked === flow?.slotOfFact.get('amount')) return undefined; // 想借三四十万
  const isPurpose = asked !== undefined && flow?.slots.get(asked)?.type === 'purpose';
  if (isPurpose && understanding.facts.some(({ name }) => flow.slotOfFact.get(name) === asked)) return undefined;
  return findStart(turn, (starter) => starter.intent === intent);
}

/**
 * What takes effect even while a person has the word: matters that are not only that person's (a complaint may be about him),
 * and words that have to be the whole message. Nobody is asked whether he means those: a withdrawal counts in other words too
 * (please withdraw my consent), but only a plain one.
 */
export function respondSilenced(turn: Turn, text: string): void {
  const plain = toHalfWidth(text)
    .trim()
    .replace(/[。.!！]+$/u, '')
    .toLowerCase();
  const isPlainWithdrawal = isWithdrawal(text);
  const isMeant = (word: string): boolean => word.toLowerCase() === plain || (isPlainWithdrawal && isWithdrawal(word));
  const meant = turn.input.reading?.intent;
  const found = findStart(
    turn,
    ({ silenced, words, intent }) =>
      silenced === true &&
      ((words ?? []).some(isMeant) || (intent !== undefined && intent === meant && isSaidOfUs(intent, text))),
  );
  if (found) begin(turn, found);
}

/** A letter and two digits; a longer one is a case's number and nobody's name. */
const LONGEST_NAME = 3;

/**
 * What a colleague who types a number alone wants to see; a short one may be a name (K3, K11), where that is asked for. A
 * customer's is the number of his loan, as it stands in what he is told.
 */
function lookUpOf(turn: Turn, text: string, { lookUp }: Reading): Command | undefined {
  if (turn.tools.audience !== 'staff')
    return lookUp?.name === 'repayment' && lookUp.argument.length > LONGEST_NAME ? lookUp : undefined;
  const phone = turn.top ? undefined : parsePhone(toHalfWidth(text)); // in a form it is an answer or a change
  if (phone !== undefined) return { name: 'customer', argument: phone };
  if (!lookUp) return undefined;
  if (lookUp.argument.length > LONGEST_NAME) return lookUp;
  const frame = turn.top;
  const asked = frame?.wait === 'slot' ? frame.asked : undefined;
  const flow = frame && turn.flowOf(frame);
  const slot = flow?.slots.get(asked ?? '');
  if (!flow || !slot || asked === undefined) return lookUp;
  return 'value' in parseAnswer(slot.type, text, turn.tools.today, flow.limits.get(asked)) ? undefined : lookUp;
}

/** A language’s name alone, where no question takes any words for its answer. */
function languageOf(turn: Turn, text: string): Command | undefined {
  const frame = turn.top;
  const asked = frame?.wait === 'slot' && turn.flowOf(frame).slots.get(frame.asked ?? '');
  return asked && FREE_TYPES.has(asked.type) ? undefined : parseLanguageName(text);
}

/** Plain words that may concern the open form. */
function respondToWords(turn: Turn, text: string, reading: Reading): void {
  const gate = turn.top && questionBefore(turn, turn.top);
  if (reading.correction && !gate && correct(turn, reading.correction)) return;
  const explicit = turn.tools.flows.startingWith(turn.tools.audience, text);
  if (explicit) return begin(turn, explicit);
  if (turn.top && gate) return answerBefore(turn, turn.top, gate, reading);
  if (turn.top) return answer(turn, hearer(turn, turn.top, reading), text, reading);
  const byFacts = findStart(turn, (starter) => hasFacts(starter, text, reading.understanding.facts));
  if (byFacts) return begin(turn, byFacts);
  if (isCourtesy(text) || isGreeting(text)) {
    const key = isCourtesy(text) ? 'conversation.courtesy' : 'conversation.greeting';
    turn.effects.push({ kind: 'say', key, params: {}, visit: 0 });
    return;
  }
  return repair(turn, 'cannot-handle');
}

/**
 * The frame a sentence is for: the one on top, unless that only offers a choice (which file is this?) and a form below it
 * asks for what is said. The choice stays open and comes back after the form.
 */
function hearer(turn: Turn, top: Frame, { understanding }: Reading): Frame {
  const hears = (frame: Frame): boolean =>
    understanding.facts.some((fact) => isHeard(turn.flowOf(frame), fact)) && !questionBefore(turn, frame);
  if (top.wait !== 'choice' || hears(top)) return top;
  const form = turn.frames().find((frame) => frame.wait !== 'call' && hears(frame));
  if (form) turnTo(turn, form);
  return form ?? top;
}

/**
 * A proposed change is a question of the moment: whoever talks about something else has not agreed to it. What was said of
 * another customer is written nowhere then, and he is told so unless he is saying it once more.
 */
function forgetPending(turn: Turn, { understanding }: Reading, isAnew: boolean): void {
  if (!turn.top?.pending) return;
  const { pending, ...rest } = turn.top;
  turn.put(rest);
  const isSaidAgain =
    pending.value === undefined ? isAnew : understanding.facts.some(({ value }) => value === pending.value);
  if (pending.other === true && !isSaidAgain) sayOn(turn, rest, 'conversation.conflict.dropped');
}

/** Whether a question for yes or no (shall he take it over?) has to be asked again: nothing else can be made of the words. */
function isLeftOpen(turn: Turn, frame: Frame, text: string, reading: Reading): boolean {
  if (!isTransient(turn, frame)) return false;
  const step = turn.flowOf(frame).steps.get(frame.step);
  if (step?.kind !== 'ask' || step.pick !== undefined) return false;
  const isCommand = reading.command ?? lookUpOf(turn, text, reading) ?? languageOf(turn, text);
  if (isCommand || reading.intent !== undefined || reading.correction) return false;
  return !reading.understanding.facts.some(({ confidence }) => confidence >= CERTAIN);
}

/** Whether a frame is the open question of a flow that gives way. */
export function isTransient(turn: Turn, frame: Frame): boolean {
  return frame.wait === 'choice' && turn.flowOf(frame).definition.transient;
}

/** A look-up's open question ("which of the three?") gives way to whatever else is said, and to the silence below it. */
export function dismissTransient(turn: Turn): void {
  while (turn.top && isTransient(turn, turn.top)) {
    const frame = turn.pop();
    if (frame) turn.effects.push({ kind: 'frame', change: 'ended', flow: frame.flow, outcome: 'dismissed' });
  }
}

function hasFacts(starter: Starter, text: string, facts: readonly Fact[]): boolean {
  if (starter.wish === true && !wantsToBorrow(text)) return false;
  return starter.facts?.every((wanted) => facts.some((fact) => fact.name === wanted)) ?? false;
}

// — buttons ————————————————————————————————————————————————————————————————

/** Waits that a button may end. */
const BUTTONED: ReadonlySet<Frame['wait']> = new Set(['slot', 'choice', 'confirm']);

/** A pressed button. One of a question that is over changes nothing; the present question is asked again. */
export function respondToChoice(turn: Turn, visit: number, verb: string, value: string | undefined): void {
  turnToAsked(turn, visit);
  const frame = turn.top;
  if (!frame) return repair(turn, 'cannot-handle');
  if (frame.visit !== visit || frame.wait === undefined) {
    sayOn(turn, frame, 'conversation.stale_choice');
    return frame.wait !== 'slot' && lookAgain(turn) ? run(turn) : prompt(turn);
  }
  const verdict = frame.pending && VERDICTS.find((candidate) => candidate === verb);
  if (verdict) return settle(turn, frame, verdict);
  if (frame.wait === 'slot') return answerByButton(turn, frame, verb, value);
  if (!choose(turn, frame, verb, value)) prompt(turn);
}

/**
 * A button answers the question it stands under: one that waits below comes up, as does one put aside for later, and a look-up
 * that lies on it gives way.
 */
function turnToAsked(turn: Turn, visit: number): void {
  const isMeant = (frame: Frame): boolean => frame.visit === visit && BUTTONED.has(frame.wait);
  const asked = turn.frames().find(isMeant);
  const { parked } = turn;
  if (!asked && parked?.later === true && isMeant(parked)) {
    dismissTransient(turn);
    wake(turn, parked);
    return;
  }
  if (!asked || asked === turn.top) return;
  if (!isTransient(turn, asked)) dismissTransient(turn);
  turnTo(turn, asked);
}

function answerByButton(turn: Turn, frame: Frame, verb: string, value: string | undefined): void {
  if (verb === 'unchanged') {
    turn.put(running(frame));
    return run(turn);
  }
  if (verb === 'skip') return obey(turn, { name: 'skip', argument: '' });
  if (value === undefined || frame.asked === undefined) return prompt(turn);
  const slot = turn.flowOf(frame).slots.get(frame.asked);
  if (!slot) return prompt(turn);
  const parsed = parseAnswer(slot.type, value, turn.tools.today, turn.flowOf(frame).limits.get(frame.asked));
  if ('problem' in parsed) return prompt(turn);
  writeSlot(turn, frame.asked, parsed.value, 'chosen');
  proceed(turn);
}

function choose(turn: Turn, frame: Frame, verb: string, value: string | undefined): boolean {
  const step = turn.flowOf(frame).steps.get(frame.step);
  if (step?.kind === 'confirm' && frame.wait === 'confirm') return decide(turn, step, verb);
  if (step?.kind !== 'ask' || frame.wait !== 'choice') return false;
  const choice = step.choices?.find((candidate) => candidate.verb === verb);
  if (choice) goTo(turn, choice.go);
  else if (step.pick && verb === 'pick' && value !== undefined) {
    turn.put({ ...frame, results: { ...frame.results, [step.pick.as]: { value } } });
    goTo(turn, step.pick.go);
  } else return false;
  run(turn);
  return true;
}

function decide(turn: Turn, step: StepOf<'confirm'>, verb: string): boolean {
  if (verb !== 'yes' && verb !== 'no') return false;
  if (verb === 'yes') confirmSlots(turn, step.slots);
  goTo(turn, verb === 'yes' ? step.yes : step.no);
  run(turn);
  return true;
}

/** What people say before the word that counts: 好的，同意 · 算了，不撤了. Alone it is no answer. */
const FILLERS = /^(?:(?:好的?|行|可以|嗯+|哦+|那就?|那|我看|我?还是|算了|ok(?:ay)?|yes)[,，。!！~\s]*)+(?=.)/iu;

/** A typed word that is one of the offered answers, a row's own number (K305), or its place in the list. */
function chooseByWords(turn: Turn, frame: Frame, text: string): boolean {
  const step = turn.flowOf(frame).steps.get(frame.step);
  const plain = toSimplified(text)
    .trim()
    .replace(/[。.!！~]+$/u, '')
    .toLowerCase();
  if (step?.kind === 'ask' && frame.wait === 'choice') {
    const choices = step.choices ?? [];
    const number = /^\d{1,2}$/u.test(plain) ? Number(plain) - 1 : -1;
    const rows = frame.offered ?? [];
    const values = rows.map((row) => String(row[step.pick?.value ?? ''] ?? ''));
    const picked =
      values[number] ??
      values.find((value) => value.toLowerCase() === toHalfWidth(plain)) ??
      (isPlainTalk(turn) ? pickOfWords(turn, frame, text) : undefined);
    const other = picked === undefined && isPlainTalk(turn) ? pickOfNth(turn, frame, text) : undefined;
    if (other) {
      turn.raise(other.frame);
      return choose(turn, other.frame, 'pick', other.value);
    }
    if (picked !== undefined && saidOfAll(text)) pickForAll(turn, frame, picked);
    if (picked !== undefined) return choose(turn, turn.top ?? frame, 'pick', picked);
    const reply = turn.input.reading?.reply ?? '';
    const said = [plain, plain.replace(FILLERS, ''), ...(reply === 'yes' || reply === 'no' ? [reply] : [])];
    const found =
      choices[number - rows.length] ??
      choices.find(
        ({ verb, words }) =>
          verb === plain ||
          words.some((word) => said.includes(word.toLowerCase())) ||
          (verb === 'agree' && isAgreement(text)),
      );
    return found !== undefined && choose(turn, frame, found.verb, undefined);
  }
  if (step?.kind !== 'confirm' || frame.wait !== 'confirm') return false;
  const reply = turn.input.reading?.reply;
  if (reply === 'yes' || reply === 'agree') return choose(turn, frame, 'yes', undefined);
  return reply === 'no' ? choose(turn, frame, 'no', undefined) : false;
}

/** Neither a command nor a matter nor a yes or no. */
function isPlainTalk(turn: Turn): boolean {
  const { reading } = turn.input;
  return reading !== undefined && !reading.command && !matterOf(turn, reading) && !reading.reply;
}

// — files, links, contacts ————————————————————————————————————————————————————

/** Each file gets a frame of the flow that files; several are handled one after the other, the first one first. */
export function respondToMedia(turn: Turn, media: readonly MediaToken[]): void {
  const found = findStart(turn, (starter) => starter.event === 'media');
  if (!found) return repair(turn, 'cannot-handle');
  for (const token of media.toReversed()) {
    countFile(turn);
    openFlow(turn, found.flow, { ...(found.at === undefined ? {} : { at: found.at }), inputs: { media: token } });
  }
  run(turn);
}

/** A deep link or the platform's "opened" event; silently nothing when no flow wants it. */
export function respondToEvent(turn: Turn, event: 'link' | 'opened'): void {
  const found = findStart(turn, (starter) => starter.event === event);
  if (!found) return;
  const open = event === 'link' ? formOfLink(turn, found) : undefined;
  if (open) return openAgain(turn, open, found);
  begin(turn, found);
}

/** The frame there is: one that lies open, or one put aside whose late answers are heard. */
function formOfLink(turn: Turn, { flow }: Start): Frame | undefined {
  const open = turn.frames().findLast((frame) => frame.flow === flow);
  const isLate = turn.parked?.flow === flow && turn.parked.expired === true;
  return open ?? (isLate ? takeUp(turn) : undefined);
}

/**
 * A link opened while its flow is running is looked at in the frame there is, which keeps what it knows and may go back to its
 * question (`back`). A second frame would ask everything twice.
 */
function openAgain(turn: Turn, open: Frame, { flow, at }: Start): void {
  turn.keepOnly(open);
  turn.results = {};
  const first = turn.flowOf(open).definition.first;
  const step = at !== undefined && turn.flowOf(open).steps.has(at) ? at : first;
  const back = { ...questionOf(open), results: open.results };
  turn.put({ ...running(open), step, visit: turn.nextVisit(), misses: 0, back });
  turn.effects.push({ kind: 'frame', change: 'resumed', flow });
  run(turn);
}

/** A shared contact answers the question that asked for it, wherever it lies; otherwise a flow that is not running may begin. */
export function respondToContact(turn: Turn): void {
  for (const frame of turn.frames()) {
    const step = turn.flowOf(frame).steps.get(frame.step);
    if (step?.kind !== 'ask' || !step.contact || frame.wait !== 'choice') continue;
    turn.raise(frame);
    goTo(turn, step.contact.go);
    return run(turn);
  }
  const found = findStart(turn, (starter) => starter.event === 'contact');
  if (found && !turn.frames().some(({ flow }) => flow === found.flow)) begin(turn, found);
  else prompt(turn);
}

/** The bot has the word again, and says where they were. */
export function handBack(turn: Turn, isQuiet = false): void {
  turn.handedOver = false;
  if (isQuiet || !turn.top?.wait) return;
  sayWhereWeWere(turn);
  prompt(turn);
}
