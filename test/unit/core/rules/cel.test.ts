import { describe, expect, test } from 'vitest';
import { compileCondition, type ConditionFacts } from '../../../../src/core/rules/cel.ts';

function evaluate(source: string, facts: ConditionFacts): boolean | 'missing' {
  const compiled = compileCondition(source);
  if (!compiled.ok) throw new Error(`${compiled.code}: ${compiled.message}`);
  return compiled.condition.evaluate(facts);
}

function refusal(source: string): { code: string; position: number } {
  const compiled = compileCondition(source);
  if (compiled.ok) throw new Error('accepted');
  return { code: compiled.code, position: compiled.position };
}

describe('a condition', () => {
  test.each<[string, ConditionFacts, boolean | 'missing']>([
    ['age >= 18', { age: 18 }, true],
    ['age >= 18', { age: 17 }, false],
    ['amount > yuan(200000)', { amount: 20_000_001n }, true],
    ['amount > yuan(200000)', { amount: 20_000_000n }, false],
    ['amount >= yuan(0.5)', { amount: 50n }, true],
    ['score * 100 > 60', { score: 0.61 }, true],
    ['score * 100 > 60', { score: 1 }, true],
    ['1 - ratio >= 0.5', { ratio: 0.5 }, true],
    ['city in ["上海", "杭州"]', { city: '杭州' }, true],
    ['loans.exists(l, l.dpd > limit)', { loans: [{ dpd: 3 }, { dpd: 31 }], limit: 30 }, true],
    ['form.amount > 1 && form.city == "x"', { form: { amount: 2, city: 'x' } }, true],
    ['multi.m1.orgs >= 8', { 'multi.m1.orgs': 9 }, true],
    ['has(customer.email)', { customer: {} }, false],
    ['has(customer.email)', {}, false],
    ['has(customer.email)', { customer: { email: 'a@b.c' } }, true],
    ['flag', { flag: true }, true],
    ['flag', { flag: 'yes' }, 'missing'],
    ['cel.bind(x, a + 1, x > b)', { a: 1, b: 1 }, true],
  ])('%s with %o gives %s', (source, facts, expected) => {
    expect(evaluate(source, facts)).toBe(expected);
  });

  test.each<[string, ConditionFacts]>([
    ['a > 1 || b > 1', { a: 2 }],
    ['a > 1', { a: null }],
    ['a > 1', { a: Number.NaN }],
    ['a > 1', {}],
    ['a.b > 1', { a: {} }],
    ['a.b > 1', { a: 'text' }],
    ['toString == 1', {}],
    ['a > 3', { a: '三' }],
    ['a / 0 > 1', { a: 1 }],
  ])('%s with %o is missing, never a pass', (source, facts) => {
    expect(evaluate(source, facts)).toBe('missing');
  });

  test('names the facts it needs, without loop variables and optional ones', () => {
    const compiled = compileCondition('a.b > 1 && xs.all(x, x.y > c) && (has(o.p) || !done)');

    expect(compiled.ok && compiled.condition.facts).toEqual(['a.b', 'xs', 'c', 'done']);
    expect(compiled.ok && compiled.condition.missing({ c: 1, xs: [] })).toEqual(['a.b', 'done']);
  });

  test.each([
    ['', 'condition.empty', 0],
    ['a >', 'condition.syntax', 3],
    ['城市 == "x"', 'condition.syntax', 0],
    ['1 + 1', 'condition.not_boolean', 0],
    ['ok && amount.matches("(a+)+$")', 'condition.pattern', 6],
    ['a > 1 && unknownCall(2)', 'condition.type', 9],
    ['a.all(x, x.all(y, y.all(z, z > 1)))', 'condition.loops', 18],
    [`${'('.repeat(200)}a${')'.repeat(200)}`, 'condition.syntax', 40],
    [`a == "${'x'.repeat(5000)}"`, 'condition.too_long', 4000],
  ])('%s is refused as %s at offset %i', (source, code, position) => {
    expect(refusal(source)).toEqual({ code, position });
  });
});
