import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { fitsLine } from '../../../../src/channels/wecom/text.ts';
import { approvalCard } from '../../../../src/domain/applications/approval-card.ts';
import { cardFields, type Words } from '../../../../src/domain/applications/card-fields.ts';
import type { Snapshot } from '../../../../src/domain/applications/snapshot.ts';
import { LANGUAGES, loadTexts } from '../../../../src/lib/i18n.ts';

const texts = loadTexts(path.resolve(import.meta.dirname, '../../../../locales'));
const words: Words = {
  say: (key, params = {}) => texts.translate('zh-CN', key, params),
  has: (key) => texts.has('zh-CN', key),
};

const SNAPSHOT: Snapshot = {
  application: 'A1087',
  customer: 'K306',
  customerName: '何**',
  mobile: null,
  product: '信用贷',
  productVersion: 1,
  amount: '300000.00',
  termMonths: 36,
  method: 'EQUAL_INSTALMENT',
  annualRate: '0.072',
  facts: { income: '20000.00', house: true },
  documents: [
    { item: 'D01', version: 1, digest: 'a' },
    { item: 'D01', version: 2, digest: 'b' },
    { item: 'D09', version: 1, digest: 'c' },
  ],
};

function shown(more: Partial<Snapshot>): readonly string[] {
  return cardFields({ ...SNAPSHOT, ...more }, words).map(({ label, value }) => `${label}：${value}`);
}

describe('the fields of an approval card', () => {
  test('are those of the flow, in its order; heading and unknown facts are left out', () => {
    expect(shown({ card: ['application', 'house', 'income', 'debt', 'purpose', 'amount'] })).toEqual([
      '房产：有',
      '月收入：20,000.00 元',
      '金额：300,000.00 元',
    ]);
  });

  test('take a fact that only the process knows under its own name', () => {
    expect(shown({ card: ['branch', 'term'], caseFacts: { branch: '南山' } })).toEqual(['branch：南山', '期限：36 期']);
  });

  test('count documents by item, and against what the product insists on', () => {
    expect(shown({ card: ['documents'], required: ['D01', 'D02', 'D07'] })).toEqual([
      '资料：已收 2 项；必需的 3 项还缺 2 项',
    ]);
    expect(shown({ card: ['documents'], required: ['D01'] })).toEqual(['资料：已收 2 项；必需的 1 项齐了']);
  });

  test('call missing what was still to be brought then, though something had come for it', () => {
    expect(shown({ card: ['documents'], required: ['D01', 'D07'], missing: ['D01', 'D07'] })).toEqual([
      '资料：已收 2 项；必需的 2 项还缺 2 项',
    ]);
    expect(shown({ card: ['documents'], required: ['D01', 'D07'], missing: [] })).toEqual([
      '资料：已收 2 项；必需的 2 项齐了',
    ]);
  });

  test('say what was said before; a long reason is cut, a usual one stands in words', () => {
    const vote = { title: 'flows.loan-approval.first-review', by: '周敏', outcome: 'RETURNED' };
    const [field = ''] = shown({ card: ['earlier'], votes: [{ ...vote, reason: '缺'.repeat(100) }] });
    expect(field.length).toBeLessThan(80);
    expect(shown({ card: ['earlier'], votes: [{ ...vote, reason: 'R21' }] })).toEqual([
      '此前：初审 周敏 退回过：资料不齐或不清晰，已重新提交',
    ]);
  });

  test('say on what a vote was given, where that is not what is asked about now', () => {
    const vote = { title: 'flows.loan-approval.first-review', by: '周敏', outcome: 'APPROVED', reason: null };
    const terms = { amount: '210000.00', termMonths: 12, product: '房抵经营贷' };
    expect(shown({ card: ['earlier'], votes: [{ ...vote, terms }, vote] })).toEqual([
      '此前：初审 周敏 已同意（当时是 210,000.00 元、12 期、房抵经营贷）；初审 周敏 已同意',
    ]);
  });

  test.each(LANGUAGES)('have names in %s that no card cuts', (language) => {
    const names = texts.keys(language).filter((key) => key.startsWith('approval.field.'));
    expect(names).toHaveLength(17);
    expect(names.map((key) => texts.translate(language, key)).filter((name) => !fitsLine(name, 5))).toEqual([]);
  });

  test('say in English what comes every month or year', () => {
    const english: Words = { ...words, say: (key, params = {}) => texts.translate('en', key, params) };
    const facts = { income: '20000.00', monthlyPayment: '6200.00', turnover: '3600000.00' };
    expect(cardFields({ ...SNAPSHOT, facts, card: ['income', 'monthlyPayment', 'turnover', 'rate'] }, english)).toEqual(
      [
        { label: 'Income', value: '¥20,000.00 a month' },
        { label: 'Mortgage', value: '¥6,200.00 a month' },
        { label: 'Turnover', value: '¥3,600,000.00 a year' },
        { label: 'Rate', value: '7.2% a year' },
      ],
    );
  });

  test('never show the state of a house or a car that is not there', () => {
    const facts = { house: false, houseStatus: 'mortgage', monthlyPayment: '6200.00', car: false, carStatus: 'full' };
    expect(shown({ facts, card: ['house', 'monthlyPayment', 'car'] })).toEqual(['房产：没有', '车辆：没有']);
  });

  test('frozen by an older release are the same as they were', () => {
    expect(shown({})).toEqual([
      '金额：300,000.00 元',
      '期限：36 期',
      '还款方式：等额本息',
      '年利率：7.2%',
      '产品：信用贷',
      '资料：已收 2 项',
    ]);
  });
});

describe('the heading of an approval card', () => {
  test.each([
    ['300000.00', 'A1087 300,000.00 元'],
    ['300000.50', 'A1087 300,000.50 元'],
  ])('shows %s to the fen', (amount, title) => {
    const ctx = { say: texts.translate.bind(texts), services: { texts } };
    const card = approvalCard(ctx, 'zh-CN', { ...SNAPSHOT, amount }, { id: 'c', revision: 1, verbs: [] });
    expect(card.title).toBe(title);
  });
});
