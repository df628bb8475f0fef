/** Anchors as lines of a file under DATA_DIR, outside the database they vouch for. */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Anchor, AnchorStore } from './seal.ts';

export class AnchorFile implements AnchorStore {
  readonly #file: string;

  constructor(dataDir: string) {
    this.#file = path.join(dataDir, 'audit-anchors.jsonl');
  }

  async append(anchor: Anchor): Promise<void> {
    await mkdir(path.dirname(this.#file), { recursive: true });
    await appendFile(this.#file, `${JSON.stringify(anchor)}\n`, { mode: 0o600 });
  }

  /** All anchors; a last line cut short by a crash is passed over, it vouched for nothing yet. */
  async all(): Promise<readonly Anchor[]> {
    const text = await readFile(this.#file, 'utf8').catch(() => '');
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.flatMap((line, index) => {
      try {
        return [JSON.parse(line) as Anchor];
      } catch (error) {
        if (index === lines.length - 1) return [];
        throw error;
      }
    });
  }
}
