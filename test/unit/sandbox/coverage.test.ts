import { describe, expect, test } from 'vitest';
import { coverageLines, unproven } from '../../support/coverage-lines.ts';

describe('the account of the checklists', () => {
  test('every line has an id of its own and names a test or a reason', () => {
    const ids = coverageLines().map((line) => line.id);

    expect(ids.length).toBeGreaterThan(280);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('a line whose test did not pass is named', () => {
    const titles = new Set(coverageLines().flatMap((line) => ('test' in line ? [line.test] : [])));
    expect(unproven(titles)).toEqual([]);

    const [missing = ''] = titles;
    titles.delete(missing);
    expect(unproven(titles).length).toBeGreaterThan(0);
  });
});
