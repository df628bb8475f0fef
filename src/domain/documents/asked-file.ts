/** Which file a question is about, in words that tell it from others: when it came, its name, or else the how many-th it was. */
import { z } from 'zod';
import { namesIn } from '../../core/conversation/index.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { timeText, wallClock } from '../../lib/business-date.ts';
import { maskTextAndNames } from '../../lib/mask.ts';
import type { Page } from './document.ts';

/** What the flow's question says of the file. */
export const askedFile = z.object({
  /** The stored file. */
  file: z.string(),
  /** When it came, on the company's clock. */
  time: z.string(),
  sort: z.enum(['photo', 'named', 'file']),
  name: z.string(),
  /** The how many-th of that name it was in that minute, and of how many; a photo has no name. */
  nth: z.int(),
  of: z.int(),
});

/** What is known of a file as it comes. */
interface Arrived {
  readonly name?: string | undefined;
  readonly at?: string | undefined;
  readonly nth?: number | undefined;
  readonly of?: number | undefined;
}

/** Describes a document's page as it arrived. */
export function describeFile(ctx: Ctx, arrived: Arrived, page: Page | undefined): z.output<typeof askedFile> {
  const { at, nth = 1, of = nth } = arrived;
  const name = shortName(arrived.name ?? '');
  const isPhoto = page?.mime.startsWith('image/') === true;
  return {
    file: page?.fileId ?? '',
    time: timeText(wallClock(at === undefined ? ctx.now : new Date(at), ctx.services.companyZone)),
    sort: name !== '' ? 'named' : isPhoto ? 'photo' : 'file',
    name,
    nth,
    of,
  };
}

/** As much of a name as stands in one line; a cut one keeps its ending. */
const HEAD = 14;
const TAIL = 9;

/** A file's name for a chat: one line, personal data in it hidden as on the record, cut in the middle. */
export function shortName(given: string): string {
  const line = given.replaceAll(/[\p{C}\s]+/gu, ' ').trim();
  const shown = Array.from(maskTextAndNames(line, namesIn(line)));
  if (shown.length <= HEAD + 1 + TAIL) return shown.join('');
  return `${shown.slice(0, HEAD).join('')}…${shown.slice(-TAIL).join('')}`;
}
