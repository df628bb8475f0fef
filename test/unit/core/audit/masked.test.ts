import { describe, expect, test } from 'vitest';
import { maskedInput, mayHoldName, withoutNames } from '../../../../src/core/audit/masked.ts';

const ID = '0192a1b2-1345-7123-8123-13812345678a';
const DIGEST = `a13812345678b${'0'.repeat(51)}`;

describe('the input of an operation in the audit log', () => {
  test('is masked in every text, whatever member it stands in and however deep', () => {
    const input = {
      lead: '13800400002',
      reason: '何晓燕 13800138000 说不是她转的',
      facts: { name: '何晓燕', business: '小卖部 11010519491231002X' },
      lines: ['6222021234567890128'],
    };

    expect(maskedInput(input)).toEqual({
      lead: '138****0002',
      reason: '何晓燕 138****8000 说不是她转的',
      facts: { name: '何**', business: '小卖部 1***************2X' },
      lines: ['**** **** **** *** 0128'],
    });
  });

  test('keeps the name of a product, a flow or a colleague where it can be nobody else’s', () => {
    const input = { name: '工薪信用贷', checklist: [{ code: 'X01', name: '商标注册证' }], phone: '13800400002' };

    expect(maskedInput(input, true)).toEqual({ ...input, phone: '138****0002' });
  });

  test('keeps what an entry is looked up by: ids and digests with digits like a phone’s, numbers, amounts, instants', () => {
    const input = {
      id: ID,
      key: `differs:${ID}:2026-11-21T00:00:00.000Z`,
      hash: DIGEST,
      number: 'K305',
      amount: '1234567.89',
      paidAt: '2026-12-22T10:00:00+08:00',
      term: 36,
      on: new Date(0),
      none: null,
    };

    expect(maskedInput(input)).toEqual(input);
  });
});

describe('names in an audit entry', () => {
  test('are hidden wherever they stand, and nothing else is', () => {
    const detail = { input: { reason: '何晓燕说' }, accounts: [{ externalId: '7123456789' }] };

    expect(withoutNames(detail, new Set(['何晓燕']))).toEqual({ ...detail, input: { reason: '何**说' } });
  });

  test('are not looked for where no text could hold one', () => {
    expect(mayHoldName({ input: { id: ID, hash: DIGEST, amount: '100.00', on: '2026-11-21', term: 12 } })).toBe(false);
    expect(mayHoldName({ input: { list: ['Anna'] } })).toBe(true);
    expect(mayHoldName({ input: { reason: '何总' } })).toBe(true);
  });
});
