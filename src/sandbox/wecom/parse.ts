/** A request body against its lenient schema. */
import type { z } from 'zod';
import { lostFields } from '../kernel/journal.ts';
import { WecomFault } from './fault.ts';

/** The parsed body and the paths of members WeCom does not know (it ignores them; the journal lists them). */
export interface ParsedBody<T> {
  readonly value: T;
  readonly unknown: readonly string[];
}

/** @throws WecomFault 40035 for a value of the wrong type; 40056 when that is the agentid. */
export function parseBody<S extends z.ZodType>(schema: S, body: unknown): ParsedBody<z.output<S>> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return { value: parsed.data, unknown: lostFields(body, parsed.data) };
  const path = parsed.error.issues[0]?.path.join('.') ?? '';
  throw path === 'agentid'
    ? new WecomFault(40056, 'invalid agentid')
    : new WecomFault(40035, `invalid parameter: ${path}`);
}
