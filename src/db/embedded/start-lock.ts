/**
 * One process at a time may make, start or stop the cluster of a DATA_DIR. Before there is a server there is no advisory lock,
 * and Node has no flock, so this is a file that is created exclusively and names its owner.
 */
import { readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../../lib/clock.ts';
import { createFile } from '../../lib/durable-file.ts';
import { unlessCode } from './files.ts';
import { isAlive } from './processes.ts';

const FILE = 'pg.lock';
const BEAT_MS = 1_000;
/** A holder touches the file every second; one that has not for so long is dead and its process id was given away. */
const STALE_MS = 30_000;

/** Runs `work` while no other process of this DATA_DIR does; waits for its turn. */
export async function withStartLock<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  const file = path.join(dataDir, FILE);
  await take(file);
  const beat = setInterval(() => void touch(file), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<void> {
  for (;;) {
    if (await createFile(file, `${process.pid}\n`, 0o644)) return;
    const holder = await readFile(file, 'utf8').catch(unlessCode('ENOENT'));
    if (holder !== undefined && (await isStale(file, holder))) await discard(file, holder);
    else await wait(20);
  }
}

async function isStale(file: string, holder: string): Promise<boolean> {
  const found = await stat(file).catch(unlessCode('ENOENT'));
  if (found === undefined) return false;
  const age = systemClock.now().getTime() - found.mtimeMs;
  // Ours appear with their owner in them: an empty one is what a full disk or a power cut has left.
  return age > STALE_MS || holder === '' || !isAlive(Number(holder));
}

/** Takes the file away under another name first: of two that judged it stale only one succeeds, and it checks what it took. */
async function discard(file: string, holder: string): Promise<void> {
  const away = `${file}.${process.pid}`;
  const moved = await rename(file, away).then(() => true, unlessCode('ENOENT'));
  if (moved === undefined) return;
  const taken = await readFile(away, 'utf8');
  if (taken !== holder) await rename(away, file);
  else await rm(away, { force: true });
}

async function touch(file: string): Promise<void> {
  const now = systemClock.now();
  await utimes(file, now, now).catch(() => undefined);
}
