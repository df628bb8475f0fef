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
    abilities: { edit: false, remove: false, files: 'all', contact: false, albums: false },
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
const walked = (...phones: PhoneView[]): string[] => walkRoad(phones).flatMap(({ id, done }) => (done ? [id] : []));

describe('the road', () => {
  test('begins with nothing done', () => {
    expect(walked(phone('sales'), phone('customer'))).toEqual([]);
  });

  test('a lead is there when the bot names its K-number, in whatever language', () => {
    expect(walked(phone('sales', { text: '已建草稿 K305' }))).toEqual(['lead']);
    expect(walked(phone('sales', { text: 'Draft K305' }))).toEqual(['lead']);
    expect(walked(phone('sales', { from: 'me', text: '客户 K305' }))).toEqual([]);
  });

  test('the customer is bound after sharing the phone and hearing from the bot twice', () => {
    const shared = { from: 'me' as const, text: '8613800006612' };
    expect(walked(phone('customer', shared, { text: '同意书' }))).toEqual([]);
    expect(walked(phone('customer', shared, { text: '同意书' }, { text: '谢谢' }))).toContain('bind');
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

  test('a reminder counts only days after the loan was made', () => {
    const sales = phone('sales', { text: '审批通过，借据 L0456 已建立' });
    const told = (days: number) => phone('customer', { text: '提醒您', at: new Date(AT.getTime() + days * DAY) });
    expect(walked(sales, told(0)).at(-1)).toBe('approve');
    expect(walked(sales, told(27)).at(-1)).toBe('reminder');
  });

  test('a step that a later one presupposes is done', () => {
    expect(walked(phone('sales', { text: 'L0456' }))).toHaveLength(7);
  });
});
