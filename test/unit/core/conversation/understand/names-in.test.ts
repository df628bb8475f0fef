import { expect, test } from 'vitest';
import { namesIn } from '../../../../../src/core/conversation/index.ts';

test.each([
  ['何女士老公张建国被执行了', ['何女士', '张建国']],
  ['高女士 高负债', ['高女士']],
  ['担保人陈大文征信花', ['陈大文']],
  ['共借人孙丽未到场', ['孙丽未']], // rather a character too many
  ['儿子李小明名下有房', ['李小明']],
  ['股东王建军失信', ['王建军']],
  ['王总的公司', ['王总']],
  ['他姓吴，全名吴大海', ['吴大海']],
  ['名字叫吴大海的那位', ['吴大海']],
  ['his name is Wang Wei', ['Wang Wei']],
  ['and her full name: Lily Zhang', ['Lily Zhang']],
])('in “%s” the names are found', (words, names) => {
  expect(namesIn(words)).toEqual(names);
});

test.each(
  [
    ['高负债', '流水不够，高负债', '高风险 高收入', '征信查询多', '负债比例偏高', '收入证明不充分', '缺近三个月流水'],
    [
      '营业执照过期',
      '车贷两笔',
      '金额太高',
      '方案不合适',
      '常年欠息',
      '担保人余额不足',
      '配偶征信未提供',
      '老公在外地',
    ],
    ['女儿高三', '股东方面', '花店 冷库', '严查行业', '执照是她自己的 流水明天给', '温饱型 钱不够', '房产评估值不足'],
  ].flat(),
)('in “%s” there is no name', (words) => {
  expect(namesIn(words)).toEqual([]);
});
