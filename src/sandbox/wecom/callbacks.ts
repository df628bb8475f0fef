/**
 * What WeCom pushes to an app's callback URL. Real time rules the network side: signature timestamps, 5 s per try,
 * three tries in all [doc 90930]; the events themselves carry virtual time.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { newToken } from '../../lib/ids.ts';
import type { Clock } from '../../lib/clock.ts';
import type { FaultBook } from '../kernel/faults.ts';
import { callOut, pause, type OutgoingResult } from '../kernel/http.ts';
import type { Journal } from '../kernel/journal.ts';
import { padLength, seal, signature } from './crypto.ts';
import type { WecomApp } from './options.ts';
import { writeXml, type XmlFields } from './xml.ts';

const TRIES = 3;
/** [doc 90930, 91116] what an endpoint of ours is given, in real milliseconds. */
const CALLBACK_MS = 5_000;
const VERIFY_MS = 1_000;

/** One event to push. */
export interface Push {
  readonly app: WecomApp;
  /** Event type or message type: the journal's and the fault book's word. */
  readonly what: string;
  readonly fields: XmlFields;
  /** What to do with the body of the 200; gives what was wrong with it, if anything. */
  readonly onReply: (body: string) => { readonly error?: string; readonly plaintext?: string };
  /** A try ran into the time limit. */
  readonly onLate: () => void;
  /** All tries failed: the event is lost. */
  readonly onLost: () => void;
}

/** Ways in which a push is not authentic. stale_timestamp is signed and encrypted rightly, but an hour old. */
export type Forgery = 'wrong_signature' | 'wrong_receiveid' | 'truncated_base64' | 'stale_timestamp';
/** Every forgery, in the order in which `forgeEvery` sends them. */
const FORGERIES: readonly Forgery[] = ['wrong_signature', 'wrong_receiveid', 'truncated_base64', 'stale_timestamp'];

/** drop: never sent · duplicate: sent again after success · reorder: sent after the next one. */
export type Disturbance = 'drop' | 'duplicate' | 'reorder';

/** What all callbacks share. */
export interface CallbackSettings {
  readonly corpId: string;
  readonly forgeEvery: number | undefined;
  readonly wall: Clock;
  readonly journal: Journal;
  readonly faults: FaultBook;
}

/** Whether a callback URL passed; `reason`: status_NNN, body_differs, timeout, unreachable. */
export type UrlCheck = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Signs, encrypts and delivers; knows each app's callback URL. */
export class CallbackSender {
  readonly #settings: CallbackSettings;
  readonly #urls = new Map<number, string>();
  readonly #closing = new AbortController();
  readonly #disturbances: Disturbance[] = [];
  #held: (() => Promise<void>)[] = [];
  #pushed = 0;
  #forged = 0;

  constructor(settings: CallbackSettings, apps: readonly WecomApp[]) {
    this.#settings = settings;
    for (const { agentId, callbackUrl } of apps) if (callbackUrl !== undefined) this.#urls.set(agentId, callbackUrl);
  }

  hasUrl(agentId: number): boolean {
    return this.#urls.has(agentId);
  }

  /** The next `times` events meet this. */
  disturb(kind: Disturbance, times: number): void {
    for (let n = 0; n < times; n++) this.#disturbances.push(kind);
  }

  /** 验证URL有效性: saves the URL when the plaintext of `echostr` comes back byte for byte within a second. */
  async verifyUrl(app: WecomApp, url: string): Promise<UrlCheck> {
    const plain = String(randomInt(1e14, 2 ** 47)) + String(randomInt(1_000, 9_999));
    const encrypted = this.#echo(app, plain);
    const query = this.#sign(app, encrypted);
    const target = withQuery(url, { ...query, echostr: encrypted });
    const answer = await this.#call({ url: target, method: 'GET', timeoutMs: VERIFY_MS });
    const reason = answer.kind === 'answered' ? echoFault(answer, plain) : answer.kind;
    if (reason === undefined) this.#urls.set(app.agentId, url);
    this.#note('url_verification', { query, plaintext: plain }, answer, { error: reason });
    return reason === undefined ? { ok: true } : { ok: false, reason };
  }

  /** A ciphertext with a `+` in it: the character that naive query parsing turns into a space. */
  #echo(app: WecomApp, plain: string): string {
    for (;;) {
      const encrypted = seal(app.encodingAesKey, plain, this.#settings.corpId);
      if (encrypted.includes('+')) return encrypted;
    }
  }

  /** Resolves when the event was answered, or given up. An app without callback URL gets nothing. */
  async push(push: Push): Promise<void> {
    if (!this.#urls.has(push.app.agentId)) return;
    const plaintext = this.#plaintext(push);
    const deliver = (): Promise<void> => this.#deliver(push, plaintext);
    const disturbance = this.#disturbances.shift();
    if (disturbance === 'reorder') {
      this.#held.push(deliver);
      return;
    }
    if (disturbance === 'drop')
      this.#note(push.what, { plaintext }, { kind: 'unreachable', reason: 'dropped' }, { error: 'dropped' });
    else await deliver();
    if (disturbance === 'duplicate') await deliver();
    for (const late of this.#held.splice(0)) await late();
  }

  /** Events grow by blanks before `</xml>` so that over 32 pushes every pad length from 1 to 32 occurs. */
  #plaintext(push: Push): string {
    const wanted = (this.#pushed++ % 32) + 1;
    const bare = Buffer.byteLength(writeXml(push.fields));
    const blanks = (padLength(bare, this.#settings.corpId) - wanted + 32) % 32;
    return writeXml(push.fields, ' '.repeat(blanks));
  }

  async #deliver(push: Push, plaintext: string): Promise<void> {
    const { forgeEvery } = this.#settings;
    if (forgeEvery !== undefined && this.#pushed % forgeEvery === 0) {
      await this.forge(push.app, FORGERIES[this.#forged++ % FORGERIES.length] ?? 'wrong_signature', plaintext);
    }
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      if (this.#closing.signal.aborted || (await this.#try(push, plaintext, attempt))) return;
    }
    push.onLost();
  }

  /** One delivery; true = settled. */
  async #try(push: Push, plaintext: string, attempt: number): Promise<boolean> {
    const effect = this.#settings.faults.take(push.what);
    if (effect?.kind === 'delay') await pause(effect.ms);
    const lost = effect?.kind === 'drop_before' || effect?.kind === 'http' || effect?.kind === 'error';
    const { query, body } = this.#envelope(push.app, plaintext);
    const answer: OutgoingResult = lost
      ? { kind: 'unreachable', reason: 'fault' }
      : await this.#post(push.app, query, body);
    const settled = answer.kind === 'answered' && answer.status === 200 && effect?.kind !== 'drop_after';
    if (answer.kind === 'timeout') push.onLate();
    const reply = settled ? push.onReply(answer.body.toString('utf8')) : {};
    this.#note(push.what, { attempt, query, plaintext }, answer, reply);
    return settled;
  }

  /** Sends a push that is not authentic; gives the HTTP status (0 = none). A 200 is journaled as accepted_forgery. */
  async forge(app: WecomApp, kind: Forgery, plaintext: string): Promise<number> {
    const { query, body } = this.#forgedEnvelope(app, kind, plaintext);
    const answer = await this.#post(app, query, body);
    const status = answer.kind === 'answered' ? answer.status : 0;
    this.#note(`forged_${kind}`, { query, plaintext }, answer, status === 200 ? { error: 'accepted_forgery' } : {});
    return status;
  }

  #forgedEnvelope(app: WecomApp, kind: Forgery, plaintext: string): Envelope {
    const receiver = kind === 'wrong_receiveid' ? 'ww0000000000000000' : this.#settings.corpId;
    const whole = seal(app.encodingAesKey, plaintext, receiver);
    const encrypted = kind === 'truncated_base64' ? whole.slice(0, -10) : whole;
    const query = this.#sign(app, encrypted, kind === 'stale_timestamp' ? 3_600 : 0);
    if (kind === 'wrong_signature') query.msg_signature = newToken(40).replaceAll(/[^0-9a-f]/g, '0');
    return { query, body: this.#wrap(app, encrypted) };
  }

  #envelope(app: WecomApp, plaintext: string): Envelope {
    const encrypted = seal(app.encodingAesKey, plaintext, this.#settings.corpId, randomBytes(16));
    return { query: this.#sign(app, encrypted), body: this.#wrap(app, encrypted) };
  }

  #wrap(app: WecomApp, encrypted: string): string {
    return writeXml([
      ['ToUserName', this.#settings.corpId],
      ['AgentID', String(app.agentId)],
      ['Encrypt', encrypted],
    ]);
  }

  #sign(app: WecomApp, encrypted: string, ageSeconds = 0): SignedQuery {
    const timestamp = String(Math.floor(this.#settings.wall.now().getTime() / 1_000) - ageSeconds);
    const nonce = String(randomInt(1e8, 1e10));
    return { msg_signature: signature(app.token, timestamp, nonce, encrypted), timestamp, nonce };
  }

  #post(app: WecomApp, query: SignedQuery, body: string): Promise<OutgoingResult> {
    const url = withQuery(this.#urls.get(app.agentId) ?? '', query);
    const headers = { 'content-type': 'text/xml', 'user-agent': 'Mozilla/4.0' };
    return this.#call({ url, method: 'POST', headers, body, timeoutMs: CALLBACK_MS });
  }

  #call(call: Omit<Parameters<typeof callOut>[0], 'signal'>): Promise<OutgoingResult> {
    return callOut({ ...call, signal: this.#closing.signal });
  }

  #note(
    what: string,
    request: object,
    answer: OutgoingResult,
    outcome: { readonly error?: string | undefined; readonly plaintext?: string | undefined },
  ): void {
    const failure = answer.kind === 'answered' ? undefined : answer.kind;
    const error = outcome.error ?? failure;
    const body = answer.kind === 'answered' ? answer.body.toString('utf8') : '';
    this.#settings.journal.add({
      direction: 'to_us',
      what,
      status: answer.kind === 'answered' ? answer.status : 0,
      ...(error !== undefined && { error }),
      request,
      response: outcome.plaintext ?? body,
    });
  }

  close(): void {
    this.#closing.abort();
  }
}

interface SignedQuery {
  msg_signature: string;
  readonly timestamp: string;
  readonly nonce: string;
}

interface Envelope {
  readonly query: SignedQuery;
  readonly body: string;
}

/** Percent-encoded: a `+` travels as `%2B`. */
function withQuery(url: string, query: object): string {
  const target = new URL(url);
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, String(value));
  return target.toString();
}

function echoFault(answer: { status: number; body: Buffer }, plain: string): string | undefined {
  if (answer.status !== 200) return `status_${answer.status}`;
  return answer.body.equals(Buffer.from(plain)) ? undefined : 'body_differs';
}
