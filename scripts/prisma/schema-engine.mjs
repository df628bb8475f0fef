#!/usr/bin/env node
// Stands in for Prisma's native schema engine: the same arguments and JSON-RPC over standard input and output, answered by the
// WebAssembly engine. prisma.config.ts names this file to the official CLI.
import readline from 'node:readline';
import { openEngine, readSchema, runSql, withDatabase } from './engine.mjs';

const args = process.argv.slice(2);
/** Prisma's code for "the engine answered with an error". */
const ENGINE_ERROR = 4466;
/** SQLSTATE → Prisma's code for a failed connection. */
const CONNECT_ERRORS = new Map([
  ['3D000', 'P1003'],
  ['28P01', 'P1000'],
  ['28000', 'P1000'],
]);

/** @typedef {{ id: number, method?: string, params: any }} Request */

const valuesOf = (/** @type {string} */ name) => args.flatMap((arg, at) => (arg === name ? [args[at + 1] ?? ''] : []));
const datasource = valuesOf('--datasource')[0];
/** @type {string | undefined} */
const url = datasource === undefined ? undefined : JSON.parse(datasource).url;

const cli = args.indexOf('cli');
if (args[0] === '--version') process.stdout.write('schema-engine-cli wasm\n');
else if (cli >= 0) await runCommand(args[cli + 1] ?? '');
else await serve();

/** `cli can-connect-to-database` and `cli create-database`: the answer is the exit code and a log line. */
async function runCommand(/** @type {string} */ command) {
  try {
    if (command === 'create-database') await createDatabase(given());
    else await runSql(given(), 'SELECT 1');
  } catch (error) {
    const { code, message } = /** @type {{ code?: string, message: string }} */ (error);
    const fields = { error_code: CONNECT_ERRORS.get(code ?? '') ?? 'P1001', message };
    process.stderr.write(`{}\n${JSON.stringify({ level: 'ERROR', target: 'schema_engine::logger', fields })}\n`);
    process.exitCode = 1;
  }
}

/** Answers requests in their order until the input ends. */
async function serve() {
  /** @type {Promise<import('./engine.mjs').OpenEngine> | undefined} */
  let opened;
  const open = () =>
    (opened ??= openEngine(
      given(),
      valuesOf('--datamodels').flatMap((file) => readSchema(file)),
    ));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = /** @type {Request} */ (JSON.parse(line));
    if (request.method !== undefined) send(await answer(request, open));
  }
  await (await opened)?.close();
}

/** @param {Request} request @param {() => Promise<import('./engine.mjs').OpenEngine>} open */
async function answer(request, open) {
  try {
    return { jsonrpc: '2.0', id: request.id, result: (await call(request, open)) ?? {} };
  } catch (error) {
    const { code, message } = /** @type {{ code?: string, message: string }} */ (error);
    const data = { is_panic: false, message, meta: null, error_code: code ?? null };
    return { jsonrpc: '2.0', id: request.id, error: { code: ENGINE_ERROR, message, data } };
  }
}

/** @param {Request} request @param {() => Promise<import('./engine.mjs').OpenEngine>} open */
async function call({ id, method, params }, open) {
  if (method === 'createDatabase') return { databaseName: await createDatabase(params.datasource.url ?? given()) };
  const { engine } = await open();
  const result = await engine[method === 'getDatabaseVersion' ? 'version' : String(method)](params);
  if (method !== 'diff') return result;
  // The native engine prints the difference through its client and answers with the exit code alone.
  send({ jsonrpc: '2.0', id: 1_000_000 + id, method: 'print', params: { content: result.stdout ?? '' } });
  return { exitCode: result.exitCode };
}

function given() {
  if (url === undefined) throw new Error('no database: set DATABASE_URL');
  return url;
}

async function createDatabase(/** @type {string} */ address) {
  const name = decodeURIComponent(new URL(address).pathname.slice(1));
  await runSql(withDatabase(address, 'postgres'), `CREATE DATABASE "${name.replaceAll('"', '""')}"`);
  return name;
}

function send(/** @type {unknown} */ message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
