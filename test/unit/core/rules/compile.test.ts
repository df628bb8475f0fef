import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileCondition } from '../../../../src/core/rules/cel.ts';
import { compileTable, ROW, tableVersion } from '../../../../src/core/rules/compile.ts';
import type { DecisionTable, HitPolicy } from '../../../../src/core/rules/model.ts';
import { naiveEvaluate, randomFacts, randomTable } from './random-tables.ts';

function compiled(table: DecisionTable): Extract<ReturnType<typeof compileTable>, { ok: true }>['compiled'] {
  const result = compileTable(table);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.compiled;
}

function ask(source: string, facts: Readonly<Record<string, unknown>>): boolean | 'missing' {
  const condition = compileCondition(source);
  if (!condition.ok) throw new Error(condition.message);
  return condition.condition.evaluate(facts);
}

function strategy(hitPolicy: HitPolicy): DecisionTable {
  return {
    formatVersion: 1,
    name: 'strategy',
    hitPolicy,
    facts: [
      { key: 'dpd', type: 'number', whole: true, min: 1 },
      { key: 'amount', type: 'number' },
    ],
    outputs: [{ key: 'action', type: 'text' }],
    rows: [
      { id: 'S1', cells: { dpd: { op: 'in[]', value: [1, 3] } }, outcome: { action: 'IM' } },
      {
        id: 'S2',
        cells: { dpd: { op: '>=', value: 3 }, amount: { op: '>', value: 5000 } },
        outcome: { action: 'CALL' },
        priority: 5,
      },
      { id: 'S3', cells: {}, when: 'dpd > 90', outcome: { action: 'LEGAL' }, priority: 9 },
    ],
  };
}

describe('a compiled table', () => {
  test('says the same as reading the table row by row, on 2 000 random tables', () => {
    fc.assert(
      fc.property(randomTable, fc.array(randomFacts, { minLength: 1, maxLength: 5 }), (table, applicants) => {
        const ready = compiled(table);
        for (const facts of applicants) {
          const result = ready.evaluate(facts);
          const expected = naiveEvaluate(table, facts, (source) => ask(source, facts));
          expect(result.hits.map(({ id }) => id)).toEqual(expected.hits);
          expect([...new Set(result.missing.map(({ id }) => id))]).toEqual(expected.unknown);
        }
      }),
      { seed: 20_261_121, numRuns: 2000 },
    );
  });

  test.each<[HitPolicy, string[]]>([
    ['first', ['S1']],
    ['collect', ['S1', 'S2']],
    ['priority', ['S2']],
  ])('under %s counts %j', (hitPolicy, expected) => {
    const { hits } = compiled(strategy(hitPolicy)).evaluate({ dpd: 3, amount: 6000 });
    expect(hits.map(({ id }) => id)).toEqual(expected);
  });

  test('keeps a trace of every row and names the facts that were missing', () => {
    const { trace, missing } = compiled(strategy('collect')).evaluate({ dpd: 100 });
    expect([...trace]).toEqual([ROW.NO, ROW.MISSING, ROW.HIT]);
    expect(missing).toEqual([{ id: 'S2', field: 'amount' }]);
  });

  test('stops its trace at the first hit, but tells what was unknown above it', () => {
    const { trace, missing, hits } = compiled(strategy('first')).evaluate({ dpd: 100n });
    expect([...trace]).toEqual([ROW.NO, ROW.MISSING, ROW.HIT]);
    expect(missing).toEqual([{ id: 'S2', field: 'amount' }]);
    expect(hits.map(({ id }) => id)).toEqual(['S3']);
    expect([...compiled(strategy('first')).evaluate({ dpd: 2 }).trace]).toEqual([ROW.HIT, ROW.SKIPPED, ROW.SKIPPED]);
  });

  test('does not call a row unknown that another of its cells already excludes', () => {
    expect(compiled(strategy('collect')).evaluate({ dpd: 2 }).missing).toEqual([]);
  });

  test('names the row when the facts of a condition are there but do not fit it', () => {
    const table = strategy('collect');
    const odd = { ...table, rows: [{ id: 'X', cells: {}, when: 'amount > 1', outcome: { action: 'a' } }] };
    expect(compiled(odd).evaluate({ amount: 'viel' }).missing).toEqual([{ id: 'X', field: 'amount' }]);
  });

  test('lists every fact it looks at', () => {
    expect(compiled(strategy('collect')).facts).toEqual(['dpd', 'amount']);
  });

  test('has a version that depends on what the table says, not on the order of its members', () => {
    const table = strategy('collect');
    const shuffled = Object.fromEntries(Object.entries(table).toReversed()) as unknown as DecisionTable;
    expect(compiled(table).version).toMatch(/^[0-9a-f]{64}$/u);
    expect(tableVersion(shuffled)).toBe(tableVersion(table));
    expect(tableVersion({ ...table, hitPolicy: 'first' })).not.toBe(tableVersion(table));
  });

  test('serves 10 000 rows', () => {
    const rows = Array.from({ length: 10_000 }, (_, index) => ({
      id: `R${index}`,
      cells: { dpd: { op: '==' as const, value: index + 1 } },
      outcome: { action: 'x' },
    }));
    const ready = compiled({ ...strategy('collect'), rows });
    expect(ready.evaluate({ dpd: 9999 }).hits.map(({ id }) => id)).toEqual(['R9998']);
  });
});

describe('a table that may not run', () => {
  const base = strategy('first');
  const withRow = (change: object): DecisionTable => ({
    ...base,
    rows: [{ ...base.rows[0], ...change } as DecisionTable['rows'][number]],
  });
  test.each<[string, DecisionTable, object]>([
    ['no rows', { ...base, rows: [] }, { code: 'no_rows' }],
    [
      'the same id twice',
      { ...base, rows: [base.rows[0]!, base.rows[0]!] },
      { code: 'duplicate_id', row: 1, column: 'id' },
    ],
    [
      'a text where a number belongs',
      withRow({ cells: { dpd: { op: '>', value: 'x' } } }),
      { code: 'literal_type', row: 0, column: 'dpd' },
    ],
    [
      'one end of a range',
      withRow({ cells: { dpd: { op: 'out', value: [1] } } }),
      { code: 'range_shape', row: 0, column: 'dpd' },
    ],
    [
      'a range the wrong way round',
      withRow({ cells: { dpd: { op: 'in[]', value: [3, 1] } } }),
      { code: 'range_empty', row: 0, column: 'dpd' },
    ],
    [
      'a half-open range without content',
      withRow({ cells: { dpd: { op: 'in[)', value: [1, 1] } } }),
      { code: 'range_empty', row: 0, column: 'dpd' },
    ],
    [
      'an infinite end',
      withRow({ cells: { dpd: { op: 'out', value: [1, Infinity] } } }),
      { code: 'literal_type', row: 0, column: 'dpd' },
    ],
    [
      'an empty list',
      withRow({ cells: { dpd: { op: 'in', value: [] } } }),
      { code: 'list_empty', row: 0, column: 'dpd' },
    ],
    [
      'a value that cannot occur',
      withRow({ cells: { dpd: { op: '==', value: 0 } } }),
      { code: 'outside_domain', row: 0, column: 'dpd' },
    ],
    [
      'an unknown fact',
      withRow({ cells: { x: { op: '==', value: 0 } } }),
      { code: 'unknown_fact', row: 0, column: 'x' },
    ],
    ['an unknown result', withRow({ outcome: { action: 'a', b: 1 } }), { code: 'unknown_output', row: 0, column: 'b' }],
    ['no result', withRow({ outcome: {} }), { code: 'missing_output', row: 0, column: 'action' }],
    [
      'a result of another type',
      withRow({ outcome: { action: 3 } }),
      { code: 'literal_type', row: 0, column: 'action' },
    ],
    ['a broken condition', withRow({ when: 'dpd >' }), { code: 'condition', row: 0, column: 'when' }],
    [
      'a column twice',
      { ...base, facts: [...base.facts, base.facts[0]!] },
      { code: 'duplicate_column', column: 'dpd' },
    ],
    [
      'too many rows',
      { ...base, rows: Array.from({ length: 10_001 }, () => base.rows[0]!) },
      { code: 'too_many_rows' },
    ],
    [
      'too many columns',
      { ...base, facts: Array.from({ length: 501 }, (_, i) => ({ key: `f${i}`, type: 'text' as const })) },
      { code: 'too_many_columns' },
    ],
  ])('has %s', (_, table, fault) => {
    const result = compileTable(table);
    expect(result).toMatchObject({
      ok: false,
      faults: expect.arrayContaining([expect.objectContaining(fault)]) as unknown,
    });
  });
});
