/** Small things about files that several parts of this room need. */
import { chown, mkdir } from 'node:fs/promises';
import type { Account } from './account.ts';

/** A catch handler that swallows one system error and passes on every other. */
export function unlessCode(code: string): (error: unknown) => undefined {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
    return undefined;
  };
}

/** Makes an empty folder that belongs to the account and to nobody else. */
export async function makeOwnFolder(folder: string, account: Account | undefined): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (account !== undefined) await chown(folder, account.uid, account.gid);
}
