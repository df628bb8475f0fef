/** The newcomer's road as the phones show it. */
import { describe, expect, test } from 'vitest';
import type { ScreenMessage } from '../../../../src/sandbox/emulator.ts';
import type { CastRole } from '../../../../src/sandbox/world/cast.ts';
import type { PhoneView } from '../../../../src/sandbox/world/phones.ts';
import { walkRoad } from '../../../../src/sandbox/world/road.ts';

const AT = new Date('2026-11-30T02:00:00Z');
const DAY = 86_400_000;

function phone(role: CastRole, ...messages: Partial<ScreenMessage>[]): PhoneView {
  return {
    platform: role === 'customer' ? 'telegram' : 'wecom',
    role,
    person: { id: role, name: role },
    messages: messages.map((message, at) => ({ id: String(at), from: 'bot', at: AT, text: '', ...message })),
    toasts: [],
    abilities: { edit: false, remove: false, files: 'all', contact: false, albums: false, text: 1 },
    blocked: false,
  };
}

const card = (text: string): Partial<ScreenMessage> => ({
  card: {
    title: text,
    fields: [
      { label: 'a', value: '1' },
      { label: 'b', value: '2' },
    ],
    selects: [],
    buttons: [],
  },
});
const AGREED = ['谢谢，已记录', 'Thank you, recorded'];
const walked = (...phones: PhoneView[]): string[] =>
  walkRoad(phones, AGREED).flatMap(({ id, done }) => (done ? [id] : []));
const stopped = (...phones: PhoneView[]): string[] =>
  walkRoad(phones, AGREED).flatMap(({ id, stopped: isStopped }) => (isStopped === true ? [id] : []));

describe('the road', () => {
  test('begins with nothing done', () => {
    expect(walked(phone('sales'), phone('customer'))).toEqual([]);
  });

  test('a lead is there when the bot names its K-number after a mobile number was written, in whatever language', () => {
    const typed = { from: 'me' as const, text: '新客户 何女士 138 0000 6612' };
    expect(walked(phone('sales', typed, { text: '已建草稿 K305' }))).toEqual(['lead']);
    expect(walked(phone('sales', typed, { text: 'Draft K305' }))).toEqual(['lead']);
    expect(walked(phone('sales', { from: 'me', text: '客户 K305' }))).toEqual([]);
    expect(walked(phone('sales', { from: 'me', text: '提交' }, { text: '比如「提交 K305」' }))).toEqual([]);
  });

  test('the customer is bound when the bot has recorded the consent, not before', () => {
    const shared = { from: 'me' as const, text: '8613800006612' };
    expect(walked(phone('customer', shared, { text: '授权书' }, { text: '请回「同意」' }))).toEqual([]);
    expect(walked(phone('customer', shared, { text: '授权书' }, { text: '好的，不会保存' }))).toEqual([]);
    expect(walked(phone('customer', shared, { text: '授权书' }, { text: '谢谢，已记录您的同意' }))).toEqual(['bind']);
    expect(walked(phone('customer', shared, { text: 'Thank you, recorded.' }))).toEqual(['bind']);
  });

  test('two files are the documents', () => {
    const file = {
      from: 'me' as const,
      file: { name: 'a.pdf', mime: 'application/pdf', size: 1, bytes: Buffer.from('%') },
    };
    expect(walked(phone('customer', file))).toEqual([]);
    expect(walked(phone('customer', file, file))).toContain('documents');
  });

  test('a case card at the reviewer is the submission, at an approver the first review', () => {
    expect(walked(phone('reviewer', card('贷款审批'))).at(-1)).toBe('submit');
    expect(walked(phone('reviewer', card('贷款审批')), phone('approver', card('终审'))).at(-1)).toBe('review');
  });

  test('a reminder names an amount, days after the loan was made', () => {
    const sales = phone('sales', { text: 'A1087 审批通过，借据 L0456 已建立' });
    const told = (days: number, text: string, id = '7') =>
      phone('customer', { id, text, at: new Date(AT.getTime() + days * DAY) });
    expect(walked(sales, told(0, '应还 3,280.50 元'))).toEqual(['approve']);
    expect(walked(sales, told(27, '资料还差一点'))).toEqual(['approve']);
    expect(walked(sales, told(27, '@daiban_bot 1.00', 'start'))).toEqual(['approve']);
    expect(walked(sales, told(27, '应还 3,280.50 元（第 1 期）'))).toEqual(['approve', 'reminder']);
  });

  test('the examples of the help are no loan', () => {
    expect(walked(phone('approver', { text: '提交：比如「提交 A1087」\n看还款：只发借据号，比如 L0456' }))).toEqual([]);
  });

  test('a step that was skipped is not ticked, whatever came later', () => {
    expect(walked(phone('sales', { text: 'A1087 → L0456' }), phone('reviewer', card('A1087')))).toEqual([
      'submit',
      'approve',
    ]);
  });

  test('a case that was turned down stops the road: nobody has a card to decide', () => {
    const open = card('A1087 贷款审批');
    const buttons = [{ key: 'approve', text: '通过' }];
    const waiting = { card: { ...open.card, buttons } } as Partial<ScreenMessage>;
    expect(stopped(phone('reviewer', waiting))).toEqual([]);
    expect(stopped(phone('reviewer', open), phone('approver', waiting))).toEqual([]);
    expect(stopped(phone('reviewer', open))).toEqual(['review', 'approve']);
    expect(stopped(phone('reviewer', open), phone('approver', open))).toEqual(['approve']);
    expect(stopped(phone('reviewer', open), phone('sales', { text: 'A1087 → L0456' }))).toEqual([]);
  });
});
