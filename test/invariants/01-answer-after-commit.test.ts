/** Invariant 1: a platform gets its 2xx only after the event is committed; if the store is down it gets an error. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { createWebhooks } from '../../src/api/webhooks.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { runSql } from '../support/cluster.ts';
import { until, useCompany } from './support/company.ts';

const company = useCompany();
const served: { server?: Server } = {};

beforeAll(async () => {
  const webhooks = createWebhooks({
    routes: new Map([['/hook', company.channels.telegram]]),
    inbox: company.door(),
    clock: systemClock,
    log: silentLog,
    interactiveAnswer: async () => undefined,
    count: () => undefined,
    refused: () => undefined,
  });
  const server = createServer((request, response) => void webhooks.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  served.server = server;
});
afterAll(() => served.server?.close());

async function deliver(key: string): Promise<number> {
  const address = served.server?.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const response = await fetch(`http://127.0.0.1:${port}/hook`, {
    method: 'POST',
    body: JSON.stringify({ from: 'u1', text: 'hello', key }),
  });
  return response.status;
}

const isStored = async (key: string): Promise<boolean> =>
  (await company.count('inbox_keys k JOIN inbox USING (account) WHERE k.key = $1', [key])) > 0;

describe('the answer to a delivery', () => {
  test('a platform waits for its 200 while the event cannot be committed, and finds it committed when the 200 comes', async () => {
    const blocker = new Client({ connectionString: company.db.url });
    await blocker.connect();
    onTestFinished(async () => blocker.end());
    await blocker.query('BEGIN; LOCK TABLE inbox_keys IN ACCESS EXCLUSIVE MODE');
    let status: number | undefined;
    const answered = deliver('k1').then((code) => (status = code));
    await until(
      async () =>
        (await company.count(`pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)) > 0,
    );

    expect(status).toBeUndefined();

    await blocker.query('COMMIT');
    expect(await answered).toBe(200);
    expect(await isStored('k1')).toBe(true);
  });

  test('a store that is down gives 503 and keeps nothing; the same delivery later is taken once', async () => {
    const { adminUrl } = inject('testServer');
    const name = new URL(company.db.url).pathname.slice(1);
    await runSql(adminUrl, `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await runSql(adminUrl, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);

    expect(await deliver('k2')).toBe(503);

    await runSql(adminUrl, `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    expect(await isStored('k2')).toBe(false);
    expect(await deliver('k2')).toBe(200);
    expect(await isStored('k2')).toBe(true);
    expect(await company.count('inbox')).toBe(2);
  });

  test('an event that the store refuses does not take those with it that arrive in the same moment', async () => {
    // A key that no index takes: longer than a page, and nothing in it repeats.
    const digests = Array.from({ length: 200 }, (_, n) => createHash('sha256').update(String(n)).digest('hex'));
    const codes = await Promise.all([deliver('k3'), deliver(digests.join('')), deliver('k5')]);

    expect(codes).toEqual([200, 503, 200]);
  });
});
