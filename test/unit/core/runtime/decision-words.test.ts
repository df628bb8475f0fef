import { describe, expect, test } from 'vitest';
import { readDecisionWords, readTypedDecision } from '../../../../src/core/runtime/decision-words.ts';

describe('the answer to the question after a press', () => {
  test.each(
    [
      ['算了', '算了吧', '點錯了', '点错了', '我点错了。', '按错了 不好意思', '不好意思，点错了', '不了', '不', '先不'],
      ['等等', '等等 我再看看', '等一下', '稍等', '我再看看', '我先看看', '让我再想想', '再想想', '先放着', '不拒绝了'],
      [
        '不退了',
        '别拒绝',
        '误触',
        '撤回',
        '算了，还是让他补流水',
        '我先看看何女士的资料',
        '不急，我先问问小林',
        '手滑了',
      ],
      [
        'never mind',
        'Nevermind',
        'wait',
        'Wait!',
        'hold on',
        'wrong button',
        'sorry, wrong button',
        'oops, my mistake',
      ],
      ['no', 'not yet', "don't", 'let me check first', 'Wait, I pressed the wrong button'],
    ].flat(),
  )('“%s” takes the press back', (words) => {
    expect(readDecisionWords('reject', words)).toEqual({ kind: 'withdrawn' });
  });

  test.each([
    ['1', 'R02'],
    ['４', 'R18'],
    ['７', 'R27'],
    ['2.', 'R05'],
    ['第三个', 'R08'],
  ])('“%s” is the offered reason %s', (words, code) => {
    expect(readDecisionWords('reject', words)).toEqual({ kind: 'offered', code });
  });

  test.each(
    [
      [
        '8',
        '0',
        '12345678',
        '。。。',
        '👍',
        '?',
        '好',
        '好的',
        '通过',
        '同意',
        '拒绝',
        'ok',
        'approve',
        '没问题',
        '谢谢',
      ],
      ['还是通过吧', '我要同意', 'approve it', '我不是要拒绝', '不好意思按错了', '看错了，是另一单', '不着急'],
      ['等我问下小林', '应该是通过', '改成同意', '打错了', '搞混了', '我改主意了', '先不要', '一会再看', '怎么撤回'],
      ['i meant approve', '不是这个客户'],
      ['为什么？', '他征信怎么样？', '流水呢', '这样可以吗', '流水断了两个月，算了', '收到', 'what is missing?', ''],
    ].flat(),
  )('“%s” is no reason', (words) => {
    expect(readDecisionWords('reject', words)).toEqual({ kind: 'unclear' });
  });

  test.each(['老赵', '阿May', '转给王经理吧 他熟这个行业'])('“%s” may be a name', (words) => {
    expect(readDecisionWords('hand_over', words)).toEqual({ kind: 'words' });
  });

  test('who hands over and takes it back in one breath is asked', () => {
    expect(readDecisionWords('hand_over', '转给老赵，还是算了')).toEqual({ kind: 'unclear' });
    expect(readDecisionWords('hand_over', '算了')).toEqual({ kind: 'withdrawn' });
  });

  test('with nothing offered a number is no reason', () => {
    expect(readDecisionWords('return', '2')).toEqual({ kind: 'unclear' });
  });

  test.each(
    [
      ['负债比例偏高', '缺流水', '流水没有', '执照过期了，先不批', '算了一下负债率超过70%', '等客户补齐征信再说明'],
      ['逾期多、负债高、等等', '征信查询 12 次', '补近三个月流水', '看过流水，对不上', '再看看他的流水原件，重新上传'],
      ['不符合准入', '不要挂靠的执照', '不够清楚', 'wait for the statement of March', 'no ID card', 'debt too high'],
      ['取消的订单太多，经营不稳', '撤回过授权', '没有营业执照', '点错行业，应为零售', '我看流水断了'],
      ['未通过人脸核验', '配偶不同意', '没有配偶同意书', '等社保满一年再来', '身份证号填错了', '电话号码打错了'],
    ].flat(),
  )('“%s” is a reason', (words) => {
    expect(readDecisionWords('reject', words)).toEqual({ kind: 'words' });
  });
});

describe('a decision that is typed', () => {
  test.each([
    ['通过', { verb: 'approve' }],
    ['同意。', { verb: 'approve' }],
    ['Approve', { verb: 'approve' }],
    ['退回补件', { verb: 'return' }],
    ['a1087 通过', { verb: 'approve', application: 'A1087' }],
    ['A1087通过', { verb: 'approve', application: 'A1087' }],
    ['通过 A1087', { verb: 'approve', application: 'A1087' }],
    ['approve A1087', { verb: 'approve', application: 'A1087' }],
    ['A1087 不通过 负债高', { verb: 'reject', application: 'A1087' }],
    ['A1087 退回 流水没有', { verb: 'return', application: 'A1087' }],
    ['A1087 拒绝了', { verb: 'reject', application: 'A1087' }],
    ['send it back', { verb: 'return' }],
    ['send it back, the bank statement is missing', { verb: 'return' }],
    ['Please send it back for the payslip', { verb: 'return' }],
    ['A1087 send it back, no payslip', { verb: 'return', application: 'A1087' }],
    ['退回，流水不全', { verb: 'return' }],
    ['请退回，补一下流水', { verb: 'return' }],
    ['reject it, too many debts', { verb: 'reject' }],
    ['approve it', { verb: 'approve' }],
  ])('“%s” is one', (words, typed) => {
    expect(readTypedDecision(words)).toEqual(typed);
  });

  test.each(
    [
      [
        'A1087 通过了吗',
        'A1087 通过没有？',
        '通过率多少',
        '通过微信联系了',
        '同意书怎么发',
        '退回的那个怎么办',
        'A1087',
        '审批',
      ],
      ['客户同意了', 'approved yet?', 'K307 通过', '退回 流水没有'],
      ['send it back?', 'sent it back yesterday', 'return to sender', '退回了，他在补', '客户拒绝，不做了'],
    ].flat(),
  )('“%s” is none', (words) => {
    expect(readTypedDecision(words)).toBeUndefined();
  });
});
