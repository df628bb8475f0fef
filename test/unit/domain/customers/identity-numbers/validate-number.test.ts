import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  NUMBER_KINDS,
  type NumberKind,
  validateNumber,
} from '../../../../../src/domain/customers/identity-numbers/index.ts';
import { businessDate } from '../../../../../src/lib/business-date.ts';
import { AppError } from '../../../../../src/lib/errors.ts';
import { loadTexts } from '../../../../../src/lib/i18n.ts';

const texts = loadTexts(path.resolve(import.meta.dirname, '../../../../../locales'));
const context = { today: businessDate('2026-11-21'), texts };

function faultsOf(kind: NumberKind, body: unknown): readonly { pointer: string; code: string }[] {
  try {
    validateNumber(kind, body, context);
  } catch (error) {
    if (error instanceof AppError) return error.faults.map(({ pointer, code }) => ({ pointer, code }));
    throw error;
  }
  return [];
}

describe('a validation request', () => {
  test('for a right number answers ok and the masked number, nothing else', () => {
    expect(validateNumber('idCard', { value: '11010519491231002x' }, context)).toEqual({
      valid: true,
      severity: 'ok',
      masked: '1***************2X',
    });
  });

  test('for a wrong number names the part in a sentence, in the language that was asked for', () => {
    expect(validateNumber('idCard', { value: '110101199902301012' }, context)).toEqual({
      valid: false,
      severity: 'error',
      part: 'birthDate',
      reason: '身份证号第 7 至 14 位不是一个有效的出生日期',
      masked: '1***************12',
    });
    expect(validateNumber('mobile', { value: '1380013800' }, { ...context, language: 'en' })).toMatchObject({
      part: 'length',
      reason: 'A mobile number has 11 digits, this one has 10',
    });
  });

  test('for a company code of a pilot city asks a person to confirm', () => {
    expect(validateNumber('uscc', { value: '91350211M00013FA1N' }, context)).toMatchObject({
      valid: false,
      severity: 'warn',
      part: 'checksum',
    });
  });

  test('may carry the remarks of a case file', () => {
    const body = { value: '6225880000000001', id: 'B4', cn: '银行卡', desc: 'x', expect: 'ok', rule: 'r', note: 'n' };
    expect(validateNumber('bankCard', body, context).valid).toBe(true);
  });

  test.each([
    [{}, '/value', 'invalid_type'],
    [{ value: 13800138000 }, '/value', 'invalid_type'],
    [{ value: null }, '/value', 'invalid_type'],
    [{ value: '1'.repeat(201) }, '/value', 'too_big'],
    [{ value: '1', kind: 'mobile' }, '/kind', 'unknown_member'],
    [null, '', 'invalid_type'],
    [[], '', 'invalid_type'],
    ['13800138000', '', 'invalid_type'],
  ])('with the body %j is refused at %s', (body, pointer, code) => {
    expect(faultsOf('mobile', body)).toEqual([{ pointer, code }]);
  });

  test('answers any text with a sentence and never echoes more than the mask', () => {
    const values = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.stringMatching(/^[0-9XxA-Z ]{0,24}$/),
      fc.stringMatching(/^[京粤新使][A-Z0-9]{5,7}[挂领D]?$/),
    );
    fc.assert(
      fc.property(fc.constantFrom(...NUMBER_KINDS), values, (kind, value) => {
        const answer = validateNumber(kind, { value }, context);
        expect(answer.valid).toBe(answer.severity === 'ok');
        expect(answer.reason === undefined).toBe(answer.valid);
        if (kind !== 'uscc') expect(answer.masked).not.toMatch(/[0-9A-Z]{8}/u);
      }),
      { seed: 20_261_121, numRuns: 4000 },
    );
  });

  test('has the same sentences in both languages', () => {
    const keys = (language: 'zh-CN' | 'en'): readonly string[] =>
      texts.keys(language).filter((key) => key.startsWith('identity.'));
    expect(keys('en')).toEqual(keys('zh-CN'));
  });
});
