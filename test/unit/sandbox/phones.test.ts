/** What a phone's owner does that its platform's client treats in a way of its own, and money that comes in. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Playground, sendWecom, startPlayground } from './server-support.ts';

let place: Playground;
beforeAll(async () => {
  place = await startPlayground();
});
afterAll(async () => place.close());

describe('a phone', () => {
  test('a slash on the Slack phone is a command: ours reaches the product as one, any other is unknown to Slack', async () => {
    const phone = '/sandbox/api/phones/slack/U0QIAN001/say';
    const [known, unknown] = [
      await place.call('POST', phone, { text: '/daiban  approvals ' }),
      await place.call('POST', phone, { text: '/approvals' }, { 'accept-language': 'en' }),
    ];
    const sent = place.delivered.map(({ body }) => new URLSearchParams(body)).filter((body) => body.has('command'));

    expect([known.status, unknown.status, unknown.json.code]).toEqual([200, 409, 'sandbox.no_command']);
    expect(unknown.json.detail).toContain('/approvals');
    expect(sent.map((body) => [body.get('command'), body.get('text'), body.get('user_id')])).toEqual([
      ['/daiban', 'approvals', 'U0QIAN001'],
    ]);
    expect(known.json.messages.filter(({ text }: { text: string }) => text.startsWith('/'))).toEqual([]);
  });

  test('a payment is offered for the loans that phones name, recorded with two decimals, and refused when the product refuses', async () => {
    const recorded: string[][] = [];
    const bank = await startPlayground({
      payments: {
        look: (loan) => Promise.resolve({ open: { loan, instalment: 1, dueOn: '2026-12-30', amount: '3280.50' } }),
        undo: () => Promise.resolve(false),
        record: (...payment) => {
          recorded.push(payment);
          return Promise.resolve(payment[1] !== '0.00');
        },
      },
    });
    await sendWecom(bank, { touser: 'xiaolin', msgtype: 'text', text: { content: '借据 L0456 已建立' } });
    const open = await bank.call('GET', '/sandbox/api/payments');
    const [paid, nothing, wrong] = [
      await bank.call('POST', '/sandbox/api/payments', { loan: 'L0456', amount: '3280.5' }),
      await bank.call('POST', '/sandbox/api/payments', { loan: 'L0456', amount: '0' }),
      await bank.call('POST', '/sandbox/api/payments', { loan: 'L0456', amount: 'viel' }),
    ];
    await bank.close();

    expect(open.json.open).toEqual([{ loan: 'L0456', instalment: 1, dueOn: '2026-12-30', amount: '3280.50' }]);
    expect([paid.status, nothing.json.code, wrong.json.code]).toEqual([
      200,
      'sandbox.payment_refused',
      'sandbox.invalid',
    ]);
    expect(recorded).toEqual([
      ['L0456', '3280.50'],
      ['L0456', '0.00'],
    ]);
  });

  test('the last payment of a loan is offered to be undone with what that changes; undone once, then refused', async () => {
    const last = {
      loan: 'L0456',
      payment: 'sandbox-1',
      paidOn: '2026-12-28',
      amount: '3280.50',
      changes: [{ instalment: 1, dueOn: '2026-12-30', open: '0.00', reopened: '3280.50' }],
      credit: '0.00',
    };
    const undone: string[][] = [];
    const bank = await startPlayground({
      payments: {
        look: () => Promise.resolve({ last }),
        record: () => Promise.resolve(true),
        undo: (...payment) => Promise.resolve(undone.push(payment) === 1),
      },
    });
    await sendWecom(bank, { touser: 'xiaolin', msgtype: 'text', text: { content: '借据 L0456 已建立' } });
    const books = await bank.call('GET', '/sandbox/api/payments');
    const undo = async (fields: object) =>
      bank.call('POST', '/sandbox/api/payments/undo', { loan: 'L0456', payment: 'sandbox-1', ...fields });
    const [first, second, silent] = [
      await undo({ reason: ' 登记有误 ' }),
      await undo({ reason: '登记有误' }),
      await undo({ reason: ' ' }),
    ];
    await bank.close();

    expect(books.json).toEqual({ open: [], last: [last] });
    expect([first.status, second.json.code, silent.json.code]).toEqual([
      200,
      'sandbox.undo_refused',
      'sandbox.invalid',
    ]);
    expect(undone[0]).toEqual(['L0456', 'sandbox-1', '登记有误']);
  });
});
