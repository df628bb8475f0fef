import { describe, expect, test } from 'vitest';
import {
  checklistOf,
  standardChecklist,
  STANDARD_ITEMS,
  type ProductFamily,
} from '../../../../src/domain/documents/index.ts';
import { matchItem, numberIn, saysContinued } from '../../../../src/domain/documents/matching.ts';
import { LANGUAGES, loadTexts } from '../../../../src/lib/i18n.ts';

const house = standardChecklist('house');
const business = standardChecklist('business');
const one = (code: string): object => ({ kind: 'one', code });

describe('which item a file is', () => {
  test.each([
    ['身份证', 'D01'],
    ['这是我的身份证正面', 'D01'],
    ['近6个月流水', 'D07'],
    ['银行卡', 'D06'],
    ['征信报告', 'D03'],
    ['房本第1页', 'D21'],
    ['ID card front', 'D01'],
    ['my BANK STATEMENT', 'D07'],
    ['id_card_back', 'D01'],
    ['ＩＤ　ｃａｒｄ', 'D01'],
  ])('the caption "%s" names %s', (caption, code) => {
    expect(matchItem(house, caption, 'IMG_2034.jpg')).toEqual(one(code));
  });

  test('without words in the caption the file name decides', () => {
    expect(matchItem(house, '麻烦看一下', '不动产证.pdf')).toEqual(one('D21'));
    expect(matchItem(house, '', '2026年银行流水.PDF')).toEqual(one('D07'));
  });

  test('the caption goes before the file name', () => {
    expect(matchItem(house, '户口本', '身份证.jpg')).toEqual(one('D05'));
  });

  test('a word inside a longer one of another item does not count', () => {
    expect(matchItem(business, '法人身份证', '')).toEqual(one('D43'));
    expect(matchItem(business, '对公流水', '')).toEqual(one('D46'));
    expect(matchItem(business, '企业征信', '')).toEqual(one('D51'));
    expect(matchItem(business, '流水', '')).toEqual(one('D07'));
  });

  test('words of two items side by side are not guessed between', () => {
    expect(matchItem(house, '身份证和银行卡', '')).toEqual({ kind: 'several', codes: ['D01', 'D06'] });
    expect(matchItem(business, '身份证、法人身份证', '')).toEqual({ kind: 'several', codes: ['D01', 'D43'] });
  });

  test.each(['', '你好', 'IMG_2034', 'video', 'tidy card', '发给你了', '🙂'])('"%s" names nothing', (caption) => {
    expect(matchItem(house, caption, 'IMG_2034.jpg')).toEqual({ kind: 'none' });
  });

  test('an item of another product is not named', () => {
    expect(matchItem(checklistOf(['D01', 'D07']), '行驶证', '')).toEqual({ kind: 'none' });
  });

  test('a very long text is read no further than its beginning', () => {
    expect(matchItem(house, `${'啊'.repeat(2_000)}身份证`, '')).toEqual({ kind: 'none' });
  });

  test.each(['身份证反面', '国徽面', '流水第2页', '第 12 页', '第二页', '续页', 'ID card back', 'page 3'])(
    '"%s" goes on with the file before',
    (caption) => {
      expect(saysContinued(caption, '')).toBe(true);
    },
  );

  test.each(['身份证正面', '流水第1页', '第一页', '新的流水', 'feedback', 'homepage 3d'])(
    '"%s" begins anew',
    (caption) => {
      expect(saysContinued(caption, '')).toBe(false);
    },
  );

  test('a K-number is found in what was written with a file', () => {
    expect(numberIn('K305 身份证')).toBe('K305');
    expect(numberIn('身份证，k305。')).toBe('k305');
    expect(numberIn('Ｋ３０５')).toBe('K305');
    expect(numberIn('BK305 和 K305a')).toBeUndefined();
    expect(numberIn('身份证')).toBeUndefined();
  });
});

describe('the standard checklists', () => {
  const FAMILIES: readonly ProductFamily[] = ['credit', 'house', 'car', 'business'];

  test('begin with the common items and hold each item once', () => {
    for (const family of FAMILIES) {
      const codes = standardChecklist(family).map((item) => item.code);
      expect(codes.slice(0, 9)).toEqual(['D01', 'D02', 'D03', 'D04', 'D05', 'D06', 'D07', 'D08', 'D09']);
      expect(new Set(codes).size).toBe(codes.length);
    }
  });

  test('have a name for every item in both languages', () => {
    const texts = loadTexts('locales');
    for (const language of LANGUAGES) {
      const named = texts
        .keys(language)
        .filter((key) => key.startsWith('documents.item.'))
        .map((key) => key.slice('documents.item.'.length));
      expect(named.sort()).toEqual([...STANDARD_ITEMS].sort());
    }
  });

  test('each item is found by its own first word among all of its family', () => {
    for (const family of FAMILIES) {
      for (const item of standardChecklist(family))
        expect(matchItem(standardChecklist(family), item.words[0] ?? '', ''), `${family} ${item.code}`).toEqual(
          one(item.code),
        );
    }
  });

  test('a checklist of one’s own takes codes, "?" makes an item optional', () => {
    expect(checklistOf(['D07', 'D06?', 'D01']).map((item) => [item.code, item.isRequired])).toEqual([
      ['D07', true],
      ['D06', false],
      ['D01', true],
    ]);
    expect(() => checklistOf(['D99'])).toThrow('no standard document item D99');
  });
});
