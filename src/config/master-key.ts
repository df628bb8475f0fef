/** The master key: from the setting, or a key file under DATA_DIR that is made once, with a warning. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createFile, makeFolder } from '../lib/durable-file.ts';
import type { Env } from './env.ts';

export type MasterKeyResult = { readonly current: Buffer; readonly previous?: Buffer } & (
  | { readonly isNew: false; readonly file?: undefined }
  /** Path of the key file, when there is no setting: whoever has it and the database can read everything. */
  | { readonly isNew: boolean; readonly file: string }
);

/** Where the key is kept when no setting holds it. */
export function masterKeyFile(env: Pick<Env, 'dataDir'>): string {
  return path.join(env.dataDir, 'master.key');
}

/** Reads or makes the master key. @throws Error when the key file is damaged. */
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
  if (!current) throw new Error(`the master key file is not readable: ${file}`);
  return { current, file, isNew };
}

async function readKey(file: string): Promise<Buffer | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== 32) throw new Error(`the master key file is damaged: ${file}; restore it from a backup`);
  return key;
}
