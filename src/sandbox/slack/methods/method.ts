/** One row of the Web API's table. */
import type { Fields } from '../../kernel/values.ts';
import type { Args } from '../args.ts';
import type { SlackCore } from '../core.ts';

/** How one method is limited, guarded and done. */
export interface Method {
  /** Rate tier 1 to 4, or special. */
  readonly tier: 't1' | 't2' | 't3' | 't4' | 'special';
  /** Which token may call it; `bot` when absent. */
  readonly token?: 'app';
  /** Any one of these scopes is needed; none when absent. */
  readonly scopes?: readonly string[];
  /** Every argument it knows, for the journal's `unknownFields`. */
  readonly known: readonly string[];
  /** Does the work and gives the members beside `ok`. @throws SlackRefusal. */
  run(core: SlackCore, args: Args): Fields | Promise<Fields>;
}

/** Methods by their name. */
export type MethodTable = Readonly<Record<string, Method>>;
