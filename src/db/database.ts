/** The PostgreSQL client of everything below an operation: prepared statements, short transactions, LISTEN. */
import { Socket } from 'node:net';
import { Client, DatabaseError, Pool, types, type ClientBase } from 'pg';

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

/** SQLSTATE of a database error, if it is one. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}

/** The SQLSTATE that Prisma wraps into an error of its own. */
function listState(error: unknown): string | undefined {
  const { meta } = (error ?? {}) as {
    readonly meta?: { readonly driverAdapterError?: { readonly cause?: { readonly originalCode?: string } } };
  };
  return meta?.driverAdapterError?.cause?.originalCode;
}

const PASSING_CLASSES = ['08', '40', '53', '57', '55'];
const PASSING_MESSAGES =
  /^(Connection terminated|Client was closed|Client has encountered a connection error|Cannot use a pool after|timeout exceeded when trying to connect|timeout expired|Query read timeout)/;
/** Of the operating system; and of Prisma, by which lists are read: cannot reach, timed out, closed, no connection free. */
const PASSING_CODES =
  /^(E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN)|P(1001|1002|1008|1017|2024|2037))$/;
/** A transaction that was idle for too long: we were slow, the work itself may be fine. */
const IDLE_TRANSACTION = '25P03';

/**
 * Whether the fault lies with the database at this moment and not with what was asked of it: deadlock, shutdown, lost
 * connection, no resources. The same work may succeed later, so it says nothing against an event or a message.
 */
export function isPassing(error: unknown): boolean {
  const state = sqlState(error) ?? listState(error);
  if (state !== undefined) return state === IDLE_TRANSACTION || PASSING_CLASSES.includes(state.slice(0, 2));
  if (!(error instanceof Error)) return false;
  return PASSING_CODES.test((error as NodeJS.ErrnoException).code ?? '') || PASSING_MESSAGES.test(error.message);
}

/** serialization_failure and deadlock_detected: the transaction is undone for certain, and the same work may go through now. */
const CONTENTION = ['40001', '40P01'];

/** Whether the transaction lost against another one over locks: nothing of it is stored, it may be run again at once. */
export function isContention(error: unknown): boolean {
  return CONTENTION.includes(sqlState(error) ?? '');
}

/** The violated constraint's name, if the error is a constraint violation. */
export function violatedConstraint(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.constraint : undefined;
}

export class Database implements Tx {
  readonly #pool: Pool;
  readonly url: string;

  /** @param max Connections at most; `min` of them stay warm, a re-connect costs a re-prepare. */
  constructor(url: string, options: { readonly max?: number; readonly onError?: (error: Error) => void } = {}) {
    this.url = url;
    // Pipelined: a statement is sent without waiting for the answer to the one before it.
    const pipelined = { pipeline: true, stream: () => new BurstSocket() };
    this.#pool = new Pool({
      connectionString: url,
      max: options.max ?? 10,
      min: 2,
      idleTimeoutMillis: 60_000,
      types: parsers,
      application_name: 'daiban',
      query_timeout: ANSWER_MS,
      ...ALIVE,
      ...pipelined,
    });
    this.#pool.on('error', (error) => options.onError?.(error));
    this.#pool.on('connect', (client) => void client.query(SESSION).catch(lostConnection));
  }

  async query<R extends object>(query: Statement | string, values: readonly unknown[] = []): Promise<R[]> {
    return run<R>(this.#pool, query, values);
  }

  /**
   * Runs `work` in one transaction; rolled back when it throws. The connection is dropped if even that fails. Statements
   * that `work` asks for side by side (`Promise.all`) run in that order and share one round trip.
   */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    // The pool listens on idle connections only. A server that goes away between two statements of a transaction would
    // otherwise be an unhandled 'error' event and end the process; the next statement fails anyway.
    client.on('error', lostConnection);
    // Of statements asked side by side one may fail while another's sequel is still to come. What comes after the end
    // would run outside the transaction, on a connection that is somebody else's by then.
    let hasEnded = false;
    try {
      const begun = client.query(BEGIN);
      begun.catch(lostConnection); // told to whoever asks the first statement
      const result = await work({
        query: async (query, values = []) => {
          if (hasEnded) throw new Error('the transaction has ended');
          // No answer is given before the transaction is known to be open, so nothing is built on one that is not.
          const [rows] = await Promise.all([run<never>(client, query, values), begun]);
          return rows;
        },
      });
      hasEnded = true;
      await begun;
      const { command } = await client.query(COMMIT);
      // PostgreSQL answers COMMIT after a failed statement with a roll-back and no error: nothing may be taken for stored.
      if (command === 'ROLLBACK')
        throw new Error('a statement of the transaction had failed, so nothing was committed');
      return result;
    } catch (error) {
      hasEnded = true;
      await client.query('ROLLBACK').catch((cause: unknown) => {
        broken = cause instanceof Error ? cause : new Error('rollback failed');
      });
      throw error;
    } finally {
      client.removeListener('error', lostConnection);
      client.release(broken);
    }
  }

  /** A connection of its own, e.g. to hold a session lock or LISTEN. The caller ends it. */
  async dedicated(): Promise<Client> {
    const client = new Client({ connectionString: this.url, types: parsers, application_name: 'daiban', ...ALIVE });
    client.on('error', lostConnection); // who cares listens too; nobody's listening must not end the process
    await client.connect();
    return client;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
