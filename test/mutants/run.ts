/**
 * `npm run mutants`: each patch here breaks one promise of the product (design §3) in a copy of the code, and that promise's
 * own test must notice. A mutant that survives, or a patch that no longer applies, fails the run; so does one whose tests were
 * merely too slow, which proves nothing (`support/outcome.ts`).
 *
 *   npm run mutants            all
 *   npm run mutants 06 11      only those
 */
import { spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { startTestCluster } from '../support/cluster.ts';
import { isHanging, judge, type FileOutcome, type Judgement } from './support/outcome.ts';
import { applyDiff } from './support/unified-diff.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** What a test of an invariant needs of the repository. */
const NEEDED = ['src', 'flows', 'locales', 'prisma', 'test/invariants', 'test/support', 'test/chaos/support'];
const FILES = ['package.json', 'tsconfig.json', 'vitest.config.ts', 'prisma.config.ts'];
const PATIENCE_MS = 600_000;

interface Verdict extends Judgement {
  readonly name: string;
  readonly seconds: number;
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
  for (const { name, verdict, note, seconds } of verdicts) {
    const word = verdict === 'killed' ? verdict : verdict.toUpperCase();
    console.log(`${word.padEnd(9)} ${name.padEnd(width)} ${seconds.toFixed(1).padStart(6)} s  ${note}`);
  }
  const missing = wanted.length > 0 ? [] : (await promised()).filter((number) => !promises.includes(number));
  for (const number of missing) console.log(`SURVIVED  ${number} has no mutant`);
  const count = (verdict: Verdict['verdict']): number => verdicts.filter((one) => one.verdict === verdict).length;
  const [killed, survived, undecided] = [count('killed'), count('survived') + missing.length, count('undecided')];
  console.log(`mutants: ${killed} killed, ${survived} survived, ${undecided} undecided`);
  return survived + undecided === 0 ? 0 : 1;
}

/** Numbers of the invariants that have a test. */
async function promised(): Promise<readonly string[]> {
  const files = await readdir(path.join(ROOT, 'test/invariants'));
  return files.filter((file) => file.endsWith('.test.ts')).map((file) => file.slice(0, 2));
}

/** Runs the tests on an unchanged copy; says what is wrong when they are not green. */
async function control(promises: readonly string[]): Promise<string | undefined> {
  const copy = await copyOf('control');
  const { files, output } = await runTests(copy, promises);
  if (files === undefined) return output;
  await rm(copy, { recursive: true, force: true });
  const faults = files.flatMap(({ tests, errors, failed }) => [
    ...(tests === 0 ? ['a file without tests'] : []),
    ...errors,
    ...failed.map(({ title }) => title),
  ]);
  return faults.length === 0 ? undefined : faults.join('; ');
}

async function mutant(file: string): Promise<Verdict> {
  const name = file.replace(/\.patch$/, '');
  const started = performance.now();
  const done = (judgement: Judgement): Verdict => ({
    name,
    ...judgement,
    seconds: (performance.now() - started) / 1_000,
  });
  const copy = await copyOf(name);
  const patch = await readFile(path.join(import.meta.dirname, file), 'utf8');
  try {
    applyDiff(copy, patch);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return done({ verdict: 'survived', note: `does not apply: ${reason}` });
  }
  const { files, output } = await runTests(copy, [name.slice(0, 2)], ['--bail', '1']);
  await rm(copy, { recursive: true, force: true });
  return done(
    files === undefined ? { verdict: 'undecided', note: `no report: ${output}` } : judge(files, isHanging(patch)),
  );
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
): Promise<{ readonly files: readonly FileOutcome[] | undefined; readonly output: string }> {
  const outcome = path.join(copy, 'outcome.json');
  const config = path.join(import.meta.dirname, 'vitest.config.ts');
  const filters = promises.map((number) => `test/invariants/${number}`);
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--root', copy, '--config', config];
  const args = [...vitest, '--project', 'integration', ...options, ...filters];
  const child = spawn(process.execPath, args, {
    cwd: copy,
    env: { ...process.env, TEST_DATABASE_URL: cluster.url, OUTCOME: outcome },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output = `${output}${chunk.toString()}`.slice(-2_000)));
  const overdue = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(overdue);
  const text = await readFile(outcome, 'utf8').catch(() => undefined);
  return { files: text === undefined ? undefined : (JSON.parse(text) as readonly FileOutcome[]), output };
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
