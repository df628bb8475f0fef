/** Names that people give and others read in lists and on terminals; and what no text of ours shows them. */
import { z } from 'zod';
import { mendTexts } from './storable.ts';

/**
 * Line breaks, escape sequences, and what nobody sees or what turns the reading order of its neighbours; not what joins the
 * parts of one visible character (a family, a variant of a rare one).
 */
const UNSEEN = /(?!\p{Join_Control}|\p{Variation_Selector})[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** What only joins, joins nothing there. */
const BEGINS_UNSEEN = /^\p{Default_Ignorable_Code_Point}/u;

/** Up to `max` characters of plain text in one line; `fault` is the key of the sentence for whatever is not. */
export function plainName(max: number, fault: string) {
  return z
    .string()
    .trim()
    .min(1, fault)
    .max(max, fault)
    .refine((text) => text.search(UNSEEN) === -1 && !BEGINS_UNSEEN.test(text), fault);
}

/**
 * The same value with every text in it as people may be shown it, wherever it came from: lines stay lines, and what is unseen
 * is gone. Plain data only; anything else stays as it is.
 */
export function readable<T>(value: T): T {
  return mendTexts(value, { isFine: isReadable, mend: readableText });
}

const BREAK = /\r\n?|[\u0085\u2028\u2029]/g;

function isReadable(text: string): boolean {
  return readableText(text) === text;
}

function readableText(text: string): string {
  return text.replace(BREAK, '\n').replace(UNSEEN, (one) => (one === '\n' || one === '\t' ? one : ''));
}
