/**
 * A private Redis for tests of what leans on it. Without a `redis-server` such tests are skipped and say so; in CI (`CI=true`)
 * that is a failure, because nobody would notice otherwise.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe } from 'vitest';
import { freePort } from './free-port.ts';

/** A running Redis; usable from `beforeAll` hooks and tests on. */
export interface TestRedis {
  readonly url: string;
  /** Forgets everything, as an operator's `FLUSHALL` or an eviction would. */
  flush(): Promise<void>;
  /** Kills it without warning and starts it empty on the same port; also after `stop`. */
  restart(): Promise<void>;
  /** Kills it without warning. */
  stop(): Promise<void>;
}

const PROGRAMS = ['redis-server', 'valkey-server'] as const;
const program = PROGRAMS.find((name) => spawnSync(name, ['--version']).status === 0);

/** `describe` for tests that need `useRedis`. */
export const describeWithRedis = program !== undefined || process.env['CI'] === 'true' ? describe : skipAndSaySo();

function skipAndSaySo(): typeof describe.skip {
  process.stderr.write(
    'Tests on Redis are skipped: there is no redis-server. On Debian: apt-get install redis-server\n',
  );
  return describe.skip;
}

/** Starts a Redis before the tests of this block and ends it after them. @throws Error where the program is missing. */
export function useRedis(): TestRedis {
  const running: { process?: ChildProcess; port?: number; folder?: string } = {};
  beforeAll(async () => {
    running.folder = await mkdtemp(path.join(tmpdir(), 'daiban-redis-'));
    running.port = await freePort();
    running.process = await start(running.port, running.folder);
  });
  afterAll(async () => {
    if (running.process !== undefined) await kill(running.process);
    if (running.folder !== undefined) await rm(running.folder, { recursive: true, force: true });
  });
  return {
    get url() {
      return `redis://127.0.0.1:${running.port}`;
    },
    flush() {
      return ask(this.url, (redis) => redis.flushall());
    },
    async stop() {
      if (running.process !== undefined) await kill(running.process);
    },
    async restart() {
      const { process: old, port, folder } = running;
      if (old === undefined || port === undefined || folder === undefined) throw new Error('Redis is not running');
      await kill(old);
      running.process = await start(port, folder);
    },
  };
}

async function start(port: number, folder: string): Promise<ChildProcess> {
  if (program === undefined) throw new Error('CI must have redis-server: apt-get install redis-server');
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  const server = spawn(program, [...flags, '--maxmemory-policy', 'noeviction'], { stdio: 'ignore' });
  for (let tries = 0; tries < 200; tries += 1) {
    if (server.exitCode !== null) throw new Error(`${program} ended with ${server.exitCode}`);
    const up = await ask(`redis://127.0.0.1:${port}`, (redis) => redis.ping()).then(
      () => true,
      () => false,
    );
    if (up) return server;
    await wait(25);
  }
  throw new Error(`${program} did not answer on port ${port}`);
}

async function ask(url: string, question: (redis: Redis) => Promise<unknown>): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    await question(redis);
  } finally {
    redis.disconnect();
  }
}

function kill(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    server.once('exit', () => resolve());
    if (server.exitCode !== null || server.signalCode !== null) resolve();
    server.kill('SIGKILL');
  });
}
