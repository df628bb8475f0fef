/**
 * A sandbox on a free port with the smallest possible product beside it: it proves its endpoints to the look-alikes,
 * accepts what they deliver, and keeps it. Its WeCom cryptography is `@wecom/crypto`, not ours.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decrypt } from '@wecom/crypto';
import { loadTexts } from '../../../src/lib/i18n.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { readBody } from '../../../src/sandbox/kernel/http.ts';
import {
  createSandbox,
  type Platform,
  type Sandbox,
  type SandboxOptions,
  type SandboxPerson,
  sandboxSecrets,
  type SandboxSettings,
  sandboxSettings,
} from '../../../src/sandbox/server.ts';

export const START = new Date('2026-11-30T02:00:00Z');
export const texts = loadTexts(path.resolve(import.meta.dirname, '../../../locales'));

export const PEOPLE: readonly SandboxPerson[] = [
  { platform: 'wecom', id: 'xiaolin', name: '小林', role: 'sales' },
  { platform: 'slack', id: 'U0QIAN001', name: '小钱', role: 'reviewer' },
  { platform: 'slack', id: 'U0ZHAO001', name: '老赵', role: 'approver' },
  { platform: 'telegram', id: '7000000201', name: '何女士', role: 'customer', phone: '8613800006612' },
];

/** Three of their phones: the sales person’s, the reviewer’s, the customer’s. */
export const LIN = '/sandbox/api/phones/wecom/xiaolin';
export const QIAN = '/sandbox/api/phones/slack/U0QIAN001';
export const HE = '/sandbox/api/phones/telegram/7000000201';

/** One delivery to the product, in the platform's own words. */
export interface Delivered {
  readonly path: string;
  readonly body: string;
}

/** A sandbox with its product. */
export interface Playground {
  readonly base: string;
  readonly sandbox: Sandbox;
  readonly settings: SandboxSettings;
  readonly delivered: readonly Delivered[];
  readonly folder: string;
  /** Each call of the product's clock, in order. */
  readonly moves: readonly Date[];
  readonly call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answered>;
  /** Stops everything; the folder stays when `keep` is set, so that another may go on with it. */
  close(keep?: boolean): Promise<void>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are looked at member by member
  readonly json: any;
}

/** Starts both on a free port. `advanceClock` steps the look-alikes once, half way, and once at the end. */
export async function startPlayground(
  {
    wanted = ['wecom', 'slack', 'telegram'],
    ...options
  }: Partial<SandboxOptions> & { wanted?: readonly Platform[] } = {},
  connected = true,
): Promise<Playground> {
  const folder = options.dataDir ?? mkdtempSync(path.join(tmpdir(), 'daiban-sandbox-'));
  const delivered: Delivered[] = [];
  const moves: Date[] = [];
  const world: { sandbox?: Sandbox; now: Date } = { now: options.now ?? START };
  const secrets = await sandboxSecrets(path.join(folder, 'sandbox'));
  const server = createServer((request, response) => {
    if (world.sandbox?.handle(request, response) !== true)
      void product(request, response, { delivered, key: secrets.wecom.encodingAesKey });
  });
  const base = await listen(server);
  const settings = sandboxSettings(base, secrets, wanted);
  const sandbox = createSandbox({
    base,
    dataDir: folder,
    texts,
    log: silentLog,
    settings,
    now: world.now,
    people: PEOPLE,
    businessNow: () => Promise.resolve(world.now),
    advanceClock: async (to) => {
      moves.push(to);
      await sandbox.setNow(new Date((world.now.getTime() + to.getTime()) / 2));
      await sandbox.setNow(to);
      world.now = to;
      return to;
    },
    ...options,
  });
  world.sandbox = sandbox;
  if (connected) await sandbox.connect(base);
  return {
    base,
    sandbox,
    settings,
    delivered,
    folder,
    moves,
    call: (method, at, body, headers) => call(`${base}${at}`, { method, body, headers }),
    close: async (keep = false) => {
      await sandbox.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function call(
  url: string,
  how: { method: string; body: unknown; headers: Record<string, string> | undefined },
): Promise<Answered> {
  const isForm = how.body instanceof FormData;
  const type = how.body === undefined || isForm ? {} : { 'content-type': 'application/json' };
  const body =
    how.body === undefined
      ? null
      : isForm
        ? (how.body as FormData)
        : typeof how.body === 'string'
          ? how.body
          : JSON.stringify(how.body);
  const response = await fetch(url, { method: how.method, headers: { ...type, ...how.headers }, body });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
}

async function product(
  request: IncomingMessage,
  response: ServerResponse,
  { delivered, key }: { readonly delivered: Delivered[]; readonly key: string },
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://product');
  const body = (await readBody(request, 20_000_000)).toString('utf8');
  if (pathname === '/channels/wecom/callback' && request.method === 'GET') {
    response.end(decrypt(key, searchParams.get('echostr') ?? '').message);
    return;
  }
  if (pathname === '/channels/wecom/callback') {
    const encrypted = /<Encrypt><!\[CDATA\[(.*?)\]\]><\/Encrypt>/s.exec(body)?.[1] ?? '';
    delivered.push({ path: pathname, body: decrypt(key, encrypted).message });
    response.end();
    return;
  }
  const challenge: unknown =
    pathname === '/channels/slack/events' && body.startsWith('{')
      ? (JSON.parse(body) as { challenge?: unknown }).challenge
      : undefined;
  if (typeof challenge === 'string') {
    response.end(challenge);
    return;
  }
  delivered.push({ path: pathname, body });
  response.statusCode = pathname.startsWith('/channels/') ? 200 : 404;
  response.end();
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}

/** The product sends a WeCom text or card, as its channel would. */
export async function sendWecom(
  { settings, call: ask }: Playground,
  message: Readonly<Record<string, unknown>>,
): Promise<Answered> {
  const { corpId, secret, agentId } = settings.wecom ?? {};
  const { json } = await ask('GET', `/sandbox/wecom/cgi-bin/gettoken?corpid=${corpId}&corpsecret=${secret}`);
  return ask('POST', `/sandbox/wecom/cgi-bin/message/send?access_token=${json.access_token}`, {
    agentid: agentId,
    ...message,
  });
}

/** A WeCom card for 小林 with a question and a button. */
export function actionCard(task: string): Readonly<Record<string, unknown>> {
  const template_card = {
    card_type: 'button_interaction',
    task_id: task,
    main_title: { title: 'A1087' },
    button_selection: {
      question_key: 'reason',
      title: '理由',
      option_list: [
        { id: 'R02', text: '查询多' },
        { id: 'R05', text: '负债高' },
      ],
    },
    button_list: [{ text: '通过', style: 1, key: 'abcd:1:approve' }],
  };
  return { touser: 'xiaolin', msgtype: 'template_card', template_card };
}
