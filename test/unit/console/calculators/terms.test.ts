import { describe, expect, test } from 'vitest';
import { fen, percent, yuan } from '../../../../src/console/calculators/figures.ts';
import {
  earlyFaults,
  fieldOf,
  firstTyped,
  METHODS,
  plainAmount,
  ratesRequest,
  scheduleRequest,
  type Method,
  type Typed,
} from '../../../../src/console/calculators/terms.ts';
import { calcApr, calcSchedule } from '../../../../src/domain/repayments/index.ts';

const typed = (changes: Partial<Typed> = {}): Typed => ({ ...firstTyped('2026-11-30'), ...changes });

describe('an amount as people type it', () => {
  test.each([
    ['30万', '300000'],
    ['30W', '300000'],
    ['0.5万', '5000'],
    ['12.3456万', '123456'],
    ['３０万', '300000'],
    ['300,000', '300000'],
    ['¥300，000.50 元', '300000.50'],
  ])('%s is %s yuan', (text, amount) => {
    expect(plainAmount(text)).toBe(amount);
  });

  test.each(['三十万', '30万5', '12.34567万', '1e6', '-5', ''])(
    '%s stays as it is and is refused by the server',
    (text) => {
      expect(plainAmount(text)).toBe(text);
      expect(() => calcSchedule(scheduleRequest(typed({ amount: text })))).toThrow('request.invalid');
    },
  );
});

describe('what is typed', () => {
  test.each(METHODS)(
    'makes a request of %s that the calculators take as it is, and one for its yearly cost',
    (method: Method) => {
      const terms = typed({ method, upfrontFee: '3000', eachFee: '20' });
      const plan = calcSchedule(JSON.parse(JSON.stringify(scheduleRequest(terms))));
      const rates = calcApr(JSON.parse(JSON.stringify(ratesRequest(terms, plan))));

      expect(plan.rows.at(-1)?.[5]).toBe('0.00');
      expect(Number(rates.effective)).toBeGreaterThan(0);
    },
  );

  test('counts both kinds of fee into the yearly cost', () => {
    const plan = calcSchedule(scheduleRequest(typed()));
    const cost = (fees: Partial<Typed>): number => Number(calcApr(ratesRequest(typed(fees), plan)).irrX12);

    expect(cost({})).toBeCloseTo(0.06, 5);
    expect(cost({ upfrontFee: '3000' })).toBeCloseTo(0.06676, 4);
    expect(cost({ eachFee: '50' })).toBeGreaterThan(cost({}));
    expect(cost({ upfrontFee: '0', eachFee: '0.00' })).toBe(cost({}));
  });

  test('as one payment after seven months has no rate per period, after six it has', () => {
    const rates = (n: string) => {
      const terms = typed({ method: 'BULLET', n });
      return calcApr(ratesRequest(terms, calcSchedule(scheduleRequest(terms))));
    };
    expect(rates('6').irrX12).toBe('0.06000000');
    expect(rates('7').irrX12).toBeNull();
  });

  test('is faulted early where it is empty and needed, and where a fee is no amount', () => {
    const faults = earlyFaults(typed({ rate: ' ', payment: '', eachFee: 'x', upfrontFee: '1万' }));

    expect(faults.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/rate', 'member.missing'],
      ['/eachFee', 'money.format'],
    ]);
    expect(earlyFaults(typed({ method: 'FIXED_PAYMENT', n: '', payment: '' })).map(({ pointer }) => pointer)).toEqual([
      '/payment',
    ]);
  });
});

describe('a fault of the server belongs to a field', () => {
  test.each([
    ['/principal', 'amount'],
    ['/annualRatePct', 'rate'],
    ['/feePctPerPeriodOnOriginal', 'rate'],
    ['/holidayShift/rule', 'holiday'],
    ['/firstDue', 'firstDue'],
    ['/net', 'amount'],
    ['/fees/0/1', 'eachFee'],
    ['/rows', undefined],
    ['', undefined],
  ])('%s is %s', (pointer, field) => {
    expect(fieldOf({ pointer, code: 'x', message: '' }, typed())).toBe(field);
  });

  test('the first fee is the one paid once, when there is one', () => {
    expect(fieldOf({ pointer: '/fees/0/1', code: 'x', message: '' }, typed({ upfrontFee: '1' }))).toBe('upfrontFee');
    expect(fieldOf({ pointer: '/fees/1/1', code: 'x', message: '' }, typed({ upfrontFee: '1' }))).toBe('eachFee');
  });
});

describe('figures', () => {
  test('are grouped and never lose a cent', () => {
    expect([yuan(fen('1234567.89')), yuan(fen('-0.05')), yuan(fen('999999999999.99')), yuan(5n)]).toEqual([
      '1,234,567.89',
      '−0.05',
      '999,999,999,999.99',
      '0.05',
    ]);
  });

  test('show a rate with two decimals, half up, and no minus zero', () => {
    expect([
      percent('0.12958709'),
      percent('0.00005000'),
      percent('-0.00004000'),
      percent('-0.05000000'),
      percent('12.00000000'),
    ]).toEqual(['12.96%', '0.01%', '0.00%', '−5.00%', '1200.00%']);
  });
});
