/** A late answer: the form was put aside because nobody answered or had time, or somebody may be the wrong person, and now somebody does. */
import type { CompiledConversation } from '../flow/index.ts';
import { takeUp } from './control.ts';
import { prompt } from './prompt.ts';
import type { Reading } from './protocol.ts';
import { sayOn } from './say.ts';
import type { Frame } from './state.ts';
import type { Turn } from './turn.ts';
import { CERTAIN, isCourtesy, isYesToWhatIsShown, parseAnswer, type AnswerType } from './understand/index.ts';

/** Takes the expired form up again if the message answers it, so that what follows hears it; `false` when it does not. */
export function takeUpLate(turn: Turn, text: string, reading: Reading): boolean {
  const frame = turn.parked;
  if (turn.top || frame?.expired !== true || turn.tools.audience !== 'customer') return false;
  if (turn.tools.flows.startingWith('customer', text) || !answers(turn, frame, text, reading)) return false;
  const open = takeUp(turn);
  const title = { kind: 'text' as const, key: turn.flowOf(frame).definition.title };
  if (open)
    sayOn(turn, open, 'conversation.back_to_flow', { params: { title, whose: { kind: 'plain', value: 'none' } } });
  return true;
}

/** It answers the open question, names another field, or corrects one. Anything less is talk about something else. */
function answers(turn: Turn, frame: Frame, text: string, reading: Reading): boolean {
  const flow = turn.flowOf(frame);
  const { understanding, correction, reply } = reading;
  if (correction && flow.slotOfWord.has(correction.target.toLowerCase())) return true;
  if (understanding.facts.some(({ name, confidence }) => confidence >= CERTAIN && flow.slotOfFact.has(name)))
    return true;
  return answersQuestion(turn, frame, text, reply);
}

/** Answered by words that mean anything: 好的, 没有, 2. */
const ANSWERED_BARELY: ReadonlySet<AnswerType> = new Set(['yes-no', 'consent', 'choice']);

function answersQuestion(turn: Turn, frame: Frame, text: string, reply: Reading['reply']): boolean {
  if (isCourtesy(text) || isYesToWhatIsShown(text)) return false; // the question is not before his eyes
  const flow = turn.flowOf(frame);
  if (frame.shelved === true && (reply !== undefined || !asksForValue(flow, frame))) return false;
  if (frame.later === true && !asksForValue(flow, frame) && isBare(text, reply)) return false;
  if (frame.wait === 'confirm') return reply === 'yes' || reply === 'agree' || reply === 'no';
  if (frame.wait === 'slot' && frame.asked !== undefined) {
    const slot = flow.slots.get(frame.asked);
    return (
      slot !== undefined && 'value' in parseAnswer(slot.type, text, turn.tools.today, flow.limits.get(frame.asked))
    );
  }
  const step = frame.wait === 'choice' ? flow.steps.get(frame.step) : undefined;
  return step?.kind === 'ask' && (step.choices ?? []).some(({ words }) => words.includes(text.trim()));
}

/**
 * Of a colleague's form, which he left open for later, a word that means anything decides nothing: it is asked once more. `true`
 * when that is all there was to it.
 */
export function askAnew(turn: Turn, text: string, { reply }: Reading): boolean {
  const { top } = turn;
  if (top?.later !== true) return false;
  if (isCourtesy(text)) turn.effects.push({ kind: 'say', key: 'conversation.courtesy', params: {}, visit: 0 });
  else if (asksForValue(turn.flowOf(top), top) || !isBare(text, reply)) return false;
  else prompt(turn);
  return true;
}

function isBare(text: string, reply: Reading['reply']): boolean {
  return reply !== undefined || /^\s*\d{1,2}\s*$/u.test(text);
}

function asksForValue(flow: CompiledConversation, frame: Frame): boolean {
  const slot = frame.wait === 'slot' ? flow.slots.get(frame.asked ?? '') : undefined;
  return slot !== undefined && !ANSWERED_BARELY.has(slot.type);
}
