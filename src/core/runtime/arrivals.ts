/** When files came, and the how many-th of their name: by this a question about one says which of several it means. */
import type { MediaRef } from '../../channels/channel.ts';
import type { MediaToken } from '../conversation/index.ts';
import type { Memory } from './memory.ts';

/** The files of the latest minute that brought any, by their names; a photo has none. */
export interface LatestFiles {
  /** The last one's instant of business time (ISO). */
  readonly at: string;
  readonly names: readonly string[];
}

/** How a message with a file came. */
export interface Arrival {
  /** An instant of business time (ISO). */
  readonly at: string;
  /** The how many-th of its name in its minute the (first) file was. */
  readonly nth: number;
}

/** More files of one minute are not told apart. */
const MOST_NAMES = 100;
/** Characters of an instant up to its minute: 2026-11-23T02:00. */
const MINUTE = 16;

/** Counts a message's files in. They are counted as they are sent: which is fetched first is chance. */
export function countIn(
  memory: Memory,
  media: readonly MediaRef[],
  now: Date,
): { readonly memory: Memory; readonly arrival: Arrival } {
  const at = now.toISOString();
  const before = namesOfMinute(memory, at);
  const names = [...before, ...media.map(({ name = '' }) => name)].slice(-MOST_NAMES);
  const nth = 1 + before.filter((name) => name === (media[0]?.name ?? '')).length;
  return { memory: { ...memory, files: { at, names } }, arrival: { at, nth } };
}

/** The fetched files, each with how many of its name its minute has brought by now. */
export function countUp(memory: Memory, media: readonly MediaToken[]): readonly MediaToken[] {
  return media.map((token) => {
    const { at, nth } = token;
    if (typeof at !== 'string' || typeof nth !== 'number') return token;
    const namesakes = namesOfMinute(memory, at).filter((name) => name === token['name']);
    return { ...token, of: Math.max(nth, namesakes.length) };
  });
}

function namesOfMinute({ files }: Memory, at: string): readonly string[] {
  return files?.at.slice(0, MINUTE) === at.slice(0, MINUTE) ? files.names : [];
}
