/** What a customer has to pay, as he and his colleagues here read it in one message. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { dateIn, type BusinessDate } from '../../lib/business-date.ts';
import { AppError } from '../../lib/errors.ts';
import { dayText, groupedYuan } from '../../lib/i18n.ts';
import { formatYuan } from '../../lib/money.ts';
import { customerInScope, CUSTOMER_ACCESS, customerNumber, loanNumber } from '../customers/index.ts';
import { loanErrors } from './loan-errors.ts';
import { instalmentsOf, loanByRef, loansOfCustomer, type InstalmentRow, type LoanRow } from './loan-store.ts';
import { openFen } from './loan.ts';
import { planLines, type PlanLine } from './plan-lines.ts';

const planRow = z.object({
  loan: z.string(),
  n: z.int(),
  due: z.string(),
  /** `due` in the caller's words: 12月20日. */
  day: z.string(),
  total: z.string(),
  state: z.string(),
});

export const listRepayments = defineOperation({
  name: 'repayment.list',
  summary:
    'What a customer has to pay, in at most twenty instalments: what is overdue, the oldest first, the next ones and the last paid one; of one loan, if it is named',
  access: CUSTOMER_ACCESS,
  input: z.strictObject({ customer: z.string().min(1).max(64), loan: z.string().min(1).max(64).optional() }),
  output: z.object({
    customer: z.string(),
    items: z.array(planRow),
    /** Instalments still to come that are not listed. */
    more: z.int(),
    /** All that is still to be paid by the plan, principal and interest, listed or not; `none` where nothing is. */
    left: z.string(),
    /** All instalments that are overdue, and what is open of them. */
    overdue: z.int(),
    overdueAmount: z.string(),
    /** The day of the oldest of them in the caller's words; `none` without one. */
    overdueFrom: z.string(),
    /** How many of them are not listed: 0 unless they are too many for one message. */
    unlisted: z.int(),
    nextCursor: z.null(),
  }),
  http: { method: 'GET', path: '/customers/{customer}/repayments' },
  readOnly: true,
  async run(ctx, input) {
    const customer = await customerInScope(ctx, input.customer);
    const today = dateIn(ctx.now, ctx.services.companyZone);
    const plans = [];
    for (const loan of await loansMeant(ctx, customer.id, input.loan))
      plans.push({ loan, rows: await instalmentsOf(ctx.tx, loan.id) });
    const { lines, overdue, unlisted, more } = planLines(plans, today);
    const left = plans.flatMap(({ rows }) => rows).reduce((sum, row) => sum + openFen(row), 0n);
    const oldest = overdue[0]?.row.due_on;
    return {
      customer: customerNumber(customer.number),
      items: lines.map((line) => describeLine(ctx, line, today)),
      more,
      left: left === 0n ? 'none' : formatYuan(left),
      overdue: overdue.length,
      overdueAmount: formatYuan(overdue.reduce((sum, { row }) => sum + openFen(row), 0n)),
      overdueFrom: oldest === undefined ? 'none' : dayText(oldest, ctx.actor.language, today),
      unlisted,
      nextCursor: null,
    };
  },
});

/** All loans of the customer, or the one of them that is named. @throws AppError loan.not_found */
async function loansMeant(ctx: Ctx, customerId: string, ref: string | undefined): Promise<readonly LoanRow[]> {
  if (ref === undefined) return loansOfCustomer(ctx.tx, customerId);
  const loan = await loanByRef(ctx.tx, ref);
  if (loan?.customer_id !== customerId) throw new AppError(loanErrors['loan.not_found']);
  return [loan];
}

function describeLine(ctx: Ctx, { loan, row }: PlanLine<LoanRow>, today: BusinessDate): z.output<typeof planRow> {
  const state = row.paid_at === null ? unpaidState(row, today) : 'paid';
  return {
    loan: loanNumber(loan.number),
    n: row.number,
    due: row.due_on,
    day: dayText(row.due_on, ctx.actor.language, today),
    total: formatYuan(row.principal_fen + row.interest_fen),
    state: partly(ctx, row, ctx.t(`loan.instalment.${state}`)),
  };
}

/** On the day itself the plan says what the reminder of that day says. */
function unpaidState({ due_on: due }: InstalmentRow, today: BusinessDate): 'overdue' | 'due-today' | 'open' {
  if (due === today) return 'due-today';
  return due < today ? 'overdue' : 'open';
}

/** What is left of an instalment stands beside its state once some of it is paid. */
function partly(ctx: Ctx, row: InstalmentRow, state: string): string {
  const open = openFen(row);
  if (open === 0n || open === row.principal_fen + row.interest_fen) return state;
  return ctx.t('loan.instalment.partly', { state, open: groupedYuan(open) });
}
