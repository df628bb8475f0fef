import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatTableFile, parseTableFile } from '../../../../src/core/rules/table-file.ts';
import { parseRiskPolicy } from '../../../../src/core/rules/policy-store.ts';
import type { DecisionTable } from '../../../../src/core/rules/model.ts';
import { randomTable } from './random-tables.ts';

const TEXT = `# 催收策略
formatVersion: 1
name: strategy
hitPolicy: first # the order counts
facts:
  - { key: dpd, label: 逾期天数, type: number, whole: true }
  - { key: grade, type: text, values: [A, B] }
outputs:
  - { key: action, type: text }
rows:
  # early days
  - { id: S1, if: { dpd: '[1,3]' }, give: { action: IM } }
  - id: S2
    if: { dpd: '>=4', grade: A } # good ones
    cel: dpd < 90
    give: { action: CALL }
    priority: 3
`;

function parsed(text: string): DecisionTable {
  const result = parseTableFile(text);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.value;
}

describe('a table file', () => {
  test('is read with cells of operator and constant', () => {
    expect(parsed(TEXT)).toMatchObject({
      name: 'strategy',
      hitPolicy: 'first',
      rows: [
        { id: 'S1', cells: { dpd: { op: 'in[]', value: [1, 3] } }, outcome: { action: 'IM' } },
        {
          id: 'S2',
          cells: { dpd: { op: '>=', value: 4 }, grade: { op: '==', value: 'A' } },
          when: 'dpd < 90',
          priority: 3,
        },
      ],
    });
  });

  test.each<[string, string, number]>([
    ['a cell nobody can read', TEXT.replace("'[1,3]'", "'[1,3'"), 12],
    ['a value that does not exist', TEXT.replace('grade: A }', 'grade: Z }'), 14],
    ['an unknown fact', TEXT.replace('dpd: ', 'dpx: '), 12],
    ['a broken condition', TEXT.replace('dpd < 90', 'dpd <'), 15],
    ['an unknown result', TEXT.replace('{ action: CALL }', '{ deed: CALL }'), 16],
    ['an id twice', TEXT.replace('id: S2', 'id: S1'), 13],
    ['an unknown hit policy', TEXT.replace('first #', 'last #'), 4],
    ['an unknown member', TEXT.replace('name:', 'nom: x\nname:'), 1],
    ['broken YAML', TEXT.replace('facts:', 'facts: ['), 6],
  ])('with %s is refused with its line', (_, text, line) => {
    const result = parseTableFile(text);
    expect(result.ok).toBe(false);
    expect(!result.ok && result.faults.map((fault) => fault.line)).toContain(line);
  });

  test('is written back with every comment and untouched row as it was', () => {
    expect(formatTableFile(parsed(TEXT), TEXT)).toBe(TEXT);

    const table = parsed(TEXT);
    const changed = {
      ...table,
      title: '策略',
      rows: [{ ...table.rows[0]!, outcome: { action: 'SMS' } }, table.rows[1]!],
    };
    const text = formatTableFile(changed, TEXT);
    expect(parsed(text)).toEqual(changed);
    for (const kept of [
      '# 催收策略',
      '# the order counts',
      '# early days',
      "if: { dpd: '>=4', grade: A } # good ones",
    ]) {
      expect(text).toContain(kept);
    }
  });

  test('is written and read back to the same table, on random tables', () => {
    fc.assert(
      fc.property(randomTable, randomTable, (table, other) => {
        expect(parsed(formatTableFile(table))).toEqual(table);
        // An edit that turns one table into another loses nothing either.
        expect(parsed(formatTableFile(table, formatTableFile(other)))).toEqual(table);
      }),
      { seed: 20_261_121, numRuns: 150 },
    );
  });
});

describe('a risk policy file', () => {
  const credit = readFileSync(new URL('../../../../flows/policies/credit.yaml', import.meta.url), 'utf8');

  test('has rules and a limit', () => {
    const policy = parseRiskPolicy(credit);
    expect(policy.ok && policy.value.compiled.table.rows).toHaveLength(25);
    expect(policy.ok && policy.value.limit).toMatchObject({ kind: 'income', cap: 200_000 });
  });

  test.each([
    ['an action that does not exist', credit.replace('action: REVIEW', 'action: MAYBE'), 'unknown_action'],
    ['an unknown limit', credit.replace('kind: income', 'kind: luck'), ''],
    ['a bad cell', credit.replaceAll("'out [22, 55]'", "'out [55, 22]'"), 'range_empty'],
  ])('with %s is refused', (_, text, message) => {
    const policy = parseRiskPolicy(text);
    expect(policy.ok).toBe(false);
    expect(!policy.ok && policy.faults[0]?.message).toContain(message);
  });
});
