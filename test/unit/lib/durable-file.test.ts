import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFile, makeFolder, syncFolder } from '../../../src/lib/durable-file.ts';

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'daiban-durable-'));
  onTestFinished(async () => rm(made, { recursive: true }));
  return made;
}

describe('a file that must not be half there', () => {
  test('is made once by any number at the same time; whoever sees it sees all of it, and nothing else is left', async () => {
    const home = await folder();
    const file = path.join(home, 'key');
    const texts = Array.from({ length: 20 }, (_, n) => `${n}`.repeat(5_000));

    const seen = await Promise.all(
      texts.map(async (text) => {
        const isMade = await createFile(file, text);
        return { isMade, text, found: await readFile(file, 'utf8') };
      }),
    );

    const makers = seen.filter(({ isMade }) => isMade);
    expect(makers).toHaveLength(1);
    expect(new Set(seen.map(({ found }) => found))).toEqual(new Set(makers.map(({ text }) => text)));
    expect(await readdir(home)).toEqual(['key']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test('leaves an older one as it is', async () => {
    const file = path.join(await folder(), 'key');
    await writeFile(file, 'older');

    expect(await createFile(file, 'newer')).toBe(false);
    expect(await readFile(file, 'utf8')).toBe('older');
  });

  test('leaves nothing behind when it cannot be made', async () => {
    const home = await folder();
    await mkdir(path.join(home, 'sub'));
    const file = path.join(home, 'sub', 'missing', 'key');

    await expect(createFile(file, 'x')).rejects.toThrow('ENOENT');
    expect(await readdir(home, { recursive: true })).toEqual(['sub']);
  });
});

test('a folder is made with those above it, and made again at no harm', async () => {
  const home = await folder();
  const deep = path.join(home, 'a', 'b', 'c');

  await makeFolder(deep);
  await makeFolder(deep);

  expect((await stat(deep)).isDirectory()).toBe(true);
});

// Of the file systems every Linux has, /proc is the one without this call.
test.runIf(process.platform === 'linux')(
  'a file system that cannot sync folders is no reason not to start',
  async () => {
    await expect(syncFolder('/proc/self/fd')).resolves.toBeUndefined();
    await expect(syncFolder('/proc/self/none')).rejects.toThrow('ENOENT');
  },
);
