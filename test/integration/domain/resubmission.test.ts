/** A returned case that comes back with other terms. */
import { beforeAll, expect, test } from 'vitest';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
let sales: StaffActor;
let reviewer: StaffActor;

beforeAll(async () => {
  sales = await company.addStaff('小林', ['sales']);
  reviewer = await company.addStaff('周敏', ['reviewer'], { telegram: '7102' });
});

async function application(): Promise<{ product_id: string; method: string; annual_rate: string; amount_fen: string }> {
  const { rows } = await company.db.pool.query<Awaited<ReturnType<typeof application>>>(
    'SELECT product_id, method, annual_rate, amount_fen FROM applications',
  );
  const [row] = rows;
  if (!row || rows.length !== 1) throw new Error('one application is expected');
  return row;
}

test('with another product stands with that product, its method and its rate, on the application and on the card', async () => {
  const lead = (await company.call(sales, 'lead.capture', {
    facts: { name: '何女士', phone: '13800300001', amount: '100000.00', term: 12, house: true },
  })) as { leadNumber: string };
  const { items: products } = (await company.call(sales, 'product.list', {})) as {
    items: readonly { id: string; code: string; name: string; terms: { method: string; annualRate: string } }[];
  };
  await company.call(sales, 'lead.submit', { lead: lead.leadNumber });
  const first = await application();
  const other = products.find(({ id, terms }) => id !== first.product_id && terms.annualRate !== first.annual_rate);
  const [open] = await approvals();
  await company.call(reviewer, 'approval.decide', { ...open, verb: 'return', reason: '换一个产品' });
  await company.drain();

  await company.call(sales, 'lead.update', {
    lead: lead.leadNumber,
    facts: { product: other?.code, amount: '300000.00', term: 36 },
  });
  expect(await stage()).toBe('F70');
  expect(await listOf(sales)).toEqual([
    expect.stringMatching(
      /^A\d+（K\d+ 何\*\*）被退回：换一个产品。\d{4}-\d\d-\d\d \d\d:\d\d 前补齐，发「提交 A\d+」再送审；过期自动关闭。$/,
    ),
  ]);
  await company.call(sales, 'lead.submit', { lead: lead.leadNumber });
  await company.drain();

  expect(await listOf(sales)).toEqual([]);
  expect(await stage()).toBe('F80'); // what the customer reads when he asks how far it is
  expect(await application()).toMatchObject({
    product_id: other?.id,
    method: other?.terms.method,
    amount_fen: '30000000',
  });
  expect(Number((await application()).annual_rate)).toBe(Number(other?.terms.annualRate));
  const cards = company.channels.telegram.sent.flatMap(({ content }) =>
    content.kind === 'card' ? [content.card] : [],
  );
  expect(JSON.stringify(cards.at(-1))).toContain(other?.name);
});

test('is not handed in while the customer has not said for how long', async () => {
  const lead = (await company.call(sales, 'lead.capture', {
    facts: { name: '周先生', phone: '13800300002', amount: '100000.00', house: false },
  })) as { leadNumber: string };

  expect(await company.call(sales, 'lead.submit', { lead: lead.leadNumber })).toEqual({
    kind: 'incomplete',
    missing: [{ field: 'term', name: '期限' }],
  });
  expect(await company.count('applications')).toBe(1);
});

async function stage(): Promise<string | undefined> {
  const { rows } = await company.db.pool.query<{ stage: string }>(
    'SELECT l.stage FROM leads l JOIN applications a ON a.lead_id = l.id',
  );
  return rows[0]?.stage;
}

async function listOf(person: StaffActor): Promise<readonly string[]> {
  const { items } = (await company.call(person, 'task.list', {})) as { items: readonly { title: string }[] };
  return items.map(({ title }) => title);
}

async function approvals(): Promise<readonly { id: string; revision: number }[]> {
  const { items } = (await company.call(reviewer, 'approval.list', { state: 'OPEN' })) as {
    items: { id: string; revision: number }[];
  };
  return items.map(({ id, revision }) => ({ id, revision }));
}
