/** telegraf behind its fences (reference §2.2): an API client and a dispatcher, nothing that listens or repeats. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Agent as HttpAgent, type ClientRequest } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Telegraf } from 'telegraf';
import type { z } from 'zod';
import type { Secret } from '../../lib/secret.ts';
import { ChannelError } from '../channel.ts';
import { lost, type CallKind } from '../transport.ts';
import { migratedTo, telegramFailure } from './errors.ts';

/** Milliseconds a call may take (fence 8: telegraf's own limit is 500 s). */
const CALL_TIMEOUT_MS = 10_000;

/** How a call is read, judged and limited. */
interface CallOptions<T> {
  readonly shape: z.ZodType<T>;
  readonly kind: CallKind;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The Bot API as the rest of the channel sees it. */
export interface TelegramApi {
  /**
   * One API call; the answer as `shape` says. A group that became a supergroup is followed once: the refusal proves
   * that nothing was sent. What was written there before is not: message ids began anew, another message has its id now.
   * @throws ChannelError typed by `kind`; an answer of another shape counts as lost; `card_gone`/`chat_moved`.
   */
  call<T>(method: string, payload: Readonly<Record<string, unknown>>, options: CallOptions<T>): Promise<T>;
}

/** The numeric id in front of the token's colon. @throws Error for anything that is not a bot token. */
export function botIdOf(token: Secret): string {
  const id = /^(\d{1,20}):[\w-]+$/.exec(token.reveal())?.[1];
  if (id === undefined) throw new Error('telegram bot token is malformed');
  return id;
}

/** Fence 9: without the trailing slash a path in the root is lost. */
export function withSlash(apiRoot: string): string {
  return apiRoot.endsWith('/') ? apiRoot : `${apiRoot}/`;
}

/** The bot with fences 1 (no time limit, no webhook reply), 3 (errors rethrown) and 4 (no `getMe` inside a handler). */
export function createBot(token: Secret, apiRoot: string): Telegraf {
  const bot = new Telegraf(token.reveal(), {
    handlerTimeout: Infinity,
    telegram: { webhookReply: false, apiRoot: withSlash(apiRoot) },
  });
  // A kept socket that the server closes while we write into it makes an unknown outcome out of nothing, and Telegram
  // cannot tell us later. One connection per call; TLS sessions are resumed. Set here: telegraf drops agents for http.
  bot.telegram.options.agent = watched(apiRoot.startsWith('http://') ? new HttpAgent() : new HttpsAgent());
  bot.botInfo = {
    id: Number(botIdOf(token)),
    is_bot: true,
    first_name: '',
    username: '',
    can_join_groups: true,
    can_read_all_group_messages: false,
    supports_inline_queries: false,
  };
  bot.catch((error) => {
    throw error;
  });
  return bot;
}

/** What Node's client hands each request to; its types leave it out. */
type AddRequest = (this: HttpAgent, request: ClientRequest, options: object) => void;

/** The answer to the call under way: telegraf tells the status only of what it takes for Telegram's. */
const answered = new AsyncLocalStorage<{ status?: number }>();

/** telegraf lets us set neither how its node-fetch treats a redirect nor how it hears of a broken answer; each request passes here. */
function watched(agent: HttpAgent): HttpAgent {
  const add = Reflect.get(agent, 'addRequest') as AddRequest;
  const addWatched: AddRequest = (request, options) => {
    watch(request);
    add.call(agent, request, options);
  };
  return Object.assign(agent, { addRequest: addWatched });
}

function watch(request: ClientRequest): void {
  const call = answered.getStore();
  request.once('response', (response) => {
    const status = response.statusCode ?? 0;
    // The Bot API sends nobody elsewhere: something in between did. Followed, a message would be sent again or to whoever
    // is named; so it counts as a gateway's answer, after which nobody knows what Telegram did.
    if (status >= 300 && status < 400) response.statusCode = 502;
    // Of a 5xx telegraf reads no body, and it is the body that tells Telegram's refusal from a gateway's page.
    if (status >= 500) response.statusCode = 400;
    if (call) call.status = status;
    // node-fetch waits for the rest of an answer that broke off, until the call's time is up.
    response.once('close', () => {
      if (!response.complete) request.emit('error', new Error('the answer broke off'));
    });
  });
}

/** Typed calls through telegraf's client. */
export function createTelegramApi(bot: Telegraf): TelegramApi {
  const once = async <T>(
    method: string,
    payload: Readonly<Record<string, unknown>>,
    options: CallOptions<T>,
  ): Promise<T> => {
    const limit = AbortSignal.timeout(options.timeoutMs ?? CALL_TIMEOUT_MS);
    const signal = options.signal === undefined ? limit : AbortSignal.any([limit, options.signal]);
    // telegraf knows the methods of Bot API 7.1 by name only, and multipart calls change the payload they are given.
    const answer: unknown = await bot.telegram.callApi(method as never, { ...payload } as never, {
      signal: signal as never,
    });
    const parsed = options.shape.safeParse(answer);
    if (!parsed.success) throw new ChannelError(lost(options.kind), 'bad_answer');
    return parsed.data;
  };
  const typed: TelegramApi['call'] = async (method, payload, options) => {
    const answer: { status?: number } = {};
    return answered
      .run(answer, async () => once(method, payload, options))
      .catch((error: unknown) => {
        const moved = migratedTo(error);
        throw moved === undefined ? telegramFailure(error, options.kind, answer.status) : new Moved(moved);
      });
  };
  return {
    call: async (method, payload, options) =>
      typed(method, payload, options).catch(async (error: unknown) => {
        if (!(error instanceof Moved) || 'message_id' in payload) throw error;
        return typed(method, { ...payload, chat_id: error.chat }, options);
      }),
  };
}

/** The group has become a supergroup: what stood in it cannot be reached any more. */
class Moved extends ChannelError {
  readonly chat: string;
  constructor(chat: number) {
    super('card_gone', 'chat_moved');
    this.chat = String(chat);
  }
}
