/** What a form says of one thing fits what it says of another: a district lies in its city, a mortgage is on a house. */
import { describe, expect, test } from 'vitest';
import { slotValues } from '../../../../src/core/conversation/index.ts';
import { Talk } from './talk.ts';

const who = '新客户 马女士 13800010010 20万 周转 36期';

function slotsOf(talk: Talk): Readonly<Record<string, unknown>> {
  return talk.top ? slotValues(talk.top) : {};
}

function slotsAfter(...said: readonly string[]): Readonly<Record<string, unknown>> {
  const talk = new Talk();
  for (const text of said) talk.say(text);
  return slotsOf(talk);
}

describe('a district', () => {
  test.each([
    ['广州越秀', '区改成天河', '广州', '天河'],
    ['广州越秀', 'change district to Tianhe', '广州', '天河'],
    ['深圳南山', '区改成越秀', '广州', '越秀'],
    ['北京朝阳', '区改为光明', '深圳', '光明'],
    ['北京', '区改成越秀', '广州', '越秀'],
    ['深圳南山', '区改成北京朝阳', '北京', '朝阳'],
    ['深圳南山', 'change district to Chaoyang, Beijing', '北京', '朝阳'],
    ['北京朝阳', '深圳市福田区', '深圳', '福田'],
    ['北京朝阳', '人在深圳福田', '深圳', '福田'],
    ['北京朝阳', '人在北京海淀', '北京', '海淀'],
    ['北京朝阳', '区改成海淀区吧', '北京', '海淀'],
    ['呼和浩特', '区改成新城区', '呼和浩特', '新城'],
  ])('%s, %s: is in %s %s', (before, text, city, district) => {
    expect(slotsAfter(`${who} ${before}`, text)).toMatchObject({ city, district });
  });

  test.each([
    ['深圳南山', '区改成朝阳', 'conversation.problem.district_city'],
    ['深圳南山', '区改成广州', 'conversation.problem.district'],
    ['深圳南山', 'change district to nowhere', 'conversation.problem.district'],
  ])('%s, %s: is asked about, and nothing changes', (before, text, problem) => {
    const talk = new Talk().say(`${who} ${before}`).say(text);

    expect(talk.said[0]).toBe(problem);
    expect(slotsOf(talk)).toMatchObject({ city: '深圳', district: '南山' });
  });

  test('of another city said in passing is not taken without it', () => {
    expect(slotsAfter(`${who} 北京`, '在福田有套房')).toMatchObject({ city: '北京', house: true });
    expect(slotsAfter(`${who} 北京`, '在福田有套房')).not.toHaveProperty('district');
  });
});

describe('what hangs on a house', () => {
  test('is written behind it, in whatever order the sentence says it', () => {
    expect(slotsAfter(`${who} 深圳 有套房全款`, '房子是按揭的，月供8500')).toMatchObject({
      houseStatus: 'mortgage',
      monthlyPayment: '8500.00',
    });
    expect(slotsAfter(`${who} 深圳 没房`, '房子是按揭的，月供8500')).toMatchObject({
      house: true,
      houseStatus: 'mortgage',
      monthlyPayment: '8500.00',
    });
  });

  test('brings the house along when it is named outright', () => {
    expect(slotsAfter(`${who} 深圳 没房`, '房产状态改成按揭')).toMatchObject({ house: true, houseStatus: 'mortgage' });
  });

  test.each([
    ['没房', '月供8500'],
    ['有套房全款', '月供8500'],
    ['有套房全款', '月供改成8500'],
    ['有套房全款', 'change monthly payment to 8500'],
  ])('%s, %s: is not noted where there is nothing it could hang on, and that is said', (house, text) => {
    const talk = new Talk().say(`${who} 深圳 ${house}`).say(text);

    expect(talk.said).toEqual(['conversation.denied', 'flows.lead-intake.ready']);
    expect(slotsOf(talk)).not.toHaveProperty('monthlyPayment');
  });

  test('is left out of the sentence that denies the house itself', () => {
    expect(slotsAfter(`${who} 深圳 没房 月供6200`)).toMatchObject({ house: false });
    expect(slotsAfter(`${who} 深圳 没房 月供6200`)).not.toHaveProperty('monthlyPayment');
  });
});

describe('a sum that is counted over a time', () => {
  test.each([
    ['年薪30万', 'income', '25000.00'],
    ['一年收入30万', 'income', '25000.00'],
    ['月收入1万2', 'income', '12000.00'],
    ['工资8000每月还房贷3000', 'income', '8000.00'],
    ['salary 300k a year', 'income', '25000.00'],
    ['月流水30万', 'turnover', '3600000.00'],
    ['近6个月流水60万', 'turnover', '1200000.00'],
    ['流水半年30万', 'turnover', '600000.00'],
    ['年流水300万', 'turnover', '3000000.00'],
    ['开了3年 流水500万', 'turnover', '5000000.00'],
  ])('%s: stands as a month’s income or a year’s turnover', (words, name, value) => {
    expect(slotsAfter(`${who} 深圳 ${words}`)).toMatchObject({ [name]: value });
  });

  test.each([
    ['收入改成年薪36万', 'income', '30000.00'],
    ['月收入改成一年36万', 'income', '30000.00'],
    ['年收入改成36万', 'income', '30000.00'],
    ['流水改成每月30万', 'turnover', '3600000.00'],
    ['月流水改成30万', 'turnover', '3600000.00'],
    ['流水改成200万', 'turnover', '2000000.00'],
  ])('%s: a correction as well', (words, name, value) => {
    expect(slotsAfter(`${who} 深圳 月收入2万 年流水100万`, words)).toMatchObject({ [name]: value });
  });

  test('of a day is not guessed at', () => {
    expect(slotsAfter(`${who} 深圳 日流水5000`)).not.toHaveProperty('turnover');
  });
});
