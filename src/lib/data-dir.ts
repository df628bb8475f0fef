/** DATA_DIR: made and tried before anything is built on it, so that a wrong one is told in one sentence. */
import { mkdtemp, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from './durable-file.ts';
import { AppError, defineErrors, errorText } from './errors.ts';

/** What can be wrong with the folder of this installation. */
export const dataDirErrors = defineErrors({
  'setting.data_dir_closed': [500, 'error'],
  'setting.file_closed': [500, 'error'],
  'disk.full': [507, 'error'],
});

/** Of the operating system: the disk, or the share of it that is ours, is used up. */
const FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT'];

/** Whether there is no room left on the disk of a file. */
export function isDiskFull(error: unknown): boolean {
  return FULL.includes((error as NodeJS.ErrnoException | undefined)?.code);
}

/** Tells it with a place. A write to an open file does not say which file it was: then it is told of `place`. */
export function diskFull(error: unknown, place: string): AppError {
  const { path: file = place } = error as NodeJS.ErrnoException;
  return new AppError(dataDirErrors['disk.full'], { params: { place: file }, cause: error });
}

/** Others may pass through (the database's own user must) but not look around; what is secret in there is 0600 by itself. */
const MODE = 0o711;

/** Makes the folder where it is missing, and proves that it can be written to. @throws AppError `setting.data_dir_closed`, `disk.full` */
export async function openDataDir(dataDir: string): Promise<void> {
  try {
    await makeFolder(dataDir, MODE);
    await rmdir(await mkdtemp(path.join(dataDir, '.try-')));
  } catch (cause) {
    if (isDiskFull(cause)) throw diskFull(cause, dataDir);
    const { code = errorText(cause) } = cause as NodeJS.ErrnoException;
    throw new AppError(dataDirErrors['setting.data_dir_closed'], { params: { dataDir, detail: code }, cause });
  }
}
