/** A PostgreSQL of its own with all of its durability, as a customer runs it: the embedded launcher in a folder for once. */
import { chmod, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { serverAccount } from '../../../src/db/embedded/account.ts';
import { usableBinaries } from '../../../src/db/embedded/binaries.ts';
import { createCluster, PRODUCT_SETTINGS, startCluster, stopCluster } from '../../../src/db/embedded/cluster.ts';
import { ANY_PORT, newPassword, urlOf } from '../../../src/db/embedded/record.ts';
import { cpuMsOfFamily } from './processes.ts';

/** A running server that nobody else uses. */
export interface BenchCluster {
  /** Makes an empty database and gives its address. */
  create(name: string): Promise<string>;
  /** CPU milliseconds of the server with all its backends so far. */
  cpuMs(): number;
  /** Bytes of write-ahead log written so far, all databases together. */
  walBytes(): Promise<number>;
  /** Ended transactions of a database so far. Backends that idle report up to ten seconds late: `settled` waits for them. */
  commits(name: string): Promise<number>;
  /** Waits until backends that have gone idle have reported. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** More than the product's own setting only where a machine for one company would have it: memory and the log's room. */
const SETTINGS = { ...PRODUCT_SETTINGS, shared_buffers: '512MB', max_wal_size: '4GB' };
const REPORT_DELAY_MS = 11_000;

/** Starts it; `stop` removes it again. */
export async function startBenchCluster(): Promise<BenchCluster> {
  const folder = await mkdtemp(path.join(await realpath(tmpdir()), 'daiban-bench-'));
  await chmod(folder, 0o711);
  const account = await serverAccount(undefined);
  const cluster = { folder: path.join(folder, 'pg18'), account, binaries: await usableBinaries(account, folder) };
  const [user, password] = ['daiban', newPassword()];
  await createCluster(cluster, user, password);
  const port = await startCluster(cluster, SETTINGS, ANY_PORT);
  const pid = Number((await readFile(path.join(cluster.folder, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  const urlFor = (name: string): string => withDatabase(urlOf({ port, user, password }, 'postgres'), name);
  const admin = new Client({ connectionString: urlFor('postgres') });
  await admin.connect();
  const number = async (sql: string, ...values: readonly string[]): Promise<number> => {
    const { rows } = await admin.query<{ value: string }>(sql, [...values]);
    return Number(rows[0]?.value ?? NaN);
  };
  return {
    create: async (name) => {
      await admin.query(`CREATE DATABASE ${name}`);
      return urlFor(name);
    },
    cpuMs: () => cpuMsOfFamily(pid),
    walBytes: async () => number(`SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS value`),
    commits: async (name) => number('SELECT xact_commit AS value FROM pg_stat_database WHERE datname = $1', name),
    settled: async () => new Promise((resolve) => setTimeout(resolve, REPORT_DELAY_MS)),
    stop: async () => {
      await admin.end();
      await stopCluster(cluster);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function withDatabase(address: string, name: string): string {
  const url = new URL(address);
  url.pathname = `/${name}`;
  return url.toString();
}
