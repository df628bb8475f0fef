/**
 * Wake-ups between processes: hints, never truth. In one process a local signal; with `REDIS_URL` BullMQ carries topics;
 * otherwise PostgreSQL NOTIFY, at most once per batch. Losing all of them costs the sweep interval, nothing else.
 */
import type pg from 'pg';
import type { Database } from '../db/database.ts';
import { levelOf, type Log } from '../lib/log.ts';
import { errorText } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';

/** What there may be work for. */
export const TOPICS = ['inbox', 'outbox', 'timers', 'media', 'clock'] as const;
/** What a hint is about. */
export type Topic = (typeof TOPICS)[number];

/** Hints that something was committed. Any may be lost or come twice: every loop also looks by itself (invariant 5). */
export interface Wake {
  /** Something of this kind was committed. */
  signal(topic: Topic): void;
  /** For a loop that works on the topic: of the hints that go to one taker each, this process takes its share. */
  on(topic: Topic, listener: () => void): void;
  /** For whoever only waits for something: hears what comes by in this process and takes no hint meant for others. */
  overhear(topic: Topic, listener: () => void): void;
  close(): Promise<void>;
}

/** Signals inside this process only. */
export class LocalWake implements Wake {
  readonly #listeners = new Map<Topic, (() => void)[]>();
  signal(topic: Topic): void {
    for (const listener of this.#listeners.get(topic) ?? []) listener();
  }
  on(topic: Topic, listener: () => void): void {
    this.#listeners.set(topic, [...(this.#listeners.get(topic) ?? []), listener]);
  }
  overhear(topic: Topic, listener: () => void): void {
    this.on(topic, listener);
  }
  async close(): Promise<void> {
    this.#listeners.clear();
  }
}

const CHANNEL = 'daiban';
const NOTIFY_INTERVAL_MS = 10;
/** Said by whoever begins to listen, and answered by whoever hears it: so each process knows that there are others. */
const HELLO = 'hello';
const HERE = 'here';
/** Who has heard nobody for this long after its hello is alone: a NOTIFY is a commit, and nobody would hear it. */
const ALONE_AFTER_MS = 2_000;

/** Local signals plus NOTIFY to the other processes, gathered for a moment: one NOTIFY per batch, never per row. */
export class NotifyWake implements Wake {
  readonly #local = new LocalWake();
  readonly #database: Database;
  readonly #log: Log;
  readonly #pending = new Set<Topic>();
  readonly #self = newId(); // not the process id: every container's first process has the same
  #timer: NodeJS.Timeout | undefined;
  #listener: pg.Client | undefined;
  #isAlone = false;
  #listening: NodeJS.Timeout | undefined;
  #closed = false;

  readonly #aloneAfterMs: number;

  constructor(database: Database, log: Log, options: { readonly aloneAfterMs?: number } = {}) {
    this.#database = database;
    this.#log = log;
    this.#aloneAfterMs = options.aloneAfterMs ?? ALONE_AFTER_MS;
  }

  /** Begins to listen; after a lost connection it tries again, the sweep covers the gap. */
  async open(): Promise<this> {
    const client = await this.#database.dedicated();
    client.on('notification', (message) => this.#heard(message.payload ?? ''));
    await client.query(`LISTEN ${CHANNEL}`);
    client.once('end', () => this.#reopen()); // 'error' may come twice or not at all, the end comes once
    this.#listener = client;
    this.#isAlone = false;
    clearTimeout(this.#listening);
    if (await this.#say(HELLO)) this.#listening = setTimeout(() => (this.#isAlone = true), this.#aloneAfterMs).unref();
    return this;
  }

  signal(topic: Topic): void {
    this.#local.signal(topic);
    if (this.#isAlone) return;
    this.#pending.add(topic);
    this.#timer ??= setTimeout(() => this.#send(), NOTIFY_INTERVAL_MS);
  }

  on(topic: Topic, listener: () => void): void {
    this.#local.on(topic, listener);
  }

  overhear(topic: Topic, listener: () => void): void {
    this.on(topic, listener); // everybody hears every NOTIFY
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#listening);
    await this.#local.close();
    await this.#listener?.end().catch(() => undefined);
  }

  #send(): void {
    this.#timer = undefined;
    const topics = [...this.#pending].join(',');
    this.#pending.clear();
    if (!this.#closed) void this.#say(topics);
  }

  async #say(words: string): Promise<boolean> {
    try {
      await this.#database.query('SELECT pg_notify($1, $2)', [CHANNEL, `${this.#self}:${words}`]);
      return true;
    } catch (error) {
      this.#log[levelOf(error, 'warn')]({ event: 'wake.notify_failed', error: errorText(error) });
      return false;
    }
  }

  #heard(payload: string): void {
    const [sender, topics = ''] = payload.split(':');
    if (sender === this.#self) return;
    clearTimeout(this.#listening);
    this.#isAlone = false;
    if (topics === HELLO) void this.#say(HERE);
    for (const topic of TOPICS) if (topics.split(',').includes(topic)) this.#local.signal(topic);
  }

  #reopen(): void {
    if (this.#closed) return;
    setTimeout(() => {
      this.open().catch(() => this.#reopen());
    }, 1_000).unref();
  }
}
