import { describe, expect, test } from 'vitest';
import { parseIntent } from '../../../../src/core/conversation/intent.ts';
import { INTENTS } from '../../../../src/core/flow/definition.ts';

const SAID: Readonly<Record<(typeof INTENTS)[number], readonly string[]>> = {
  paid: [
    '还了',
    '我已经还了',
    '我已经还款了',
    '昨天还了',
    '我还过了',
    '上午转了8773',
    '昨天晚上就转了啊怎么还提醒',
    '我今天早上转过去了',
    '都已经打过去了',
    '钱转了',
    '本期还清了',
    '20号还了',
    '我還了',
    'I have already paid',
    "I've paid",
    'paid',
    'we transferred the money',
  ],
  'settle-early': [
    '我要提前还清',
    '想提前还款',
    '能不能一次性结清',
    'can I pay it off early',
    'I want to settle in full',
  ],
  defer: [
    '这个月能晚几天吗，店里装修',
    '能不能宽限几天',
    '我想延期',
    '这期还不上了',
    '没钱还',
    'can I pay later',
    "I can't pay this month",
  ],
  outcome: [
    '会不会通过啊',
    '能通过吗',
    '能不能批',
    '是否会被拒',
    '通过的概率大吗',
    'will it be approved?',
    'Will I get approved',
  ],
  'withdraw-consent': [
    '撤回授权',
    '我不同意了，撤回授权',
    '我不想授权了，请撤回',
    '我不同意了,请撤回',
    '我要撤回我的同意',
    '把我的授权撤回吧',
    '麻烦取消之前给你们的个人信息授权',
    '我要收回授權',
    '我的同意请撤回',
    'please withdraw my consent',
    'I do not agree any more, please revoke my consent',
    'I want to cancel my data authorisation',
  ],
  complaint: ['我要投诉', '投诉你们', '再这样我去12378投诉', 'I want to complain', 'this is a complaint'],
  'contact-limit': [
    '你们别打给我家里人',
    '不要联系我老婆',
    '不许给我单位打电话',
    '请不要再找我家人',
    "don't call my family",
    'stop contacting my employer',
  ],
  'call-limit': [
    '别再打电话给我',
    '别给我打电话',
    '别给我打电话了',
    '別再打電話給我',
    '以后晚上8点以后不要联系我',
    '请不要在上班时间打电话',
    '别在公司给我打电话',
    '每天最多打一次电话',
    '一个月最多联系我两次',
    '别再联系我',
    '不要再打来了',
    '能不能别老打电话',
    '别打扰我',
    '只能晚上联系我',
    '不想再接到你们的电话',
    'stop contacting me',
    "don't call me at work",
    'Don’t call me',
    "don't call me at the office",
    'do not call after 8pm',
    'please stop calling',
    'no more calls please',
    'only call me once a day',
    '别再发了',
    '别发了',
    '不要再给我发消息了',
    '请不要再给我发短信了',
    'stop sending me messages',
  ],
  'wrong-person': [
    '打错了',
    '发错人了',
    '你们发错人了',
    '你们是不是打错电话了',
    'wrong number',
    'you have the wrong person',
  ],
  'no-advertising': ['不想再收到贷款广告了', '别再给我发营销短信', 'unsubscribe'],
  human: [
    'I want to talk to a human',
    '我要找人工',
    '转人工客服',
    '能不能找个真人聊聊',
    '帮我找一下顾问',
    'let me speak to my adviser',
  ],
};

describe('what a customer wants heard', () => {
  test.each(INTENTS)('%s is known by its words in both languages', (intent) => {
    expect(SAID[intent].filter((text) => parseIntent(text) !== intent)).toEqual([]);
  });

  test.each([
    '还了吗',
    '还了三年房贷',
    '按揭，还了3年',
    '还有几期',
    '还没还',
    '怎么还',
    '月薪两万五',
    '有房，按揭',
    '20万 周转 深圳',
    '流水晚几天给',
    '能不能晚几天放款',
    '同意',
    '没有了',
    '装修',
    '我想贷30万',
    '家里人一起住',
    '联系我',
    '打电话给我',
    '别忘了给我打电话',
    '能不能打电话给我',
    '要不要联系我',
    '别人打电话给我说能贷',
    '别的公司联系我了',
    '能不能联系我老婆',
    '别人联系我公司',
    '特别想你们联系我',
    '不要等批下来才联系我',
    '我只能打电话联系你们',
    "don't hesitate to call me",
    "don't forget to call me",
    "why don't you call me",
    'call me',
    '怎么撤回授权',
    '能不能撤回我的同意',
    '撤回授权吗',
    '撤回授权？',
    '我不想撤回授权',
    '不要取消我的授权',
    '没有撤回过授权',
    '我同意取消之前的申请',
    '我不同意取消',
    '我同意授权，取消之前的申请',
    'how do I withdraw my consent',
    'withdraw my consent?',
    "I don't want to withdraw my consent",
    '会计',
    '发错了',
    '我打错了',
    '打错字了',
    '别发验证码了',
    '不要发给别人',
    'hello',
    'how long does it take',
    '',
  ])('%s is none of it', (text) => {
    expect(parseIntent(text)).toBeUndefined();
  });

  // Where two words could be read in two ways, the time doubles with every repetition: the test would not come to an end.
  test('no two words before a verb make a long message endless', () => {
    const words =
      '我 我们 咱 俺 钱 款 这期 本期 这个月 这个月的 上个月 刚 刚才 今天 今早 昨天 昨晚 前天 早上 上午 中午 下午 晚上 凌晨 周三 上周一 星期天 20号 3日 已 已经 都 早 就 明明 不是 ， ,';
    const pairs = words.split(' ').flatMap((one) => words.split(' ').map((other) => one + other));

    expect(pairs.filter((pair) => parseIntent(pair.repeat(Math.floor(199 / pair.length))) === 'paid')).toEqual([]);
    expect(parseIntent(`我要找人${'聊'.repeat(150)}`)).toBe('human');
    expect(parseIntent('不要'.repeat(99))).toBeUndefined();
    expect(parseIntent('撤回我的'.repeat(10))).toBeUndefined();
    expect(parseIntent('不要打'.repeat(66))).toBeUndefined();
    expect(parseIntent(`别发${'再一直'.repeat(60)}`)).toBeUndefined();
    expect(parseIntent('你们是不是'.repeat(39))).toBeUndefined();
    expect(parseIntent("don't ".repeat(33))).toBeUndefined();
  });
});
