/** Small things about files that several parts of this room need. */
import { chown, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { dataDirErrors } from '../../lib/data-dir.ts';
import { AppError } from '../../lib/errors.ts';
import type { Account } from './account.ts';

/** A catch handler that swallows one system error and passes on every other. */
export function unlessCode(code: string): (error: unknown) => undefined {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
    return undefined;
  };
}

/** A catch handler for a file of ours that is closed to us: somebody else has made it. @throws AppError `setting.file_closed` */
export function closedFile(file: string): (error: unknown) => never {
  return (error) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    throw new AppError(dataDirErrors['setting.file_closed'], { params: { file, detail: code }, cause: error });
  };
}

/** What root writes into somebody's folder stays his, or he could not use it any more. */
export async function giveToOwner(file: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(path.dirname(file));
  await chown(file, uid, gid);
}

/** Makes an empty folder that belongs to the account and to nobody else. */
export async function makeOwnFolder(folder: string, account: Account | undefined): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (account !== undefined) await chown(folder, account.uid, account.gid);
}
