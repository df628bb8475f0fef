/** The master key is changed by commands: what they say of processes and keys that were left behind. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openBase } from '../../../src/base.ts';
import { rotateKeys } from '../../../src/cli/admin.ts';
import { doctor } from '../../../src/cli/doctor.ts';
import { start } from '../../../src/cli/start.ts';
import type { Cli } from '../../../src/cli/index.ts';
import { parseEnv, type Env } from '../../../src/config/env.ts';
import { useDatabase } from '../../support/database.ts';

const [A, B] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64')) as [string, string];
const db = useDatabase();
let dataDir = '';

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'daiban-keys-'));
});
afterAll(async () => rm(dataDir, { recursive: true }));

function envOf(keys: Record<string, string>): Env {
  const parsed = parseEnv({ DATABASE_URL: db.url, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'silent', ...keys });
  if (!parsed.ok) throw new Error(parsed.faults.join());
  return parsed.env;
}

/** What a verb says, with its exit code before it. */
async function said(verb: (cli: Cli) => Promise<number>, keys: Record<string, string>): Promise<string> {
  const lines: string[] = [];
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text).trim()) > 0);
  try {
    const code = await verb({ env: envOf(keys), version: '0', json: false, out: (line) => void lines.push(line) });
    return [String(code), ...lines].join('\n');
  } finally {
    stderr.mockRestore();
  }
}

test('rotating warns of a process without the new key; once it has gone, what is to be done next is said', async () => {
  const former = await openBase(
    { env: envOf({ MASTER_KEY: A }), version: '0', say: () => undefined },
    {},
    () => undefined,
  );
  const both = { MASTER_KEY: B, MASTER_KEY_PREVIOUS: A };

  expect(await said(rotateKeys, both)).toMatch(
    /^0\n✓ 已重新封装 3 把数据密钥\n! 有 \d+ 个连接来自没有新 MASTER_KEY 的进程/,
  );
  await former.close();
  expect(await said(rotateKeys, both)).toMatch(/^0\n✓ 已重新封装 0 把数据密钥\n所有进程都已带上新钥匙/);
});

test('with one key only nothing is changed, and nothing is said that could make somebody throw it away', async () => {
  for (const keys of [{ MASTER_KEY: B }, { MASTER_KEY: B, MASTER_KEY_PREVIOUS: B }]) {
    const idle = await said(rotateKeys, keys);
    expect(idle).toMatch(/^0\n没有要更换的/);
    expect(idle).not.toContain('去掉');
  }
});

test('a key that was left with the former one ends a start with 78, and fails doctor and rotate until that one is named', async () => {
  await db.pool.query(
    `INSERT INTO data_keys (purpose, wrapped, master_key_id, created_at) VALUES ('CUSTOMER', '\\x00', 'somebody-elses', now())`,
  );

  expect(await said(start, { MASTER_KEY: B })).toMatch(/^78\n✗ 这个数据库里有 1 把数据密钥.*MASTER_KEY_PREVIOUS/);
  expect(await said(async (cli) => doctor(cli, true), { MASTER_KEY: B })).toMatch(/^1\n[^]*✗ 有 1 把数据密钥/);
  expect(await said(rotateKeys, { MASTER_KEY: B })).toMatch(/^1\n[^]*✗ 还有 1 把数据密钥/);
});
