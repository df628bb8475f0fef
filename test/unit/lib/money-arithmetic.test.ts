/** Money in whole fen and its only division. */
import { Decimal } from 'decimal.js';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatYuan, mulDiv, parseYuan, type Rounding } from '../../../src/lib/money.ts';

const D = Decimal.clone({ precision: 80 });
const MODES: Readonly<Record<Rounding, Decimal.Rounding>> = {
  HALF_UP: Decimal.ROUND_HALF_UP,
  HALF_EVEN: Decimal.ROUND_HALF_EVEN,
  FLOOR: Decimal.ROUND_FLOOR,
  CEIL: Decimal.ROUND_CEIL,
};

describe('mulDiv', () => {
  test('rounds like decimals in every mode, for every sign, 4000 times', () => {
    const whole = fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n });
    const divisor = fc.oneof(fc.constantFrom(2n, 4n, 8n, 20n, 200n, -2n, -200n), whole).filter((x) => x !== 0n);
    fc.assert(
      fc.property(whole, whole, divisor, fc.constantFrom(...Object.keys(MODES)), (amount, a, b, mode) => {
        const exact = new D(amount.toString()).times(a.toString()).div(b.toString());

        expect(mulDiv(amount, a, b, mode as Rounding).toString()).toBe(
          exact
            .toDecimalPlaces(0, MODES[mode as Rounding])
            .plus(0)
            .toFixed(0)
            .replace(/^-0$/, '0'),
        );
      }),
      { seed: 20_260_115, numRuns: 4000 },
    );
  });

  test('rounds 9 674.28 × 10.8 % × 10 / 360 once, to 29.02', () => {
    expect(mulDiv(967_428n, 108n * 10n, 1000n * 360n)).toBe(2_902n);
  });

  test('refuses to divide by zero', () => {
    expect(() => mulDiv(1n, 1n, 0n)).toThrow(RangeError);
  });
});

describe('yuan on the wire', () => {
  test.each([
    ['100000.00', 10_000_000n],
    ['1.5', 150n],
    ['7', 700n],
    ['-0.01', -1n],
    ['0.00', 0n],
  ])('%s is %i fen', (text, amount) => {
    expect(parseYuan(text)).toBe(amount);
  });

  test.each(['', '.', '1.', '.5', '1.234', '1e3', '+1', '--1', ' 1', '1,000.00', 'NaN', '０', '1234567890123456'])(
    'refuses %j',
    (text) => {
      expect(parseYuan(text)).toBeUndefined();
    },
  );

  test('what is written is read back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n }), (amount) => {
        expect(parseYuan(formatYuan(amount))).toBe(amount);
      }),
      { seed: 20_260_115 },
    );
  });
});
