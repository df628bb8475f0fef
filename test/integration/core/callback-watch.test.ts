/** The product at work: real WeCom gives a sign of life, a look-alike none, and a return after an outage is told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { startApp, type RunningApp } from '../../../src/app.ts';
import { CallbackCrypto } from '../../../src/channels/wecom/callback-crypto.ts';
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

test('a callback that could not be stored is refused and noted: no sign of life is given any more, and the next start tells', async () => {
  await database.pool.query('TRUNCATE channel_states, incidents');
  await start(WECOM);
  await database.pool.query(
    `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = 'disk_full'; END $$;
     CREATE TRIGGER full_disk BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION full_disk()`,
  );

  expect((await callback()).status).toBe(503);
  await database.pool.query(`UPDATE channel_states SET callbacks_at = clock_timestamp() - interval '10 seconds'`);
  await stop();

  expect(
    await rows(`SELECT callbacks_at < clock_timestamp() - interval '10 seconds' AS kept FROM channel_states`),
  ).toEqual([{ kept: true }]);
  await database.pool.query(`DROP FUNCTION full_disk CASCADE;
     UPDATE channel_states SET callbacks_at = callbacks_at - interval '10 seconds'`);
  await start(WECOM);
  expect(await rows('SELECT kind FROM incidents')).toEqual([{ kind: 'callback_gap' }]);
});

/** What a member wrote, as WeCom posts it. */
async function callback(): Promise<Response> {
  const { WECOM_TOKEN: token, WECOM_ENCODING_AES_KEY: encodingAesKey, WECOM_CORP_ID: receiveId } = WECOM;
  const seconds = String(Math.floor(Date.now() / 1_000));
  const plain = `<xml><ToUserName>${receiveId}</ToUserName><FromUserName>xiaolin</FromUserName><CreateTime>${seconds}</CreateTime><MsgType>text</MsgType><Content>hi</Content><MsgId>1</MsgId><AgentID>1000002</AgentID></xml>`;
  const sealed = new CallbackCrypto({ token, encodingAesKey, receiveId }).seal(plain, seconds);
  const query = new URLSearchParams({ msg_signature: sealed.signature, timestamp: seconds, nonce: sealed.nonce });
  const body = `<xml><ToUserName>${receiveId}</ToUserName><Encrypt>${sealed.encrypt}</Encrypt></xml>`;
  return fetch(`${app?.url}/channels/wecom/callback?${query.toString()}`, { method: 'POST', body });
}

test('the look-alike of the sandbox, which lives and dies with us, gives none', async () => {
  await database.pool.query('TRUNCATE channel_states');
  await start({ SANDBOX: 'auto' });

  expect(await rows('SELECT account FROM channel_states WHERE callbacks_at IS NOT NULL')).toEqual([]);
});
