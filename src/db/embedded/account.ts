/**
 * Which user the server runs as. PostgreSQL refuses to run as root, so under root it drops to an unprivileged user; the same
 * one for the life of a cluster, because the files belong to it.
 */
import { AppError } from '../../lib/errors.ts';
import { embeddedErrors } from './embedded-errors.ts';
import { runAs } from './processes.ts';

/** A user and group of the operating system. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** In order of preference; macOS calls its database user `_postgres`. */
const CANDIDATES = ['daiban', 'postgres', '_postgres', 'nobody'] as const;

/** Whether this process runs as root (never on Windows). */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * The account for the server: nothing for an ordinary user (it runs as that user), else the owner of an existing cluster, else
 * the first of the usual unprivileged users, else a new system user `daiban`.
 * @throws AppError `database.no_account` when there is none and none can be made.
 */
export async function serverAccount(clusterOwner: Account | undefined): Promise<Account | undefined> {
  if (!isRoot()) return undefined;
  if (clusterOwner !== undefined && clusterOwner.uid !== 0) return clusterOwner;
  for (const name of CANDIDATES) {
    const account = await lookUp(name);
    if (account !== undefined) return account;
  }
  const made = await runAs(undefined, 'useradd', [
    '--system',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    'daiban',
  ]);
  const account = await lookUp('daiban');
  if (account === undefined)
    throw new AppError(embeddedErrors['database.no_account'], { params: { detail: made.said } });
  return account;
}

async function lookUp(name: string): Promise<Account | undefined> {
  const [uid, gid] = await Promise.all([runAs(undefined, 'id', ['-u', name]), runAs(undefined, 'id', ['-g', name])]);
  return uid.ok && gid.ok ? { uid: Number(uid.said), gid: Number(gid.said) } : undefined;
}
