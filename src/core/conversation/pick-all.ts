/** Several open questions of the same kind: one answer to all (都是身份证), or to one of them (第二张是流水). */
import type { StepOf } from '../flow/index.ts';
import { rowSaid, saidOfNth } from './row-words.ts';
import { goTo } from './run.ts';
import type { Frame } from './state.ts';
import { goTogether } from './together.ts';
import type { Turn } from './turn.ts';
import { resolveReference } from './values.ts';

/**
 * Answers every other open question of the frame's flow that offers this row; they go on when the frame on top has ended. The
 * last one, which was asked first, speaks for all. A colleague's may be about several customers, and each says whose it is.
 */
export function pickForAll(turn: Turn, frame: Frame, value: string): void {
  const others = turn
    .frames()
    .filter((other) => other !== frame && other.flow === frame.flow && offers(turn, other, value))
    .toReversed();
  const isOnePersons = turn.tools.audience === 'customer' && others.length > 0;
  for (const [index, other] of others.entries()) {
    const pick = pickOf(turn, other);
    if (!pick) continue;
    turn.raise(other);
    const answered = { ...other, results: { ...other.results, [pick.as]: { value } } };
    turn.put(isOnePersons ? goTogether(answered, { last: index === 0, count: 0 }) : answered);
    goTo(turn, pick.go);
  }
  turn.raise(frame);
  if (isOnePersons) turn.put(goTogether(frame, { last: false, count: 0 }));
}

function pickOf(turn: Turn, frame: Frame): StepOf<'ask'>['pick'] {
  const step = frame.wait === 'choice' ? turn.flowOf(frame).steps.get(frame.step) : undefined;
  return step?.kind === 'ask' ? step.pick : undefined;
}

function offers(turn: Turn, frame: Frame, value: string): boolean {
  const pick = pickOf(turn, frame);
  return pick !== undefined && frame.offered?.some((row) => row[pick.value] === value) === true;
}

/** Which open question of the frame's flow the message answers by its number, and with which of its rows. */
export function pickOfNth(
  turn: Turn,
  frame: Frame,
  text: string,
): { readonly frame: Frame; readonly value: string } | undefined {
  const said = saidOfNth(text);
  if (!said) return undefined;
  const open = turn
    .frames()
    .filter(({ flow, wait }) => flow === frame.flow && wait === 'choice')
    .toReversed();
  const meant = numbered(turn, open, said.nth);
  const row = meant?.offered?.[rowSaid(meant.offered, said.rest) ?? -1];
  const pick = meant && pickOf(turn, meant);
  const value = pick ? row?.[pick.value] : undefined;
  return meant && value !== undefined ? { frame: meant, value: String(value) } : undefined;
}

/** The question that calls its file by this number; where none has one, the how many-th of those asked. Two, or an album, mean none. */
function numbered(turn: Turn, open: readonly Frame[], nth: number): Frame | undefined {
  const numbers = open.map((frame) => {
    const step = turn.flowOf(frame).steps.get(frame.step);
    const reference = step?.kind === 'ask' ? step.with['nth'] : undefined;
    return typeof reference === 'string' ? resolveReference(turn, frame, reference) : undefined;
  });
  if (numbers.some((number) => typeof number !== 'number')) return undefined;
  if (numbers.every((number) => number === 1)) return open[nth - 1];
  const meant = open.filter((_frame, at) => numbers[at] === nth);
  return meant.length === 1 ? meant[0] : undefined;
}
