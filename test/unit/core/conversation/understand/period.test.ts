/** What a sum is counted over when it answers the question for a month's income or a year's turnover. */
import { describe, expect, test } from 'vitest';
import { parseAnswer, understandLead } from '../../../../../src/core/conversation/understand/index.ts';
import { businessDate } from '../../../../../src/lib/business-date.ts';

const today = businessDate('2026-11-30');
const answer = (text: string, per: number): unknown => parseAnswer('money', text, today, { per });

describe('an answer to the question for a month’s income', () => {
  test.each([
    ['20万年薪', '16666.67'],
    ['20万，税前年薪', '16666.67'],
    ['税后年薪20万', '16666.67'],
    ['年薪，20万', '16666.67'],
    ['一年少说20万', '16666.67'],
    ['一年到手20万左右', '16666.67'],
    ['一年工资加奖金20万', '16666.67'],
    ['24万的年收入', '20000.00'],
    ['24万（年）', '20000.00'],
    ['24万一年加奖金', '20000.00'],
    ['240k a year including bonus', '20000.00'],
    ['240k a year on average', '20000.00'],
    ['240k a year or so', '20000.00'],
    ['240k a year as a driver', '20000.00'],
    ['240k a year I think', '20000.00'],
    ['240k yearly income', '20000.00'],
    ['240k, per year', '20000.00'],
    ['last year I made 240k', '20000.00'],
    ['去年赚了24万', '20000.00'],
    ['2025年24万', '20000.00'],
    ['半年12万', '20000.00'],
    ['12万半年', '20000.00'],
    ['120k in six months', '20000.00'],
    ['一季度3万', '10000.00'],
    ['60k a quarter', '20000.00'],
    ['三个月6万', '20000.00'],
  ])('%s: is divided by the months it came over', (text, value) => {
    expect(answer(text, 1)).toEqual({ value });
  });

  test.each([
    ['两万一个月', '20000.00'],
    ['平均一个月2万', '20000.00'],
    ['工资加奖金2万', '20000.00'],
    ['20k a month plus bonus', '20000.00'],
    ['工作两年月薪1万', '10000.00'],
    ['刚工作一年8000', '8000.00'],
    ['今年8000', '8000.00'],
    ['8000 a month, 13 months a year', '8000.00'],
  ])('%s: is a month’s as it stands', (text, value) => {
    expect(answer(text, 1)).toEqual({ value });
  });

  test.each([
    '20万，一年',
    '一年下来，能赚20万',
    '按年算20万',
    '一年能存20万',
    '一年四季20万',
    '240k in a good year',
    '25年收入24万',
    '打工三年攒了20万',
    '好的时候一个月3万',
    '去年3万',
    '一天500元',
    '5k a week',
    '除了工资每年还有6万',
    '奖金一年5万',
    '年终奖5万',
  ])('%s: tells no month’s income, and is asked again', (text) => {
    expect(answer(text, 1)).toEqual({ problem: 'money' });
  });
});

describe('an answer to the question for a year’s turnover', () => {
  test.each([
    ['50万一个月', '6000000.00'],
    ['每个月50万以上', '6000000.00'],
    ['50万/月', '6000000.00'],
    ['300k a month or so', '3600000.00'],
    ['about 300k monthly I think', '3600000.00'],
    ['一个季度90万', '3600000.00'],
    ['近半年150万', '3000000.00'],
    ['500万左右一年', '5000000.00'],
    ['5m a year', '5000000.00'],
    ['500万', '5000000.00'],
  ])('%s: is reckoned up to a year', (text, value) => {
    expect(answer(text, 12)).toEqual({ value });
  });

  test.each(['每天1万', '上个月30万', '旺季每月50万', '50万，一个月', '开店半年50万'])(
    '%s: tells no year’s turnover, and is asked again',
    (text) => {
      expect(answer(text, 12)).toEqual({ problem: 'money' });
    },
  );
});

describe('a sum told with its period', () => {
  const hedges = [
    '',
    '大概',
    '能有',
    '税前',
    '不低于',
    '撑死',
    '包吃住',
    '扣完成本',
    '好点有',
    '（税后）',
    '：',
    ' ',
    '连提成带奖金',
  ];
  const whose = ['', '开店', '做生意', '老王', '在厂里', '我们店', '跑车'];
  const tails = ['', '左右', '以上', '，不含奖金', ' 贷20万'];

  function sentences(period: string, nouns: readonly string[], sum: string): readonly string[] {
    return whose.flatMap((who) =>
      hedges.flatMap((hedge) =>
        nouns.flatMap((noun) =>
          tails.flatMap((tail) => [
            `${who}${period}${noun}${hedge}${sum}${tail}`,
            `${who}${period}${hedge === ' ' ? '' : hedge}${noun}${sum}${tail}`,
            `${who}${noun}${hedge}${sum}${period}${tail}`,
          ]),
        ),
      ),
    );
  }

  function wrong(name: string, texts: readonly string[], right: string): readonly string[] {
    return texts.filter((text) => {
      const value = understandLead(text, today).facts.find((fact) => fact.name === name)?.value;
      return value !== undefined && value !== right;
    });
  }

  test.each([
    ['一年', '20000.00'],
    ['每年', '20000.00'],
    ['去年', '20000.00'],
    ['半年', '40000.00'],
    ['每季度', '80000.00'],
  ])('%s: an income of 240,000 is a month’s share of it or left out, however it is put', (period, right) => {
    expect(wrong('income', sentences(period, ['收入', '能挣'], '24万'), right)).toEqual([]);
  });

  test.each([
    ['一个月', '7200000.00'],
    ['每月', '7200000.00'],
    ['三个月', '2400000.00'],
    ['半年', '1200000.00'],
  ])('%s: a turnover of 600,000 is reckoned up to a year or left out, however it is put', (period, right) => {
    expect(wrong('turnover', sentences(period, ['流水', '营业额'], '60万'), right)).toEqual([]);
  });
});
