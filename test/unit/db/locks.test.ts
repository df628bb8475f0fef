import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { LOCKS } from '../../../src/db/locks.ts';

const SRC = path.resolve(import.meta.dirname, '../../../src');

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
});
