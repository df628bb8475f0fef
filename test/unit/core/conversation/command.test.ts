import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseCommand, parseCorrection, parseLookUp, parseShortId } from '../../../../src/core/conversation/index.ts';
import { LANGUAGES, loadTexts } from '../../../../src/lib/i18n.ts';

describe('a command', () => {
  test.each([
    ['客户 13800006612', 'customer', '13800006612'],
    ['客户 138 0000 6612', 'customer', '138 0000 6612'],
    ['客户：何女士', 'customer', '何女士'],
    ['客户K305', 'customer', 'K305'],
    ['/customer K305', 'customer', 'K305'],
    ['查一下客户张三', 'customer', '张三'],
    ['customer Mr Wang', 'customer', 'Mr Wang'],
    ['customer Wang', 'customer', 'Wang'],
    ['customer John Smith', 'customer', 'John Smith'],
    ['Customer 何女士', 'customer', '何女士'],
    ['customer 1111', 'customer', '1111'],
    ['客户 Mr Wang', 'customer', 'Mr Wang'],
    ['repayment Mr Wang', 'repayment', 'Mr Wang'],
    ['submit', 'submit', ''],
    ['查 K305', 'customer', 'K305'],
    ['我的客户', 'my-customers', ''],
    ['my customers', 'my-customers', ''],
    ['My clients', 'my-customers', ''],
    ['my tasks', 'tasks', ''],
    ['my to-dos', 'tasks', ''],
    ['to do', 'tasks', ''],
    ['my approvals', 'approvals', ''],
    ['晚点再说', 'cancel', 'later'],
    ['明天再说吧', 'cancel', 'later'],
    ['睡了', 'cancel', 'later'],
    ['我先睡了~', 'cancel', 'later'],
    ['later', 'cancel', 'later'],
    ['not now', 'cancel', 'later'],
    ['Maybe later.', 'cancel', 'later'],
    ['later, please', 'cancel', 'later'],
    ['I’m busy', 'cancel', 'busy'],
    ['在忙', 'cancel', 'busy'],
    ['现在没空啊', 'cancel', 'busy'],
    ['在开会', 'cancel', 'busy'],
    ['/customers', 'my-customers', ''],
    ['待办', 'tasks', ''],
    ['审批', 'approvals', ''],
    ['/approvals', 'approvals', ''],
    ['approvals', 'approvals', ''],
    ['Tasks', 'tasks', ''],
    ['customers', 'my-customers', ''],
    ['还款 张三', 'repayment', '张三'],
    ['还款13800006612', 'repayment', '13800006612'],
    ['先查一下张三的还款计划', 'repayment', '张三'],
    ['/repayment C9', 'repayment', 'C9'],
    ['帮助', 'help', ''],
    ['提交', 'submit', ''],
    ['提交審批', 'submit', ''],
    ['提交 A1087', 'submit', 'A1087'],
    ['提交 A1087 执照是她自己的 流水明天给', 'submit', 'A1087'],
    ['submit a1087: the licence is her own', 'submit', 'A1087'],
    ['我先看看客户何女士的资料', 'customer', '何女士'],
    ['上传', 'upload', ''],
    ['上传 K305', 'upload', 'K305'],
    ['上传K305', 'upload', 'K305'],
    ['upload K305', 'upload', 'K305'],
    ['继续 K305', 'continue', 'K305'],
    ['取消。', 'cancel', ''],
    ['/cancel', 'cancel', ''],
    ['CANCEL', 'cancel', ''],
    ['跳过', 'skip', ''],
    ['上一步', 'back', ''],
    ['重来', 'restart', ''],
    ['转人工', 'human', ''],
    ['交还', 'hand-back', ''],
    ['交还K305', 'hand-back', 'K305'],
    ['交还 5550001', 'hand-back', '5550001'],
    ['Hand back K305', 'hand-back', 'K305'],
    ['／ｈｅｌｐ', 'help', ''],
    ['语言 English', 'language', 'en'],
    ['语言：英文', 'language', 'en'],
    ['language 中文', 'language', 'zh-CN'],
    ['/language en', 'language', 'en'],
    ['语言', 'language', ''],
    ['语言 法语', 'language', '法语'],
    ['用英文', 'language', 'en'],
    ['請說中文', 'language', 'zh-CN'],
    ['换成英语吧', 'language', 'en'],
    ['Speak English', 'language', 'en'],
    ['please reply in Chinese', 'language', 'zh-CN'],
    ['English, please!', 'language', 'en'],
  ])('%s', (text, name, argument) => {
    expect(parseCommand(text)).toEqual({ name, argument });
  });

  test.each([
    '客户 何女士 13800006612 想贷30万',
    'customer wants 300k',
    'customer Wang wants 300k',
    'customer is a teacher',
    'customer service',
    'my customers are waiting',
    'my task is done',
    'not now but tomorrow',
    '睡了一觉',
    '明天再说一遍',
    'repayment is late',
    'submit documents tomorrow',
    'upload bank statement',
    '客户何女士想贷30万',
    '客户',
    '上传不了怎么办 急',
    '提交 A1087 了吗',
    '提交 A1087 没有',
    '提交 A1087 报错',
    '提交 A1087 要等多久？',
    '看看客户能不能做',
    '我想取消这笔贷款',
    '审批 多久',
    'English',
    '中文',
    '用英文名可以吗',
    '说英语的客户想贷30万',
    'speak to somebody',
    '查询有7次',
    '待办事项有哪些呢',
    '取消\n36期',
    '',
  ])('is not seen in: %s', (text) => {
    expect(parseCommand(text)).toBeUndefined();
  });

  test.each([
    '先等等',
    '先别急',
    '取消',
    '，不对，是A1088',
    '还差流水，先不提交',
    '怎么没反应',
    '被退回是什么原因',
    '之前我再核一下',
  ])('that hands a case in is not seen where a second thought follows the number: %s', (words) =>
    expect(parseCommand(`提交 A1089 ${words}`)).toBeUndefined(),
  );

  test('accepts numbers as people see them', () => {
    expect([parseShortId('k305'), parseShortId(' A1087 '), parseShortId('X1'), parseShortId('305')]).toEqual([
      'K305',
      'A1087',
      undefined,
      undefined,
    ]);
  });
});

describe('a number alone', () => {
  test.each([
    ['K305', 'customer', 'K305'],
    [' c032 ', 'customer', 'C032'],
    ['Ａ１０８７。', 'approvals', 'A1087'],
    ['l0456?', 'repayment', 'L0456'],
    ['借据L0457', 'repayment', 'L0457'],
    ['L0457还多少钱？', 'repayment', 'L0457'],
    ['L0457 还剩多少', 'repayment', 'L0457'],
    ['loan L0456', 'repayment', 'L0456'],
  ])('%s asks for what it names', (text, name, argument) => {
    expect(parseLookUp(text)).toEqual({ name, argument });
    expect(parseCommand(text)).toBeUndefined();
  });

  test.each(['Q77', 'X1', '305', 'A1087 通过了吗', 'L0456 提前还清', 'L0456 还了', 'K305 K306', 'K123456789', ''])(
    'is not seen in: %s',
    (text) => {
      expect(parseLookUp(text)).toBeUndefined();
    },
  );
});

describe('what our own texts tell people to type', () => {
  const texts = loadTexts(path.resolve(import.meta.dirname, '../../../../locales'));
  const all = LANGUAGES.flatMap((language) => Object.entries(texts.messages(language)));

  test('is a command wherever a case is named in it', () => {
    const told = all.flatMap(([, message]) =>
      [...message.matchAll(/[「“]([^」”]+)[」”]/gu)].map(([, words = '']) =>
        words.replaceAll(/\{(?:number|application|handle)\}/gu, 'A1087'),
      ),
    );
    const named = told.filter((words) => /(?<![A-Za-z])[KALC]\d{2,}/u.test(words) && !/流水|statement/u.test(words));
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((words) => parseCommand(words) === undefined)).toEqual([]);
  });

  test('begins with no slash: Slack keeps those for its own commands', () => {
    const chat = all.filter(([key]) => /^(?:flows|conversation|talk|todo|approval|trial)\./u.test(key));
    expect(chat.filter(([, message]) => /(?:^|[\s“「])\/[a-z]+/u.test(message)).map(([key]) => key)).toEqual([]);
  });
});

describe('a correction', () => {
  test.each([
    ['金额改成50万', '金额', '50万'],
    ['不对，是36期，不是24期', '', '36期'],
    ['不对，36期不是24期', '', '36期'],
    ['收入應該是2.1萬，不是1.2萬', '收入', '2.1萬'],
    ['把金额从30万改成50万', '金额', '50万'],
    ['改电话 13800001111', '电话', '13800001111'],
    ['改电话13800001111', '电话', '13800001111'],
    ['用途错了，是装修', '用途', '装修'],
    ['月供改为 7000元', '月供', '7000元'],
    ['改金额', '金额', ''],
    ['电话不对', '电话', ''],
    ['改成50万', '', '50万'],
    ['不对，是40万', '', '40万'],
    ['错了，应该是三十六期', '', '三十六期'],
    ['我说错了，是13800001111', '', '13800001111'],
    ['不是，40万', '', '40万'],
    ['金額改成20萬', '金额', '20萬'],
    ['姓名改成陳先生', '姓名', '陳先生'],
    ['change amount to 500k', 'amount', '500k'],
    ['/set amount 500000', 'amount', '500000'],
  ])('%s', (text, target, value) => {
    expect(parseCorrection(text)).toEqual({ target, value });
  });

  test.each([
    ['不是30万是50万', '30万', '50万'],
    ['不是30万，应该是50万', '30万', '50万'],
    ['他说不是装修是开餐馆', '装修', '开餐馆'],
    ['客户说了，不是装修，是周转', '装修', '周转'],
  ])('may deny what stands there: %s', (text, denied, value) => {
    expect(parseCorrection(text)).toEqual({ target: '', value, denied });
  });

  test.each([
    ['24期改48期', '24期', '48期'],
    ['把16万改成17万', '16万', '17万'],
    ['两年改三年', '两年', '三年'],
    ['20万，改30万', '20万', '30万'],
    ['36期，改成24期', '36期', '24期'],
    ['广州改深圳', '广州', '深圳'],
    ['周转，改装修', '周转', '装修'],
    ['13800001111改13800002222', '13800001111', '13800002222'],
  ])('may put one value for another: %s', (text, denied, value) => {
    expect(parseCorrection(text)).toEqual({ target: '', value, denied, isDenial: true });
  });

  test.each(['没错啊', '没错没错', '没错，是的', '没错，就这样', '没有错', '没填错', '没什么不对', '不错，可以'])(
    'is none where nothing is wrong: %s',
    (text) => {
      expect(parseCorrection(text)).toBeUndefined();
    },
  );

  test.each(['24期改一下', '24期改下', '20万改天再说', '20万改装店面', '整改20万', '16万改17万，24期'])(
    'puts no value for another: %s',
    (text) => {
      expect(parseCorrection(text)).toBeUndefined();
    },
  );

  test.each([
    ['还没办执照', '执照'],
    ['执照还没下来', '执照'],
    ['月供没有了', '月供'],
  ])('may say that there is none: %s', (text, target) => {
    expect(parseCorrection(text)).toEqual({ target, value: '', isGone: true });
  });

  test.each([
    ['收入不是1.2万，是2.1万', '收入', '2.1万'],
    ['期限不是36期是24期', '期限', '24期'],
    ['月供不是5000而是6000', '月供', '6000'],
    ['城市不是广州，是深圳', '城市', '深圳'],
    ['金額不是30萬，是40萬', '金额', '40萬'],
  ])('may be a denial: %s', (text, target, value) => {
    expect(parseCorrection(text)).toEqual({ target, value, isDenial: true });
  });

  test.each([
    ['金额多加5万', '金额', '5万', 'more'],
    ['再加5万', '', '5万', 'more'],
    ['额度再减2万吧', '额度', '2万', 'less'],
    ['期限加12期', '期限', '12期', 'more'],
  ])('may be a difference: %s', (text, target, value, by) => {
    expect(parseCorrection(text)).toEqual({ target, value, by });
  });

  test.each(['房子不是我的，是老婆的', '他不是做生意的，是上班的', '金额不是问题，是利率', '金额加到25万'])(
    'is not seen in: %s',
    (text) => {
      expect(parseCorrection(text)).toBeUndefined();
    },
  );

  test.each(['车还没到', '收入还没到', '工资还没到', '手机没领'])(
    'is not seen where nothing is denied for good: %s',
    (text) => expect(parseCorrection(text)).toBeUndefined(),
  );

  test.each(['新客户 何女士 想贷30万', '36期', '不是', '不对', '不对，我再想想', '不是40万', '我想问一下', '是的'])(
    'is not seen in: %s',
    (text) => {
      expect(parseCorrection(text)).toBeUndefined();
    },
  );
});
