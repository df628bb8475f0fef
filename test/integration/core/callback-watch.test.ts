/** The product at work: real WeCom gives a sign of life, a look-alike none, and a return after an outage is told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { startApp, type RunningApp } from '../../../src/app.ts';
import { parseEnv } from '../../../src/config/env.ts';
import { useDatabase } from '../../support/database.ts';

const WECOM = {
  SANDBOX: 'off',
  WECOM_CORP_ID: 'ww0gap',
  WECOM_AGENT_ID: '1000002',
  WECOM_SECRET: 'secret-of-the-test',
  WECOM_TOKEN: 'tokenOfTheTest',
  WECOM_ENCODING_AES_KEY: 'a'.repeat(43),
  WECOM_API_BASE: 'http://127.0.0.1:1',
};
const database = useDatabase();
const dataDir = mkdtempSync(path.join(tmpdir(), 'daiban-gap-'));
let app: RunningApp | undefined;

afterEach(async () => {
  await app?.close();
  app = undefined;
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

async function start(settings: Readonly<Record<string, string>>): Promise<void> {
  const result = parseEnv({
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    LOG_LEVEL: 'silent',
    ROLES: 'web',
    ...settings,
  });
  if (!result.ok) throw new Error(result.faults.join('\n'));
  app = await startApp({ env: result.env, version: 'test', say: () => undefined });
}

async function stop(): Promise<void> {
  await app?.close();
  app = undefined;
}

async function rows(sql: string): Promise<readonly unknown[]> {
  return (await database.pool.query(sql)).rows;
}

test('a web process with real WeCom notes that it listens; coming back after a minute it opens one incident', async () => {
  await start(WECOM);
  expect(await rows('SELECT account FROM channel_states WHERE callbacks_at IS NOT NULL')).toEqual([
    { account: 'wecom:ww0gap:1000002' },
  ]);
  await stop();
  await start(WECOM);
  await stop();
  expect(await rows('SELECT kind FROM incidents')).toEqual([]); // a restart

  await database.pool.query(`UPDATE channel_states SET callbacks_at = callbacks_at - interval '60 seconds'`);
  await start(WECOM);
  expect(await rows('SELECT kind, subject_id FROM incidents')).toEqual([
    { kind: 'callback_gap', subject_id: 'wecom:ww0gap:1000002' },
  ]);
  expect(await rows(`SELECT kind FROM timers WHERE kind = 'callback_gap'`)).toHaveLength(1);
});

test('the look-alike of the sandbox, which lives and dies with us, gives none', async () => {
  await database.pool.query('TRUNCATE channel_states');
  await start({ SANDBOX: 'auto' });

  expect(await rows('SELECT account FROM channel_states WHERE callbacks_at IS NOT NULL')).toEqual([]);
});
