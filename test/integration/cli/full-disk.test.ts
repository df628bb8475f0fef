/** A disk that is full: what a person at the terminal is told, and what a start finds that one has left behind. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { failureOf } from '../../../src/cli/failure.ts';
import { runCommand } from '../../../src/cli/index.ts';
import { withStartLock } from '../../../src/db/embedded/start-lock.ts';
import { useDatabase } from '../../support/database.ts';

const db = useDatabase();
let dataDir = '';
beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'daiban-full-'));
});
afterAll(async () => rm(dataDir, { recursive: true, force: true }));

/** As the system answers a write: with the file where it was opened by name, without where it was open already. */
function noSpace(file?: string): Error {
  const error = new Error('ENOSPC: no space left on device, write');
  return Object.assign(error, { code: 'ENOSPC', ...(file === undefined ? {} : { path: file }) });
}

describe('what is said of a full disk', () => {
  const places = { dataDir: '/srv/daiban', DATABASE_URL: 'postgres://daiban:secret@db.example.com:5432/daiban' };

  test('names the file, or the folder where the system names none, and what to do', () => {
    const said = (error: Error): unknown => failureOf(error, 'en', places);

    expect(said(noSpace())).toMatchObject({
      code: 'disk.full',
      message: expect.stringMatching(
        /^There is no room left on the disk of \/srv\/daiban\. Free some space/u,
      ) as string,
    });
    expect(said(noSpace('/srv/daiban/master.key'))).toMatchObject({
      message: expect.stringContaining('/srv/daiban/master.key') as string,
    });
    expect(failureOf(noSpace(), 'zh-CN', places).message).toMatch(/^\/srv\/daiban 所在的磁盘满了。 请在/u);
  });

  test('of the database is a refusal with the address and without the password', async () => {
    await db.pool.query(
      `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = 'disk_full'; END $$;
       CREATE TRIGGER full_disk BEFORE INSERT ON api_tokens FOR EACH ROW EXECUTE FUNCTION full_disk()`,
    );
    const printed: string[] = [];
    const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
    const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
    const settings = { DATABASE_URL: db.url, DATA_DIR: dataDir, MASTER_KEY, LOG_LEVEL: 'silent', LANG: 'en_US' };
    const code = await runCommand(['token', 'create', '--name', 'x', '--role', 'sales', '--json'], settings).finally(
      () => out.mockRestore(),
    );

    const { error } = JSON.parse(printed.join('')) as { error: { code: string; message: string } };
    const { host, password } = new URL(db.url);
    expect([code, error.code]).toEqual([1, 'database.full']);
    expect(error.message).toContain(`The disk of the database (${host}) is full. Free some space`);
    if (password !== '') expect(error.message).not.toContain(password);
  });
});

describe('the lock of a start', () => {
  const file = (): string => path.join(dataDir, 'pg.lock');

  test('that is empty is nobody’s, and holds no later start up', async () => {
    await writeFile(file(), '');

    expect(await withStartLock(dataDir, async () => 'started')).toBe('started');
    expect((await readdir(dataDir)).filter((name) => name.startsWith('pg.lock'))).toEqual([]);
  }, 5_000);

  test('is never seen without its owner', async () => {
    const seen = await withStartLock(dataDir, async () => readFile(file(), 'utf8'));

    expect(seen).toBe(`${process.pid}\n`);
  });
});
