/** Anchors as lines of a file under DATA_DIR, outside the database they vouch for. */
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, syncFolder } from '../../lib/durable-file.ts';
import type { Anchor, AnchorStore } from './anchor.ts';

/** Twenty lines and more: the last one is found at the first look. */
const TAIL_BYTES = 4_096;
const NEWLINE = 0x0a;

/** The anchors of one installation, one JSON a line. */
export class AnchorFile implements AnchorStore {
  readonly #file: string;

  constructor(dataDir: string) {
    this.#file = path.join(dataDir, 'audit-anchors.jsonl');
  }

  /** Adds a line. What a crash or a full disk left of an earlier one is cut off first, or the two would be one broken line. */
  async append(anchor: Anchor): Promise<void> {
    const folder = path.dirname(this.#file);
    await makeFolder(folder);
    const file = await open(this.#file, 'a+', 0o600);
    try {
      const { size } = await file.stat();
      const { end } = await lastLine(file, size);
      if (end < size) await file.truncate(end);
      await file.appendFile(`${JSON.stringify(anchor)}\n`);
      await file.sync();
      if (end === 0) await syncFolder(folder);
    } finally {
      await file.close();
    }
  }

  /** The last whole line, read from the end of the file. */
  async last(): Promise<unknown> {
    const file = await this.#open();
    if (file === undefined) return undefined;
    try {
      const { text } = await lastLine(file, (await file.stat()).size);
      return text === '' ? undefined : parsed(text);
    } finally {
      await file.close();
    }
  }

  /**
   * Line after line; a last one that a crash cut short is passed over, it vouched for nothing yet.
   * @throws Error when the file is there and cannot be read: that must not look like a log without anchors.
   */
  async *all(): AsyncGenerator<unknown, void, undefined> {
    const file = await this.#open();
    if (file === undefined) return;
    try {
      let rest = '';
      for await (const chunk of file.createReadStream({ encoding: 'utf8', autoClose: false })) {
        const lines = `${rest}${String(chunk)}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') yield parsed(line);
      }
    } finally {
      await file.close();
    }
  }

  async #open(): Promise<FileHandle | undefined> {
    try {
      return await open(this.#file, 'r');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

/** The last line that is whole, and where it ends in the file. Looks further back only when the tail holds none. */
async function lastLine(file: FileHandle, size: number): Promise<{ readonly text: string; readonly end: number }> {
  for (let length = TAIL_BYTES; ; length *= 16) {
    const from = Math.max(0, size - length);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    const tail = buffer.subarray(0, bytesRead);
    const end = tail.lastIndexOf(NEWLINE);
    const start = end < 1 ? -1 : tail.lastIndexOf(NEWLINE, end - 1);
    if (start >= 0 || from === 0)
      return { text: tail.subarray(start + 1, Math.max(end, 0)).toString('utf8'), end: from + end + 1 };
  }
}

/** A line that is no JSON is nobody's anchor either; whoever checks signatures says so. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
