/** The master key: from the setting, or a key file under DATA_DIR that is made once, with a warning. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createFile, makeFolder } from '../lib/durable-file.ts';
import { AppError, defineErrors } from '../lib/errors.ts';
import type { Env } from './env.ts';

/** What can be wrong with the file of the master key. */
export const keyFileErrors = defineErrors({
  'setting.key_file_damaged': [500, 'error'],
});

/** The key (32 bytes), the one before it while keys are being rotated, and where it came from. */
export type MasterKeyResult = { readonly current: Buffer; readonly previous?: Buffer } & (
  | { readonly isNew: false; readonly file?: undefined }
  /** Path of the key file, when there is no setting: whoever has it and the database can read everything. */
  | { readonly isNew: boolean; readonly file: string }
);

/** Where the key is kept when no setting holds it. */
export function masterKeyFile(env: Pick<Env, 'dataDir'>): string {
  return path.join(env.dataDir, 'master.key');
}

/** Reads or makes the master key. @throws AppError `setting.key_file_damaged` */
export async function masterKey(
  env: Pick<Env, 'MASTER_KEY' | 'MASTER_KEY_PREVIOUS' | 'dataDir'>,
): Promise<MasterKeyResult> {
  const previous = env.MASTER_KEY_PREVIOUS ? { previous: Buffer.from(env.MASTER_KEY_PREVIOUS.reveal(), 'base64') } : {};
  const file = masterKeyFile(env);
  if (env.MASTER_KEY) {
    const current = Buffer.from(env.MASTER_KEY.reveal(), 'base64');
    const stored = previous.previous ? undefined : await readKey(file);
    return { current, isNew: false, ...(stored ? { previous: stored } : previous) };
  }
  const found = await readKey(file);
  if (found) return { current: found, file, isNew: false };
  await makeFolder(env.dataDir);
  // Of two processes starting at once one makes the file, the other reads it. Nothing is wrapped by a key that a power cut could take.
  const isNew = await createFile(file, `${randomBytes(32).toString('base64')}\n`);
  const current = await readKey(file);
  if (!current) throw new AppError(keyFileErrors['setting.key_file_damaged'], { params: { file } });
  return { current, file, isNew };
}

async function readKey(file: string): Promise<Buffer | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== 32) throw new AppError(keyFileErrors['setting.key_file_damaged'], { params: { file } });
  return key;
}
