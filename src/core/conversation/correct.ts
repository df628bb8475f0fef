/** Changing what is already there: corrections by name, and the person's word on a change of something confirmed. */
import { sayOtherOpen, speaksOfDraft, turnTo } from './addressee.ts';
import { acknowledge, proceed, sayThatItStands } from './answer.ts';
import { formatYuan, parseYuan } from '../../lib/money.ts';
import { begin, repair } from './begin.ts';
import type { Correction } from './correction.ts';
import { slotHolding, slotMeantBy } from './correction-target.ts';
import { sayHeard } from './heard.ts';
import { readDistrict, writeCityOf, type DistrictRead } from './district.ts';
import { findStart } from './open.ts';
import { prompt } from './prompt.ts';
import type { Reading } from './protocol.ts';
import { readMessage } from './reading.ts';
import { reopen } from './run.ts';
import { sayOn } from './say.ts';
import {
  absorb,
  affirmAbove,
  askConflict,
  confirmSlots,
  conflictOf,
  emptySlot,
  sayDenied,
  sayProblem,
  writeSlot,
} from './slots.ts';
import type { Frame } from './state.ts';
import type { Turn } from './turn.ts';
import {
  CERTAIN,
  limitProblem,
  parseAnswer,
  PROBABLE,
  toSimplified,
  understandLead,
  type AnswerType,
  type Fact,
  type FactValue,
} from './understand/index.ts';
import { applies, labelOf } from './values.ts';

/** What a proposed change can be answered with: make it, drop it, or begin a form for the other person. */
export const VERDICTS = ['change', 'keep', 'new'] as const;
type Verdict = (typeof VERDICTS)[number];

const NEW_WORDS = /^(?:新客户|新的|新建|另一位|另一个|new(?: customer)?)[。.!！]*$/iu;
const CHANGE_WORDS = /^(?:改|要改|改这一?[位个]|这一[位个]|change)[。.!！]*$/iu;
const KEEP_WORDS = /^(?:保留|不动|先不改)[。.!！]*$/iu;

/** A typed answer to "shall I change it?"; `false` when the message says something else. */
export function settlePending(turn: Turn, frame: Frame, text: string, reading: Reading): boolean {
  const { pending } = frame;
  const verdict = verdictOf(toSimplified(text).trim(), reading, pending?.other === true);
  if (verdict) settle(turn, frame, verdict);
  else if (pending?.other === true && reading.reply === 'yes') askConflict(turn, pending);
  else return false;
  return true;
}

/** "Yes" to "whose is this?" says nothing; it is asked again. */
function verdictOf(plain: string, { reply }: Reading, isOther: boolean): Verdict | undefined {
  if (isOther && NEW_WORDS.test(plain)) return 'new';
  if (CHANGE_WORDS.test(plain) || (reply === 'yes' && !isOther)) return 'change';
  return reply === 'no' || reply === 'unchanged' || KEEP_WORDS.test(plain) ? 'keep' : undefined;
}

/** Makes or drops the proposed change; the rest of the sentence follows it, unless it was somebody else's. */
export function settle(turn: Turn, frame: Frame, verdict: Verdict): void {
  const { pending, ...rest } = frame;
  turn.put(rest);
  if (!pending) return prompt(turn);
  const { slot, value, text, other } = pending;
  const reading = text === undefined ? undefined : readMessage(text, turn.tools.today);
  if (text !== undefined && reading) turn.input = { ...turn.input, text, reading };
  if (verdict === 'new' && other === true) return begin(turn, { flow: frame.flow });
  if (verdict !== 'change') return other === true || !reading ? prompt(turn) : takeRest(turn, slot, reading);
  const own = value === undefined ? [] : [[slot, value] as const];
  for (const [name, proposed] of [...own, ...(other === true ? guardedIn(turn, frame, reading) : [])]) {
    writeSlot(turn, name, proposed, 'chosen');
    confirmSlots(turn, [name]);
  }
  if (reading) takeRest(turn, value === undefined ? '' : slot, reading);
  else proceed(turn);
}

/** Name and phone of a sentence that the person says is about the open form. */
function guardedIn(turn: Turn, frame: Frame, reading: Reading | undefined): readonly (readonly [string, FactValue])[] {
  const flow = turn.flowOf(frame);
  return (reading?.understanding.facts ?? []).flatMap(({ name, value }) => {
    const slot = flow.slotOfFact.get(name);
    return slot !== undefined && flow.slots.get(slot)?.guarded === true ? [[slot, value] as const] : [];
  });
}

function takeRest(turn: Turn, decided: string, reading: Reading): void {
  const frame = turn.top;
  if (!frame) return;
  const { slotOfFact } = turn.flowOf(frame);
  const rest = reading.understanding.facts.filter(({ name }) => slotOfFact.get(name) !== decided);
  const written = absorb(turn, rest);
  sayHeard(turn, reading);
  acknowledge(turn, written);
  proceed(turn);
}

/** A correction by name, in the nearest frame that has such a slot. `false` when there is none: then it is plain text. */
export function correct(turn: Turn, correction: Correction): boolean {
  if (!turn.top) return namesNoForm(turn, correction);
  if (correction.isGone) return takeBack(turn, correction);
  if (correction.by) return changeBy(turn, correction, correction.by);
  const target = findTarget(turn, correction);
  if (!target) return correction.isDenial !== true && looksLikeSlot(turn, correction);
  if ('other' in target) {
    sayOtherOpen(turn, target.other);
    return true;
  }
  const flow = turn.flowOf(target.frame);
  const slot = flow.slots.get(target.slot);
  if (!slot) return false;
  if (correction.isDenial && !replacesOnesOwn(turn, slot.type, correction)) return false;
  turnTo(turn, target.frame);
  if (correction.value === '') {
    reopen(turn, target.slot);
    return true;
  }
  const parsed = readValue(turn, target, correction);
  if ('problem' in parsed && NONE.test(correction.value))
    return takeBack(turn, { ...correction, value: '', isGone: true, isDeleted: true });
  if ('problem' in parsed) {
    sayProblem(turn, target.slot, parsed.problem);
    prompt(turn);
    return true;
  }
  writeCityOf(turn, target.slot, parsed.city);
  affirmAbove(turn, target.slot);
  if (sayDenied(turn, target.slot)) {
    prompt(turn);
    return true;
  }
  replaceWith(turn, target, parsed.value, correction.isDenial ? [] : besides(turn, target, parsed.value, correction));
  return true;
}

/** The words of a name are all its own: 深圳 in 执照改成深圳市何记图文 is no city. */
const WHOLE_SENTENCE: ReadonlySet<AnswerType> = new Set(['text', 'licence-name', 'person-name']);

/** Whether plain words put one value for another after all. A name is followed by anything: 何女士改主意了. */
function replacesOnesOwn(turn: Turn, type: AnswerType, { denied, value }: Correction): boolean {
  if (denied !== undefined && WHOLE_SENTENCE.has(type)) return false;
  return 'value' in parseAnswer(type, value, turn.tools.today);
}

/** 负债改成没有 */
const NONE = /^(?:没有?了?|无|none|nothing|no)$/iu;

/** The value as the field's type reads it; 36期 40万 begins with the field's own, if all behind it is of other fields. */
function readValue(turn: Turn, { frame, slot }: SlotTarget, { target, value: text }: Correction): DistrictRead {
  const flow = turn.flowOf(frame);
  const type = flow.slots.get(slot)?.type ?? 'text';
  const limits = flow.limits.get(slot);
  const period = limits?.per === undefined ? '' : `${target} `; // 年收入改成36万
  const read = (words: string): DistrictRead =>
    type === 'district'
      ? readDistrict(turn, frame, words)
      : parseAnswer(type, period + words, turn.tools.today, limits);
  const whole = read(text);
  const [first = '', ...rest] = text.split(/[,，\s]+/u);
  if ('value' in whole || rest.length === 0 || WHOLE_SENTENCE.has(type)) return whole;
  const own = read(first);
  const isOther = (words: string): boolean =>
    'problem' in read(words) && understandLead(words, turn.tools.today).facts.length > 0;
  return rest.every(isOther) ? own : whole;
}

/** What the sentence of a correction says of other fields: the term in 金额改成12万 36个月, the amount in 改成36期 40万. */
function besides(
  turn: Turn,
  { frame, slot }: SlotTarget,
  value: FactValue,
  { target, denied }: Correction,
): readonly Fact[] {
  const flow = turn.flowOf(frame);
  const type = flow.slots.get(slot)?.type;
  if (type === undefined || WHOLE_SENTENCE.has(type)) return [];
  const isListed = target === '' && denied === undefined; // both are what it shall be changed to
  const facts = (turn.input.reading?.understanding.facts ?? []).filter((fact) => {
    const other = flow.slotOfFact.get(fact.name);
    const isSameValue = fact.value === value && flow.slots.get(other ?? '')?.type === type;
    return other !== slot && (isListed || fact.confidence >= PROBABLE) && !isSameValue;
  });
  return isListed ? facts.map((fact) => ({ ...fact, confidence: Math.max(fact.confidence, CERTAIN) })) : facts;
}

/** Writes a value that the person has named outright with what he says `besides`, and goes on, or asks about what wants asking. */
function replaceWith(turn: Turn, { frame, slot }: SlotTarget, value: FactValue, others: readonly Fact[] = []): void {
  const before = turn.top?.slots[slot];
  if (before?.value === value) sayThatItStands(turn, frame, [slot]);
  writeSlot(turn, slot, value, 'asked');
  if (before?.confirmed === true) confirmSlots(turn, [slot]);
  const conflict = turn.top && conflictOf(turn, turn.top, others);
  const news = before?.value === undefined ? [slot] : []; // of a change the old and the new are shown
  acknowledge(turn, [...news, ...absorb(turn, others)]);
  // With its text: whatever the answer is, the form goes on with all that is new.
  if (conflict) return askConflict(turn, { ...conflict, text: turn.input.text });
  proceed(turn);
}

/** "金额多加5万": what is there, and so much more. `false` where nothing is there yet: then it is plain text. */
function changeBy(turn: Turn, correction: Correction, by: 'more' | 'less'): boolean {
  const target = findTarget(turn, correction);
  if (!target || 'other' in target) return false;
  const { frame } = target;
  const flow = turn.flowOf(frame);
  // 再加5万 without a name means what he wants to borrow, whichever amount is closest in size.
  const isUnnamedMoney = correction.target === '' && flow.slots.get(target.slot)?.type === 'money';
  const name = (isUnnamedMoney ? flow.slotOfFact.get('amount') : undefined) ?? target.slot;
  const slot = flow.slots.get(name);
  const present = frame.slots[name]?.value;
  if (!slot || present === undefined) return false;
  const difference = parseAnswer(slot.type, correction.value, turn.tools.today);
  if ('problem' in difference && correction.target === '') return false;
  const value = 'value' in difference ? sumOf(slot.type, present, difference.value, by) : undefined;
  turnTo(turn, frame);
  const problem =
    'problem' in difference
      ? difference.problem
      : value === undefined
        ? `${slot.type}_negative`
        : limitProblem(slot.type, value, flow.limits.get(name));
  if (problem !== undefined || value === undefined) {
    sayProblem(turn, name, problem ?? slot.type);
    prompt(turn);
  } else replaceWith(turn, { frame, slot: name }, value);
  return true;
}

/** The sum or the difference; `undefined` when nothing is left of it, or for what cannot be added up. */
function sumOf(
  type: AnswerType,
  present: FactValue,
  difference: FactValue,
  by: 'more' | 'less',
): FactValue | undefined {
  const sign = by === 'more' ? 1 : -1;
  if (type === 'term' || type === 'integer') {
    const sum = Number(present) + sign * Number(difference);
    return sum > 0 ? sum : undefined;
  }
  const [old, change] = [parseYuan(String(present)), parseYuan(String(difference))];
  if (type !== 'money' || old === undefined || change === undefined) return undefined;
  const sum = old + BigInt(sign) * change;
  return sum > 0n ? formatYuan(sum) : undefined;
}

/**
 * "月供没有了": an optional field is emptied. One that has to be filled as long as another says so asks for that one (the
 * house that is still mortgaged), any other for its new value. What names no field, or says a fact by itself, is plain text.
 */
function takeBack(turn: Turn, correction: Correction): boolean {
  const isFact = (turn.input.reading?.understanding.facts.length ?? 0) > 0;
  if (isFact && correction.isDeleted !== true) return false;
  const target = findTarget(turn, correction);
  if (!target || 'other' in target) return false;
  const { frame, slot: name } = target;
  const flow = turn.flowOf(frame);
  const slot = flow.slots.get(name);
  const hasValue = frame.slots[name]?.value !== undefined;
  const isAsked = frame.wait === 'slot' && frame.asked === name;
  const above = slot?.dependsOn.find((other) => flow.slots.get(other)?.ask !== undefined);
  const isNeeded = slot?.required === true && (hasValue || applies(turn, frame, name));
  if (isNeeded && !hasValue && above === undefined) return false;
  turnTo(turn, frame);
  if (isNeeded) reopen(turn, above ?? name);
  else if (hasValue || isAsked) {
    emptySlot(turn, name);
    proceed(turn);
  } else {
    sayOn(turn, frame, 'conversation.nothing_there', { params: { slot: { kind: 'text', key: labelOf(flow, name) } } });
    prompt(turn);
  }
  return true;
}

/**
 * "金额改成50万" when nothing is open (the form was handed in, or put aside): said so. `false` for words that are no field of
 * any form, and where no flow speaks of it.
 */
function namesNoForm(turn: Turn, { target, value }: Correction): boolean {
  const word = target.toLowerCase();
  const isField = turn.tools.flows
    .current(turn.tools.audience)
    .some(({ slotOfWord }) => [...slotOfWord.keys()].some((name) => word === name || word.endsWith(`的${name}`)));
  const isBareNumber = target === '' && /\d/u.test(value);
  const found = isField || isBareNumber ? findStart(turn, (starter) => starter.repair === 'no-form') : undefined;
  if (!found) return false;
  begin(turn, found);
  return true;
}

/** "改利率 3%" in a form without such a field: said so, with the fields there are. A sentence with facts is no such case. */
function looksLikeSlot(turn: Turn, correction: Correction): boolean {
  const hasFacts = (turn.input.reading?.understanding.facts.length ?? 0) > 0;
  if (correction.target === '' || correction.value === '' || hasFacts) return false;
  turn.input = { ...turn.input, argument: correction.target };
  repair(turn, 'correct');
  return true;
}

interface SlotTarget {
  readonly frame: Frame;
  readonly slot: string;
}

type Target = SlotTarget | { readonly other: string };

/** `other`: the words before the field's name mean a person whose form is not open. */
function findTarget(turn: Turn, correction: Correction): Target | undefined {
  const word = correction.target.toLowerCase();
  let other: string | undefined;
  for (const frame of turn.frames()) {
    if (frame.wait === 'call' || frame.wait === 'operation') continue; // whoever it waits for lies above it
    const flow = turn.flowOf(frame);
    const exact = flow.slotOfWord.get(word);
    if (exact !== undefined) return { frame, slot: exact };
    const [end, slot] = [...flow.slotOfWord]
      .filter(([candidate]) => word.endsWith(candidate))
      .toSorted(([a], [b]) => b.length - a.length)[0] ?? ['', undefined];
    const before = correction.target.slice(0, word.length - end.length);
    if (slot !== undefined && speaksOfDraft(turn, frame, before)) return { frame, slot };
    if (slot !== undefined) other ??= before;
    const meant = word === '' ? slotMeantBy(turn, frame, correction) : slotHolding(turn, frame, correction.target);
    if (meant !== undefined) return { frame, slot: meant };
  }
  return other === undefined ? undefined : { other };
}
