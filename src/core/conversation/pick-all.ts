/** One answer to several open questions of the same kind: 都是身份证. */
import { goTo } from './run.ts';
import type { Frame } from './state.ts';
import type { Turn } from './turn.ts';

/** Answers every other open question of the frame's flow that offers this row; they go on when the frame on top has ended. */
export function pickForAll(turn: Turn, frame: Frame, value: string): void {
  const others = turn.frames().filter((other) => other !== frame && other.flow === frame.flow);
  for (const other of others.toReversed()) {
    const step = other.wait === 'choice' ? turn.flowOf(other).steps.get(other.step) : undefined;
    const pick = step?.kind === 'ask' ? step.pick : undefined;
    if (!pick || other.offered?.some((row) => row[pick.value] === value) !== true) continue;
    turn.raise(other);
    turn.put({ ...other, results: { ...other.results, [pick.as]: { value } } });
    goTo(turn, pick.go);
  }
  turn.raise(frame);
}
