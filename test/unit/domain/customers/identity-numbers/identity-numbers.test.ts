import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  ageOn,
  checkBankCard,
  checkCompanyCode,
  checkIdCard,
  checkMobile,
  checkNumber,
  checkPlate,
  checkVin,
  upgradeOldIdCard,
  type NumberCheck,
  type NumberKind,
} from '../../../../../src/domain/customers/identity-numbers/index.ts';
import { businessDate } from '../../../../../src/lib/business-date.ts';

const TODAY = businessDate('2026-11-21');

interface Vectors {
  readonly validation: {
    readonly idCard: { readonly valid: string[]; readonly invalid: string[] };
    readonly uscc: { readonly valid: string[]; readonly checksumFailsButSeenInTheWild: string[] };
    readonly bankCard: { readonly luhnOk: string[]; readonly luhnBad: string[] };
  };
}
const { validation } = JSON.parse(
  readFileSync(new URL('../../../../fixtures/lending.json', import.meta.url), 'utf8'),
) as Vectors;

function verdict(check: NumberCheck): string {
  return check.valid ? 'ok' : `${check.severity} ${check.part}`;
}

describe('the published identity numbers', () => {
  test.each(validation.idCard.valid)('%s is a valid identity number', (number) => {
    expect(verdict(checkIdCard(number, TODAY))).toBe('ok');
  });
  test.each(validation.idCard.invalid)('%s is not a valid identity number', (number) => {
    expect(checkIdCard(number, TODAY)).toMatchObject({ valid: false, severity: 'error' });
  });
  test.each(validation.uscc.valid)('%s is a valid company code', (code) => {
    expect(verdict(checkCompanyCode(code))).toBe('ok');
  });
  test.each(validation.uscc.checksumFailsButSeenInTheWild)('%s is a company code a person may confirm', (code) => {
    expect(verdict(checkCompanyCode(code))).toBe('warn checksum');
  });
  test.each(validation.bankCard.luhnOk)('%s is a valid bank card number', (number) => {
    expect(verdict(checkBankCard(number))).toBe('ok');
  });
  test.each(validation.bankCard.luhnBad)('%s is a bank card number a person may confirm', (number) => {
    expect(verdict(checkBankCard(number))).toBe('warn checksum');
  });
});

describe('an identity number', () => {
  test.each([
    ['110101190001011237', 'error checksum'],
    ['310101190002290019', 'error birthDate'], // 1900 was no leap year
    ['110101199902301012', 'error birthDate'],
    ['110101202611220000', 'error birthDate'], // tomorrow
    ['11010117991231001X', 'error birthDate'], // 226 years old
    ['3301022011022000D6', 'error characters'],
    ['X10105194912310021', 'error characters'],
    ['161010194912310021', 'error region'],
    ['810001199809020131', 'error region'],
    ['990682198501010017', 'error region'],
    ['11010519491231002', 'error length'],
    ['11010519491231002XX', 'error length'],
    ['150102880730303', 'error oldForm'],
    ['150102881330303', 'error length'],
    ['', 'error empty'],
    ['　　', 'error empty'],
    ['身份证号', 'error length'],
  ])('%s gets the verdict %s', (number, expected) => {
    expect(verdict(checkIdCard(number, TODAY))).toBe(expected);
  });

  test.each(['11010519491231002x', '１１０１０５１９４９１２３１００２Ｘ', ' 110105 19491231 002X '])(
    '%s is stored as 11010519491231002X',
    (typed) => {
      expect(checkIdCard(typed, TODAY)).toMatchObject({ valid: true, normalised: '11010519491231002X' });
    },
  );

  test('tells birth date, sex and region', () => {
    expect(checkIdCard('11010519491231002X', TODAY)).toMatchObject({
      birthDate: '1949-12-31',
      sex: 'female',
      region: '110105',
    });
    expect(checkIdCard('440524188001010014', TODAY)).toMatchObject({ birthDate: '1880-01-01', sex: 'male' });
  });

  test('of somebody born today is valid, of somebody born tomorrow is not', () => {
    expect(checkIdCard('650101200002290056', businessDate('2000-02-29')).valid).toBe(true);
    expect(verdict(checkIdCard('650101200002290056', businessDate('2000-02-28')))).toBe('error birthDate');
  });

  test('of 15 digits is upgraded for searching', () => {
    expect(upgradeOldIdCard('150102880730303')).toBe('150102198807303035');
    expect(upgradeOldIdCard('150102880230303')).toBeUndefined();
    expect(upgradeOldIdCard('990102880730303')).toBeUndefined();
    expect(upgradeOldIdCard('11010519491231002X')).toBeUndefined();
  });

  test('fails when any single one of its characters is changed to another digit', () => {
    const number = '110101190001011236';
    for (let at = 0; at < 18; at += 1) {
      for (const digit of '0123456789') {
        if (digit === number[at]) continue;
        const changed = number.slice(0, at) + digit + number.slice(at + 1);
        expect(checkIdCard(changed, TODAY).valid, changed).toBe(false);
      }
    }
  });
});

describe('age', () => {
  test.each([
    ['2008-07-11', '2014-07-10', 5],
    ['2008-07-11', '2014-07-11', 6],
    ['2000-02-29', '2021-02-28', 20],
    ['2000-02-29', '2021-03-01', 21],
    ['2000-02-29', '2024-02-29', 24],
    ['2000-01-01', '1999-12-31', -1],
  ])('of somebody born on %s is on %s %i full years', (born, on, years) => {
    expect(ageOn(businessDate(born), businessDate(on))).toBe(years);
  });
});

describe('a number', () => {
  test.each<[NumberKind, string, string]>([
    ['uscc', '91110000ma0000ab0m', 'ok'],
    ['uscc', '91110000MA0000AB0', 'error length'],
    ['uscc', '91110000MA0000ABOM', 'error characters'],
    ['uscc', '9111000AMA0000AB0M', 'error region'],
    ['uscc', '91990000MA0000AB0M', 'error region'],
    ['uscc', '99110000MA0000AB0M', 'warn checksum'],
    ['uscc', '91110000MA0000AB1Q', 'warn organisationCode'],
    ['uscc', '00110000MA0000AB0M', 'warn registration'],
    ['uscc', '911100007100000068', 'warn checksum'],
    ['bankCard', '6222 0200-0000 0000 000', 'ok'],
    ['bankCard', '６２２５８８００００００００ 01', 'ok'],
    ['bankCard', '622588000000', 'error length'],
    ['bankCard', '62258800000000010000', 'error length'],
    ['bankCard', '622588000000000l', 'error characters'],
    ['bankCard', '0000000000000000', 'error issuer'],
    ['mobile', '13800138000', 'ok'],
    ['mobile', '+86 138-0013-8000', 'ok'],
    ['mobile', '008613800138000', 'ok'],
    ['mobile', '8613800138000', 'ok'],
    ['mobile', '013800138000', 'ok'],
    ['mobile', '１３８００１３８０００', 'ok'],
    ['mobile', '19200000000', 'ok'],
    ['mobile', '16500000000', 'ok'],
    ['mobile', '12800138000', 'error segment'],
    ['mobile', '23800138000', 'error segment'],
    ['mobile', '1380013800', 'error length'],
    ['mobile', '138001380001', 'error length'],
    ['mobile', '1440012345678', 'error machine'],
    ['mobile', '1465012345678', 'error machine'],
    ['mobile', '86 1410 0123 45678', 'error machine'],
    ['mobile', '1380013800o', 'error characters'],
    ['mobile', '', 'error empty'],
    ['plate', '粤BA03205', 'ok'],
    ['plate', '粤BF12345', 'ok'],
    ['plate', '粤B12345F', 'ok'],
    ['plate', '陕A12345D', 'ok'],
    ['plate', '闽20401领', 'ok'],
    ['plate', '苏D40000', 'ok'],
    ['plate', '京A1234警', 'ok'],
    ['plate', '粤Z1234港', 'ok'],
    ['plate', '沪A1234学', 'ok'],
    ['plate', '京a·12345', 'ok'],
    ['plate', '使014578', 'ok'],
    ['plate', '京A123', 'error length'],
    ['plate', '京AI2345', 'error serial'],
    ['plate', '京AO2345', 'error serial'],
    ['plate', '粤BL12345', 'error serial'],
    ['plate', '粤B1234警5', 'error serial'],
    ['plate', '中A12345', 'error province'],
    ['plate', '京112345', 'error region'],
    ['vin', 'LSJA24U62JG269225', 'ok'],
    ['vin', 'lsja24u62jg269225', 'ok'],
    ['vin', '1M8GDM9AXKP042788', 'ok'],
    ['vin', 'LSJA24U63JG269225', 'warn checksum'],
    ['vin', 'LOC613P23A1305189', 'error characters'],
    ['vin', 'LSJA24U62JG26922', 'error length'],
  ])('%s %s gets the verdict %s', (kind, number, expected) => {
    expect(verdict(checkNumber(kind, number, TODAY))).toBe(expected);
  });

  test('of a reseller is told apart, because risk rules look at it', () => {
    expect(checkMobile('17012345678')).toMatchObject({ valid: true, virtualOperator: true });
    expect(checkMobile('13812345678')).toMatchObject({ valid: true, virtualOperator: false });
  });

  test('of a company tells what kind of company it is', () => {
    expect(checkCompanyCode('92440300MA5YYYYYXY')).toMatchObject({
      category: 'soleProprietor',
      organisationCode: 'MA5YYYYYX',
    });
  });

  test('of a card tells whether it is UnionPay', () => {
    expect(checkBankCard('6222020000000000000')).toMatchObject({ scheme: 'unionPay' });
    expect(checkBankCard('4111111111111111')).toMatchObject({ scheme: 'other' });
  });

  test('on a plate tells whether the car runs on new energy', () => {
    expect(checkPlate('陕A12345D')).toMatchObject({ energy: 'newEnergy' });
    expect(checkPlate('苏D40000')).toMatchObject({ energy: 'ordinary' });
  });

  test('of a vehicle tells its maker', () => {
    expect(checkVin('LSJA24U62JG269225')).toMatchObject({ manufacturer: 'LSJ' });
  });
});
