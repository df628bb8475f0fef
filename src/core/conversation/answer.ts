/** A message as the answer to the question that is open, and everything else it says besides. */
import { toHalfWidth } from '../../lib/mask.ts';
import { formatYuan } from '../../lib/money.ts';
import { someoneElse } from './addressee.ts';
import { begin, obey, repair } from './begin.ts';
import { readDistrict, writeCityOf, type DistrictRead } from './district.ts';
import { loanWithoutUnit, NAMES_LOAN, sayAmbiguous, sayHeard } from './heard.ts';
import { findStart } from './open.ts';
import { askSlot, prompt, sayStillOpen } from './prompt.ts';
import type { StepOf } from '../flow/index.ts';
import type { Reading } from './protocol.ts';
import { reconsider, reopen, run } from './run.ts';
import { sayOn } from './say.ts';
import { isAsking, saysSomething } from './small-talk.ts';
import { absorb, askConflict, conflictOf, emptySlot, sayProblem, writeSlot } from './slots.ts';
import type { Frame } from './state.ts';
import type { Turn } from './turn.ts';
import {
  CERTAIN,
  findMoneyRanges,
  isCourtesy,
  isDenial,
  isGreeting,
  MONEY_FACT_NAMES,
  parseAnswer,
  PROBABLE,
  toSimplified,
  withinLimits,
  type Ambiguity,
  type AnswerType,
  type Fact,
  type FactName,
} from './understand/index.ts';
import { designation, fieldsOf } from './values.ts';

/** After so many unreadable messages in a row the repair flow `cannot-handle` takes over. */
const MAX_MISSES = 2;
/** Types whose answer may be nearly any words; a sentence full of other facts is not one of them. */
export const FREE_TYPES: ReadonlySet<AnswerType> = new Set(['text', 'licence-name', 'person-name', 'place']);
const MONEY_FACTS: ReadonlySet<FactName> = new Set(MONEY_FACT_NAMES);
const EVASIVE = /^(?:不知道|不清楚|不记得|不确定|没想好|随便|都行|再说|忘了|i don'?t know|not sure)[。.!！~]*$/iu;

const GIVES_UP =
  /^(?:那|就|还是|唉|[,，\s])*算了(?:吧|啦)?[。.!！~\s]*$|^(?:never ?mind|forget (?:it|about it))[.!\s]*$/iu;

/** Reads a message for the open question and for everything else the form wants; the draft survives whatever it is. */
export function answer(turn: Turn, frame: Frame, text: string, reading: Reading): void {
  if (isGivenUp(turn, frame, text)) return giveUp(turn);
  const other = someoneElse(turn, frame, reading);
  if (other) return askConflict(turn, { ...other, text, other: true });
  const conflict = conflictOf(turn, frame, reading.understanding.facts);
  if (conflict) {
    if (conflict.text === undefined) sayHeard(turn, reading);
    return askConflict(turn, conflict);
  }
  const direct =
    frame.wait === 'slot' && frame.asked !== undefined ? answerAsked(turn, frame, frame.asked, reading) : 'unread';
  if (direct === 'refused') return;
  const { understanding } = reading;
  const rest = direct === 'taken' ? besidesAnswer(turn, frame, understanding.facts) : understanding.facts;
  const count = turn.effects.length;
  const written = absorb(turn, rest);
  const isRefused = turn.effects.length > count; // of what was not taken it has been said why
  const told = sayHeard(turn, reading) || isRefused;
  const unclear = loanWithoutUnit(turn, understanding.problems);
  if (direct === 'taken' || written.length > 0) sayAmbiguous(turn, reading);
  if (direct === 'taken' || written.length > 0) {
    acknowledge(turn, written);
    return proceed(turn);
  }
  const ambiguous =
    understanding.ambiguous.find((item) => turn.flowOf(frame).slotOfFact.get(item.name) === frame.asked) ??
    rangeAsked(turn, frame, text, reading);
  if (ambiguous && turn.top?.wait === 'slot') return askSlot(turn, turn.top, ambiguous);
  if (sayAmbiguous(turn, reading) || sayAlready(turn, frame, understanding.facts)) return prompt(turn);
  if (told) return unclear === undefined ? prompt(turn) : reopen(turn, unclear);
  missed(turn, text);
}

/** 算了 of a colleague puts the form aside; of a customer it is for his adviser to hear. */
function giveUp(turn: Turn): void {
  const heard = turn.tools.audience === 'customer' && findStart(turn, ({ intent }) => intent === 'give-up');
  return heard ? begin(turn, heard) : obey(turn, { name: 'cancel', argument: '' });
}

/** At a question for yes or no it is an answer. */
function isGivenUp(turn: Turn, frame: Frame, text: string): boolean {
  const asked = frame.wait === 'slot' ? turn.flowOf(frame).slots.get(frame.asked ?? '') : undefined;
  const isAnswer = asked?.type === 'yes-no' || asked?.type === 'consent';
  return !isAnswer && GIVES_UP.test(toSimplified(text).trim());
}

/** The open question, if it comes before the form: whatever is said at it, nothing is noted. */
export function questionBefore(turn: Turn, frame: Frame): StepOf<'ask'> | undefined {
  const step = frame.wait === 'choice' ? turn.flowOf(frame).steps.get(frame.step) : undefined;
  return step?.kind === 'ask' && step.instead !== undefined ? step : undefined;
}

/** A wish, a number, a yes that is no consent: heard, and the question stays. What is asked goes to somebody who answers. */
export function answerBefore(turn: Turn, frame: Frame, step: StepOf<'ask'>, { reply }: Reading): void {
  if (isAsking(turn.input.text) && !step.contact) return repair(turn, 'cannot-handle');
  const label = { kind: 'text' as const, key: step.contact?.label ?? '' };
  const params = { ...(step.contact ? { label } : {}), reply: { kind: 'plain' as const, value: reply ?? 'none' } };
  sayOn(turn, frame, step.instead ?? 'conversation.choose_one', { params });
  prompt(turn);
}

/** 金额 叁拾万 where it is 30万: said, for whoever hears nothing of it says it again. */
function sayAlready(turn: Turn, frame: Frame, facts: readonly Fact[]): boolean {
  const flow = turn.flowOf(frame);
  const meant = facts.flatMap(({ name, value }) => {
    const slot = flow.slotOfFact.get(name);
    return slot === undefined ? [] : [{ slot, value }];
  });
  if (meant.length === 0 || meant.some(({ slot, value }) => frame.slots[slot]?.value !== value)) return false;
  sayThatItStands(
    turn,
    frame,
    meant.map(({ slot }) => slot),
  );
  return true;
}

/** "It already is 300,000." */
export function sayThatItStands(turn: Turn, frame: Frame, slots: readonly string[]): void {
  const field = { kind: 'fields' as const, fields: fieldsOf(turn.flowOf(frame), frame, slots) };
  sayOn(turn, frame, 'conversation.already', { params: { field } });
}

/** What a message says besides its answer; 要6200 that was taken for a monthly payment is no wanted amount as well. */
function besidesAnswer(turn: Turn, { asked = '' }: Frame, facts: readonly Fact[]): readonly Fact[] {
  const frame = turn.top;
  const flow = frame && turn.flowOf(frame);
  const taken = flow?.slots.get(asked)?.type === 'money' ? frame?.slots[asked]?.value : undefined;
  return facts.filter((fact) => {
    const isSameSum = fact.name === 'amount' && fact.value === taken;
    return fact.confidence >= PROBABLE && flow?.slotOfFact.get(fact.name) !== asked && !isSameSum;
  });
}

/** 8000-10000 as the answer to a question for money: nothing in it says what it is for, the question does. */
function rangeAsked(turn: Turn, frame: Frame, text: string, reading: Reading): Ambiguity | undefined {
  const asked = frame.wait === 'slot' ? (frame.asked ?? '') : '';
  const isMoney = turn.flowOf(frame).slots.get(asked)?.type === 'money' && !isOtherMoney(turn, frame, asked, reading);
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
  if (slot.type === 'licence-name' && !slot.required && isDenial(text)) {
    emptySlot(turn, name);
    return 'taken';
  }
  if (slot.type === 'money' && isOtherMoney(turn, frame, name, reading)) return 'unread';
  const others = reading.understanding.facts.some(
    (fact) => fact.confidence >= CERTAIN && flow.slotOfFact.has(fact.name),
  );
  if (EVASIVE.test(text.trim()) || (others && FREE_TYPES.has(slot.type))) return 'unread';
  return take(turn, name, text);
}

/**
 * 月供六千二 where the wanted amount is asked for: the words name another sum, which is not the answer. The wanted amount may be
 * any sum but those; for the others only what the form asks for counts (流水8000 is what somebody calls his income).
 */
function isOtherMoney(turn: Turn, frame: Frame, asked: string, { understanding }: Reading): boolean {
  const flow = turn.flowOf(frame);
  const isAmount = flow.slotOfFact.get('amount') === asked;
  const named = [...understanding.facts, ...understanding.ambiguous.flatMap(({ candidates }) => candidates)];
  return named.some(({ name, confidence }) => {
    const slot = flow.slotOfFact.get(name);
    if (confidence < CERTAIN || !MONEY_FACTS.has(name) || slot === asked) return false;
    if (name === 'amount') return NAMES_LOAN.test(turn.input.text);
    return isAmount || slot !== undefined;
  });
}

/** A certain fact counts as it is; anything else must parse as an answer of the slot's type. */
function take(turn: Turn, name: string, text: string, fact?: Fact): 'taken' | 'refused' | 'unread' {
  const frame = turn.top;
  const type = frame && turn.flowOf(frame).slots.get(name)?.type;
  if (!frame || !type) return 'unread';
  const limits = turn.flowOf(frame).limits.get(name);
  const parsed: DistrictRead =
    type === 'district'
      ? readDistrict(turn, frame, text)
      : fact
        ? withinLimits(type, fact.value, limits)
        : parseAnswer(type, text, turn.tools.today, limits);
  if ('value' in parsed) {
    writeCityOf(turn, name, parsed.city);
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
  if (!frame || answerCourtesy(turn, frame, text)) return;
  if (turn.tools.audience === 'customer' && isForAdviser(turn, frame, text)) return repair(turn, 'cannot-handle');
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
  } else if (sayWhatIsOffered(turn, frame)) return;
  else sayChoose(turn, frame);
  prompt(turn);
}

/** What a customer asks, and what he says of something in words that no row of a list has: 这是我老婆的. */
function isForAdviser(turn: Turn, frame: Frame, text: string): boolean {
  const step = turn.flowOf(frame).steps.get(frame.step);
  return isAsking(text) || (step?.kind === 'ask' && step.pick !== undefined && saysSomething(text));
}

/** A form's card still stands above: a colleague who types something else is told in one line what it waits for, not shown it again. */
function sayWhatIsOffered(turn: Turn, frame: Frame): boolean {
  if (turn.flowOf(frame).definition.transient) return false;
  const step = turn.flowOf(frame).steps.get(frame.step);
  if (turn.tools.audience !== 'staff' || step?.kind !== 'ask' || !step.choices || step.pick) return false;
  const options = { kind: 'labels' as const, keys: step.choices.map(({ label }) => label) };
  sayOn(turn, frame, 'conversation.waits_for', { params: { options, whose: designation(turn, frame) } });
  return true;
}

/** A greeting or thanks in the middle of a form is answered, and is no failed answer. */
function answerCourtesy(turn: Turn, frame: Frame, text: string): boolean {
  if (!isCourtesy(text) && !isGreeting(text)) return false;
  sayOn(turn, frame, isGreeting(text) ? 'conversation.greeting' : 'conversation.courtesy');
  if (turn.tools.audience === 'staff') sayStillOpen(turn);
  else prompt(turn);
  return true;
}

/** What is expected of somebody who typed something else: one of the options, or the tap that shares a contact. */
function sayChoose(turn: Turn, frame: Frame): void {
  const step = turn.flowOf(frame).steps.get(frame.step);
  if (step?.kind === 'ask' && step.contact && !step.choices)
    sayOn(turn, frame, 'conversation.share_contact', { params: { label: { kind: 'text', key: step.contact.label } } });
  else sayOn(turn, frame, 'conversation.choose_one');
}
