/** Saying something in the name of a frame. */
import type { Choice, Field, Params, Rows } from './protocol.ts';
import type { Frame } from './state.ts';
import type { Turn } from './turn.ts';

/** What may go with a sentence. */
export interface SayExtras {
  readonly params?: Params;
  readonly choices?: readonly Choice[];
  readonly rows?: Rows;
  readonly fields?: readonly Field[];
  readonly contact?: string;
}

/**
 * Adds a `say` effect tied to the frame's present visit, in the words of its flow version. While a person has the word
 * nothing is said but what a step says aloud: a question that is open is asked when the bot is given the word back.
 */
export function sayOn(turn: Turn, frame: Frame, key: string, extras: SayExtras = {}): void {
  if (turn.handedOver && !isAloud(turn, frame)) return;
  turn.effects.push({ kind: 'say', version: frame.version, key, visit: frame.visit, params: {}, ...extras });
}

function isAloud(turn: Turn, frame: Frame): boolean {
  const step = turn.flowOf(frame).steps.get(frame.step);
  return step?.kind === 'say' && step.aloud === true;
}
