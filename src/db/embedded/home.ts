/**
 * Where a cluster lives: under DATA_DIR, unless the account that runs the server cannot get in there (as root under a 0700
 * home). Then it lives in a system folder, and a pointer file in DATA_DIR says which.
 */
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dataDirErrors } from '../../lib/data-dir.ts';
import { syncFolder } from '../../lib/durable-file.ts';
import { AppError, errorText } from '../../lib/errors.ts';
import { isRoot, serverAccount, type Account } from './account.ts';
import { giveToOwner, unlessCode } from './files.ts';
import { embeddedErrors } from './embedded-errors.ts';
import { runAs } from './processes.ts';
import { RECORD_FILE } from './record.ts';

/** The cluster folder carries the major version: files of one major cannot be read by another. */
const CLUSTER_FOLDER = 'pg18';
const POINTER_FILE = 'pg.location';
/** System folders that outlive a reboot, tried in this order. */
const SYSTEM_FOLDERS = ['/var/lib', '/opt', '/srv'] as const;

/** A cluster's place and the account it belongs to. */
export interface Home {
  /** Folder of the cluster, its log and, where needed, copied programs. */
  readonly folder: string;
  /** PGDATA; may not exist yet. */
  readonly cluster: string;
  readonly account: Account | undefined;
  /** Set when the home is not DATA_DIR: a person looking for the data has to be told. */
  readonly elsewhere: boolean;
  /** A system folder with the cluster of an earlier DATA_DIR of this name. It is left alone: that one was taken away to start over. */
  readonly former?: string;
}

/**
 * The home of the cluster that belongs to `dataDir`; the folder is made when missing and is open to the account.
 * @throws AppError `database.no_place` when no system folder can be used either, `setting.data_dir_closed` when the cluster is
 * another user's.
 */
export async function findHome(dataDir: string): Promise<Home> {
  const real = await realpath(dataDir);
  const folder = (await pointedFrom(real)) ?? real;
  const owner = await ownerOf(path.join(folder, CLUSTER_FOLDER));
  if (owner !== undefined && !mayRunFor(owner)) {
    const detail = `${folder} belongs to user ${owner.uid}`;
    throw new AppError(dataDirErrors['setting.data_dir_closed'], { params: { dataDir, detail } });
  }
  const account = await serverAccount(owner);
  if (await mayEnter(account, folder)) return homeIn(folder, account, folder !== real);
  return makeSystemHome(real, account);
}

async function pointedFrom(dataDir: string): Promise<string | undefined> {
  const pointed = await readFile(path.join(dataDir, POINTER_FILE), 'utf8').catch(unlessCode('ENOENT'));
  return pointed?.trim() || undefined; // an empty one is what a power cut left of it, before there was a cluster
}

/** Makes the pointer in one step: the cluster it leads to is found again after a power cut, or was never begun. */
async function pointTo(dataDir: string, folder: string): Promise<void> {
  const pointer = path.join(dataDir, POINTER_FILE);
  const fresh = `${pointer}.${process.pid}`;
  await writeFile(fresh, `${folder}\n`, { flush: true });
  await giveToOwner(fresh);
  await rename(fresh, pointer);
  await syncFolder(dataDir);
}

async function makeSystemHome(dataDir: string, account: Account | undefined): Promise<Home> {
  const name = `daiban-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`;
  const refusals: string[] = [];
  for (const parent of SYSTEM_FOLDERS) {
    const { folder, former } = await unusedFolder(path.join(parent, name), dataDir);
    const refusal = await openFolder(folder, account);
    if (refusal === undefined) {
      await pointTo(dataDir, folder);
      return { ...homeIn(folder, account, true), ...(former === undefined ? {} : { former }) };
    }
    refusals.push(`${folder}: ${refusal}`);
  }
  throw new AppError(embeddedErrors['database.no_place'], { params: { dataDir, detail: refusals.join('; ') } });
}

/** The folder of this name, or the first numbered one without a cluster where DATA_DIR is new: another's key opens no old data. */
async function unusedFolder(
  wanted: string,
  dataDir: string,
): Promise<{ readonly folder: string; readonly former?: string }> {
  const isKnown = (await ownerOf(path.join(dataDir, RECORD_FILE))) !== undefined;
  const pointed = await pointedFrom(dataDir); // a process that began with us may have been faster
  if (pointed !== undefined && path.dirname(pointed) === path.dirname(wanted)) return { folder: pointed };
  if (isKnown) return { folder: wanted };
  for (let number = 1, former: string | undefined; ; number += 1) {
    const folder = number === 1 ? wanted : `${wanted}-${number}`;
    if ((await ownerOf(path.join(folder, CLUSTER_FOLDER))) === undefined)
      return { folder, ...(former === undefined ? {} : { former }) };
    former = folder;
  }
}

async function openFolder(folder: string, account: Account | undefined): Promise<string | undefined> {
  try {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o711);
    return (await mayEnter(account, folder)) ? undefined : 'closed to the server user';
  } catch (error) {
    return errorText(error);
  }
}

function homeIn(folder: string, account: Account | undefined, elsewhere: boolean): Home {
  return { folder, cluster: path.join(folder, CLUSTER_FOLDER), account, elsewhere };
}

/** Asked of the system itself: modes, groups, ACLs and mounts all have a say. */
async function mayEnter(account: Account | undefined, folder: string): Promise<boolean> {
  return account === undefined || (await runAs(account, '/bin/sh', ['-c', 'cd "$1"', 'sh', folder])).ok;
}

/** Root becomes whoever it has to be; a server of anybody else's would refuse to start. */
function mayRunFor(owner: Account): boolean {
  return process.getuid === undefined || isRoot() || owner.uid === process.getuid();
}

async function ownerOf(folder: string): Promise<Account | undefined> {
  return stat(folder).catch(unlessCode('ENOENT'));
}
