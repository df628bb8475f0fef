// Prisma's schema engine as WebAssembly, wired to PostgreSQL: for development and tests, never at run time.
// The stock driver adapter has four faults in this role; each is repaired below and named there.
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import { Client, Pool } from 'pg';

/** Type `"char"` of the system catalogues. */
const OID_CHAR = 18;
const OID_TEXT = 25;

/**
 * @typedef {{ engine: any, close: () => Promise<void> }} OpenEngine `engine` has the methods of Prisma's JSON-RPC
 * @typedef {{ path: string, content: string }} SchemaFile
 */

/**
 * Opens the engine on a database.
 * @param {string} url
 * @param {SchemaFile[]} schema none: the engine knows the database only
 * @returns {Promise<OpenEngine>}
 */
export async function openEngine(url, schema) {
  const glue = await loadGlue();
  const factory = new MigrationFactory(url);
  // With no files it wants `undefined`; an empty list is a fault to it.
  const datamodels = schema.length === 0 ? undefined : schema.map((file) => [file.path, file.content]);
  const adapter = bindMigrationAwareSqlAdapterFactory(factory);
  const engine = await glue.SchemaEngine.new({ datamodels }, () => {}, adapter);
  return { engine, close: () => factory.close() };
}

/** The package's own entry imports `.wasm` as a module, which Node 20 cannot. */
async function loadGlue() {
  // Without a registry a panic of the engine shows up as a TypeError about the missing registry.
  globalThis.PRISMA_WASM_PANIC_REGISTRY ??= {
    set_message(/** @type {string} */ message) {
      console.error(`schema engine panic: ${message}`);
    },
  };
  const file = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const glue = await import(file);
  const module = new WebAssembly.Module(readFileSync(file.replace(/\.js$/, '.wasm')));
  const instance = new WebAssembly.Instance(module, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  /** @type {any} */ (instance.exports).__wbindgen_start();
  return glue;
}

class MigrationFactory {
  provider = /** @type {const} */ ('postgres');
  adapterName = '@prisma/adapter-pg';
  #url;
  /** @type {Set<() => Promise<void>>} */
  #open = new Set();

  constructor(/** @type {string} */ url) {
    this.#url = url;
  }

  connect() {
    return this.#adapter(this.#url, async () => {});
  }

  /** The stock adapter, given an address, would hand out the main database as the shadow. */
  async connectToShadowDb() {
    const name = `prisma_shadow_${randomUUID().replaceAll('-', '')}`;
    await runSql(this.#url, `CREATE DATABASE "${name}" TEMPLATE template0`);
    return this.#adapter(withDatabase(this.#url, name), () =>
      runSql(this.#url, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`),
    );
  }

  async close() {
    for (const dispose of this.#open) await dispose();
  }

  /** @param {string} url @param {() => Promise<void>} afterwards */
  async #adapter(url, afterwards) {
    // One connection: the engine's advisory lock belongs to a session, and a pool would ask another session for it.
    const pool = new Pool({ connectionString: url, max: 1 });
    pool.on('error', () => {});
    const adapter = /** @type {any} */ (await new PrismaPg(pool).connect());
    const dispose = async () => {
      if (!this.#open.delete(dispose)) return;
      await pool.end();
      await afterwards();
    };
    this.#open.add(dispose);
    adapter.dispose = dispose;
    adapter.executeScript = (/** @type {string} */ sql) => runScript(adapter, pool, sql);
    adapter.queryRaw = readCatalogueChars(adapter, adapter.queryRaw);
    return adapter;
  }
}

/** The stock adapter splits at every `;`, also inside function bodies; PostgreSQL takes the whole script. */
async function runScript(/** @type {any} */ adapter, /** @type {Pool} */ pool, /** @type {string} */ sql) {
  try {
    await pool.query(sql);
  } catch (error) {
    adapter.onError(error);
  }
}

/**
 * The stock adapter refuses columns of type `"char"`; read as text they must still be reported as characters, or the engine panics.
 * @param {any} adapter @param {Function} queryRaw
 */
function readCatalogueChars(adapter, queryRaw) {
  return async (/** @type {unknown} */ query) => {
    /** @type {number[]} */
    const chars = [];
    const tolerant = Object.create(adapter);
    tolerant.performIO = async (/** @type {unknown} */ io) => {
      const result = await adapter.performIO(io);
      for (const [index, field] of (result.fields ?? []).entries()) {
        if (field.dataTypeID !== OID_CHAR) continue;
        field.dataTypeID = OID_TEXT;
        chars.push(index);
      }
      return result;
    };
    const answer = await queryRaw.call(tolerant, query);
    for (const index of chars) answer.columnTypes[index] = ColumnTypeEnum.Character;
    return answer;
  };
}

/** Runs SQL on a connection of its own. */
export async function runSql(/** @type {string} */ url, /** @type {string} */ sql) {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** The same server, another database. */
export function withDatabase(/** @type {string} */ url, /** @type {string} */ database) {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.toString();
}

/**
 * The `.prisma` files of a folder, or the one file.
 * @param {string} from
 * @returns {SchemaFile[]}
 */
export function readSchema(from) {
  const files = statSync(from).isFile()
    ? [from]
    : readdirSync(from, { recursive: true, encoding: 'utf8' }).map((name) => path.join(from, name));
  return files
    .filter((file) => file.endsWith('.prisma'))
    .sort()
    .map((file) => ({ path: path.resolve(file), content: readFileSync(file, 'utf8') }));
}

/** A migrations folder in the form the engine takes it. */
export function readMigrations(/** @type {string} */ folder) {
  const baseDir = path.resolve(folder);
  const lock = path.join(baseDir, 'migration_lock.toml');
  const names = readdirSync(baseDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  return {
    baseDir,
    lockfile: { path: 'migration_lock.toml', content: existsSync(lock) ? readFileSync(lock, 'utf8') : null },
    shadowDbInitScript: '',
    migrationDirectories: names.sort().map((name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: readFileSync(path.join(baseDir, name, 'migration.sql'), 'utf8') },
      },
    })),
  };
}
