/** Whoever reads a command's output may have gone, and what takes it may be full. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { packageRoot } from '../../../src/config/env.ts';
import { useDatabase } from '../../support/database.ts';
import { freePort } from '../../support/free-port.ts';

const db = useDatabase();
const { PATH, HOME } = process.env;

function run(args: readonly string[], stdout: number | 'pipe', stderr: number | 'pipe', env = {}): ChildProcess {
  const settings = { PATH, HOME, LANG: 'en_US.UTF-8', ...env };
  return spawn(process.execPath, args, { cwd: packageRoot, env: settings, stdio: ['ignore', stdout, stderr] });
}

/** A place that is always full. */
function fullDisk(): number {
  const full = openSync('/dev/full', 'w');
  onTestFinished(() => closeSync(full));
  return full;
}

async function ended(child: ChildProcess): Promise<{ readonly code: number; readonly said: string }> {
  const said: string[] = [];
  child.stderr?.on('data', (bytes: Buffer) => void said.push(bytes.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, said: said.join('') };
}

test('a command whose reader has gone ends as usual and says nothing', async () => {
  const child = run(['dist/main.js', '--help'], 'pipe', 'pipe');
  child.stdout?.destroy();

  expect(await ended(child)).toEqual({ code: 0, said: '' });
}, 30_000);

test('a command whose output finds no room says so in one line and fails', async () => {
  const { code, said } = await ended(run(['dist/main.js', '--help'], fullDisk(), 'pipe'));

  expect(said).toMatch(/^✗ What was to be printed could not be written \(ENOSPC\).*\n$/);
  expect(code).toBe(1);
}, 30_000);

test('a server goes on without anybody to read it or any room for its log, and ends in order', async () => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'daiban-output-'));
  onTestFinished(async () => rm(dataDir, { recursive: true }));
  const port = String(await freePort());
  const child = run(['dist/main.js', 'start'], 'pipe', fullDisk(), {
    DATABASE_URL: db.url,
    DATA_DIR: dataDir,
    PORT: port,
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
  });
  child.stdout?.destroy();
  const end = once(child, 'exit');

  await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200), {
    timeout: 30_000,
    interval: 50,
  });
  child.kill('SIGTERM');

  expect(await end).toEqual([0, null]);
}, 60_000);
