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

/** Adds a `say` effect tied to the frame's present visit, in the words of its flow version. */
export function sayOn(turn: Turn, frame: Frame, key: string, extras: SayExtras = {}): void {
  turn.effects.push({ kind: 'say', version: frame.version, key, visit: frame.visit, params: {}, ...extras });
}
