import { describe, expect, test } from 'vitest';
import { isAsking, saysSomething } from '../../../../src/core/conversation/small-talk.ts';

describe('words that nobody understood', () => {
  test.each([
    '逾期了会怎样',
    '你们靠谱吗',
    '要准备什么材料',
    '我的顾问是谁',
    '能不能少还点',
    '为什么要征信',
    'what documents do you need',
    'do you charge fees',
    'Hi, can I pay by card',
    "what's the rate",
    'sure?',
  ])('%s asks', (text) => {
    expect(isAsking(text)).toBe(true);
  });

  test.each(['多少都行', '什么都可以', '怎么都行', '随便', '装修', '25号还', 'whatever', 'can', 'I am at work', ''])(
    '%s asks nothing',
    (text) => {
      expect(isAsking(text)).toBe(false);
    },
  );

  test.each(['我上次还的收到没', '25号还', '房东催我', 'no money', '收不到'])('%s tells something', (text) => {
    expect(saysSomething(text)).toBe(true);
  });

  test.each([
    '嗯',
    '嗯嗯嗯',
    '哈哈哈',
    '嘿嘿嘿',
    '呃',
    '。。。',
    '😀😀',
    '666',
    '1',
    '2万5',
    'hmm',
    'haha',
    'lol',
    'k',
    '',
  ])('%s tells nothing', (text) => {
    expect(saysSomething(text)).toBe(false);
  });
});
