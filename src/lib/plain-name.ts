/** Names that people give and others read in lists and on terminals. */
import { z } from 'zod';

/** Line breaks, escape sequences, and what nobody sees or what turns the reading order of its neighbours. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF]/u;

/** Up to `max` characters of plain text in one line; `fault` is the key of the sentence for whatever is not. */
export function plainName(max: number, fault: string) {
  return z
    .string()
    .trim()
    .min(1, fault)
    .max(max, fault)
    .refine((text) => !UNSEEN.test(text), fault);
}
