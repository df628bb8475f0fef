import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../../src/lib/errors.ts';
import { migrate, pendingMigrations } from '../../../src/db/migrate.ts';
import { useDatabase } from '../../support/database.ts';

const LEADS = 'CREATE TABLE leads (id integer PRIMARY KEY);\nCREATE INDEX leads_id ON leads (id);\n';
const COUNTER = `CREATE FUNCTION one() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 1; END $$;
ALTER TABLE leads ADD COLUMN n integer DEFAULT one();\n`;

describe('migrate', () => {
  const db = useDatabase({ migrated: false });
  let folder = '';

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'migrations-'));
    await db.pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function given(name: string, sql: string): Promise<void> {
    await mkdir(path.join(folder, name), { recursive: true });
    await writeFile(path.join(folder, name, 'migration.sql'), sql);
  }

  test('applies what is missing, oldest first, and the second time nothing', async () => {
    await given('2_counter', COUNTER);
    await given('1_leads', LEADS);

    expect(await migrate(db.url, folder)).toEqual({ applied: ['1_leads', '2_counter'] });
    expect(await migrate(db.url, folder)).toEqual({ applied: [] });
    expect(await query(db.pool, 'INSERT INTO leads (id) VALUES (1) RETURNING n')).toEqual([{ n: 1 }]);
  });

  test('keeps the book exactly as Prisma does', async () => {
    await given('1_leads', LEADS);

    await migrate(db.url, folder);

    const [row] = await query(db.pool, 'SELECT * FROM _prisma_migrations');
    expect(row).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      checksum: createHash('sha256').update(LEADS).digest('hex'),
      migration_name: '1_leads',
      started_at: expect.any(Date),
      finished_at: expect.any(Date),
      rolled_back_at: null,
      logs: null,
      applied_steps_count: 1,
    });
  });

  test('eight processes at once apply each migration once', async () => {
    await given('1_leads', LEADS);
    await given('2_counter', COUNTER);

    const results = await Promise.all(Array.from({ length: 8 }, () => migrate(db.url, folder)));

    expect(results.flatMap(({ applied }) => applied).sort()).toEqual(['1_leads', '2_counter']);
    expect(await query(db.pool, 'SELECT count(*)::int AS n FROM _prisma_migrations')).toEqual([{ n: 2 }]);
  });

  test('a migration that fails leaves nothing, names its line, and can be mended and run again', async () => {
    await given('1_leads', LEADS);
    await given('2_bad', 'CREATE TABLE half (id integer);\n-- 借款\nCREATE TABLE broken (id nonsense);\n');

    await expect(migrate(db.url, folder)).rejects.toMatchObject({
      code: 'migration.failed',
      params: { migration: '2_bad', detail: 'line 3: type "nonsense" does not exist' },
    });
    expect(await query(db.pool, "SELECT to_regclass('half') AS half, to_regclass('leads')::text AS leads")).toEqual([
      { half: null, leads: 'leads' },
    ]);
    await given('2_bad', 'CREATE TABLE half (id integer);\n');
    expect(await migrate(db.url, folder)).toEqual({ applied: ['2_bad'] });
  });

  test('refuses to go on when an applied file was edited, but not for Windows line ends', async () => {
    await given('1_leads', LEADS);
    await migrate(db.url, folder);
    await given('2_counter', COUNTER);

    await given('1_leads', LEADS.replaceAll('\n', '\r\n'));
    expect(await pendingMigrations(db.url, folder)).toEqual(['2_counter']);
    await given('1_leads', `${LEADS}-- edited\n`);
    await expect(migrate(db.url, folder)).rejects.toMatchObject({
      code: 'migration.changed',
      params: { migration: '1_leads' },
    });
    expect(await query(db.pool, 'SELECT migration_name FROM _prisma_migrations')).toHaveLength(1);
  });

  test('refuses to go on where Prisma left a migration half done, until that is marked as rolled back', async () => {
    await given('1_leads', LEADS);
    await migrate(db.url, folder);
    await db.pool.query(
      "INSERT INTO _prisma_migrations (id, checksum, migration_name, logs) VALUES ('x', 'y', '2_half', 'it broke')",
    );

    await expect(migrate(db.url, folder)).rejects.toBeInstanceOf(AppError);
    await expect(pendingMigrations(db.url, folder)).rejects.toMatchObject({ code: 'migration.failed_before' });
    await db.pool.query("UPDATE _prisma_migrations SET rolled_back_at = now() WHERE id = 'x'");
    expect(await migrate(db.url, folder)).toEqual({ applied: [] });
  });

  test('asking what is pending changes nothing', async () => {
    await given('1_leads', LEADS);

    expect(await pendingMigrations(db.url, folder)).toEqual(['1_leads']);
    expect(await query(db.pool, "SELECT to_regclass('_prisma_migrations') AS found")).toEqual([{ found: null }]);
  });
});

describe('the migrations of this product', () => {
  const db = useDatabase();

  test('are all in the database every test file gets', async () => {
    expect(await pendingMigrations(db.url)).toEqual([]);
    expect(await migrate(db.url)).toEqual({ applied: [] });
  });
});

async function query(pool: Pool, sql: string): Promise<unknown[]> {
  return (await pool.query<Record<string, unknown>>(sql)).rows;
}
