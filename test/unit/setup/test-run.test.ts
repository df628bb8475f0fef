/** What a whole test run promises: a last line that can be trusted, and no test that talks to the outside. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const folder = mkdtempSync(path.join(tmpdir(), 'test-run-'));

beforeAll(() => {
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  write(
    'vitest.config.ts',
    `import { FinalLine } from '${ROOT}/test/support/final-line.ts';
    export default { test: { reporters: ['default', new FinalLine()], setupFiles: ['${ROOT}/test/support/network.ts'] } };`,
  );
  write(
    'good.test.ts',
    `import { test, expect } from 'vitest';
    import { createServer } from 'node:http';
    test('adds', () => expect(1 + 1).toBe(2));
    test('may talk to this machine', async () => {
      const server = createServer((_, answer) => answer.end('hi')).listen(0, '127.0.0.1');
      await new Promise((up) => server.once('listening', up));
      expect(await (await fetch('http://127.0.0.1:' + server.address().port)).text()).toBe('hi');
      server.close();
    });
    test.skip('waits for a redis', () => {});`,
  );
  write(
    'bad.test.ts',
    `import { test, expect } from 'vitest';
    test('adds wrongly', () => expect(1 + 1).toBe(3));
    test('adds rightly', () => expect(1 + 1).toBe(2));`,
  );
  write('broken.test.ts', `import './nowhere.ts';`);
  write(
    'outside.test.ts',
    `import { test, expect } from 'vitest';
    test('calls home and swallows the error', () => fetch('http://192.0.2.1/').catch(() => {}));
    test('calls home by name and swallows the error', () => fetch('https://telemetry.example.com/').catch(() => {}));
    test('is innocent', () => {});`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a test run', () => {
  test('ends with the numbers, and names the files that were not run whole', async () => {
    const { code, lines } = await vitest('good');

    expect(lines.slice(-2)).toEqual(['skipped tests in good.test.ts', 'tests: 2 passed, 0 failed']);
    expect(code).toBe(0);
  });

  test('with a failing test says so in its last line and its exit code', async () => {
    const { code, lines } = await vitest('bad');

    expect(lines.at(-1)).toBe('tests: 1 passed, 1 failed');
    expect(code).toBe(1);
  });

  test('counts a file that cannot even be loaded as a failure', async () => {
    const { code, lines } = await vitest('broken');

    expect(lines.at(-1)).toBe('tests: 0 passed, 1 failed');
    expect(code).toBe(1);
  });

  test('fails a test that reaches for another machine, whatever the test makes of it, and only that test', async () => {
    const { lines } = await vitest('outside');

    expect(lines.at(-1)).toBe('tests: 1 passed, 2 failed');
    expect(lines.join('\n')).toContain('the test tried to connect to 192.0.2.1');
    expect(lines.join('\n')).toContain('the test tried to connect to telemetry.example.com');
  });
});

function write(file: string, text: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, file), text);
}

function vitest(filter: string): Promise<{ readonly code: number | null; readonly lines: readonly string[] }> {
  return new Promise((resolve, reject) => {
    const args = [path.join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder, filter];
    const child = spawn(process.execPath, args, { cwd: folder, env: { PATH: process.env['PATH'], NO_COLOR: '1' } });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject).once('close', (code) => resolve({ code, lines: output.trim().split('\n') }));
  });
}
