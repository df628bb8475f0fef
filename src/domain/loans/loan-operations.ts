/** Loans: made from an approved application, read. What is paid is in `payment-operations.ts`. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation, type Operation } from '../../core/operations/operation.ts';
import { dateIn, type BusinessDate } from '../../lib/business-date.ts';
import { AppError } from '../../lib/errors.ts';
import { isLanguage, moneyText } from '../../lib/i18n.ts';
import { newId } from '../../lib/ids.ts';
import { fen, formatYuan } from '../../lib/money.ts';
import { applicationByRef, isApproved, type ApplicationRow } from '../applications/index.ts';
import { refusalOf } from '../consent/index.ts';
import { customerInScope, CUSTOMER_ACCESS, customerNumber, findCustomer, loanNumber } from '../customers/index.ts';
import { closeLead } from '../leads/index.ts';
import { productById, type Product } from '../products/index.ts';
import { buildSchedule } from '../repayments/index.ts';
import { loanErrors } from './loan-errors.ts';
import { openFen } from './loan.ts';
import {
  insertInstalments,
  insertLoan,
  instalmentsOf,
  loanByRef,
  loanOfApplication,
  loansOfCustomer,
  type InstalmentRow,
  type LoanRow,
} from './loan-store.ts';
import { paymentsOf, sharesOf } from './payment-store.ts';
import { allocated, describeShare } from './posting.ts';

const instalment = z.object({
  number: z.int(),
  dueOn: z.string(),
  principal: z.string(),
  interest: z.string(),
  total: z.string(),
  open: z.string(),
  paidAt: z.string().nullable(),
});
/** A payment in the order of its value, with what it pays now: a reversed one pays nothing. */
const payment = z.object({
  externalId: z.string(),
  amount: z.string(),
  paidAt: z.string(),
  reversedAt: z.string().nullable(),
  allocated,
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
  payments: z.array(payment),
});

/** `loan.create`; `reminderVersion` gives the version of the reminder flow that the loan keeps (design §3.13). */
export function createLoan(reminderVersion: () => string): Operation {
  return defineOperation({
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
      if (!(await isApproved(ctx, application))) throw new AppError(loanErrors['loan.application_not_approved']);
      // A refusal stops the case; should one get here all the same, it stands still and the managers are told.
      const refusal = await refusalOf(ctx.tx, application.customer_id, 'personal-information');
      if (refusal) throw new AppError(loanErrors[`loan.consent_${refusal}`]);
      return make(ctx, application, reminderVersion());
    },
  });
}

async function make(
  ctx: Ctx,
  application: ApplicationRow,
  reminderVersion: string,
): Promise<{ loanId: string; loanNumber: string }> {
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
    reminderVersion,
    now: ctx.now,
  });
  if (number === undefined) throw new Error('loan not inserted');
  await insertInstalments(ctx.tx, id, planOf(application, product.terms, startOn), ctx.now);
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
  const first = (await instalmentsOf(ctx.tx, loan.id)).find((row) => row.paid_at === null);
  const spoken = (await findCustomer(ctx.tx, application.customer_id))?.language ?? '';
  const language = isLanguage(spoken) ? spoken : 'zh-CN';
  await ctx.callAsSystem('customer.notify', {
    customerId: application.customer_id,
    text: 'flows.customer-notice.loan',
    params: {
      loan: loan.number,
      amount: moneyText(application.amount_fen, (key, params) => ctx.say(language, key, params)),
      term: application.term_months,
      due: first?.due_on ?? '',
    },
  });
}

function planOf(
  application: ApplicationRow,
  { method, dayCount }: Product['terms'],
  startOn: BusinessDate,
): ReturnType<typeof buildSchedule> {
  return buildSchedule({
    principalFen: fen(application.amount_fen),
    annualRate: application.annual_rate,
    instalmentCount: application.term_months,
    startOn,
    method,
    dayCount,
  });
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

/** The loan that is meant, if the actor may see its customer. @throws AppError loan.not_found */
export async function loanInScope(ctx: Ctx, ref: string): Promise<LoanRow> {
  const loan = await loanByRef(ctx.tx, ref);
  if (!loan) throw new AppError(loanErrors['loan.not_found']);
  await customerInScope(ctx, loan.customer_id, loanErrors['loan.not_found']);
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
    payments: await describePayments(ctx, loan.id),
  };
}

async function describePayments(ctx: Ctx, loanId: string): Promise<z.output<typeof payment>[]> {
  const shares = await sharesOf(ctx.tx, loanId);
  return (await paymentsOf(ctx.tx, loanId)).map((row) => ({
    externalId: row.external_id,
    amount: formatYuan(row.amount_fen),
    paidAt: row.paid_at.toISOString(),
    reversedAt: row.reversed_at?.toISOString() ?? null,
    allocated: shares.filter(({ paymentId }) => paymentId === row.id).map(describeShare),
  }));
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
