/** Prometheus figures: what came in, what is waiting, how old the oldest of it is. Never a person's id in a label. */
import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { statement, type Tx } from '../db/database.ts';
import { isPassing } from '../db/faults.ts';
import { inTime, Late } from '../lib/patience.ts';

// One state at a time: each count comes from the index of the few that wait, and no table that grows is read.
const DEPTH = statement(
  'metrics-depth',
  `SELECT 'inbox_new' AS what, count(*)::int AS n, coalesce(extract(epoch FROM max(business_now() - at)), 0)::float AS age FROM inbox WHERE state = 'NEW'
   UNION ALL SELECT 'outbox_pending', count(*)::int, coalesce(extract(epoch FROM max(business_now() - at)), 0)::float FROM outbox WHERE state = 'PENDING'
   UNION ALL SELECT 'outbox_leased', count(*)::int, coalesce(extract(epoch FROM max(business_now() - at)), 0)::float FROM outbox WHERE state = 'LEASED'
   UNION ALL SELECT 'outbox_deferred', count(*)::int, coalesce(extract(epoch FROM max(business_now() - at)), 0)::float FROM outbox WHERE state = 'DEFERRED'
   UNION ALL SELECT 'outbox_unknown', count(*)::int, coalesce(extract(epoch FROM max(business_now() - at)), 0)::float FROM outbox WHERE state = 'UNKNOWN'
   UNION ALL SELECT 'timers_due', count(*)::int, coalesce(extract(epoch FROM max(business_now() - due_at)), 0)::float FROM timers WHERE state = 'OPEN' AND due_at <= business_now()
   UNION ALL SELECT 'incidents_open', count(*)::int, coalesce(extract(epoch FROM max(business_now() - opened_at)), 0)::float FROM incidents WHERE resolved_at IS NULL`,
);
// Of the whole installation, whichever process delivers. The newest ten thousand only, read backwards from the primary key:
// no table that grows is read, and of a nightly run its end is enough to see a platform that refuses.
const OUTBOX = statement(
  'metrics-outbox',
  `SELECT split_part(account, ':', 1) AS platform, CASE WHEN state = 'PENDING' AND attempts > 0 THEN 'retrying' ELSE lower(state) END AS state, count(*)::int AS n
   FROM (SELECT account, state, attempts, at FROM outbox ORDER BY id DESC LIMIT 10000) AS newest
   WHERE at > business_now() - interval '1 hour' GROUP BY 1, 2`,
);
/** For so long what was read last is good enough: the address is open to everybody. */
const OUTBOX_MS = 10_000;
/** Prometheus gives up after ten seconds. */
const PATIENCE_MS = 3_000;
const KINDS = [
  'inbox_new',
  'outbox_pending',
  'outbox_leased',
  'outbox_deferred',
  'outbox_unknown',
  'timers_due',
  'incidents_open',
] as const;

interface WaitingRow {
  readonly what: string;
  readonly n: number;
  readonly age: number;
}

interface OutboxRow {
  readonly platform: string;
  readonly state: string;
  readonly n: number;
}

/** What is asked; `undefined` while the database is away: the other figures are needed then most of all. */
async function unlessAway<R>(rows: Promise<R>): Promise<R | undefined> {
  try {
    return await inTime(rows, PATIENCE_MS);
  } catch (error) {
    if (error instanceof Late || isPassing(error)) return undefined;
    throw error;
  }
}

/** The figures of `/metrics`, in the text form of Prometheus. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #webhooks: Counter;
  readonly #outbox: Gauge;
  #outboxRead: { readonly at: number; readonly rows: readonly OutboxRow[] } | undefined;
  readonly #depth: Gauge;
  readonly #age: Gauge;
  readonly #isUp: Gauge;

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    const registers = [this.#registry];
    this.#webhooks = new Counter({
      name: 'daiban_webhooks_total',
      help: 'Webhook requests by platform and outcome',
      labelNames: ['platform', 'outcome'],
      registers,
    });
    this.#outbox = new Gauge({
      name: 'daiban_outbox',
      help: 'Messages of the last hour (the newest 10000 at most) of the whole installation, by platform and state; retrying failed at least once and is tried again',
      labelNames: ['platform', 'state'],
      registers,
    });
    this.#isUp = new Gauge({ name: 'daiban_database_up', help: 'Whether the database answered', registers });
    this.#depth = new Gauge({
      name: 'daiban_rows_waiting',
      help: 'Rows waiting, by kind',
      labelNames: ['kind'],
      registers,
    });
    this.#age = new Gauge({
      name: 'daiban_oldest_waiting_seconds',
      help: 'Age of the oldest waiting row, by kind',
      labelNames: ['kind'],
      registers,
    });
  }

  webhook(platform: string, outcome: string): void {
    this.#webhooks.inc({ platform, outcome });
  }

  /** Adds the figure of what wakes the other processes. */
  watchQueue(isUp: () => boolean): void {
    const gauge: Gauge = new Gauge({
      name: 'daiban_queue_up',
      help: 'Whether Redis (REDIS_URL) answers; without it messages wait for the next look of a worker, about a second',
      registers: [this.#registry],
      collect: () => gauge.set(isUp() ? 1 : 0),
    });
  }

  /** The figures in the text format. While the database is away those of its rows are missing, not 0, and `daiban_database_up` is 0. */
  async text(tx: Tx): Promise<{ readonly type: string; readonly body: string }> {
    const [rows, outbox] = await Promise.all([
      unlessAway(tx.query<WaitingRow>(DEPTH)),
      unlessAway(this.#outboxRows(tx)),
    ]);
    this.#isUp.set(rows === undefined ? 0 : 1);
    this.#depth.reset();
    this.#age.reset();
    for (const kind of rows === undefined ? [] : KINDS) {
      const row = rows?.find(({ what }) => what === kind);
      this.#depth.set({ kind }, row?.n ?? 0);
      this.#age.set({ kind }, row?.age ?? 0);
    }
    this.#outbox.reset();
    for (const { platform, state, n } of outbox ?? []) this.#outbox.set({ platform, state }, n);
    return { type: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  async #outboxRows(tx: Tx): Promise<readonly OutboxRow[]> {
    const now = performance.now();
    if (this.#outboxRead && now - this.#outboxRead.at < OUTBOX_MS) return this.#outboxRead.rows;
    const rows = await tx.query<OutboxRow>(OUTBOX);
    this.#outboxRead = { at: now, rows };
    return rows;
  }
}
