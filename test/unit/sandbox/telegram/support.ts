/** A running Telegram look-alike, and an endpoint of ours that answers as a test wants. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { type Fields, fieldsOf, listOf, parseJson } from '../../../../src/sandbox/kernel/values.ts';
import { listen, shut } from '../../../support/loopback.ts';
import {
  createTelegramEmulator,
  type TelegramEmulator,
  type TelegramOptions,
} from '../../../../src/sandbox/telegram/index.ts';

export const BOT_ID = '7000000001';
export const TOKEN = `${BOT_ID}:TEST_TOKEN_FOR_THE_SANDBOX_ONLY`;
export const START = new Date('2026-11-30T01:00:00.000Z');
/** Beyond 2^32 on purpose. */
export const HE = '6812345678';
export const WANG = '6812345679';

export const PEOPLE = [
  { id: HE, name: '何女士', phone: '8613800006612' },
  { id: WANG, name: '王先生', username: 'wang' },
] as const;

export interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly body: Fields;
}

export type Reply =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | undefined;

export interface OurEndpoint {
  readonly url: string;
  readonly seen: Seen[];
  reply: (seen: Seen, response: ServerResponse) => Reply | Promise<Reply>;
  close(): Promise<void>;
}

export async function ourEndpoint(): Promise<OurEndpoint> {
  const seen: Seen[] = [];
  const endpoint = { reply: (() => undefined) as OurEndpoint['reply'] };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on(
      'end',
      () =>
        void answer(
          { headers: request.headers, body: fieldsOf(parseJson(Buffer.concat(chunks).toString('utf8'))) },
          response,
        ),
    );
  });
  async function answer(one: Seen, response: ServerResponse): Promise<void> {
    seen.push(one);
    const given = await endpoint.reply(one, response);
    if (response.writableEnded || response.destroyed) return;
    response.writeHead(given?.status ?? 200, { 'content-type': 'application/json', ...given?.headers });
    response.end(given?.body === undefined ? '' : JSON.stringify(given.body));
  }
  const base = await listen(server);
  return Object.assign(endpoint, { url: `${base}/hook`, seen, close: () => shut(server) });
}

export interface Stage {
  readonly telegram: TelegramEmulator;
  readonly base: string;
  /** Calls a method with a JSON body and gives the envelope. */
  call(method: string, args?: Fields): Promise<Fields>;
  /** The `result` of a call that must succeed. */
  ok(method: string, args?: Fields): Promise<Fields>;
  /** The `description` of a call that must fail with `code`. */
  fails(code: number, method: string, args?: Fields): Promise<unknown>;
  /** Resolves when a getUpdates call that was just made waits at the look-alike. */
  pollArrived(): Promise<void>;
  /** The last message on a person's screen. */
  last(personId: string): ReturnType<TelegramEmulator['screen']>['messages'][number];
  close(): Promise<void>;
}

export async function stage(options: Partial<TelegramOptions> = {}): Promise<Stage> {
  const holder: { telegram?: TelegramEmulator } = {};
  const polls: string[] = [];
  const server = createServer((request, response) => {
    if (request.url?.endsWith('/getUpdates') === true) polls.push(request.url);
    void holder.telegram?.handle(request, response, request.url ?? '/');
  });
  const base = await listen(server);
  const telegram = createTelegramEmulator({
    token: TOKEN,
    botId: BOT_ID,
    username: 'daiban_bot',
    publicBase: base,
    now: START,
    people: PEOPLE,
    allowLoopbackHttp: true,
    pollSecondMs: 20,
    ...options,
  });
  holder.telegram = telegram;
  const call: Stage['call'] = async (method, args = {}) => {
    const response = await fetch(`${base}/bot${TOKEN}/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(args),
    });
    const body = fieldsOf(parseJson(await response.text()));
    if (body['ok'] === false && body['error_code'] !== response.status)
      throw new Error('error_code differs from the HTTP status');
    return body;
  };
  return {
    telegram,
    base,
    call,
    ok: async (method, args) => {
      const answer = await call(method, args);
      if (answer['ok'] !== true) throw new Error(String(answer['description']));
      return fieldsOf(answer['result']);
    },
    fails: async (code, method, args) => {
      const answer = await call(method, args);
      if (answer['error_code'] !== code) throw new Error(`${method}: ${JSON.stringify(answer)}`);
      return answer['description'];
    },
    pollArrived: async () => {
      while (polls.length === 0) await new Promise((resolve) => void setImmediate(resolve));
      // A call that came in later and was answered: the poll has been read by now.
      await call('getMe');
    },
    last: (personId) => {
      const message = telegram.screen(personId).messages.at(-1);
      if (message === undefined) throw new Error('an empty screen');
      return message;
    },
    close: async () => {
      await telegram.close();
      await shut(server);
    },
  };
}

/** The clock `seconds` after the start. */
export function after(seconds: number): Date {
  return new Date(START.getTime() + seconds * 1000);
}

/** All updates that wait, by getUpdates. */
export async function updates(s: Stage, args: Fields = {}): Promise<readonly Fields[]> {
  return listOf((await s.call('getUpdates', args))['result']).map(fieldsOf);
}

/** An inline keyboard with one callback button per key. */
export function inline(...keys: readonly string[]): Fields {
  return { inline_keyboard: [keys.map((key) => ({ text: key, callback_data: key }))] };
}
