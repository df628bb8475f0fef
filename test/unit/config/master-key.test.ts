import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { masterKey } from '../../../src/config/master-key.ts';

async function home(): Promise<{ readonly dataDir: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'daiban-key-'));
  onTestFinished(async () => rm(folder, { recursive: true }));
  return { dataDir: path.join(folder, 'data') };
}

// The settings are absent, not undefined; the type of a parsed environment wants them named.
const NONE = { MASTER_KEY: undefined, MASTER_KEY_PREVIOUS: undefined };

describe('the master key file', () => {
  test('is one for all processes that start at once on an empty folder: one makes it, all have the same key', async () => {
    const { dataDir } = await home();

    const keys = await Promise.all(Array.from({ length: 12 }, async () => masterKey({ ...NONE, dataDir })));

    expect(new Set(keys.map(({ current }) => current.toString('hex'))).size).toBe(1);
    expect(keys.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(await readdir(dataDir)).toEqual(['master.key']);
  });

  test('is read again by the next start', async () => {
    const { dataDir } = await home();
    const first = await masterKey({ ...NONE, dataDir });

    expect(await masterKey({ ...NONE, dataDir })).toEqual({ ...first, isNew: false });
  });

  test('that is damaged is named and not replaced', async () => {
    const { dataDir } = await home();
    const { file = '' } = await masterKey({ ...NONE, dataDir });
    await writeFile(file, '');

    await expect(masterKey({ ...NONE, dataDir })).rejects.toMatchObject({
      code: 'setting.key_file_damaged',
      params: { file },
    });
  });
});
