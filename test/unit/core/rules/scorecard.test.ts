import { describe, expect, test } from 'vitest';
import {
  attributePoints,
  basePoints,
  DEFAULT_SCALE,
  informationValue,
  kolmogorovSmirnov,
  populationStability,
  roundPoints,
  scaleFactors,
  scoreOf,
  weightsOfEvidence,
} from '../../../../src/core/rules/scorecard.ts';

// Months in the job: <6, 6–11, 12–35, 36 and more (lending §6.2).
const BINS = [
  { good: 180, bad: 60 },
  { good: 220, bad: 40 },
  { good: 350, bad: 35 },
  { good: 250, bad: 15 },
];

describe('the published scorecard', () => {
  test('has offset 387.6036 and factor 72.1348', () => {
    const { a, b } = scaleFactors(DEFAULT_SCALE);
    expect(a).toBeCloseTo(387.6036, 4);
    expect(b).toBeCloseTo(72.1348, 4);
  });

  test('gives 597 base points and 26, −30 and 19 for the three attributes, 612 in all', () => {
    expect(basePoints(-2.9)).toBe(597);
    expect([attributePoints(-0.8, 0.45), attributePoints(-0.7, -0.6), attributePoints(-0.9, 0.3)]).toEqual([
      26, -30, 19,
    ]);
    const bins = (woe: number): { from: number; woe: number }[] => [
      { from: -Infinity, woe: 9 },
      { from: 10, woe },
      { from: 20, woe: -9 },
    ];
    const card = {
      intercept: -2.9,
      scale: DEFAULT_SCALE,
      attributes: [
        { fact: 'a', beta: -0.8, bins: bins(0.45) },
        { fact: 'b', beta: -0.7, bins: bins(-0.6) },
        { fact: 'c', beta: -0.9, bins: bins(0.3) },
      ],
    };
    expect(scoreOf(card, { a: 10, b: 19.99, c: 15 })).toEqual({
      kind: 'scored',
      score: 612,
      points: { a: 26, b: -30, c: 19 },
    });
    expect(scoreOf(card, { a: 10, c: null })).toEqual({ kind: 'missing', missing: ['b', 'c'] });
  });

  test('weighs the bins .798508, .192372, −.405465, −.916291', () => {
    expect(weightsOfEvidence(BINS).map((weight) => weight.toFixed(6))).toEqual([
      '0.798508',
      '0.192372',
      '-0.405465',
      '-0.916291',
    ]);
  });

  test('has information value .369397 and Kolmogorov–Smirnov .266667', () => {
    expect(informationValue(BINS)).toBeCloseTo(0.369397, 6);
    expect(kolmogorovSmirnov(BINS)).toBeCloseTo(0.266667, 6);
  });

  test('sees a population shift of .022207', () => {
    expect(populationStability([0.12, 0.18, 0.35, 0.22, 0.13], [0.1, 0.2, 0.4, 0.2, 0.1])).toBeCloseTo(0.022207, 6);
  });
});

describe('points', () => {
  test.each([
    [0.5, 1],
    [-0.5, -1],
    [2.5, 3],
    [-2.5, -3],
    [-0.4, 0],
  ])('%d are rounded to %i, halves away from zero', (points, rounded) => {
    expect(roundPoints(points)).toBe(rounded);
  });
});

test.each([
  [
    'a bin without bad cases',
    () =>
      weightsOfEvidence([
        { good: 1, bad: 0 },
        { good: 1, bad: 1 },
      ]),
  ],
  ['no cases at all', () => kolmogorovSmirnov([])],
  ['bins that do not match', () => populationStability([1], [0.5, 0.5])],
  ['an empty share', () => populationStability([1, 0], [0.5, 0.5])],
])('statistics of %s are refused, never infinite', (_, compute) => {
  expect(compute).toThrow(RangeError);
});
