/** The PostgreSQL client of everything below an operation: prepared statements, short transactions, LISTEN. */
import pg from 'pg';

/** A named prepared statement; the name must be unique in the product. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Declares a prepared statement: parsed and planned once per connection. */
export function statement(name: string, text: string): Statement {
  return { name, text };
}

/** What runs SQL: a transaction's connection, or the pool for single reads. */
export interface Tx {
  /** Rows as plain objects: int8 as bigint, numeric and date as string, timestamptz as Date, bytea as Buffer. */
  query<R extends object>(query: Statement | string, values?: readonly unknown[]): Promise<R[]>;
}

const builtins = pg.types.builtins;
const parsers = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): unknown {
    if (format === 'binary') return pg.types.getTypeParser(oid, 'binary');
    if (oid === builtins.INT8) return BigInt;
    if (oid === builtins.DATE || oid === builtins.NUMERIC) return String;
    return pg.types.getTypeParser(oid, 'text');
  },
};

async function run<R extends object>(client: pg.ClientBase | pg.Pool, query: Statement | string, values: readonly unknown[]): Promise<R[]> {
  const config = typeof query === 'string' ? { text: query, values: [...values] } : { ...query, values: [...values] };
  const result = await client.query<R>(config);
  return result.rows;
}

/** SQLSTATE of a database error, if it is one. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** The violated constraint's name, if the error is a constraint violation. */
export function violatedConstraint(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.constraint : undefined;
}

export class Database implements Tx {
  readonly #pool: pg.Pool;
  readonly url: string;

  /** @param max Connections at most; `min` of them stay warm, a re-connect costs a re-prepare. */
  constructor(url: string, options: { readonly max?: number; readonly onError?: (error: Error) => void } = {}) {
    this.url = url;
    this.#pool = new pg.Pool({ connectionString: url, max: options.max ?? 10, min: 2, idleTimeoutMillis: 60_000, types: parsers, application_name: 'daiban' });
    this.#pool.on('error', (error) => options.onError?.(error));
  }

  async query<R extends object>(query: Statement | string, values: readonly unknown[] = []): Promise<R[]> {
    return run<R>(this.#pool, query, values);
  }

  /** Runs `work` in one transaction; rolled back when it throws. The connection is dropped if even that fails. */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await work({ query: async (query, values = []) => run(client, query, values) });
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((cause: unknown) => {
        broken = cause instanceof Error ? cause : new Error('rollback failed');
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** A connection of its own, e.g. to hold a session lock or LISTEN. The caller ends it. */
  async dedicated(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url, types: parsers, application_name: 'daiban' });
    await client.connect();
    return client;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
