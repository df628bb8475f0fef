/**
 * Brings a database up to date from prisma/migrations: forward only, each migration in one transaction. It keeps Prisma's own
 * table the way Prisma keeps it, so that `prisma migrate status|dev` agree with it, and needs no Prisma at run time.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, DatabaseError } from 'pg';
import { AppError, errorText } from '../lib/errors.ts';
import { LOCKS } from './locks.ts';
import { migrationErrors } from './migration-errors.ts';

/** prisma/migrations of this package, seen from src/db as well as from dist/db. */
const MIGRATIONS = fileURLToPath(new URL('../../prisma/migrations/', import.meta.url));
/** Another process is migrating: that is awaited. A statement waiting longer for a table would block everybody behind it. */
const LOCK_TIMEOUT = '60s';

/** As Prisma creates it. */
const TABLE = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id                  VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum            VARCHAR(64) NOT NULL,
  finished_at         TIMESTAMPTZ,
  migration_name      VARCHAR(255) NOT NULL,
  logs                TEXT,
  rolled_back_at      TIMESTAMPTZ,
  started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** A row of `_prisma_migrations` that has not been rolled back. */
interface Recorded {
  readonly name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

/**
 * Applies every migration that is not yet in the database, oldest first. Safe to call from any number of processes at once.
 * @returns names of the migrations applied by this call
 * @throws AppError `migration.changed` when an applied file was edited, `migration.failed_before` when Prisma left one half
 * done, `migration.failed` when one fails (nothing of it stays), `migration.locked` when another process takes too long.
 */
export async function migrate(url: string, folder = MIGRATIONS): Promise<{ readonly applied: readonly string[] }> {
  const migrations = await readMigrations(folder);
  return withClient(url, async (client) => {
    await client.query(`SET lock_timeout = '${LOCK_TIMEOUT}'; SET statement_timeout = 0`);
    await client.query('SELECT pg_advisory_lock($1)', [LOCKS.migration]).catch(asLocked);
    await client.query(TABLE);
    const pending = pendingOf(migrations, await recorded(client));
    for (const migration of pending) await apply(client, migration);
    return { applied: pending.map(({ name }) => name) };
  });
}

/**
 * Names of the migrations the database still lacks; changes nothing.
 * @throws AppError `migration.changed` or `migration.failed_before` as `migrate` does.
 */
export async function pendingMigrations(url: string, folder = MIGRATIONS): Promise<readonly string[]> {
  const migrations = await readMigrations(folder);
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ found: boolean }>(
      "SELECT to_regclass('_prisma_migrations') IS NOT NULL AS found",
    );
    const rowsBefore = rows[0]?.found === true ? await recorded(client) : [];
    return pendingOf(migrations, rowsBefore).map(({ name }) => name);
  });
}

async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(
    names.sort().map(async (name) => ({ name, sql: await readFile(path.join(folder, name, 'migration.sql'), 'utf8') })),
  );
}

async function recorded(client: Client): Promise<readonly Recorded[]> {
  const { rows } = await client.query<Recorded>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
       FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at`,
  );
  return rows;
}

function pendingOf(migrations: readonly Migration[], rows: readonly Recorded[]): readonly Migration[] {
  const half = rows.find((row) => !row.finished);
  if (half !== undefined)
    throw new AppError(migrationErrors['migration.failed_before'], { params: { migration: half.name } });
  const applied = new Map(rows.map((row) => [row.name, row.checksum]));
  for (const { name, sql } of migrations) {
    const checksum = applied.get(name);
    if (checksum !== undefined && !matches(sql, checksum)) {
      throw new AppError(migrationErrors['migration.changed'], { params: { migration: name } });
    }
  }
  return migrations.filter(({ name }) => !applied.has(name));
}

/** A checkout with Windows line ends is still the same migration; Prisma forgives that as well. */
function matches(sql: string, checksum: string): boolean {
  const unix = sql.replaceAll('\r\n', '\n');
  return [sql, unix, unix.replaceAll('\n', '\r\n')].some((text) => checksumOf(text) === checksum);
}

function checksumOf(sql: string): string {
  return createHash('sha256').update(sql).digest('hex');
}

async function apply(client: Client, { name, sql }: Migration): Promise<void> {
  try {
    await client.query('BEGIN');
    await client.query(
      'INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at) VALUES ($1, $2, $3, now())',
      [randomUUID(), checksumOf(sql), name],
    );
    await client.query(sql);
    await client.query(
      `UPDATE _prisma_migrations SET finished_at = clock_timestamp(), applied_steps_count = 1
        WHERE migration_name = $1 AND rolled_back_at IS NULL`,
      [name],
    );
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    const params = { migration: name, detail: placeOf(cause, sql) };
    throw new AppError(migrationErrors['migration.failed'], { params, cause });
  }
}

/** PostgreSQL counts characters; a person counts lines. */
function placeOf(error: unknown, sql: string): string {
  const position = error instanceof DatabaseError ? Number(error.position) : Number.NaN;
  if (!(position > 0)) return errorText(error);
  const line =
    Array.from(sql)
      .slice(0, position - 1)
      .filter((character) => character === '\n').length + 1;
  return `line ${line}: ${errorText(error)}`;
}

function asLocked(error: unknown): never {
  if (error instanceof DatabaseError && error.code === '55P03') {
    throw new AppError(migrationErrors['migration.locked'], { retry: 'later', cause: error });
  }
  throw error;
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    connectionString: url,
    application_name: 'daiban migrate',
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => undefined); // the query in flight reports it
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
