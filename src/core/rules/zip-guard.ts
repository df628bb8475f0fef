/**
 * Looks at a ZIP archive (an Excel workbook is one) before a library unpacks it: how large it would become. Each entry is
 * really inflated, within a bound, because the sizes written in an archive may lie.
 */
import { inflateRawSync } from 'node:zlib';

const END_OF_DIRECTORY = 0x06_05_4b_50;
const DIRECTORY_ENTRY = 0x02_01_4b_50;
const LOCAL_ENTRY = 0x04_03_4b_50;
const END_LENGTH = 22;
const MAX_COMMENT = 65_535;
const MAX_ENTRIES = 2000;

/** Whether the archive is readable and unpacks to at most `limit` bytes in all. */
export function unpacksWithin(archive: Buffer, limit: number): boolean {
  try {
    return measure(archive, limit) <= limit;
  } catch {
    // Cut off, not an archive, or an entry that inflates beyond the bound.
    return false;
  }
}

function measure(archive: Buffer, limit: number): number {
  const end = findEnd(archive);
  const entries = archive.readUInt16LE(end + 10);
  if (entries > MAX_ENTRIES) throw new RangeError('too many entries');
  let at = archive.readUInt32LE(end + 16);
  let total = 0;
  for (let index = 0; index < entries; index += 1) {
    if (archive.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new RangeError('broken directory');
    total += inflatedSize(archive, at, limit - total);
    at += 46 + archive.readUInt16LE(at + 28) + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return total;
}

function findEnd(archive: Buffer): number {
  const first = Math.max(0, archive.length - END_LENGTH - MAX_COMMENT);
  for (let at = archive.length - END_LENGTH; at >= first; at -= 1) {
    if (archive.readUInt32LE(at) === END_OF_DIRECTORY) return at;
  }
  throw new RangeError('no directory');
}

function inflatedSize(archive: Buffer, entry: number, left: number): number {
  const method = archive.readUInt16LE(entry + 10);
  const packed = archive.readUInt32LE(entry + 20);
  const local = archive.readUInt32LE(entry + 42);
  if (archive.readUInt32LE(local) !== LOCAL_ENTRY) throw new RangeError('broken entry');
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  if (start + packed > archive.length) throw new RangeError('entry beyond the end');
  if (method === 0) return packed;
  if (method !== 8) throw new RangeError('unknown method');
  if (left <= 0) throw new RangeError('too large');
  return inflateRawSync(archive.subarray(start, start + packed), { maxOutputLength: left }).length;
}
