/** A database host that is gone, or that answers nothing, must not hold anybody for ever (invariant 1: an error, not silence). */
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Database } from '../../../src/db/database.ts';
import { isPassing } from '../../../src/db/faults.ts';
import { Lists } from '../../../src/db/lists.ts';
import { pendingMigrations } from '../../../src/db/migrate.ts';
import { useDatabase } from '../../support/database.ts';

const db = useDatabase();
let silent: Server;
let url = '';

beforeAll(async () => {
  silent = createServer(() => undefined); // takes every connection and says nothing
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  url = `postgres://daiban@127.0.0.1:${typeof address === 'object' ? address?.port : ''}/daiban`;
});
afterAll(() => silent.close());

async function reasonOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'answered',
    (error: unknown) => error,
  );
}

describe('a host that answers nothing', () => {
  test('is given up after five seconds, as something that passes: by the pool, a session of its own, lists, and readiness', async () => {
    const database = new Database(url, { max: 2 });
    const lists = new Lists(url);
    const page = async (): Promise<unknown> => lists.deliveries({ state: undefined, before: undefined, limit: 1 });

    const reasons = await Promise.all([
      reasonOf(database.query('SELECT 1')),
      reasonOf(database.transaction(async (tx) => tx.query('SELECT 1'))),
      reasonOf(database.query('SELECT 1')), // waits for one of the two connections
      reasonOf(database.dedicated()),
      reasonOf(page()),
      reasonOf(page()),
      reasonOf(page()),
      reasonOf(pendingMigrations(url)),
    ]);

    expect(reasons.map((reason) => [isPassing(reason), String(reason)])).toEqual(
      reasons.map((reason) => [true, String(reason)]),
    );
  }, 12_000);
});

describe('a session of the pool', () => {
  test('lets no statement run and no transaction idle for more than a minute', async () => {
    const database = new Database(db.url);
    const rows = await database.query(
      `SELECT name, setting FROM pg_settings WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout') ORDER BY name`,
    );
    await database.close();

    expect(rows).toEqual([
      { name: 'idle_in_transaction_session_timeout', setting: '60000' },
      { name: 'statement_timeout', setting: '60000' },
    ]);
  });
});
