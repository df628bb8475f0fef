/** Loans: made from an approved application, paid, read. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { dateIn, type BusinessDate } from '../../lib/business-date.ts';
import { AppError } from '../../lib/errors.ts';
import { groupedYuan } from '../../lib/i18n.ts';
import { newId } from '../../lib/ids.ts';
import { fen, formatYuan, parseYuan } from '../../lib/money.ts';
import { statement } from '../../db/database.ts';
import { applicationByRef, type ApplicationRow } from '../applications/index.ts';
import { customerInScope, CUSTOMER_ACCESS, customerNumber, findCustomer } from '../customers/index.ts';
import { closeLead } from '../leads/index.ts';
import { productById } from '../products/index.ts';
import { buildSchedule } from '../repayments/index.ts';
import { loanErrors } from './loan-errors.ts';
import { loanNumber, openFen, spreadPayment } from './loan.ts';
import {
  addCredit,
  findPayment,
  insertInstalments,
  insertLoan,
  insertPayment,
  instalmentsOf,
  loanByRef,
  loanOfApplication,
  loansOfCustomer,
  lockLoan,
  writeAllocation,
  type InstalmentRow,
  type LoanRow,
} from './loan-store.ts';

const instalment = z.object({
  number: z.int(),
  dueOn: z.string(),
  principal: z.string(),
  interest: z.string(),
  total: z.string(),
  open: z.string(),
  paidAt: z.string().nullable(),
});
const loanView = z.object({
  id: z.string(),
  number: z.string(),
  customerId: z.string(),
  customer: z.string(),
  principal: z.string(),
  annualRate: z.string(),
  termMonths: z.int(),
  method: z.string(),
  startOn: z.string(),
  state: z.string(),
  credit: z.string(),
  instalments: z.array(instalment),
});

const SHOWN_INSTALMENTS = 6;

const APPROVED = statement(
  'loans-evidence',
  `SELECT a.id FROM approvals a JOIN instances i ON i.id = a.instance_id WHERE a.application_id = $1 AND a.state = 'APPROVED' AND i.subject_id = $1
   AND NOT EXISTS (SELECT 1 FROM approvals o WHERE o.instance_id = a.instance_id AND (o.state = 'OPEN' OR (o.state IN ('REJECTED', 'RECALLED', 'STOPPED'))))`,
);

export const createLoan = defineOperation({
  name: 'loan.create',
  summary: 'Makes the loan of an approved application with its repayment schedule; called by the approval process',
  access: { system: 'all' },
  input: z.strictObject({ application: z.string().min(1).max(64) }),
  output: z.object({ loanId: z.string(), loanNumber: z.string() }),
  subject: (_input, output) => (output ? { kind: 'loan', id: output.loanId } : undefined),
  async run(ctx, input) {
    const application = await applicationByRef(ctx.tx, input.application);
    if (!application) throw new AppError(loanErrors['loan.not_found']);
    const existing = await loanOfApplication(ctx.tx, application.id);
    if (existing) return { loanId: existing.id, loanNumber: loanNumber(existing.number) };
    if ((await ctx.tx.query(APPROVED, [application.id])).length === 0)
      throw new AppError(loanErrors['loan.application_not_approved']);
    return make(ctx, application);
  },
});

async function make(ctx: Ctx, application: ApplicationRow): Promise<{ loanId: string; loanNumber: string }> {
  const product = await productById(ctx.tx, application.product_id);
  if (!product) throw new AppError(loanErrors['loan.not_found']);
  const startOn = dateIn(ctx.now, ctx.services.companyZone);
  const id = newId();
  const number = await insertLoan(ctx.tx, {
    id,
    customer_id: application.customer_id,
    application_id: application.id,
    principal_fen: application.amount_fen,
    annual_rate: application.annual_rate,
    term_months: application.term_months,
    method: application.method,
    start_on: startOn,
    dayCount: product.terms.dayCount,
    now: ctx.now,
  });
  if (number === undefined) throw new Error('loan not inserted');
  await insertInstalments(ctx.tx, id, planOf(application, product.terms.dayCount, startOn));
  await closeLead(ctx.tx, application.lead_id, 'F90', ctx.now);
  await ctx.callAsSystem('reminder.plan', { loanId: id });
  ctx.effects.touch(application.customer_id);
  await tellOfLoan(ctx, application, { id, number: loanNumber(number) });
  return { loanId: id, loanNumber: loanNumber(number) };
}

/** What was decided, never what might be: it is said once the loan stands. */
async function tellOfLoan(
  ctx: Ctx,
  application: ApplicationRow,
  loan: { readonly id: string; readonly number: string },
): Promise<void> {
  const [first] = await instalmentsOf(ctx.tx, loan.id);
  await ctx.callAsSystem('customer.notify', {
    customerId: application.customer_id,
    text: 'flows.customer-notice.loan',
    params: {
      loan: loan.number,
      amount: groupedYuan(application.amount_fen),
      term: application.term_months,
      due: first?.due_on ?? '',
    },
  });
}

function planOf(
  application: ApplicationRow,
  dayCount: string,
  startOn: BusinessDate,
): ReturnType<typeof buildSchedule> {
  return buildSchedule({
    principalFen: fen(application.amount_fen),
    annualRate: application.annual_rate,
    instalmentCount: application.term_months,
    startOn,
    method: application.method === 'INTEREST_ONLY' ? 'INTEREST_ONLY' : 'EQUAL_INSTALMENT',
    dayCount: dayCount === 'ACT/365' ? 'ACT/365' : dayCount === 'ACT/360' ? 'ACT/360' : '30/360',
  });
}

/** Money may come before the loan is written down, but not by a year: then the year or the loan is mistyped. */
const EARLY_MS = 366 * 86_400_000;
const MAX_PAYMENT_FEN = 100_000_000_000_000n; // 10^12 yuan: beyond it a figure is a typing error

const paymentView = z.object({
  paymentId: z.string(),
  loanId: z.string(),
  amount: z.string(),
  isReplay: z.boolean(),
  allocated: z.array(z.object({ instalment: z.int(), principal: z.string(), interest: z.string() })),
  credit: z.string(),
  state: z.string(),
});

export const recordPayment = defineOperation({
  name: 'loan.recordPayment',
  summary: 'Records a payment once per external id and stops the reminders of what it pays',
  access: { collector: 'all', manager: 'all', admin: 'all', team_lead: 'team' },
  input: z.strictObject({
    id: z.string().min(1).max(64),
    externalId: z.string().trim().min(1).max(128),
    amount: z.string(),
    paidAt: z.iso.datetime({ offset: true }),
  }),
  output: paymentView,
  http: { method: 'POST', path: '/loans/{id}/payments' },
  example: { externalId: 'bank-20261220-0001', amount: '3280.50', paidAt: '2026-12-20T09:30:00+08:00' },
  subject: (_input, output) => (output ? { kind: 'loan', id: output.loanId } : undefined),
  async run(ctx, input) {
    const loan = await loanInScope(ctx, input.id);
    const amountFen = parseYuan(input.amount);
    if (amountFen === undefined || amountFen <= 0n || amountFen > MAX_PAYMENT_FEN)
      throw new AppError(loanErrors['payment.invalid_amount'], {
        faults: [
          { pointer: '/amount', code: 'invalid_amount', message: 'an amount above 0.00 with two decimals is expected' },
        ],
      });
    const paidAt = new Date(input.paidAt);
    if (paidAt.getTime() > ctx.now.getTime() + 86_400_000)
      throw new AppError(loanErrors['payment.in_future'], {
        faults: [{ pointer: '/paidAt', code: 'in_future', message: 'the instant lies in the future' }],
      });
    if (paidAt.getTime() < Date.parse(loan.start_on) - EARLY_MS)
      throw new AppError(loanErrors['payment.before_loan'], {
        faults: [{ pointer: '/paidAt', code: 'before_loan', message: `the loan begins on ${loan.start_on}` }],
      });
    await lockLoan(ctx.tx, loan.id);
    const earlier = await findPayment(ctx.tx, input.externalId);
    if (earlier) return replay(ctx, loan, earlier, amountFen);
    const id = newId();
    const { parts, leftFen } = spreadPayment(await instalmentsOf(ctx.tx, loan.id), amountFen);
    const isFirst = await insertPayment(ctx.tx, {
      id,
      loan_id: loan.id,
      external_id: input.externalId,
      amount_fen: amountFen,
      paid_at: paidAt,
      recordedBy: ctx.actor.id,
      now: ctx.now,
    });
    // The same external id on another loan at the same moment: the loans' locks do not keep them apart, its key does.
    if (!isFirst) throw new AppError(loanErrors['payment.external_id_reused']);
    await writeAllocation(ctx.tx, { id, loanId: loan.id, paidAt }, parts);
    await addCredit(ctx.tx, loan.id, leftFen, ctx.now);
    await ctx.callAsSystem('reminder.plan', { loanId: loan.id });
    ctx.effects.touch(loan.customer_id);
    const state = (await lockLoan(ctx.tx, loan.id))?.state ?? 'ACTIVE';
    await ctx.callAsSystem('customer.notify', {
      customerId: loan.customer_id,
      text: 'flows.customer-notice.paid',
      params: {
        loan: loanNumber(loan.number),
        amount: groupedYuan(amountFen),
        on: dateIn(paidAt, ctx.services.companyZone),
        state,
      },
    });
    return {
      paymentId: id,
      loanId: loan.id,
      amount: formatYuan(amountFen),
      isReplay: false,
      allocated: parts.map((part) => ({
        instalment: part.instalment,
        principal: formatYuan(part.principalFen),
        interest: formatYuan(part.interestFen),
      })),
      credit: formatYuan(leftFen),
      state,
    };
  },
});

const ALLOCATED = statement(
  'payments-allocated',
  'SELECT instalment, principal_fen, interest_fen FROM payment_allocations WHERE payment_id = $1 ORDER BY instalment',
);

/** The same external id again: the first answer, or a refusal when it now means something else. */
async function replay(
  ctx: Ctx,
  loan: LoanRow,
  earlier: { readonly id: string; readonly loan_id: string; readonly amount_fen: bigint },
  amountFen: bigint,
): Promise<z.output<typeof paymentView>> {
  if (earlier.loan_id !== loan.id || earlier.amount_fen !== amountFen)
    throw new AppError(loanErrors['payment.external_id_reused']);
  const rows = await ctx.tx.query<{ instalment: number; principal_fen: bigint; interest_fen: bigint }>(ALLOCATED, [
    earlier.id,
  ]);
  const allocated = rows.reduce((sum, row) => sum + row.principal_fen + row.interest_fen, 0n);
  return {
    paymentId: earlier.id,
    loanId: loan.id,
    amount: formatYuan(amountFen),
    isReplay: true,
    allocated: rows.map((row) => ({
      instalment: row.instalment,
      principal: formatYuan(row.principal_fen),
      interest: formatYuan(row.interest_fen),
    })),
    credit: formatYuan(amountFen - allocated),
    state: loan.state,
  };
}

export const getLoan = defineOperation({
  name: 'loan.get',
  summary: 'Reads a loan with its schedule',
  access: CUSTOMER_ACCESS,
  input: z.strictObject({ id: z.string().min(1).max(64) }),
  output: loanView,
  http: { method: 'GET', path: '/loans/{id}' },
  readOnly: true,
  async run(ctx, input) {
    return describeLoan(ctx, await loanInScope(ctx, input.id));
  },
});

export const listLoans = defineOperation({
  name: 'loan.list',
  summary: 'The loans of a customer with their schedules',
  access: CUSTOMER_ACCESS,
  input: z.strictObject({ customer: z.string().min(1).max(64) }),
  output: z.object({ customer: z.string(), name: z.string(), items: z.array(loanView), nextCursor: z.null() }),
  http: { method: 'GET', path: '/customers/{customer}/loans' },
  readOnly: true,
  async run(ctx, input) {
    const customer = await customerInScope(ctx, input.customer);
    const items = [];
    for (const loan of await loansOfCustomer(ctx.tx, customer.id)) items.push(await describeLoan(ctx, loan));
    return { customer: customerNumber(customer.number), name: customer.name_masked, items, nextCursor: null };
  },
});

const planRow = z.object({ loan: z.string(), n: z.int(), due: z.string(), total: z.string(), state: z.string() });

export const listRepayments = defineOperation({
  name: 'repayment.list',
  summary: 'What a customer has to pay, instalment by instalment: the open ones and the last paid one',
  access: CUSTOMER_ACCESS,
  input: z.strictObject({ customer: z.string().min(1).max(64) }),
  output: z.object({
    customer: z.string(),
    items: z.array(planRow),
    /** Instalments still to come after those that are listed. */
    more: z.int(),
    nextCursor: z.null(),
  }),
  http: { method: 'GET', path: '/customers/{customer}/repayments' },
  readOnly: true,
  async run(ctx, input) {
    const customer = await customerInScope(ctx, input.customer);
    const items: z.output<typeof planRow>[] = [];
    let more = 0;
    const today = dateIn(ctx.now, ctx.services.companyZone);
    for (const loan of await loansOfCustomer(ctx.tx, customer.id)) {
      const rows = await instalmentsOf(ctx.tx, loan.id);
      const firstOpen = rows.findIndex((row) => row.paid_at === null);
      const shown =
        firstOpen < 0 ? rows.slice(-1) : rows.slice(Math.max(0, firstOpen - 1), firstOpen + SHOWN_INSTALMENTS);
      more += rows.length - (shown.at(-1)?.number ?? rows.length);
      for (const row of shown) {
        const state = row.paid_at !== null ? 'paid' : row.due_on < today ? 'overdue' : 'open';
        items.push({
          loan: loanNumber(loan.number),
          n: row.number,
          due: row.due_on,
          total: formatYuan(row.principal_fen + row.interest_fen),
          state: ctx.t(`loan.instalment.${state}`),
        });
      }
    }
    return { customer: customerNumber(customer.number), items, more, nextCursor: null };
  },
});

async function loanInScope(ctx: Ctx, ref: string): Promise<LoanRow> {
  const loan = await loanByRef(ctx.tx, ref);
  if (!loan) throw new AppError(loanErrors['loan.not_found']);
  await customerInScope(ctx, loan.customer_id);
  return loan;
}

async function describeLoan(ctx: Ctx, loan: LoanRow): Promise<z.output<typeof loanView>> {
  const customer = await findCustomer(ctx.tx, loan.customer_id);
  return {
    id: loan.id,
    number: loanNumber(loan.number),
    customerId: loan.customer_id,
    customer: customerNumber(customer?.number ?? 0),
    principal: formatYuan(loan.principal_fen),
    annualRate: loan.annual_rate,
    termMonths: loan.term_months,
    method: loan.method,
    startOn: loan.start_on,
    state: loan.state,
    credit: formatYuan(loan.credit_fen),
    instalments: (await instalmentsOf(ctx.tx, loan.id)).map(describeInstalment),
  };
}

function describeInstalment(row: InstalmentRow): z.output<typeof instalment> {
  return {
    number: row.number,
    dueOn: row.due_on,
    principal: formatYuan(row.principal_fen),
    interest: formatYuan(row.interest_fen),
    total: formatYuan(row.principal_fen + row.interest_fen),
    open: formatYuan(openFen(row)),
    paidAt: row.paid_at?.toISOString() ?? null,
  };
}
