/** The PostgreSQL client of everything below an operation: prepared statements, short transactions, LISTEN. */
import { Socket } from 'node:net';
import { Client, Pool, types, type ClientBase } from 'pg';
import { isAftermath, isPassing } from './faults.ts';
import { Vitals, type Vital } from './vitals.ts';

/** A named prepared statement; the name must be unique in the product. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Every statement of the product by name; a test prepares each of them on a real server. */
export const statements = new Map<string, Statement>();

/**
 * Declares a prepared statement: parsed and planned once per connection.
 * @throws Error when two statements share a name: a connection would run the first for both.
 */
export function statement(name: string, text: string): Statement {
  if (statements.has(name)) throw new Error(`statement declared twice: ${name}`);
  const declared = { name, text };
  statements.set(name, declared);
  return declared;
}

/** What runs SQL: a transaction's connection, or the pool for single reads. */
export interface Tx {
  /** Rows as plain objects: int8 as bigint, numeric and date as string, timestamptz as Date, bytea as Buffer. */
  query<R extends object>(query: Statement | string, values?: readonly unknown[]): Promise<R[]>;
}

// Object ids of PostgreSQL's own types (pg_type); the driver's names for them are no closed list.
const INT8 = 20;
const DATE = 1082;
const NUMERIC = 1700;
const parsers = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): unknown {
    if (format === 'binary') return types.getTypeParser(oid, 'binary');
    if (oid === INT8) return BigInt;
    if (oid === DATE || oid === NUMERIC) return String;
    return types.getTypeParser(oid, 'text');
  },
};

async function run<R extends object>(
  client: ClientBase | Pool,
  query: Statement | string,
  values: readonly unknown[],
): Promise<R[]> {
  const config = typeof query === 'string' ? { text: query, values: [...values] } : { ...query, values: [...values] };
  const result = await client.query<R>(config);
  return result.rows;
}

function lostConnection(): void {}

// Prepared like everything else, so that it travels in one packet with the statements behind it.
const BEGIN = { name: 'begin', text: 'BEGIN' };
const COMMIT = { name: 'commit', text: 'COMMIT' };

// PostgreSQL would plan many of our statements anew on every call, because the length of an array parameter makes a plan
// for these very values look cheaper; over partitions planning takes longer than running. And such a plan is kept: made on
// small tables at the cost of a spinning disk it would scan them, and go on doing so while they grow.
// No statement of ours runs for a minute, and no transaction waits that long for us: one that does holds its locks for nobody.
// (Migrations use connections of their own.)
const MOST_MS = 60_000;
const SESSION = `SET plan_cache_mode = force_generic_plan; SET random_page_cost = 1.1;
  SET statement_timeout = ${MOST_MS}; SET idle_in_transaction_session_timeout = ${MOST_MS}`;

/** A host that is gone answers nothing at all: nobody waits longer for a connection, or for one that is free. */
const CONNECT_MS = 5_000;
/** The server ends a statement first; beyond this it is the server, or the way there, that is gone. */
const ANSWER_MS = 65_000;
const ALIVE = { connectionTimeoutMillis: CONNECT_MS, keepAlive: true, keepAliveInitialDelayMillis: 10_000 } as const;
/** What bounds the waiting of any other pool on the same server. */
export const PATIENCE = { ...ALIVE, query_timeout: ANSWER_MS, statement_timeout: MOST_MS } as const;

/** What is written in one moment leaves in one system call: statements asked side by side cost little more than one. */
class BurstSocket extends Socket {
  #isGathering = false;

  override cork(): void {
    super.cork();
    if (this.#isGathering) return;
    this.#isGathering = true;
    super.cork();
    process.nextTick(() => {
      this.#isGathering = false;
      super.uncork();
    });
  }
}

/** Which statement of a transaction failed first: whatever is asked after it is told no more than that something had. */
class FirstFailure {
  first: unknown;

  async of<R extends object>(query: Statement | string, rows: Promise<R[]>): Promise<R[]> {
    try {
      const result = await rows;
      if (typeof query === 'string' && query.startsWith('ROLLBACK TO')) this.first = undefined; // taken back
      return result;
    } catch (error) {
      if (!isAftermath(error)) this.first ??= error;
      throw error;
    }
  }
}

/** The pool of one process, and short transactions on it; a query outside `transaction` is a transaction of its own. */
export class Database implements Tx {
  readonly #pool: Pool;
  readonly #vitals: Vitals;
  readonly #name: string;
  readonly url: string;

  /**
   * @param options.max Connections at most; `min` of them stay warm, a re-connect costs a re-prepare.
   * @param options.name What the server shows of us in `pg_stat_activity`.
   */
  constructor(
    url: string,
    options: { readonly max?: number; readonly name?: string; readonly tell?: (vital: Vital) => void } = {},
  ) {
    this.url = url;
    this.#name = options.name ?? 'daiban';
    this.#vitals = new Vitals(options.tell ?? (() => undefined));
    // Pipelined: a statement is sent without waiting for the answer to the one before it.
    const pipelined = { pipeline: true, stream: () => new BurstSocket() };
    this.#pool = new Pool({
      connectionString: url,
      max: options.max ?? 10,
      min: 2,
      idleTimeoutMillis: 60_000,
      types: parsers,
      application_name: this.#name,
      query_timeout: ANSWER_MS,
      ...ALIVE,
      ...pipelined,
    });
    this.#pool.on('error', (error) => this.#vitals.failed(error));
    this.#pool.on('connect', (client) => void client.query(SESSION).catch(lostConnection));
  }

  async query<R extends object>(query: Statement | string, values: readonly unknown[] = []): Promise<R[]> {
    return this.#watched(async () => run<R>(this.#pool, query, values));
  }

  /** Whether the server ran out of disk, memory or connections less than a minute ago. */
  get isShort(): boolean {
    return this.#vitals.isShort;
  }

  /**
   * Runs `work` in one transaction; rolled back when it throws. The connection is dropped if even that fails. Statements
   * that `work` asks for side by side (`Promise.all`) run in that order and share one round trip.
   */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#watched(async () => this.#transact(work));
  }

  async #watched<T>(work: () => Promise<T>): Promise<T> {
    const from = performance.now();
    try {
      const result = await work();
      this.#vitals.succeeded(from);
      return result;
    } catch (error) {
      this.#vitals.failed(error);
      throw error;
    }
  }

  async #transact<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    // The pool listens on idle connections only. A server that goes away between two statements of a transaction would
    // otherwise be an unhandled 'error' event and end the process; the next statement fails anyway.
    client.on('error', lostConnection);
    // Of statements asked side by side one may fail while another's sequel is still to come. What comes after the end
    // would run outside the transaction, on a connection that is somebody else's by then.
    let hasEnded = false;
    const failure = new FirstFailure();
    try {
      const begun = client.query(BEGIN);
      begun.catch(lostConnection); // told to whoever asks the first statement
      const result = await work({
        query: async (query, values = []) => {
          if (hasEnded) throw new Error('the transaction has ended');
          // No answer is given before the transaction is known to be open, so nothing is built on one that is not.
          const [rows] = await Promise.all([failure.of(query, run<never>(client, query, values)), begun]);
          return rows;
        },
      });
      hasEnded = true;
      await begun;
      const { command } = await client.query(COMMIT);
      // PostgreSQL answers COMMIT after a failed statement with a roll-back and no error: nothing may be taken for stored.
      if (command === 'ROLLBACK') {
        if (isPassing(failure.first)) throw failure.first;
        throw new Error('a statement of the transaction had failed, so nothing was committed', {
          cause: failure.first,
        });
      }
      return result;
    } catch (error) {
      hasEnded = true;
      await client.query('ROLLBACK').catch((cause: unknown) => {
        broken = cause instanceof Error ? cause : new Error('rollback failed');
      });
      throw isAftermath(error) ? (failure.first ?? error) : error;
    } finally {
      client.removeListener('error', lostConnection);
      client.release(broken);
    }
  }

  /** A connection of its own, e.g. to hold a session lock or LISTEN. The caller ends it. */
  async dedicated(): Promise<Client> {
    const client = new Client({ connectionString: this.url, types: parsers, application_name: this.#name, ...ALIVE });
    client.on('error', lostConnection); // who cares listens too; nobody's listening must not end the process
    await this.#watched(async () => client.connect());
    return client;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
