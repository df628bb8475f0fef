/** Files on disk under random keys; what is stored is already sealed by its caller. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, syncFolder } from './durable-file.ts';
import { newToken } from './ids.ts';

/** A store under `folder`; a file appears whole or not at all, and is there for good once `put` returns. */
export class DiskFileStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(storageKey: string, sealed: Buffer): Promise<void> {
    const target = this.#path(storageKey);
    await makeFolder(path.dirname(target), 0o700);
    const half = `${target}.${newToken(8)}.part`;
    await writeFile(half, sealed, { mode: 0o600, flush: true });
    await rename(half, target);
    await syncFolder(path.dirname(target));
  }

  async get(storageKey: string): Promise<Buffer> {
    return readFile(this.#path(storageKey));
  }

  async remove(storageKey: string): Promise<void> {
    await rm(this.#path(storageKey), { force: true });
  }

  #path(storageKey: string): string {
    if (!/^[0-9a-z]{20,64}$/.test(storageKey)) throw new Error('not a storage key');
    return path.join(this.#folder, storageKey.slice(0, 2), storageKey);
  }
}
