/**
 * What a message says besides the facts that a form takes: numbers that cannot be right, values given twice, a second
 * customer. It is told at once; what is passed over in silence looks as if it had been understood.
 */
import type { Reading } from './protocol.ts';
import { sayOn } from './say.ts';
import { sayProblem, writeSlot } from './slots.ts';
import type { Frame } from './state.ts';
import type { Turn } from './turn.ts';
import { CERTAIN, type Ambiguity, type FactName, type Problem } from './understand/index.ts';
import { labelOf, slotParam } from './values.ts';

/** 贷30万 speaks of the loan whatever is asked; 要6200 only where nothing else is. */
export const NAMES_LOAN = /[贷貸借]|金[额額]|[额額]度|需求|融[资資]|loan|borrow|amount|\b(?:needs?|wants?|apply)\b/iu;

/** Problems and further customers, as far as the top frame's form wants such a thing; `true` when something was said. */
export function sayHeard(turn: Turn, reading: Reading): boolean {
  const told = sayProblems(turn, reading.understanding.problems);
  return sayOthers(turn, reading) || told;
}

/**
 * The same for the message that opens a form, which nobody has asked for anything yet: of two amounts the lower one is
 * taken and named, of anything else given twice the person is told that it will be asked for.
 */
export function sayHeardAtOpening(turn: Turn, reading: Reading): void {
  sayHeard(turn, reading);
  for (const { name, slot, candidates } of openAmbiguities(turn, reading)) {
    const lowest = candidates.map(({ value }) => value).toSorted((a, b) => Number(a) - Number(b))[0];
    if (name === 'amount' && lowest !== undefined) takeLowest(turn, slot, String(lowest));
    else saySeveral(turn, slot);
  }
}

/**
 * What was given twice in the middle of a form, except for what is being asked: that is asked again with both values. A field
 * that has a value keeps it, if the text names the field; `true` when something was said.
 */
export function sayAmbiguous(turn: Turn, reading: Reading): boolean {
  const named = reading.understanding.ambiguous.flatMap(({ name, candidates }) => {
    const slot = slotOf(turn, name);
    const isKept = slot !== undefined && turn.top?.slots[slot]?.value !== undefined;
    return isKept && candidates.every(({ confidence }) => confidence >= CERTAIN) ? [slot] : [];
  });
  const open = openAmbiguities(turn, reading).map(({ slot }) => slot);
  const told = [...open, ...named].filter((slot) => slot !== turn.top?.asked || turn.top.wait !== 'slot');
  for (const slot of told) saySeveral(turn, slot);
  return told.length > 0;
}

function openAmbiguities(turn: Turn, reading: Reading): readonly (Ambiguity & { readonly slot: string })[] {
  return reading.understanding.ambiguous.flatMap((item) => {
    const slot = slotOf(turn, item.name);
    return slot === undefined || turn.top?.slots[slot] !== undefined ? [] : [{ ...item, slot }];
  });
}

function takeLowest(turn: Turn, slot: string, value: string): void {
  const frame = turn.top;
  if (!frame) return;
  writeSlot(turn, slot, value, 'said');
  const param = slotParam(turn.flowOf(frame), slot, { value, from: 'said' });
  if (param)
    sayOn(turn, frame, 'conversation.took_lowest', { params: { ...labelParam(turn, frame, slot), value: param } });
}

function saySeveral(turn: Turn, slot: string): void {
  const frame = turn.top;
  if (!frame) return;
  const value = slotParam(turn.flowOf(frame), slot, frame.slots[slot]);
  if (value)
    return sayOn(turn, frame, 'conversation.several_kept', { params: { ...labelParam(turn, frame, slot), value } });
  const isOptional = turn.flowOf(frame).slots.get(slot)?.required === false;
  const optional = { kind: 'plain' as const, value: isOptional ? 'yes' : 'no' };
  sayOn(turn, frame, 'conversation.several', { params: { ...labelParam(turn, frame, slot), optional } });
}

function labelParam(turn: Turn, frame: Frame, slot: string): { readonly slot: { kind: 'text'; key: string } } {
  return { slot: { kind: 'text', key: labelOf(turn.flowOf(frame), slot) } };
}

function slotOf(turn: Turn, name: FactName): string | undefined {
  return turn.top && turn.flowOf(turn.top).slotOfFact.get(name);
}

/** A wrong amount is told of the field that is being asked for, if that is one for money too. */
function sayProblems(turn: Turn, problems: readonly Problem[]): boolean {
  let told = false;
  for (const { name, code } of problems) {
    const slot = slotOf(turn, name);
    const frame = turn.top;
    if (slot === undefined || !frame) continue;
    const { slots } = turn.flowOf(frame);
    const asked = frame.wait === 'slot' ? frame.asked : undefined;
    const isNamed = loanWithoutUnit(turn, problems) !== undefined;
    const sameType = asked !== undefined && slots.get(asked)?.type === slots.get(slot)?.type && !isNamed;
    sayProblem(turn, sameType ? asked : slot, code);
    told = true;
  }
  return told;
}

/** 想贷50 while something else is asked for: the wanted amount has to be asked for, or it is lost. */
export function loanWithoutUnit(turn: Turn, problems: readonly Problem[]): string | undefined {
  const isSaid = problems.some(({ code }) => code === 'money_unit') && NAMES_LOAN.test(turn.input.text);
  const slot = isSaid ? slotOf(turn, 'amount') : undefined;
  return slot === turn.top?.asked ? undefined : slot;
}

function sayOthers(turn: Turn, reading: Reading): boolean {
  const frame = turn.top;
  if (!frame || slotOf(turn, 'phone') === undefined) return false;
  const others = reading.others ?? [];
  for (const { name, phone } of others) {
    const params = {
      name: { kind: 'plain' as const, value: name === '' ? '' : `${name} ` },
      phone: { kind: 'slot' as const, type: 'phone' as const, value: phone },
    };
    sayOn(turn, frame, 'conversation.one_at_a_time', { params });
  }
  return others.length > 0;
}
