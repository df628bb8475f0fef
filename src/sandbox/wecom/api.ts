/** `/cgi-bin/…`: one pipeline for every call (address, token, grant, quota, body), then the route's own work. */
import { randomInt } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { VirtualClock } from '../kernel/clock.ts';
import type { FaultBook } from '../kernel/faults.ts';
import {
  type Answer,
  BodyTooLarge,
  jsonAnswer,
  readBody,
  remoteAddress,
  respond,
  sendAnswer,
  splitPath,
} from '../kernel/http.ts';
import type { Journal } from '../kernel/journal.ts';
import { demand, WecomFault } from './fault.ts';
import type { WecomApp } from './options.ts';
import { Concurrency, Quota } from './quota.ts';
import type { TokenOffice } from './tokens.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const MAX_BODY = 22 * 1_048_576;

/** One call, authenticated. */
export interface Call {
  readonly app: WecomApp;
  readonly query: URLSearchParams;
  /** Parsed JSON; an empty object when there was none. */
  readonly body: unknown;
  readonly raw: Buffer;
  readonly headers: IncomingMessage['headers'];
  readonly now: Date;
}

/** What a call gives: members beside errcode and errmsg, or a file as it is. */
export type Outcome =
  | { readonly json: Readonly<Record<string, unknown>>; readonly unknown?: readonly string[] }
  | { readonly file: Answer };

/** A call that needs an access_token. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** Query members besides access_token and debug. */
  readonly query?: readonly string[];
  /** Counts in the base quota; messages have quotas of their own. */
  readonly counted: boolean;
  /** List and download calls allow only a few at once (45033). */
  readonly capped?: boolean;
  /** The body is a form, not JSON. */
  readonly form?: boolean;
  run(call: Call): Outcome | Promise<Outcome>;
}

/** A call without access_token: gettoken and the robots. */
export interface OpenRoute {
  readonly query: readonly string[];
  readonly form?: boolean;
  run(call: Omit<Call, 'app'>, ip: string): Outcome | Promise<Outcome>;
}

/** What the pipeline is made of. */
export interface ApiParts {
  readonly clock: VirtualClock;
  readonly journal: Journal;
  readonly faults: FaultBook;
  readonly tokens: TokenOffice;
  readonly routes: ReadonlyMap<string, Route>;
  readonly openRoutes: ReadonlyMap<string, OpenRoute>;
  readonly rateScale: number;
  readonly listConcurrency: number;
  trustedIps(): readonly string[] | undefined;
}

interface Incoming {
  readonly what: string;
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
  readonly raw: Buffer;
  readonly ip: string;
  readonly overloaded: boolean;
}

interface Finished {
  readonly answer: Answer;
  readonly unknown: readonly string[];
  readonly errcode: number;
  readonly response: unknown;
}

/** The HTTP side of the look-alike. */
export class Api {
  readonly #parts: ApiParts;
  readonly #quotas: readonly { readonly quota: Quota; readonly by: 'corp' | 'ip' }[];
  readonly #debugQuota = new Quota(5, MINUTE_MS);
  readonly #lists: Concurrency;

  constructor(parts: ApiParts) {
    this.#parts = parts;
    // [doc 90312] per corp and API, and per address and API
    const scaled = (limit: number): number => Math.max(1, Math.round(limit * parts.rateScale));
    this.#quotas = [
      { quota: new Quota(scaled(10_000), MINUTE_MS), by: 'corp' },
      { quota: new Quota(scaled(150_000), HOUR_MS), by: 'corp' },
      { quota: new Quota(scaled(20_000), MINUTE_MS), by: 'ip' },
      { quota: new Quota(scaled(600_000), HOUR_MS), by: 'ip' },
    ];
    this.#lists = new Concurrency(parts.listConcurrency);
  }

  /** Answers one request under `/cgi-bin/`; anything unknown is a bare 404. */
  async handle(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const { pathname, query } = splitPath(path);
    const what = pathname.replace(/^\/cgi-bin\//, '');
    const route = this.#parts.routes.get(what);
    const known = pathname.startsWith('/cgi-bin/') && (route ?? this.#parts.openRoutes.get(what)) !== undefined;
    const raw = await readBody(request, MAX_BODY).catch((error: unknown) => {
      if (error instanceof BodyTooLarge) return undefined;
      throw error;
    });
    if (!known || raw === undefined) {
      this.#refuse(response, what, known ? 413 : 404);
      return;
    }
    const overloaded = route?.capped === true && !this.#lists.enter(what);
    try {
      await this.#answer({ what, request, query, raw, ip: remoteAddress(request), overloaded }, response);
    } finally {
      if (route?.capped === true) this.#lists.leave(what);
    }
  }

  #refuse(response: ServerResponse, what: string, status: number): void {
    this.#parts.journal.add({
      direction: 'to_platform',
      what,
      status,
      error: `http_${status}`,
      request: {},
      response: '',
    });
    sendAnswer(response, { status, headers: { 'content-type': 'text/html' }, body: '' });
  }

  async #answer(incoming: Incoming, response: ServerResponse): Promise<void> {
    const effect = this.#parts.faults.take(incoming.what);
    let finished: Finished | undefined;
    const answer = await respond(response, effect, {
      run: async () => (finished = await this.#run(incoming)).answer,
      error: (code) => (finished = this.#failure(incoming, new WecomFault(Number(code), 'system busy'))).answer,
    });
    const errcode = finished?.errcode ?? 0;
    const unknown = finished?.unknown ?? [];
    this.#parts.journal.add({
      direction: 'to_platform',
      what: incoming.what,
      status: answer?.status ?? 0,
      ...(errcode !== 0 && { error: String(errcode) }),
      ...(errcode === 0 && effect !== undefined && effect.kind !== 'delay' && { error: `fault_${effect.kind}` }),
      ...(unknown.length > 0 && { unknownFields: unknown }),
      request: { query: shownQuery(incoming.query), body: shownBody(incoming.raw) },
      response: finished?.response ?? '',
    });
  }

  async #run(incoming: Incoming): Promise<Finished> {
    const { what } = incoming;
    const json = parseJson(incoming.raw);
    const malformed = json === undefined && !this.#isForm(what);
    const now = this.#parts.clock.now();
    const { request, query, raw } = incoming;
    const call = { query, body: json ?? {}, raw, headers: request.headers, now };
    try {
      demand(malformed || !/\\u[0-9a-f]{4}/i.test(escapes(what, raw)), 40033, 'invalid charset, use raw utf-8');
      const open = this.#parts.openRoutes.get(what);
      const outcome = open === undefined ? await this.#authorised(incoming, call) : await open.run(call, incoming.ip);
      demand(!malformed || !('json' in outcome), 40035, 'invalid parameter');
      return this.#success(outcome, this.#strangeQuery(what, query));
    } catch (error) {
      if (!(error instanceof WecomFault)) throw error;
      return this.#failure(incoming, error, malformed);
    }
  }

  #isForm(what: string): boolean {
    return this.#parts.routes.get(what)?.form === true || this.#parts.openRoutes.get(what)?.form === true;
  }

  async #authorised(incoming: Incoming, call: Omit<Call, 'app'>): Promise<Outcome> {
    const { what, ip, query } = incoming;
    const route = this.#parts.routes.get(what);
    if (route === undefined) throw new WecomFault(40035, 'invalid parameter');
    const app = this.#parts.tokens.check(query.get('access_token'), call.now);
    const trusted = this.#parts.trustedIps();
    demand(trusted === undefined || trusted.includes(ip), 60020, 'not allow to access from your ip');
    demand(app.forbidden?.includes(what) !== true, 48002, 'api forbidden');
    demand(!incoming.overloaded, 45033, 'concurrency out of limit');
    demand(query.get('debug') !== '1' || this.#debugQuota.take(what, call.now), 45009, 'api freq out of limit');
    if (route.counted) this.#count(what, ip, call.now);
    demand(route.method !== 'POST' || incoming.request.method === 'POST', 43002, 'require POST method');
    return route.run({ ...call, app });
  }

  #count(what: string, ip: string, now: Date): void {
    for (const { quota, by } of this.#quotas) {
      demand(quota.take(by === 'ip' ? `${ip} ${what}` : what, now), 45009, 'api freq out of limit');
    }
  }

  #strangeQuery(what: string, query: URLSearchParams): readonly string[] {
    const route = this.#parts.routes.get(what);
    const own = route?.query ?? this.#parts.openRoutes.get(what)?.query ?? [];
    const known = route === undefined ? own : ['access_token', 'debug', ...own];
    return [...new Set(query.keys())].filter((name) => !known.includes(name)).map((name) => `?${name}`);
  }

  #success(outcome: Outcome, strange: readonly string[]): Finished {
    if ('file' in outcome) {
      const { status, headers, body } = outcome.file;
      return { answer: { status, headers: headers ?? {}, body }, unknown: strange, errcode: 0, response: body };
    }
    const json = { errcode: 0, errmsg: 'ok', ...outcome.json };
    return { answer: jsonAnswer(json), unknown: [...strange, ...(outcome.unknown ?? [])], errcode: 0, response: json };
  }

  /** HTTP 200 with the code, a hint for Tencent's support and the caller's address. */
  #failure(incoming: Incoming, fault: WecomFault, malformed = false): Finished {
    const hint = `hint: [${randomInt(1e14, 2 ** 47)}], from ip: ${incoming.ip}`;
    const link = `more info at https://open.work.weixin.qq.com/devtool/query?e=${fault.errcode}`;
    const warning = malformed ? 'Warning: wrong json format. ' : '';
    const json = { errcode: fault.errcode, errmsg: `${warning}${fault.message}, ${hint}, ${link}` };
    return { answer: jsonAnswer(json), unknown: [], errcode: fault.errcode, response: json };
  }
}

/** The body as JSON object; an empty body is an empty object; `undefined` when malformed. */
function parseJson(raw: Buffer): object | undefined {
  if (raw.length === 0) return {};
  try {
    const parsed: unknown = JSON.parse(raw.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The part of a message body in which `\uXXXX` would be wrong: what is not a control character or lone surrogate. */
function escapes(what: string, raw: Buffer): string {
  if (!what.startsWith('message/')) return '';
  return raw.toString('utf8').replaceAll(/\\\\|\\u00[01][0-9a-f]|\\ud[89a-f][0-9a-f]{2}/gi, '');
}

/** The query without its secrets. */
function shownQuery(query: URLSearchParams): Readonly<Record<string, string>> {
  const secret = ['access_token', 'corpsecret', 'key'];
  return Object.fromEntries([...query].map(([name, value]) => [name, secret.includes(name) ? '***' : value]));
}

function shownBody(raw: Buffer): unknown {
  return parseJson(raw) ?? raw;
}
