/** A message as the answer to the question that is open, and everything else it says besides. */
import { toHalfWidth } from '../../lib/mask.ts';
import { formatYuan } from '../../lib/money.ts';
import { someoneElse } from './addressee.ts';
import { repair } from './begin.ts';
import { sayAmbiguous, sayHeard } from './heard.ts';
import { askSlot, prompt } from './prompt.ts';
import type { Reading } from './protocol.ts';
import { reconsider, run } from './run.ts';
import { sayOn } from './say.ts';
import { absorb, askConflict, conflictOf, sayProblem, writeSlot } from './slots.ts';
import type { Frame } from './state.ts';
import type { Turn } from './turn.ts';
import {
  CERTAIN,
  findMoneyRanges,
  limitProblem,
  parseAnswer,
  PROBABLE,
  toSimplified,
  type Ambiguity,
  type AnswerType,
  type Fact,
} from './understand/index.ts';
import { fieldsOf } from './values.ts';

/** After so many unreadable messages in a row the repair flow `cannot-handle` takes over. */
const MAX_MISSES = 2;
/** Types whose answer may be nearly any words; a sentence full of other facts is not one of them. */
const FREE_TYPES: ReadonlySet<AnswerType> = new Set(['text', 'licence-name', 'person-name', 'place']);
const EVASIVE = /^(?:不知道|不清楚|不记得|不确定|没想好|随便|都行|再说|忘了|i don'?t know|not sure)[。.!！~]*$/iu;

/** Reads a message for the open question and for everything else the form wants; the draft survives whatever it is. */
export function answer(turn: Turn, frame: Frame, text: string, reading: Reading): void {
  const other = someoneElse(turn, frame, reading);
  const slot = other && turn.flowOf(frame).slotOfFact.get(other.name);
  if (other && slot !== undefined) return askConflict(turn, { slot, value: other.value, text, other: true });
  const conflict = conflictOf(turn, frame, reading.understanding.facts);
  if (conflict) {
    if (conflict.text === undefined) sayHeard(turn, reading);
    return askConflict(turn, conflict);
  }
  const direct =
    frame.wait === 'slot' && frame.asked !== undefined ? answerAsked(turn, frame, frame.asked, reading) : 'unread';
  if (direct === 'refused') return;
  const { understanding } = reading;
  const rest = understanding.facts.filter(
    (fact) =>
      direct !== 'taken' ||
      (fact.confidence >= PROBABLE && turn.flowOf(frame).slotOfFact.get(fact.name) !== frame.asked),
  );
  const written = absorb(turn, rest);
  const told = sayHeard(turn, reading);
  if (direct === 'taken' || written.length > 0) sayAmbiguous(turn, reading);
  if (direct === 'taken' || written.length > 0) {
    acknowledge(turn, written);
    return proceed(turn);
  }
  const ambiguous =
    understanding.ambiguous.find((item) => turn.flowOf(frame).slotOfFact.get(item.name) === frame.asked) ??
    rangeAsked(turn, frame, text);
  if (ambiguous && turn.top?.wait === 'slot') return askSlot(turn, turn.top, ambiguous);
  if (told) return prompt(turn);
  missed(turn, text);
}

/** 8000-10000 as the answer to a question for money: nothing in it says what it is for, the question does. */
function rangeAsked(turn: Turn, frame: Frame, text: string): Ambiguity | undefined {
  const isMoney = frame.wait === 'slot' && turn.flowOf(frame).slots.get(frame.asked ?? '')?.type === 'money';
  const [range] = isMoney ? findMoneyRanges(toSimplified(toHalfWidth(text))) : [];
  if (!range) return undefined;
  const { low, high, start, end } = range;
  const candidates = [low, high].map((amount) => ({ value: formatYuan(amount), start, end, confidence: CERTAIN }));
  return { name: 'amount', candidates: candidates.map((candidate) => ({ name: 'amount', ...candidate })) };
}

/** `taken`: the answer was read. `refused`: it was read and is out of bounds, and that has been said. */
function answerAsked(turn: Turn, frame: Frame, name: string, reading: Reading): 'taken' | 'refused' | 'unread' {
  const flow = turn.flowOf(frame);
  const slot = flow.slots.get(name);
  const { text } = turn.input;
  if (!slot || reading.understanding.ambiguous.some((item) => flow.slotOfFact.get(item.name) === name)) return 'unread';
  const isFaulty = reading.understanding.problems.some(
    (problem) => flow.slots.get(flow.slotOfFact.get(problem.name) ?? '')?.type === slot.type,
  );
  if (isFaulty) return 'unread'; // 金额多加5万 is not 5万
  if (reading.reply === 'unchanged' && frame.slots[name]?.value !== undefined) return 'taken';
  const own = reading.understanding.facts.find(
    (fact) => flow.slotOfFact.get(fact.name) === name && fact.confidence >= CERTAIN,
  );
  if (own) return take(turn, name, text, own);
  const others = reading.understanding.facts.some(
    (fact) => fact.confidence >= CERTAIN && flow.slotOfFact.has(fact.name),
  );
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
  const parsed = fact
    ? bound === undefined
      ? { value: fact.value }
      : { problem: bound }
    : parseAnswer(slot.type, text, turn.tools.today, limits);
  if ('value' in parsed) {
    writeSlot(turn, name, parsed.value, 'asked');
    return 'taken';
  }
  if (!parsed.problem.endsWith('_min') && !parsed.problem.endsWith('_max')) return 'unread';
  sayProblem(turn, name, parsed.problem);
  prompt(turn);
  return 'refused';
}

/** One sentence filled several fields: say which, so that a misreading is seen at once. */
export function acknowledge(turn: Turn, written: readonly string[]): void {
  const frame = turn.top;
  if (!frame || written.length === 0) return;
  const shown = turn.effects.flatMap((effect) => (effect.kind === 'diff' ? [effect.field.slot] : []));
  const fields = fieldsOf(
    turn.flowOf(frame),
    frame,
    written.filter((name) => !shown.includes(name)),
  );
  if (fields.length > 0) sayOn(turn, frame, 'conversation.noted', { params: { fields: { kind: 'fields', fields } } });
}

/** The form after something was written: a dependent may be open again, an operation may want to know. */
export function proceed(turn: Turn): void {
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
  const slot =
    frame.wait === 'slot' && frame.asked !== undefined ? turn.flowOf(frame).slots.get(frame.asked) : undefined;
  if (slot && frame.asked !== undefined) {
    const parsed = parseAnswer(slot.type, text, turn.tools.today, turn.flowOf(frame).limits.get(frame.asked));
    sayProblem(turn, frame.asked, 'problem' in parsed ? parsed.problem : slot.type);
  } else sayChoose(turn, frame);
  prompt(turn);
}

/** What is expected of somebody who typed something else: one of the options, or the tap that shares a contact. */
function sayChoose(turn: Turn, frame: Frame): void {
  const step = turn.flowOf(frame).steps.get(frame.step);
  if (step?.kind === 'ask' && step.contact && !step.choices)
    sayOn(turn, frame, 'conversation.share_contact', { params: { label: { kind: 'text', key: step.contact.label } } });
  else sayOn(turn, frame, 'conversation.choose_one');
}
