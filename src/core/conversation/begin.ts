/** Beginning a flow because of what was said: by its words, by a command, as a repair. */
import { findStart, openFlow } from './open.ts';
import type { Command } from './command.ts';
import { prompt } from './prompt.ts';
import type { Start } from './protocol.ts';
import { run } from './run.ts';
import type { Turn } from './turn.ts';

/** Opens a flow on top of the stack and runs it; where its question is being asked already, that is asked again. */
export function begin(turn: Turn, { flow, at }: Start): void {
  const { top } = turn;
  // 撤回授权 said twice: a second card above the first would leave the form below when the answer puts one frame aside.
  if (top?.wait === 'choice' && top.flow === flow && top.step === at) return prompt(turn);
  openFlow(turn, flow, at === undefined ? {} : { at });
  run(turn);
}

/** Opens a repair flow on top, or says that nothing was understood when the installation has none. */
export function repair(turn: Turn, name: 'correct' | 'timeout' | 'cannot-handle'): void {
  const found = findStart(turn, (starter) => starter.repair === name);
  if (found) return begin(turn, found);
  turn.effects.push({ kind: 'say', key: 'conversation.not_understood', params: {}, visit: turn.top?.visit ?? 0 });
}

/** Opens the flow that answers to a command. */
export function obey(turn: Turn, command: Command): void {
  const found = findStart(turn, (starter) => starter.command === command.name);
  if (!found) return repair(turn, 'cannot-handle');
  turn.input = { text: turn.input.text, argument: command.argument }; // a command's words are no facts of a form
  begin(turn, found);
}
