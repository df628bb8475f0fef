/** What somebody who asks for the plan is shown: what is overdue first, each line with its loan, one loan where one is named. */
import { beforeAll, expect, test } from 'vitest';
import { dayText } from '../../../src/lib/i18n.ts';
import { insertLoan, monthly } from '../../support/lent-loans.ts';
import { refusalOf } from '../../support/product.ts';
import { ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const { telegram, wecom } = company.channels;
let lin: StaffActor;
let he = { id: '', number: '' };

interface Plan {
  readonly items: readonly {
    readonly loan: string;
    readonly n: number;
    readonly due: string;
    readonly state: string;
  }[];
  readonly more: number;
  readonly overdue: number;
  readonly overdueAmount: string;
  readonly overdueFrom: string;
  readonly unlisted: number;
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

/** A loan of 1,050.00 a month. */
async function lends(
  number: number,
  { months, overdue }: { readonly months: number; readonly overdue: number },
): Promise<void> {
  await insertLoan(company, { number, customerId: he.id, plan: monthly(months, 20 - 30 * overdue) });
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
    '您的还款计划（按计划一共还要还 37,800.00 元，后面还有 18 期）：',
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

test('on its due date an instalment is due today, in the words of the reminder, and the sum that is still to be paid is said', async () => {
  const facts = { name: '周女士', phone: '13800600004' };
  const { customerId } = (await company.call(lin, 'lead.capture', { facts })) as { customerId: string };
  const loan = await insertLoan(company, { number: 470, customerId, plan: monthly(2, 0) });
  await company.db.pool.query(
    `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES (gen_random_uuid(), $1, '8604', $2, true, business_now(), business_now())`,
    [telegram.account, customerId],
  );
  const pay = async (externalId: string, amount: string): Promise<unknown> =>
    company.call(ADMIN, 'loan.recordPayment', {
      id: loan,
      externalId,
      amount,
      paidAt: (await company.now()).toISOString(),
    });
  const bill = async (said: string): Promise<readonly string[]> =>
    linesOf((await company.exchange(telegram, '8604', said)).at(-1));
  await pay('bank-due-1', '50.01');

  const ofToday = await bill('我一共欠多少');
  expect(ofToday[0]).toBe('您的还款计划（按计划一共还要还 2,049.99 元）：');
  expect(ofToday[1]).toMatch(/^L0470 第 1 期 .*｜1,050\.00 元｜今天应还，还差 999\.99 元$/u);
  await company.exchange(telegram, '8604', 'speak English');
  const inEnglish = await bill('bill');
  expect(inEnglish[0]).toBe('Your repayments (¥2,049.99 to pay in all under the plan):');
  expect(inEnglish[1]).toMatch(/due today, ¥999\.99 left$/u);

  await pay('bank-due-2', '2049.99');
  expect((await bill('bill'))[0]).toBe('Your repayments:');
});

test('the number of a loan alone shows its owner that loan’s plan; to anybody else it is unknown, as one that there is not', async () => {
  await company.exchange(telegram, '8600', '说中文');
  const own = linesOf((await company.exchange(telegram, '8600', ' l0460。'))[0]);
  expect(own[0]).toBe('您的还款计划（按计划一共还要还 12,600.00 元，后面还有 6 期）：');
  expect(own.slice(1).every((line) => line.startsWith('L0460 第 '))).toBe(true);
  expect(linesOf((await company.exchange(telegram, '8600', '还款 L0460'))[0])).toEqual(own);

  const [foreign, none] = [
    await company.exchange(telegram, '8600', 'L0470'),
    await company.exchange(telegram, '8600', 'L9999'),
  ];
  expect(foreign).toEqual(none);
  expect(foreign[0]).toMatch(/^没有找到这笔借据/u);
});

test('with several loans all that is overdue comes first, by its date, then what is due next, in one message on every platform', async () => {
  await lends(461, { months: 12, overdue: 6 });
  const { items, more, overdue, overdueAmount, unlisted } = await plan();
  const late = items.filter(({ state }) => state === '已逾期');

  expect({ overdue, overdueAmount, unlisted }).toEqual({ overdue: 15, overdueAmount: '15750.00', unlisted: 0 });
  expect(items.slice(0, 15)).toEqual(late);
  expect(late.map(({ due }) => due)).toEqual(late.map(({ due }) => due).toSorted());
  expect(items.slice(15).map(({ loan }) => loan)).toEqual(['L0459', 'L0460', 'L0461', 'L0459', 'L0460']);
  expect(more + items.length).toBe(24 + 12 + 12);
  for (const [words, said] of [
    ['speak English', 'bill'],
    ['说中文', '账单'],
  ] as const) {
    await company.exchange(telegram, '8600', words);
    const [text = ''] = await company.exchange(telegram, '8600', said);
    expect(linesOf(text)).toHaveLength(22);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2048); // WeCom's; Telegram and Slack take more
  }
});

test('what is overdue and does not fit is counted, with its sum and the oldest day: never left out in silence', async () => {
  await lends(462, { months: 36, overdue: 14 });
  const { items, overdue, overdueAmount, overdueFrom, unlisted } = await plan();

  expect({ overdue, overdueAmount, unlisted }).toEqual({ overdue: 29, overdueAmount: '30450.00', unlisted: 12 });
  expect(items.map(({ state }) => state)).toEqual([
    ...Array<string>(17).fill('已逾期'),
    ...Array<string>(3).fill('未到期'),
  ]);
  const oldest = items[0]?.due ?? '';
  expect(overdueFrom).toBe(dayText(oldest, 'zh-CN', '2026-11-23'));

  const first = `已逾期 29 期，还差 30,450.00 元（最早一期 ${overdueFrom}，另有 12 期没有列在下面）。`;
  expect(linesOf((await company.exchange(telegram, '8600', '账单'))[0])[0]).toBe(first);
  expect(linesOf((await company.exchange(wecom, 'xiaolin', `还款 ${he.number}`))[0])[0]).toBe(first);
  await company.exchange(telegram, '8600', 'speak English');
  expect(linesOf((await company.exchange(telegram, '8600', 'bill'))[0])[0]).toBe(
    `29 instalments overdue, ¥30,450.00 open (the oldest due on ${dayText(oldest, 'en', '2026-11-23')}; 12 of them not listed below).`,
  );
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
