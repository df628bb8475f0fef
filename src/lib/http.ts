/**
 * Outgoing HTTP for everything that talks to a platform or vendor: one axios instance per base address, over undici's
 * keep-alive pool (measured here: half the CPU of axios's own transport). The only importer of axios.
 *
 * Three promises: no redirect is followed, so a credential in the query never reaches another host; every wait has an
 * end; and a failure says whether the other side may have seen the request, because that decides about repeating it.
 */
import { Axios, AxiosHeaders, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { Pool, type Dispatcher } from 'undici';

const DEFAULT_TIMEOUT_MS = 10_000;
/** An answer that trickles is never silent: the whole exchange may take so many times the longest silence. */
const SILENCES = 3;
const DEFAULT_MAX_BYTES = 1_048_576;
const CONNECT_TIMEOUT_MS = 5_000;

/** Where requests go and how long they may take. */
export interface HttpOptions {
  /** Origin with an optional path prefix; `path` of a request is appended to it. */
  readonly baseUrl: string;
  /** Longest silence of the other side, before and between pieces of its answer (default 10 s). */
  readonly timeoutMs?: number;
  /** Longest exchange, from the wait for a socket to the end of the answer (default three times the longest silence). */
  readonly totalMs?: number;
  /** Sockets kept open to this address (default 32). */
  readonly connections?: number;
}

/** One request; the body goes out exactly as given. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Below the base address, beginning with a slash, without a query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly timeoutMs?: number;
  /** The answer is cut off with `ResponseTooLarge` beyond this many bytes (default 1 MiB). */
  readonly maxBytes?: number;
}

/** Any answer, whatever its status; redirects are answers too. */
export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A base address one can send requests to. */
export interface HttpClient {
  /** @throws NetworkError when there is no complete answer, ResponseTooLarge when it is longer than allowed. */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** Ends the kept-alive sockets after the requests under way. */
  close(): Promise<void>;
}

/** `not_sent`: surely no byte of the request arrived. `unknown`: it may have been received and acted upon. */
export type Reach = 'not_sent' | 'unknown';

/** No complete answer came. Carries no address, because credentials stand in queries. */
export class NetworkError extends Error {
  readonly reach: Reach;
  /** The system's or client's code: `ECONNREFUSED`, `UND_ERR_HEADERS_TIMEOUT` … */
  readonly code: string;
  constructor(reach: Reach, code: string) {
    super(`${code} (${reach})`);
    this.name = 'NetworkError';
    this.reach = reach;
    this.code = code;
  }
}

/** The answer is longer than the caller allows; nothing of it is kept. */
export class ResponseTooLarge extends Error {
  readonly maxBytes: number;
  constructor(maxBytes: number) {
    super(`the answer is longer than ${maxBytes} bytes`);
    this.name = 'ResponseTooLarge';
    this.maxBytes = maxBytes;
  }
}

/** A client for one base address. @throws TypeError when the address is not an http(s) URL. */
export function createHttpClient(options: HttpOptions): HttpClient {
  const base = new URL(options.baseUrl);
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const pool = new Pool(base.origin, {
    connections: options.connections ?? 32,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  const prefix = base.pathname.replace(/\/+$/, '');
  const instance = createInstance(pool, (silenceMs = timeoutMs) => options.totalMs ?? SILENCES * silenceMs);
  return {
    request: async (request) => send(instance, prefix, request),
    close: async () => pool.close(),
  };
}

/** How long an exchange may take, by the longest silence its request allows. */
type TotalMs = (silenceMs: number | undefined) => number;

/** Not `axios.create`: the defaults of browsers and forms would be merged into every request, for nothing. */
function createInstance(pool: Pool, totalMs: TotalMs): Axios {
  return new Axios({
    adapter: async (config) => dispatch(pool, config, totalMs),
    maxContentLength: DEFAULT_MAX_BYTES,
    validateStatus: null,
  });
}

async function send(instance: Axios, prefix: string, request: HttpRequest): Promise<HttpResponse> {
  const query = request.query === undefined ? '' : `?${new URLSearchParams(request.query).toString()}`;
  const { data }: AxiosResponse<HttpResponse> = await instance.request({
    url: `${prefix}${request.path}${query}`,
    method: request.method,
    ...(request.headers === undefined ? {} : { headers: request.headers }),
    ...(request.body === undefined ? {} : { data: request.body }),
    ...(request.timeoutMs === undefined ? {} : { timeout: request.timeoutMs }),
    ...(request.maxBytes === undefined ? {} : { maxContentLength: request.maxBytes }),
  });
  return data;
}

/** What axios is shown of an answer's headers: the answer goes past it as bytes, its caller knows what may be inside. */
const NO_HEADERS = new AxiosHeaders();

/** axios's view of a transport: the request's config in, a response out. Errors leave it as they are thrown. */
async function dispatch(
  pool: Pool,
  config: InternalAxiosRequestConfig,
  totalMs: TotalMs,
): Promise<AxiosResponse<HttpResponse>> {
  const timeoutMs = config.timeout === undefined || config.timeout === 0 ? undefined : config.timeout;
  try {
    const data = await exchange(
      pool,
      {
        path: config.url ?? '/',
        method: config.method?.toUpperCase() === 'POST' ? 'POST' : 'GET',
        headers: requestHeaders(config.headers),
        body: requestBody(config.data),
        ...(timeoutMs === undefined ? {} : { headersTimeout: timeoutMs, bodyTimeout: timeoutMs }),
      },
      { maxBytes: config.maxContentLength ?? DEFAULT_MAX_BYTES, totalMs: totalMs(timeoutMs) },
    );
    return { data, status: data.status, statusText: '', headers: NO_HEADERS, config };
  } catch (error) {
    if (error instanceof ResponseTooLarge || error instanceof NetworkError) throw error;
    throw networkError(error);
  }
}

interface Limits {
  readonly maxBytes: number;
  readonly totalMs: number;
}

/** One request and its whole answer. */
async function exchange(
  pool: Pool,
  request: Dispatcher.DispatchOptions,
  { maxBytes, totalMs }: Limits,
): Promise<HttpResponse> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const incoming = new Incoming(maxBytes, resolve, reject);
      timer = setTimeout(() => incoming.giveUp(), totalMs);
      pool.dispatch(request, incoming);
    });
  } finally {
    clearTimeout(timer);
  }
}

/** An answer as it comes in. */
class Incoming implements Dispatcher.DispatchHandler {
  readonly #maxBytes: number;
  readonly #resolve: (answer: HttpResponse) => void;
  readonly #reject: (error: Error) => void;
  readonly #pieces: Buffer[] = [];
  #size = 0;
  #status = 0;
  #headers: Readonly<Record<string, string>> = {};
  /** Known once the request has a socket. */
  #controller: Dispatcher.DispatchController | undefined;
  #late: NetworkError | undefined;

  constructor(maxBytes: number, resolve: (answer: HttpResponse) => void, reject: (error: Error) => void) {
    this.#maxBytes = maxBytes;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Nobody waits any longer: what has a socket loses it, what waits for one is not sent when it gets it. */
  giveUp(): void {
    this.#late = new NetworkError(this.#controller ? 'unknown' : 'not_sent', 'ETIMEDOUT');
    this.#controller?.abort(this.#late);
    this.#reject(this.#late);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#late) controller.abort(this.#late);
    else this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Parameters<typeof flatHeaders>[0],
  ): void {
    this.#status = status;
    this.#headers = flatHeaders(headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
    this.#size += piece.length;
    // Ends the socket: the rest is never downloaded.
    if (this.#size > this.#maxBytes) controller.abort(new ResponseTooLarge(this.#maxBytes));
    else this.#pieces.push(piece);
  }

  onResponseEnd(): void {
    const [only] = this.#pieces;
    const body = this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces, this.#size);
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error);
  }
}

function requestHeaders(headers: AxiosHeaders): Record<string, string> {
  const sent: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') sent[name] = value;
  }
  return sent;
}

function requestBody(body: unknown): string | Buffer | null {
  return typeof body === 'string' || Buffer.isBuffer(body) ? body : null;
}

function flatHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

/** Codes of failures that happen before the first byte of a request leaves; everything else is `unknown`. */
export const BEFORE_SENDING: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

function networkError(error: unknown): NetworkError {
  const { code, syscall } = systemFields(error);
  const before = BEFORE_SENDING.has(code) || syscall === 'connect' || syscall === 'getaddrinfo';
  return new NetworkError(before ? 'not_sent' : 'unknown', code);
}

function systemFields(error: unknown): { code: string; syscall?: string } {
  if (!(error instanceof Error)) return { code: 'UNKNOWN' };
  // Happy eyeballs: one error per address tried, none of which was reached.
  if (error instanceof AggregateError && error.errors.length > 0) return systemFields(error.errors[0]);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return 'syscall' in error && typeof error.syscall === 'string' ? { code, syscall: error.syscall } : { code };
}
