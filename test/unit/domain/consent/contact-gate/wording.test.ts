import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { installedPolicySet, parseWording } from '../../../../../src/domain/consent/contact-gate/index.ts';

const { wording } = installedPolicySet();
const TO_DEBTOR = { thirdParty: false, marketing: false };
const TO_OTHERS = { thirdParty: true, marketing: false };
const MARKETING = { thirdParty: false, marketing: true };

function found(text: string, purpose = TO_DEBTOR): string {
  return wording
    .lint(text, purpose)
    .map(({ rule, start, end }) => `${rule} ${text.slice(start, end)}`)
    .join('; ');
}

describe('the word list', () => {
  test.each([
    ['再不还钱就让你坐牢', 'COL-B1 坐牢'],
    ['再不还钱就让你坐 牢', 'COL-B1 坐 牢'],
    ['你这个老*赖', 'COL-B1 老*赖'],
    ['你这个老\u200B赖', 'COL-B1 老\u200B赖'],
    ['你這個老賴', 'COL-B1 老賴'],
    ['傻Ｂ', 'COL-B1 傻Ｂ'],
    ['我们会爆通讯录', 'COL-B1 爆通讯录'],
    ['会影响你孩子上学', 'COL-B1 影响你孩子'],
    ['请先找朋友借了还上', 'COL-B1 找朋友借'],
    ['您好，我是公安局的', 'COL-I1 我是公安'],
    ['这里是法院执行局', 'COL-I1 这里是法院; COL-I1 法院执行局'],
    ['谨防骗子冒充我司人员', ''],
    ['【贷伴】您的借款今日到期，应还10,394.28元，请按时还款，如有困难请联系我们。', ''],
    ['您的借款已逾期5天，欠款将依法报送征信系统，请尽快还款。', ''],
  ])('finds in %j: %s', (text, expected) => {
    expect(found(text)).toBe(expected);
  });

  test.each([
    ['他在我们这里有一笔贷款', 'COL-P4 贷款'],
    ['他欠款了', 'COL-P4 欠款'],
    ['麻烦告诉他准备3万元', 'COL-P4 3万'],
    ['麻烦告诉他准备￥5,000.00', 'COL-P4 ￥5,000.00'],
    ['麻烦告诉他准备５０００块', 'COL-P4 ５０００块'],
    ['麻烦告诉他准备三万五千元', 'COL-P4 三万五千元'],
    ['麻烦告诉他准备5k', 'COL-P4 5k'],
    ['否则他将承担法律责任', 'COL-P4 法律责任'],
    ['请千万转告他万一有空回电4001234567，24小时都行', ''],
    ['请问您有王先生的新号码吗？', ''],
  ])('finds in %j to a third person: %s', (text, expected) => {
    expect(found(text, TO_OTHERS)).toBe(expected);
  });

  test('lets a debtor hear what a third person may not', () => {
    expect(found('您的贷款逾期，欠款5000元')).toBe('');
  });

  test('forbids claims in advertisements only', () => {
    expect(found('低息秒批', MARKETING)).toBe('MK-6 低息; MK-6 秒批');
    expect(found('低息秒批')).toBe('');
  });

  test.each([
    ['新产品，拒收请回复R', true],
    ['新产品，回T退订', true],
    ['新产品，退 订 回 TD', true],
    ['New product. Reply STOP to unsubscribe', true],
    ['新产品上线', false],
  ])('sees in %j whether it tells how to refuse: %s', (text, expected) => {
    expect(wording.hasOptOut(text)).toBe(expected);
  });

  test('points into the text as it was written, whatever the text is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 30 }),
        fc.constantFrom('坐 牢', '老*赖', '欠.款', '５０００元'),
        fc.string({ unit: 'grapheme', maxLength: 30 }),
        (head, bad, tail) => {
          const text = `${head}。${bad}。${tail}`;
          const findings = wording.lint(text, TO_OTHERS);
          expect(findings.some(({ start, end }) => text.slice(start, end) === bad)).toBe(true);
        },
      ),
      { seed: 20_261_121, numRuns: 2000 },
    );
  });

  test('takes time in proportion to the text', () => {
    const long = '坐牢老赖欠款5000元'.repeat(20_000);
    const started = performance.now();
    expect(wording.lint(long, TO_OTHERS).length).toBeGreaterThan(60_000);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('a word list file', () => {
  test.each([
    ['groups: [', 1],
    ['formatVersion: 1\ngroups: []\noptOut: [退订]', 2],
    ['formatVersion: 1\ngroups:\n  - { id: a, rule: COL-B1, applies: any, words: [x] }\noptOut: [退订]', 3],
    ['formatVersion: 1\ngroups:\n  - { id: a, rule: COL-T1, applies: any, words: [坐牢] }\noptOut: [退订]', 3],
  ])('%j is refused with its line', (text, line) => {
    const result = parseWording(text);
    expect(result.ok).toBe(false);
    expect(!result.ok && result.faults[0]?.line).toBe(line);
  });
});
