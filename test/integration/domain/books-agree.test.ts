/** The books, what a customer is told of a payment and what his bill says, against a calculation of their own. */
import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import type { Actor } from '../../../src/core/operations/actor.ts';
import { buildSchedule } from '../../../src/domain/repayments/index.ts';
import { addDays, dateIn, type BusinessDate } from '../../../src/lib/business-date.ts';
import { groupedYuan } from '../../../src/lib/i18n.ts';
import { fen, formatYuan, parseYuan } from '../../../src/lib/money.ts';
import { ACCOUNTS, useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const MANAGER: Actor = { kind: 'TOKEN', id: 'erp', roles: ['manager'], language: 'zh-CN' };
const ZONE = 'Asia/Shanghai';
const DAY_MS = 86_400_000;
let sales: StaffActor;
let customer = '';
let phone = 13_800_300_000;
let numbers = 9000;
let references = 0;

beforeAll(async () => {
  sales = await company.addStaff('小林', ['sales']);
});

/** A customer nobody has lent anything yet. */
async function meet(): Promise<void> {
  phone += 1;
  const { customerId } = (await company.call(sales, 'lead.capture', {
    facts: { name: '何女士', phone: String(phone), amount: '100000.00', term: 12 },
  })) as { customerId: string };
  customer = customerId;
  await company.db.pool.query(
    `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES (gen_random_uuid(), $1, $2, $3, true, now(), now())`,
    [ACCOUNTS.telegram, String(phone), customer],
  );
}

interface Owed {
  readonly dueOn: BusinessDate;
  readonly interest: bigint;
  readonly total: bigint;
}
interface Loan {
  readonly id: string;
  readonly number: string;
  readonly plan: readonly Owed[];
}
interface Entry {
  readonly externalId: string;
  readonly amount: bigint;
  readonly paidAt: number;
}
type Step =
  | { readonly kind: 'pay'; readonly fen: number; readonly share: number; readonly daysAgo: number }
  | { readonly kind: 'reverse'; readonly which: number }
  | { readonly kind: 'wait'; readonly days: number };

const METHODS = ['EQUAL_INSTALMENT', 'EQUAL_PRINCIPAL', 'INTEREST_ONLY'] as const;
interface Terms {
  readonly method: (typeof METHODS)[number];
  readonly principal: number;
  readonly rate: string;
  readonly count: number;
  /** Days from today to the first due date. */
  readonly first: number;
}
const terms: fc.Arbitrary<Terms> = fc.record({
  method: fc.constantFrom(...METHODS),
  principal: fc.integer({ min: 100_000, max: 30_000_000 }),
  rate: fc.constantFrom('0', '0.072', '0.1895'),
  count: fc.integer({ min: 1, max: 6 }),
  first: fc.integer({ min: -70, max: 20 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('pay' as const),
      fen: fc.integer({ min: 1, max: 99_999 }),
      share: fc.constantFrom(0, 0, 0.2, 0.5, 1),
      daysAgo: fc.integer({ min: 0, max: 60 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reverse' as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 20 }) }) },
);

/** A loan with the schedule of its terms, due dates moved to where the test wants them. */
async function lend(of: Terms, today: BusinessDate): Promise<Loan> {
  numbers += 1;
  const rows = buildSchedule({
    principalFen: fen(BigInt(of.principal)),
    annualRate: of.rate,
    instalmentCount: of.count,
    startOn: dateIn(await company.now(), ZONE),
    method: of.method,
    dayCount: '30/360',
  });
  const plan = rows.map((row, index) => ({
    dueOn: addDays(today, of.first + 30 * index),
    interest: row.interestFen,
    total: row.interestFen + row.principalFen,
  }));
  const client = await company.db.pool.connect();
  try {
    await client.query('SET session_replication_role = replica');
    const { rows: made } = await client.query<{ id: string }>(
      `WITH application AS (
         INSERT INTO applications (id, customer_id, lead_id, product_id, amount_fen, term_months, method, annual_rate, state, submitted_by, submitted_at, updated_at)
         VALUES (gen_random_uuid(), $2, gen_random_uuid(), gen_random_uuid(), $3::bigint, $5::int, $6, $4, 'APPROVED', gen_random_uuid(), now(), now()) RETURNING *
       )
       INSERT INTO loans (id, number, customer_id, application_id, principal_fen, annual_rate, term_months, method, day_count, start_on, state, reminder_version_id, created_at, updated_at)
       SELECT gen_random_uuid(), $1, customer_id, id, amount_fen, annual_rate, term_months, method, '30/360', business_now()::date, 'ACTIVE', $7, now(), now() FROM application RETURNING id`,
      [
        numbers,
        customer,
        of.principal,
        of.rate,
        of.count,
        of.method,
        company.base.flows.schedule('repayment-reminder').version,
      ],
    );
    const id = made[0]?.id ?? '';
    await client.query(
      `INSERT INTO instalments (loan_id, number, due_on, principal_fen, interest_fen, paid_at)
       SELECT $1, number, due, principal, interest, CASE WHEN principal + interest = 0 THEN business_now() END
       FROM unnest($2::date[], $3::bigint[], $4::bigint[]) WITH ORDINALITY AS row (due, principal, interest, number)`,
      [
        id,
        plan.map(({ dueOn }) => dueOn),
        plan.map(({ interest, total }) => total - interest),
        plan.map(({ interest }) => interest),
      ],
    );
    await client.query('SET session_replication_role = DEFAULT');
    return { id, number: `L${numbers}`, plan };
  } finally {
    client.release();
  }
}

const sumOf = (amounts: readonly bigint[]): bigint => amounts.reduce((sum, one) => sum + one, 0n);

/** What is paid of each instalment: all the money there is, poured over the plan from its beginning. */
function poured(plan: readonly Owed[], money: bigint): readonly bigint[] {
  let left = money;
  return plan.map(({ total }) => {
    const paid = left < total ? left : total;
    left -= paid;
    return paid;
  });
}

const fenOf = (text: string | undefined): bigint => parseYuan((text ?? '0').replaceAll(',', '')) ?? -1n;

interface Part {
  readonly principal: string;
  readonly interest: string;
}
const totalOf = (parts: readonly Part[]): bigint =>
  sumOf(parts.map(({ principal, interest }) => fenOf(principal) + fenOf(interest)));

async function lastNotice(): Promise<string> {
  const { items } = (await company.call(MANAGER, 'timeline.read', { id: customer, limit: 200 })) as {
    items: readonly { text: string }[];
  };
  return items.findLast(({ text }) => text.startsWith('已登记您'))?.text ?? '';
}

/** The parts of a notice come to the payment, and name the instalments that are paid by it now. */
async function checkNotice(
  loan: Loan,
  entry: Entry,
  { before, after }: { readonly before: readonly bigint[]; readonly after: readonly bigint[] },
): Promise<void> {
  const text = await lastNotice();
  const today = dateIn(await company.now(), ZONE);
  const [, amount] = /的还款 ([\d,.]+) 元/u.exec(text) ?? [];
  const changed = after.flatMap((paid, index) => (paid === before[index] ? [] : [index + 1]));
  const gone = sumOf(after) - sumOf(before);
  const credit = entry.amount - gone;
  const [, part] = /其中 ([\d,.]+) 元计入/u.exec(text) ?? [];
  const [, more] = /多出的 ([\d,.]+) 元/u.exec(text) ?? [];
  const [, first, last] = /计入第 (\d+)(?:–(\d+))? 期/u.exec(text) ?? [];
  expect(text).toContain(loan.number);
  const [, overdue] = /逾期的还有 ([\d,.]+) 元/u.exec(text) ?? [];
  const late = loan.plan.map(({ dueOn, total }, index) => (dueOn < today ? total - (after[index] ?? 0n) : 0n));
  expect(fenOf(overdue)).toBe(sumOf(late));
  expect(text.includes('已全部还清')).toBe(sumOf(after) === sumOf(loan.plan.map(({ total }) => total)));
  expect(fenOf(amount)).toBe(entry.amount);
  expect(fenOf(more)).toBe(credit);
  expect(part === undefined ? (first === undefined ? 0n : entry.amount) : fenOf(part)).toBe(gone);
  expect([first, last ?? first]).toEqual(
    changed.length === 0 ? [undefined, undefined] : [String(changed[0]), String(changed.at(-1))],
  );
}

/** The loan as the API shows it. */
async function checkBooks(loan: Loan, counted: readonly Entry[]): Promise<void> {
  const money = sumOf(counted.map(({ amount }) => amount));
  const paid = poured(loan.plan, money);
  const shown = (await company.call(MANAGER, 'loan.get', { id: loan.id })) as {
    readonly state: string;
    readonly credit: string;
    readonly instalments: readonly { readonly open: string; readonly paidAt: string | null }[];
    readonly payments: readonly {
      readonly externalId: string;
      readonly reversedAt: string | null;
      readonly allocated: readonly {
        readonly instalment: number;
        readonly principal: string;
        readonly interest: string;
      }[];
    }[];
  };
  const open = loan.plan.map(({ total }, index) => formatYuan(total - (paid[index] ?? 0n)));
  expect(shown.instalments.map((row) => row.open)).toEqual(open);
  expect(shown.instalments.map(({ paidAt }) => paidAt !== null)).toEqual(open.map((one) => one === '0.00'));
  expect(fenOf(shown.credit)).toBe(money - sumOf(paid));
  expect(shown.state).toBe(open.every((one) => one === '0.00') ? 'SETTLED' : 'ACTIVE');
  // Each payment pays what those before it by value left.
  let before = 0n;
  for (const { externalId, amount } of counted.toSorted((a, b) => a.paidAt - b.paidAt)) {
    const [was, is] = [poured(loan.plan, before), poured(loan.plan, before + amount)];
    const lines = is.flatMap((now, index) => {
      const [then = 0n, interest = 0n] = [was[index], loan.plan[index]?.interest];
      if (now === then) return [];
      const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
      const interestPaid = least(now, interest) - least(then, interest);
      return [
        {
          instalment: index + 1,
          principal: formatYuan(now - then - interestPaid),
          interest: formatYuan(interestPaid),
        },
      ];
    });
    expect(shown.payments.find((one) => one.externalId === externalId)?.allocated).toEqual(lines);
    before += amount;
  }
  for (const { externalId, reversedAt, allocated } of shown.payments)
    if (!counted.some((one) => one.externalId === externalId))
      expect([reversedAt === null, allocated]).toEqual([false, []]);
}

/** What the customer is answered, and a colleague over the API: counts, sums, the order, nothing left out. */
async function checkBill(all: ReadonlyMap<Loan, readonly Entry[]>): Promise<void> {
  const today = dateIn(await company.now(), ZONE);
  const open = [...all].flatMap(([loan, counted]) => {
    const paid = poured(loan.plan, sumOf(counted.map(({ amount }) => amount)));
    return loan.plan.flatMap(({ dueOn, total }, index) => {
      const left = total - (paid[index] ?? 0n);
      return left === 0n ? [] : [{ loan: loan.number, n: index + 1, due: dueOn, left, total }];
    });
  });
  const overdue = open.filter(({ due }) => due < today);
  const answer = (await company.call(MANAGER, 'repayment.list', { customer })) as {
    readonly items: readonly {
      readonly loan: string;
      readonly n: number;
      readonly due: string;
      readonly total: string;
      readonly state: string;
    }[];
    readonly more: number;
    readonly overdue: number;
    readonly overdueAmount: string;
    readonly unlisted: number;
  };
  expect(answer).toMatchObject({
    overdue: overdue.length,
    overdueAmount: formatYuan(sumOf(overdue.map(({ left }) => left))),
  });
  const listed = answer.items.filter(({ state }) => !state.startsWith('已还'));
  expect(listed.length + answer.more + answer.unlisted).toBe(open.length);
  for (const { loan, n, due, total, state } of listed) {
    const own = open.find((one) => one.loan === loan && one.n === n);
    const word = due < today ? '已逾期' : due === today ? '今天应还' : '未到期';
    const rest = own && own.left !== own.total ? `，还差 ${groupedYuan(own.left)} 元` : '';
    expect({ due, total, state }).toEqual({
      due: own?.due,
      total: formatYuan(own?.total ?? 0n),
      state: `${word}${rest}`,
    });
  }
  const dues = listed.filter(({ due }) => due < today).map(({ due }) => due);
  expect(dues).toEqual(
    overdue
      .map(({ due }) => due)
      .toSorted()
      .slice(0, dues.length),
  );
}

test('whatever is paid, in whichever order, and taken back: books, notice and bill say the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(terms, { minLength: 1, maxLength: 4 }),
      fc.array(fc.tuple(fc.nat(3), step), { minLength: 1, maxLength: 12 }),
      async (drafts, steps) => {
        await meet();
        const today = dateIn(await company.now(), ZONE);
        const loans: Loan[] = [];
        for (const draft of drafts) loans.push(await lend(draft, today));
        const books = new Map<Loan, readonly Entry[]>(loans.map((loan) => [loan, []]));
        for (const [which, one] of steps) {
          const loan = loans[which % loans.length];
          if (loan) await take(books, loan, one);
          await checkBill(books);
        }
      },
    ),
    { seed: 20_261_123, numRuns: 10 },
  );
});

async function take(books: Map<Loan, readonly Entry[]>, loan: Loan, one: Step): Promise<void> {
  const counted = books.get(loan) ?? [];
  if (one.kind === 'wait') return company.advance(one.days * DAY_MS);
  const before = poured(loan.plan, sumOf(counted.map(({ amount }) => amount)));
  if (one.kind === 'reverse') {
    const entry = counted[one.which % Math.max(1, counted.length)];
    if (!entry) return;
    const { reopened, credit } = (await company.call(MANAGER, 'loan.reversePayment', {
      id: loan.id,
      externalId: entry.externalId,
      reason: '退票',
    })) as { reopened: readonly Part[]; credit: string };
    expect(totalOf(reopened) + fenOf(credit)).toBe(entry.amount);
    books.set(
      loan,
      counted.filter((other) => other !== entry),
    );
    return checkBooks(loan, books.get(loan) ?? []);
  }
  references += 1;
  const owed = sumOf(loan.plan.map(({ total }) => total));
  const amount = BigInt(Math.round(Number(owed) * one.share)) + BigInt(one.fen);
  const paidAt = (await company.now()).getTime() - one.daysAgo * DAY_MS - references;
  const entry = { externalId: `bank-${references}`, amount, paidAt };
  const answer = (await company.call(MANAGER, 'loan.recordPayment', {
    id: loan.id,
    externalId: entry.externalId,
    amount: formatYuan(amount),
    paidAt: new Date(paidAt).toISOString(),
  })) as { allocated: readonly Part[]; credit: string };
  expect(totalOf(answer.allocated) + fenOf(answer.credit)).toBe(amount);
  books.set(loan, [...counted, entry]);
  const after = poured(loan.plan, sumOf([...counted, entry].map(({ amount: paid }) => paid)));
  await checkNotice(loan, entry, { before, after });
  await checkBooks(loan, [...counted, entry]);
}
