/** Payments: recorded once per external id. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { addDays, dateIn } from '../../lib/business-date.ts';
import { AppError } from '../../lib/errors.ts';
import { groupedYuan } from '../../lib/i18n.ts';
import { newId } from '../../lib/ids.ts';
import { formatYuan, LARGEST_FEN, parseYuan } from '../../lib/money.ts';
import { loanNumber } from '../customers/index.ts';
import { loanErrors } from './loan-errors.ts';
import { loanInScope } from './loan-operations.ts';
import { instalmentsOf, owesElsewhere, type LoanRow } from './loan-store.ts';
import { openFen } from './loan.ts';
import { findPayment, insertPayment, postedBy, type PaymentRow } from './payment-store.ts';
import {
  allocated,
  describeShare,
  instant,
  lockedLoan,
  refuseInstant,
  SAID_TO_HAVE_PAID,
  settleLoan,
  totalOf,
} from './posting.ts';
import { netOf, type Share } from './settlement.ts';

/** Money may come before the loan is written down, but not by more than a year: then the year or the loan is mistyped. */
const EARLY_MS = 366 * 86_400_000;

const paymentView = z.object({
  paymentId: z.string(),
  loanId: z.string(),
  amount: z.string(),
  isReplay: z.boolean(),
  /** True when this is the answer to a payment that was reversed meanwhile: it does not count any more. */
  isReversed: z.boolean(),
  allocated,
  credit: z.string(),
  state: z.string(),
});

export const recordPayment = defineOperation({
  name: 'loan.recordPayment',
  summary:
    'Records a payment once per external id and stops the reminders of what it pays: the oldest instalments first, those not due yet as planned; what the whole loan does not need is credit',
  access: { collector: 'all', manager: 'all', admin: 'all', team_lead: 'team' },
  input: z.strictObject({
    id: z.string().min(1).max(64),
    externalId: z
      .string()
      .trim()
      .min(1)
      .max(128)
      .describe(
        'The bank’s or your own reference of the payment. It stands in plain columns and addresses: never personal data',
      ),
    amount: z.string(),
    paidAt: instant,
  }),
  output: paymentView,
  http: { method: 'POST', path: '/loans/{id}/payments', creates: ({ isReplay }) => !isReplay },
  example: { externalId: 'bank-20261220-0001', amount: '3280.50', paidAt: '2026-12-20T09:30:00+08:00' },
  subject: (_input, output) => (output ? { kind: 'loan', id: output.loanId } : undefined),
  async run(ctx, input) {
    const seen = await loanInScope(ctx, input.id);
    const amountFen = requireAmount(input.amount);
    const paidAt = new Date(input.paidAt);
    refuseInstant(ctx, 'paidAt', paidAt);
    if (paidAt.getTime() < Date.parse(seen.start_on) - EARLY_MS)
      throw new AppError(loanErrors['payment.before_loan'], {
        params: { start: seen.start_on },
        faults: [{ pointer: '/paidAt', code: 'before_loan', message: 'fault.before_loan' }],
      });
    const loan = await lockedLoan(ctx, seen);
    const earlier = await findPayment(ctx.tx, input.externalId);
    if (earlier) return replayPayment(ctx, loan, earlier, { amountFen, paidAt });
    const payment = { id: newId(), amount_fen: amountFen, paid_at: paidAt };
    const isFirst = await insertPayment(ctx.tx, {
      ...payment,
      loanId: loan.id,
      externalId: input.externalId,
      recordedBy: ctx.actor.id,
      now: ctx.now,
    });
    // The same external id on another loan at the same moment: the loans' locks do not keep them apart, its key does.
    if (!isFirst) throw new AppError(loanErrors['payment.external_id_reused']);
    const { state, creditFen, postings } = await settleLoan(ctx, loan, payment.id);
    const own = postings.filter(({ paymentId }) => paymentId === payment.id);
    await endSaidToHavePaid(ctx, loan, payment);
    await tellOfPayment(ctx, loan, payment, { state, creditedFen: creditFen - loan.credit_fen, paid: netOf(postings) });
    return paymentAnswer({ loan, payment, state, isReplay: false, isReversed: false }, own);
  },
});

/** A transfer takes its days, and a weekend lies between: for so long a payment is the one that somebody spoke of. */
const BANK_DAYS = 5;

/**
 * What he said he has paid was to be looked up: here it is, unless it is an earlier payment, or he may have meant another loan
 * of which something is due. A reversal brings it back.
 */
async function endSaidToHavePaid(
  ctx: Ctx,
  loan: LoanRow,
  { id, paid_at: paidAt }: { readonly id: string; readonly paid_at: Date },
): Promise<void> {
  const dueBy = addDays(dateIn(ctx.now, ctx.services.companyZone), BANK_DAYS);
  if (await owesElsewhere(ctx.tx, loan, dueBy)) return;
  await ctx.callAsSystem('task.finishAbout', {
    kind: SAID_TO_HAVE_PAID,
    subject: { kind: 'customer', id: loan.customer_id },
    madeUntil: new Date(paidAt.getTime() + BANK_DAYS * 86_400_000).toISOString(),
    endedBy: id,
  });
}

/**
 * The customer hears what his money changed: which instalments it went to, the oldest first, what of it is credit, and what is
 * overdue all the same. A payment of an earlier day moves those after it on, and where it is booked itself is paid already: he
 * hears of the instalments that are paid by it now.
 */
async function tellOfPayment(
  ctx: Ctx,
  loan: LoanRow,
  payment: { readonly amount_fen: bigint; readonly paid_at: Date },
  {
    state,
    creditedFen,
    paid,
  }: { readonly state: string; readonly creditedFen: bigint; readonly paid: readonly Share[] },
): Promise<void> {
  const { companyZone } = ctx.services;
  const today = dateIn(ctx.now, companyZone);
  const overdue = (await instalmentsOf(ctx.tx, loan.id)).filter((one) => one.due_on < today);
  const overdueFen = overdue.reduce((sum, one) => sum + openFen(one), 0n);
  const orNone = (fen: bigint): string => (fen > 0n ? groupedYuan(fen) : 'none');
  await ctx.callAsSystem('customer.notify', {
    customerId: loan.customer_id,
    text: 'flows.customer-notice.paid',
    params: {
      loan: loanNumber(loan.number),
      amount: groupedYuan(payment.amount_fen),
      on: dateIn(payment.paid_at, companyZone),
      state,
      credit: orNone(creditedFen),
      instalments: paid.length,
      first: paid.at(0)?.instalment ?? 0,
      last: paid.at(-1)?.instalment ?? 0,
      towards: creditedFen > 0n ? groupedYuan(totalOf(paid)) : 'all',
      overdue: orNone(overdueFen),
    },
  });
}

/** The same external id again: the first answer, or a refusal when it now means something else. */
async function replayPayment(
  ctx: Ctx,
  loan: LoanRow,
  payment: PaymentRow,
  again: { readonly amountFen: bigint; readonly paidAt: Date },
): Promise<z.output<typeof paymentView>> {
  const isSame = payment.amount_fen === again.amountFen && payment.paid_at.getTime() === again.paidAt.getTime();
  if (payment.loan_id !== loan.id || !isSame) throw new AppError(loanErrors['payment.external_id_reused']);
  const posted = await postedBy(ctx.tx, loan.id, payment.id);
  const isReversed = payment.reversal_id !== null;
  return paymentAnswer(
    { loan, payment, state: loan.state, isReplay: true, isReversed },
    posted.filter(({ paymentId }) => paymentId === payment.id),
  );
}

function paymentAnswer(
  of: {
    readonly loan: LoanRow;
    readonly payment: { readonly id: string; readonly amount_fen: bigint };
    readonly state: string;
    readonly isReplay: boolean;
    readonly isReversed: boolean;
  },
  shares: readonly Share[],
): z.output<typeof paymentView> {
  return {
    paymentId: of.payment.id,
    loanId: of.loan.id,
    amount: formatYuan(of.payment.amount_fen),
    isReplay: of.isReplay,
    isReversed: of.isReversed,
    allocated: shares.map(describeShare),
    credit: formatYuan(of.payment.amount_fen - totalOf(shares)),
    state: of.state,
  };
}

function requireAmount(text: string): bigint {
  const amountFen = parseYuan(text);
  if (amountFen !== undefined && amountFen > 0n && amountFen <= LARGEST_FEN) return amountFen;
  throw new AppError(loanErrors['payment.invalid_amount'], {
    faults: [{ pointer: '/amount', code: 'invalid_amount', message: 'fault.amount' }],
  });
}
