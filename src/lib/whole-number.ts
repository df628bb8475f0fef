/** Whole numbers that people and programs give: as a number, or as its digits where only text can be sent. */
import { z } from 'zod';

/** From `min` to `max`. A query, a command and a chat give digits; `true`, `0x10`, `1e1` and ` 1 ` are no numbers. */
export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  const digits = (value: unknown): unknown =>
    typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return z.preprocess(digits, z.int().min(min).max(max));
}
