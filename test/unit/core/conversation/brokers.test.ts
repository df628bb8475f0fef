import { describe, expect, test } from 'vitest';
import { readMessage, slotValues } from '../../../../src/core/conversation/index.ts';
import { isCourtesy, wantsToBorrow } from '../../../../src/core/conversation/understand/index.ts';
import { Talk, TODAY } from './talk.ts';

const FULL = '新客户 何女士 13800006612 20万 周转 36期 深圳 房产：按揭 车产：无';

function slotsOf(talk: Talk): Readonly<Record<string, unknown>> {
  return talk.top ? slotValues(talk.top) : {};
}

describe('what the words beside an amount decide', () => {
  test('an income given as a range leaves the wanted amount alone and is named', () => {
    const talk = new Talk().say('杨六 13811112222 月收入1万5到2万 深圳 20万 周转');

    expect(slotsOf(talk)).toMatchObject({ amount: '200000.00' });
    expect(slotsOf(talk)).not.toHaveProperty('income');
    expect(talk.said[0]).toBe('conversation.several');
  });

  test('in the middle of a form it is named as well', () => {
    const talk = new Talk().say('何女士 13811112222').say('月收入8000到1万 20万 装修');

    expect(slotsOf(talk)).toMatchObject({ amount: '200000.00', purpose: 'renovation' });
    expect(talk.said).toContain('conversation.several');
  });

  test.each(['大概8000-10000吧', '8000到1万', '八千到一万'])(
    '%s: the question for an amount is asked again',
    (range) => {
      const talk = new Talk().say(FULL).say(range);

      expect(talk.said).toEqual(['conversation.which']);
      expect(slotsOf(talk)).not.toHaveProperty('monthlyPayment');
      expect(talk.effects).toContainEqual(
        expect.objectContaining({
          choices: [expect.objectContaining({ value: '8000.00' }), expect.objectContaining({ value: '10000.00' })],
        }),
      );
    },
  );

  test.each([
    ['30万，微粒贷欠3万', { amount: '300000.00', debt: '30000.00' }],
    ['微粒贷借了3万，想借20万', { amount: '200000.00' }],
    ['30万，没有过逾期', { amount: '300000.00' }],
    ['needs 1.5m of which 500k for stock', { amount: '1500000.00' }],
  ])('at the question for the wanted amount %s is the wish, whatever is said beside it', (text, slots) => {
    expect(slotsOf(new Talk().say('新客户 何女士 13800006612 深圳').say(text))).toMatchObject(slots);
  });

  test.each(['借呗2万', '网贷5万，信用卡3万', '自己有20万', '朋友欠我20万', '申请20万没批', '房贷120万 月供6500'])(
    'at the question for the wanted amount %s is none',
    (text) => {
      const talk = new Talk().say('新客户 何女士 13800006612 深圳').say(text);

      expect(slotsOf(talk)).not.toHaveProperty('amount');
      expect(talk.top).toMatchObject({ asked: 'amount' });
    },
  );

  test('a second amount beside the named one is asked about, not dropped', () => {
    const talk = new Talk().say('新客户 何女士 13800006612').say('80万 老婆13811112216 也想贷20万');

    expect(talk.said).toEqual(['conversation.which']);
  });

  test('what is expected of a monthly payment is told with a fitting example', () => {
    const talk = new Talk().say(FULL).say('没概念');

    expect(talk.effects).toContainEqual(
      expect.objectContaining({
        key: 'conversation.problem.money',
        params: expect.objectContaining({ fact: { kind: 'plain', value: 'monthlyPayment' } }),
      }),
    );
  });
});

describe('a correction', () => {
  const OPEN = '新客户 李四 13800006612 20万 周转 24期 深圳 房产：按揭';

  test.each([
    ['金额改成12万 36个月', { amount: '120000.00', term: 36 }],
    ['金额改成40万，没有过逾期', { amount: '400000.00' }],
    ['不是20万是50万，36期', { amount: '500000.00', term: 36 }],
    ['改金额 40万 装修', { amount: '400000.00', purpose: 'renovation' }],
    ['城市改成广州天河', { city: '广州', district: '天河' }],
    ['期限改成3年吧', { term: 36 }],
    ['李四那个金额改成五十五万', { amount: '550000.00' }],
    ['李四这边金额改成55万', { amount: '550000.00' }],
    ['李四那个 金额改成55万', { amount: '550000.00' }],
    ['周转 金额改成55万', { amount: '550000.00' }],
    ['首付那个 金额改成55万', { amount: '550000.00' }],
    ['何记 金额改成55万', { amount: '550000.00' }],
  ])('%s is taken with all it says', (text, slots) => {
    expect(slotsOf(new Talk().say(OPEN).say(text))).toMatchObject(slots);
  });

  test.each(['王五那个金额改成55万', '王五那个 金额改成55万'])('%s is not about this form', (text) => {
    const talk = new Talk().say(OPEN).say(text);

    expect(talk.said[0]).toBe('conversation.other_open');
    expect(slotsOf(talk)).toMatchObject({ amount: '200000.00' });
  });

  test('that also brings another phone asks about the phone', () => {
    const asked = new Talk().say(OPEN).say('城市改成广州，手机13912345678');
    expect(asked.said).toEqual(['conversation.conflict.ask']);
    expect(slotsOf(asked)).toMatchObject({ city: '广州', phone: '13800006612' });
    expect(slotsOf(asked.say('改'))).toMatchObject({ city: '广州', phone: '13912345678' });
    expect(asked.effects).toContainEqual(
      expect.objectContaining({
        kind: 'do',
        operation: 'lead.update',
        input: expect.objectContaining({ facts: expect.objectContaining({ city: '广州', phone: '13912345678' }) }),
      }),
    );

    const kept = new Talk().say(OPEN).say('城市改成广州，手机13912345678').say('保留');
    expect(slotsOf(kept)).toMatchObject({ city: '广州', phone: '13800006612' });
    expect(kept.effects).toContainEqual(expect.objectContaining({ kind: 'do', operation: 'lead.update' }));
  });

  test('the words of a name fill no other field', () => {
    const talk = new Talk().say('新客户 李四 13800006612 20万 开打印店').say('执照名称改成深圳市何记图文');

    expect(slotsOf(talk)).toMatchObject({ licenceName: '深圳市何记图文' });
    expect(slotsOf(talk)).not.toHaveProperty('city');
  });

  test('within a sentence leaves the rest of it', () => {
    const talk = new Talk().say('新客户 李四 13800006612 20万').say('周转 顺便改成31万，有套房在天河 没按揭 36个月');

    expect(slotsOf(talk)).toMatchObject({
      amount: '310000.00',
      purpose: 'turnover',
      term: 36,
      district: '天河',
      houseStatus: 'full',
    });
  });

  test('a phone that was mistyped before is the answer to the question for it', () => {
    const talk = new Talk().say('新客户 李四').say('13512345678  打错了');

    expect(slotsOf(talk)).toMatchObject({ phone: '13512345678' });
  });
});

describe('a new customer in other words', () => {
  test('新增 begins a form of its own, also beside an open one', () => {
    expect(slotsOf(new Talk().say('新增 陈小姐'))).toMatchObject({ name: '陈小姐' });
    expect(slotsOf(new Talk().say(FULL).say('新增 陈小姐'))).toMatchObject({ name: '陈小姐' });
  });
});

describe('a number alone', () => {
  test.each(['K304', 'A1087', 'L0456'])('%s is looked up while a name is asked for', (number) => {
    const talk = new Talk().say('新客户 李四 13800006612 20万 周转 24期 深圳 开打印店');
    expect(talk.top?.asked).toBe('licenceName');
    const found = talk.say(number);

    expect(found.said.some((key) => key.startsWith('flows.staff-lookup.'))).toBe(true);
    expect(slotsOf(found)).not.toHaveProperty('licenceName');
  });
});

describe('a difference', () => {
  test.each([
    ['金额多加5万', { amount: '250000.00' }],
    ['再加5万', { amount: '250000.00' }],
    ['額度減5萬', { amount: '150000.00' }],
    ['期限加12期', { term: 48 }],
  ])('%s is added to what is there', (text, slots) => {
    expect(slotsOf(new Talk().say(FULL).say(text))).toMatchObject(slots);
  });

  test.each(['金额减20万', '金额少100万'])('%s leaves nothing and is refused', (text) => {
    const talk = new Talk().say(FULL).say(text);

    expect(talk.said[0]).toBe('conversation.problem.money_negative');
    expect(slotsOf(talk)).toMatchObject({ amount: '200000.00' });
  });

  test('to an amount nobody has named yet asks for the whole', () => {
    const talk = new Talk().say('新客户 何女士 13800006612').say('金额多加5万');

    expect(talk.said[0]).toBe('conversation.problem.money_difference');
    expect(slotsOf(talk)).not.toHaveProperty('amount');
  });
});

describe('a denial', () => {
  test('puts the right value in its field', () => {
    const talk = new Talk().say(`${FULL} 月收入1.2万 月供6200`).say('收入不是1.2万，是2.1万');

    expect(slotsOf(talk)).toMatchObject({ income: '21000.00', amount: '200000.00' });
  });

  test('behind the right value changes nothing about it', () => {
    expect(slotsOf(new Talk().say(FULL).say('不对，是24期，不是36期'))).toMatchObject({ term: 24 });
  });

  test('that is no value of the field is plain talk', () => {
    const talk = new Talk().say(FULL).say('姓名不是问题，是电话');

    expect(slotsOf(talk)).toMatchObject({ name: '何女士' });
  });
});

describe('a wish to borrow', () => {
  test.each([
    '张三丰要贷款 13811112228',
    '13811112228 想借点钱',
    '手机13811112228 贷40个',
    '這個客戶 13811112228 要貸款',
    '13811112228 办信用贷',
    '13811112228 急用钱',
    '13811112228 wants a loan',
  ])('is heard in: %s', (text) => {
    expect(wantsToBorrow(text)).toBe(true);
    expect(new Talk().say(text).said).toContain('flows.lead-intake.drafted');
  });

  test.each([
    '13811112228 贷款还了吗',
    '13811112228 什么时候放款',
    '13811112228 不想贷了',
    '13811112228 没有贷款',
    '13811112228 要还款',
    '13811112228 已经贷了',
    '13811112228',
  ])('is not heard in: %s', (text) => {
    expect(wantsToBorrow(text)).toBe(false);
    expect(new Talk().say(text).said).not.toContain('flows.lead-intake.drafted');
  });
});

describe('thanks', () => {
  test.each(['谢谢', '好的', '收到', '謝謝', '好的，谢谢！', '辛苦了', '知道了', 'OK', 'thanks'])(
    '%s gets a friendly word when nothing is open',
    (text) => {
      expect(isCourtesy(text)).toBe(true);
      expect(new Talk().say(text).said).toEqual(['conversation.courtesy']);
    },
  );

  test.each(['谢谢，再问一下', '收到钱了', '好的产品有哪些', '没收到'])('%s is no such word', (text) => {
    expect(isCourtesy(text)).toBe(false);
  });

  test('an answer that is offered counts however it is written', () => {
    const talk = new Talk().say(`${FULL} 月供6200`);

    expect(talk.said).toContain('flows.lead-intake.ready');
    expect(talk.say('提交審批').effects).toContainEqual(expect.objectContaining({ operation: 'lead.submit' }));
  });
});

// Each length of time once looked back over the whole text: such a message took as long as this test may take.
test('a long message full of places and lengths of time is read to its end', () => {
  const text = `${'been '.repeat(40)}${' '.repeat(900)}x${'深圳 1年 '.repeat(150)}`.slice(0, 2_000);
  const { facts } = readMessage(text, TODAY).understanding;

  expect(facts.map(({ name }) => name)).toContain('city');
});
