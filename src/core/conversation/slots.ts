/**
 * Writing into a form. Whatever the person says may fill a slot; an empty one is filled quietly, a filled one changes
 * with old → new shown, and one that a person confirmed (or that is guarded) is only changed after asking.
 */
import type { CompiledConversation } from '../flow/index.ts';
import type { Choice, Param } from './protocol.ts';
import type { Frame, PendingChange, SlotSource, SlotState } from './state.ts';
import { sayOn } from './say.ts';
import type { Turn } from './turn.ts';
import { CERTAIN, limitProblem, type Fact, type FactValue } from './understand/index.ts';
import { applies, designation, fieldOf, labelOf, slotParam } from './values.ts';

/** Says what is expected instead; the draft stays as it is. */
export function sayProblem(turn: Turn, slot: string, code: string): void {
  const frame = turn.top;
  if (!frame) return;
  const flow = turn.flowOf(frame);
  const definition = flow.slots.get(slot);
  const bound = (value: string | number | undefined): Param =>
    value === undefined || !definition ? { kind: 'plain', value: '' } : { kind: 'slot', type: definition.type, value };
  const fact = [...flow.slotOfFact].find(([, name]) => name === slot)?.[0] ?? '';
  const params = {
    slot: { kind: 'text' as const, key: labelOf(flow, slot) },
    fact: { kind: 'plain' as const, value: fact },
    min: bound(definition?.min),
    max: bound(definition?.max),
  };
  sayOn(turn, frame, `conversation.problem.${code}`, { params });
}

/** A new value with its source; dependents of a changed value are forgotten and named in the diff. */
export function writeSlot(turn: Turn, name: string, value: FactValue, from: SlotSource): void {
  writeAbove(turn, name, { value, from }, new Set());
}

/** The same where some dependents are `replaced` right after it: those are not forgotten. */
export function writeAbove(
  turn: Turn,
  name: string,
  { value, from }: { readonly value: FactValue; readonly from: SlotSource },
  replaced: ReadonlySet<string>,
): void {
  const frame = turn.top;
  if (!frame) return;
  const flow = turn.flowOf(frame);
  const old = frame.slots[name];
  if (old?.value === value) {
    if (from !== 'said') turn.put({ ...frame, slots: { ...frame.slots, [name]: { ...old, from } } });
    return;
  }
  const below = old?.value === undefined ? [] : dependentsWithValue(flow, frame, name);
  const reopened = below.filter((other) => !replaced.has(other));
  replace(turn, frame, [name, { value, from }], reopened);
  if (old?.value !== undefined) showDiff(turn, name, old, reopened);
}

/** A slot in place of the one there was; `reopened` are emptied, and the next operation is told of all of them. */
function replace(
  turn: Turn,
  frame: Frame,
  [name, slot]: readonly [string, SlotState],
  reopened: readonly string[],
): void {
  const slots: Record<string, SlotState> = { ...frame.slots, [name]: slot };
  for (const dependent of reopened) delete slots[dependent];
  const news = [name, ...reopened];
  turn.put({ ...frame, slots, changed: [...frame.changed.filter((other) => !news.includes(other)), ...news] });
}

/** An optional slot is empty from now on and not asked for; what hung on its value goes with it. */
export function emptySlot(turn: Turn, name: string): void {
  const frame = turn.top;
  if (!frame) return;
  const flow = turn.flowOf(frame);
  const old = slotParam(flow, name, frame.slots[name]);
  const reopened = dependentsWithValue(flow, frame, name);
  replace(turn, frame, [name, { from: 'skipped' }], reopened);
  if (!old) return;
  const slot = { kind: 'text' as const, key: labelOf(flow, name) };
  const keys = reopened.map((other) => labelOf(flow, other));
  sayOn(turn, frame, 'conversation.emptied', { params: { slot, old, reopened: { kind: 'labels', keys } } });
}

function dependentsWithValue(flow: CompiledConversation, frame: Frame, name: string): readonly string[] {
  return (flow.dependents.get(name) ?? []).filter((dependent) => frame.slots[dependent] !== undefined);
}

function showDiff(turn: Turn, name: string, old: SlotState, reopened: readonly string[]): void {
  const frame = turn.top;
  const slot = frame?.slots[name];
  if (!frame || !slot) return;
  const flow = turn.flowOf(frame);
  const field = fieldOf(flow, name, slot);
  const before = slotParam(flow, name, old);
  if (!field || !before) return;
  turn.effects.push({
    kind: 'diff',
    version: frame.version,
    field,
    old: before,
    wasConfirmed: old.confirmed === true,
    reopened: reopened.map((other) => labelOf(flow, other)),
  });
}

/** A fact with the slot it is for. */
interface Meant extends Fact {
  readonly slot: string;
}

/** The slots that a slot hangs on, however many there are between. */
function slotsAbove(flow: CompiledConversation, name: string): readonly string[] {
  return [...flow.dependents].flatMap(([above, dependents]) => (dependents.includes(name) ? [above] : []));
}

/** The facts that the form has a slot for, each behind those it hangs on: a house before its mortgage. */
function meantBy(flow: CompiledConversation, facts: readonly Fact[]): readonly Meant[] {
  const meant = facts.flatMap((fact): Meant[] => {
    const slot = flow.slotOfFact.get(fact.name);
    return slot === undefined ? [] : [{ ...fact, slot }];
  });
  const depth = new Map(meant.map(({ slot }) => [slot, slotsAbove(flow, slot).length]));
  return meant.toSorted((a, b) => (depth.get(a.slot) ?? 0) - (depth.get(b.slot) ?? 0));
}

/**
 * Fills the top frame's slots from facts and gives those that are new or changed. Facts that no slot wants are left alone, and
 * so is what hangs on a fact of the same text that was not taken.
 */
export function absorb(turn: Turn, facts: readonly Fact[]): readonly string[] {
  const written: string[] = [];
  const flow = turn.top && turn.flowOf(turn.top);
  const meant = flow ? meantBy(flow, facts) : [];
  const certain = new Set(meant.filter(({ confidence }) => confidence >= CERTAIN).map(({ slot }) => slot));
  for (const fact of meant) {
    const frame = turn.top;
    const definition = flow?.slots.get(fact.slot);
    if (!frame || !flow || !definition) continue;
    const above = slotsAbove(flow, fact.slot);
    if (above.some((name) => meant.some(({ slot, value }) => slot === name && frame.slots[name]?.value !== value)))
      continue;
    const problem = limitProblem(definition.type, fact.value, flow.limits.get(fact.slot));
    const present = frame.slots[fact.slot];
    // Below CERTAIN the text did not name this fact; a guess never replaces what is there, nor passing text what was confirmed.
    const isKept = present?.value !== undefined && (fact.confidence < CERTAIN || isGuarded(present, definition));
    if (problem !== undefined) sayProblem(turn, fact.slot, problem);
    else if (!sayDenied(turn, fact.slot) && !isKept && present?.value !== fact.value) {
      writeAbove(turn, fact.slot, { value: fact.value, from: 'said' }, certain);
      written.push(fact.slot);
    }
  }
  return written;
}

function isGuarded(present: SlotState, { guarded }: { readonly guarded: boolean }): boolean {
  return present.confirmed === true || guarded;
}

/** What a slot hangs on that leaves no room for it: no house, so no mortgage; a house that is paid off, so no payment. */
function denyingSlot(turn: Turn, name: string): string | undefined {
  const frame = turn.top;
  if (!frame) return undefined;
  const flow = turn.flowOf(frame);
  const denied = slotsAbove(flow, name).find((above) => frame.slots[above]?.value === false);
  if (denied !== undefined || applies(turn, frame, name)) return denied;
  return flow.slots.get(name)?.dependsOn.find((above) => frame.slots[above]?.value !== undefined);
}

/** Says why nothing was noted and how to go on, if a slot has no place in the form as it stands. */
export function sayDenied(turn: Turn, name: string): boolean {
  const frame = turn.top;
  const denying = denyingSlot(turn, name);
  if (!frame || denying === undefined) return false;
  const flow = turn.flowOf(frame);
  const label = (slot: string): Param => ({ kind: 'text', key: labelOf(flow, slot) });
  const value = slotParam(flow, denying, frame.slots[denying]) ?? label(denying);
  sayOn(turn, frame, 'conversation.denied', { params: { slot: label(name), above: label(denying), value } });
  return true;
}

/** Says yes to what a slot hangs on, where the form says that there is none: who names its state has one after all. */
export function affirmAbove(turn: Turn, name: string): void {
  const flow = turn.top && turn.flowOf(turn.top);
  if (!flow) return;
  const denied = slotsAbove(flow, name).filter((above) => turn.top?.slots[above]?.value === false);
  for (const above of denied) writeAbove(turn, above, { value: true, from: 'asked' }, new Set([name]));
}

/** The guarded or confirmed slot that the text contradicts; an answer to the question that is open contradicts nothing. */
export function conflictOf(turn: Turn, frame: Frame, facts: readonly Fact[]): PendingChange | undefined {
  const flow = turn.flowOf(frame);
  const asked = frame.wait === 'slot' ? frame.asked : undefined;
  const news = facts.flatMap((fact) => {
    const slot = flow.slotOfFact.get(fact.name);
    return slot === undefined || frame.slots[slot]?.value === fact.value ? [] : [{ ...fact, slot }];
  });
  const found = news.find(({ slot, value, confidence }) => {
    const definition = flow.slots.get(slot);
    const present = frame.slots[slot];
    if (!definition || slot === asked || present?.value === undefined || confidence < CERTAIN) return false;
    if (limitProblem(definition.type, value, flow.limits.get(slot)) !== undefined) return false;
    return present.confirmed === true || definition.guarded;
  });
  if (!found) return undefined;
  const { slot, value } = found;
  return news.length > 1 ? { slot, value, text: turn.input.text } : { slot, value };
}

/** In place of a name, in the words of `conversation.conflict.whose`. */
const NOBODY_NAMED: Param = { kind: 'plain', value: 'none' };

/** Asks whether a confirmed value shall really change, or whose the sentence is; until then nothing of it is taken. */
export function askConflict(turn: Turn, pending: PendingChange): void {
  const frame = turn.top;
  if (!frame) return;
  const { slot, value, other } = pending;
  const flow = turn.flowOf(frame);
  const old = slotParam(flow, slot, frame.slots[slot]) ?? (other === true ? designation(turn, frame) : undefined);
  const proposed = value === undefined ? NOBODY_NAMED : slotParam(flow, slot, { value, from: 'said' });
  if (!old || !proposed) return;
  const params = { slot: { kind: 'text' as const, key: labelOf(flow, slot) }, old, new: proposed };
  const anew = { verb: 'new', label: 'conversation.conflict.new' };
  const choices: readonly Choice[] = [
    ...(other === true ? [anew] : []),
    { verb: 'change', label: `conversation.conflict.${other === true ? 'this' : 'change'}`, params },
    { verb: 'keep', label: 'conversation.conflict.keep', params },
  ];
  turn.put({ ...frame, pending });
  sayOn(turn, frame, `conversation.conflict.${other === true ? 'whose' : 'ask'}`, { params, choices });
}

/** Marks slots as confirmed by a person. */
export function confirmSlots(turn: Turn, names: readonly string[]): void {
  const frame = turn.top;
  if (!frame) return;
  const slots: Record<string, SlotState> = { ...frame.slots };
  for (const name of names) {
    const slot = slots[name];
    if (slot?.value !== undefined) slots[name] = { ...slot, confirmed: true };
  }
  turn.put({ ...frame, slots });
}
