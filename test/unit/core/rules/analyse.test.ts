import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analyseTable } from '../../../../src/core/rules/analyse.ts';
import { parseCell } from '../../../../src/core/rules/cell.ts';
import { compileTable } from '../../../../src/core/rules/compile.ts';
import type { Cell, DecisionTable, FactColumn, HitPolicy } from '../../../../src/core/rules/model.ts';
import { installedRiskPolicy } from '../../../../src/core/rules/policy-store.ts';
import { randomTable } from './random-tables.ts';

const FACTS: readonly FactColumn[] = [
  { key: 'dpd', type: 'number', whole: true, min: 1 },
  { key: 'amount', type: 'number', min: 0 },
  { key: 'grade', type: 'text', values: ['A', 'B', 'C'] },
  { key: 'sealed', type: 'boolean' },
  { key: 'city', type: 'text' },
];

/** Rows written as `{ dpd: '[1, 3]', give: 'IM' }`. */
function table(
  hitPolicy: HitPolicy,
  rows: readonly Record<string, string>[],
  change: Partial<DecisionTable> = {},
): DecisionTable {
  return {
    formatVersion: 1,
    name: 't',
    hitPolicy,
    facts: FACTS,
    outputs: [{ key: 'action', type: 'text' }],
    rows: rows.map(({ give = 'x', when, priority, ...cells }, index) => ({
      id: `R${index + 1}`,
      cells: Object.fromEntries(
        Object.entries(cells).map(([key, text]): [string, Cell] => {
          const parsed = parseCell(text, FACTS.find((fact) => fact.key === key)!.type);
          if (parsed.kind !== 'cell') throw new Error(text);
          return [key, parsed.cell];
        }),
      ),
      outcome: { action: give },
      ...(when === undefined ? {} : { when }),
      ...(priority === undefined ? {} : { priority: Number(priority) }),
    })),
    ...change,
  };
}

function findings(...args: Parameters<typeof table>): string[] {
  return analyseTable(table(...args)).map(({ code, severity, rows }) =>
    `${severity} ${code} ${rows.map((row) => row + 1).join('+')}`.trim(),
  );
}

describe('gaps', () => {
  test('are found between rows, with an example', () => {
    const found = analyseTable(table('first', [{ dpd: '[1, 3]' }, { dpd: '>= 5' }]));
    expect(found).toEqual([{ code: 'gap', severity: 'error', rows: [], example: { dpd: 4 } }]);
  });
  test.each<[string, Record<string, string>[], string[]]>([
    [
      'whole numbers leave nothing between 3 and 4',
      [
        { dpd: '[1, 3]', give: 'a' },
        { dpd: '>= 4', give: 'b' },
      ],
      [],
    ],
    [
      'other numbers do',
      [
        { amount: '<= 3', give: 'a' },
        { amount: '>= 4', give: 'b' },
      ],
      ['error gap'],
    ],
    ['open ends leave out the end', [{ amount: '< 3' }, { amount: '> 3' }], ['error gap']],
    [
      'all values of a text are covered',
      [
        { grade: 'in A, B', give: 'a' },
        { grade: 'C', give: 'b' },
      ],
      [],
    ],
    ['a text without a list of values can be anything', [{ city: 'in 上海, 杭州' }], ['error gap']],
    [
      'true and false are all there is',
      [
        { sealed: 'true', give: 'a' },
        { sealed: 'false', give: 'b' },
      ],
      [],
    ],
    ['a row without cells covers everything', [{ give: 'a' }], []],
    ['two columns leave a corner', [{ dpd: '<= 3' }, { amount: '> 100' }], ['info overlap 1+2', 'error gap']],
    ['a free condition covers nothing for certain', [{ when: 'dpd > 0' }], ['error gap']],
  ])('%s', (_, rows, expected) => {
    const given = rows.map((row, index) => ({ give: String(index), ...row }));
    expect(findings('first', given).toSorted()).toEqual(expected.toSorted());
  });
  test('do not exist in a table that says what happens otherwise', () => {
    expect(findings('first', [{ dpd: '1' }], { otherwise: { action: 'x' } })).toEqual([]);
  });
});

describe('unreachable rows', () => {
  test.each<[HitPolicy, Record<string, string>[], string[]]>([
    [
      'first',
      [
        { dpd: '>= 1', give: 'a' },
        { dpd: '5', give: 'a' },
      ],
      ['error unreachable 2'],
    ],
    [
      'first',
      [
        { dpd: '<= 5', give: 'a' },
        { dpd: '> 5', give: 'a' },
        { grade: 'A', give: 'a' },
      ],
      ['error unreachable 3'],
    ],
    ['first', [{ when: 'dpd > 0', give: 'a' }, { give: 'a' }], []],
    [
      'priority',
      [
        { give: 'a', priority: '1' },
        { dpd: '5', give: 'b', priority: '2' },
      ],
      [],
    ],
    [
      'priority',
      [
        { give: 'a', priority: '2' },
        { dpd: '5', give: 'b', priority: '1' },
      ],
      ['error unreachable 2'],
    ],
    ['collect', [{ give: 'a' }, { dpd: '5', give: 'b' }], []],
    ['collect', [{ give: 'a' }, { dpd: '< 1', give: 'b' }], ['error unreachable 2']],
  ])('under %s in %j are %j', (hitPolicy, rows, expected) => {
    expect(findings(hitPolicy, rows).filter((found) => !found.includes('overlap'))).toEqual(expected);
  });
});

describe('overlaps', () => {
  test.each<[HitPolicy, Record<string, string>[], string[]]>([
    [
      'first',
      [
        { dpd: '[1, 5]', give: 'a' },
        { dpd: '>= 5', give: 'b' },
      ],
      ['info overlap 1+2'],
    ],
    [
      'priority',
      [
        { dpd: '[1, 5]', give: 'a' },
        { dpd: '>= 5', give: 'b' },
      ],
      ['warning overlap 1+2'],
    ],
    [
      'priority',
      [
        { dpd: '[1, 5]', give: 'a' },
        { dpd: '>= 5', give: 'b', priority: '1' },
      ],
      [],
    ],
    [
      'collect',
      [
        { dpd: '[1, 5]', give: 'a' },
        { dpd: '>= 5', give: 'b' },
      ],
      ['warning overlap 1+2'],
    ],
    [
      'collect',
      [
        { dpd: '[1, 5]', give: 'a' },
        { amount: '>= 5', give: 'b' },
      ],
      [],
    ],
    [
      'collect',
      [
        { dpd: '[1, 5]', give: 'a' },
        { dpd: '[1, 5]', give: 'a' },
      ],
      ['warning duplicate 1+2'],
    ],
    [
      'collect',
      [
        { dpd: '[1, 5]', give: 'a' },
        { dpd: '[5, 9]', give: 'a' },
      ],
      [],
    ],
  ])('under %s in %j are %j', (hitPolicy, rows, expected) => {
    expect(findings(hitPolicy, rows, { otherwise: { action: 'x' } })).toEqual(expected);
  });
  test('come with facts under which both rows fire', () => {
    const found = analyseTable(
      table('priority', [
        { amount: '(1, 5]', grade: 'A', give: 'a' },
        { amount: '> 2', give: 'b' },
      ]),
    );
    expect(found.find(({ code }) => code === 'overlap')?.example).toMatchObject({ grade: 'A', amount: 3.5 });
  });
});

describe('an analysis', () => {
  test('finds nothing wrong with the installed policies', () => {
    expect(analyseTable(installedRiskPolicy('credit', 'collect').compiled.table)).toEqual([]);
    expect(analyseTable(installedRiskPolicy('house', 'collect').compiled.table)).toEqual([]);
  });

  test('gives only examples that running the table confirms, on random tables', () => {
    let seen = 0;
    fc.assert(
      fc.property(randomTable, (random) => {
        // Without free conditions the analysis is exact.
        const plain = {
          ...random,
          rows: random.rows.map(({ id, cells, outcome, priority = 0 }) => ({ id, cells, outcome, priority })),
        };
        const compiled = compileTable(plain);
        if (!compiled.ok) throw new Error('refused');
        const all = compileTable({ ...plain, hitPolicy: 'collect' });
        if (!all.ok) throw new Error('refused');
        const usual = { age: 5, dpd: 5, dti: 5, purpose: '购房', city: '南京', sealed: true };
        for (const { code, rows, example } of analyseTable(plain)) {
          seen += 1;
          const hits = all.compiled.evaluate({ ...usual, ...example }).hits.map(({ id }) => id);
          const ids = rows.map((row) => plain.rows[row]?.id);
          if (code === 'gap') expect(hits).toEqual([]);
          if (code === 'overlap' || code === 'duplicate') expect(hits).toEqual(expect.arrayContaining(ids));
        }
      }),
      { seed: 20_261_121, numRuns: 500 },
    );
    expect(seen).toBeGreaterThan(500);
  });

  test('never calls a row unreachable that fires for some applicant', () => {
    let unreachable = 0;
    const applicants = fc.record({
      age: fc.integer({ min: 0, max: 12 }),
      dti: fc.double({ min: -2, max: 12, noNaN: true }),
      purpose: fc.constantFrom('购房', '炒股', '经营', 'other use'),
      city: fc.constantFrom('上海', '杭州', '5', '南京'),
      sealed: fc.boolean(),
    });
    fc.assert(
      fc.property(randomTable, fc.array(applicants, { minLength: 20, maxLength: 20 }), (random, list) => {
        const compiled = compileTable(random);
        if (!compiled.ok) throw new Error('refused');
        const dead = analyseTable(random)
          .filter(({ code }) => code === 'unreachable')
          .map(({ rows }) => random.rows[rows[0] ?? 0]?.id);
        unreachable += dead.length;
        for (const facts of list) {
          for (const { id } of compiled.compiled.evaluate(facts).hits) expect(dead).not.toContain(id);
        }
      }),
      { seed: 20_261_121, numRuns: 300 },
    );
    expect(unreachable).toBeGreaterThan(50);
  });

  test('of a huge table ends in time and says that it is not complete', () => {
    const rows = Array.from({ length: 5000 }, (_, index) => ({
      amount: `(${index}, ${index + 2}]`,
      give: String(index),
    }));
    const started = performance.now();
    const found = analyseTable(table('first', rows));
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(found.at(-1)?.code).toBe('incomplete');
  });
});
