/** Where a test run puts its clusters, databases and DATA_DIRs. `TMPDIR` names another place. */
import { readFileSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const MEMORY = '/dev/shm';
/** A run holds a quarter of a gigabyte at its fullest. */
const ROOM_BYTES = 2 * 1024 ** 3;

/** What decides; @see thisMachine */
export interface Machine {
  /** As in /proc/self/mounts. */
  readonly mounts: string;
  /** Bytes that may be put into memory. */
  readonly room: number;
}

/**
 * Memory where there is plenty, else the system's folder for temporary files. A run makes and deletes a hundred thousand small
 * files, and before ext4 makes a new one it passes over all those deleted in the last minutes: up to a quarter of all work.
 */
export function scratchFolder({ mounts, room } = thisMachine()): string {
  const options = mounts
    .split('\n')
    .findLast((line) => line.split(' ')[1] === MEMORY)
    ?.split(' ')[3]
    ?.split(',');
  // Some tests run programs from there, and containers often forbid it.
  const isFit = options?.includes('rw') === true && !options.includes('noexec');
  return isFit && room >= ROOM_BYTES ? MEMORY : tmpdir();
}

function thisMachine(): Machine {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    const mounts = readFileSync('/proc/self/mounts', 'utf8');
    return { mounts, room: Math.min(bavail * bsize, process.availableMemory()) };
  } catch {
    return { mounts: '', room: 0 }; // not Linux
  }
}
