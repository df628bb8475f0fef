/** Open questions that nobody answers and that nothing can be taken up again of (which item is this file?): each goes where its flow says. */
import type { Frame } from './state.ts';
import { goTogether, type Together } from './together.ts';
import { awake, running, type Turn } from './turn.ts';

/** Sends every open question of one flow where that says (`aside`); `false` when there is none. The first asked comes last and speaks for all. */
export function leaveAll(turn: Turn): boolean {
  const isOpen = (frame: Frame): boolean => frame.wait === 'choice' && asideOf(turn, frame) !== undefined;
  const flow = turn.frames().find(isOpen)?.flow;
  const open = turn.frames().filter((frame) => frame.flow === flow && isOpen(frame));
  for (const [index, frame] of open.toReversed().entries()) send(turn, frame, { last: index === 0, count: 0 });
  return open.length > 0;
}

/** Sends the flow's question that has waited longest aside, without a word. It goes before whatever was to run next. */
export function leaveOldest(turn: Turn, flow: string): void {
  const oldest = turn.frames().findLast((frame) => frame.flow === flow && frame.wait === 'choice');
  if (oldest && asideOf(turn, oldest) !== undefined) send(turn, oldest, { last: false, count: 0 });
}

function send(turn: Turn, frame: Frame, together: Together): void {
  turn.raise(frame);
  turn.put({
    ...goTogether(awake(running(frame)), together),
    step: asideOf(turn, frame) ?? frame.step,
    visit: turn.nextVisit(),
    misses: 0,
  });
}

function asideOf(turn: Turn, frame: Frame): string | undefined {
  return turn.flowOf(frame).definition.aside;
}
