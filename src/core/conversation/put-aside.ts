/** Where 再说 and 在忙 put the open form aside, and where they are an answer or words for somebody else. */
import { BUSY_ARGUMENT, LATER_ARGUMENT } from './command.ts';
import type { Reading } from './protocol.ts';
import type { Turn } from './turn.ts';

/**
 * The reading as it holds here. A question for any words takes 明天再说 for its answer; 在开会 where nothing is open is
 * said to the adviser, who may have asked for a call.
 */
export function withoutPuttingAside(turn: Turn, reading: Reading): Reading {
  const { command, ...rest } = reading;
  if (command?.name !== 'cancel') return reading;
  const { top } = turn;
  const asked = top?.wait === 'slot' ? turn.flowOf(top).slots.get(top.asked ?? '') : undefined;
  const isAnswer = asked?.type === 'text' && [LATER_ARGUMENT, BUSY_ARGUMENT].includes(command.argument);
  const isToldSomebody = top === undefined && command.argument === BUSY_ARGUMENT;
  return isAnswer || isToldSomebody ? rest : reading;
}
