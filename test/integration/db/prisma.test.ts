/** Prisma's official CLI, through the WebAssembly engine, and our own migration runner must see the same thing. */
import { spawn } from 'node:child_process';
import { cp, mkdtemp, appendFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { migrate, pendingMigrations } from '../../../src/db/migrate.ts';
import { useDatabase } from '../../support/database.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');

describe('a database that we migrated', () => {
  const db = useDatabase();

  test('is up to date for `prisma migrate status`', async () => {
    const { code, output } = await prisma(db.url, ['migrate', 'status']);

    expect(output).toContain('Database schema is up to date!');
    expect(code).toBe(0);
  });

  test('is what prisma/schema describes, also with the monthly partitions in it', async () => {
    await db.pool.query("SELECT ensure_partitions('2026-11-21T00:00:00Z')");

    const { code, output } = await prisma(
      db.url,
      'migrate diff --from-config-datasource --to-schema prisma/schema --exit-code --script'.split(' '),
    );

    expect(output).toContain('This is an empty migration');
    expect(code).toBe(0);
  });
});

describe('a database that Prisma migrated', () => {
  const db = useDatabase({ migrated: false });

  test('is up to date for us, function bodies and all', async () => {
    const { code, output } = await prisma(db.url, ['migrate', 'deploy']);

    expect(output).toContain('All migrations have been successfully applied');
    expect(code).toBe(0);
    expect(await pendingMigrations(db.url)).toEqual([]);
    expect(await migrate(db.url)).toEqual({ applied: [] });
  });
});

describe('`node scripts/prisma/check.mjs`', () => {
  const db = useDatabase({ migrated: false });

  test('finds that prisma/schema and prisma/migrations agree', async () => {
    expect(await check(db.url)).toEqual({ code: 0, output: 'schema and migrations agree' });
  });

  test('shows the SQL that is missing, works in a database of its own and takes it away again', async () => {
    const schema = await mkdtemp(path.join(tmpdir(), 'schema-'));
    await cp(path.join(ROOT, 'prisma/schema'), schema, { recursive: true });
    await appendFile(path.join(schema, 'db.prisma'), '\nmodel Forgotten {\n  id Int @id\n}\n');

    const { code, output } = await check(db.url, schema);
    await rm(schema, { recursive: true });

    expect(output).toContain('CREATE TABLE "Forgotten"');
    expect(code).toBe(2);
    const { rows } = await db.pool.query(
      "SELECT to_regclass('teams') AS teams, (SELECT count(*)::int FROM pg_database WHERE datname LIKE 'prisma_shadow%') AS shadows",
    );
    expect(rows).toEqual([{ teams: null, shadows: 0 }]);
  });
});

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

function prisma(url: string, args: readonly string[]): Promise<Ended> {
  return run([path.join(ROOT, 'node_modules/prisma-cli/build/index.js'), ...args], url);
}

function check(url: string, schema?: string): Promise<Ended> {
  return run([path.join(ROOT, 'scripts/prisma/check.mjs'), ...(schema === undefined ? [] : [schema])], url);
}

function run(args: readonly string[], url: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...process.env, DATABASE_URL: url, NO_COLOR: '1' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject).once('close', (code) => resolve({ code, output: output.trim() }));
  });
}
