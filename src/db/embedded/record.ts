/** `pg.json` in DATA_DIR: how any process of the same user finds and enters the embedded server. */
import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { closedFile, giveToOwner, unlessCode } from './files.ts';

/** Port and password of the embedded server. Mode 0600: whoever can read it is its superuser. */
export interface ServerRecord {
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** Its name; a DATA_DIR without it has never had a server. */
export const RECORD_FILE = 'pg.json';
/** In place of a port: the system shall choose. */
export const ANY_PORT = 0;
/** The database everything of ours is in, and the role that owns it. */
export const DATABASE = 'daiban';

/** The record of this DATA_DIR, or nothing when there is none or a power cut left half of one. */
export async function readRecord(dataDir: string): Promise<ServerRecord | undefined> {
  const file = path.join(dataDir, RECORD_FILE);
  const text = await readFile(file, 'utf8').catch(unlessCode('ENOENT')).catch(closedFile(file));
  return text === undefined ? undefined : parseRecord(text);
}

/** Replaces the record in one step. */
export async function writeRecord(dataDir: string, record: ServerRecord): Promise<void> {
  const file = path.join(dataDir, RECORD_FILE);
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  await giveToOwner(fresh);
  await rename(fresh, file);
}

/** A password nobody has to type. */
export function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

/** The address of a database of the recorded server. */
export function urlOf(record: ServerRecord, database: string): string {
  return `postgresql://${record.user}:${record.password}@127.0.0.1:${record.port}/${database}`;
}

function parseRecord(text: string): ServerRecord | undefined {
  try {
    const { port, user, password } = JSON.parse(text) as Partial<ServerRecord>;
    if (typeof port !== 'number' || typeof user !== 'string' || typeof password !== 'string') return undefined;
    return { port, user, password };
  } catch {
    return undefined;
  }
}
