/** Attaching to the embedded server of a DATA_DIR: the running one, the orphan of a killed process, or one we start. */
import { setTimeout as wait } from 'node:timers/promises';
import { dataDirErrors, openDataDir } from '../../lib/data-dir.ts';
import { AppError } from '../../lib/errors.ts';
import { usableBinaries } from './binaries.ts';
import {
  clusterExists,
  createCluster,
  PRODUCT_SETTINGS,
  resetPassword,
  startCluster,
  stopCluster,
  type Cluster,
} from './cluster.ts';
import { embeddedErrors } from './embedded-errors.ts';
import { findHome, type Home } from './home.ts';
import { takeHold, type Hold, type HoldAnswer } from './hold.ts';
import { readPostmaster } from './postmaster.ts';
import { DATABASE, newPassword, readRecord, writeRecord, ANY_PORT, type ServerRecord } from './record.ts';
import { withStartLock } from './start-lock.ts';

/** The embedded server of one DATA_DIR. */
export interface Server {
  readonly dataDir: string;
  readonly cluster: Cluster;
  /** Set when the data had to go to a system folder. */
  readonly elsewhere: boolean;
  /** @see Home.former */
  readonly former: string | undefined;
}

/** A presence at a running server. */
export interface Attached {
  readonly record: ServerRecord;
  readonly hold: Hold;
}

const RETRY_MS = 50;
/** How long a server that runs may refuse us before we call it an error. */
const PATIENCE_MS = 60_000;

/**
 * Finds or makes the places of the server; starts nothing.
 * @throws AppError `setting.data_dir_closed` when DATA_DIR is not ours to use, and others of this room.
 */
export async function locateServer(dataDir: string): Promise<Server> {
  const home = await ourHome(dataDir);
  const binaries = await usableBinaries(home.account, home.folder);
  const cluster = { folder: home.cluster, account: home.account, binaries };
  return { dataDir, cluster, elsewhere: home.elsewhere, former: home.former };
}

async function ourHome(dataDir: string): Promise<Home> {
  try {
    await openDataDir(dataDir);
    return await findHome(dataDir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EROFS' && code !== 'EPERM') throw error;
    throw new AppError(dataDirErrors['setting.data_dir_closed'], { params: { dataDir, detail: code }, cause: error });
  }
}

/**
 * Attaches to the server, starting it when none runs. Any number of processes may call this at once.
 * @throws AppError `database.start_failed` and others of this room; `signal.reason` when aborted.
 */
export async function attach(server: Server, signal: AbortSignal): Promise<Attached> {
  for (const from = performance.now(); ; await wait(RETRY_MS)) {
    signal.throwIfAborted();
    const record = await readRecord(server.dataDir);
    const answer = record === undefined ? undefined : await takeHold(record, server.cluster.folder);
    if (record !== undefined && answer?.kind === 'held') return { record, hold: answer.hold };
    if (performance.now() - from > PATIENCE_MS) {
      throw new AppError(embeddedErrors['database.start_failed'], { params: { detail: reasonOf(answer) } });
    }
    if (answer?.kind !== 'busy') await withStartLock(server.dataDir, () => startUnlessRunning(server));
  }
}

function reasonOf(answer: HoldAnswer | undefined): string {
  return answer === undefined || answer.kind === 'held' ? '' : answer.reason;
}

/** Leaves the server; the last one out stops it. */
export async function detach(server: Server, attached: Attached): Promise<void> {
  const last = await attached.hold.leave();
  if (last) await withStartLock(server.dataDir, () => stopCluster(server.cluster));
  await attached.hold.end();
}

async function startUnlessRunning(server: Server): Promise<void> {
  const { cluster, dataDir } = server;
  const record = await readRecord(dataDir);
  const running = await readPostmaster(cluster.folder);
  if (running !== undefined && record !== undefined) {
    // Somebody was faster, or the server was started by hand on another port.
    if (running.ready && running.port !== record.port) await writeRecord(dataDir, { ...record, port: running.port });
    return;
  }
  await stopCluster(cluster);
  const known = await enterable(server, record);
  const port = await startCluster(cluster, PRODUCT_SETTINGS, known.port);
  await writeRecord(dataDir, { ...known, port });
}

/** A cluster with a password that we know: as it is, newly made, or with a new password where the record was lost. */
async function enterable(server: Server, record: ServerRecord | undefined): Promise<ServerRecord> {
  const exists = await clusterExists(server.cluster);
  if (exists && record !== undefined) return record;
  const fresh = { port: record?.port ?? ANY_PORT, user: DATABASE, password: newPassword() };
  if (exists) await resetPassword(server.cluster, fresh.user, fresh.password);
  else await createCluster(server.cluster, fresh.user, fresh.password);
  return fresh;
}
