#!/usr/bin/env node
// Proves that prisma/schema and prisma/migrations describe the same database. Exit code 2 and the SQL that is missing when not.
//   DATABASE_URL=postgresql://… node scripts/prisma/check.mjs [SCHEMA_FOLDER]     (a server on which databases may be created)
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openEngine, readMigrations, readSchema } from './engine.mjs';

const ROOT = path.resolve(import.meta.dirname, '../..');

/**
 * The SQL that would turn the migrated database into what the schema files say; empty when they agree. Triggers, functions, CHECK
 * constraints and partial indexes are invisible to Prisma and never count.
 * @param {string} url any database of the server; work is done in a shadow database that is dropped again
 * @param {{ schema?: string, migrations?: string }} [folders]
 */
export async function drift(
  url,
  { schema = path.join(ROOT, 'prisma/schema'), migrations = path.join(ROOT, 'prisma/migrations') } = {},
) {
  const files = readSchema(schema);
  const { engine, close } = await openEngine(url, files);
  try {
    const { stdout, exitCode } = await engine.diff({
      from: { tag: 'migrations', ...readMigrations(migrations) },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: true,
      filters: { externalTables: [], externalEnums: [] },
    });
    return exitCode === 0 ? '' : String(stdout).trim();
  } finally {
    await close();
  }
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const url = process.env['DATABASE_URL'];
  const schema = process.argv[2];
  try {
    if (url === undefined) throw new Error('set DATABASE_URL to a server on which databases may be created');
    const missing = await drift(url, schema === undefined ? {} : { schema });
    console.log(missing === '' ? 'schema and migrations agree' : missing);
    process.exitCode = missing === '' ? 0 : 2;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
