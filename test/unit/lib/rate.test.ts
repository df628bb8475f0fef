/** Exact rates: nothing is rounded before money is. */
import { describe, expect, test } from 'vitest';
import {
  addRatio,
  compareRatio,
  formatRatio,
  mulRatio,
  parseDecimal,
  parsePercent,
  ratio,
  reduce,
} from '../../../src/lib/rate.ts';

describe('parseDecimal', () => {
  test.each([
    ['7.2', 36n, 5n],
    ['0.0005', 1n, 2000n],
    ['0', 0n, 1n],
    ['0.000', 0n, 1n],
    ['100', 100n, 1n],
    ['007.20', 36n, 5n],
    ['999999999.999999999999', 999999999999999999999n, 10n ** 12n],
  ])('%s is %i / %i', (text, num, den) => {
    expect(parseDecimal(text)).toEqual({ num, den });
  });

  test.each([
    '',
    '.',
    '.5',
    '5.',
    '-1',
    '+1',
    '1e3',
    ' 1',
    '1 ',
    '1,5',
    '0x10',
    'NaN',
    'Infinity',
    '１',
    '1.2.3',
    '1234567890',
    '0.1234567890123',
  ])('refuses %j', (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });
});

test('7.2 percent is 9/125 exactly, which no float is', () => {
  expect(parsePercent('7.2')).toEqual({ num: 9n, den: 125n });
  expect(parsePercent('x')).toBeUndefined();
});

test('a third, three times, is one', () => {
  const third = reduce(1n, 3n);

  expect(addRatio(addRatio(third, third), third)).toEqual({ num: 1n, den: 1n });
  expect(mulRatio(third, ratio('3'))).toEqual({ num: 1n, den: 1n });
});

test('fractions compare by value, across denominators', () => {
  expect([
    compareRatio(ratio('0.1'), reduce(1n, 9n)),
    compareRatio(ratio('0.50'), reduce(1n, 2n)),
    compareRatio(ratio('2'), ratio('1.999999999999')),
  ]).toEqual([-1, 0, 1]);
});

describe('formatRatio', () => {
  test.each([
    [reduce(1n, 3n), 8, '0.33333333'],
    [reduce(2n, 3n), 8, '0.66666667'],
    [reduce(-1n, 3n), 2, '-0.33'],
    [reduce(-1n, 1000n), 2, '0.00'],
    [reduce(1n, 200n), 2, '0.01'],
    [reduce(5n, 2n), 0, '3'],
    [reduce(1234n, 1n), 2, '1234.00'],
  ])('%o with %i places is %s', (value, places, text) => {
    expect(formatRatio(value, places)).toBe(text);
  });

  test('half-even rounds 0.005 down and 0.015 up', () => {
    expect([formatRatio(reduce(1n, 200n), 2, 'HALF_EVEN'), formatRatio(reduce(3n, 200n), 2, 'HALF_EVEN')]).toEqual([
      '0.00',
      '0.02',
    ]);
  });
});

test('a fraction without a denominator and a literal that is no decimal are faults', () => {
  expect(() => reduce(1n, 0n)).toThrow(RangeError);
  expect(() => ratio('1e2')).toThrow(RangeError);
});
