/** Cursor pagination as Slack does it: opaque cursors, an empty one on the last page. */
import type { Args } from '../args.ts';
import { SlackRefusal } from '../types.ts';

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Empty on the last page. */
  readonly next: string;
}

/** The page that `cursor` and `limit` ask for. @throws SlackRefusal `invalid_cursor`, `invalid_limit`. */
export function pageOf<T>(
  args: Args,
  all: readonly T[],
  defaults: { readonly limit: number; readonly max: number },
): Page<T> {
  const start = startOf(args.text('cursor'));
  const limit = args.int('limit', defaults.limit);
  if (limit < 1 || limit > defaults.max) throw new SlackRefusal('invalid_limit');
  const end = start + limit;
  return { items: all.slice(start, end), next: end >= all.length ? '' : Buffer.from(`next:${end}`).toString('base64') };
}

function startOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const match = /^next:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString('utf8'));
  if (match === null) throw new SlackRefusal('invalid_cursor');
  return Number(match[1]);
}
