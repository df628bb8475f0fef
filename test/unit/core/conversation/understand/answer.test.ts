import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  CERTAIN,
  understandLead,
  parseAnswer,
  parseIdentityNumber,
  parsePhone,
  parseReply,
  type AnswerType,
} from '../../../../../src/core/conversation/understand/index.ts';
import { parseChineseNumeral } from '../../../../../src/core/conversation/understand/numerals.ts';
import { businessDate } from '../../../../../src/lib/business-date.ts';
import { formatYuan } from '../../../../../src/lib/money.ts';

const today = businessDate('2026-11-30');

describe('an answer to the question for a month’s income', () => {
  test.each([
    ['今年换工作了，现在8000', '8000.00'],
    ['近一年都是8000', '8000.00'],
    ['去年7月入职，工资8000', '8000.00'],
    ['8000每年涨一点', '8000.00'],
    ['8000，一年13薪', '8000.00'],
    ['一年30万', '25000.00'],
    ['30万一年', '25000.00'],
    ['300k a year', '25000.00'],
    ['8000, and every year a bit more', '8000.00'],
  ])('%s: counts the sum over its own period only', (text, value) => {
    expect(parseAnswer('money', text, today, { per: 1 })).toEqual({ value });
  });
});

test('a down payment that somebody speaks of answers the question for the purpose, and changes no answer', () => {
  const said = '首付要40万，自己有20万';

  expect(parseAnswer('purpose', said, today)).toEqual({ value: 'home' });
  expect(understandLead(said, today).facts.find(({ name }) => name === 'purpose')?.confidence).toBeLessThan(CERTAIN);
});

describe('an answer', () => {
  const right: readonly (readonly [AnswerType, string, string | number | boolean])[] = [
    ['money', '6200', '6200.00'],
    ['money', '6200元', '6200.00'],
    ['money', '30元', '30.00'],
    ['money', '大概六千二', '6200.00'],
    ['money', '30 万', '300000.00'],
    ['money', '30万整', '300000.00'],
    ['money', '30个w', '300000.00'],
    ['money', '三十萬', '300000.00'],
    ['place', '廣州', '广州'],
    ['purpose', '裝修', 'renovation'],
    ['person-name', '陳先生', '陳先生'],
    ['licence-name', '執照叫 何記圖文', '何記圖文'],
    ['consent', '我同意授權', true],
    ['phone', '电话是 138-0000-6612', '13800006612'],
    ['phone', '+86 13800006612', '13800006612'],
    ['person-name', '叫李伟', '李伟'],
    ['person-name', 'Li Wei', 'Li Wei'],
    ['person-name', 'her name is Lily Zhang', 'Lily Zhang'],
    ['person-name', 'my name is John', 'John'],
    ['person-name', 'name is Peter', 'Peter'],
    ['person-name', 'It’s Lily Zhang', 'Lily Zhang'],
    ['person-name', 'The customer is called Will Smith', 'Will Smith'],
    ['person-name', "O'Neil", "O'Neil"],
    ['person-name', '客户叫王芳啊', '王芳'],
    ['person-name', '她的名字是孙琪', '孙琪'],
    ['district', '天河区', '天河'],
    ['district', '深圳南山', '南山'],
    ['district', "Jing'an district", '静安'],
    ['district', '某某县', '某某县'],
    ['person-name', '白云飞', '白云飞'],
    ['person-name', '逄女士', '逄女士'],
    ['person-name', '欧阳建国先生', '欧阳建国先生'],
    ['person-name', '阿依古丽·买买提', '阿依古丽·买买提'],
    ['identity-number', '11010519491231002x', '11010519491231002X'],
    ['place', '深圳市南山区', '深圳'],
    ['place', '南山', '深圳'],
    ['place', '义乌', '金华'],
    ['place', '攀枝花', '攀枝花'],
    ['place', '呼玛县', '呼玛县'],
    ['date', '下周三', '2026-12-09'],
    ['term', '36', 36],
    ['term', '三年', 36],
    ['term', '两年半', 30],
    ['term', '3年吧', 36],
    ['term', '2年了', 24],
    ['term', '那就做10年吧', 120],
    ['term', '客户想要三年', 36],
    ['purpose', '应急', 'turnover'],
    ['purpose', '做生意用', 'business'],
    ['money', '2个亿', '200000000.00'],
    ['money', '300 thousand', '300000.00'],
    ['money', '差不多七千五', '7500.00'],
    ['term', '两年就够', 24],
    ['money', 'half a million', '500000.00'],
    ['money', '30万，没有过逾期', '300000.00'],
    ['money', '20万，没过桥', '200000.00'],
    ['money', '20万，被拒过', '200000.00'],
    ['money', '想借给公司周转20万', '200000.00'],
    ['money', '我自己有20万资金需求', '200000.00'],
    ['money', '150万，其中50万进货', '1500000.00'],
    ['money', 'needs 1.5m of which 500k for stock', '1500000.00'],
    ['money', '1m to the supplier', '1000000.00'],
    ['money', '2m to my company', '2000000.00'],
    ['money', '2m long term', '2000000.00'],
    ['money', '2m from ICBC', '2000000.00'],
    ['money', 'I have a loan of 200k in mind', '200000.00'],
    ['place', '刚毕业在深圳', '深圳'],
    ['place', '老家广州，现在深圳', '深圳'],
    ['purpose', '给孩子在深圳读书用', 'education'],
    ['money', 'two hundred thousand please', '200000.00'],
    ['money', '万儿八千', '10000.00'],
    ['money', '千儿八百块', '1000.00'],
    ['money', '一万八千', '18000.00'],
    ['term', 'two years', 24],
    ['term', '3 yrs', 36],
    ['term', 'about three years', 36],
    ['term', 'I’d like eighteen months please', 18],
    ['term', 'half a year', 6],
    ['term', 'five years max', 60],
    ['term', '24-month', 24],
    ['yes-no', 'yeah I do', true],
    ['yes-no', 'Yes, we bought it in 2019', true],
    ['yes-no', "yep, it's mortgaged", true],
    ['yes-no', '按揭中', true],
    ['yes-no', '有两套，一套全款一套按揭', true],
    ['yes-no', '有，不过还在还房贷', true],
    ['yes-no', '没了', false],
    ['yes-no', 'nope, renting', false],
    ['yes-no', 'No i dont own a home', false],
    ['yes-no', 'i dont', false],
    ['yes-no', 'nope dont own', false],
    ['yes-no', 'i don’t own one yet', false],
    ['yes-no', "nope, I don't have a car", false],
    ['purpose', '经营', 'business'],
    ['purpose', '给店里进点货，进货用', 'business'],
    ['licence-name', '执照叫 何记图文', '何记图文'],
    ['licence-name', '何记图文', '何记图文'],
    ['text', '做美容的', '做美容的'],
    ['integer', '三个', 3],
    ['yes-no', '没有', false],
    ['yes-no', '好的', true],
    ['consent', '我同意', true],
    ['consent', '不同意', false],
  ];
  test.each(right)('to a question for %s: %s', (type, text, value) => {
    expect(parseAnswer(type, text, today)).toEqual({ value });
  });

  const wrong: readonly (readonly [AnswerType, string, string])[] = [
    ['money', '30', 'money_unit'],
    ['money', '30个', 'money_unit'],
    ['money', '-30万', 'money_negative'],
    ['money', '负5000', 'money_negative'],
    ['term', '-12期', 'term_negative'],
    ['money', '很多', 'money'],
    ['money', '20万或者30万', 'money'],
    ['money', '大概8000-10000吧', 'money'],
    ['money', '收入8000到1万', 'money'],
    ['money', '一万出头', 'money'],
    ['phone', '1380000661', 'phone'],
    ['phone', '02088886666', 'phone'],
    ['person-name', '周转', 'person-name'],
    ['person-name', '匿名', 'person-name'],
    ['person-name', 'anonymous', 'person-name'],
    ['person-name', 'please ask me later', 'person-name'],
    ['district', '深圳', 'district'],
    ['person-name', '你说什么呢', 'person-name'],
    ['person-name', '13800006612', 'person-name'],
    ['identity-number', '110105194912310021', 'identity_checksum'],
    ['identity-number', '110105199902300021', 'identity_date'],
    ['identity-number', '1101051949123100', 'identity_length'],
    ['place', '阿巴阿巴', 'place'],
    ['place', '老地方', 'place'],
    ['date', '2月30日', 'date'],
    ['date', '改天', 'date'],
    ['term', '500期', 'term'],
    ['term', '0', 'term'],
    ['term', '开五金店5年', 'term'],
    ['term', '做三年了', 'term'],
    ['term', '房贷还有10年', 'term'],
    ['term', '客户2年了', 'term'],
    ['term', '我要3', 'term'],
    ['term', '想要做'.repeat(60), 'term'],
    ['purpose', '嗯', 'purpose'],
    ['text', '为什么要这个？', 'text'],
    ['consent', '好的', 'consent'],
    ['yes-no', '可能吧', 'yes-no'],
    ['yes-no', '没关系', 'yes-no'],
    ['yes-no', '就这样吧', 'yes-no'],
    ['yes-no', '确认', 'yes-no'],
    ['yes-no', '确定！', 'yes-no'],
    ['yes-no', 'confirm', 'yes-no'],
    ['yes-no', 'i dont know', 'yes-no'],
    ['yes-no', 'i dont have time', 'yes-no'],
    ['yes-no', '没有问题', 'yes-no'],
    ['yes-no', '没填错', 'yes-no'],
    ['yes-no', '没有不对', 'yes-no'],
    ['yes-no', 'everything is right', 'yes-no'],
    ['yes-no', '没听懂', 'yes-no'],
    ['yes-no', '没按揭', 'yes-no'],
    ['yes-no', '有，我老公的', 'yes-no'],
    ['yes-no', '有，不是我的', 'yes-no'],
    ['yes-no', "yes, my parents' flat", 'yes-no'],
    ['yes-no', '房子是租的', 'yes-no'],
    ['term', 'two', 'term'],
    ['term', 'two years ago', 'term'],
    ['term', 'I have worked there for three years', 'term'],
    ['money', '三五万', 'money'],
    ['money', 'between 20k and 30k', 'money'],
    ['money', 'thanks a million', 'money'],
    ['money', '他之前在微粒贷借过5万', 'money'],
    ['money', '申请30万没批', 'money'],
    ['money', 'he borrowed 100k last year', 'money'],
    ['money', '他老婆月入一万，他自己八千', 'money'],
    ['money', '申请20万，被拒过', 'money'],
    ['money', '从银行借出30万', 'money'],
    ['money', '房贷还差80万', 'money'],
    ['money', '有20万贷款在还', 'money'],
    ['money', '自己有20万', 'money'],
    ['money', '朋友欠我20万', 'money'],
    ['money', '信用卡额度5万', 'money'],
    ['money', '500m to the station', 'money'],
    ['place', '我哥在广州', 'place'],
    ['place', '老家广州', 'place'],
    ['place', '广州老家', 'place'],
    ['place', '从小在深圳长大的', 'place'],
    ['district', '老家天河区', 'district'],
    ['purpose', '买车位', 'purpose'],
    ['purpose', '孩子在深圳读书', 'purpose'],
    ['place', '他儿子在北京读书', 'place'],
    ['district', '我妹妹在天河区', 'district'],
    ['term', '半年就还', 'term'],
    ['term', '三年五年都行', 'term'],
    ['money', '', 'money'],
  ];
  test.each(wrong)('that is none to a question for %s: %s', (type, text, problem) => {
    expect(parseAnswer(type, text, today)).toEqual({ problem });
  });

  test.each(['以前月薪2万，现在失业了', '之前2万', 'used to make 20k', 'made 20k until I was laid off'])(
    'to a question for his income is none that he earned once: %s',
    (text) => {
      expect(parseAnswer('money', text, today, { per: 1 })).toEqual({ problem: 'money' });
    },
  );

  test.each(['老公一个月2万，我在家带孩子', 'my husband makes 20k, I stay home'])(
    'to a question for his own income is none that somebody else earns: %s',
    (text) => {
      expect(parseAnswer('money', text, today, { per: 1 })).toEqual({ problem: 'money' });
    },
  );

  test('outside its bounds says which bound', () => {
    expect(parseAnswer('money', '100元', today, { min: '1000.00' })).toEqual({ problem: 'money_min' });
    expect(parseAnswer('money', '9亿', today, { max: '50000000.00' })).toEqual({ problem: 'money_max' });
    expect(parseAnswer('term', '36期', today, { max: 24 })).toEqual({ problem: 'term_max' });
    expect(parseAnswer('money', '1000元', today, { min: '1000.00' })).toEqual({ value: '1000.00' });
  });

  test('a choice is made by its word, by its number, or by a sentence that names just one', () => {
    const options = { full: ['全款'], mortgage: ['按揭', '在供'] };
    const read = (text: string): unknown => parseAnswer('choice', text, today, { options });

    expect([read('按揭'), read('2'), read('房子还在供呢')]).toEqual(
      ['mortgage', 'mortgage', 'mortgage'].map((value) => ({ value })),
    );
    expect([read('不是按揭'), read('全款还是按揭'), read('3')]).toEqual(
      ['choice', 'choice', 'choice'].map((problem) => ({ problem })),
    );
  });

  test('a choice of several clauses is made when all of them say the same; what asks or denies makes none', () => {
    const options = { full: ['没贷款', '红本', 'mortgage-free'], mortgage: ['按揭', 'mortgage'] };
    const read = (text: string): unknown => parseAnswer('choice', text, today, { options });

    expect([read('没贷款，红本在手'), read("yep, it's mortgaged"), read('it is mortgaged')]).toEqual(
      ['full', 'mortgage', 'mortgage'].map((value) => ({ value })),
    );
    expect(
      [
        '按揭也可以吗',
        '红本，不过按揭',
        '按揭，还没还清',
        "it isn't mortgaged",
        'without mortgage',
        "it's mortgage-free",
      ].map(read),
    ).toEqual(Array.from({ length: 6 }, () => ({ problem: 'choice' })));
  });

  test.each([
    [
      'yes',
      [
        '对头',
        '要得',
        '中',
        '得嘞',
        '好嘞',
        '没毛病',
        'yeah I do',
        'Yep',
        'yes, I have',
        'that’s right',
        '没错啊',
        '没错没错',
        '没错，是的',
        '没错，就这样',
        '没错没错，谢谢',
        '对的，谢谢',
        '没有不对',
        'that is correct',
        'yes that is all correct',
        '没有问题',
        '没问题的',
        '好的没问题',
        '全都对',
        '信息没问题',
        'all good thanks',
        '是的没错',
        '都对',
        '都没错',
        '确认无误',
        '是对的',
        '对滴',
        '就这样吧',
        'yep all good',
        'everything is right',
      ],
    ],
    ['no', ['nah', 'no, I don’t', 'we do not', 'no thanks', '不是的']],
    [
      undefined,
      [
        '中午',
        '要得急',
        '成都',
        'yes but not now',
        'yeah right whatever',
        'right now',
        '好的，谢谢',
        '没错，不过金额要改',
        '对，但是不要打电话',
        '这样',
      ],
    ],
  ] as const)('as a short reply is %s', (reply, words) => {
    expect(words.map((word) => parseReply(word))).toEqual(words.map(() => reply));
  });

  test('"好的" is a yes but never a consent', () => {
    expect([parseReply('好的'), parseReply('同意'), parseReply('不同意'), parseReply('同意书发了')]).toEqual([
      'yes',
      'agree',
      'decline',
      undefined,
    ]);
  });
});

describe('identity numbers', () => {
  const vectors = JSON.parse(readFileSync(new URL('identity-vectors.json', import.meta.url), 'utf8')) as {
    readonly valid: readonly string[];
    readonly invalid: readonly string[];
  };

  test.each(vectors.valid)('%s is valid', (number) => {
    expect(parseIdentityNumber(number)).toEqual({ value: number });
  });

  test.each(vectors.invalid)('%s is refused with a reason', (number) => {
    expect(parseIdentityNumber(number)).toHaveProperty('code');
  });
});

const UNITS = ['', '十', '百', '千'];
const DIGITS = '零一二三四五六七八九';

/** The numeral a person would write; the other direction of what is tested. */
function spoken(number: number): string {
  if (number >= 10_000) {
    const rest = number % 10_000;
    return `${spoken(Math.floor(number / 10_000))}万${rest === 0 ? '' : `${rest < 1000 ? '零' : ''}${spoken(rest)}`}`;
  }
  const digits = String(number).split('').map(Number);
  const text = digits
    .map((digit, index) => (digit === 0 ? '零' : `${DIGITS[digit] ?? ''}${UNITS[digits.length - 1 - index] ?? ''}`))
    .join('');
  return text.replaceAll(/零+/gu, '零').replace(/零$/u, '') || '零';
}

describe('numbers', () => {
  test('every Chinese numeral up to a hundred million is read as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99_999_999 }), (number) => {
        expect(parseChineseNumeral(spoken(number))).toBe(number);
      }),
      { seed: 2026, numRuns: 2000 },
    );
  });

  test('an amount is the same however it is written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4999 }), (wan) => {
        const amount = formatYuan(BigInt(wan) * 1_000_000n);
        for (const text of [
          `${wan}万`,
          `${wan}w`,
          `${wan} 万元`,
          `${spoken(wan)}万`,
          `${wan * 10}k`,
          `${wan}0000元`,
          (wan * 10_000).toLocaleString('en') + '元',
        ]) {
          expect([
            text,
            understandLead(`贷${text}`, today).facts.find((fact) => fact.name === 'amount')?.value,
          ]).toEqual([text, amount]);
        }
      }),
      { seed: 2026, numRuns: 300 },
    );
  });

  test('a mobile number is the same with spaces, dashes and a country code', () => {
    for (const text of [
      '13800006612',
      '138 0000 6612',
      '138-0000-6612',
      '+8613800006612',
      '86 13800006612',
      '+86-138-0000-6612',
    ]) {
      expect(understandLead(`电话${text}`, today).facts).toMatchObject([{ name: 'phone', value: '13800006612' }]);
    }
    expect([parsePhone('12800006612'), parsePhone('138000066123')]).toEqual([undefined, undefined]);
  });
});

describe('whatever is typed', () => {
  test('reading never throws, spans lie inside the text, and a name is found at most once', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 200 }),
          fc
            .array(
              fc.constantFrom(
                '贷',
                '30万',
                '月供',
                '138',
                '有房',
                '按揭',
                '，',
                '何女士',
                '深圳',
                '下周三',
                '1',
                '年',
                '不是',
                '客户',
              ),
              { maxLength: 40 },
            )
            .map((parts) => parts.join('')),
        ),
        (text) => {
          const { facts, ambiguous } = understandLead(text, today);
          for (const fact of facts)
            expect(fact.start >= 0 && fact.start < fact.end && fact.end <= text.length).toBe(true);
          const names = [...facts, ...ambiguous].map((item) => item.name);
          expect(new Set(names).size).toBe(names.length);
        },
      ),
      { seed: 2026, numRuns: 800 },
    );
  });

  test.each(['1万', '月供', '身份证1', '138 ', '公司叫', '有辆', '名下', '深圳', '王', '1,111', '不是', ' '])(
    'two thousand characters of "%s" are read in a time that only a pattern which runs away exceeds',
    (piece) => {
      const started = performance.now();
      understandLead(piece.repeat(2000), today);
      expect(performance.now() - started).toBeLessThan(10_000);
    },
  );
});
