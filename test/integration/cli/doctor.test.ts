/** What the health check of a container and a person who looks for a fault are told. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { doctor } from '../../../src/cli/doctor.ts';
import { parseEnv } from '../../../src/config/env.ts';
import { startStub } from '../../fixtures/slack/http-stub.ts';
import { useDatabase } from '../../support/database.ts';
import { freePort } from '../../support/free-port.ts';
import { describeWithRedis, useRedis } from '../../support/redis.ts';

interface Told {
  readonly code: number;
  readonly findings: Readonly<Record<string, boolean>>;
  /** What is wrong with each, by its short name. */
  readonly codes: Readonly<Record<string, string | undefined>>;
  readonly lacking: unknown;
}

interface Found {
  readonly check: string;
  readonly ok: boolean;
  readonly code?: string;
  readonly lacking?: unknown;
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

  /** Asks it about an installation whose Telegram nobody answers for, unless more is said of it. */
  async function ask(
    { redisUrl, isLocal }: { readonly redisUrl: string; readonly isLocal: boolean },
    more: Readonly<Record<string, string>> = {},
  ): Promise<Told> {
    const settings = parseEnv({
      DATABASE_URL: db.url,
      DATA_DIR: dataDir,
      REDIS_URL: redisUrl,
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      TELEGRAM_BOT_TOKEN: '4242:doctor',
      TELEGRAM_API_ROOT: `http://127.0.0.1:${closed}`,
      ...more,
    });
    if (!settings.ok) throw new Error(settings.faults.join('\n'));
    const lines: string[] = [];
    const cli = { env: settings.env, version: '0.0.0', json: true, out: (line: string) => void lines.push(line) };
    const code = await doctor(cli, isLocal);
    const { findings } = JSON.parse(lines.join('')) as { readonly findings: readonly Found[] };
    return {
      code,
      findings: Object.fromEntries(findings.map(({ check, ok }) => [check, ok])),
      codes: Object.fromEntries(findings.map(({ check, code: word }) => [check, word])),
      lacking: findings.find(({ check }) => check === 'approvers')?.lacking,
    };
  }

  test('fails on a platform that does not answer', async () => {
    expect(await ask({ redisUrl: redis.url, isLocal: false })).toMatchObject({
      code: 1,
      findings: {
        database: true,
        keys: true,
        disk: true,
        storing: true,
        redis: true,
        telegram: false,
        staff: false,
        products: false,
        approvers: false,
        incidents: true,
      },
    });
  });

  test('names what is wrong with codes that stay the same, and says how many it lacks', async () => {
    const { codes, lacking } = await ask({ redisUrl: `redis://127.0.0.1:${closed}`, isLocal: false });

    expect(codes).toMatchObject({
      database: undefined,
      redis: 'redis_unreachable',
      staff: 'no_staff',
      products: 'no_products',
      approvers: 'too_few_approvers',
    });
    expect(lacking).toContainEqual({ flow: 'loan-approval', role: 'approver', needed: 2, there: 0 });
  });

  test.each([
    ['https://bot.example.com', true, undefined],
    ['https://old.example.com', false, 'webhook_elsewhere'],
  ])('of a Telegram that delivers to %s it says whether that is us', async (where, isOurs, word) => {
    const result = { url: `${where}/channels/telegram/webhook`, pending_update_count: 0 };
    const stub = await startStub(() => ({ json: { ok: true, result } }));
    const { findings, codes } = await ask(
      { redisUrl: redis.url, isLocal: false },
      { TELEGRAM_API_ROOT: stub.url, TELEGRAM_WEBHOOK_SECRET: 'hook', PUBLIC_URL: 'https://bot.example.com' },
    );
    await stub.close();

    expect([findings['telegram'], codes['telegram']]).toEqual([isOurs, word]);
  });

  test('fails on a Redis that does not answer', async () => {
    const { code, findings } = await ask({ redisUrl: `redis://127.0.0.1:${closed}`, isLocal: false });
    expect([code, findings['redis']]).toEqual([1, false]);
  });

  test('fails on a database that stores nothing any more, and leaves nothing of what it tried', async () => {
    const full = `CREATE FUNCTION full_disk() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
        IF current_query() LIKE '%TEMPORARY%' THEN RAISE EXCEPTION 'full' USING ERRCODE = 'disk_full'; END IF; END $$;
      CREATE EVENT TRIGGER full_disk ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION full_disk()`;
    await db.pool.query(full);

    const { code, findings, codes } = await ask({ redisUrl: redis.url, isLocal: false });
    await db.pool.query('DROP FUNCTION full_disk CASCADE');

    expect([code, findings['storing'], codes['storing']]).toEqual([1, false, 'disk_full']);
    expect((await readdir(dataDir)).filter((name) => name.startsWith('.try'))).toEqual([]);
    expect((await ask({ redisUrl: redis.url, isLocal: false })).findings['storing']).toBe(true);
  });

  test('as the health check of a container asks only for what a process cannot work without', async () => {
    const { code, findings } = await ask({ redisUrl: `redis://127.0.0.1:${closed}`, isLocal: true });

    expect(code).toBe(0);
    expect(findings).toEqual({ database: true, keys: true, incidents: true });
  });
});
