/** What somebody who asks for the plan is shown: what is overdue first, each line with its loan, one loan where one is named. */
import { beforeAll, expect, test } from 'vitest';
import { dayText } from '../../../src/lib/i18n.ts';
import { refusalOf } from '../../support/product.ts';
import { ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const { telegram, wecom } = company.channels;
let lin: StaffActor;
let he = { id: '', number: '' };

interface Plan {
  readonly items: readonly { readonly loan: string; readonly n: number; readonly state: string }[];
  readonly more: number;
  readonly overdue: number;
  readonly overdueAmount: string;
}

beforeAll(async () => {
  lin = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  const facts = { name: '何晓燕', phone: '13800600001' };
  const lead = (await company.call(lin, 'lead.capture', { facts })) as { customerId: string; leadNumber: string };
  he = { id: lead.customerId, number: lead.leadNumber };
  await company.db.pool.query(
    `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES (gen_random_uuid(), $1, '8600', $2, true, business_now(), business_now())`,
    [telegram.account, he.id],
  );
  await lends(459, { months: 24, overdue: 9 });
  await lends(460, { months: 12, overdue: 0 });
  await company.drain();
  for (const channel of [telegram, wecom]) channel.sent.length = 0;
});

/** A loan of 1,050.00 a month. What nothing here reads (lead, product, approval) is left out. */
async function lends(
  number: number,
  { months, overdue }: { readonly months: number; readonly overdue: number },
): Promise<void> {
  const client = await company.db.pool.connect();
  try {
    await client.query('SET session_replication_role = replica');
    await client.query(
      `WITH loan AS (
         INSERT INTO loans (id, number, customer_id, application_id, principal_fen, annual_rate, term_months, method, day_count, start_on, state, reminder_version_id, created_at, updated_at)
         VALUES (gen_random_uuid(), $1, $2, gen_random_uuid(), $3::bigint * 100000, 0.06, $3::int, 'EQUAL_INSTALMENT', '30/360', business_now()::date, 'ACTIVE', $5, now(), now()) RETURNING id
       )
       INSERT INTO instalments (loan_id, number, due_on, principal_fen, interest_fen)
       SELECT id, n, (business_now() AT TIME ZONE 'Asia/Shanghai')::date + 30 * (n - $4::int) - 10, 100000, 5000 FROM loan, generate_series(1, $3::int) AS n`,
      [number, he.id, months, overdue, company.base.flows.schedule('repayment-reminder').version],
    );
    await client.query('SET session_replication_role = DEFAULT');
  } finally {
    client.release();
  }
}

const plan = async (input: object = {}): Promise<Plan> =>
  (await company.call(lin, 'repayment.list', { customer: he.id, ...input })) as Plan;

const linesOf = (text: string | undefined): readonly string[] => text?.split('\n') ?? [];

test('all that is overdue is listed, and the next ones; what they come to is said', async () => {
  const { items, more, overdue, overdueAmount } = await plan({ loan: 'L0459' });

  expect({ more, overdue, overdueAmount }).toEqual({ more: 12, overdue: 9, overdueAmount: '9450.00' });
  expect(items.map(({ n, state }) => `${n} ${state}`)).toEqual([
    ...Array.from({ length: 9 }, (_, index) => `${index + 1} 已逾期`),
    ...[10, 11, 12].map((n) => `${n} 未到期`),
  ]);
});

test('the loan of another customer, or none, is not found', async () => {
  const facts = { name: '周女士', phone: '13800600002' };
  const { leadNumber: other } = (await company.call(lin, 'lead.capture', { facts })) as { leadNumber: string };

  for (const input of [{ customer: other, loan: 'L0459' }, { loan: 'L9999' }])
    expect(await refusalOf(plan(input))).toBe('loan.not_found');
});

test('a customer reads first what he is late with, then the rows, each with its loan', async () => {
  const lines = linesOf((await company.exchange(telegram, '8600', '还款'))[0]);

  expect(lines.slice(0, 3)).toEqual([
    '已逾期 9 期，还差 9,450.00 元。',
    '您的还款计划（后面还有 18 期）：',
    expect.stringMatching(/^L0459 第 1 期 .*｜1,050\.00 元｜已逾期$/u),
  ]);
  expect(lines.at(-1)).toMatch(/^L0460 第 6 期 .*｜未到期$/u);
  await company.exchange(telegram, '8600', 'speak English');
  expect(linesOf((await company.exchange(telegram, '8600', 'bill'))[0])[0]).toBe(
    '9 instalments overdue, ¥9,450.00 open.',
  );
});

test('a colleague gets both loans by the customer, and one by its number; without an overdue one nothing is said of it', async () => {
  const both = linesOf((await company.exchange(wecom, 'xiaolin', `还款 ${he.number}`))[0]);
  expect(both[0]).toBe('已逾期 9 期，还差 9,450.00 元。');
  expect(new Set(both.slice(2).map((line) => line.slice(0, 5)))).toEqual(new Set(['L0459', 'L0460']));

  const one = linesOf((await company.exchange(wecom, 'xiaolin', '还款 L0460'))[0]);
  expect(one[0]).toBe(`${he.number} 的还款计划（后面还有 6 期）：`);
  expect(one.slice(1).every((line) => line.startsWith('L0460 第 '))).toBe(true);
});

test('an instalment that owes nothing is paid from the start: not overdue, not reminded of, and paid after a reversal too', async () => {
  const terms = { method: 'INTEREST_ONLY', annualRate: '0', termMonths: [3], dayCount: '30/360' };
  await company.call(ADMIN, 'product.publish', {
    code: 'P-900',
    name: '零息贷',
    terms: { ...terms, minAmount: '1000.00', maxAmount: '200000.00' },
    checklist: [],
  });
  const reviewer = await company.addStaff('周敏', ['reviewer']);
  const facts = { name: '周女士', phone: '13800600003', amount: '100000.00', term: 3, product: 'P-900' };
  const { leadNumber, customerId } = (await company.call(lin, 'lead.capture', { facts })) as {
    leadNumber: string;
    customerId: string;
  };
  await company.db.pool.query(
    `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES (gen_random_uuid(), $1, '8601', $2, true, business_now(), business_now())`,
    [telegram.account, customerId],
  );
  await company.call(lin, 'lead.submit', { lead: leadNumber });
  const { items } = (await company.call(ADMIN, 'approval.list', {})) as { items: { id: string; revision: number }[] };
  await company.call(reviewer, 'approval.decide', { id: items[0]?.id, revision: items[0]?.revision, verb: 'approve' });
  await company.drain();
  const { rows } = await company.db.pool.query<{ id: string; next_instalment: number }>(
    'SELECT id, next_instalment FROM loans WHERE customer_id = $1',
    [customerId],
  );
  const loan = rows[0]?.id ?? '';
  expect(rows[0]?.next_instalment).toBe(3);
  const timeline = (await company.call(ADMIN, 'timeline.read', { id: customerId, limit: 200 })) as {
    items: readonly { text: string }[];
  };
  const { instalments, startOn } = (await company.call(ADMIN, 'loan.get', { id: loan })) as {
    instalments: readonly { dueOn: string }[];
    startOn: string;
  };
  const due = dayText(instalments[2]?.dueOn ?? '', 'zh-CN', startOn);
  expect(timeline.items.map(({ text }) => text).join('\n')).toContain(`首个还款日 ${due}。`);

  await company.db.pool.query('UPDATE instalments SET due_on = due_on - 40 WHERE loan_id = $1', [loan]);
  const states = async (): Promise<unknown> => {
    const { overdue, items: shown } = await plan({ customer: leadNumber });
    return { overdue, rows: shown.map(({ n, state }) => `${n} ${state}`) };
  };
  const asMade = { overdue: 0, rows: ['2 已还', '3 未到期'] };
  expect(await states()).toEqual(asMade);
  const paidAt = (await company.now()).toISOString();
  const pay = { id: loan, externalId: 'bank-zero', amount: '50000.00', paidAt };
  expect(await company.call(ADMIN, 'loan.recordPayment', pay)).toMatchObject({ allocated: [{ instalment: 3 }] });
  await company.call(ADMIN, 'loan.reversePayment', { id: loan, externalId: 'bank-zero', reason: '退票' });
  expect(await states()).toEqual(asMade);
  expect(await company.count('todos WHERE subject_id = $1', [loan])).toBe(0);
});
