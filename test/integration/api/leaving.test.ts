/** A process that is asked to go: what is under way is finished, and everything it opened is given back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { Database } from '../../../src/db/database.ts';
import { Lists } from '../../../src/db/lists.ts';
import { MASTER_KEY, until, useCompany } from '../../invariants/support/company.ts';
import { BOOTSTRAP, startWeb } from './api-server.ts';

const company = useCompany();
const dataDir = mkdtempSync(path.join(tmpdir(), 'daiban-leaving-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const start = async (settings: Readonly<Record<string, string>> = {}) =>
  startWeb({
    DATA_DIR: dataDir,
    DATABASE_URL: company.db.url,
    MASTER_KEY: MASTER_KEY.toString('base64'),
    BOOTSTRAP_API_TOKEN: BOOTSTRAP,
    ...settings,
  });

test('a request under way is answered with what was committed', async () => {
  const app = await start();
  const blocker = new Client({ connectionString: company.db.url });
  await blocker.connect();
  onTestFinished(async () => blocker.end());
  await blocker.query('BEGIN; LOCK TABLE staff IN ACCESS EXCLUSIVE MODE');
  const asked = fetch(`${app.url}/api/v1/staff`, {
    method: 'POST',
    headers: { authorization: `Bearer ${BOOTSTRAP}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: '小林', roles: ['sales'] }),
  });
  await until(async () => (await company.count("pg_locks WHERE relation = 'staff'::regclass AND NOT granted")) > 0);

  const left = app.close();
  await until(async () =>
    fetch(`${app.url}/healthz`).then(
      () => false,
      () => true,
    ),
  );
  await blocker.query('COMMIT');

  expect((await asked).status).toBe(201);
  await left;
  expect(await company.count("staff WHERE name = '小林'")).toBe(1);
});

test('an open page of the sandbox is told that it is over: nobody waits for it, nothing is cut', async () => {
  const app = await start({ SANDBOX: 'on' });
  const line = await fetch(`${app.url}/sandbox/api/events`);

  const [text] = await Promise.all([line.text(), app.close()]);

  expect(text).toContain('event: change');
});

test('what cannot be given back keeps nothing else from being given back', async () => {
  const app = await start();
  vi.spyOn(Lists.prototype, 'close').mockRejectedValueOnce(new Error('the connection was gone already'));
  const databases = vi.spyOn(Database.prototype, 'close');
  onTestFinished(() => void vi.restoreAllMocks());

  await expect(app.close()).rejects.toThrow('the connection was gone already');

  expect(databases).toHaveBeenCalled();
});
