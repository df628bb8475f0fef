/** What `postmaster.pid` says and whether it is true: after a kill -9 or a reboot it names a process that is gone or another. */
import { readFile, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { unlessCode } from './files.ts';
import { commandLine, isAlive } from './processes.ts';

/** A server process that runs on a cluster. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** Only a ready one takes connections; the others are starting, recovering or stopping. */
  readonly ready: boolean;
}

/** Above any process id a kernel gives out (Linux: 2^22), so PostgreSQL sees at once that its owner is dead. */
const NOBODYS_PID = 4_194_305;

/** The server that runs on this cluster, or nothing when the file is missing or stale. */
export async function readPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const lines = await readPidFile(cluster);
  const pid = Number(lines?.[0]);
  if (lines === undefined || !Number.isInteger(pid) || pid <= 0) return undefined;
  if (!(await isServerOf(pid, cluster))) return undefined;
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

/**
 * Lets a start succeed when the process id of a dead server was given to some other process of the same user. The rest of the
 * file stays: by it PostgreSQL notices surviving backends of the dead server and refuses to start beside them.
 */
export async function disownStalePidFile(cluster: string): Promise<void> {
  const lines = await readPidFile(cluster);
  if (lines === undefined || (await readPostmaster(cluster)) !== undefined) return;
  await writeFile(path.join(cluster, 'postmaster.pid'), [String(NOBODYS_PID), ...lines.slice(1)].join('\n'));
}

async function readPidFile(cluster: string): Promise<readonly string[] | undefined> {
  const text = await readFile(path.join(cluster, 'postmaster.pid'), 'utf8').catch(unlessCode('ENOENT'));
  return text === undefined || text.trim() === '' ? undefined : text.split('\n');
}

/** We start every server with `-D <cluster>`; its children and zombies show something else, another program as well. */
async function isServerOf(pid: number, cluster: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform === 'win32') return true;
  return (await commandLine(pid)).includes(await realpath(cluster));
}
