/** A PostgreSQL cluster on disk: made once, started detached, stopped cleanly. Who may do so when is the business of `server.ts`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { open, readdir, readFile, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { diskFull } from '../../lib/data-dir.ts';
import { AppError } from '../../lib/errors.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { embeddedErrors } from './embedded-errors.ts';
import { closedFile, giveToOwner, makeOwnFolder, unlessCode } from './files.ts';
import { disownStalePidFile, readPostmaster } from './postmaster.ts';
import { runAs, SERVER_ENVIRONMENT, type Ended } from './processes.ts';

/** A cluster and what is needed to run it. */
export interface Cluster {
  /** PGDATA, absolute and free of links. */
  readonly folder: string;
  readonly account: Account | undefined;
  readonly binaries: Binaries;
}

/** Server settings by their names in postgresql.conf. */
export type Settings = Readonly<Record<string, string>>;

/**
 * The product's settings. Everything about durability is left at PostgreSQL's safe defaults. No Unix socket: its path is limited
 * to about 100 bytes, and DATA_DIR may be longer. JIT pays for reports of seconds and costs every short query its planning.
 * The server's log gets messages without the rows and statements they are about: those hold personal data.
 */
export const PRODUCT_SETTINGS: Settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  jit: 'off',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};

/**
 * Without these a cluster takes its encoding from the environment; with `LANG` unset that is SQL_ASCII, where `upper` and `\w`
 * fail on anything but ASCII. The builtin provider sorts the same on every machine and for ever.
 */
const LOCALE_FLAGS = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
/** pg_trgm asks the C library and finds nothing in Chinese under ctype C; some systems have no C.UTF-8. */
const CTYPE_FLAG = '--lc-ctype=C.UTF-8';
/** Stretching protects guessable passwords. Ours has 192 random bits, and stretching would cost every connection 5 ms. */
const CREATION_SETTINGS = ['-c', 'scram_iterations=1', '-c', 'timezone=UTC', '-c', 'log_timezone=UTC'];

/** ENOSPC as the C library words it; the server speaks no other language (SERVER_ENVIRONMENT). */
const NO_SPACE = 'No space left on device';
/** What the server says while backends of a killed one (by the kernel that was out of memory, say) have not gone yet. */
const SURVIVORS = 'pre-existing shared memory block';
const SURVIVORS_PATIENCE_MS = 30_000;
const SURVIVORS_WAIT_MS = 100;
const LOG_LIMIT_BYTES = 10_000_000;
const PORT_TRIES = 5;

/** Whether the cluster has been made; a creation that was cut short does not count. */
export async function clusterExists(cluster: Cluster): Promise<boolean> {
  return (await stat(path.join(cluster.folder, 'PG_VERSION')).catch(unlessCode('ENOENT'))) !== undefined;
}

/**
 * Makes the cluster with one superuser.
 * @throws AppError `database.init_failed` with initdb's own words.
 */
export async function createCluster(cluster: Cluster, user: string, password: string): Promise<void> {
  const half = `${cluster.folder}.new-${process.pid}`;
  const passwordFile = path.join(half, 'password');
  const data = path.join(half, 'data');
  await removeHalfMade(cluster);
  try {
    await makeOwnFolder(half, cluster.account);
    await makeOwnFolder(data, cluster.account);
    await writeFile(passwordFile, password, { mode: 0o644 }); // the folder itself is closed to others
    await runInitdb(cluster, data, ['--username', user, '--pwfile', passwordFile]);
    await rename(data, cluster.folder);
  } finally {
    await rm(half, { recursive: true, force: true });
  }
}

/** A creation that was cut short leaves its folder behind. */
async function removeHalfMade(cluster: Cluster): Promise<void> {
  const parent = path.dirname(cluster.folder);
  const prefix = `${path.basename(cluster.folder)}.new-`;
  const left = (await readdir(parent)).filter((name) => name.startsWith(prefix));
  for (const name of left) await rm(path.join(parent, name), { recursive: true, force: true });
}

async function runInitdb(cluster: Cluster, data: string, who: readonly string[]): Promise<void> {
  const flags = [
    '-D',
    data,
    ...who,
    '--auth=scram-sha-256',
    '--no-instructions',
    ...LOCALE_FLAGS,
    ...CREATION_SETTINGS,
  ];
  const run = (more: readonly string[]): Promise<Ended> =>
    runAs(cluster.account, cluster.binaries.initdb, [...flags, ...more]);
  const first = await run([CTYPE_FLAG]);
  const result = first.ok || !first.said.includes('invalid locale name') ? first : await run([]);
  if (!result.ok) throw failed('database.init_failed', cluster, result.said);
}

/** What became of it in the server's own words; a full disk is told as that. */
function failed(code: keyof typeof embeddedErrors, cluster: Cluster, said: string): AppError {
  if (said.includes(NO_SPACE)) return diskFull(new Error(said), cluster.folder);
  return new AppError(embeddedErrors[code], { params: { detail: said } });
}

/**
 * Gives the superuser a new password while no server runs; the cure for a lost `pg.json`.
 * @throws AppError `database.start_failed` with the server's own words.
 */
export async function resetPassword(cluster: Cluster, user: string, password: string): Promise<void> {
  const args = ['--single', '-D', cluster.folder, 'postgres'];
  // The single-user server reads one statement a line. Both values are ours: letters, digits, `-` and `_`.
  const result = await runAs(
    cluster.account,
    cluster.binaries.postgres,
    args,
    `ALTER ROLE ${user} PASSWORD '${password}'\n`,
  );
  if (!result.ok || /\b(ERROR|FATAL)\b/.test(result.said)) {
    throw failed('database.start_failed', cluster, result.said);
  }
}

/**
 * Starts the server, detached, so that neither Ctrl-C nor our death ends it in the middle of a write.
 * @param wanted a port it had before (0: none); another one is taken when that is busy
 * @returns the port, once the server takes connections; after an unclean stop that can take minutes
 * @throws AppError `database.start_failed` with the server's last FATAL lines.
 */
export async function startCluster(cluster: Cluster, settings: Settings, wanted: number): Promise<number> {
  await disownStalePidFile(cluster.folder);
  const from = performance.now();
  for (let tried = 1; ;) {
    const port = tried === 1 && wanted !== 0 ? wanted : await freePort();
    const failure = await tryStart(cluster, settings, port);
    if (failure === undefined) return port;
    const mayWait = failure.includes(SURVIVORS) && performance.now() - from < SURVIVORS_PATIENCE_MS;
    const mayMove = failure.includes('could not bind') && tried < PORT_TRIES;
    if (!mayWait && !mayMove) throw failed('database.start_failed', cluster, failure);
    if (mayWait) await wait(SURVIVORS_WAIT_MS);
    else tried += 1;
  }
}

/** Nothing once the server is ready, else why it is not. */
async function tryStart(cluster: Cluster, settings: Settings, port: number): Promise<string | undefined> {
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = await openLog(cluster);
  try {
    const { size } = await log.stat();
    const server = spawn(cluster.binaries.postgres, ['-D', cluster.folder, '-p', String(port), ...flags], {
      ...cluster.account,
      cwd: '/',
      env: SERVER_ENVIRONMENT,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    const ended = await untilReady(cluster, server);
    return ended === undefined ? undefined : `${ended}\n${await lastWords(cluster, size)}`.trim();
  } finally {
    await log.close();
  }
}

/** Waits as long as the server lives: replaying a day's log after a power cut is slow, and killing it then helps nobody. */
async function untilReady(cluster: Cluster, server: ChildProcess): Promise<string | undefined> {
  const end = new AbortController();
  server.once('error', (error) => end.abort(error.message));
  server.once('exit', (code, signal) => end.abort(`postgres ended with ${signal ?? code}`));
  while (!end.signal.aborted) {
    const running = await readPostmaster(cluster.folder);
    if (running?.pid === server.pid && running?.ready === true) break;
    await wait(15);
  }
  server.removeAllListeners();
  server.unref();
  return end.signal.aborted ? String(end.signal.reason) : undefined;
}

/**
 * Stops the server cleanly; open connections are cut. Nothing happens when none runs.
 * @throws AppError `database.stop_failed` when it is still there after a minute.
 */
export async function stopCluster(cluster: Cluster): Promise<void> {
  if ((await readPostmaster(cluster.folder)) === undefined) return;
  const flags = ['stop', '-D', cluster.folder, '-m', 'fast', '-w', '-t', '60', '-s'];
  const result = await runAs(cluster.account, cluster.binaries.pgCtl, flags);
  if (result.ok || (await readPostmaster(cluster.folder)) === undefined) return;
  throw new AppError(embeddedErrors['database.stop_failed'], { params: { detail: result.said } });
}

/** Appends to `pg18.log` beside the cluster and keeps one older file, so that the log cannot fill the disk. */
async function openLog(cluster: Cluster): Promise<FileHandle> {
  const file = `${cluster.folder}.log`;
  const { size } = (await stat(file).catch(unlessCode('ENOENT'))) ?? { size: 0 };
  if (size > LOG_LIMIT_BYTES) await rename(file, `${file}.1`);
  const log = await open(file, 'a', 0o600).catch(closedFile(file));
  await giveToOwner(file);
  return log;
}

/** The last lines the server wrote since `from`. Not only the FATAL ones: the cause often stands in a LOG line before them. */
async function lastWords(cluster: Cluster, from: number): Promise<string> {
  const written = (await readFile(`${cluster.folder}.log`)).subarray(from).toString('utf8');
  return written.trim().split('\n').slice(-10).join('\n');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
