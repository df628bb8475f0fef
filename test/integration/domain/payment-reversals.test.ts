/** A payment recorded by mistake and taken back: the books, the reminders, who hears of it, who may. */
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor, Role } from '../../../src/core/operations/actor.ts';
import { reminderSchedules, runDueReminders } from '../../../src/domain/reminders/index.ts';
import { dateIn } from '../../../src/lib/business-date.ts';
import { dayText } from '../../../src/lib/i18n.ts';
import { ACCOUNTS, useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { insertLoan, monthly, type LentRow } from '../../support/lent-loans.ts';
import { refusalOf } from '../../support/product.ts';

const company = useCompany();
const MANAGER: Actor = { kind: 'TOKEN', id: 'erp', roles: ['manager'], language: 'zh-CN' };
const REASON = '支票退票';
const DAY_MS = 86_400_000;
/** When the tests begin: no stage of a reminder lies near it. */
const NOON = new Date('2026-11-24T04:00:00Z');
const daysAgo = (days: number): string => new Date(NOON.getTime() - days * DAY_MS).toISOString();
let sales: StaffActor;
let customer: { readonly id: string };

beforeAll(async () => {
  await company.advanceTo(NOON);
  sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  const { customerId } = (await company.call(sales, 'lead.capture', {
    facts: { name: '何女士', phone: '13800300009', amount: '100000.00', term: 12 },
  })) as { customerId: string };
  customer = { id: customerId };
  await company.db.pool.query(
    `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES (gen_random_uuid(), $1, 'wm-he', $2, true, now(), now())`,
    [ACCOUNTS.wecom, customer.id],
  );
});

let numbers = 9000;

/** A loan of the customer with this plan, its reminders planned. */
async function lend(plan: readonly LentRow[]): Promise<string> {
  numbers += 1;
  const id = await insertLoan(company, { number: numbers, customerId: customer.id, plan });
  await company.call({ kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' }, 'reminder.plan', { loanId: id });
  return id;
}

interface LoanShown {
  readonly state: string;
  readonly credit: string;
  readonly instalments: readonly { readonly number: number; readonly open: string; readonly paidAt: string | null }[];
  readonly payments: readonly {
    readonly externalId: string;
    readonly reversedAt: string | null;
    readonly allocated: readonly unknown[];
  }[];
}

let payments = 0;
async function pay(loan: string, amount: string, paidAt = NOON.toISOString()): Promise<string> {
  payments += 1;
  const externalId = `bank/${payments}`;
  await company.call(MANAGER, 'loan.recordPayment', { id: loan, externalId, amount, paidAt });
  return externalId;
}

interface Reversal {
  readonly reversalId: string;
  readonly isReplay: boolean;
  readonly state: string;
  readonly credit: string;
  readonly reopened: readonly { readonly instalment: number; readonly principal: string; readonly interest: string }[];
}
async function reverse(loan: string, externalId: string, fields: object = {}, actor = MANAGER): Promise<Reversal> {
  return (await company.call(actor, 'loan.reversePayment', {
    id: loan,
    externalId,
    reason: REASON,
    ...fields,
  })) as Reversal;
}

async function shown(loan: string): Promise<LoanShown> {
  return (await company.call(MANAGER, 'loan.get', { id: loan })) as LoanShown;
}

/** What decides over money and reminders of a loan, whatever its ids. */
async function standing(loan: string): Promise<unknown> {
  const { rows } = await company.db.pool.query(
    'SELECT state, credit_fen, next_reminder_at IS NULL AS idle, next_instalment, next_stage FROM loans WHERE id = $1',
    [loan],
  );
  const { instalments, payments: all } = await shown(loan);
  const counted = all.filter(({ reversedAt }) => reversedAt === null).map(({ allocated }) => allocated);
  return { rows, instalments: instalments.map(({ number, open, paidAt }) => ({ number, open, paidAt })), counted };
}

async function remind(): Promise<void> {
  const schedules = reminderSchedules(company.base.flows);
  await company.base.database.transaction(async (tx) => {
    await runDueReminders(tx, schedules.known(), { now: await company.now(), limit: 500, traceId: 'test' });
  });
}

/** Stages of an instalment by what became of them. */
async function stagesOf(loan: string, instalment: number): Promise<Readonly<Record<string, string>>> {
  const { rows } = await company.db.pool.query<{ stage: string; what: string }>(
    `SELECT stage, outcome AS what FROM reminder_outcomes WHERE loan_id = $1 AND instalment = $2
     UNION ALL SELECT split_part(reference, ':', 2), 'message' FROM outbox WHERE kind = 'reminder' AND subject_id = $1 AND reference LIKE $2 || ':%'`,
    [loan, instalment],
  );
  const found: Record<string, string> = {};
  for (const { stage, what } of rows) found[stage] = [found[stage] ?? [], what].flat().join(' and ');
  return found;
}

describe('a reversed payment', () => {
  test('has never happened: the loan stands as one that only got the other payments, whatever was recorded in which order', async () => {
    const fen = fc.integer({ min: 1, max: 250_000 });
    const draft = fc.record({ fen, day: fc.integer({ min: 1, max: 20 }), isMistake: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(draft, { minLength: 1, maxLength: 6 }), async (drafts) => {
        const [loan, fresh] = [await lend(monthly(4, 10)), await lend(monthly(4, 10))];
        const made = [];
        for (const [index, { fen: amountFen, day, isMistake }] of drafts.entries()) {
          const paidAt = new Date(NOON.getTime() - day * DAY_MS - index).toISOString();
          const amount = (amountFen / 100).toFixed(2);
          made.push({ isMistake, externalId: await pay(loan, amount, paidAt) });
          if (!isMistake) await pay(fresh, amount, paidAt);
        }
        for (const { externalId } of made.filter(({ isMistake }) => isMistake)) await reverse(loan, externalId);

        expect(await standing(loan)).toEqual(await standing(fresh));
      }),
      { seed: 20_261_121, numRuns: 12 },
    );
  });

  test('opens a settled loan again and says what is owed and what is gone from the credit', async () => {
    const loan = await lend(monthly(2, 10));
    const first = await pay(loan, '1050.00', daysAgo(1));
    await pay(loan, '1100.00');
    expect((await shown(loan)).state).toBe('SETTLED');

    const reversal = await reverse(loan, first);

    expect(reversal).toMatchObject({
      state: 'ACTIVE',
      amount: '1050.00',
      credit: '50.00',
      isReplay: false,
      reopened: [{ instalment: 2, principal: '1000.00', interest: '0.00' }],
    });
    const { state, credit, instalments, payments: all } = await shown(loan);
    expect([state, credit, instalments.map(({ open }) => open)]).toEqual(['ACTIVE', '0.00', ['0.00', '1000.00']]);
    expect(all.map(({ reversedAt, allocated }) => [reversedAt !== null, allocated])).toEqual([
      [true, []],
      [
        false,
        [
          { instalment: 1, principal: '1000.00', interest: '50.00' },
          { instalment: 2, principal: '0.00', interest: '50.00' },
        ],
      ],
    ]);
  });

  test('is shown to staff as owed again, and what is partly paid as such', async () => {
    const loan = await lend([{ due: 10, principal: 100_000, interest: 5_000 }]);
    await pay(loan, '50.00');
    await reverse(loan, await pay(loan, '1000.00'));

    const { items } = (await company.call(sales, 'repayment.list', { customer: customer.id })) as {
      items: readonly { loan: string; total: string; state: string }[];
    };

    expect(items.filter((item) => item.loan === `L${numbers}`)).toMatchObject([
      { total: '1050.00', state: '未到期，还差 1,000.00 元' },
    ]);
  });

  test('gives the same answer to the same call, and refuses another reason or date', async () => {
    const loan = await lend(monthly(2, 10));
    const paid = await pay(loan, '1200.00');
    const first = await reverse(loan, paid);
    await pay(loan, '10.00');

    const again = await reverse(loan, paid);

    expect(again).toEqual({ ...first, isReplay: true });
    expect(await refusalOf(reverse(loan, paid, { reason: '金额记错' }))).toBe('payment.already_reversed');
    expect(await refusalOf(reverse(loan, paid, { reversedAt: daysAgo(2) }))).toBe('payment.already_reversed');
    expect(await company.count('payment_reversals WHERE loan_id = $1', [loan])).toBe(1);
    expect(await company.count('outbox WHERE customer_id = $1', [customer.id])).toBeGreaterThan(0);
  });

  test('keeps its external id: told again it still does not count, and another payment needs another id', async () => {
    const loan = await lend(monthly(2, 10));
    const paidAt = NOON.toISOString();
    const paid = await pay(loan, '1050.00', paidAt);
    await reverse(loan, paid);

    const again = await company.call(MANAGER, 'loan.recordPayment', {
      id: loan,
      externalId: paid,
      amount: '1050.00',
      paidAt,
    });

    expect(again).toMatchObject({ isReplay: true, isReversed: true, state: 'ACTIVE' });
    expect((await shown(loan)).instalments.map(({ open }) => open)).toEqual(['1050.00', '1050.00']);
    const other = { id: loan, externalId: paid, amount: '105.00', paidAt };
    expect(await refusalOf(company.call(MANAGER, 'loan.recordPayment', other))).toBe('payment.external_id_reused');
    await pay(loan, '105.00');
    expect((await shown(loan)).instalments[0]?.open).toBe('945.00');
  });

  test.each([
    ['a payment that is not there', 'bank/none', {}, 'payment.not_found'],
    ['without a reason', undefined, { reason: '  ' }, 'request.invalid'],
    ['in the future', undefined, { reversedAt: '2090-01-01T00:00:00Z' }, 'payment.in_future'],
    ['before it was paid', undefined, { reversedAt: daysAgo(300) }, 'payment.reversed_before_paid'],
  ])('is refused: %s', async (_what, externalId, fields, code) => {
    const loan = await lend(monthly(1, 10));
    const paid = await pay(loan, '1050.00');

    expect(await refusalOf(reverse(loan, externalId ?? paid, fields))).toBe(code);
    expect((await shown(loan)).state).toBe('SETTLED');
  });

  test('of another loan is not found under this one', async () => {
    const [loan, other] = [await lend(monthly(1, 10)), await lend(monthly(1, 10))];
    const paid = await pay(other, '100.00');

    expect(await refusalOf(reverse(loan, paid))).toBe('payment.not_found');
  });

  test.each(['sales', 'team_lead', 'collector', 'reviewer', 'compliance'] satisfies Role[])(
    'is not for the role %s',
    async (role) => {
      const loan = await lend(monthly(1, 10));
      const paid = await pay(loan, '100.00');
      const actor: Actor = { kind: 'TOKEN', id: 't', roles: [role], language: 'zh-CN' };

      expect(await refusalOf(reverse(loan, paid, {}, actor))).toBe('permission.denied');
    },
  );
});

describe('the books', () => {
  test('count a payment that is told late from its value date: the instalment was paid when the last of its money came in', async () => {
    const loan = await lend(monthly(1, 10));
    const [later, earlier] = [daysAgo(1), daysAgo(5)];
    await pay(loan, '600.00', later);
    await pay(loan, '450.00', earlier);

    const { instalments, payments: all } = await shown(loan);

    expect(instalments[0]?.paidAt).toBe(later);
    expect(all.map(({ allocated }) => allocated)).toEqual([
      [{ instalment: 1, principal: '400.00', interest: '50.00' }],
      [{ instalment: 1, principal: '600.00', interest: '0.00' }],
    ]);
  });

  test('take one reversal of a payment, and no row of them is changed or removed', async () => {
    const loan = await lend(monthly(1, 10));
    const paid = await pay(loan, '100.00');
    await reverse(loan, paid);
    const sql = async (text: string): Promise<unknown> => company.db.pool.query(text, [loan]);

    await expect(
      sql(
        `INSERT INTO payment_reversals (id, payment_id, loan_id, sealed_reason, reversed_at, reversed_by, created_at)
         SELECT gen_random_uuid(), payment_id, loan_id, sealed_reason, reversed_at, reversed_by, created_at FROM payment_reversals WHERE loan_id = $1`,
      ),
    ).rejects.toThrow(/payment_reversals_payment_id_key/);
    for (const [table, column] of [
      ['payments', 'amount_fen'],
      ['payment_allocations', 'principal_fen'],
      ['payment_reversals', 'reversed_by'],
    ] as const) {
      await expect(sql(`UPDATE ${table} SET ${column} = ${column} WHERE loan_id = $1`)).rejects.toThrow('append-only');
      await expect(sql(`DELETE FROM ${table} WHERE loan_id = $1`)).rejects.toThrow('append-only');
      await expect(company.db.pool.query(`TRUNCATE ${table} CASCADE`)).rejects.toThrow('append-only');
    }
  });

  test('do not show the reason in plain', async () => {
    const loan = await lend(monthly(1, 10));
    await reverse(loan, await pay(loan, '100.00'), { reason: '何女士的支票被退' });
    const { rows } = await company.db.pool.query<{ sealed_reason: Buffer }>(
      'SELECT sealed_reason FROM payment_reversals WHERE loan_id = $1',
      [loan],
    );

    expect(rows).toHaveLength(1);
    expect(rows[0]?.sealed_reason.includes('支票')).toBe(false);
  });
});

describe('reminders after a reversal', () => {
  test('come at their time where that lies ahead; what went by while it was paid has lapsed; what was sent is not sent again', async () => {
    const loan = await lend(monthly(2, 4));
    await company.advance(DAY_MS); // past the day three days before
    await remind();
    expect(await stagesOf(loan, 1)).toEqual({ threeDaysBefore: 'message' });
    const paid = await pay(loan, '1050.00');
    await company.advance(2 * DAY_MS); // past the day before
    await remind();

    await reverse(loan, paid);

    expect(await stagesOf(loan, 1)).toEqual({ threeDaysBefore: 'message', dayBefore: 'LAPSED' });
    await remind();
    expect(await stagesOf(loan, 1)).toEqual({ threeDaysBefore: 'message', dayBefore: 'LAPSED' });
    await company.advance(3 * DAY_MS);
    await remind();
    expect(await stagesOf(loan, 1)).toEqual({
      threeDaysBefore: 'message',
      dayBefore: 'LAPSED',
      dueDay: 'LAPSED',
      dayAfter: 'message',
    });
    expect(await company.count(`outbox WHERE kind = 'reminder' AND subject_id = $1`, [loan])).toBe(2);
  });

  test('that are all past have lapsed, paid and reversed again or not; the next instalment is reminded of', async () => {
    const loan = await lend(monthly(2, 4));
    await reverse(loan, await pay(loan, '1050.00'));
    const paid = await pay(loan, '1050.00');
    await company.advance(10 * DAY_MS);
    await remind();
    await reverse(loan, paid);

    await remind();

    expect(await stagesOf(loan, 1)).toEqual({
      threeDaysBefore: 'LAPSED',
      dayBefore: 'LAPSED',
      dueDay: 'LAPSED',
      dayAfter: 'LAPSED',
    });
    const { rows } = await company.db.pool.query('SELECT next_instalment, next_stage FROM loans WHERE id = $1', [loan]);
    expect(rows).toEqual([{ next_instalment: 2, next_stage: 'threeDaysBefore' }]);
  });

  test('come, too, where nobody has looked since they fell due: nothing was paid after all', async () => {
    const loan = await lend([
      { due: 4, principal: 100_000, interest: 0 },
      { due: 4, principal: 100_000, interest: 0 },
    ]);
    const paid = await pay(loan, '1000.00');
    await company.advance(DAY_MS); // the second instalment's first stage is due, nobody looks
    await reverse(loan, paid);

    await remind();

    expect([await stagesOf(loan, 1), await stagesOf(loan, 2)]).toEqual([
      { threeDaysBefore: 'message' },
      { threeDaysBefore: 'message' },
    ]);
  });
});

describe('those concerned', () => {
  test('hear of it: the customer politely and without the reason, the owner with it; both stand on the file, and the audit has it', async () => {
    const loan = await lend(monthly(1, 10));
    const paidAt = new Date(daysAgo(2));
    const on = dateIn(paidAt, 'Asia/Shanghai');
    const day = dayText(on, 'zh-CN', dateIn(NOON, 'Asia/Shanghai'));
    await reverse(loan, await pay(loan, '1050.00', paidAt.toISOString()));

    const { items } = (await company.call(MANAGER, 'timeline.read', { id: customer.id, limit: 200 })) as {
      items: readonly { text: string; actor: { kind: string } }[];
    };
    const texts = items.map(({ text }) => text);
    expect(texts.slice(-3)).toEqual([
      `已登记您 ${day} 的还款 1,050.00 元（L${numbers}），计入第 1 期。已全部还清，谢谢。`,
      expect.stringMatching(
        new RegExp(`^更正：之前登记的 ${day} 还款 1,050.00 元（L${numbers}）未到账或登记有误，已经撤销`, 'u'),
      ),
      expect.stringMatching(
        new RegExp(`L${numbers}：${on} 登记的还款 1,050.00 元已撤销（支票退票），相应期数重新待还。$`, 'u'),
      ),
    ]);
    expect(texts.at(-2)).not.toContain(REASON);
    const { rows } = await company.db.pool.query<{ purpose: string }>(
      `SELECT purpose FROM outbox WHERE customer_id = $1 ORDER BY id DESC LIMIT 1`,
      [customer.id],
    );
    expect(rows).toEqual([{ purpose: 'SERVICE' }]);
    expect(
      await company.count(
        `audit_entries WHERE action = 'loan.reversePayment' AND outcome = 'DONE' AND subject_id = $1`,
        [loan],
      ),
    ).toBe(1);
  });

  test('read the reason without the name and the numbers that stand in it', async () => {
    const loan = await lend(monthly(1, 10));
    const reason = '何女士 13800138000 说不是她转的';

    await reverse(loan, await pay(loan, '1050.00'), { reason });
    await company.drain();

    const said = company.channels.wecom.said('xiaolin').at(-1) ?? '';
    expect(said).toContain('已撤销（何** 138****8000 说不是她转的），相应期数重新待还。');
  });

  test('with more money than is owed the customer hears what becomes of it', async () => {
    await pay(await lend(monthly(1, 10)), '1100.00');

    const { items } = (await company.call(MANAGER, 'timeline.read', { id: customer.id, limit: 200 })) as {
      items: readonly { text: string }[];
    };
    expect(items.at(-1)?.text).toContain('多出的 50.00 元记为溢缴款');
  });

  /** What the customer is told of a payment, after its amount and loan. */
  async function toldOf(loan: string, amount: string, paidAt?: string): Promise<string | undefined> {
    await pay(loan, amount, paidAt);
    const { items } = (await company.call(MANAGER, 'timeline.read', { id: customer.id, limit: 200 })) as {
      items: readonly { text: string }[];
    };
    return items.at(-1)?.text.replace(/^.*（L\d+）/u, '');
  }

  test('the customer hears once where each fen of a payment went, when one of an earlier day comes late too', async () => {
    const [settled, nearly, running] = [
      await lend(monthly(2, 10)),
      await lend(monthly(2, 10)),
      await lend(monthly(3, 10)),
    ];
    await pay(settled, '2100.00');
    await pay(nearly, '1500.00');
    await pay(running, '1050.00');

    expect(await toldOf(settled, '1050.00', daysAgo(5))).toBe(
      '。多出的 1,050.00 元记为溢缴款，用途请与顾问商量。已全部还清，谢谢。',
    );
    expect(await toldOf(nearly, '1000.00', daysAgo(5))).toBe(
      '，其中 600.00 元计入第 2 期。多出的 400.00 元记为溢缴款，用途请与顾问商量。已全部还清，谢谢。',
    );
    expect(await toldOf(running, '1050.00', daysAgo(5))).toBe('，计入第 2 期。看余下的回「账单」。');
  });

  test('the customer hears which instalments a payment went to, and what is overdue all the same', async () => {
    const loan = await lend([-80, -50, -20, 10].map((due) => ({ due, principal: 100_000, interest: 5_000 })));
    const told = async (amount: string): Promise<string | undefined> => toldOf(loan, amount);

    expect(await told('100.00')).toBe('，计入第 1 期。逾期的还有 3,050.00 元没有还清。看余下的回「账单」。');
    expect(await told('1400.00')).toBe('，计入第 1–2 期。逾期的还有 1,650.00 元没有还清。看余下的回「账单」。');
    expect(await told('1650.00')).toBe('，计入第 2–3 期。看余下的回「账单」。');
    expect(await told('1050.00')).toBe('，计入第 4 期。已全部还清，谢谢。');
    expect(await told('1.00')).toBe('。多出的 1.00 元记为溢缴款，用途请与顾问商量。已全部还清，谢谢。');
  });
});

describe('at the same moment', () => {
  test('a reversal and a new payment of one loan both count, whoever comes first', async () => {
    for (let round = 0; round < 4; round += 1) {
      const [loan, fresh] = [await lend(monthly(3, 10)), await lend(monthly(3, 10))];
      const paidAt = daysAgo(1);
      const mistake = await pay(loan, '1500.00', daysAgo(2));

      await Promise.all([reverse(loan, mistake), pay(loan, '1200.00', paidAt)]);

      await pay(fresh, '1200.00', paidAt);
      expect(await standing(loan)).toEqual(await standing(fresh));
    }
  });

  test('two reversals of one payment are one', async () => {
    const loan = await lend(monthly(2, 10));
    const paid = await pay(loan, '1050.00');

    const answers = await Promise.all([reverse(loan, paid), reverse(loan, paid)]);

    expect(answers.filter(({ isReplay }) => isReplay)).toHaveLength(1);
    expect(new Set(answers.map(({ reversalId }) => reversalId)).size).toBe(1);
    expect(await company.count('payment_reversals WHERE loan_id = $1', [loan])).toBe(1);
  });
});
