/** What `npm ci` on a stranger's machine depends on, read from the lock file: no warning, no other host, every platform. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly deprecated?: string;
  readonly hasInstallScript?: boolean;
  readonly engines?: { readonly node?: string };
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
interface Manifest {
  readonly engines: { readonly node: string };
  readonly allowScripts: Readonly<Record<string, boolean>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const SRC = path.resolve(import.meta.dirname, '../../../src');
const manifest = readJson('package.json') as Manifest;
const lock = readJson('package-lock.json') as { readonly packages: Readonly<Record<string, Locked>> };
const locked = Object.entries(lock.packages).slice(1);
const versions = new Map(locked.map(([key, { version }]) => [nameOf(key), version]));

describe('package-lock.json', () => {
  test('comes from the public registry and no mirror', () => {
    const hosts = locked.flatMap(([, { resolved }]) => (resolved === undefined ? [] : [new URL(resolved).host]));

    expect(hosts.filter((host) => host !== 'registry.npmjs.org')).toEqual([]);
    expect(locked.length).toBeGreaterThan(100);
  });

  test('has no package that npm calls deprecated', () => {
    expect(locked.filter(([, { deprecated }]) => deprecated !== undefined).map(([key]) => key)).toEqual([]);
  });

  test('has no package that refuses the oldest Node we promise', () => {
    expect(manifest.engines.node).toBe('>=20.19');
    const refusing = locked.filter(([, { engines }]) => !accepts(engines?.node ?? '*', [20, 19, 0]));

    expect(refusing.map(([key, { engines }]) => `${key} ${engines?.node}`)).toEqual([]);
  });

  test('holds the binaries of every platform, or `npm ci` fails on the others', () => {
    const missing = locked.flatMap(([key, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !versions.has(name))
        .map((name) => `${nameOf(key)} → ${name}`),
    );

    expect(missing).toEqual([]);
  });

  test('has no install script that nobody has decided about', () => {
    const scripts = locked.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([key]) => nameOf(key));

    expect(scripts.filter((name) => !(name in manifest.allowScripts))).toEqual([]);
  });
});

describe('package.json', () => {
  test('pins every version exactly', () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies };

    expect(
      Object.entries(all).filter(([, version]) => !/^(npm:[\w-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)),
    ).toEqual([]);
  });

  test('lists every package the running product imports among those an image gets', () => {
    const imported = new Set(sources().flatMap((file) => packagesIn(readFileSync(file, 'utf8'))));

    expect(imported.size).toBeGreaterThan(10);
    expect([...imported].filter((name) => !(name in manifest.dependencies))).toEqual([]);
  });

  test('is explained line by line in docs/dependencies.md: what runs in the table, what only developers need below it', () => {
    const [table = '', below = ''] = readFileSync(path.join(SRC, '../docs/dependencies.md'), 'utf8').split(
      '\nDevelopment only:',
    );
    const named = (text: string): string[] => [...text.matchAll(/`(@?[a-z][\w./*@-]*)`/g)].map(([, name = '']) => name);
    const running = table.split('\n').flatMap((line) => named(/^\| (`.*?) \|/.exec(line)?.[1] ?? ''));
    const developing = Object.keys(manifest.devDependencies).map((name) => name.replace(/^@types\/.*/, '@types/*'));

    expect(running.toSorted()).toEqual(Object.keys(manifest.dependencies).toSorted());
    expect(developing.filter((name) => !named(below).includes(name))).toEqual([]);
  });

  test('keeps all parts of Prisma at one version, the last whose engine exists as WebAssembly', () => {
    const { dependencies, devDependencies } = manifest;

    expect(dependencies['@prisma/client']).toBe(dependencies['@prisma/adapter-pg']);
    expect(devDependencies['prisma-cli']).toBe(`npm:prisma@${dependencies['@prisma/client']}`);
    expect(devDependencies['@prisma/schema-engine-wasm']).toMatch(new RegExp(`^${dependencies['@prisma/client']}-`));
  });
});

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8'));
}

/** Sources of the server; the pages are bundled and bring what they need with them. */
function sources(): readonly string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/^(sandbox\/page|console)\//.test(name))
    .map((name) => path.join(SRC, name));
}

function packagesIn(source: string): readonly string[] {
  const imports = source.matchAll(/^(?:import|export)\b[^;]*?from '([^'.][^']*)'|\bimport\('([^'.][^']*)'\)/gms);
  return [...imports]
    .filter(([statement]) => !/^(import|export) type\b/.test(statement))
    .map((match) => match[1] ?? match[2] ?? '')
    .filter((name) => !name.startsWith('node:'))
    .map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    );
}

function nameOf(key: string): string {
  return key.slice(key.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

type Version = readonly [major: number, minor: number, patch: number];

/** The part of npm's range syntax that `engines` fields use; anything else counts as refused, so that somebody looks. */
function accepts(range: string, version: Version): boolean {
  return range.split('||').some((side) =>
    side
      .trim()
      .replaceAll(/([<>=^~]+)\s+/g, '$1')
      .split(/\s+/)
      .every((comparator) => holds(comparator, version)),
  );
}

function holds(comparator: string, version: Version): boolean {
  if (comparator === '*' || comparator === '') return true;
  const match = /^(>=|>|<=|<|\^|~|=)?v?(\d+)(?:\.(\d+|x))?(?:\.(\d+|x))?(?:-[\w.]+)?$/.exec(comparator);
  if (match === null) return false;
  const [, operator = '=', ...parts] = match;
  const bound: Version = [Number(parts[0]), Number(parts[1]) || 0, Number(parts[2]) || 0];
  const order = compare(version, bound);
  if (operator === '^') return order >= 0 && version[0] === bound[0];
  if (operator === '~') return order >= 0 && version[0] === bound[0] && version[1] === bound[1];
  if (operator === '=') return parts[1] === undefined || parts[1] === 'x' ? version[0] === bound[0] : order === 0;
  if (operator === '>=') return order >= 0;
  if (operator === '>') return order > 0;
  return operator === '<' ? order < 0 : order <= 0;
}

function compare(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
