import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { LOCKS } from '../../../src/db/locks.ts';

const SRC = path.resolve(import.meta.dirname, '../../../src');
const MIGRATIONS = path.resolve(import.meta.dirname, '../../../prisma/migrations');

describe('the advisory locks', () => {
  test('have a number each: no two purposes wait for each other', () => {
    const numbers = Object.values(LOCKS);

    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test('are all in the one list: no statement has a number of its own', () => {
    const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !file.startsWith(path.join('db', 'generated')),
    );
    const withNumber = files.filter((file) =>
      /advisory_\w*lock\w*\([^'`]*\d{3}|72_?707_?3\d\d/.test(readFileSync(path.join(SRC, file), 'utf8')),
    );

    expect(withNumber).toEqual([path.join('db', 'locks.ts')]);
  });

  test('that migrations take are in it as well', () => {
    const files = readdirSync(MIGRATIONS, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.sql'),
    );
    const taken = files.flatMap((file) =>
      [...readFileSync(path.join(MIGRATIONS, file), 'utf8').matchAll(/advisory_\w*lock\w*\((\d+)\)/g)].map((match) =>
        Number(match[1]),
      ),
    );

    expect(taken).toContain(LOCKS.partitions);
    expect(taken.filter((number) => !Object.values<number>(LOCKS).includes(number))).toEqual([]);
  });
});
