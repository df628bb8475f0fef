/** Files and folders that a power cut leaves either whole or not there at all. */
import { link, mkdir, open, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { newToken } from './ids.ts';

/**
 * Makes a file, for its owner only if nothing else is said, unless there is one: `false` then, and that one is untouched. It
 * appears with its whole content, for other processes too, and is there for good once this returns.
 */
export async function createFile(file: string, text: string, mode = 0o600): Promise<boolean> {
  const half = `${file}.${newToken(8)}.part`;
  try {
    await writeFile(half, text, { mode, flag: 'wx', flush: true });
    const isMade = await link(half, file).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
        return false;
      },
    );
    await syncFolder(path.dirname(file));
    return isMade;
  } finally {
    await rm(half, { force: true });
  }
}

/**
 * Makes a folder and those above it that are missing, for good. One by one: Node's own recursion never ends where making a
 * folder is answered by ENOENT though the one above it is there, as in /proc.
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<void> {
  const missing: string[] = [];
  for (let at = path.resolve(folder); !(await isFolder(at)) && at !== path.dirname(at); at = path.dirname(at))
    missing.unshift(at);
  for (const each of missing) {
    await mkdir(each, { mode }).catch(async (error: unknown) => {
      if (!(await isFolder(each))) throw error; // otherwise another process was faster
    });
    await syncFolder(path.dirname(each));
  }
}

async function isFolder(at: string): Promise<boolean> {
  const found = await stat(at).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  return found?.isDirectory() ?? false;
}

/**
 * Makes the names in a folder durable; a file's own `fsync` does not (fsync(2)). Windows has no such call, nor have some
 * network shares, which say EINVAL: there it is left to the file system, as PostgreSQL leaves it.
 */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync().catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EINVAL') throw error;
    });
  } finally {
    await handle.close();
  }
}
