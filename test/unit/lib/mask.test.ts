import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mask, maskText, type MaskKind, type MaskLevel } from '../../../src/lib/mask.ts';

describe('a mask', () => {
  test.each<[MaskKind, string, string]>([
    ['name', '段正淳', '段**'],
    ['name', '李雷', '李*'],
    ['name', '李', '*'],
    ['name', '𠮷田', '𠮷*'],
    ['idCard', '51343620000320711X', '5***************1X'],
    ['idCard', '150102880730303', '1************03'],
    ['mobile', '18049531999', '180****1999'],
    ['landline', '09157518479', '0915*****79'],
    ['bankCard', '6227880100100105123', '**** **** **** *** 5123'],
    ['bankCard', '6225880000000001', '**** **** **** 0001'],
    ['address', '北京市海淀区马连洼街道289号', '北京市海淀区马********'],
    ['address', '上海', '**'],
    ['email', 'duandazhi@126.com', 'd********@126.com'],
    ['email', 'd@126.com', '*@126.com'],
    ['plate', '苏D40000', '苏D4***0'],
    ['plate', '陕A12345D', '陕A1****D'],
    ['vin', 'LSJA24U62JG269225', 'LSJ**********9225'],
    ['companyCode', '91110000MA0000AB0M', '91110000MA0000AB0M'],
    ['companyCode', '92440300MA5YYYYYXY', '9***************XY'],
    ['other', 'anything', '********'],
  ])('of a %s turns %s into %s', (kind, value, masked) => {
    expect(mask(kind, value)).toBe(masked);
  });

  test('shows staff of the case six and four characters of an identity number and two blocks of a card', () => {
    expect(mask('idCard', '51343620000320711X', 'internal')).toBe('513436********711X');
    expect(mask('bankCard', '6227880100100105123', 'internal')).toBe('6227 **** **** **** 123');
    expect(mask('companyCode', '92440300MA5YYYYYXY', 'internal')).toBe('924403********YYXY');
  });

  test('shows the account manager the last character of a name of three or more', () => {
    expect(mask('name', '段正淳', 'owner')).toBe('段*淳');
    expect(mask('name', '李雷', 'owner')).toBe('李*');
  });

  test.each<[MaskKind, string]>([
    ['mobile', '1380013800'],
    ['mobile', '11010519491231002X'],
    ['idCard', '13800138000'],
    ['bankCard', 'abc4567890123456'],
    ['companyCode', '91110000MA0000AB0'],
    ['plate', 'A12345678'],
    ['email', 'no-at-sign'],
  ])('of a %s hides %s completely, because it has another shape', (kind, value) => {
    expect(mask(kind, value)).toBe('*'.repeat(value.length));
  });

  test('of a company code hides what may be an identity number in the wrong field', () => {
    expect(mask('companyCode', '11010519491231002X')).toBe('1***************2X');
  });

  test('never reveals more than its rule allows, whatever is fed to it', () => {
    const most: Record<MaskKind, number> = {
      name: 2,
      idCard: 10,
      mobile: 7,
      landline: 6,
      bankCard: 8,
      address: Infinity,
      email: Infinity,
      plate: 4,
      vin: 7,
      companyCode: Infinity,
      other: 0,
    };
    const kinds = Object.keys(most) as MaskKind[];
    const values = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.stringMatching(/^[0-9X@. -]{0,24}$/));
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        values,
        fc.constantFrom<MaskLevel>('tight', 'internal', 'owner'),
        (kind, value, level) => {
          const masked = mask(kind, value, level);
          const shown = Array.from(masked.replaceAll(/[* ]/gu, '')).length;
          expect(shown).toBeLessThanOrEqual(most[kind]);
          if (value.trim() !== '' && !/^[*\s]*$/u.test(value) && kind !== 'companyCode') expect(masked).not.toBe(value);
        },
      ),
      { seed: 20_261_121, numRuns: 5000 },
    );
  });
});

describe('free text', () => {
  test('has its numbers masked and its words kept', () => {
    expect(
      maskText('王先生 138 0013 8000，身份证11010519491231002x，卡6222 0200 0000 0000 000，邮箱wang@qq.com，30万'),
    ).toBe('王先生 138****8000，身份证1***************2x，卡**** **** **** *** 0000，邮箱w***@qq.com，30万');
  });

  test('has full-width digits masked too', () => {
    expect(maskText('电话１３８００１３８０００')).toBe('电话138****8000');
  });

  test.each([
    ['马女士 1380001001 20万', '马女士 ********** 20万'],
    ['电话12345678901', '电话***********'],
    ['138000100100', '************'],
    ['138 0010 010', '**********'],
    ['卡 622202000012', '卡 ************'],
    ['身份证 11010519491231', '身份证 **************'],
    ['QQ 7654321', 'QQ *******'],
  ])('has a mistyped number hidden completely: %s', (text, masked) => {
    expect(maskText(text)).toBe(masked);
  });

  test.each([
    'K305 K1234567 L2026110001',
    'HT-20261130-0001',
    '1,000,000.00 元',
    '300000',
    '1000000',
    '1234567元',
    '1234567.89',
    '¥1234567',
    '20261130 放款',
    '2026-11-30 12:00',
  ])('keeps numbers of ours, amounts and days readable: %s', (text) => {
    expect(maskText(text)).toBe(text);
  });

  test('shows no run of more than four digits of any phone, card or identity number in it', () => {
    const secrets = fc.oneof(
      fc.stringMatching(/^1[3-9]\d{9}$/),
      fc.stringMatching(/^[1-9]\d{14,18}$/),
      fc.stringMatching(/^[1-9]\d{16}X$/),
    );
    fc.assert(
      fc.property(
        fc.stringMatching(/^[^\d*]{0,8}$/),
        secrets,
        fc.constantFrom('，', ' ', '。', '\n'),
        (head, secret, tail) => {
          expect(maskText(`${head}${secret}${tail}`)).not.toMatch(/\d{5}/u);
        },
      ),
      { seed: 20_261_121, numRuns: 3000 },
    );
  });
});
