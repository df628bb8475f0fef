/**
 * `npm run mutants`: each patch here breaks one promise of the product (design §3) in a copy of the code, and that promise's
 * own test must notice. A mutant that survives, or a patch that no longer applies, fails the run.
 *
 *   npm run mutants            all
 *   npm run mutants 06 11      only those
 */
import { spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { startTestCluster } from '../support/cluster.ts';
import { applyDiff } from './support/unified-diff.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** What a test of an invariant needs of the repository. */
const NEEDED = ['src', 'flows', 'locales', 'prisma', 'test/invariants', 'test/support', 'test/chaos/support'];
const FILES = ['package.json', 'tsconfig.json', 'vitest.config.ts', 'prisma.config.ts'];
const PATIENCE_MS = 180_000;

interface Verdict {
  readonly name: string;
  readonly isRed: boolean;
  readonly note: string;
  readonly seconds: number;
}

interface Report {
  readonly numTotalTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly message?: string;
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[];
  }[];
}

const wanted = process.argv.slice(2);
const folder = await mkdtemp(path.join(tmpdir(), 'daiban-mutants-'));
await chmod(folder, 0o711); // under root the database's user has to get through
const cluster = await startTestCluster(folder);
try {
  process.exitCode = await main();
} finally {
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
}

async function main(): Promise<number> {
  const patches = (await readdir(import.meta.dirname))
    .filter((file) => /^\d\d.*\.patch$/.test(file))
    .filter((file) => wanted.length === 0 || wanted.some((prefix) => file.startsWith(prefix)))
    .sort();
  if (patches.length === 0) {
    console.log(`no mutant begins with ${wanted.join(' or ')}`);
    return 1;
  }
  const promises = [...new Set(patches.map((file) => file.slice(0, 2)))];
  const untouched = await control(promises);
  if (untouched !== undefined) {
    console.log(`the tests are not green without a mutant, so they prove nothing: ${untouched}`);
    return 1;
  }
  const verdicts = await inParallel(patches, Math.min(2, availableParallelism()), mutant);
  const width = Math.max(...verdicts.map(({ name }) => name.length));
  for (const { name, isRed, note, seconds } of verdicts) {
    console.log(
      `${isRed ? 'killed  ' : 'SURVIVED'} ${name.padEnd(width)} ${seconds.toFixed(1).padStart(6)} s  ${note}`,
    );
  }
  const missing = wanted.length > 0 ? [] : (await promised()).filter((number) => !promises.includes(number));
  for (const number of missing) console.log(`SURVIVED ${number} has no mutant`);
  const survived = verdicts.filter(({ isRed }) => !isRed).length + missing.length;
  console.log(`mutants: ${verdicts.length - (survived - missing.length)} killed, ${survived} survived`);
  return survived === 0 ? 0 : 1;
}

/** Numbers of the invariants that have a test. */
async function promised(): Promise<readonly string[]> {
  const files = await readdir(path.join(ROOT, 'test/invariants'));
  return files.filter((file) => file.endsWith('.test.ts')).map((file) => file.slice(0, 2));
}

/** Runs the tests on an unchanged copy; says what is wrong when they are not green. */
async function control(promises: readonly string[]): Promise<string | undefined> {
  const copy = await copyOf('control');
  const { report, output } = await runTests(copy, promises);
  if (report === undefined) return output;
  const failed = report.testResults.flatMap((file) =>
    file.assertionResults.filter(({ status }) => status === 'failed').map(({ title }) => title),
  );
  const broken = report.testResults.flatMap(({ message, assertionResults }) =>
    assertionResults.length === 0 ? [message ?? 'a file without tests'] : [],
  );
  await rm(copy, { recursive: true, force: true });
  return failed.length + broken.length === 0 ? undefined : [...failed, ...broken].join('; ');
}

async function mutant(file: string): Promise<Verdict> {
  const name = file.replace(/\.patch$/, '');
  const started = performance.now();
  const done = (isRed: boolean, note: string): Verdict => ({
    name,
    isRed,
    note,
    seconds: (performance.now() - started) / 1_000,
  });
  const copy = await copyOf(name);
  try {
    applyDiff(copy, await readFile(path.join(import.meta.dirname, file), 'utf8'));
  } catch (error) {
    return done(false, `does not apply: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { report, output } = await runTests(
    copy,
    [name.slice(0, 2)],
    ['--bail', '1', '--testTimeout', '10000', '--hookTimeout', '15000'],
  );
  await rm(copy, { recursive: true, force: true });
  if (report === undefined) return done(false, `no report: ${output}`);
  // A mutant that does not even load proves nothing about the test.
  if (report.testResults.some(({ assertionResults }) => assertionResults.length === 0))
    return done(false, 'the mutant does not load');
  const titles = report.testResults.flatMap((result) =>
    result.assertionResults.filter(({ status }) => status === 'failed').map(({ title }) => title),
  );
  return done(titles.length > 0, titles.length > 0 ? `${titles[0]?.slice(0, 100)}` : 'every test stayed green');
}

async function copyOf(name: string): Promise<string> {
  const copy = path.join(folder, name);
  await mkdir(copy);
  for (const part of NEEDED) await cp(path.join(ROOT, part), path.join(copy, part), { recursive: true });
  for (const file of FILES) await cp(path.join(ROOT, file), path.join(copy, file));
  await symlink(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
  return copy;
}

async function runTests(
  copy: string,
  promises: readonly string[],
  options: readonly string[] = [],
): Promise<{ readonly report: Report | undefined; readonly output: string }> {
  const report = path.join(copy, 'report.json');
  const filters = promises.map((number) => `test/invariants/${number}`);
  const args = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--root',
    copy,
    '--project',
    'integration',
    '--reporter',
    'json',
    '--outputFile',
    report,
    ...options,
    ...filters,
  ];
  const child = spawn(process.execPath, args, {
    cwd: copy,
    env: { ...process.env, TEST_DATABASE_URL: cluster.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output = `${output}${chunk.toString()}`.slice(-2_000)));
  const overdue = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(overdue);
  const text = await readFile(report, 'utf8').catch(() => undefined);
  return { report: text === undefined ? undefined : (JSON.parse(text) as Report), output };
}

async function inParallel<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}
