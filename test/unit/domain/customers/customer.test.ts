import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  customerNumber,
  maskedName,
  maskedPhone,
  nameLookups,
  normalPhone,
  parseCustomerNumber,
  parseCustomerQuery,
  phoneLookups,
} from '../../../../src/domain/customers/customer.ts';

describe('what a customer is found by', () => {
  test.each([
    ['K305', { kind: 'number', number: 305 }],
    [' k305 ', { kind: 'number', number: 305 }],
    ['13800006612', { kind: 'phone', phone: '13800006612' }],
    ['+86 138-0000-6612', { kind: 'phone', phone: '13800006612' }],
    ['8613800006612', { kind: 'phone', phone: '13800006612' }],
    ['6612', { kind: 'last4', digits: '6612' }],
    ['何女士', { kind: 'name', name: '何女士' }],
    ['K', { kind: 'name', name: 'K' }],
    ['K305a', { kind: 'name', name: 'K305a' }],
    ['12345', { kind: 'name', name: '12345' }],
  ])('"%s" is meant as %j', (text, query) => {
    expect(parseCustomerQuery(text)).toEqual(query);
  });

  test('nothing, and a novel, are no question', () => {
    expect(parseCustomerQuery('   ')).toBeUndefined();
    expect(parseCustomerQuery('何'.repeat(65))).toBeUndefined();
  });

  test.each(['12800006612', '1380000661', '138000066123', '+1 202 555 0134', '86138000066', 'phone', ''])(
    '"%s" is no mainland mobile number',
    (text) => {
      expect(normalPhone(text)).toBeUndefined();
    },
  );

  test('a number is read back as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999 }), (number) => {
        expect(parseCustomerNumber(customerNumber(number))).toBe(number);
      }),
      { seed: 20261121 },
    );
  });

  test('a name is also found by its beginnings, without the polite form', () => {
    expect(nameLookups('何玉兰')).toEqual(['prefix:何', 'prefix:何玉', 'prefix:何玉兰']);
    expect(nameLookups('何女士')).toEqual(['prefix:何']);
    expect(phoneLookups('13800006612')).toEqual(['last4:6612']);
  });

  test('a name and a phone are shown by their first and last characters only', () => {
    expect(maskedName('何玉兰')).toBe('何**');
    expect(maskedPhone('13800006612')).toBe('138****6612');
  });
});
