import { describe, expect, test } from 'vitest';
import { pointsBack, rowSaid, saidOfAll, saidOfNth } from '../../../../src/core/conversation/row-words.ts';

const ROWS = [
  '身份证（正反面）',
  '征信报告（详版）',
  '法人及股东身份证',
  '对公流水（6至12个月）',
  '流水',
  '购房合同',
  '购销合同',
].map((name) => ({ name }));

describe('a row said in words', () => {
  test.each([
    ['身份证正面', 0],
    ['这个是身份证正面', 0],
    ['这张是身份证的反面照片。', 0],
    ['身份证(正反面)', 0],
    ['征信', 1],
    ['這張是身份證', 0],
    ['流水', 4],
    ['购房合同吧', 5],
    ['这是我身份证', 0],
    ['我的流水', 4],
    ['身份证，谢谢', 0],
  ])('%s is row %i', (text, at) => {
    expect(rowSaid(ROWS, text)).toBe(at);
  });

  test.each([
    '合同',
    '及股东',
    '这个不是身份证',
    '身份证晚点给',
    '我老婆的身份证',
    '我的',
    '正面',
    '这个',
    '证',
    '好的',
    '',
    '流水和征信',
  ])('%s is none', (text) => {
    expect(rowSaid(ROWS, text)).toBeUndefined();
  });

  test.each([
    ['都是身份证', 0],
    ['这几张都是流水', 4],
    ['全都是征信报告', 1],
    ['全是身份证', 0],
    ['两张都是身份证', 0],
    ['这2张都是流水', 4],
    ['都是我的身份证', 0],
    ['都是身份证，谢谢', 0],
  ])('%s is row %i, said of all', (text, at) => {
    expect([rowSaid(ROWS, text), saidOfAll(text) !== undefined]).toEqual([at, true]);
  });

  test.each(['是身份证', '都是', '不都是身份证', '第二张都行'])('%s is not said of all', (text) => {
    expect(saidOfAll(text)).toBeUndefined();
  });

  test.each([
    ['It’s my ID card', 0],
    ['this is a bank statement', 1],
    ['they are all bank statements', 1],
    ['They’re all bank statements.', 1],
    ['both are ID cards', 0],
    ['流水', 1],
    ['证明', undefined],
  ])('%s is known by the words people use for the row', (text, at) => {
    const rows = [
      { name: 'Identity card (both sides)', words: '身份证|ID card' },
      { name: '近6个月银行流水', words: '流水|银行流水|bank statement' },
      { name: '对公流水（6至12个月）', words: '对公流水|企业流水' },
    ];

    expect(rowSaid(rows, text)).toBe(at);
  });

  test.each([
    'they are all bank statements',
    'they’re all bank statements',
    'all of them are ID cards',
    'both are ID cards',
  ])('%s is said of all', (text) => {
    expect(saidOfAll(text)).toBeDefined();
  });

  test.each([
    ['两张都是流水', 2],
    ['俩都是流水', 2],
    ['这3张照片都是流水', 3],
    ['五份文件都是征信报告', 5],
    ['both are ID cards', 2],
    ['They’re both ID cards', 2],
    ['both of them are ID cards', 2],
    ['all three are ID cards', 3],
    ['all 4 of these photos are ID cards', 4],
    ['都是流水', undefined],
    ['这几张都是流水', undefined],
    ['all of them are ID cards', undefined],
  ])('%s is said of %s', (text, count) => {
    expect(saidOfAll(text)).toEqual({ count });
  });

  test.each([
    ['上面那张是流水', true],
    ['刚才发的是流水', true],
    ['我发的是流水', true],
    ['这张是流水', false],
    ['流水', false],
    ['照片都是流水', false],
  ])('%s may be said of an earlier file than the one asked about: %s', (text, isSo) => {
    expect(pointsBack(text)).toBe(isSo);
  });

  test.each([
    ['第二张是征信报告', 2, '征信报告'],
    ['第3份文件就是流水', 3, '流水'],
    ['第十张是流水', 10, '流水'],
    ['The second one is a credit report', 2, 'a credit report'],
    ['the first photo’s my ID card', 1, 'my id card'],
  ])('%s is said of the %ith', (text, nth, rest) => {
    expect(saidOfNth(text)).toEqual({ nth, rest });
  });

  test.each(['第二张都行', '第二张', '流水', '这张是流水'])('%s is said of none by its number', (text) => {
    expect(saidOfNth(text)).toBeUndefined();
  });

  test('English names are known without what their brackets explain', () => {
    const rows = [{ name: 'Identity card (both sides)' }, { name: 'Credit report (detailed)' }, { name: 7 }];

    expect(rowSaid(rows, "It's my identity card")).toBe(0);
    expect(rowSaid(rows, 'card')).toBeUndefined();
  });
});
