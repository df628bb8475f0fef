/**
 * Calls to the WeCom API: puts the token on, replaces it once when it has died, turns every refusal and every network
 * failure into a typed error, and stands still while the account itself is refused.
 */
import {
  createHttpClient,
  NetworkError,
  ResponseTooLarge,
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
} from '../../lib/http.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { wecomAccount } from '../accounts.ts';
import { ChannelError, type ChannelFailure } from '../channel.ts';
import { parseAnswer, readAnswer, type Answer } from './answer.ts';
import type { WecomConfig, WecomDeps } from './config.ts';
import { barredError, isBarred, isTokenCode, refusalError } from './error-table.ts';
import { TokenKeeper } from './token.ts';

/** One API call; the token is added here. */
export interface ApiCall extends Omit<HttpRequest, 'path'> {
  /** Behind `/cgi-bin/`. */
  readonly path: string;
  /** Of a file somebody sent: with it a longer answer is `too_big`, without it an answer nobody can read. */
  readonly maxBytes?: number;
  /** What a lost answer means: `unknown` for what reaches people, `retry` for what may simply be asked again. */
  readonly inDoubt: 'unknown' | 'retry';
  /** What the outbox row's try before this one ended with. */
  readonly earlierCode?: string | undefined;
}

const UPLOAD_TIMEOUT_MS = 60_000;

interface Breaker {
  readonly until: Date;
  readonly code: string;
  readonly detail: string;
}

/** The API of one app. */
export class WecomClient {
  readonly #http: HttpClient;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #keeper: TokenKeeper;
  readonly #account: string;
  #breaker: Breaker | undefined;

  constructor(config: WecomConfig, deps: WecomDeps) {
    this.#account = wecomAccount(config);
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#http = createHttpClient({ baseUrl: config.apiBase });
    this.#keeper = new TokenKeeper({
      key: this.#account,
      corpId: config.corpId,
      secret: config.secret,
      store: deps.tokens,
      clock: deps.clock,
      getToken: async (query) => this.#getToken(query),
    });
  }

  /** POST with a JSON body. @throws ChannelError */
  async post(path: string, body: unknown, options: Pick<ApiCall, 'inDoubt' | 'earlierCode'>): Promise<Answer> {
    const headers = { 'content-type': 'application/json' };
    return this.#authorised({ method: 'POST', path, body: JSON.stringify(body), headers, ...options }, readAnswer);
  }

  /** POST of one file as multipart form. @throws ChannelError */
  async upload(path: string, type: string, form: FormData): Promise<Answer> {
    const encoded = new Response(form);
    const body = Buffer.from(await encoded.arrayBuffer());
    const headers = { 'content-type': encoded.headers.get('content-type') ?? 'multipart/form-data' };
    const call: ApiCall = {
      method: 'POST',
      path,
      query: { type },
      body,
      headers,
      inDoubt: 'retry',
      timeoutMs: UPLOAD_TIMEOUT_MS,
    };
    return this.#authorised(call, readAnswer);
  }

  /**
   * GET of raw bytes. @throws ChannelError; `our_fault`/`too_big` beyond `maxBytes`, and the typed refusal when JSON
   * came instead of a file.
   */
  async download(path: string, query: Readonly<Record<string, string>>, maxBytes: number): Promise<Buffer> {
    // A refusal is JSON and must fit even where the caller allows a tiny file only.
    const call: ApiCall = {
      method: 'GET',
      path,
      query,
      maxBytes: Math.max(maxBytes, 4096),
      inDoubt: 'retry',
      timeoutMs: UPLOAD_TIMEOUT_MS,
    };
    const { body } = await this.#authorised(call, readFile);
    if (body.length > maxBytes) throw new ChannelError('our_fault', 'too_big');
    return body;
  }

  /** Asks for a token now, whether or not one is known. Keeps still while the breaker is open. @throws ChannelError */
  async probe(): Promise<void> {
    await this.#keeper.fetch();
  }

  async #authorised<T extends { errcode: number; errmsg: string }>(
    call: ApiCall,
    read: (response: HttpResponse, inDoubt: ChannelFailure) => T,
  ): Promise<T> {
    this.#refuseWhileBroken();
    const token = await this.#keeper.current();
    const first = read(await this.#send(call, token), call.inDoubt);
    if (!isTokenCode(first.errcode)) return this.#accepted(first, call);
    this.#log.warn({ event: 'wecom.token_replaced', account: this.#account, code: first.errcode });
    const fresh = await this.#keeper.replace(token);
    return this.#accepted(read(await this.#send(call, fresh), call.inDoubt), call);
  }

  async #getToken(query: Readonly<Record<string, string>>): Promise<Answer> {
    this.#refuseWhileBroken();
    const call: ApiCall = { method: 'GET', path: 'gettoken', query, inDoubt: 'retry' };
    const answer = readAnswer(await this.#send(call), call.inDoubt);
    if (!isBarred(answer)) return this.#accepted(answer, call);
    const barred = barredError(answer);
    this.#openBreaker(barred, this.#clock.now());
    throw barred;
  }

  async #send(call: ApiCall, token?: string): Promise<HttpResponse> {
    const { path, inDoubt, earlierCode: _, ...request } = call;
    const query = token === undefined ? request.query : { access_token: token, ...request.query };
    try {
      return await this.#http.request({
        ...request,
        path: `/cgi-bin/${path}`,
        ...(query === undefined ? {} : { query }),
      });
    } catch (error) {
      if (error instanceof NetworkError)
        throw new ChannelError(error.reach === 'not_sent' ? 'retry' : inDoubt, error.code, { cause: error });
      if (error instanceof ResponseTooLarge)
        throw call.maxBytes === undefined
          ? new ChannelError(inDoubt, 'bad_answer')
          : new ChannelError('our_fault', 'too_big');
      throw error;
    }
  }

  #accepted<T extends { errcode: number; errmsg: string }>(answer: T, call: ApiCall): T {
    if (answer.errcode === 0) return answer;
    const now = this.#clock.now();
    const { errcode, errmsg } = answer;
    const error = refusalError({ errcode, errmsg, earlierCode: call.earlierCode, now });
    if (error.failure === 'breaker') this.#openBreaker(error, now);
    throw error;
  }

  #openBreaker(error: ChannelError, now: Date): void {
    this.#breaker = {
      until: new Date(now.getTime() + (error.retryAfterMs ?? 0)),
      code: error.code,
      detail: error.message,
    };
    this.#log.error({ event: 'wecom.breaker_open', account: this.#account, code: error.code, detail: error.message });
  }

  #refuseWhileBroken(): void {
    const breaker = this.#breaker;
    if (breaker === undefined) return;
    const leftMs = breaker.until.getTime() - this.#clock.now().getTime();
    if (leftMs > 0) throw new ChannelError('breaker', breaker.code, { retryAfterMs: leftMs, detail: breaker.detail });
    this.#breaker = undefined;
  }
}

interface FileAnswer {
  readonly errcode: number;
  readonly errmsg: string;
  readonly body: Buffer;
}

/** On binary endpoints success is the raw file and only a refusal is JSON, with status 200 like everything else. */
function readFile(response: HttpResponse, inDoubt: ChannelFailure): FileAnswer {
  const type = response.headers['content-type'] ?? '';
  const named = response.headers['content-disposition'] !== undefined;
  const refusal = named || !/json|text\/plain/.test(type) ? undefined : parseAnswer(response.body);
  if (refusal !== undefined && refusal.errcode !== 0) return { ...refusal, body: Buffer.alloc(0) };
  if (response.status !== 200) readAnswer(response, inDoubt);
  // A file has a name; a page without one is a gateway's.
  if (!named && /text\/html/.test(type)) throw new ChannelError(inDoubt, 'html_page');
  return { errcode: 0, errmsg: '', body: response.body };
}
