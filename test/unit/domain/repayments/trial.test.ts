import path from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import { describe, expect, test } from 'vitest';
import { PAINTING, planSvg, renderPlanPicture } from '../../../../src/domain/repayments/picture.ts';
import { runTrial } from '../../../../src/domain/repayments/trial-operations.ts';
import {
  inPercent,
  planTrial,
  trialText,
  type TrialInput,
  type Words,
} from '../../../../src/domain/repayments/trial.ts';
import { ROLES, scopeOf } from '../../../../src/core/operations/actor.ts';
import { businessDate } from '../../../../src/lib/business-date.ts';
import { loadTexts } from '../../../../src/lib/i18n.ts';

const texts = loadTexts(path.resolve(import.meta.dirname, '../../../../locales'));
const chinese: Words = { texts, language: 'zh-CN' };
const english: Words = { texts, language: 'en' };
const today = businessDate('2026-11-30');
const level: TrialInput = { principal: '300000.00', n: 36, ratePct: '6', method: 'EQUAL_INSTALMENT' };
const flat: TrialInput = { principal: '12000.00', n: 12, ratePct: '0.8', rateBasis: 'PERIOD', method: 'FLAT' };

describe('a trial', () => {
  test('of 300 000 over 36 months at 6 percent costs 28 556.92, 6.00 % a year or 6.17 % compounded', () => {
    const plan = planTrial(level, today);

    expect(plan.rows).toHaveLength(36);
    expect(plan.rows[0]).toEqual([1, '2026-12-30', '7626.58', '1500.00', '9126.58', '292373.42']);
    expect(plan.rows.at(-1)).toEqual([36, '2029-11-30', '9081.21', '45.41', '9126.62', '0.00']);
    expect(plan.totals).toEqual({ interest: '28556.92', fee: '0.00', cost: '28556.92', paid: '328556.92' });
    expect([plan.rates.irrX12, plan.rates.effective].map((rate) => inPercent(rate ?? ''))).toEqual(['6.00', '6.17']);
  });

  test('of a flat fee of 0.8 % a month costs 17.27 % a year, as the reference says', () => {
    const { rates } = planTrial({ ...flat, start: '2026-01-15' }, today);

    expect(rates).toEqual({ irrX12: '0.17270840', effective: '0.18705726' });
  });

  test('counts a fee kept back at disbursement into the yearly cost, in yuan or in percent', () => {
    const terms: TrialInput = {
      principal: '120000.00',
      n: 12,
      ratePct: '7.2',
      method: 'EQUAL_INSTALMENT',
      start: '2026-01-15',
    };
    const inYuan = planTrial({ ...terms, upfrontFee: '3600.00' }, today);
    const inShare = planTrial({ ...terms, upfrontFeePct: '3' }, today);

    expect(inYuan.rates).toEqual({ irrX12: '0.12958709', effective: '0.13756770' });
    expect(inShare).toEqual(inYuan);
    expect(inYuan.totals).toEqual({ interest: '4731.31', fee: '3600.00', cost: '8331.31', paid: '128331.31' });
  });

  test('takes a monthly rate of 0.8 % as 9.6 % a year on what is still owed', () => {
    const monthly = planTrial({ ...level, ratePct: '0.8', rateBasis: 'PERIOD' }, today);

    expect(monthly.rows).toEqual(planTrial({ ...level, ratePct: '9.6' }, today).rows);
  });

  test('of one payment after six months has IRR×2, after seven only the rate by days', () => {
    const bullet: TrialInput = { principal: '200000', n: 6, ratePct: '10.8', method: 'BULLET' };

    expect(planTrial(bullet, today).rates.irrX12).toBe('0.10800000');
    expect(planTrial({ ...bullet, n: 7 }, today).rates.irrX12).toBeNull();
    expect(planTrial({ ...bullet, n: 7 }, today).rows).toEqual([
      [1, '2027-06-30', '200000.00', '12600.00', '212600.00', '0.00'],
    ]);
  });

  test('whose fee eats the loan is refused', () => {
    expect(() => planTrial({ ...level, upfrontFeePct: '100' }, today)).toThrow('request.invalid');
  });
});

describe('the text', () => {
  test('names the terms, the payments, the whole cost and both rates, and promises nothing', () => {
    expect(trialText(planTrial(level, today), chinese).split('\n')).toEqual([
      '还款试算',
      '300,000.00 元 · 36 个月 · 等额本息 · 年利率 6%',
      '每期还款 9,126.58 元，首期 2026-12-30；末期 9,126.62 元，2029-11-30',
      '利息合计 28,556.92 元，还款总额 328,556.92 元',
      '年化成本（含费用）：IRR×12 6.00%，实际年利率（复利）6.17%',
      '仅为试算，不代表审批结果；能否放款、额度、利率和费用以审批和合同为准。',
    ]);
  });

  test('of a flat fee says that twelve times the monthly fee is not the annual rate', () => {
    const text = trialText(planTrial(flat, today), chinese);

    expect(text).toContain('单月费率×12（9.6%）不是年利率');
    expect(text).toContain('17.27%');
    expect(trialText(planTrial(level, today), chinese)).not.toContain('不是年利率');
  });

  test('says the same in English', () => {
    const text = trialText(planTrial({ ...flat, upfrontFee: '240' }, today), english);

    expect(text).toContain('Interest ¥1,152.00 + fee ¥240.00 = cost ¥1,392.00');
    expect(text).toMatch(/twelve times the monthly fee \(9\.6%\) is not the annual rate/);
    expect(text).toMatch(/not an approval/);
    expect(text).not.toMatch(/[\u4e00-\u9fff]/);
  });
});

describe('the picture', () => {
  test('shows terms, figures, the first six rows, the last and the sums', async () => {
    const svg = await planSvg(planTrial({ ...level, upfrontFee: '3000' }, today), chinese);
    const shown = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]);

    for (const text of [
      '还款试算',
      '300,000.00 元 · 36 个月 · 等额本息 · 年利率 6% · 2026-11-30 起息 · 放款时另收 3,000.00 元',
      '9,126.58',
      '31,556.92',
      '6.68%',
      '本金',
      '利息',
      '2027-05-30',
      '…… 中间 29 期从略 ……',
      '2029-11-30',
      '328,556.92',
    ]) {
      expect(shown).toContain(text);
    }
    expect(shown).not.toContain('2027-06-30');
  });

  test('is a PNG 1200 pixels wide on which Chinese is painted with the packaged font', async () => {
    const plan = planTrial(level, today);
    const png = await renderPlanPicture(plan, chinese);

    expect([...png.subarray(1, 4)].map((byte) => String.fromCodePoint(byte)).join('')).toBe('PNG');
    expect(png.readUInt32BE(16)).toBe(1200);
    // The title alone: 4 characters of 40 px leave ink, and another ink than 4 boxes of a missing glyph would.
    const title = (text: string): number =>
      ink(
        `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="60" font-family="Noto Sans SC"><text y="45" font-size="40">${text}</text></svg>`,
      );
    expect(title('还款试算')).toBeGreaterThan(1000);
    expect(title('还款试算')).not.toBe(title('\u{e000}\u{e000}\u{e000}\u{e000}'));
  });

  test('of 360 instalments and of one is drawn too, in English without a Chinese character', async () => {
    const long = await planSvg(
      planTrial({ ...level, principal: '1000000000', n: 360, method: 'EQUAL_PRINCIPAL' }, today),
      english,
    );
    const once = await planSvg(planTrial({ ...level, n: 6, method: 'BULLET' }, today), english);

    expect(long).toContain('1,000,000,000.00');
    expect(long).toContain('353 instalments in between');
    expect(once).not.toContain('in between');
    expect(long + once).not.toMatch(/[\u4e00-\u9fff]/);
  });
});

function ink(svg: string): number {
  const { pixels } = new Resvg(svg, PAINTING).render();
  let dark = 0;
  for (let i = 0; i < pixels.length; i += 4) if ((pixels[i] ?? 255) < 128) dark += 1;
  return dark;
}

test('every role and the customer may ask for a trial, and it is not audited', () => {
  for (const role of ROLES)
    expect(scopeOf({ kind: 'TOKEN', id: 't', roles: [role], language: 'en' }, runTrial.access)).toBe('all');
  expect(scopeOf({ kind: 'CUSTOMER', id: 'c', identityId: 'i', language: 'en' }, runTrial.access)).toBe('self');
  expect(scopeOf({ kind: 'STRANGER', id: 's', language: 'en' }, runTrial.access)).toBeUndefined();
  expect([runTrial.isRead, runTrial.isAudited]).toEqual([true, false]);
});
