/** When files came, and the how many-th of their name: by this a question about one says which of several it means. */
import { hash } from 'node:crypto';
import type { MediaRef } from '../../channels/channel.ts';
import type { MediaToken } from '../conversation/index.ts';
import type { Memory } from './memory.ts';

/** The files of the latest minute that brought any. */
export interface LatestFiles {
  /** The last one's instant of business time (ISO). */
  readonly at: string;
  /** How many came of each name, by the beginning of its hash: people put who they are into the names of their files. */
  readonly counts: Readonly<Record<string, number>>;
}

/** How a message with a file came. */
export interface Arrival {
  /** An instant of business time (ISO). */
  readonly at: string;
  /** The how many-th of its name in its minute the (first) file was. */
  readonly nth: number;
}

/** More names of one minute are not told apart. */
const MOST_NAMES = 100;
/** Characters of an instant up to its minute: 2026-11-23T02:00. */
const MINUTE = 16;
/**
 * So long what came is counted by: whatever is fetched even later is asked about without the number of its namesakes. So long
 * the customer named for files stays named.
 */
const KEPT_MS = 10 * 60_000;

/** Counts a message's files in. They are counted as they are sent: which is fetched first is chance. */
export function countIn(
  memory: Memory,
  media: readonly MediaRef[],
  now: Date,
): { readonly memory: Memory; readonly arrival: Arrival } {
  const at = now.toISOString();
  const before = countsOfMinute(memory, at);
  const counts = { ...before };
  for (const { name } of media) {
    const key = keyOf(name);
    if (counts[key] !== undefined || Object.keys(counts).length < MOST_NAMES) counts[key] = (counts[key] ?? 0) + 1;
  }
  const nth = 1 + (before[keyOf(media[0]?.name)] ?? 0);
  return { memory: { ...memory, files: { at, counts } }, arrival: { at, nth } };
}

/** The fetched files, each with how many of its name its minute has brought by now. */
export function countUp(memory: Memory, media: readonly MediaToken[]): readonly MediaToken[] {
  return media.map((token) => {
    const { at, nth } = token;
    if (typeof at !== 'string' || typeof nth !== 'number') return token;
    const namesakes = countsOfMinute(memory, at)[keyOf(token['name'])] ?? 0;
    return { ...token, of: Math.max(nth, namesakes) };
  });
}

/**
 * The memory without what nothing is counted by any more, for it is written with every message, and without the customer
 * named for files (上传 K318) when nothing has come for him since: tomorrow's photo may be anybody's.
 */
export function withoutPastFiles(memory: Memory, now: Date): Memory {
  const { files, ...rest } = memory;
  return withoutPastName(files !== undefined && isPast(files.at, now) ? rest : memory, now);
}

function withoutPastName(memory: Memory, now: Date): Memory {
  const { filesForAt, ...rest } = memory;
  const { filesFor, ...talk } = rest.talk;
  if (filesFor === undefined || (filesForAt !== undefined && !isPast(filesForAt, now))) return memory;
  return { ...rest, talk };
}

/** The memory after a step: what is said or sent for the customer named for files keeps him named. */
export function withFilesFor({ filesForAt: _at, ...memory }: Memory, now: Date): Memory {
  return memory.talk.filesFor === undefined ? memory : { ...memory, filesForAt: now.toISOString() };
}

function isPast(at: string, now: Date): boolean {
  return now.getTime() - Date.parse(at) >= KEPT_MS;
}

function countsOfMinute({ files }: Memory, at: string): LatestFiles['counts'] {
  return files?.at.slice(0, MINUTE) === at.slice(0, MINUTE) ? files.counts : {};
}

/** A photo has no name. */
function keyOf(name: unknown): string {
  return hash('sha256', typeof name === 'string' ? name : '').slice(0, 8);
}
