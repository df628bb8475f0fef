/**
 * Whether the Redis of `REDIS_URL` answers. It carries hints only, so everything goes on without it, a look of the loops
 * later (invariant 5), and nobody would notice: it is told once when it goes and once when it is back, in the log and as an
 * incident; readiness and the figures ask `isUp`. A connection of its own each time also sees a Redis that hangs.
 */
import { statement, type Database } from '../db/database.ts';
import { newId } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import { isRedisUp } from './redis-check.ts';
import { readTimes } from '../core/unit/unit.ts';

/** How often it is asked. */
export const REDIS_LOOK_MS = 5_000;
/** The kind of the incident. */
export const QUEUE_LOST = 'queue_lost';

// Several processes lose it at once; the partial index finds the few open ones.
const IS_OPEN = `kind = '${QUEUE_LOST}' AND resolved_at IS NULL`;
const ALONE = statement('queue-lost-alone', 'SELECT pg_advisory_xact_lock(72707372)');
const OPEN = statement(
  'queue-lost-open',
  `INSERT INTO incidents (id, kind, subject_kind, opened_at) SELECT $1, '${QUEUE_LOST}', 'queue', $2
   WHERE NOT EXISTS (SELECT 1 FROM incidents WHERE ${IS_OPEN})`,
);
const RESOLVE = statement('queue-lost-resolve', `UPDATE incidents SET resolved_at = $1 WHERE ${IS_OPEN}`);

/** Watches for one process. */
export class RedisWatch {
  readonly #url: string;
  readonly #deps: { readonly database: Pick<Database, 'transaction'>; readonly log: Log };
  /** What has been told; at first nothing. */
  #told: boolean | undefined;
  isUp = true;

  constructor(url: string, deps: { readonly database: Pick<Database, 'transaction'>; readonly log: Log }) {
    this.#url = url;
    this.#deps = deps;
  }

  /** Asks it, and tells what has changed. Rejects when that cannot be stored: then it is told the next time. */
  async look(): Promise<void> {
    const isUp = await isRedisUp(this.#url);
    if (this.isUp !== isUp) this.#log(isUp);
    this.isUp = isUp;
    if (this.#told === isUp) return;
    await this.#store(isUp);
    this.#told = isUp;
  }

  #log(isUp: boolean): void {
    if (isUp) this.#deps.log.info({ event: 'redis.back' });
    else this.#deps.log.warn({ event: 'redis.lost' });
  }

  async #store(isUp: boolean): Promise<void> {
    await this.#deps.database.transaction(async (tx) => {
      await tx.query(ALONE);
      const { now } = await readTimes(tx);
      if (isUp) await tx.query(RESOLVE, [now]);
      else await tx.query(OPEN, [newId(), now]);
    });
  }
}
