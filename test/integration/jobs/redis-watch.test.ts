/** A Redis that dies costs a moment each time; whoever runs the installation is told once when it goes and once when it is back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { startApp } from '../../../src/app.ts';
import { parseEnv } from '../../../src/config/env.ts';
import { RedisWatch } from '../../../src/jobs/redis-watch.ts';
import { newId } from '../../../src/lib/ids.ts';
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

  /** Lets a minute go by since somebody last found it away. */
  async function pass(): Promise<void> {
    await db.pool.query(
      `UPDATE incidents SET detail = jsonb_build_object('awayAt', (detail ->> 'awayAt')::timestamptz - interval '1 minute')`,
    );
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
    await pass();
    await look();
    expect([said.slice(2), await incidents()]).toEqual([['redis.back', 'redis.back'], [false]]);
  });

  test('a process that reaches it closes nothing while another does not, and everything once nobody says so', async () => {
    await redis.restart();
    const away = new RedisWatch(`redis://127.0.0.1:${await freePort()}`, { database: db.database, log });
    const fine = new RedisWatch(redis.url, { database: db.database, log });
    await away.look();
    await fine.look();
    expect(await incidents()).toEqual([true]);

    await pass();
    await away.look();
    await fine.look();
    expect(await incidents()).toEqual([true]);

    await pass(); // the process that said so is gone
    await fine.look();
    expect(await incidents()).toEqual([false]);

    await away.look(); // it was only slow
    expect(await incidents()).toEqual([false, true]);
  });

  test('an incident that a person has closed is not opened again while it is away', async () => {
    const away = new RedisWatch(`redis://127.0.0.1:${await freePort()}`, { database: db.database, log });
    await away.look();
    const id = newId();
    await db.pool.query(
      `INSERT INTO staff (id, name, roles, zone, language, created_at) VALUES ($1, '梁总', '{manager}', 'Asia/Shanghai', 'zh-CN', now())`,
      [id],
    );
    await db.pool.query('UPDATE incidents SET resolved_at = now(), resolved_by = $1', [id]);

    for (let times = 0; times < 2; times += 1) await away.look();

    expect(await incidents()).toEqual([false]);
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
