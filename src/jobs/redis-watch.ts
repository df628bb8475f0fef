/**
 * Whether the Redis of `REDIS_URL` answers. It carries hints only, so everything goes on without it, a look of the loops
 * later (invariant 5), and nobody would notice: it is told once when it goes and once when it is back, in the log and as an
 * incident; readiness and the figures ask `isUp`. A connection of its own each time also sees a Redis that hangs.
 */
import { statement, type Database } from '../db/database.ts';
import { LOCKS } from '../db/locks.ts';
import { newId } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import { isRedisUp } from './redis-check.ts';
import { readTimes } from '../core/unit/unit.ts';

/** How often it is asked. */
export const REDIS_LOOK_MS = 5_000;
/** The kind of the incident. */
export const QUEUE_LOST = 'queue_lost';

/** For so long after somebody last found it away it counts as lost: one process may reach what another does not. */
const AWAY_MS = 6 * REDIS_LOOK_MS;

// Several processes lose it at once; the partial index finds the few open ones. Who finds it away says so at each look, in
// real time; an incident that a person has closed is not opened again by whoever has told of it.
const OF_KIND = `kind = '${QUEUE_LOST}'`;
const AWAY_AT = `(detail ->> 'awayAt')::timestamptz`;
const ALONE = statement('queue-lost-alone', `SELECT pg_advisory_xact_lock(${LOCKS.queueLost})`);
const RENEW = statement(
  'queue-lost-renew',
  `UPDATE incidents SET detail = jsonb_build_object('awayAt', $1::text)
   WHERE ${OF_KIND} AND resolved_at IS NULL RETURNING id`,
);
const OPEN = statement(
  'queue-lost-open',
  `INSERT INTO incidents (id, kind, subject_kind, detail, opened_at)
   VALUES ($1, '${QUEUE_LOST}', 'queue', jsonb_build_object('awayAt', $2::text), $3)`,
);
const BY_PERSON = statement('queue-lost-by-person', 'SELECT FROM incidents WHERE id = $1 AND resolved_by IS NOT NULL');
const RESOLVE = statement(
  'queue-lost-resolve',
  `UPDATE incidents SET resolved_at = $1 WHERE ${OF_KIND} AND resolved_at IS NULL AND ${AWAY_AT} <= $2`,
);

/** Watches for one process. */
export class RedisWatch {
  readonly #url: string;
  readonly #deps: { readonly database: Pick<Database, 'transaction'>; readonly log: Log };
  isUp = true;
  /** The incident of this absence, once this process has opened it or found it open. */
  #told: string | undefined;

  constructor(url: string, deps: { readonly database: Pick<Database, 'transaction'>; readonly log: Log }) {
    this.#url = url;
    this.#deps = deps;
  }

  /** Asks it, and tells what has changed. Rejects when that cannot be stored: then it is told the next time. */
  async look(): Promise<void> {
    const isUp = await isRedisUp(this.#url);
    if (this.isUp !== isUp) this.#log(isUp);
    this.isUp = isUp;
    await this.#store(isUp);
  }

  #log(isUp: boolean): void {
    if (isUp) this.#deps.log.info({ event: 'redis.back' });
    else this.#deps.log.warn({ event: 'redis.lost' });
  }

  /** Any process closes what nobody finds away any more, be whoever did so gone by now. */
  async #store(isUp: boolean): Promise<void> {
    await this.#deps.database.transaction(async (tx) => {
      const { now, realNow } = await readTimes(tx);
      if (isUp) {
        this.#told = undefined;
        await tx.query(RESOLVE, [now, new Date(realNow.getTime() - AWAY_MS)]);
        return;
      }
      await tx.query(ALONE);
      const awayAt = realNow.toISOString();
      const [open] = await tx.query<{ id: string }>(RENEW, [awayAt]);
      if (!open && this.#told !== undefined && (await tx.query(BY_PERSON, [this.#told])).length > 0) return;
      const id = open?.id ?? newId();
      if (!open) await tx.query(OPEN, [id, awayAt, now]);
      this.#told = id;
    });
  }
}
