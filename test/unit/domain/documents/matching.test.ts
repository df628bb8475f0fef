import { describe, expect, test } from 'vitest';
import { matchItem, numberIn, saysContinued } from '../../../../src/domain/documents/matching.ts';
import { STANDARD_ITEMS, type ChecklistItem } from '../../../../src/domain/products/index.ts';
import { LANGUAGES, loadTexts } from '../../../../src/lib/i18n.ts';
import { checklistOf } from '../../../support/checklist.ts';

/** The items every product knows with those of its family: 信用贷 D1x, 房抵贷 D2x, 车抵贷 D3x, 经营贷 D4x and D5x. */
const familyOf = (codes: RegExp): readonly ChecklistItem[] =>
  checklistOf(STANDARD_ITEMS.filter((code) => code.startsWith('D0') || codes.test(code)));
const CREDIT = familyOf(/^D1/);
const HOUSE = familyOf(/^D2/);
const CAR = familyOf(/^D3/);
const BUSINESS = familyOf(/^D[45]/);
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
    expect(matchItem(HOUSE, caption, 'IMG_2034.jpg')).toEqual(one(code));
  });

  test('without words in the caption the file name decides', () => {
    expect(matchItem(HOUSE, '麻烦看一下', '不动产证.pdf')).toEqual(one('D21'));
    expect(matchItem(HOUSE, '', '2026年银行流水.PDF')).toEqual(one('D07'));
  });

  test.each(LANGUAGES)('the sandbox’s samples are known by their names, in the page’s language: %s', (language) => {
    const texts = loadTexts('locales');
    const samples = { idFront: 'D01', idBack: 'D01', property: 'D21', licence: 'D41', statement: 'D07' };
    for (const [sample, code] of Object.entries(samples)) {
      const name = texts.translate(language, `sandbox.sample.${sample}`);
      expect(matchItem([...HOUSE, ...BUSINESS], '', name)).toEqual(one(code));
      expect(saysContinued('', name)).toBe(sample === 'idBack');
      if (language === 'en') expect(name).not.toMatch(/\p{Script=Han}/u);
    }
  });

  test('the caption goes before the file name', () => {
    expect(matchItem(HOUSE, '户口本', '身份证.jpg')).toEqual(one('D05'));
  });

  test('a word inside a longer one of another item does not count', () => {
    expect(matchItem(BUSINESS, '法人身份证', '')).toEqual(one('D43'));
    expect(matchItem(BUSINESS, '对公流水', '')).toEqual(one('D46'));
    expect(matchItem(BUSINESS, '企业征信', '')).toEqual(one('D51'));
    expect(matchItem(BUSINESS, '流水', '')).toEqual(one('D07'));
  });

  test('words of two items side by side are not guessed between', () => {
    expect(matchItem(HOUSE, '身份证和银行卡', '')).toEqual({ kind: 'several', codes: ['D01', 'D06'] });
    expect(matchItem(BUSINESS, '身份证、法人身份证', '')).toEqual({ kind: 'several', codes: ['D01', 'D43'] });
  });

  test.each(['', '你好', 'IMG_2034', 'video', 'tidy card', '发给你了', '🙂'])('"%s" names nothing', (caption) => {
    expect(matchItem(HOUSE, caption, 'IMG_2034.jpg')).toEqual({ kind: 'none' });
  });

  test('an item of another product is not named', () => {
    expect(matchItem(checklistOf(['D01', 'D07']), '行驶证', '')).toEqual({ kind: 'none' });
  });

  test('a very long text is read no further than its beginning', () => {
    expect(matchItem(HOUSE, `${'啊'.repeat(2_000)}身份证`, '')).toEqual({ kind: 'none' });
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

describe('the standard items', () => {
  test('have a name each, in both languages', () => {
    const texts = loadTexts('locales');
    for (const language of LANGUAGES) {
      const named = texts
        .keys(language)
        .filter((key) => key.startsWith('documents.item.'))
        .map((key) => key.slice('documents.item.'.length));
      expect(named.sort()).toEqual([...STANDARD_ITEMS].sort());
    }
  });

  test('are found by their own first word among all of a family', () => {
    for (const family of [CREDIT, HOUSE, CAR, BUSINESS])
      for (const item of family) expect(matchItem(family, item.words[0] ?? '', ''), item.code).toEqual(one(item.code));
  });
});
