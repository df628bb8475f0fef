/** What the health check of a container and a person who looks for a fault are told. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { doctor } from '../../../src/cli/doctor.ts';
import { parseEnv } from '../../../src/config/env.ts';
import { useDatabase } from '../../support/database.ts';
import { freePort } from '../../support/free-port.ts';
import { describeWithRedis, useRedis } from '../../support/redis.ts';

interface Told {
  readonly code: number;
  readonly findings: Readonly<Record<string, boolean>>;
}

describeWithRedis('daiban doctor', () => {
  const db = useDatabase();
  const redis = useRedis();
  let dataDir = '';
  let closed = 0;

  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'daiban-doctor-'));
    closed = await freePort();
  });
  afterAll(async () => rm(dataDir, { recursive: true, force: true }));

  /** Asks it about an installation whose Telegram nobody answers for. */
  async function ask({ redisUrl, isLocal }: { readonly redisUrl: string; readonly isLocal: boolean }): Promise<Told> {
    const settings = parseEnv({
      DATABASE_URL: db.url,
      DATA_DIR: dataDir,
      REDIS_URL: redisUrl,
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      TELEGRAM_BOT_TOKEN: '4242:doctor',
      TELEGRAM_API_ROOT: `http://127.0.0.1:${closed}`,
    });
    if (!settings.ok) throw new Error(settings.faults.join('\n'));
    const lines: string[] = [];
    const cli = { env: settings.env, version: '0.0.0', json: true, out: (line: string) => void lines.push(line) };
    const code = await doctor(cli, isLocal);
    const { findings } = JSON.parse(lines.join('')) as {
      readonly findings: readonly { readonly check: string; readonly ok: boolean }[];
    };
    return { code, findings: Object.fromEntries(findings.map(({ check, ok }) => [check, ok])) };
  }

  test('fails on a platform that does not answer', async () => {
    expect(await ask({ redisUrl: redis.url, isLocal: false })).toEqual({
      code: 1,
      findings: {
        database: true,
        keys: true,
        redis: true,
        telegram: false,
        staff: false,
        products: false,
        approvers: false,
        incidents: true,
      },
    });
  });

  test('fails on a Redis that does not answer', async () => {
    const { code, findings } = await ask({ redisUrl: `redis://127.0.0.1:${closed}`, isLocal: false });
    expect([code, findings['redis']]).toEqual([1, false]);
  });

  test('as the health check of a container asks only for what a process cannot work without', async () => {
    expect(await ask({ redisUrl: `redis://127.0.0.1:${closed}`, isLocal: true })).toEqual({
      code: 0,
      findings: { database: true, keys: true, incidents: true },
    });
  });
});
