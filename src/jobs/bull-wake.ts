/**
 * Wake-ups through BullMQ on Redis: jobs carry a topic, never data. The worker that takes a job claims from the tables
 * like everybody else, so a flushed or absent Redis only delays (invariant 5).
 */
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { errorText } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { LocalWake, TOPICS, type Topic, type Wake } from './wake.ts';

const GATHER_MS = 5;
/** A hint in hand is done in a moment; one whose taker died gives way to the next after so long. */
const STALLED_MS = 5_000;
/** Nobody reads the queue's own journal of events. */
const MAX_EVENTS = 100;
/**
 * One hint per topic waits, however many are given. A hint that comes while one is in hand must not be lost, because what
 * it stands for may have been committed after the taker looked: it is kept and queued as soon as that one is done.
 */
const ONE_OF_A_KIND = { id: 'wake', keepLastIfActive: true } as const;

interface Hint {
  readonly topic: Topic;
}

/**
 * One queue per topic: a hint goes to one taker, so a process must only take what it works on. With a single queue the
 * scheduler would take hints for new messages and the workers would sleep until their sweep.
 */
export class BullWake implements Wake {
  readonly #local = new LocalWake();
  readonly #queues: ReadonlyMap<Topic, Queue<Hint>>;
  readonly #workers = new Map<Topic, Worker<Hint>>();
  readonly #fast: Redis;
  readonly #patient: Redis | undefined;
  readonly #log: Log;
  readonly #pending = new Set<Topic>();
  #timer: NodeJS.Timeout | undefined;

  /** @param works Whether this process takes jobs (role worker or scheduler). */
  constructor(redisUrl: string, works: boolean, log: Log) {
    this.#log = log;
    this.#fast = new Redis(redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 1, lazyConnect: false });
    this.#patient = works ? new Redis(redisUrl, { maxRetriesPerRequest: null }) : undefined;
    for (const connection of this.#connections())
      connection.on('error', (error) => this.#log.debug({ event: 'redis.error', error: errorText(error) }));
    this.#queues = new Map(TOPICS.map((topic) => [topic, this.#queue(topic)]));
  }

  signal(topic: Topic): void {
    this.#local.signal(topic);
    this.#pending.add(topic);
    this.#timer ??= setTimeout(() => void this.#send(), GATHER_MS);
  }

  overhear(topic: Topic, listener: () => void): void {
    this.#local.on(topic, listener);
  }

  on(topic: Topic, listener: () => void): void {
    this.#local.on(topic, listener);
    if (!this.#patient || this.#workers.has(topic)) return;
    const worker = new Worker<Hint>(queueName(topic), async () => this.#local.signal(topic), {
      connection: this.#patient,
      concurrency: 4,
      lockDuration: STALLED_MS,
      stalledInterval: STALLED_MS,
    });
    worker.on('error', (error) => this.#log.debug({ event: 'redis.worker_error', error: errorText(error) }));
    this.#workers.set(topic, worker);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    // Hints are worth nothing to a process that leaves; waiting for a Redis that is down would be worth less.
    await Promise.all([...this.#workers.values()].map(async (worker) => worker.close(true).catch(() => undefined)));
    await Promise.all([...this.#queues.values()].map(async (queue) => queue.close().catch(() => undefined)));
    for (const connection of this.#connections()) connection.disconnect();
  }

  #queue(topic: Topic): Queue<Hint> {
    const queue = new Queue<Hint>(queueName(topic), {
      connection: this.#fast,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: 100 },
      streams: { events: { maxLen: MAX_EVENTS } },
    });
    queue.on('error', () => undefined);
    return queue;
  }

  async #give(topic: Topic): Promise<void> {
    await this.#queues.get(topic)?.add(topic, { topic }, { deduplication: ONE_OF_A_KIND });
  }

  #connections(): readonly Redis[] {
    return this.#patient ? [this.#fast, this.#patient] : [this.#fast];
  }

  async #send(): Promise<void> {
    this.#timer = undefined;
    const topics = TOPICS.filter((topic) => this.#pending.has(topic));
    this.#pending.clear();
    try {
      await Promise.all(topics.map(async (topic) => this.#give(topic)));
    } catch (error) {
      this.#log.debug({ event: 'wake.redis_failed', error: errorText(error) });
    }
  }
}

function queueName(topic: Topic): string {
  return `daiban-wake-${topic}`;
}
