/** The one WebClient of an account, and calls on it whose failures are typed and whose answers are parsed. */
import { webApi } from '@slack/bolt';
import type { z } from 'zod';
import type { Secret } from '../../lib/secret.ts';
import type { boltLogger } from './bolt-log.ts';
import { ChannelError } from '../channel.ts';
import { lost, type CallKind } from '../transport.ts';
import { slackFailure } from './errors.ts';

/** Milliseconds a Web API call may take; the library's default is for ever. */
const CALL_TIMEOUT_MS = 10_000;

/**
 * Options under which a WebClient never repeats a post by itself: its default sends again after a lost answer, and one
 * 429 pauses every other call (reference §1.13). No data may choose the host a token goes to.
 */
export function clientOptions(apiUrl: string, logger: ReturnType<typeof boltLogger>): webApi.WebClientOptions {
  return {
    slackApiUrl: apiUrl,
    logger,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: CALL_TIMEOUT_MS,
    allowAbsoluteUrls: false,
  };
}

/** The Web API as the rest of the channel sees it. */
export interface SlackApi {
  /**
   * One method call; the answer as `shape` says.
   * @throws ChannelError typed by `kind`; an answer of another shape counts as lost.
   */
  call<T>(
    method: string,
    args: Readonly<Record<string, unknown>>,
    how: { shape: z.ZodType<T>; kind: CallKind },
  ): Promise<T>;
}

/** The Web API under one bot token; makes no call by itself. */
export function createSlackApi(token: Secret, options: webApi.WebClientOptions): SlackApi {
  const web = new webApi.WebClient(token.reveal(), options);
  return {
    async call(method, args, { shape, kind }) {
      const answer: unknown = await web.apiCall(method, { ...args }).catch((error: unknown) => {
        throw slackFailure(error, kind);
      });
      const parsed = shape.safeParse(answer);
      if (!parsed.success) throw new ChannelError(lost(kind), 'bad_answer');
      return parsed.data;
    },
  };
}
