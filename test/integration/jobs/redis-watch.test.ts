/** A Redis that dies costs a moment each time; whoever runs the installation is told once when it goes and once when it is back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { startApp } from '../../../src/app.ts';
import { parseEnv } from '../../../src/config/env.ts';
import { RedisWatch } from '../../../src/jobs/redis-watch.ts';
import { useDatabase } from '../../support/database.ts';
import { freePort } from '../../support/free-port.ts';
import { describeWithRedis, useRedis } from '../../support/redis.ts';

describeWithRedis('a Redis that goes away', () => {
  const db = useDatabase();
  const redis = useRedis();
  const dataDir = mkdtempSync(path.join(tmpdir(), 'daiban-redis-watch-'));
  const said: string[] = [];
  const log = pino(
    { level: 'info' },
    { write: (line) => void said.push((JSON.parse(line) as { event: string }).event) },
  );

  beforeEach(async () => {
    said.length = 0;
    await db.pool.query('DELETE FROM incidents');
  });
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  async function incidents(): Promise<readonly boolean[]> {
    const { rows } = await db.pool.query<{ open: boolean }>(
      `SELECT resolved_at IS NULL AS open FROM incidents WHERE kind = 'queue_lost' ORDER BY id`,
    );
    return rows.map(({ open }) => open);
  }

  test('is told once when it goes and once when it is back, with one incident for all processes', async () => {
    const watches = [1, 2].map(() => new RedisWatch(redis.url, { database: db.database, log }));
    const look = async (): Promise<void> => void (await Promise.all(watches.map(async (watch) => watch.look())));
    await look();
    expect([said, await incidents()]).toEqual([[], []]);

    await redis.stop();
    for (let times = 0; times < 3; times += 1) await look();
    expect(watches.map(({ isUp }) => isUp)).toEqual([false, false]);
    expect([said, await incidents()]).toEqual([['redis.lost', 'redis.lost'], [true]]);

    await redis.restart();
    for (let times = 0; times < 3; times += 1) await look();
    expect(watches.map(({ isUp }) => isUp)).toEqual([true, true]);
    expect([said.slice(2), await incidents()]).toEqual([['redis.back', 'redis.back'], [false]]);
  });

  test('dead from the start: /readyz names the queue, /metrics has it at 0, and the process serves', async () => {
    const parsed = parseEnv({
      PORT: '0',
      DATA_DIR: dataDir,
      DATABASE_URL: db.url,
      REDIS_URL: `redis://127.0.0.1:${await freePort()}`,
      SANDBOX: 'off',
      LOG_LEVEL: 'silent',
      ROLES: 'web',
    });
    if (!parsed.ok) throw new Error(parsed.faults.join());
    const app = await startApp({ env: parsed.env, version: 'test', say: () => undefined });
    try {
      await expect.poll(async () => (await fetch(`${app.url}/readyz`)).json()).toMatchObject({ missing: ['queue'] });
      expect((await fetch(`${app.url}/readyz`)).status).toBe(503);
      expect(await (await fetch(`${app.url}/metrics`)).text()).toContain('daiban_queue_up 0\n');
      expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
      await expect.poll(incidents).toEqual([true]);
    } finally {
      await app.close();
    }
  });
});
