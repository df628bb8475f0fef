/** The key file that a first start makes: what becomes of it when that start fails. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openBase } from '../../../src/base.ts';
import { masterKeyFile } from '../../../src/config/master-key.ts';
import { parseEnv, type Env } from '../../../src/config/env.ts';
import { useDatabase } from '../../support/database.ts';

const db = useDatabase();

async function freshFolder(): Promise<Env> {
  const folder = await mkdtemp(path.join(tmpdir(), 'daiban-key-file-'));
  onTestFinished(async () => rm(folder, { recursive: true }));
  const parsed = parseEnv({ DATABASE_URL: db.url, DATA_DIR: folder, LOG_LEVEL: 'silent' });
  if (!parsed.ok) throw new Error(parsed.faults.join());
  return parsed.env;
}

async function open(env: Env): Promise<void> {
  const base = await openBase({ env, version: '0', say: () => undefined }, {}, () => undefined);
  await base.close();
}

test('stays when the start fails after keys were wrapped by it, and goes when others were wrapped before', async () => {
  const first = await freshFolder();
  await db.pool.query('ALTER FUNCTION ensure_partitions RENAME TO elsewhere');
  await expect(open(first)).rejects.toThrow('ensure_partitions');
  await db.pool.query('ALTER FUNCTION elsewhere RENAME TO ensure_partitions');
  const key = await readFile(masterKeyFile(first), 'utf8');

  await open(first);
  const stranger = await freshFolder();
  await expect(open(stranger)).rejects.toThrow('setting.master_key_other');

  expect(await readFile(masterKeyFile(first), 'utf8')).toBe(key);
  await expect(readFile(masterKeyFile(stranger))).rejects.toThrow('ENOENT');
});

test('is not there, rather than there and empty, when the disk was full', async () => {
  const { dataDir } = await freshFolder();
  const make = `import('./src/config/master-key.ts').then(({ masterKey }) => masterKey({ dataDir: ${JSON.stringify(dataDir)} }))`;
  // To a process that may write files of no length at all, every disk is full.
  const full = spawnSync('sh', ['-c', 'ulimit -f 0; exec "$0" --import tsx -e "$1"', process.execPath, make], {
    cwd: path.resolve(import.meta.dirname, '../../..'),
    env: { ...process.env, TSX_DISABLE_CACHE: '1' },
    encoding: 'utf8',
  });

  expect(full.stderr).toContain('EFBIG');
  expect(await readdir(dataDir)).toEqual([]);
});
