/**
 * Wake-ups through BullMQ on Redis: jobs carry a topic, never data. The worker that takes a job claims from the tables
 * like everybody else, so a flushed or absent Redis only delays (invariant 5).
 */
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { errorText } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { LocalWake, TOPICS, type Topic, type Wake } from './wake.ts';

const QUEUE = 'daiban-wake';
const GATHER_MS = 5;

export class BullWake implements Wake {
  readonly #local = new LocalWake();
  readonly #queue: Queue<{ readonly topic: Topic }>;
  readonly #worker: Worker<{ readonly topic: Topic }> | undefined;
  readonly #connections: readonly Redis[];
  readonly #log: Log;
  readonly #pending = new Set<Topic>();
  #timer: NodeJS.Timeout | undefined;

  /** @param works Whether this process takes jobs (role worker or scheduler). */
  constructor(redisUrl: string, works: boolean, log: Log) {
    this.#log = log;
    const fast = new Redis(redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 1, lazyConnect: false });
    const patient = works ? new Redis(redisUrl, { maxRetriesPerRequest: null }) : undefined;
    this.#connections = patient ? [fast, patient] : [fast];
    for (const connection of this.#connections) connection.on('error', (error) => this.#log.debug({ event: 'redis.error', error: errorText(error) }));
    this.#queue = new Queue(QUEUE, { connection: fast, defaultJobOptions: { removeOnComplete: true, removeOnFail: 100 } });
    this.#queue.on('error', () => undefined);
    this.#worker = patient
      ? new Worker<{ readonly topic: Topic }>(QUEUE, async (job) => this.#local.signal(job.data.topic), { connection: patient, concurrency: 4 })
      : undefined;
    this.#worker?.on('error', (error) => this.#log.debug({ event: 'redis.worker_error', error: errorText(error) }));
  }

  signal(topic: Topic): void {
    this.#local.signal(topic);
    this.#pending.add(topic);
    this.#timer ??= setTimeout(() => void this.#send(), GATHER_MS);
  }

  on(topic: Topic, listener: () => void): void {
    this.#local.on(topic, listener);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#worker?.close().catch(() => undefined);
    await this.#queue.close().catch(() => undefined);
    for (const connection of this.#connections) connection.disconnect();
  }

  async #send(): Promise<void> {
    this.#timer = undefined;
    const topics = TOPICS.filter((topic) => this.#pending.has(topic));
    this.#pending.clear();
    try {
      await this.#queue.addBulk(topics.map((topic) => ({ name: topic, data: { topic } })));
    } catch (error) {
      this.#log.debug({ event: 'wake.redis_failed', error: errorText(error) });
    }
  }
}
