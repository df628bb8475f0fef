/** Anchors as lines of a file under DATA_DIR, outside the database they vouch for. */
import { appendFile, mkdir, readFile, truncate } from 'node:fs/promises';
import path from 'node:path';
import type { Anchor, AnchorStore } from './seal.ts';

export class AnchorFile implements AnchorStore {
  readonly #file: string;

  constructor(dataDir: string) {
    this.#file = path.join(dataDir, 'audit-anchors.jsonl');
  }

  /** Adds a line. What a crash or a full disk left of an earlier one is cut off first, or the two would be one broken line. */
  async append(anchor: Anchor): Promise<void> {
    await mkdir(path.dirname(this.#file), { recursive: true });
    const text = await this.#read();
    const whole = text.lastIndexOf('\n') + 1;
    if (whole < text.length) await truncate(this.#file, Buffer.byteLength(text.slice(0, whole)));
    await appendFile(this.#file, `${JSON.stringify(anchor)}\n`, { mode: 0o600 });
  }

  /**
   * All anchors; a last line cut short by a crash is passed over, it vouched for nothing yet.
   * @throws Error when the file is there and cannot be read: that must not look like a log without anchors.
   */
  async all(): Promise<readonly Anchor[]> {
    const text = await this.#read();
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Anchor);
  }

  async #read(): Promise<string> {
    try {
      return await readFile(this.#file, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
      throw error;
    }
  }
}
