/** Payloads over HTTP, signed with v0 over the raw bytes. Source: docs.slack.dev/authentication/verifying-requests-from-slack. */
import { createHmac } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { callOut, type OutgoingResult } from '../kernel/http.ts';
import type { Journal } from '../kernel/journal.ts';
import { fieldsOf, parseJson, wordOf } from '../kernel/values.ts';
import type { Payload, Reply, Retry, Transport } from './delivery.ts';

/** What can be wrong with a request, for tests of the receiving side. */
type Tampering = 'none' | 'unsigned' | 'wrong_signature' | 'wrong_secret' | 'stale' | 'future' | 'altered_body';

/** How requests are sent until told otherwise. */
export interface Signing {
  readonly tampering: Tampering;
  /** Form bodies as `…urlencoded; charset=utf-8` instead of the bare type. */
  readonly hasFormCharset: boolean;
}

/** `v0=` + HMAC-SHA256 of `v0:<stamp>:<raw body>`. */
export function signBody(secret: string, stampSeconds: number, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${stampSeconds}:${body}`).digest('hex')}`;
}

/** Our endpoint, and how to sign for it; the deadline is real milliseconds. */
export interface HttpTransportOptions {
  readonly url: string;
  readonly signingSecret: string;
  readonly deadlineMs: number;
  readonly realTime: Clock;
  readonly journal: Journal;
  readonly signal: AbortSignal;
}

const FORM = 'application/x-www-form-urlencoded';
const MAX_REDIRECTS = 2;

/** Requests to our endpoint. */
export class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions;
  #isVerified = false;
  signing: Signing = { tampering: 'none', hasFormCharset: false };

  constructor(options: HttpTransportOptions) {
    this.#options = options;
  }

  /** Events flow only after the endpoint has answered the url_verification challenge once. */
  async send(payload: Payload, retry: Retry | undefined): Promise<Reply> {
    if (payload.kind === 'events_api' && !this.#isVerified && !(await this.verify())) {
      return { isOk: false, status: 0, reason: 'http_error', isFinal: false, text: 'url_verification failed' };
    }
    const isJson = payload.kind === 'events_api';
    return this.#post(isJson ? JSON.stringify(payload.body) : formBody(payload), isJson, retry);
  }

  /** The url_verification handshake; true when the challenge came back. */
  async verify(): Promise<boolean> {
    const challenge = `challenge-${this.#options.realTime.now().getTime()}`;
    const body = JSON.stringify({ token: 'verification-token', challenge, type: 'url_verification' });
    const reply = await this.#probe('url_verification', body, true);
    const given = reply.text.trim() === challenge ? challenge : fieldsOf(parseJson(reply.text))['challenge'];
    this.#isVerified = reply.status === 200 && given === challenge;
    return this.#isVerified;
  }

  /** The certificate probe Slack makes now and then; gives the status answered. */
  async sslCheck(): Promise<number> {
    return (await this.#probe('ssl_check', 'ssl_check=1&token=verification-token', false)).status;
  }

  /** What Slack sends of itself, beside any payload. */
  async #probe(what: string, body: string, isJson: boolean): Promise<Reply> {
    const reply = await this.#post(body, isJson, undefined);
    this.#options.journal.add({
      direction: 'to_us',
      what,
      status: reply.status,
      ...(reply.reason === undefined ? {} : { error: reply.reason }),
      request: body,
      response: reply.text,
    });
    return reply;
  }

  async #post(body: string, isJson: boolean, retry: Retry | undefined): Promise<Reply> {
    const headers = { ...this.#signature(body), ...retryHeaders(retry), ...this.#contentType(isJson) };
    const sent = this.signing.tampering === 'altered_body' ? `${body} ` : body;
    let url = this.#options.url;
    for (let hops = 0; ; hops += 1) {
      const result = await this.#call(url, sent, headers);
      const target = redirectTarget(result, url);
      if (target === undefined) return replyOf(result);
      if (hops === MAX_REDIRECTS)
        return { isOk: false, status: 0, reason: 'too_many_redirects', isFinal: false, text: '' };
      url = target;
    }
  }

  #call(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<OutgoingResult> {
    const { deadlineMs, signal } = this.#options;
    return callOut({ url, method: 'POST', headers, body, timeoutMs: deadlineMs, signal });
  }

  #contentType(isJson: boolean): Record<string, string> {
    if (isJson) return { 'content-type': 'application/json' };
    return { 'content-type': this.signing.hasFormCharset ? `${FORM}; charset=utf-8` : FORM };
  }

  #signature(body: string): Record<string, string> {
    const { tampering } = this.signing;
    if (tampering === 'unsigned') return {};
    // 300 s are allowed. A stamp ahead comes nearer while the request is on its way: a minute more keeps it outside.
    const shift = tampering === 'stale' ? -301 : tampering === 'future' ? 360 : 0;
    const stamp = Math.floor(this.#options.realTime.now().getTime() / 1000) + shift;
    const secret = tampering === 'wrong_secret' ? `${this.#options.signingSecret}x` : this.#options.signingSecret;
    const signature = tampering === 'wrong_signature' ? `v0=${'0'.repeat(64)}` : signBody(secret, stamp, body);
    return { 'x-slack-request-timestamp': String(stamp), 'x-slack-signature': signature };
  }
}

/** Interactions carry one field `payload`; commands are plain form fields. */
function formBody({ kind, body }: Payload): string {
  if (kind === 'interactive') return new URLSearchParams({ payload: JSON.stringify(body) }).toString();
  const fields = Object.entries(body).map(([name, value]): [string, string] => [name, wordOf(value)]);
  return new URLSearchParams(fields).toString();
}

function retryHeaders(retry: Retry | undefined): Record<string, string> {
  if (retry === undefined) return {};
  return { 'x-slack-retry-num': String(retry.num), 'x-slack-retry-reason': retry.reason };
}

function redirectTarget(result: OutgoingResult, from: string): string | undefined {
  if (result.kind !== 'answered' || (result.status !== 301 && result.status !== 302)) return undefined;
  const location = result.headers.get('location');
  return location === null || !URL.canParse(location, from) ? undefined : new URL(location, from).href;
}

function replyOf(result: OutgoingResult): Reply {
  if (result.kind === 'timeout') return { isOk: false, status: 0, reason: 'http_timeout', isFinal: false, text: '' };
  if (result.kind === 'unreachable')
    return { isOk: false, status: 0, reason: 'connection_failed', isFinal: false, text: '' };
  const isOk = result.status >= 200 && result.status < 300;
  return {
    isOk,
    status: result.status,
    ...(isOk ? {} : { reason: 'http_error' as const }),
    isFinal: result.status !== 200 && result.headers.get('x-slack-no-retry') === '1',
    text: result.body.toString('utf8'),
  };
}
