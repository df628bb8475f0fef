/** What the READMEs tell a stranger to type is typed here: the start, the first sentence, every operator's command. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from './support/phones.ts';
import { startProduct, type Started } from './support/started.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const READMES = ['README.md', 'README.zh-CN.md'] as const;
const run = promisify(execFile);

function read(name: string): string {
  return readFileSync(path.join(ROOT, name), 'utf8');
}

/** The lines of all shell blocks. */
function commands(name: string): readonly string[] {
  return [...read(name).matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) => block.trim().split('\n'));
}

describe('the READMEs', () => {
  let product: Started;

  beforeAll(async () => {
    product = await startProduct();
  }, 120_000);
  afterAll(async () => {
    await product.stop();
  });

  test('start with commands that package.json has, and end with three lines of addresses', async () => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
    for (const name of READMES) expect(commands(name)).toEqual(expect.arrayContaining(['npm ci', 'npm start']));
    expect(commands('README.md')).toContain('npm test');
    const named = READMES.flatMap((name) =>
      [...read(name).matchAll(/npm run ([\w:]+)/g)].map(([, script = '']) => script),
    );
    expect(named.length).toBeGreaterThan(3);
    for (const script of ['start', 'test', ...named]) expect(scripts, script).toHaveProperty(script);

    // The server answers a moment before it says so.
    const places = await until('three lines', async () => {
      const lines = product.output().split('\n');
      const found = lines.filter((line) => line.endsWith(product.dataDir) || line.includes(product.url));
      return found.length >= 3 ? found : undefined;
    });
    expect(places).toHaveLength(3);
    expect(product.output().trimEnd().split('\n'), 'nothing but these').toEqual(places);
    expect(places.join('\n')).toMatch(/\/sandbox\n.*\/api\/v1\/openapi\.json\n/);
  });

  test('have a first sentence that makes a lead', async () => {
    const sentence = /新客户[^`」]+/.exec(read('README.md'))?.[0] ?? '';
    expect(read('README.zh-CN.md')).toContain(sentence);
    const phone = `${product.url}/sandbox/api/phones/wecom/xiaolin`;
    await fetch(`${phone}/say`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: sentence }),
    });

    await until('a draft with a K-number', async () => {
      const { messages } = (await (await fetch(phone)).json()) as {
        readonly messages: readonly { readonly text: string }[];
      };
      return messages.find(({ text }) => /K\d+/.test(text));
    });
  });

  test('have commands for operators that all work beside the running server', async () => {
    const typed = new Set(READMES.flatMap(commands).filter((command) => command.startsWith('npx ')));
    expect(typed.size).toBeGreaterThan(5);
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, DATA_DIR: product.dataDir, npm_config_offline: 'true' };

    for (const command of typed) {
      const [tool = '', ...words] = command.split(' ');
      const { stdout } = await run(tool, words, { cwd: ROOT, env });
      expect(stdout.trim(), command).not.toBe('');
    }
  }, 300_000);

  test('link only to files that are there', () => {
    const links = READMES.flatMap((name) =>
      [...read(name).matchAll(/\]\(([^)#]+)\)/g)].map(([, target = '']) => target),
    );
    expect(links.length).toBeGreaterThan(6);
    expect(links.filter((target) => !existsSync(path.join(ROOT, target)))).toEqual([]);
  });
});
