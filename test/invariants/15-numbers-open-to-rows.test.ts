/**
 * Invariant 15: every number on a report opens to exactly the rows it counts. There are no reports yet; the numbers that are
 * shown today are the assignment ledger, the list of open approvals, a loan's totals and the counts on metrics pages.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { ADMIN, useCompany, type StaffActor } from './support/company.ts';

const company = useCompany();
const MANAGER = { kind: 'TOKEN', id: 'report', roles: ['manager'], language: 'zh-CN' } as const;
const people: { sales: StaffActor[]; reviewer?: StaffActor } = { sales: [] };
const LEADS = 23;

beforeAll(async () => {
  for (const name of ['小林', '小何', '小宋']) people.sales.push(await company.addStaff(name, ['sales']));
  people.reviewer = await company.addStaff('周敏', ['reviewer'], { telegram: '7102' });
  for (let i = 0; i < LEADS; i += 1) {
    await company.call(ADMIN, 'lead.create', {
      name: '何女士',
      mobile: String(13_800_300_000 + i),
      amount: '100000.00',
      source: 'website',
    });
  }
});

async function ledger(limit: number): Promise<readonly { leadId: string; staffId: string; how: string }[]> {
  const { items } = (await company.call(MANAGER, 'lead.assignments', { limit })) as {
    items: { leadId: string; staffId: string; how: string }[];
  };
  return items;
}

describe('the assignment ledger', () => {
  test('has one line per ownerless lead, and each line opens to the lead of the person it names', async () => {
    const lines = await ledger(200);

    expect(lines).toHaveLength(LEADS);
    for (const { leadId, staffId } of lines)
      expect(await company.count('leads WHERE id = $1 AND owner_id = $2', [leadId, staffId])).toBe(1);
  });

  test('counted per person it is what each person finds among his own customers, and fair to within one', async () => {
    const lines = await ledger(200);
    const counts = people.sales.map(
      ({ id }) => lines.filter((line) => line.staffId === id && line.how === 'ROTATION').length,
    );

    for (const [index, actor] of people.sales.entries()) {
      expect(await company.count('customers WHERE owner_id = $1', [actor.id])).toBe(counts[index]);
    }
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(LEADS);
  });
});

describe('the list of approvals', () => {
  test('has exactly the open rows: one per submitted case, one fewer after each decision', async () => {
    const [seller] = people.sales;
    if (!seller || !people.reviewer) throw new Error('nobody yet');
    const { rows } = await company.db.pool.query<{ number: number }>(
      'SELECT number FROM customers WHERE owner_id = $1 ORDER BY number LIMIT 3',
      [seller.id],
    );
    for (const { number } of rows) {
      await company.call(seller, 'lead.update', { lead: `K${number}`, facts: { term: 12 } });
      await company.call(seller, 'lead.submit', { lead: `K${number}` });
    }

    const open = await openApprovals();
    const [first] = open;
    await company.call(people.reviewer, 'approval.decide', {
      id: first?.id,
      revision: first?.revision,
      verb: 'approve',
    });

    expect(open).toHaveLength(rows.length);
    expect(new Set(open.map(({ id }) => id)).size).toBe(await company.count('approvals'));
    expect(await openApprovals()).toHaveLength(rows.length - 1);
    expect(await company.count(`approvals WHERE state = 'OPEN'`)).toBe(rows.length - 1);
  });
});

async function openApprovals(): Promise<readonly { id: string; revision: number }[]> {
  const { items } = (await company.call(MANAGER, 'approval.list', { state: 'OPEN' })) as {
    items: { id: string; revision: number }[];
  };
  return items;
}

describe('a loan’s totals', () => {
  test('are the sums of the instalments and payments they open to', async () => {
    const { rows } = await company.db.pool.query<{ id: string; number: number }>('SELECT id, number FROM loans');
    const [loan] = rows;
    await company.call(MANAGER, 'loan.recordPayment', {
      id: loan?.id,
      externalId: 'bank-1',
      amount: '5000.00',
      paidAt: '2026-11-20T09:30:00+08:00',
    });

    const view = (await company.call(MANAGER, 'loan.get', { id: loan?.id })) as {
      principal: string;
      credit: string;
      instalments: { principal: string; interest: string; total: string; open: string }[];
    };

    const fen = (text: string): bigint => BigInt(text.replace('.', ''));
    const sum = (texts: readonly string[]): bigint => texts.reduce((total, text) => total + fen(text), 0n);
    const due = sum(view.instalments.map((row) => row.total));
    expect(rows).toHaveLength(1);
    expect(sum(view.instalments.map((row) => row.principal))).toBe(fen(view.principal));
    expect(sum(view.instalments.map((row) => row.principal)) + sum(view.instalments.map((row) => row.interest))).toBe(
      due,
    );
    expect(due - sum(view.instalments.map((row) => row.open)) + fen(view.credit)).toBe(500_000n);
    const { rows: paid } = await company.db.pool.query<{ fen: string }>(
      'SELECT coalesce(sum(principal_fen + interest_fen), 0) AS fen FROM payment_allocations WHERE loan_id = $1',
      [loan?.id],
    );
    expect(BigInt(paid[0]?.fen ?? 0) + fen(view.credit)).toBe(500_000n);
  });
});
