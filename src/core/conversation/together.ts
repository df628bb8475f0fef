/** Frames of one flow that one sentence has answered or ended: they run one after the other, and the last one speaks for all. */
import type { Frame } from './state.ts';
import type { Turn } from './turn.ts';

/** What each of them is told (`together` in its flow): whether it comes last, and what the operations of all so far have counted. */
export interface Together {
  readonly last: boolean;
  readonly count: number;
}

/** The frame as one of several. */
export function goTogether(frame: Frame, together: Together): Frame {
  return { ...frame, inputs: { ...frame.inputs, together } };
}

/** Adds what an operation of the top frame has done (`count` of its result). */
export function countTogether(turn: Turn, result: Readonly<Record<string, unknown>>): void {
  const { count } = result;
  if (turn.top && typeof count === 'number') add(turn, turn.top, count);
}

/** What an ended frame has counted is told by the next one of them. */
export function passCountOn(turn: Turn, ended: Frame): void {
  const count = togetherOf(ended)?.count ?? 0;
  if (turn.top?.flow === ended.flow && turn.top.wait === undefined) add(turn, turn.top, count);
}

function add(turn: Turn, frame: Frame, count: number): void {
  const together = togetherOf(frame);
  if (together && count > 0) turn.put(goTogether(frame, { ...together, count: together.count + count }));
}

function togetherOf({ inputs }: Frame): Together | undefined {
  return inputs['together'] as Together | undefined;
}
