/** Who sees which approvals, and what becomes of payments that cannot be right. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../../src/core/operations/actor.ts';
import { refusalOf } from '../../support/product.ts';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const MANAGER: Actor = { kind: 'TOKEN', id: 'erp', roles: ['manager'], language: 'zh-CN' };
const DAY_MS = 86_400_000;
/** Shortly after business time begins. */
const PAID_AT = new Date('2026-11-23T02:00:00Z');
let reviewer: StaffActor;
const loans: string[] = [];

beforeAll(async () => {
  const sales = await company.addStaff('小林', ['sales']);
  reviewer = await company.addStaff('周敏', ['reviewer'], { telegram: '7102' });
  for (const phone of ['13800300001', '13800300002']) {
    const lead = (await company.call(sales, 'lead.capture', {
      facts: { name: '何女士', phone, amount: '100000.00', term: 12 },
    })) as { leadNumber: string };
    await company.call(sales, 'lead.submit', { lead: lead.leadNumber });
  }
  for (const { id, revision } of await approvals(MANAGER))
    await company.call(reviewer, 'approval.decide', { id, revision, verb: 'approve' });
  await company.drain();
  const { rows } = await company.db.pool.query<{ id: string }>('SELECT id FROM loans ORDER BY number');
  loans.push(...rows.map(({ id }) => id));
});

async function approvals(actor: Actor): Promise<readonly { readonly id: string; readonly revision: number }[]> {
  const { items } = (await company.call(actor, 'approval.list', {})) as {
    items: { readonly id: string; readonly revision: number }[];
  };
  return items;
}

const payment = (fields: object): object => ({
  externalId: 'bank-1',
  amount: '500.00',
  paidAt: PAID_AT.toISOString(),
  ...fields,
});

describe('approvals', () => {
  test('are listed to managers, to those who sit on them, and to no token that stands for nobody', async () => {
    const nobody: Actor = { kind: 'TOKEN', id: 'crm', roles: ['sales', 'reviewer'], language: 'zh-CN' };

    expect(await approvals(MANAGER)).toHaveLength(2);
    expect(await approvals(reviewer)).toHaveLength(2);
    expect(await approvals(nobody)).toEqual([]);
  });
});

describe('a payment', () => {
  test('with one external id for two loans at the same moment is booked on one and refused on the other', async () => {
    const paid = await Promise.allSettled(
      loans.map(async (id) => company.call(MANAGER, 'loan.recordPayment', payment({ id, externalId: 'bank-2' }))),
    );

    expect(paid.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(paid.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'payment.external_id_reused' },
    });
    expect(await company.count(`payments WHERE external_id = 'bank-2'`)).toBe(1);
  });

  test('told twice is booked once; with another amount, of another time or for another loan it is refused', async () => {
    const told = payment({ id: loans[0], externalId: 'bank-3', amount: '10.00' });
    const first = await company.call(MANAGER, 'loan.recordPayment', told);

    expect(await company.call(MANAGER, 'loan.recordPayment', told)).toEqual({ ...(first as object), isReplay: true });
    for (const other of [
      { amount: '10.01' },
      { id: loans[1] },
      { paidAt: new Date(PAID_AT.getTime() - DAY_MS).toISOString() },
    ])
      expect(await refusalOf(company.call(MANAGER, 'loan.recordPayment', { ...told, ...other }))).toBe(
        'payment.external_id_reused',
      );
    expect(await company.count(`payments WHERE external_id = 'bank-3'`)).toBe(1);
  });

  test('after the loan is paid off, and what was too much before, is credit: no instalment takes it', async () => {
    const pay = async (externalId: string, amount: string): Promise<unknown> =>
      company.call(MANAGER, 'loan.recordPayment', payment({ id: loans[1], externalId, amount }));

    expect(await pay('bank-4', '200000.00')).toMatchObject({ state: 'SETTLED' });
    expect(await pay('bank-5', '7.00')).toMatchObject({ state: 'SETTLED', allocated: [], credit: '7.00' });
    const { credit, instalments } = (await company.call(MANAGER, 'loan.get', { id: loans[1] })) as {
      credit: string;
      instalments: { total: string; open: string; paidAt: string | null }[];
    };
    const due = instalments.reduce((sum, { total }) => sum + Number(total.replace('.', '')), 0);
    const { rows } = await company.db.pool.query<{ fen: string }>(
      'SELECT sum(amount_fen) AS fen FROM payments WHERE loan_id = $1',
      [loans[1]],
    );
    expect(Number(credit.replace('.', ''))).toBe(Number(rows[0]?.fen) - due);
    expect(instalments.every(({ open, paidAt }) => open === '0.00' && paidAt !== null)).toBe(true);
  });

  test('may have come in the year before the loan was written down; who dates it earlier reads how early it may be', async () => {
    const { startOn } = (await company.call(MANAGER, 'loan.get', { id: loans[0] })) as { startOn: string };
    const before = (days: number): string => new Date(Date.parse(startOn) - days * DAY_MS).toISOString();
    const pay = async (paidAt: string): Promise<unknown> =>
      company.call(MANAGER, 'loan.recordPayment', payment({ id: loans[0], externalId: 'bank-6', paidAt }));

    const refused = pay(before(367));
    await expect(refused).rejects.toMatchObject({ code: 'payment.before_loan', params: { start: startOn } });
    expect(await pay(before(366))).toMatchObject({ amount: '500.00', isReplay: false });
    const { texts } = company.base.services;
    expect(texts.translate('zh-CN', 'fault.before_loan', { start: startOn })).toContain('最多早一年');
    expect(texts.translate('en', 'fault.before_loan', { start: startOn })).toContain('at most a year before');
  });

  test.each([
    ['years before the loan', { paidAt: '1900-01-01T00:00:00Z' }, 'payment.before_loan'],
    ['of more than there is', { amount: '9999999999999.99' }, 'payment.invalid_amount'],
    ['below a fen', { amount: '0.001' }, 'payment.invalid_amount'],
    ['of nothing', { amount: '0.00' }, 'payment.invalid_amount'],
    ['below nothing', { amount: '-5.00' }, 'payment.invalid_amount'],
    ['in powers of ten', { amount: '1e3' }, 'payment.invalid_amount'],
    [
      'of the day after tomorrow',
      { paidAt: new Date(PAID_AT.getTime() + 2 * DAY_MS).toISOString() },
      'payment.in_future',
    ],
  ])('%s is refused', async (_what, fields, code) => {
    expect(await refusalOf(company.call(MANAGER, 'loan.recordPayment', payment({ id: loans[0], ...fields })))).toBe(
      code,
    );
  });
});
