/** Changing what is already there: corrections by name, and the person's word on a change of something confirmed. */
import { proceed } from './answer.ts';
import { repair } from './begin.ts';
import type { Correction } from './correction.ts';
import { slotMeantBy } from './correction-target.ts';
import { prompt } from './prompt.ts';
import type { Reading } from './protocol.ts';
import { askFor } from './run.ts';
import { sayOn } from './say.ts';
import { confirmSlots, sayProblem, writeSlot } from './slots.ts';
import type { Frame } from './state.ts';
import { formOf, running, type Turn } from './turn.ts';
import { parseAnswer } from './understand/index.ts';
import { fieldsOf } from './values.ts';

/** A typed yes or no to "shall I change it?"; `false` when the message says something else. */
export function settlePending(turn: Turn, frame: Frame, reading: Reading): boolean {
  if (reading.reply !== 'yes' && reading.reply !== 'no' && reading.reply !== 'unchanged') return false;
  settle(turn, frame, reading.reply === 'yes');
  return true;
}

/** Makes or drops the proposed change. */
export function settle(turn: Turn, frame: Frame, change: boolean): void {
  const { pending, ...rest } = frame;
  turn.put(rest);
  if (!pending || !change) return prompt(turn);
  writeSlot(turn, pending.slot, pending.value, 'chosen');
  confirmSlots(turn, [pending.slot]);
  proceed(turn);
}

/** A correction by name, in the nearest frame that has such a slot. `false` when there is none: then it is plain text. */
export function correct(turn: Turn, correction: Correction): boolean {
  const target = findTarget(turn, correction);
  if (!target) return looksLikeSlot(turn, correction);
  turn.raise(target.frame);
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
    sayOn(turn, target.frame, 'conversation.already', {
      params: { field: { kind: 'fields', fields: fieldsOf(flow, target.frame, [target.slot]) } },
    });
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
  for (const frame of turn.frames()) {
    if (frame.wait === 'call' || frame.wait === 'operation') continue; // whoever it waits for lies above it
    const flow = turn.flowOf(frame);
    const named =
      flow.slotOfWord.get(word) ??
      [...flow.slotOfWord].find(([candidate]) => word !== '' && word.endsWith(candidate))?.[1];
    if (named !== undefined) return { frame, slot: named };
    if (word !== '') continue;
    const meant = slotMeantBy(turn, frame, correction.value);
    if (meant !== undefined) return { frame, slot: meant };
  }
  return undefined;
}

function reopen(turn: Turn, slot: string): void {
  const frame = turn.top;
  if (!frame) return;
  const form = formOf(turn, frame, [slot]);
  if (form !== undefined) turn.put({ ...running(frame), step: form });
  askFor(turn, slot);
}
