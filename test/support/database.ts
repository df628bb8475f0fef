/** A database of its own for each test file: all migrations, no rows. */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { DatabaseError, Pool } from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import { Database } from '../../src/db/database.ts';
import { runSql } from './cluster.ts';

/** Usable from `beforeAll` hooks and tests on, not while the file is being collected. */
export interface TestDatabase {
  readonly url: string;
  /** Plain node-postgres, default type parsers; for arranging and looking at rows. */
  readonly pool: Pool;
  /** The product's client: bigint, transactions, prepared statements. */
  readonly database: Database;
}

/** SQLSTATE of "source database is being accessed by other users": two workers clone at the same moment. */
const SOURCE_BUSY = '55006';

/**
 * Call once at the top of a test file (or in a `describe`). Clones before the tests and drops after them.
 * @param options.migrated false gives an empty database without tables, for tests of the migrations themselves
 */
export function useDatabase({ migrated = true }: { readonly migrated?: boolean } = {}): TestDatabase {
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  const open: { url?: string; pool?: Pool; database?: Database } = {};
  beforeAll(async () => {
    const { adminUrl, template } = inject('testServer');
    await clone(adminUrl, name, migrated ? template : 'template1');
    const url = new URL(adminUrl);
    url.pathname = `/${name}`;
    open.url = url.toString();
  });
  afterAll(async () => {
    await Promise.all([open.pool?.end(), open.database?.close()]);
    await runSql(inject('testServer').adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  });
  return {
    get url() {
      if (open.url === undefined) throw new Error('the test database exists from the first hook on');
      return open.url;
    },
    get pool() {
      open.pool ??= new Pool({ connectionString: this.url, max: 10 }).on('error', () => undefined);
      return open.pool;
    },
    get database() {
      open.database ??= new Database(this.url);
      return open.database;
    },
  };
}

async function clone(adminUrl: string, name: string, template: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await runSql(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`);
      return;
    } catch (error) {
      const busy = error instanceof DatabaseError && error.code === SOURCE_BUSY;
      if (!busy || tries === 100) throw error;
      await wait(30);
    }
  }
}
