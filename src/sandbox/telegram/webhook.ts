/**
 * Delivery to our endpoint: queues with head-of-line blocking, repeated tries, a call executed out of our answer.
 * Source: telegram-bot-api WebhookActor.cpp; times run on the virtual clock, only the silence of one request is real.
 */
import { STATUS_CODES } from 'node:http';
import type { FaultBook } from '../kernel/faults.ts';
import { callOut, type OutgoingResult, pause } from '../kernel/http.ts';
import type { Journal } from '../kernel/journal.ts';
import { compact, type Fields, isFields, parseJson, textOf } from '../kernel/values.ts';
import type { PendingUpdate, UpdateLog } from './updates.ts';
import type { World } from './world.ts';

/** What setWebhook set. */
export interface WebhookSettings {
  readonly url: string;
  readonly secret: string | undefined;
  readonly maxConnections: number;
}

/** What delivery needs; `timeoutMs` is real milliseconds. */
export interface WebhookParts {
  readonly world: World;
  readonly updates: UpdateLog;
  readonly journal: Journal;
  readonly faults: FaultBook;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Executes the call our 200 asked for; its result is thrown away. */
  execute(method: string, fields: Fields): Promise<void>;
}

const GONE_MS = 23 * 3_600_000;
const MAX_RETRY_AFTER = 3600;
/** Calls that cannot be made by answering a webhook. */
const NOT_BY_ANSWER = /^(?:get.*|setwebhook|deletewebhook|close|logout)$/i;

/** Seconds before the next try after so many failures: at once, 2, 4, 8 … then 60 to 120. */
export function retrySeconds(failures: number, updateId: number): number {
  if (failures <= 1) return 0;
  const doubled = 2 ** (failures - 1);
  return doubled < 60 ? doubled : 60 + (updateId % 61);
}

/** How one try ended: the sentence for `last_error_message` when it failed. */
interface Attempt {
  readonly error?: string;
  readonly status: number;
  readonly retryAfter?: number;
  readonly text: string;
  readonly contentType: string;
}

/** The webhook and its queues. */
export class Webhook {
  readonly #parts: WebhookParts;
  readonly #busy = new Set<string>();
  readonly #flying = new Set<Promise<void>>();
  #settings: WebhookSettings | undefined;
  #lastError: { readonly date: number; readonly message: string } | undefined;
  #goneSince: number | undefined;
  #isStopped = false;

  constructor(parts: WebhookParts) {
    this.#parts = parts;
  }

  get settings(): WebhookSettings | undefined {
    return this.#settings;
  }

  /** Sets or (with `undefined`) removes the webhook. */
  set(settings: WebhookSettings | undefined): void {
    this.#settings = settings;
    this.#lastError = undefined;
    this.#goneSince = undefined;
    for (const update of this.#parts.updates.pending()) Object.assign(update, { failures: 0, dueAt: this.#now() });
    void this.pump();
  }

  /** Puts the settings of before a restart back; what waits is tried when its time comes. */
  restore(settings: WebhookSettings | undefined): void {
    this.#settings = settings;
    for (const update of this.#parts.updates.pending()) this.#waitForClock(update);
  }

  /** Sends nothing any more; settings and what waits stay as they are. */
  stop(): void {
    this.#isStopped = true;
  }

  /** WebhookInfo. */
  info(): Fields {
    return compact({
      url: this.#settings?.url ?? '',
      has_custom_certificate: false,
      pending_update_count: this.#parts.updates.pending().length,
      last_error_date: this.#lastError?.date,
      last_error_message: this.#lastError?.message,
      max_connections: this.#settings?.maxConnections,
      allowed_updates: this.#parts.updates.allowed,
    });
  }

  /** Sends what is due; resolves when nothing is on its way any more. */
  async pump(): Promise<void> {
    for (;;) {
      for (const update of this.#ready()) this.#start(update);
      if (this.#flying.size === 0) return;
      await Promise.race(this.#flying);
    }
  }

  #now(): number {
    return this.#parts.world.clock.now().getTime();
  }

  /** The head of every free queue that is due, as many as there are free connections. */
  #ready(): PendingUpdate[] {
    if (this.#settings === undefined || this.#isStopped) return [];
    const heads = new Map<string, PendingUpdate>();
    for (const update of this.#parts.updates.pending()) {
      if (!heads.has(update.queue)) heads.set(update.queue, update);
    }
    const due = [...heads.values()].filter((update) => !this.#busy.has(update.queue) && update.dueAt <= this.#now());
    return due.slice(0, Math.max(0, this.#settings.maxConnections - this.#busy.size));
  }

  #start(update: PendingUpdate): void {
    this.#busy.add(update.queue);
    const flight = this.#attempt(update).finally(() => {
      this.#busy.delete(update.queue);
      this.#flying.delete(flight);
    });
    this.#flying.add(flight);
  }

  async #attempt(update: PendingUpdate): Promise<void> {
    const settings = this.#settings;
    if (settings === undefined) return;
    const attempt = await this.#send(update, settings);
    this.#note(update, attempt);
    if (this.#settings !== settings || (this.#isStopped && attempt.error !== undefined)) return;
    if (attempt.error === undefined) {
      this.#goneSince = undefined;
      this.#parts.updates.remove(update);
      await this.#executeAnswer(attempt);
    } else this.#failed(update, attempt);
  }

  async #send(update: PendingUpdate, { url, secret }: WebhookSettings): Promise<Attempt> {
    const fault = this.#parts.faults.take(update.type);
    if (fault?.kind === 'delay') await pause(fault.ms);
    if (fault?.kind === 'drop_before') return { error: 'Connection timed out', status: 0, text: '', contentType: '' };
    const headers = {
      'content-type': 'application/json',
      ...(secret === undefined ? {} : { 'x-telegram-bot-api-secret-token': secret }),
    };
    const { timeoutMs, signal } = this.#parts;
    const result = await callOut({
      url,
      method: 'POST',
      headers,
      body: JSON.stringify(update.body),
      timeoutMs,
      signal,
    });
    const attempt = attemptOf(result);
    const isLost = fault !== undefined && fault.kind !== 'delay';
    return isLost ? { ...attempt, error: 'Read timeout expired' } : attempt;
  }

  #failed(update: PendingUpdate, attempt: Attempt): void {
    const now = this.#now();
    this.#lastError = { date: Math.floor(now / 1000), message: attempt.error ?? '' };
    if (this.#isGoneForGood(attempt.status, now)) {
      this.set(undefined);
      return;
    }
    update.failures += 1;
    const wait = attempt.retryAfter ?? retrySeconds(update.failures, update.id);
    update.dueAt = now + wait * 1000;
    if (wait === 0) return;
    update.rest();
    this.#waitForClock(update);
  }

  /** Wakes up for the next try, or for the moment at which it expires and what is behind it moves up. */
  #waitForClock(update: PendingUpdate): void {
    this.#parts.world.clock.at(new Date(Math.min(update.dueAt, update.expiresAt)), () => this.pump());
  }

  /** 410 for 23 hours removes the webhook. */
  #isGoneForGood(status: number, now: number): boolean {
    if (status !== 410) this.#goneSince = undefined;
    else this.#goneSince ??= now;
    return this.#goneSince !== undefined && now - this.#goneSince >= GONE_MS;
  }

  /** A 2xx whose body has a `method` is executed as a call. */
  async #executeAnswer({ text, contentType }: Attempt): Promise<void> {
    const body = contentType.startsWith('application/x-www-form-urlencoded')
      ? Object.fromEntries(new URLSearchParams(text))
      : parseJson(text);
    const method = isFields(body) ? textOf(body['method']) : undefined;
    if (!isFields(body) || method === undefined || NOT_BY_ANSWER.test(method)) return;
    const { method: _name, ...fields } = body;
    await this.#parts.execute(method, fields);
  }

  #note(update: PendingUpdate, attempt: Attempt): void {
    this.#parts.journal.add({
      direction: 'to_us',
      what: update.type,
      status: attempt.status,
      ...(attempt.error === undefined ? {} : { error: attempt.error }),
      request: update.body,
      response: attempt.text,
    });
  }
}

function attemptOf(result: OutgoingResult): Attempt {
  if (result.kind === 'timeout') return { error: 'Read timeout expired', status: 0, text: '', contentType: '' };
  if (result.kind === 'unreachable') return { error: 'Connection refused', status: 0, text: '', contentType: '' };
  const { status } = result;
  const text = result.body.toString('utf8');
  const contentType = result.headers.get('content-type') ?? '';
  if (status >= 200 && status < 300) return { status, text, contentType };
  const error = `Wrong response from the webhook: ${status} ${STATUS_CODES[status] ?? ''}`;
  const retryAfter = Number(result.headers.get('retry-after') ?? Number.NaN);
  const isWait = Number.isInteger(retryAfter) && retryAfter > 0;
  return { error, status, text, contentType, ...(isWait ? { retryAfter: Math.min(retryAfter, MAX_RETRY_AFTER) } : {}) };
}
