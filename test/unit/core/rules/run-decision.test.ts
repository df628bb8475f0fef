import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runDecision } from '../../../../src/core/rules/run-decision.ts';
import { AppError } from '../../../../src/lib/errors.ts';
import { loadTexts } from '../../../../src/lib/i18n.ts';

const texts = loadTexts(path.resolve(import.meta.dirname, '../../../../locales'));
const context = { texts };

type Facts = Readonly<Record<string, unknown>>;
interface Vectors {
  readonly policy: {
    readonly columns: readonly string[];
    readonly credit: readonly (readonly unknown[])[];
    readonly house: readonly (readonly unknown[])[];
    readonly applicants: readonly (readonly [string, Facts])[];
    readonly expected: Readonly<Record<string, readonly [string, readonly string[], number]>>;
  };
}
const { policy } = JSON.parse(
  readFileSync(new URL('../../../fixtures/lending.json', import.meta.url), 'utf8'),
) as Vectors;

function applicant(id: string): Facts {
  return policy.applicants.find(([name]) => name === id)![1];
}

const without = (facts: Facts, ...names: string[]): Facts =>
  Object.fromEntries(Object.entries(facts).filter(([name]) => !names.includes(name)));

function faultsOf(body: unknown): readonly { pointer: string; code: string }[] {
  try {
    runDecision(body, context);
  } catch (error) {
    if (error instanceof AppError && error.code === 'request.invalid') {
      return error.faults.map(({ pointer, code }) => ({ pointer, code }));
    }
    throw error;
  }
  return [];
}

describe('the published applicants', () => {
  test.each(policy.applicants)('%s is decided by the named policy as published', (id, facts) => {
    const [decision, hits, limit] = policy.expected[id]!;
    const name = facts['product'] === '信用贷' ? 'credit' : 'house';

    expect(runDecision({ policy: name, facts }, context)).toMatchObject({ decision, hits, limit, missing: [] });
  });

  test.each(policy.applicants)('%s is decided the same by the policy written in the request', (id, facts) => {
    const [decision, hits] = policy.expected[id]!;
    const rows = facts['product'] === '信用贷' ? policy.credit : policy.house;

    const answer = runDecision({ policy: { columns: policy.columns, rows }, facts }, context);
    expect(answer).toMatchObject({ decision, hits, missing: [] });
    expect(answer).not.toHaveProperty('limit');
  });

  // The other five applicants of the reference (lending §6.6), by their deviation from a clean one.
  test.each<[string, string, Facts, [decision: string, hits: string[], limit: number]]>([
    ['A04', 'A01', { dti: 0.61, score: 690, income: 20_000, requested: 200_000 }, ['APPROVE', [], 100_000]],
    ['A05', 'A01', { nbank_orgs_30d: 9, hard_query_3m: 11, device_ids_7d: 4 }, ['REJECT', ['C17', 'C19', 'C23'], 0]],
    ['A06', 'A01', { age: 21, face_score: 0.75 }, ['REJECT', ['C02', 'C06'], 0]],
    ['A09', 'A07', { requested: 1_500_000, cltv: 0.7667, purpose: '购房' }, ['REJECT', ['H12', 'H17'], 0]],
    [
      'A10',
      'A07',
      { license_months: 8, valuation_gap: 0.2, lease_remain_months: 72 },
      ['REVIEW', ['H14', 'H16', 'H19'], 1_000_000],
    ],
  ])('%s, like %s but %j', (_, base, change, [decision, hits, limit]) => {
    const name = base === 'A01' ? 'credit' : 'house';
    const answer = runDecision({ policy: name, facts: { ...applicant(base), ...change } }, context);
    expect(answer).toMatchObject({ decision, hits, limit });
  });
});

describe('a decision', () => {
  const clean = applicant('A01');

  test('gives the reason of every rule that fired', () => {
    expect(runDecision({ policy: 'credit', facts: applicant('A02') }, context)).toEqual({
      decision: 'REVIEW',
      hits: ['C21', 'C25'],
      missing: [],
      reasons: [
        { id: 'C21', text: '信用卡使用率' },
        { id: 'C25', text: '评分临界' },
      ],
      limit: 45_000,
    });
  });

  test.each([
    ['age', ['C02']],
    ['face_score', ['C05', 'C06']],
    ['id_checksum_ok', ['C01']],
  ])('without %s is a review, and names the rules that needed it', (field, ids) => {
    const answer = runDecision({ policy: 'credit', facts: without(clean, field) }, context);
    expect(answer).toMatchObject({ decision: 'REVIEW', hits: [], missing: ids.map((id) => ({ id, field })) });
    expect(runDecision({ policy: 'credit', facts: { ...clean, [field]: null } }, context)).toEqual(answer);
  });

  test('stays a rejection when a fact is missing besides', () => {
    const answer = runDecision({ policy: 'credit', facts: { ...without(clean, 'age'), score: 500 } }, context);
    expect(answer).toMatchObject({
      decision: 'REJECT',
      hits: ['C24'],
      missing: [{ id: 'C02', field: 'age' }],
      limit: 0,
    });
  });

  test('without the facts of the limit is a review without a limit', () => {
    const answer = runDecision({ policy: 'credit', facts: without(clean, 'income') }, context);
    expect(answer).toMatchObject({ decision: 'REVIEW', missing: [{ id: 'limit', field: 'income' }] });
    expect(answer).not.toHaveProperty('limit');
  });

  test('about nobody is a review of everything', () => {
    const answer = runDecision({ policy: 'house', facts: {} }, context);
    expect(answer.decision).toBe('REVIEW');
    expect(answer.missing).toHaveLength(23 + 3);
  });

  test.each([
    ['collect', ['C15', 'C16', 'C25'], 'REJECT'],
    ['first', ['C15'], 'REJECT'],
    ['priority', ['C15'], 'REJECT'],
  ])('under %s counts %j', (hitPolicy, hits, decision) => {
    expect(runDecision({ policy: 'credit', hitPolicy, facts: applicant('A03') }, context)).toMatchObject({
      hits,
      decision,
    });
  });

  test('under priority lets the strictest rule win, wherever it stands', () => {
    const facts = { ...clean, id_valid_days: 5, score: 500 };
    expect(runDecision({ policy: 'credit', hitPolicy: 'priority', facts }, context).hits).toEqual(['C24']);
    expect(runDecision({ policy: 'credit', hitPolicy: 'first', facts }, context)).toMatchObject({
      hits: ['C03'],
      decision: 'REVIEW',
    });
  });

  test.each([
    [{ requested: 100_000, income: 15_000, score: 679 }, 100_000],
    [{ requested: 500_000, income: 10_000, score: 680 }, 120_000],
    [{ requested: 500_000, income: 90_000, score: 700 }, 200_000],
    [{ requested: 99_999, income: 90_000, score: 700 }, 99_000],
    [{ requested: 500_000, income: 10_000, score: 620 }, 80_000],
    [{ requested: 500_000, income: 10_000, score: 560 }, 50_000],
    [{ requested: 100_000, income: 15_000, score: 655, dti: 0.55 }, 100_000],
    [{ requested: 100_000, income: 15_000, score: 655, dti: 0.56 }, 50_000],
    [{ requested: 500_000, income: -1, score: 700 }, 0],
  ])('for %j grants %i', (change, limit) => {
    expect(runDecision({ policy: 'credit', facts: { ...clean, ...change } }, context).limit).toBe(limit);
  });

  test('on a house computes 70 % exactly', () => {
    const facts = { ...applicant('A07'), requested: 9_000_000, first_lien: 0, valuation: 1_010_000, cltv: 0.7 };
    expect(runDecision({ policy: 'house', facts }, context).limit).toBe(707_000);
  });

  test('may come from a policy with conditions and priorities of its own', () => {
    const inline = {
      columns: ['id', 'field', 'op', 'value', 'action', 'priority', 'when'],
      rows: [
        ['a', 'x', 'in[]', [1, 5], 'REVIEW', 9, ''],
        ['b', 'x', '>=', 0, 'REJECT', 1, 'y == "no"'],
      ],
    };
    const ask = (facts: Facts, hitPolicy = 'priority'): unknown =>
      runDecision({ policy: inline, hitPolicy, facts }, context);
    expect(ask({ x: 3, y: 'no' })).toMatchObject({ decision: 'REVIEW', hits: ['a'] });
    expect(ask({ x: 3, y: 'no' }, 'collect')).toMatchObject({ decision: 'REJECT', hits: ['a', 'b'] });
    expect(ask({ x: 7 }, 'collect')).toMatchObject({
      decision: 'REVIEW',
      hits: [],
      missing: [{ id: 'b', field: 'y' }],
    });
  });
});

describe('a decision request', () => {
  const columns = ['id', 'field', 'op', 'value', 'action'];
  const inline = (...rows: unknown[]): unknown => ({ policy: { columns, rows }, facts: {} });

  test.each<[string, unknown, string, string]>([
    ['an unknown policy', { policy: 'luck', facts: {} }, '/policy', 'invalid_union'],
    ['no policy', { facts: {} }, '/policy', 'invalid_union'],
    ['no facts', { policy: 'credit' }, '/facts', 'invalid_type'],
    ['a list of facts', { policy: 'credit', facts: [] }, '/facts', 'invalid_type'],
    ['an unknown hit policy', { policy: 'credit', facts: {}, hitPolicy: 'last' }, '/hitPolicy', 'invalid_value'],
    ['an unknown member', { policy: 'credit', facts: {}, mode: 1 }, '/mode', 'unknown_member'],
    ['a text where a number belongs', { policy: 'credit', facts: { age: '34' } }, '/facts/age', 'fact_type'],
    [
      'a number where yes or no belongs',
      { policy: 'credit', facts: { is_student: 0 } },
      '/facts/is_student',
      'fact_type',
    ],
    ['a list as a fact', { policy: 'house', facts: { purpose: ['购房'] } }, '/facts/purpose', 'fact_type'],
    ['an unknown operator', inline(['a', 'x', '~', 1, 'REJECT']), '/policy/rows/0/2', 'unknown_operator'],
    ['a text to be compared by size', inline(['a', 'x', '>', 'y', 'REJECT']), '/policy/rows/0/3', 'literal_type'],
    ['an object as a constant', inline(['a', 'x', '==', {}, 'REJECT']), '/policy/rows/0/3', 'literal_type'],
    ['a mixed list', inline(['a', 'x', 'in', [1, 'a'], 'REJECT']), '/policy/rows/0/3', 'literal_type'],
    ['one end of a range', inline(['a', 'x', 'out', [1], 'REJECT']), '/policy/rows/0/3', 'range_shape'],
    ['a range the wrong way round', inline(['a', 'x', 'out', [2, 1], 'REJECT']), '/policy/rows/0/3', 'range_empty'],
    ['an empty list', inline(['a', 'x', 'in', [], 'REJECT']), '/policy/rows/0/3', 'literal_type'],
    [
      'two types for one fact',
      inline(['a', 'x', '==', 1, 'REJECT'], ['b', 'x', '==', 'y', 'REJECT']),
      '/policy/rows/1/3',
      'conflicting_types',
    ],
    ['an unknown action', inline(['a', 'x', '==', 1, 'KILL']), '/policy/rows/0/4', 'unknown_action'],
    [
      'an id twice',
      inline(['a', 'x', '==', 1, 'REJECT'], ['a', 'y', '==', 1, 'REJECT']),
      '/policy/rows/1/0',
      'duplicate_id',
    ],
    ['a number as id', inline([7, 'x', '==', 1, 'REJECT']), '/policy/rows/0/0', 'row_id'],
    ['a strange field name', inline(['a', '__proto__', '==', 1, 'REJECT']), '/policy/rows/0/1', 'fact_name'],
    ['a short row', inline(['a', 'x', '==', 1]), '/policy/rows/0', 'row_length'],
    ['no rows', inline(), '/policy/rows', 'no_rows'],
    [
      'an unknown column',
      { policy: { columns: [...columns, 'mood'], rows: [] }, facts: {} },
      '/policy/columns/5',
      'unknown_column',
    ],
    [
      'a column twice',
      { policy: { columns: [...columns, 'op'], rows: [] }, facts: {} },
      '/policy/columns/2',
      'duplicate_column',
    ],
    [
      'no action column',
      { policy: { columns: columns.slice(0, 4), rows: [] }, facts: {} },
      '/policy/columns',
      'missing_column',
    ],
  ])('with %s is refused', (_, body, pointer, code) => {
    expect(faultsOf(body)).toContainEqual({ pointer, code });
  });

  test('with 10 000 rules is served in time, with 10 001 refused', () => {
    const rows = Array.from({ length: 10_001 }, (_, index) => [`R${index}`, `f${index % 90}`, '>=', index, 'REVIEW']);
    const started = performance.now();
    const answer = runDecision({ policy: { columns, rows: rows.slice(0, 10_000) }, facts: { f0: 10 } }, context);
    expect(answer.hits).toEqual(['R0']);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(faultsOf({ policy: { columns, rows }, facts: {} })).toContainEqual({
      pointer: '/policy/rows',
      code: 'too_big',
    });
  });

  test('with 10 000 rules over 10 000 facts is refused for its columns', () => {
    const rows = Array.from({ length: 10_000 }, (_, index) => [`R${index}`, `f${index}`, '>=', index, 'REVIEW']);
    expect(faultsOf({ policy: { columns, rows }, facts: {} })).toEqual([
      { pointer: '/policy/rows', code: 'too_many_columns' },
    ]);
  });

  test('is answered or refused, whatever is posted', () => {
    const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('==', 'in', 'out', 'REJECT', 'a', [1, 2]));
    const body = fc.record(
      {
        policy: fc.oneof(
          fc.constantFrom('credit', 'house'),
          fc.record({
            columns: fc.oneof(fc.constant(columns), value),
            rows: fc.oneof(fc.array(fc.array(value, { minLength: 5, maxLength: 5 })), value),
          }),
          value,
        ),
        facts: fc.oneof(fc.dictionary(fc.constantFrom('age', 'x', 'a', '__proto__', 'constructor'), value), value),
        hitPolicy: fc.constantFrom('first', 'collect', 'priority', 'x'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(body, fc.jsonValue()), (given) => {
        try {
          expect(runDecision(given, context).decision).toMatch(/^(?:APPROVE|REVIEW|REJECT)$/u);
        } catch (error) {
          expect(error).toMatchObject({ code: 'request.invalid' });
        }
      }),
      { seed: 20_261_121, numRuns: 3000 },
    );
  });

  test('finds a sentence for every fault in both languages', () => {
    const keys = (language: 'zh-CN' | 'en'): readonly string[] =>
      texts.keys(language).filter((key) => key.startsWith('rules.'));
    expect(keys('en')).toEqual(keys('zh-CN'));
  });
});
