/** A running Slack look-alike, and an endpoint of ours that answers as a test wants. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createSlackEmulator, type SlackEmulator, type SlackOptions } from '../../../../src/sandbox/slack/index.ts';
import { type Fields, fieldsOf, parseJson } from '../../../../src/sandbox/kernel/values.ts';
import { listen, shut } from '../../../support/loopback.ts';

export const BOT_TOKEN = 'xoxb-test-bot-token';
export const APP_TOKEN = 'xapp-test-app-token';
export const SIGNING_SECRET = 'test-signing-secret-0001';
export const START = new Date('2026-11-30T01:00:00.000Z');

export const PEOPLE = [
  { id: 'U0LIN', name: '小林', email: 'lin@example.com' },
  { id: 'U0ZHAO', name: '老赵', email: 'zhao@example.com' },
  { id: 'U0GONE', name: '离职者', email: 'gone@example.com', deleted: true },
] as const;

/** A request our endpoint got. */
export interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  /** JSON body, or the JSON of the form's `payload`, or the form's fields. */
  readonly body: Fields;
}

/** What the endpoint answers; `undefined` = 200 with an empty body. */
export type Reply =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | undefined;

export interface OurEndpoint {
  readonly url: string;
  readonly seen: Seen[];
  /** Bodies of events by type, url_verification left out. */
  events(type?: string): readonly Fields[];
  reply: (seen: Seen, response: ServerResponse) => Reply | Promise<Reply>;
  close(): Promise<void>;
}

function bodyOf(raw: string, type: string): Fields {
  if (type.startsWith('application/json')) return fieldsOf(parseJson(raw));
  const form = Object.fromEntries(new URLSearchParams(raw));
  return form['payload'] === undefined ? form : fieldsOf(parseJson(form['payload']));
}

/** An endpoint that answers url_verification by itself and everything else by `reply`. */
export async function ourEndpoint(): Promise<OurEndpoint> {
  const seen: Seen[] = [];
  const endpoint = { reply: (() => undefined) as OurEndpoint['reply'] };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void answer(Buffer.concat(chunks).toString('utf8'), request.headers, response);
    });
  });
  async function answer(raw: string, headers: IncomingHttpHeaders, response: ServerResponse): Promise<void> {
    const one: Seen = { headers, raw, body: bodyOf(raw, headers['content-type'] ?? '') };
    if (one.body['type'] === 'url_verification' && url.verify) {
      response.end(JSON.stringify({ challenge: one.body['challenge'] }));
      return;
    }
    seen.push(one);
    const given = await endpoint.reply(one, response);
    if (response.writableEnded || response.destroyed) return;
    const isText = typeof given?.body === 'string';
    response.writeHead(given?.status ?? 200, {
      'content-type': isText ? 'text/plain' : 'application/json',
      ...given?.headers,
    });
    response.end(isText ? given.body : given?.body === undefined ? '' : JSON.stringify(given.body));
  }
  const url = { verify: true };
  const base = await listen(server);
  return Object.assign(endpoint, {
    url: `${base}/slack/events`,
    seen,
    events: (type?: string) =>
      seen.map(({ body }) => body).filter((body) => type === undefined || fieldsOf(body['event'])['type'] === type),
    close: () => shut(server),
  });
}

export interface Stage {
  readonly slack: SlackEmulator;
  readonly base: string;
  /** Calls a Web API method with a JSON body. */
  call(method: string, args?: Fields, token?: string): Promise<Fields>;
  /** The same, with status and headers. */
  request(method: string, init?: RequestInit): Promise<{ status: number; headers: Headers; body: Fields }>;
  close(): Promise<void>;
}

/** A Slack look-alike behind a real HTTP server on a free port. */
export async function stage(options: Partial<SlackOptions> = {}): Promise<Stage> {
  const holder: { slack?: SlackEmulator } = {};
  const server = createServer((request, response) => void holder.slack?.handle(request, response, request.url ?? '/'));
  server.on('upgrade', (request, socket, head) =>
    holder.slack?.handleUpgrade(request, socket, head, request.url ?? '/'),
  );
  const base = await listen(server);
  const slack = createSlackEmulator({
    teamId: 'T0001',
    appId: 'A0001',
    botUserId: 'U0BOT',
    botToken: BOT_TOKEN,
    appToken: APP_TOKEN,
    signingSecret: SIGNING_SECRET,
    publicBase: base,
    now: START,
    people: PEOPLE,
    ...options,
  });
  holder.slack = slack;
  const request: Stage['request'] = async (method, init = {}) => {
    const headers = { authorization: `Bearer ${BOT_TOKEN}`, ...(init.headers as Record<string, string> | undefined) };
    const response = await fetch(`${base}/api/${method}`, { method: 'POST', ...init, headers });
    return { status: response.status, headers: response.headers, body: fieldsOf(parseJson(await response.text())) };
  };
  return {
    slack,
    base,
    request,
    call: async (method, args = {}, token = BOT_TOKEN) => {
      const headers = { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${token}` };
      return (await request(method, { headers, body: JSON.stringify(args) })).body;
    },
    close: async () => {
      await slack.close();
      await shut(server);
    },
  };
}

/** The clock `seconds` after the start. */
export function after(seconds: number): Date {
  return new Date(START.getTime() + seconds * 1000);
}

/** A section with text. */
export function section(text: string, more: Fields = {}): Fields {
  return { type: 'section', text: { type: 'mrkdwn', text }, ...more };
}

/** An actions block with one button per action id. */
export function buttons(blockId: string, ...actionIds: readonly string[]): Fields {
  const elements = actionIds.map((id) => ({
    type: 'button',
    action_id: id,
    value: `v-${id}`,
    text: { type: 'plain_text', text: id },
  }));
  return { type: 'actions', block_id: blockId, elements };
}

/** An input block with a text field. */
export function input(blockId: string, more: Fields = {}): Fields {
  const element = { type: 'plain_text_input', action_id: 'text' };
  return { type: 'input', block_id: blockId, label: { type: 'plain_text', text: blockId }, element, ...more };
}

/** A modal. */
export function modal(blocks: readonly Fields[], more: Fields = {}): Fields {
  const plain = (text: string) => ({ type: 'plain_text', text });
  return { type: 'modal', callback_id: 'reason', title: plain('原因'), submit: plain('提交'), blocks, ...more };
}
