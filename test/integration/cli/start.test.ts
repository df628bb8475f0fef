/** What `daiban start` says to the person at the terminal: where things are, or why it cannot and what to do. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { places, start } from '../../../src/cli/start.ts';
import { packageRoot, parseEnv, type Env } from '../../../src/config/env.ts';
import { loadTexts } from '../../../src/lib/i18n.ts';
import { checkConfigured } from '../../../src/db/configured.ts';
import { useDatabase } from '../../support/database.ts';
import { freePort } from '../../support/free-port.ts';

const texts = loadTexts(path.join(packageRoot, 'locales'));
const LOCAL = { url: 'http://127.0.0.1:3000', ownUrl: 'http://127.0.0.1:3000' };
const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');

function envOf(source: Record<string, string>): Env {
  const parsed = parseEnv({ LOG_LEVEL: 'silent', ...source });
  if (!parsed.ok) throw new Error(parsed.faults.join('\n'));
  return parsed.env;
}

/** A start that does not come off: its exit code and what it says. */
async function failedStart(source: Record<string, string>): Promise<{ readonly code: number; readonly said: string }> {
  const said: string[] = [];
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  try {
    const code = await start({
      env: envOf(source),
      version: '0.0.0',
      json: false,
      out: (line) => void said.push(line),
    });
    return { code, said: said.join('') };
  } finally {
    stderr.mockRestore();
  }
}

describe('a start', () => {
  test('with nothing configured ends in three lines: sandbox, API, data with the place of the key', () => {
    const env = envOf({ DATA_DIR: '/srv/daiban' });

    expect(places(env, LOCAL, texts)).toEqual([
      '沙盒（一个人演所有角色）：http://127.0.0.1:3000/sandbox',
      '控制台与接口：http://127.0.0.1:3000/api/v1/openapi.json',
      '数据在（主密钥 master.key 也在里面，请单独备份；正式使用请改用 MASTER_KEY）：/srv/daiban',
    ]);
  });

  test('with a MASTER_KEY of its own names no key file', () => {
    const env = envOf({ DATA_DIR: '/srv/daiban', MASTER_KEY, ROLES: 'worker' });

    expect(places(env, LOCAL, texts)).toEqual(['数据在：/srv/daiban']);
  });
});

describe('a start that is asked to end before it is done', () => {
  test('ends in order: the embedded database does not stay behind', async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'daiban-start-'));
    await chmod(dataDir, 0o755); // under root the database's user has to get through
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, DATA_DIR: dataDir, PORT: String(await freePort()), LOG_LEVEL: 'warn' };
    const child = spawn(process.execPath, ['bin/daiban.js', 'start'], { cwd: packageRoot, env, stdio: 'ignore' });
    const ended = once(child, 'exit');
    const postmaster = path.join(dataDir, 'pg18/postmaster.pid');
    await vi.waitFor(() => expect(existsSync(postmaster)).toBe(true), { timeout: 30_000, interval: 20 });

    child.kill('SIGTERM');

    expect(await ended).toEqual([0, null]);
    expect(existsSync(postmaster)).toBe(false);
    await rm(dataDir, { recursive: true, force: true });
  }, 60_000);
});

describe('a command that is done', () => {
  test('ends although a library keeps something open', async () => {
    const kept = ['--import', 'data:text/javascript,setInterval(() => undefined, 60_000)'];
    const child = spawn(process.execPath, [...kept, 'dist/main.js', '--version'], {
      cwd: packageRoot,
      stdio: 'ignore',
    });

    expect(await once(child, 'exit')).toEqual([0, null]);
  }, 30_000);
});

describe('a start that fails', () => {
  const db = useDatabase();
  let dataDir = '';

  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'daiban-start-'));
  });
  afterAll(async () => rm(dataDir, { recursive: true, force: true }));

  test('on a database of another build says what to do, not a bare code', async () => {
    await db.pool.query(`UPDATE _prisma_migrations SET checksum = repeat('0', 64)`);

    const { code, said } = await failedStart({ DATABASE_URL: db.url, DATA_DIR: dataDir, MASTER_KEY, PORT: '0' });

    expect(code).toBe(1);
    expect(said).toMatch(/^✗ 已经执行过的数据库升级 \S+ 与文件不一致。 请恢复原来的文件/);
    expect(said).not.toContain('migration.changed');
  });

  test('after its database was opened leaves no connection behind', async () => {
    await db.pool.query('DELETE FROM business_clock');
    const env = { DATABASE_URL: db.url, DATA_DIR: dataDir, MASTER_KEY, PORT: '0' };

    const { code } = await failedStart(env);

    expect(code).toBe(1);
    const { rows } = await db.pool.query<{ name: string }>(
      `SELECT application_name AS name FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'daiban%'`,
    );
    expect(rows).toEqual([]);
    await db.pool.query('INSERT INTO business_clock (id) VALUES (1)');
  });

  test('on a public HOST without any channel says first that there is no sandbox', async () => {
    const server = createServer().listen(0, '0.0.0.0');
    await new Promise((resolve) => server.once('listening', resolve));
    const port = String((server.address() as AddressInfo).port);
    const base = { DATABASE_URL: db.url, DATA_DIR: dataDir, MASTER_KEY, PORT: port };
    try {
      const bare = await failedStart({ ...base, HOST: '0.0.0.0' });
      const configured = await failedStart({ ...base, HOST: '0.0.0.0', TELEGRAM_BOT_TOKEN: '1:x' });
      const local = await failedStart({ ...base, HOST: '127.0.0.1' });

      expect(bare.said).toMatch(/^没有配置任何渠道，HOST 又不是本机地址，所以沙盒没有打开.*\n✗ 端口/);
      expect(configured.said).toMatch(/^✗ 端口/);
      expect(local.said).toMatch(/^✗ 端口/);
    } finally {
      server.close();
    }
  });

  test.for([
    [{ HOST: '999.1.1.1' }, /^✗ HOST 填的不是这台机器上的地址。/],
    [{ DATA_DIR: '/proc/daiban' }, /^✗ DATA_DIR（\/proc\/daiban）不能写入（ENOENT）。/],
    [{ DATA_DIR: '/etc/hostname/x' }, /^✗ DATA_DIR（.*）不能写入（ENOTDIR）。/],
    [{ DATA_DIR: '/proc/daiban', LANG: 'en_US.UTF-8' }, /^✗ DATA_DIR \(.*\) cannot be written to \(ENOENT\)\./],
    [{ DATABASE: 'not_here' }, /^✗ DATABASE_URL 里的数据库在服务器上不存在。/],
    [{ USER: 'nobody_knows' }, /^✗ 数据库拒绝了 DATABASE_URL 里的用户（28P01）。/],
  ] as const)('on %j says in one line what to put right and ends with 78', async ([wrong, sentence]) => {
    const url = new URL(db.url);
    if ('DATABASE' in wrong) url.pathname = `/${wrong.DATABASE}`;
    if ('USER' in wrong) url.username = wrong.USER;
    const base = { DATABASE_URL: url.toString(), DATA_DIR: dataDir, MASTER_KEY, PORT: '0', SANDBOX: 'off' };

    const { code, said } = await failedStart({ ...base, ...wrong });

    expect(said).toMatch(sentence);
    expect(said.trimEnd().split('\n')).toHaveLength(1);
    expect(code).toBe(78);
  });

  test('on a database that does not answer names the setting, and may be tried again: the settings may be right', async () => {
    const url = `postgres://x:topsecret@127.0.0.1:${await freePort()}/x`;

    const { code, said } = await failedStart({ DATABASE_URL: url, DATA_DIR: dataDir, MASTER_KEY, PORT: '0' });

    expect([code, said]).toEqual([1, expect.stringMatching(/^✗ 连不上 DATABASE_URL 的数据库（ECONNREFUSED）。/)]);
    expect(said).not.toContain('topsecret');
  });

  test('a PostgreSQL that is too old is refused, by the version it has', async () => {
    await checkConfigured(db.url);
    await expect(checkConfigured(db.url, 99)).rejects.toMatchObject({
      code: 'setting.database_too_old',
      params: { oldest: 99 },
    });
  });
});
