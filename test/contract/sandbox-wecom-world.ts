/**
 * A running WeCom look-alike, an app's callback endpoint beside it, and a plain client: what the tests of the sandbox
 * need. The endpoint's cryptography is `@wecom/crypto`, the platform's own package, not ours.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decrypt, encrypt, getSignature } from '@wecom/crypto';
import { expect } from 'vitest';
import type { Screen, ScreenMessage } from '../../src/sandbox/emulator.ts';
import { readBody } from '../../src/sandbox/kernel/http.ts';
import {
  createWecomEmulator,
  type WecomApp,
  type WecomEmulator,
  type WecomOptions,
} from '../../src/sandbox/wecom/index.ts';

export const CORP = 'ww1a2b3c4d5e6f7890';
export const START = new Date('2026-11-30T01:00:00Z');

export const LOAN_APP: WecomApp = {
  agentId: 1000007,
  secret: 'loan-app-secret',
  token: 'lnBrk9Tk2025',
  encodingAesKey: 'Q7mZx2LkP9vRt4HcYw8BnE5sDf3GuJ6aKo1iTqVhXyM',
  name: 'loan',
};

/** A second app of the corp: no callback URL. */
export const REPORT_APP: WecomApp = {
  agentId: 1000008,
  secret: 'report-app-secret',
  token: 'rpTk',
  encodingAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
};

export const MEMBERS = [
  { id: 'ZhangWei', name: 'zhang' },
  { id: 'lina', name: 'li' },
  { id: '00123', name: 'lin' },
  { id: '1e5', name: 'wu' },
];

/** What the endpoint got, decrypted with `@wecom/crypto`. */
export interface Received {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly body: string;
  readonly encrypted: string;
  readonly plaintext: string;
  readonly receiveId: string;
  readonly genuine: boolean;
}

export type EndpointAnswer = (got: Received, response: ServerResponse) => void | Promise<void>;

export interface World {
  readonly wecom: WecomEmulator;
  readonly base: string;
  readonly callbackUrl: string;
  readonly received: Received[];
  /** Replaces what the endpoint does with a push; the first behaviour answers an empty 200. */
  answerWith(answer: EndpointAnswer): void;
  token(app?: WecomApp): Promise<string>;
  /** Calls an API with the app's token; GET without a body. */
  call(path: string, body?: unknown, app?: WecomApp): Promise<Answered>;
  send(message: object, app?: WecomApp): Promise<Answered>;
  later(seconds: number): Promise<void>;
  last(personId: string): ScreenMessage;
  /** What popped up on the phone. */
  toasts(personId: string): readonly string[];
  /** What the platform called us for, in order; a call that failed by its error. */
  outward(): readonly string[];
  /** Sends a card, the approval `t-1` unless another is given; gives its message id. */
  sendCard(touser: string, card?: object): Promise<string>;
  screen(personId: string): Screen;
  close(): Promise<void>;
}

export type Answered = { readonly errcode: number; readonly errmsg: string } & Readonly<Record<string, unknown>>;

export async function startWorld(options: Partial<WecomOptions> = {}, verified = true): Promise<World> {
  const received: Received[] = [];
  let answer: EndpointAnswer = (_, response) => void response.end();
  const endpoint = await listen(async (request, response) => {
    const got = await receive(request);
    received.push(got);
    if (got.query.has('echostr')) response.end(got.plaintext);
    else await answer(got, response);
  });
  const callbackUrl = `${endpoint.base}/channels/wecom/callback`;
  let serve = (_request: IncomingMessage, response: ServerResponse): Promise<void> =>
    Promise.resolve(void response.end());
  const platform = await listen((request, response) => serve(request, response));
  const wecom = createWecomEmulator({
    corpId: CORP,
    agents: [LOAN_APP, REPORT_APP],
    now: START,
    members: MEMBERS,
    publicBase: platform.base,
    ...options,
  });
  serve = (request, response) => wecom.handle(request, response, request.url ?? '/');
  if (verified) await wecom.setCallbackUrl(LOAN_APP.agentId, callbackUrl);
  received.length = 0;

  let now = START.getTime();
  const token = async (app = LOAN_APP): Promise<string> => {
    const url = `${platform.base}/cgi-bin/gettoken?corpid=${CORP}&corpsecret=${app.secret}`;
    const json = (await (await fetch(url)).json()) as { access_token: string };
    return json.access_token;
  };
  const call: World['call'] = async (path, body, app) => {
    const mark = path.includes('?') ? '&' : '?';
    const url = `${platform.base}/cgi-bin/${path}${mark}access_token=${await token(app)}`;
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    return (await (await fetch(url, init)).json()) as Answered;
  };
  const last = (personId: string): ScreenMessage => {
    const message = wecom.screen(personId).messages.at(-1);
    if (message === undefined) throw new Error(`nothing on the phone of ${personId}`);
    return message;
  };
  const world: World = {
    wecom,
    base: platform.base,
    callbackUrl,
    received,
    answerWith: (next) => void (answer = next),
    token,
    call,
    send: (message, app) => call('message/send', { agentid: (app ?? LOAN_APP).agentId, ...message }, app),
    later: (seconds) => wecom.setNow(new Date((now += seconds * 1_000))),
    last,
    toasts: (personId) => wecom.screen(personId).toasts.map(({ text }) => text),
    outward: () =>
      wecom.journal.filter(({ direction }) => direction === 'to_us').map(({ what, error }) => error ?? what),
    sendCard: async (touser, card = approvalCard('t-1')) => {
      const { msgid, errcode } = await world.send(cardMessage(touser, card));
      expect(errcode).toBe(0);
      return String(msgid);
    },
    screen: (personId) => wecom.screen(personId),
    close: async () => {
      await wecom.close();
      await Promise.all([endpoint.close(), platform.close()]);
    },
  };
  return world;
}

interface Listening {
  readonly base: string;
  close(): Promise<void>;
}

export async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<Listening> {
  const server: Server = createServer((request, response) => void handler(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { base, close };
}

async function receive(request: IncomingMessage): Promise<Received> {
  const { searchParams: query } = new URL(request.url ?? '/', 'http://localhost');
  const body = (await readBody(request)).toString('utf8');
  const encrypted = query.get('echostr') ?? /<Encrypt><!\[CDATA\[(.*?)\]\]>/.exec(body)?.[1] ?? '';
  const signed = getSignature(LOAN_APP.token, query.get('timestamp') ?? '', query.get('nonce') ?? '', encrypted);
  const { message, id } = opened(encrypted);
  const genuine = signed === query.get('msg_signature') && id === CORP;
  return { method: request.method ?? '', query, body, encrypted, plaintext: message, receiveId: id, genuine };
}

function opened(encrypted: string): { message: string; id: string } {
  try {
    return decrypt(LOAN_APP.encodingAesKey, encrypted);
  } catch {
    return { message: '', id: '' };
  }
}

/** A passive reply made with `@wecom/crypto`. */
export function passiveReply(plaintext: string, options: { corp?: string; token?: string } = {}): string {
  const encrypted = encrypt(LOAN_APP.encodingAesKey, plaintext, options.corp ?? CORP);
  const signed = getSignature(options.token ?? LOAN_APP.token, '1735693301', 'n0nce', encrypted);
  return `<xml><Encrypt><![CDATA[${encrypted}]]></Encrypt><MsgSignature><![CDATA[${signed}]]></MsgSignature><TimeStamp>1735693301</TimeStamp><Nonce><![CDATA[n0nce]]></Nonce></xml>`;
}

/** The inner XML of a passive reply to `member`. */
export function replyXml(member: string, inner: string): string {
  return `<xml><ToUserName><![CDATA[${member}]]></ToUserName><FromUserName><![CDATA[${CORP}]]></FromUserName><CreateTime>1735693301</CreateTime>${inner}</xml>`;
}

/** The text of an element of a flat callback; CDATA pieces joined. */
export function element(xml: string, name: string): string | undefined {
  const inner = new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(xml)?.[1];
  return inner?.replaceAll(/<!\[CDATA\[([\s\S]*?)\]\]>/g, '$1');
}

/** An approval card as the product sends it. */
export function approvalCard(taskId: string, extra: object = {}): object {
  return {
    card_type: 'button_interaction',
    task_id: taskId,
    main_title: { title: 'LN-0007' },
    button_selection: {
      question_key: 'reason',
      title: 'opinion',
      option_list: [
        { id: 'ok', text: 'fits' },
        { id: 'doc', text: 'documents' },
      ],
      selected_id: 'ok',
    },
    button_list: [
      { text: 'pass', style: 1, key: 'approve' },
      { text: 'reject', style: 3, key: 'reject' },
    ],
    ...extra,
  };
}

export function cardMessage(touser: string, card: object): object {
  return { touser, msgtype: 'template_card', template_card: card };
}
