#!/usr/bin/env node
// Brings dist/ up to date: Prisma client, compiled server, parsed YAML, web pages. A step is skipped while the content of its
// inputs is what dist/.stamp says, so this may stand in front of every start and every test run. Needs no host and no write
// when fresh.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = path.resolve(import.meta.dirname, '..');
/** Longer than any build; a lock older than this belongs to a machine that lost power. */
const LOCK_PATIENCE_MS = 180_000;

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[]} inputs files whose content decides; a change in any means the step runs again
 * @property {string} output a file that exists once the step has run
 * @property {() => Promise<void>} run
 */

/**
 * Runs the steps that are stale.
 * @param {{ root?: string, force?: boolean, say?: (line: string) => void }} [options] `say` gets one line per step done
 * @returns {Promise<string[]>} names of the steps that ran
 * @throws {Error} with the tool's own output when a step fails
 */
export async function build({ root = ROOT, force = false, say = () => {} } = {}) {
  if (!force && staleSteps(root).length === 0) return [];
  const unlock = await lock(root);
  try {
    const stale = force ? steps(root) : staleSteps(root);
    // The compiler reads what Prisma generates; the pages depend on neither.
    const [pages, server] = [stale.filter(isPage), stale.filter((step) => !isPage(step))];
    await Promise.all([runInOrder(root, server, say), runInOrder(root, pages, say)]);
    return stale.map((step) => step.name);
  } finally {
    unlock();
  }
}

/** @param {Step} step */
const isPage = (step) => step.name.startsWith('page ');

/** Web pages by name: where their sources lie. Built into dist/web/<name>. */
const PAGES = { sandbox: 'src/sandbox/page', calculators: 'src/console/calculators', upload: 'src/console/upload' };

/** @param {string} root @returns {Step[]} */
function steps(root) {
  const shared = [path.join(root, 'package-lock.json'), path.join(root, 'scripts/build.mjs')];
  const schema = [...shared, path.join(root, 'prisma.config.ts'), ...filesBelow(path.join(root, 'prisma/schema'))];
  const pages = Object.entries(PAGES).map(([name, folder]) => ({ name, folder: path.join(root, folder) }));
  const apart = [...pages.map(({ folder }) => folder), path.join(root, 'src/db/generated')];
  const sources = filesBelow(path.join(root, 'src'), apart).filter((file) => file.endsWith('.ts'));
  const yaml = ['flows', 'locales']
    .flatMap((folder) => filesBelow(path.join(root, folder)))
    .filter((file) => /(?<!\.test)\.yaml$/.test(file));
  const configs = ['tsconfig.json', 'tsconfig.build.json'].map((name) => path.join(root, name));
  return [
    { name: 'prisma client', inputs: schema, output: 'src/db/generated/client.ts', run: () => generateClient(root) },
    { name: 'server', inputs: [...schema, ...configs, ...sources], output: 'dist/main.js', run: () => compile(root) },
    ...(existsSync(path.join(root, 'flows'))
      ? [
          {
            name: 'yaml',
            inputs: [...shared, ...sources, ...yaml],
            output: 'dist/yaml.json',
            run: () => compileYaml(root, yaml),
          },
        ]
      : []),
    ...pages
      .filter(({ folder }) => existsSync(path.join(folder, 'vite.config.ts')))
      .map(({ name, folder }) => ({
        name: `page ${name}`,
        inputs: [...shared, ...filesBelow(folder)],
        output: `dist/web/${name}/index.html`,
        run: () => buildPage(root, name, folder),
      })),
  ];
}

/** @param {string} root */
function generateClient(root) {
  return tool(root, 'prisma-cli/build/index.js', ['generate', '--no-hints'], {
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    // Generating uses no engine, but the CLI would fetch one from a vendor host; on Windows prisma.config.ts cannot name ours.
    PRISMA_SCHEMA_ENGINE_BINARY: path.join(root, 'scripts/prisma/schema-engine.mjs'),
  });
}

/** Types are judged by `npm run check:types`; here they only have to be stripped, which takes a third of the time. */
async function compile(/** @type {string} */ root) {
  await tool(root, 'typescript/bin/tsc', ['-p', 'tsconfig.build.json', '--noCheck']);
  removeOrphans(root);
}

/**
 * Parses what every start would parse again. What has a fault is left out: whoever reads it then says where it is.
 * @param {string} root @param {string[]} files
 */
async function compileYaml(root, files) {
  const load = (/** @type {string} */ module) => import(pathToFileURL(path.join(root, 'dist', module)).href);
  const [{ parseSource }, { compileYaml: compiled }] = await Promise.all([
    load('core/flow/source.js'),
    load('lib/compiled-yaml.js'),
  ]);
  const parsed = files
    .map((file) => readFileSync(file, 'utf8'))
    .map((text) => ({ text, source: parseSource(text) }))
    .filter(({ source }) => source.syntax.length === 0)
    .map(({ text, source }) => [text, source.data]);
  writeWhole(path.join(root, 'dist/yaml.json'), compiled(parsed));
}

/** @param {string} root @param {string} name @param {string} page */
function buildPage(root, name, page) {
  const outDir = path.join(root, 'dist/web', name);
  return tool(root, 'vite/bin/vite.js', [
    'build',
    page,
    '--config',
    path.join(page, 'vite.config.ts'),
    '--outDir',
    outDir,
    '--emptyOutDir',
    '--logLevel',
    'warn',
  ]);
}

/** Takes away what the compiler wrote for sources that are gone, so that nothing imports a ghost. */
function removeOrphans(/** @type {string} */ root) {
  const dist = path.join(root, 'dist');
  for (const file of filesBelow(dist, [path.join(dist, 'web')])) {
    const source = path.relative(dist, file).replace(/\.js(\.map)?$/, '.ts');
    if (/\.js(\.map)?$/.test(file) && !existsSync(path.join(root, 'src', source))) rmSync(file);
  }
}

/**
 * Every file below a folder, sorted; none when the folder does not exist.
 * @param {string} folder
 * @param {string[]} [without] folders that are left out
 * @returns {string[]}
 */
function filesBelow(folder, without = []) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const full = path.join(folder, entry.name);
      if (!entry.isDirectory()) return [full];
      return without.includes(full) ? [] : filesBelow(full, without);
    });
}

/** @param {string} root @param {Step} step */
function hashOf(root, step) {
  const hash = createHash('sha256');
  for (const file of step.inputs) {
    if (existsSync(file))
      hash
        .update(`${path.relative(root, file)}\0`)
        .update(readFileSync(file))
        .update('\0');
  }
  return hash.digest('hex');
}

/** @param {string} root */
function staleSteps(root) {
  const stamp = readStamp(root);
  return steps(root).filter(
    (step) => stamp[step.name] !== hashOf(root, step) || !existsSync(path.join(root, step.output)),
  );
}

/** @param {string} root @returns {Record<string, string>} */
function readStamp(root) {
  try {
    return JSON.parse(readFileSync(path.join(root, 'dist/.stamp'), 'utf8'));
  } catch {
    return {};
  }
}

/** @param {string} root @param {Step[]} todo @param {(line: string) => void} say */
async function runInOrder(root, todo, say) {
  for (const step of todo) {
    // Hashed before the step runs: an edit made meanwhile must count as not yet built.
    const hash = hashOf(root, step);
    const from = performance.now();
    await step.run();
    writeStamp(root, { ...readStamp(root), [step.name]: hash });
    say(`built ${step.name} in ${((performance.now() - from) / 1000).toFixed(1)} s`);
  }
}

/** @param {string} root @param {Record<string, string>} stamp */
function writeStamp(root, stamp) {
  mkdirSync(path.join(root, 'dist'), { recursive: true });
  writeWhole(path.join(root, 'dist/.stamp'), `${JSON.stringify(stamp, null, 2)}\n`);
}

/** So that nobody reads half of it. @param {string} file @param {string} text */
function writeWhole(file, text) {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/**
 * Runs a tool of node_modules and is silent unless it fails.
 * @param {string} root @param {string} script @param {string[]} args @param {Record<string, string>} [env]
 * @returns {Promise<void>}
 */
function tool(root, script, args, env = {}) {
  const file = path.join(root, 'node_modules', script);
  if (!existsSync(file)) throw new Error(`cannot build: ${script} is not installed. Run "npm ci" first.`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], { cwd: root, env: { ...process.env, ...env } });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${script} failed:\n${output.trim()}`))));
  });
}

/**
 * Only one process builds at a time; the others wait and then find nothing to do.
 * @param {string} root
 * @returns {Promise<() => void>} gives the lock back
 */
async function lock(root) {
  const file = path.join(root, 'dist/.lock');
  mkdirSync(path.dirname(file), { recursive: true });
  for (const until = Date.now() + LOCK_PATIENCE_MS; ; await wait(50)) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    const holder = unlessGone(() => readFileSync(file, 'utf8'));
    if (holder !== undefined && (Date.now() > until || !lives(holder))) discard(file, holder);
  }
}

/** Whether the process that wrote the lock still lives. An empty file is being written at this moment. */
function lives(/** @type {string} */ holder) {
  try {
    return holder === '' || process.kill(Number(holder), 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * Takes a dead process's lock away under another name first: of two that judged it dead only one succeeds, and it gives back
 * the fresh lock of a third.
 * @param {string} file @param {string} holder what it was judged by
 */
export function discard(file, holder) {
  const away = `${file}.${process.pid}`;
  if (unlessGone(() => (renameSync(file, away), true)) === undefined) return;
  if (readFileSync(away, 'utf8') === holder) rmSync(away, { force: true });
  else renameSync(away, file);
}

/**
 * @template T
 * @param {() => T} act
 * @returns {T | undefined} nothing where the file is gone
 */
function unlessGone(act) {
  try {
    return act();
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
    return undefined;
  }
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await build({ force: process.argv.includes('--force'), say: (line) => console.error(line) });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
