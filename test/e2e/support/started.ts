/** The product as a stranger starts it: one command, an empty folder, a free port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../../support/free-port.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const START_MS = 90_000;
const STOP_MS = 30_000;

export interface Started {
  readonly url: string;
  readonly dataDir: string;
  /** Everything it printed. */
  output(): string;
  /** Ends it as Ctrl-C does; gives the exit code. */
  stop(): Promise<number | null>;
}

/** Starts `daiban start` and waits until it is ready. Nothing of the surrounding environment configures it. */
export async function startProduct(): Promise<Started> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'daiban-e2e-'));
  // As root the embedded PostgreSQL runs under another account, which has to get in here.
  chmodSync(dataDir, 0o755);
  const port = await freePort();
  const { PATH, HOME, LANG } = process.env;
  const child = spawn(process.execPath, ['bin/daiban.js', 'start'], {
    cwd: ROOT,
    env: { PATH, HOME, LANG, DATA_DIR: dataDir, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => lines.push(chunk.toString('utf8')));
  const url = `http://127.0.0.1:${port}`;
  const output = (): string => lines.join('');
  const stop = async (): Promise<number | null> => {
    const code = await stopped(child);
    rmSync(dataDir, { recursive: true, force: true });
    return code;
  };
  try {
    await ready(url, child);
  } catch (error) {
    await stop();
    throw new Error(`the product did not become ready:\n${output()}`, { cause: error });
  }
  return { url, dataDir, output, stop };
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  const until = performance.now() + START_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`exit code ${child.exitCode}`);
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    const page = answer?.status === 200 ? await fetch(`${url}/sandbox`).catch(() => undefined) : undefined;
    if (page?.status === 200) return;
    if (performance.now() > until) throw new Error(`not ready after ${START_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function stopped(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    child.once('exit', (code) => {
      clearTimeout(force);
      resolve(code);
    });
    child.kill('SIGTERM');
  });
}
