/**
 * The first durable point: verified events are committed under the platform's own keys, then the platform gets its 2xx.
 * Events that arrive while a commit is in flight ride with the next one (group commit inside the process).
 */
import type { InboundEvent } from '../channels/channel.ts';
import { addressKey, conversationsAt } from '../db/conversations.ts';
import { statement, type Tx } from '../db/database.ts';
import { isPassing } from '../db/faults.ts';
import type { Keyring } from '../db/keyring.ts';
import { newId } from '../lib/ids.ts';
import { hit } from '../lib/kill-points.ts';
import { storable } from '../lib/storable.ts';

// A key that is already there means that the event is. An event is new only if all of its keys were.
const INSERT = statement(
  'inbox-insert',
  `WITH clock AS (SELECT date_trunc('milliseconds', clock_timestamp() + offset_ms * interval '1 millisecond') AS now FROM business_clock),
   fresh AS (
     INSERT INTO inbox_keys (account, key, at)
     SELECT account, key, now FROM unnest($6::text[], $7::text[]) AS row (account, key), clock
     ORDER BY account, key -- two processes with the same deliveries wait for each other instead of deadlocking
     ON CONFLICT DO NOTHING RETURNING account, key
   ), complete AS (
     SELECT event FROM unnest($6::text[], $7::text[], $8::int[]) AS row (account, key, event)
     LEFT JOIN fresh USING (account, key)
     GROUP BY event HAVING bool_and(fresh.key IS NOT NULL)
   )
   INSERT INTO inbox (at, account, conversation_id, kind, sealed_body, trace_id)
   SELECT now, account, conversation_id, kind, sealed_body, trace_id
   FROM unnest($1::text[], $2::uuid[], $3::text[], $4::bytea[], $5::text[]) WITH ORDINALITY AS row (account, conversation_id, kind, sealed_body, trace_id, event), clock
   WHERE event IN (SELECT event FROM complete)
   ORDER BY event
   RETURNING id, trace_id`,
);

const FORGET = statement(
  'inbox-forget',
  `DELETE FROM inbox_keys WHERE ctid = ANY (ARRAY(SELECT ctid FROM inbox_keys WHERE at < business_now() - interval '30 days' LIMIT $1)) RETURNING 1`,
);
const FORGET_BATCH = 10_000;

/** Drops the delivery keys of more than thirty days ago; no platform repeats a delivery that late. Returns how many. */
export async function forgetDeliveries(tx: Tx): Promise<number> {
  let count = 0;
  for (;;) {
    const dropped = (await tx.query(FORGET, [FORGET_BATCH])).length;
    count += dropped;
    if (dropped < FORGET_BATCH) return count;
  }
}

/** What receiving uses; `database` is asked outside a transaction: one statement stores a whole batch. */
export interface ReceiveDeps {
  readonly database: Tx;
  readonly keys: Keyring;
  /** Called after the commit when something new was stored. */
  readonly wake: () => void;
  /** Conversations whose ids are kept in memory. */
  readonly maxKnown?: number;
}

/** What became of one event: its inbox row, or `undefined` when it had been there before. */
export type Stored = { readonly inboxId: bigint; readonly traceId: string } | undefined;

interface Waiting {
  readonly event: InboundEvent;
  readonly resolve: (stored: Stored) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_BATCH = 256;
const MAX_KNOWN_CONVERSATIONS = 50_000;

/** Takes events of any number of requests and commits them in batches, one batch at a time. */
export class Inbox {
  readonly #deps: ReceiveDeps;
  readonly #conversations = new Map<string, string>();
  readonly #maxKnown: number;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(deps: ReceiveDeps) {
    this.#deps = deps;
    this.#maxKnown = deps.maxKnown ?? MAX_KNOWN_CONVERSATIONS;
  }

  /** Resolves once the events are committed (or known). Rejects when the store is down: answer 503, the platform redelivers. */
  async receive(events: readonly InboundEvent[]): Promise<readonly Stored[]> {
    if (events.length === 0) return [];
    // The one door of all channels: a NUL in a text would be refused by the store at every try.
    const stored = events
      .map(storable)
      .map((event) => new Promise<Stored>((resolve, reject) => this.#waiting.push({ event, resolve, reject })));
    if (!this.#running) void this.#drain();
    return Promise.all(stored);
  }

  async #drain(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH);
      try {
        await this.#commit(batch);
      } catch (error) {
        await this.#oneByOne(batch, error);
      }
    }
    this.#running = false;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    hit('inbox.before_commit');
    const stored = await this.#store(batch.map((waiting) => waiting.event));
    hit('inbox.committed');
    batch.forEach((waiting, index) => waiting.resolve(stored[index]));
    if (stored.some((one) => one !== undefined)) this.#deps.wake();
  }

  /** An event that the store does not take must not have those refused that happened to ride with it. */
  async #oneByOne(batch: readonly Waiting[], error: unknown): Promise<void> {
    const isAlone = batch.length === 1 || isPassing(error);
    for (const waiting of batch) {
      if (isAlone) waiting.reject(error);
      else await this.#commit([waiting]).catch((cause: unknown) => waiting.reject(cause));
    }
  }

  async #store(events: readonly InboundEvent[]): Promise<readonly Stored[]> {
    const distinct = withoutTwins(events);
    const conversations = await this.#conversationIds(distinct);
    const traces = distinct.map(() => newId());
    const rows = await this.#deps.database.query<{ id: bigint; trace_id: string }>(INSERT, [
      distinct.map((event) => event.address.account),
      conversations,
      distinct.map((event) => event.happening.kind),
      distinct.map((event, index) =>
        this.#deps.keys.seal(`inbox.sealed_body.${traces[index] ?? ''}`, JSON.stringify(event)),
      ),
      traces,
      distinct.flatMap((event) => event.deliveryKeys.map(() => event.address.account)),
      distinct.flatMap((event) => event.deliveryKeys),
      distinct.flatMap((event, index) => event.deliveryKeys.map(() => index + 1)),
    ]);
    const ids = new Map(rows.map((row) => [row.trace_id, row.id]));
    return events.map((event) => {
      const trace = traces[distinct.indexOf(event)];
      const id = trace === undefined ? undefined : ids.get(trace);
      return id === undefined || trace === undefined ? undefined : { inboxId: id, traceId: trace };
    });
  }

  async #conversationIds(events: readonly InboundEvent[]): Promise<readonly string[]> {
    // Before it is asked what is missing: what this very batch needs must not be dropped in between.
    if (this.#conversations.size > this.#maxKnown) this.#conversations.clear();
    const missing = events
      .map(({ address }) => address)
      .filter((address) => !this.#conversations.has(addressKey(address)));
    for (const [key, id] of await conversationsAt(this.#deps.database, missing)) this.#conversations.set(key, id);
    return events.map(({ address }) => this.#conversations.get(addressKey(address)) ?? '');
  }
}

/** Two deliveries of one event in the same batch: the first counts. */
function withoutTwins(events: readonly InboundEvent[]): readonly InboundEvent[] {
  const seen = new Set<string>();
  return events.filter((event) => {
    const keys = event.deliveryKeys.map((key) => `${event.address.account}\n${key}`);
    if (keys.some((key) => seen.has(key))) return false;
    for (const key of keys) seen.add(key);
    return true;
  });
}
