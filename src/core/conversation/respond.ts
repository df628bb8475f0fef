/** What a message, a button or a file does to the conversation. */
import type { Starter, StepOf } from '../flow/index.ts';
import type { Correction } from './correction.ts';
import { findStart, openFlow } from './open.ts';
import { askSlot, prompt, sayWhereWeWere } from './prompt.ts';
import type { MediaToken, Reading, Start } from './protocol.ts';
import { askFor, goTo, reconsider, run } from './run.ts';
import { sayOn } from './say.ts';
import { absorb, askConflict, confirmSlots, sayProblem, writeSlot } from './slots.ts';
import type { Frame } from './state.ts';
import { running, type Turn } from './turn.ts';
import { CERTAIN, limitProblem, parseAnswer, type AnswerType, type Fact } from './understand/index.ts';
import { fieldsOf } from './values.ts';

/** After so many unreadable messages in a row the repair flow `cannot-handle` takes over. */
const MAX_MISSES = 2;
/** Besides a taken answer, facts at least this sure are read from the same message; an amount by elimination is not. */
const PROBABLE = 0.8;
/** Types whose answer may be nearly any words; a sentence full of other facts is not one of them. */
const FREE_TYPES: ReadonlySet<AnswerType> = new Set(['text', 'licence-name', 'person-name', 'place']);
const EVASIVE = /^(?:不知道|不清楚|不记得|不确定|没想好|随便|都行|再说|忘了|i don'?t know|not sure)[。.!！~]*$/iu;

/** A text message, in the order of what binds most: pending question, buttons, commands, corrections, answers, starts. */
export function respondToText(turn: Turn, text: string, reading: Reading): void {
  const frame = turn.top;
  if (frame?.wait === 'operation') return sayOn(turn, frame, 'conversation.busy');
  if (frame?.pending && settlePending(turn, frame, reading)) return;
  if (frame && chooseByWords(turn, frame, text)) return;
  dismissTransient(turn);
  if (reading.command) return openCommand(turn, reading);
  if (reading.correction && correct(turn, reading.correction)) return;
  const explicit = turn.tools.flows.startingWith(turn.tools.audience, text);
  if (explicit) return start(turn, explicit);
  if (turn.top) return answer(turn, turn.top, text, reading);
  const byFacts = findStart(turn, (starter) => hasFacts(starter, reading.understanding.facts));
  if (byFacts) return start(turn, byFacts);
  return repair(turn, 'cannot-handle');
}

/** A look-up's open question ("which of the three?") gives way to whatever else is said. */
function dismissTransient(turn: Turn): void {
  while (turn.top?.wait === 'choice' && turn.flowOf(turn.top).definition.transient) {
    const frame = turn.pop();
    if (frame) turn.effects.push({ kind: 'frame', change: 'ended', flow: frame.flow, outcome: 'dismissed' });
  }
}

function start(turn: Turn, { flow, at }: Start): void {
  openFlow(turn, flow, at === undefined ? {} : { at });
  run(turn);
}

function hasFacts(starter: Starter, facts: readonly Fact[]): boolean {
  return starter.facts?.every((wanted) => facts.some((fact) => fact.name === wanted)) ?? false;
}

/** Opens a repair flow on top, or says that nothing was understood when the installation has none. */
export function repair(turn: Turn, name: 'correct' | 'timeout' | 'cannot-handle'): void {
  const found = findStart(turn, (starter) => starter.repair === name);
  if (found) return start(turn, found);
  turn.effects.push({ kind: 'say', key: 'conversation.not_understood', params: {}, visit: turn.top?.visit ?? 0 });
}

function openCommand(turn: Turn, reading: Reading): void {
  const { command } = reading;
  const found = command && findStart(turn, (starter) => starter.command === command.name);
  if (!command || !found) return repair(turn, 'cannot-handle');
  turn.input = { text: turn.input.text, argument: command.argument }; // a command's words are no facts of a form
  start(turn, found);
}

// — buttons ————————————————————————————————————————————————————————————————

/** A pressed button. One of an earlier question changes nothing; the present question is asked again. */
export function respondToChoice(turn: Turn, visit: number, verb: string, value: string | undefined): void {
  const frame = turn.top;
  if (!frame) return repair(turn, 'cannot-handle');
  if (frame.visit !== visit || frame.wait === undefined) {
    sayOn(turn, frame, 'conversation.stale_choice');
    return prompt(turn);
  }
  if (frame.pending && (verb === 'change' || verb === 'keep')) return settle(turn, frame, verb === 'change');
  if (frame.wait === 'slot') return answerByButton(turn, frame, verb, value);
  if (!choose(turn, frame, verb, value)) prompt(turn);
}

function answerByButton(turn: Turn, frame: Frame, verb: string, value: string | undefined): void {
  if (verb === 'unchanged') {
    turn.put(running(frame));
    return run(turn);
  }
  if (verb === 'skip') return openCommand(turn, { understanding: { facts: [], ambiguous: [], problems: [] }, command: { name: 'skip', argument: '' } });
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

/** A typed word that is one of the offered answers, or its number in the list. */
function chooseByWords(turn: Turn, frame: Frame, text: string): boolean {
  const step = turn.flowOf(frame).steps.get(frame.step);
  const plain = text.trim().toLowerCase();
  if (step?.kind === 'ask' && frame.wait === 'choice') {
    const found = step.choices?.find((choice, index) => choice.verb === plain || plain === String(index + 1) || choice.words.some((word) => word.toLowerCase() === plain));
    return found !== undefined && choose(turn, frame, found.verb, undefined);
  }
  if (step?.kind !== 'confirm' || frame.wait !== 'confirm') return false;
  const reply = turn.input.reading?.reply;
  if (reply === 'yes' || reply === 'agree') return choose(turn, frame, 'yes', undefined);
  return reply === 'no' ? choose(turn, frame, 'no', undefined) : false;
}

// — a change that needs a person's word ————————————————————————————————————————

function settlePending(turn: Turn, frame: Frame, reading: Reading): boolean {
  if (reading.reply !== 'yes' && reading.reply !== 'no' && reading.reply !== 'unchanged') return false;
  settle(turn, frame, reading.reply === 'yes');
  return true;
}

function settle(turn: Turn, frame: Frame, change: boolean): void {
  const { pending, ...rest } = frame;
  turn.put(rest);
  if (!pending || !change) return prompt(turn);
  writeSlot(turn, pending.slot, pending.value, 'chosen');
  confirmSlots(turn, [pending.slot]);
  proceed(turn);
}

// — corrections ————————————————————————————————————————————————————————————

/** A correction by name, in the nearest frame that has such a slot. `false` when there is none: then it is plain text. */
function correct(turn: Turn, correction: Correction): boolean {
  const target = findTarget(turn, correction);
  if (!target) return looksLikeSlot(turn, correction);
  turn.dropTo(target.frame);
  const flow = turn.flowOf(target.frame);
  const slot = flow.slots.get(target.slot);
  if (!slot) return false;
  if (correction.value === '') {
    reopen(turn, target.slot);
    return true;
  }
  const parsed = parseAnswer(slot.type, correction.value, turn.tools.today, flow.limits.get(target.slot));
  if ('problem' in parsed) {
    sayProblem(turn, target.slot, parsed.problem);
    prompt(turn);
    return true;
  }
  const before = turn.top?.slots[target.slot];
  if (before?.value === parsed.value) {
    sayOn(turn, target.frame, 'conversation.already', { params: { field: { kind: 'fields', fields: fieldsOf(flow, target.frame, [target.slot]) } } });
  }
  writeSlot(turn, target.slot, parsed.value, 'asked');
  if (before?.confirmed === true) confirmSlots(turn, [target.slot]);
  proceed(turn);
  return true;
}

/** "改利率 3%" in a form without such a field: said so, with the fields there are. A sentence with facts is no such case. */
function looksLikeSlot(turn: Turn, correction: Correction): boolean {
  const hasFacts = (turn.input.reading?.understanding.facts.length ?? 0) > 0;
  if (!turn.top || correction.target === '' || correction.value === '' || hasFacts) return false;
  turn.input = { ...turn.input, argument: correction.target };
  repair(turn, 'correct');
  return true;
}

function findTarget(turn: Turn, correction: Correction): { readonly frame: Frame; readonly slot: string } | undefined {
  const word = correction.target.toLowerCase();
  const facts = turn.input.reading?.understanding.facts ?? [];
  for (const frame of turn.frames()) {
    const flow = turn.flowOf(frame);
    const named = flow.slotOfWord.get(word) ?? [...flow.slotOfWord].find(([candidate]) => word !== '' && word.endsWith(candidate))?.[1];
    if (named !== undefined) return { frame, slot: named };
    if (word !== '') continue;
    // "不是30万，是50万": the value alone tells which slot is meant, if only one has such a value.
    const meant = facts.flatMap((fact) => flow.slotOfFact.get(fact.name) ?? []).filter((name) => frame.slots[name] !== undefined);
    const [slot] = meant;
    if (meant.length === 1 && slot !== undefined) return { frame, slot };
  }
  return undefined;
}

function reopen(turn: Turn, slot: string): void {
  const frame = turn.top;
  if (!frame) return;
  const form = [...turn.flowOf(frame).steps].find(([, step]) => step.kind === 'collect' && step.collect.includes(slot));
  if (form) turn.put({ ...running(frame), step: form[0] });
  askFor(turn, slot);
}

// — answers ————————————————————————————————————————————————————————————————

function answer(turn: Turn, frame: Frame, text: string, reading: Reading): void {
  const direct = frame.wait === 'slot' && frame.asked !== undefined ? answerAsked(turn, frame, frame.asked, reading) : 'unread';
  if (direct === 'refused') return;
  const { understanding } = reading;
  const rest = understanding.facts.filter((fact) => direct !== 'taken' || (fact.confidence >= PROBABLE && turn.flowOf(frame).slotOfFact.get(fact.name) !== frame.asked));
  const absorbed = absorb(turn, rest);
  const told = sayProblems(turn, reading);
  if (absorbed.conflict) return askConflict(turn, absorbed.conflict.slot, absorbed.conflict.value);
  if (direct === 'taken' || absorbed.written.length > 0) {
    acknowledge(turn, absorbed.written);
    return proceed(turn);
  }
  const ambiguous = understanding.ambiguous.find((item) => turn.flowOf(frame).slotOfFact.get(item.name) === frame.asked);
  if (ambiguous && turn.top?.wait === 'slot') return askSlot(turn, turn.top, ambiguous);
  if (told) return prompt(turn);
  missed(turn, text);
}

/** `taken`: the answer was read. `refused`: it was read and is out of bounds, and that has been said. */
function answerAsked(turn: Turn, frame: Frame, name: string, reading: Reading): 'taken' | 'refused' | 'unread' {
  const flow = turn.flowOf(frame);
  const slot = flow.slots.get(name);
  const { text } = turn.input;
  if (!slot || reading.understanding.ambiguous.some((item) => flow.slotOfFact.get(item.name) === name)) return 'unread';
  if (reading.reply === 'unchanged' && frame.slots[name]?.value !== undefined) return 'taken';
  const own = reading.understanding.facts.find((fact) => flow.slotOfFact.get(fact.name) === name && fact.confidence >= CERTAIN);
  if (own) return take(turn, name, text, own);
  const others = reading.understanding.facts.some((fact) => fact.confidence >= CERTAIN && flow.slotOfFact.has(fact.name));
  if (EVASIVE.test(text.trim()) || (others && FREE_TYPES.has(slot.type))) return 'unread';
  return take(turn, name, text);
}

/** A certain fact counts as it is; anything else must parse as an answer of the slot's type. */
function take(turn: Turn, name: string, text: string, fact?: Fact): 'taken' | 'refused' | 'unread' {
  const flow = turn.top && turn.flowOf(turn.top);
  const slot = flow?.slots.get(name);
  if (!flow || !slot) return 'unread';
  const limits = flow.limits.get(name);
  const bound = fact && limitProblem(slot.type, fact.value, limits);
  const parsed = fact ? (bound === undefined ? { value: fact.value } : { problem: bound }) : parseAnswer(slot.type, text, turn.tools.today, limits);
  if ('value' in parsed) {
    writeSlot(turn, name, parsed.value, 'asked');
    return 'taken';
  }
  if (!parsed.problem.endsWith('_min') && !parsed.problem.endsWith('_max')) return 'unread';
  sayProblem(turn, name, parsed.problem);
  prompt(turn);
  return 'refused';
}

/** Things that look like a phone or an identity number and are not: said once, when the form wants such a thing. */
function sayProblems(turn: Turn, reading: Reading): boolean {
  const frame = turn.top;
  if (!frame) return false;
  const flow = turn.flowOf(frame);
  const wanted = reading.understanding.problems.filter((problem) => flow.slotOfFact.has(problem.name));
  for (const problem of wanted) sayProblem(turn, flow.slotOfFact.get(problem.name) ?? '', problem.code);
  return wanted.length > 0;
}

/** One sentence filled several fields: say which, so that a misreading is seen at once. */
function acknowledge(turn: Turn, written: readonly string[]): void {
  const frame = turn.top;
  if (!frame || written.length === 0) return;
  const shown = turn.effects.flatMap((effect) => (effect.kind === 'diff' ? [effect.field.slot] : []));
  const fields = fieldsOf(turn.flowOf(frame), frame, written.filter((name) => !shown.includes(name)));
  if (fields.length > 0) sayOn(turn, frame, 'conversation.noted', { params: { fields: { kind: 'fields', fields } } });
}

/** The form after something was written: a dependent may be open again, an operation may want to know. */
function proceed(turn: Turn): void {
  reconsider(turn);
  run(turn);
}

/** Nothing was read. The draft stays; the person is told what is expected, then offered a way out. */
function missed(turn: Turn, text: string): void {
  const frame = turn.top;
  if (!frame) return;
  const misses = frame.misses + 1;
  turn.put({ ...frame, misses });
  if (misses > MAX_MISSES) {
    turn.put({ ...frame, misses: 0 });
    return repair(turn, 'cannot-handle');
  }
  const slot = frame.wait === 'slot' && frame.asked !== undefined ? turn.flowOf(frame).slots.get(frame.asked) : undefined;
  if (slot && frame.asked !== undefined) {
    const parsed = parseAnswer(slot.type, text, turn.tools.today, turn.flowOf(frame).limits.get(frame.asked));
    sayProblem(turn, frame.asked, 'problem' in parsed ? parsed.problem : slot.type);
  } else sayOn(turn, frame, 'conversation.choose_one');
  prompt(turn);
}

// — files, links, contacts ————————————————————————————————————————————————————

/** Each file gets a frame of the flow that files; several are handled one after the other, the first one first. */
export function respondToMedia(turn: Turn, media: readonly MediaToken[]): void {
  const found = findStart(turn, (starter) => starter.event === 'media');
  if (!found) return repair(turn, 'cannot-handle');
  for (const token of media.toReversed()) openFlow(turn, found.flow, { ...(found.at === undefined ? {} : { at: found.at }), inputs: { media: token } });
  run(turn);
}

/** A deep link or the platform's "opened" event; silently nothing when no flow wants it. */
export function respondToEvent(turn: Turn, event: 'link' | 'opened'): void {
  const found = findStart(turn, (starter) => starter.event === event);
  if (found) start(turn, found);
}

/** A shared contact answers the question that asked for it; otherwise a flow may begin with it. */
export function respondToContact(turn: Turn): void {
  const frame = turn.top;
  const step = frame && turn.flowOf(frame).steps.get(frame.step);
  if (step?.kind === 'ask' && step.contact && frame?.wait === 'choice') {
    goTo(turn, step.contact.go);
    return run(turn);
  }
  const found = findStart(turn, (starter) => starter.event === 'contact');
  if (found) start(turn, found);
  else prompt(turn);
}

/** The bot has the word again. */
export function handBack(turn: Turn): void {
  turn.handedOver = false;
  if (!turn.top?.wait) return;
  sayWhereWeWere(turn);
  prompt(turn);
}
