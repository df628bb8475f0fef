/** What staff type to finish a to-do, and to give a customer to a colleague. */
import { describe, expect, test } from 'vitest';
import { parseCommand, parseReassignment } from '../../../../src/core/conversation/index.ts';

describe('a to-do by its number', () => {
  test.each([
    ['完成 12', 'finish', 'T12'],
    ['完成T12', 'finish', 'T12'],
    ['完成待办 12', 'finish', 'T12'],
    ['完成待办12。', 'finish', 'T12'],
    ['办完 t12', 'finish', 'T12'],
    ['完成 Ｔ１２', 'finish', 'T12'],
    ['done 12', 'finish', 'T12'],
    ['/done #12', 'finish', 'T12'],
    ['finish T012', 'finish', 'T12'],
    ['完成 a1087', 'finish', 'A1087'],
    ['重开 12', 'reopen', 'T12'],
    ['reopen T12', 'reopen', 'T12'],
  ])('%s', (text, name, argument) => {
    expect(parseCommand(text)).toEqual({ name, argument });
  });

  test.each([
    '完成',
    '完成了',
    '完成 3 件',
    '完成2单',
    '办完手续了',
    'done',
    'done deal',
    '完成 K305',
    '完成全部',
    '重开一张',
  ])('is not seen in: %s', (text) => {
    expect(parseCommand(text)).toBeUndefined();
  });
});

describe('a customer for a colleague', () => {
  test.each([
    ['转派 K305 给 小林', 'K305', '小林'],
    ['转派何女士给小林吧', '何女士', '小林'],
    ['转派 138 0000 6612 给小林', '138 0000 6612', '小林'],
    ['转派 A1087 给 张伟（一组）', 'A1087', '张伟(一组)'],
    ['转派 K305 小林', 'K305', '小林'],
    ['转派客户 K305 给 我', 'K305', '我'],
    ['把 何女士 转给 小林', '何女士', '小林'],
    ['将客户何女士交给王经理跟进', '何女士', '王经理'],
    ['把K305转派给小林。', 'K305', '小林'],
    ['k305 转给 小林', 'k305', '小林'],
    ['reassign Anna Lee to Lin Da', 'Anna Lee', 'Lin Da'],
    ['please transfer K305 to Lin', 'K305', 'Lin'],
    ['hand K305 over to Lin', 'K305', 'Lin'],
    ['转派 K305', 'K305', ''],
    ['/reassign K305', 'K305', ''],
  ])('%s', (text, customer, colleague) => {
    expect(parseReassignment(text)).toEqual({ customer, colleague });
    expect(parseCommand(text)?.name).toBe('reassign');
  });

  test.each([
    '把钱转给你们了',
    '把首付转给卖家',
    '把资料转给小林',
    '把 A1087 转给 老赵',
    '把她转给小林',
    '把何女士转给谁',
    '转给小林',
    '转派给小林',
    'transfer 300k to my account',
  ])('is not seen in: %s', (text) => {
    expect(parseReassignment(text)).toBeUndefined();
    expect(parseCommand(text)).toBeUndefined();
  });

  test('the word alone asks what is to be said', () => {
    expect(parseCommand('转派')).toEqual({ name: 'reassign', argument: '' });
  });
});
