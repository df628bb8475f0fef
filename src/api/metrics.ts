/** Prometheus figures: what came in, what is waiting, how old the oldest of it is. Never a person's id in a label. */
import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { statement, type Tx } from '../db/database.ts';

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
const KINDS = [
  'inbox_new',
  'outbox_pending',
  'outbox_leased',
  'outbox_deferred',
  'outbox_unknown',
  'timers_due',
  'incidents_open',
] as const;

export class Metrics {
  readonly #registry = new Registry();
  readonly #webhooks: Counter;
  readonly #deliveries: Counter;
  readonly #depth: Gauge;
  readonly #age: Gauge;

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    const registers = [this.#registry];
    this.#webhooks = new Counter({
      name: 'daiban_webhooks_total',
      help: 'Webhook requests by platform and outcome',
      labelNames: ['platform', 'outcome'],
      registers,
    });
    this.#deliveries = new Counter({
      name: 'daiban_deliveries_total',
      help: 'Messages handed to platforms',
      registers,
    });
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

  delivered(count: number): void {
    this.#deliveries.inc(count);
  }

  /** The figures in the text format. */
  async text(tx: Tx): Promise<{ readonly type: string; readonly body: string }> {
    for (const kind of KINDS) {
      this.#depth.set({ kind }, 0);
      this.#age.set({ kind }, 0);
    }
    for (const row of await tx.query<{ what: string; n: number; age: number }>(DEPTH)) {
      this.#depth.set({ kind: row.what }, row.n);
      this.#age.set({ kind: row.what }, row.age);
    }
    return { type: this.#registry.contentType, body: await this.#registry.metrics() };
  }
}
