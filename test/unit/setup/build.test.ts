/** `scripts/build.mjs` and `bin/daiban.js` on a small copy of this repository. */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { discard } from '../../../scripts/build.mjs';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const root = path.join(mkdtempSync(path.join(tmpdir(), 'build-')), 'daiban');

beforeAll(async () => {
  for (const name of [
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'prisma.config.ts',
    'scripts',
    'bin',
  ]) {
    cpSync(path.join(ROOT, name), path.join(root, name), { recursive: true });
  }
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(root, 'node_modules'));
  write('package.json', JSON.stringify({ type: 'module' }));
  write('prisma/schema/base.prisma', readFileSync(path.join(ROOT, 'prisma/schema/base.prisma'), 'utf8'));
  write('src/main.ts', "import { two } from './two.ts';\nconsole.log(JSON.stringify([two, process.argv.slice(2)]));\n");
  write('src/two.ts', 'export const two: number = 2;\n');
  write('src/sandbox/page/index.html', '<title>sandbox</title>\n');
  write('src/sandbox/page/vite.config.ts', 'export default {};\n');
  write('src/console/calculators/index.html', '<title>calculators</title>\n');
  write('src/console/calculators/vite.config.ts', 'export default {};\n');
  write('src/console/upload/index.html', '<title>upload</title>\n');
  write('src/console/upload/vite.config.ts', 'export default {};\n');
});
afterAll(() => rmSync(path.dirname(root), { recursive: true, force: true }));

describe('building', () => {
  test('makes what is missing, one line for each step, and the next time nothing', async () => {
    const first = await build();
    const before = mtimesOf('dist');
    const second = await build();

    expect(first.lines.map((line) => line.replace(/ in \d+\.\d s$/, '')).sort()).toEqual([
      'built page calculators',
      'built page sandbox',
      'built page upload',
      'built prisma client',
      'built server',
    ]);
    expect(existsSync(path.join(root, 'src/db/generated/client.ts'))).toBe(true);
    expect(existsSync(path.join(root, 'dist/web/sandbox/index.html'))).toBe(true);
    expect(existsSync(path.join(root, 'dist/web/calculators/index.html'))).toBe(true);
    expect(existsSync(path.join(root, 'dist/web/upload/index.html'))).toBe(true);
    expect(second).toEqual({ code: 0, lines: [] });
    expect(mtimesOf('dist')).toEqual(before); // so it also works in a checkout that nobody may write to
  });

  test('goes by content: a new date is nothing, a new text is', async () => {
    utimesSync(path.join(root, 'src/two.ts'), new Date(), new Date());
    expect((await build()).lines).toEqual([]);

    write('src/two.ts', 'export const two: number = 22;\n');
    expect((await build()).lines).toEqual([expect.stringMatching(/^built server in/)]);
    expect(await daiban()).toEqual({ code: 0, lines: ['[22,[]]'] });
  });

  test('builds a page again when that page changes, and no other step', async () => {
    write('src/console/calculators/index.html', '<title>other</title>\n');

    expect((await build()).lines).toEqual([expect.stringMatching(/^built page calculators in/)]);
    expect(readFileSync(path.join(root, 'dist/web/calculators/index.html'), 'utf8')).toContain('other');
  });

  test('takes away what was compiled from a source that is gone', async () => {
    write('src/old.ts', 'export const old = 1;\n');
    await build();
    expect(existsSync(path.join(root, 'dist/old.js'))).toBe(true);

    rmSync(path.join(root, 'src/old.ts'));
    await build();
    expect(existsSync(path.join(root, 'dist/old.js'))).toBe(false);
    expect(existsSync(path.join(root, 'dist/web/sandbox/index.html'))).toBe(true);
  });

  test('of two at the same moment, one builds and the other waits for it; a dead one is not waited for', async () => {
    write('src/two.ts', 'export const two: number = 2;\n');
    write('dist/.lock', '4194304');

    const [a, b] = await Promise.all([build(), build()]);

    expect([...a.lines, ...b.lines]).toHaveLength(1);
    expect([a.code, b.code]).toEqual([0, 0]);
    expect(existsSync(path.join(root, 'dist/.lock'))).toBe(false);
  });

  test('gives back the lock of a living one when somebody else has taken the dead one’s away before', () => {
    const lock = path.join(root, 'dist/.lock');
    write('dist/.lock', '4194304');

    discard(lock, '4194304');
    expect(existsSync(lock)).toBe(false);
    discard(lock, '4194304');
    write('dist/.lock', '4711');
    discard(lock, '4194304');

    expect(readFileSync(lock, 'utf8')).toBe('4711');
    expect(readdirSync(path.dirname(lock)).filter((name) => name.startsWith('.lock'))).toEqual(['.lock']);
    rmSync(lock);
  });

  test('shows what the tool said when a step fails, and tries again the next time', async () => {
    write('src/two.ts', 'export const two: number = ;\n');
    const [first, second] = [await build(), await build()];
    write('src/two.ts', 'export const two: number = 2;\n');

    for (const { code, lines } of [first, second]) {
      expect(code).toBe(1);
      expect(lines.join('\n')).toContain('src/two.ts(1,28)');
    }
    expect((await build()).code).toBe(0);
  });
});

describe('bin/daiban.js', () => {
  test('builds what is stale, then runs the product with the arguments it was given', async () => {
    rmSync(path.join(root, 'dist'), { recursive: true });

    const { code, lines } = await daiban('start', '--roles', 'web');

    expect(code).toBe(0);
    expect(lines).toContain('[2,["start","--roles","web"]]');
  });

  test('runs what was shipped where there are no sources, as in an image', async () => {
    const image = path.join(path.dirname(root), 'image');
    for (const name of ['bin', 'dist', 'package.json'])
      cpSync(path.join(root, name), path.join(image, name), { recursive: true });

    expect(await run(path.join(image, 'bin/daiban.js'), ['migrate'])).toEqual({ code: 0, lines: ['[2,["migrate"]]'] });
  });
});

interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
}

const build = (): Promise<Ended> => run(path.join(root, 'scripts/build.mjs'), []);
const daiban = (...args: readonly string[]): Promise<Ended> => run(path.join(root, 'bin/daiban.js'), args);

function run(script: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { cwd: tmpdir() });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child
      .once('error', reject)
      .once('close', (code) => resolve({ code, lines: output.split('\n').filter((line) => line !== '') }));
  });
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}

function mtimesOf(folder: string): readonly string[] {
  const names = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
  return names.map((name) => `${name} ${statSync(path.join(root, folder, name)).mtimeMs}`).sort();
}
