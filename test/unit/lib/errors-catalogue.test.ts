import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { LANGUAGES, loadTexts } from '../../../src/lib/i18n.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const SOURCE = path.join(ROOT, 'src');
const texts = loadTexts(path.join(ROOT, 'locales'));

interface Declared {
  readonly code: string;
  readonly status: number;
  readonly level: string;
}

function sourceFiles(): string[] {
  return readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('db/generated') && !file.startsWith('sandbox/page'))
    .map((file) => path.join(SOURCE, file));
}

/** Files that declare error rows: found by reading, so that a new room is never forgotten. */
function declaringFiles(): string[] {
  return sourceFiles().filter((file) => /defineErrors\(\{|: ErrorRow = \{/u.test(readFileSync(file, 'utf8')));
}

function rowsOf(value: unknown): Declared[] {
  if (typeof value !== 'object' || value === null) return [];
  return isRow(value) ? [value] : Object.values(value).filter(isRow);
}

function isRow(value: unknown): value is Declared {
  return typeof value === 'object' && value !== null && 'code' in value && 'status' in value && 'level' in value;
}

function keyTail(key: string): { readonly code: string; readonly part: string } | undefined {
  const found = /^error\.(?<code>.+)\.(?<part>[a-z_]+)$/u.exec(key)?.groups;
  return found ? { code: found['code'] ?? '', part: found['part'] ?? '' } : undefined;
}

describe('the catalogue of errors', () => {
  const rows = new Map<string, Declared>();

  beforeAll(async () => {
    for (const file of declaringFiles()) {
      const exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
      for (const row of Object.values(exported).flatMap(rowsOf)) rows.set(row.code, row);
    }
  });

  test('is read from the rooms that declare errors', () => {
    expect(declaringFiles().length).toBeGreaterThan(10);
    expect([...rows.keys()]).toEqual(
      expect.arrayContaining(['server.fault', 'request.invalid', 'binding.link_used', 'migration.locked']),
    );
  });

  test.each(LANGUAGES)('has a title and a cure for every code, and no text without a code, in %s', (language) => {
    const written = texts.keys(language).flatMap((key) => keyTail(key) ?? []);
    const titled = written.filter(({ part }) => part === 'title').map(({ code }) => code);
    const helped = written.filter(({ part }) => part === 'help').map(({ code }) => code);
    const declared = [...rows.keys()].sort();

    expect(titled.sort()).toEqual(declared);
    expect(helped.sort()).toEqual(declared);
    expect(written.filter(({ part }) => part !== 'title' && part !== 'help')).toEqual([]);
  });

  test('asks in both languages for the same values', () => {
    const holes = (language: (typeof LANGUAGES)[number], key: string): string[] => {
      const text = readText(language, key);
      return [...text.matchAll(/\{(\w+)\}/gu)].map((found) => found[1] ?? '').sort();
    };
    for (const code of rows.keys()) {
      for (const part of ['title', 'help']) {
        const key = `error.${code}.${part}`;
        expect(holes('en', key), key).toEqual(holes('zh-CN', key));
      }
    }
  });

  test('what is said of one member of a request stands in both languages, and nothing else does', () => {
    const named = new Set(
      sourceFiles().flatMap((file) => readFileSync(file, 'utf8').match(/(?<=')fault\.[a-z_]+(?=')/gu) ?? []),
    );
    expect(named.size).toBeGreaterThan(10);
    for (const language of LANGUAGES)
      expect(
        texts
          .keys(language)
          .filter((key) => key.startsWith('fault.'))
          .sort(),
      ).toEqual([...named].sort());
  });

  test('a text fails when a value is missing, and is never empty', () => {
    for (const language of LANGUAGES) {
      for (const key of texts.keys(language).filter((one) => one.startsWith('error.')))
        expect(readText(language, key).length, key).toBeGreaterThan(3);
    }
    expect(() => texts.translate('en', 'error.staff.no_such_account.title')).toThrow(/platform/);
  });
});

/** The message with its holes still in it: every value stands for itself. */
function readText(language: (typeof LANGUAGES)[number], key: string): string {
  const values = new Proxy<Record<string, string>>(
    {},
    {
      get: (_target, name) => `{${String(name)}}`,
      has: () => true,
      getOwnPropertyDescriptor: (_target, name) => ({
        configurable: true,
        enumerable: true,
        value: `{${String(name)}}`,
      }),
    },
  );
  return texts.translate(language, key, values);
}
