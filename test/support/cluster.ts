/** A PostgreSQL for tests: the product's launcher, without durability. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { Client } from 'pg';
import { serverAccount } from '../../src/db/embedded/account.ts';
import { usableBinaries } from '../../src/db/embedded/binaries.ts';
import {
  createCluster,
  PRODUCT_SETTINGS,
  startCluster,
  stopCluster,
  type Cluster,
} from '../../src/db/embedded/cluster.ts';
import { ANY_PORT, newPassword, urlOf } from '../../src/db/embedded/record.ts';

/** A running test server. */
export interface TestCluster {
  /** Address of its maintenance database. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Nothing in a test database has to survive a power cut. */
const TEST_SETTINGS = {
  ...PRODUCT_SETTINGS,
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
};

/** Makes and starts a cluster in a folder that the server's user may enter. */
export async function startTestCluster(folder: string): Promise<TestCluster> {
  const cluster = await clusterIn(folder);
  const [user, password] = ['daiban', newPassword()];
  await createCluster(cluster, user, password);
  const port = await startCluster(cluster, TEST_SETTINGS, ANY_PORT);
  return { url: urlOf({ port, user, password }, 'postgres'), stop: () => stopCluster(cluster) };
}

/** Stops what a killed run has left in the folder. */
export async function stopTestCluster(folder: string): Promise<void> {
  await stopCluster(await clusterIn(folder));
}

async function clusterIn(folder: string): Promise<Cluster> {
  const home = await realpath(folder);
  const account = await serverAccount(undefined);
  return { folder: path.join(home, 'pg18'), account, binaries: await usableBinaries(account, home) };
}

/** Runs one statement on a connection of its own. */
export async function runSql(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
