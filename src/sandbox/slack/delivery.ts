/**
 * What Slack sends us: events with their deadline and three retries, interactive requests with one try only.
 * Source: docs.slack.dev/apis/events-api. The way a payload travels (HTTP or socket) is the transport's business.
 */
import type { FaultBook } from '../kernel/faults.ts';
import { pause } from '../kernel/http.ts';
import type { Journal } from '../kernel/journal.ts';
import { type Fields, fieldsOf, wordOf } from '../kernel/values.ts';
import type { Workspace } from './workspace.ts';

/** Slack's own word for what a payload is; also the envelope type in Socket Mode. */
type PayloadKind = 'events_api' | 'interactive' | 'slash_commands';

/** Something to be told to the app. */
export interface Payload {
  readonly kind: PayloadKind;
  /** Event type, interaction type or command, for the journal and for faults. */
  readonly what: string;
  readonly body: Fields;
}

/** `X-Slack-Retry-Reason`. */
type RetryReason = 'http_timeout' | 'too_many_redirects' | 'connection_failed' | 'http_error';

/** Which retry this is, and why there is one. */
export interface Retry {
  readonly num: number;
  readonly reason: RetryReason;
}

/** What came back for one try. */
export interface Reply {
  readonly isOk: boolean;
  readonly status: number;
  /** Why it counts as failed. */
  readonly reason?: RetryReason;
  /** The other side asked for no more tries (`X-Slack-No-Retry: 1`). */
  readonly isFinal: boolean;
  /** The answer's text, JSON or not. */
  readonly text: string;
}

/** One try over HTTP or a socket; never throws. */
export interface Transport {
  send(payload: Payload, retry: Retry | undefined): Promise<Reply>;
}

/** Seconds after the first try: almost at once, after one minute, after five. */
const RETRY_AFTER_SECONDS = [0, 60, 300] as const;

const FAILED: Reply = { isOk: false, status: 0, reason: 'connection_failed', isFinal: false, text: '' };

/** An event that nobody has answered with 2xx yet. */
export interface Undelivered {
  readonly payload: Payload;
  readonly sentAt: Date;
  /** The try that comes next; `undefined` = the first. */
  readonly next: Retry | undefined;
}

/** What deliveries are made of. */
export interface DeliveryParts {
  readonly workspace: Workspace;
  readonly journal: Journal;
  readonly faults: FaultBook;
  readonly transport: Transport;
  readonly eventsPerHour: number;
}

/** Everything on its way to us. */
export class Deliveries {
  readonly #parts: DeliveryParts;
  readonly #running = new Set<Promise<unknown>>();
  readonly #open = new Set<Undelivered>();
  #held: Fields[] | undefined;
  #hour = { start: 0, count: 0, toldMinute: -1 };

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /**
   * Delivers an event envelope. Resolves when the first try and the immediate retry are over; what is still unanswered
   * then is tried again when the clock gets there.
   */
  event(outer: Fields): Promise<void> {
    if (this.#held !== undefined) {
      this.#held.push(outer);
      return Promise.resolve();
    }
    return this.#track(this.#deliver(outer));
  }

  /** One try, whatever comes of it: interactivity and commands are not retried. */
  request(payload: Payload): Promise<Reply> {
    return this.#track(this.#try(payload, undefined));
  }

  /** Resolves when nothing is on its way any more; retries that wait for the clock do not count. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  exportState(): readonly Undelivered[] {
    return [...this.#open];
  }

  importState(events: readonly Undelivered[]): void {
    for (const event of events) this.#waitForClock(event);
  }

  /** Runs `work`, and with `isPatient` also waits for what it set off towards us. */
  async during<T>(work: () => T | Promise<T>, isPatient: boolean): Promise<T> {
    const before = new Set(this.#running);
    const result = await work();
    if (isPatient) await Promise.all([...this.#running].filter((one) => !before.has(one)));
    return result;
  }

  /** Keeps events back until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  /** Delivers what was held, in order or newest first (Slack promises no order). */
  async release(order: 'in_order' | 'reversed'): Promise<void> {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const outer of order === 'reversed' ? held.toReversed() : held) await this.event(outer);
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  async #deliver(outer: Fields): Promise<void> {
    if (this.#isOverCeiling()) {
      await this.#tellRateLimited();
      return;
    }
    const payload: Payload = { kind: 'events_api', what: wordOf(fieldsOf(outer['event'])['type']), body: outer };
    await this.#attempt({ payload, sentAt: this.#parts.workspace.clock.now(), next: undefined });
  }

  async #attempt(event: Undelivered): Promise<void> {
    this.#open.add(event);
    const { payload, sentAt, next: retry } = event;
    const reply = await this.#try(payload, retry);
    this.#open.delete(event);
    const num = (retry?.num ?? 0) + 1;
    if (reply.isOk || reply.isFinal || num > RETRY_AFTER_SECONDS.length) return;
    const again: Undelivered = { payload, sentAt, next: { num, reason: reply.reason ?? 'http_error' } };
    if (RETRY_AFTER_SECONDS[num - 1] === 0) await this.#attempt(again);
    else this.#waitForClock(again);
  }

  /** Keeps an event until its next try is due. */
  #waitForClock(event: Undelivered): void {
    this.#open.add(event);
    const wait = event.next === undefined ? 0 : (RETRY_AFTER_SECONDS[event.next.num - 1] ?? 0);
    const due = new Date(event.sentAt.getTime() + wait * 1000);
    this.#parts.workspace.clock.at(due, () => this.#track(this.#attempt(event)));
  }

  async #try(payload: Payload, retry: Retry | undefined): Promise<Reply> {
    const fault = this.#parts.faults.take(payload.what);
    if (fault?.kind === 'delay') await pause(fault.ms);
    const isCut = fault?.kind === 'drop_before';
    const reply = isCut ? FAILED : await this.#parts.transport.send(payload, retry);
    this.#note(payload, reply);
    // The answer got lost on its way back: we did the work, Slack does not know and sends again.
    const isLost = fault !== undefined && fault.kind !== 'delay' && !isCut;
    return isLost ? { ...FAILED, reason: fault.kind === 'drop_after' ? 'http_timeout' : 'http_error' } : reply;
  }

  #note(payload: Payload, reply: Reply): void {
    this.#parts.journal.add({
      direction: 'to_us',
      what: payload.what,
      status: reply.status,
      ...(reply.reason === undefined ? {} : { error: reply.reason }),
      request: payload.body,
      response: reply.text,
    });
  }

  #isOverCeiling(): boolean {
    const now = this.#parts.workspace.seconds();
    if (now - this.#hour.start >= 3600) this.#hour = { start: now, count: 0, toldMinute: -1 };
    this.#hour.count += 1;
    return this.#hour.count > this.#parts.eventsPerHour;
  }

  /** At most one `app_rate_limited` a minute stands for all events dropped in it. */
  async #tellRateLimited(): Promise<void> {
    const { workspace } = this.#parts;
    const minute = Math.floor(workspace.seconds() / 60);
    if (minute === this.#hour.toldMinute) return;
    this.#hour.toldMinute = minute;
    const body = {
      token: 'verification-token',
      type: 'app_rate_limited',
      team_id: workspace.teamId,
      minute_rate_limited: minute * 60,
      api_app_id: workspace.appId,
    };
    await this.#try({ kind: 'events_api', what: 'app_rate_limited', body }, undefined);
  }
}
