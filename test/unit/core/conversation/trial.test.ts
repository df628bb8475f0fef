import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTrial, type TrialRequest } from '../../../../src/core/conversation/trial.ts';

const base: TrialRequest = {
  principal: '300000.00',
  n: 36,
  ratePct: '6',
  rateBasis: 'YEAR',
  method: 'EQUAL_INSTALMENT',
};
const flat: TrialRequest = { principal: '12000.00', n: 12, ratePct: '0.8', rateBasis: 'PERIOD', method: 'FLAT' };

describe('a trial in one line', () => {
  test.each<[string, TrialRequest]>([
    ['试算 30万 36期 6% 等额本息', base],
    ['试算30万36期6%等额本息', base],
    ['/trial 300000 36 6% equal', base],
    ['/Trial 300k 3 years 6% a year equal instalments', base],
    ['试算 等额本息 年利率6% 三年 三十万', base],
    ['试算一下 贷款30w 分36期 年化6%', base],
    ['试算：30万，36期，年息6厘', base],
    ['試算 30万 36期 6%'.replace('試', '试'), base],
    ['试算 ３０万 ３６期 ６％', base],
    ['试算 6% 等额本金 30万 3年期', { ...base, method: 'EQUAL_PRINCIPAL' }],
    ['/trial 300000 36 6% equal principal', { ...base, method: 'EQUAL_PRINCIPAL' }],
    [
      '试算 50万 先息后本 1年 年化4.2%',
      { ...base, principal: '500000.00', n: 12, ratePct: '4.2', method: 'INTEREST_ONLY' },
    ],
    [
      '试算 50万 先息后本 12个月 月息8厘',
      { ...base, principal: '500000.00', n: 12, ratePct: '0.8', rateBasis: 'PERIOD', method: 'INTEREST_ONLY' },
    ],
    ['试算 30万 36期 月息1.5分', { ...base, ratePct: '1.5', rateBasis: 'PERIOD' }],
    ['试算 30万 36期 年息1分2', { ...base, ratePct: '10' }],
    [
      '试算 20万 一次还本付息 6个月 10.8%',
      { ...base, principal: '200000.00', n: 6, ratePct: '10.8', method: 'BULLET' },
    ],
    ['试算 12000 12期 等本等息 月费率0.8%', flat],
    ['trial 12000 12 months 0.8%/month flat', flat],
    [
      '试算 12.5万 18期 9.6% 手续费 2000元',
      { ...base, principal: '125000.00', n: 18, ratePct: '9.6', upfrontFee: '2000.00' },
    ],
    ['试算 30万 36期 服务费3% 6%', { ...base, upfrontFeePct: '3' }],
    ['试算 30万 36期 6% 2026-12-01', { ...base, start: '2026-12-01' }],
    ['试算 3.5万 半年 7.2%', { ...base, principal: '35000.00', n: 6, ratePct: '7.2' }],
  ])('%s', (text, request) => {
    expect(parseTrial(text)).toEqual({ kind: 'request', request });
  });
});

describe('what is not clear is asked, not guessed', () => {
  test.each([
    ['试算', ['amount', 'term', 'rate']],
    ['试算 30万 6%', ['term']],
    ['试算 30万 36期', ['rate']],
    ['试算 36期 6%', ['amount']],
    ['试算 30 36期 6%', ['amount_unclear']],
    ['试算 30万 50万 36期 6%', ['amount']],
    ['试算 20亿 36期 6%', ['amount_too_large']],
    ['试算 100万 40年 5%', ['term_too_long']],
    ['试算 12000元 12期 0.8% 等本等息', ['rate_basis']],
    ['试算 30万 36期 6% 气球贷', ['method']],
    ['试算 30万 36期 6% 随借随还', ['method']],
  ])('%s', (text, gaps) => {
    expect(parseTrial(text)).toEqual({ kind: 'unclear', gaps });
  });

  test.each(['我想试算一下', '客户 张三', '30万 36期 6%', 'trials and errors', `试算 ${'1'.repeat(300)}`])(
    '%s is no trial',
    (text) => {
      expect(parseTrial(text)).toBeUndefined();
    },
  );

  test('any text after the word is read without a fault and gives amounts above zero', () => {
    const words = fc.constantFrom(
      '30万',
      '-5万',
      '0',
      '0元',
      '36期',
      '-12期',
      '6%',
      '0.8%',
      '等额本息',
      '等本等息',
      '，',
    );
    const tails = fc.array(fc.oneof({ weight: 5, arbitrary: words }, fc.string({ unit: 'binary', maxLength: 9 })), {
      maxLength: 12,
    });
    let requests = 0;
    fc.assert(
      fc.property(tails, (tail) => {
        const parsed = parseTrial(`试算 ${tail.join(' ')}`);
        if (parsed?.kind !== 'request') return;
        requests += 1;
        expect(Number(parsed.request.principal)).toBeGreaterThan(0);
      }),
      { seed: 20_261_130, numRuns: 2000 },
    );
    expect(requests).toBeGreaterThan(20);
  });
});
