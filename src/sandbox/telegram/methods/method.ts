/** One row of the Bot API's table. */
import type { Args } from '../args.ts';
import type { TelegramCore } from '../core.ts';

/** What a method gives back. */
export interface Done {
  readonly result: unknown;
  /** Some methods say a word beside the result ("Webhook was set"). */
  readonly description?: string;
}

/** How one method is done. */
export interface Method {
  /** Every parameter it knows, for the journal's `unknownFields`; the server ignores others. */
  readonly known: readonly string[];
  /** Does the work. @throws TelegramRefusal. */
  run(core: TelegramCore, args: Args): Done | Promise<Done>;
}

/** Methods by their canonical name; calls may write them in any case. */
export type MethodTable = Readonly<Record<string, Method>>;
