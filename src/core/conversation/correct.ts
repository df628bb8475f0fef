/** Changing what is already there: corrections by name, and the person's word on a change of something confirmed. */
import { sayOtherOpen, speaksOfDraft, turnTo } from './addressee.ts';
import { acknowledge, proceed } from './answer.ts';
import { begin, repair } from './begin.ts';
import type { Correction } from './correction.ts';
import { slotMeantBy } from './correction-target.ts';
import { sayHeard } from './heard.ts';
import { prompt } from './prompt.ts';
import type { Reading } from './protocol.ts';
import { readMessage } from './reading.ts';
import { askFor } from './run.ts';
import { sayOn } from './say.ts';
import { absorb, askConflict, confirmSlots, sayProblem, writeSlot } from './slots.ts';
import type { Frame } from './state.ts';
import { formOf, running, type Turn } from './turn.ts';
import { parseAnswer, toSimplified, type FactValue } from './understand/index.ts';
import { fieldsOf } from './values.ts';

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
  for (const [name, proposed] of [[slot, value] as const, ...(other === true ? guardedIn(turn, frame, reading) : [])]) {
    writeSlot(turn, name, proposed, 'chosen');
    confirmSlots(turn, [name]);
  }
  if (reading) takeRest(turn, slot, reading);
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
  const target = findTarget(turn, correction);
  if (!target) return looksLikeSlot(turn, correction);
  if ('other' in target) {
    sayOtherOpen(turn, target.other);
    return true;
  }
  turnTo(turn, target.frame);
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

type Target = { readonly frame: Frame; readonly slot: string } | { readonly other: string };

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
    if (word !== '') continue;
    const meant = slotMeantBy(turn, frame, correction.value);
    if (meant !== undefined) return { frame, slot: meant };
  }
  return other === undefined ? undefined : { other };
}

function reopen(turn: Turn, slot: string): void {
  const frame = turn.top;
  if (!frame) return;
  const form = formOf(turn, frame, [slot]);
  if (form !== undefined) turn.put({ ...running(frame), step: form });
  askFor(turn, slot);
}
