/** The envelope of every JSON answer: `errcode` 0 is success, HTTP status is 200 either way [doc 90455]. */
import { z } from 'zod';
import type { HttpResponse } from '../../lib/http.ts';
import { ChannelError, type ChannelFailure } from '../channel.ts';
import { gatewayFailure } from '../transport.ts';

/** A parsed answer; fields beyond the envelope are read by whoever asked. */
export type Answer = z.infer<typeof answerSchema>;

const answerSchema = z.looseObject({ errcode: z.number().int().default(0), errmsg: z.string().default('') });
/** Some answers of success leave the number out, but none says nothing at all. */
const EMPTY = z.strictObject({});

/** The answer inside `body`; `undefined` when it is not a JSON object that says something. */
export function parseAnswer(body: Buffer): Answer | undefined {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'));
    return EMPTY.safeParse(json).success ? undefined : answerSchema.safeParse(json).data;
  } catch {
    return undefined;
  }
}

/** A text field of an answer; empty when it is missing or something else. */
export function textField(answer: Answer, name: string): string {
  const value = answer[name];
  return typeof value === 'string' ? value : '';
}

/**
 * The answer of a call that went through, whatever its errcode.
 * @throws ChannelError when something between us and the platform answered instead of it. `inDoubt` is what that means
 * for this call: the platform may or may not have acted.
 */
export function readAnswer(response: HttpResponse, inDoubt: ChannelFailure): Answer {
  if (response.status !== 200) throw gatewayFailure(response.status, inDoubt);
  const answer = parseAnswer(response.body);
  if (answer === undefined) throw new ChannelError(inDoubt, 'bad_answer');
  return answer;
}
