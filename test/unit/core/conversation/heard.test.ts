import { describe, expect, test } from 'vitest';
import { slotValues } from '../../../../src/core/conversation/index.ts';
import { partCustomers, whoIs } from '../../../../src/core/conversation/understand/index.ts';
import { Talk } from './talk.ts';

const slotsOf = (talk: Talk): Readonly<Record<string, unknown>> => slotValues(talk.top ?? fail());

function fail(): never {
  throw new Error('nothing is open');
}

describe('the sentence that opens a form', () => {
  test.each([
    ['新客户 马女士 1380001001 20万', 'conversation.problem.phone'],
    ['新客户 马女士 12345678901 20万', 'conversation.problem.phone'],
    ['新客户 马女士 电话138****0006 20万', 'conversation.problem.phone_masked'],
    ['新客户 马女士 13800010010 -20万', 'conversation.problem.money_negative'],
    ['新客户 马女士 13800010010 20万 -12期', 'conversation.problem.term_negative'],
    ['新客户 马女士 13800010010 想贷30', 'conversation.problem.money_unit'],
  ])('%s: is told what is wrong with it', (text, problem) => {
    expect(new Talk().say(text).said.slice(0, 2)).toEqual([problem, 'flows.lead-intake.drafted']);
  });

  test('with 30-50万 takes the lower amount and says so', () => {
    const talk = new Talk().say('新客户 马女士 13800010010 想贷30-50万');

    expect(slotsOf(talk)).toMatchObject({ amount: '300000.00' });
    expect(talk.effects).toContainEqual(
      expect.objectContaining({
        key: 'conversation.took_lowest',
        params: expect.objectContaining({ value: expect.objectContaining({ value: '300000.00' }) }),
      }),
    );
  });

  test('with two phones of one person says that it will ask', () => {
    const talk = new Talk().say('新客户 马女士 13800010010 13900010010 20万');

    expect(talk.said).toEqual(['conversation.several', 'flows.lead-intake.drafted', 'flows.lead-intake.ask.phone']);
  });
});

describe('two customers in one message', () => {
  const BOTH = '王先生 13800090002 10万 装修；李女士 13800090003 20万 周转';

  test.each([`新客户 ${BOTH}`, BOTH])('%s: the first one is noted, the second one is named', (text) => {
    const talk = new Talk().say(text);

    expect(slotsOf(talk)).toEqual({ name: '王先生', phone: '13800090002', amount: '100000.00', purpose: 'renovation' });
    expect(talk.effects).toContainEqual(
      expect.objectContaining({
        key: 'conversation.one_at_a_time',
        params: {
          name: { kind: 'plain', value: '李女士 ' },
          phone: { kind: 'slot', type: 'phone', value: '13800090003' },
        },
      }),
    );
  });

  test('in the middle of a form the second one is named as well', () => {
    const talk = new Talk().say('新客户 何女士').say(BOTH).say('改这一位');

    expect(talk.said).toContain('conversation.one_at_a_time');
  });

  test.each([
    ['新客户 王先生 13800090002 10万\n李女士 13800090003 20万', 2],
    ['王先生 13800090002 10万，李女士 13800090003 20万，赵总 13800090004 5万', 3],
    ['陳先生 １３８０００９０００２ 10萬；李女士 13800090003 20萬', 2],
    ['王先生 13800090002，备用 13800090003，10万', 1],
    ['王先生 13800090002 10万；老婆李女士 13800090003 工资8000元', 1],
    ['王先生 13800090002 10万；13800090002 微信同号 20万流水', 1],
    ['王先生 13800090002；10万 装修', 1],
    ['何女士 30万', 1],
  ])('%s: is read as %i', (text, count) => {
    const parts = partCustomers(text);

    expect(parts).toHaveLength(count);
    expect(parts.join('')).toBe(text);
  });

  test('a customer without a name is named by the phone alone', () => {
    expect(whoIs('13800090003 20万')).toEqual({ name: '', phone: '13800090003' });
    expect(whoIs('陳先生 13800090003')).toEqual({ name: '陳先生', phone: '13800090003' });
  });
});

describe('an answer below zero', () => {
  test('is told of the field that was asked for', () => {
    const talk = new Talk().say('新客户 马女士 13800010010 20万 周转 36期 深圳 有套房还在供').say('-5000元');

    expect(talk.said).toEqual(['conversation.problem.money_negative', 'flows.lead-intake.ask.monthlyPayment']);
    expect(talk.effects[0]).toMatchObject({ params: { slot: { key: 'flows.slot.monthlyPayment' } } });
  });
});

describe('不对 and a bare value', () => {
  const FULL = '新客户 马女士 13800010010 20万 周转 36期 深圳';

  test.each([
    ['不对，是40万', 'amount', '400000.00'],
    ['错了，应该是40万', 'amount', '400000.00'],
    ['不是20万，是40万', 'amount', '400000.00'],
    ['哦，不对 24期', 'term', 24],
    ['不是，13900010010', 'phone', '13900010010'],
    ['金額改成40萬', 'amount', '400000.00'],
    ['姓名改成陳先生', 'name', '陳先生'],
    ['不对，是四十萬', 'amount', '400000.00'],
    ['不对，是40万，24期', 'amount', '400000.00'],
    ['不对，是40万，24期', 'term', 24],
    ['36期改24期', 'term', 24],
    ['20万改17万', 'amount', '170000.00'],
    ['20万改17万，24期', 'amount', '170000.00'],
    ['20万改17万，24期', 'term', 24],
    ['金额改成28万，36期改24期', 'amount', '280000.00'],
    ['金额改成28万，36期改24期', 'term', 24],
    ['20万改24期', 'term', 24],
    ['20万改24期', 'amount', '200000.00'],
    ['20万，改30万', 'amount', '300000.00'],
    ['20万，改30万，24期', 'amount', '300000.00'],
    ['20万，改30万，24期', 'term', 24],
    ['36期，改24期', 'term', 24],
    ['深圳改广州', 'city', '广州'],
    ['深圳，改广州吧', 'city', '广州'],
    ['把深圳改成广州', 'city', '广州'],
    ['从深圳改到广州', 'city', '广州'],
    ['城市改广州', 'city', '广州'],
    ['周转改装修', 'purpose', 'renovation'],
    ['周转改成还信用卡', 'purpose', 'refinance'],
    ['马女士改成李女士', 'name', '李女士'],
  ])('%s: changes the %s of the finished card', (text, slot, value) => {
    const talk = new Talk().say(FULL);
    expect(talk.said).toContain('flows.lead-intake.ready');

    expect(slotsOf(talk.say(text))).toMatchObject({ [slot]: value });
  });

  test.each([
    '上海改广州',
    '深圳改善环境',
    '周转改天再说',
    '20万，改天再说',
    '马女士改主意了',
    '公司改名了',
    '马女士改李女士',
  ])('%s: puts no value for another', (text) => {
    expect(slotsOf(new Talk().say(FULL).say(text))).toEqual(slotsOf(new Talk().say(FULL)));
  });

  test.each([
    ['改成24期 40万', { term: 24, amount: '400000.00' }],
    ['还是30万吧', { amount: '300000.00' }],
    ['还是两年吧', { term: 24 }],
    ['打错了，不是二十万是八万', { amount: '80000.00' }],
    ['make it 24 months', { term: 24 }],
    ['make it 300k', { amount: '300000.00' }],
    ['no, make it 24 months', { term: 24 }],
  ])('%s: changes the finished card', (text, slots) => {
    expect(slotsOf(new Talk().say(FULL).say(text))).toMatchObject(slots);
  });

  test.each(['还是30万吗？', '金额改成30万 50万', '还是明天吧', '还是要两套'])('%s: changes nothing', (text) => {
    expect(slotsOf(new Talk().say(FULL).say(text))).toEqual(slotsOf(new Talk().say(FULL)));
  });

  test.each(['贰拾万', '金额 ２０万', '她叫马女士', '20万 36期', 'change term to 36 months'])(
    '%s: stands there already, and that is said',
    (text) => {
      expect(new Talk().say(FULL).say(text).said).toEqual(['conversation.already', 'flows.lead-intake.ready']);
    },
  );

  test.each(['change term to 3 years', '期限改成36期', 'make it 36 months'])(
    '%s: fills what was empty and says so',
    (text) => {
      const talk = new Talk().say('新客户 马女士 13800010010 20万').say(text);

      expect(slotsOf(talk)).toMatchObject({ term: 36 });
      expect(talk.said).toEqual(['conversation.noted', 'flows.lead-intake.ask.purpose']);
    },
  );

  test.each(['还是30万吧', '还是30万'])('%s is the answer where an amount is asked for', (text) => {
    const talk = new Talk().say('新客户 马女士 13800010010 周转 36期 深圳 有套房还在供 月供6200').say(text);

    expect(slotsOf(talk)).toMatchObject({ amount: '300000.00', monthlyPayment: '6200.00' });
  });

  test('changes the amount that is closest in size', () => {
    const talk = new Talk().say(`${FULL} 有套房还在供 月供6200`);

    expect(slotsOf(talk.say('不对，是5200'))).toMatchObject({ monthlyPayment: '5200.00', amount: '200000.00' });
    expect(slotsOf(talk.say('不对，是40万'))).toMatchObject({ monthlyPayment: '5200.00', amount: '400000.00' });
    expect(slotsOf(talk.say('5200改50000'))).toMatchObject({ monthlyPayment: '50000.00', amount: '400000.00' });
  });

  test('without a unit is asked for it; what is no value alone changes nothing', () => {
    expect(new Talk().say(FULL).say('不对，是18').said[0]).toBe('conversation.problem.money_unit');
    expect(slotsOf(new Talk().say(FULL).say('不对，13900010010 是他老婆的'))).toEqual(slotsOf(new Talk().say(FULL)));
  });

  test('in the customer’s form changes the amount, not the question that is open', () => {
    const answers = { 'customer.followLink': { kind: 'bound' }, 'customer.bind': { kind: 'bound' } };
    const talk = new Talk({ audience: 'customer', answers }).feed({ type: 'link', payload: 't' });
    talk.feed({ type: 'choice', visit: talk.top?.visit ?? 0, verb: 'agree' });
    talk.say('15万').say('不对，是18万');

    expect(slotsOf(talk)).toEqual({ amount: '180000.00' });
    expect(talk.said).toEqual(['flows.customer-intake.ask.purpose']);
  });

  test('in traditional characters a form begins and a command is obeyed', () => {
    expect(new Talk().say('新客戶 陳先生').said).toContain('flows.lead-intake.drafted');
    expect(slotsOf(new Talk().say('新客戶 陳先生'))).toEqual({ name: '陳先生' });
    expect(new Talk().say('新客戶 陳先生').say('取消').said).toEqual(new Talk().say('新客户 陈先生').say('取消').said);
  });
});

describe('a field that is taken off the form', () => {
  const FULL = '新客户 马女士 13800010010 20万 周转 36期 深圳 月收入2万 负债5万 有套房还在供 月供6200';

  test.each([
    ['把房产删掉', ['house', 'houseStatus', 'monthlyPayment']],
    ['收入改成没有', ['income']],
    ['负债改成没有', ['debt']],
    ['change debt to none', ['debt']],
    ['remove house', ['house', 'houseStatus', 'monthlyPayment']],
  ])('%s', (text, gone) => {
    const talk = new Talk().say(FULL).say(text);

    expect(talk.said).toEqual(['conversation.emptied', 'flows.lead-intake.ready']);
    for (const name of gone) expect(slotsOf(talk)).not.toHaveProperty(name);
  });
});

describe('two values of a field that is named', () => {
  test.each([
    [
      '新客户 马女士 13800010010 20万 周转 36期 深圳 有套房还在供',
      'amount: 30-50万',
      'flows.lead-intake.ask.monthlyPayment',
    ],
    ['新客户 马女士 13800010010 20万', '金额30-50万', 'flows.lead-intake.ask.purpose'],
    ['新客户 马女士 13800010010 20万 周转 36期 深圳', '金额：30-50万', 'flows.lead-intake.ready'],
    ['新客户 马女士 13800010010 20万 周转 36期 深圳', 'amount 300k-500k', 'flows.lead-intake.ready'],
  ])('%s, %s: that one is told of, and stays', (before, text, next) => {
    const talk = new Talk().say(before).say(text);

    expect(talk.said).toEqual(['conversation.several_kept', next]);
    expect(slotsOf(talk)).toMatchObject({ amount: '200000.00' });
  });
});

describe('one word put for another where nothing is noted yet', () => {
  test('the later one holds in the sentence that opens a form', () => {
    const talk = new Talk().say('新客户 13800007788 吴先生 20万，改30万，周转改装修，广州改深圳');

    expect(slotsOf(talk)).toMatchObject({ amount: '300000.00', purpose: 'renovation', city: '深圳' });
    expect(talk.said).not.toContain('conversation.several');
  });

  test('and as the answer to what is asked', () => {
    const talk = new Talk().say('新客户 13800007788 吴先生 20万');
    expect(talk.top?.asked).toBe('purpose');
    talk.say('周转改装修').say('广州改深圳');

    expect(slotsOf(talk)).toMatchObject({ purpose: 'renovation', city: '深圳' });
  });

  test.each(['马女士改主意了', '公司改名了'])('%s is plain talk', (text) => {
    const talk = new Talk().say('新客户 13800007788 马女士 20万');
    const before = slotsOf(talk);

    expect(slotsOf(talk.say(text))).toEqual(before);
  });
});

describe('in English', () => {
  test.each(['36 months', '36 months, 6200 a month'])('%s is the term, whatever is asked', (text) => {
    expect(slotsOf(new Talk().say('new customer Lily Chen 13512340001 wants 300k').say(text))).toMatchObject({
      term: 36,
    });
  });

  test.each(['I need 300k', 'I want 300k'])('%s is no income, where that is asked for', (text) => {
    const answers = { 'customer.followLink': { kind: 'bound' }, 'customer.bind': { kind: 'bound' } };
    const talk = new Talk({ audience: 'customer', answers }).feed({ type: 'link', payload: 't' });
    talk.feed({ type: 'choice', visit: talk.top?.visit ?? 0, verb: 'agree' });
    talk.say('20万').say('装修').say('深圳').say(text);

    expect(slotsOf(talk)).toEqual({ amount: '300000.00', purpose: 'renovation', city: '深圳' });
  });
});

test.each(['算了', '那就算了吧', 'never mind', 'forget it'])('%s puts a colleague’s form aside', (text) => {
  const talk = new Talk().say('新客户 马女士').say('13800010010').say(text);

  expect(talk.state.parked?.flow).toBe('lead-intake');
  expect(talk.said).toEqual(new Talk().say('新客户 马女士').say('13800010010').say('不填了').said);
});

test('what 重来 asks anew does not come back from the file when something else is looked up', () => {
  const facts = { name: '马女士', phone: '13800010010', amount: '200000.00', term: 36, income: '20000.00' };
  const answers = {
    'lead.review': { kind: 'open', number: 'K305', name: '马**', product: '流水经营贷', fits: true, facts },
  };
  const talk = new Talk({ answers }).say('新客户 马女士 13800010010 20万 周转 36期 深圳').say('重来');
  talk.say('继续 K308').say('客户 K9');

  expect(talk.top?.asked).toBe('amount');
  expect(slotsOf(talk)).toEqual({ name: '马女士', phone: '13800010010', income: '20000.00' });
});

test.each(['有套房在佛山', '在佛山有套房', 'a small flat in Foshan'])(
  'where the house is replaces no city that was answered: %s',
  (text) => {
    const talk = new Talk().say('新客户 马女士 13800010010 20万 周转').say('36期').say('深圳').say(text);

    expect(slotsOf(talk)['city']).toBe('深圳');
  },
);

test.each(['想贷between 200k and 300k', '想弄个二三十万'])(
  'a form that opens with %s takes the lower amount and says so',
  (text) => {
    const talk = new Talk().say(`新客户 马女士 13800010010 ${text}`);

    expect(slotsOf(talk)).toMatchObject({ amount: '200000.00' });
    expect(talk.said[0]).toBe('conversation.took_lowest');
  },
);
