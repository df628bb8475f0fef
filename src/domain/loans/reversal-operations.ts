/** Reversals: a payment recorded by mistake is taken back by a counter-entry (lending §0 rule 13, §3.2). */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { dateIn } from '../../lib/business-date.ts';
import { AppError } from '../../lib/errors.ts';
import { groupedYuan } from '../../lib/i18n.ts';
import { newId } from '../../lib/ids.ts';
import { formatYuan } from '../../lib/money.ts';
import { findCustomer, hidingNames, loanNumber } from '../customers/index.ts';
import { loanErrors } from './loan-errors.ts';
import { loanInScope } from './loan-operations.ts';
import type { LoanRow } from './loan-store.ts';
import { findPayment, insertReversal, postedBy, type PaymentRow } from './payment-store.ts';
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
import { netOf, postingsFor, type Share } from './settlement.ts';

const reversalView = z.object({
  reversalId: z.string(),
  paymentId: z.string(),
  loanId: z.string(),
  amount: z.string(),
  reversedAt: z.string(),
  isReplay: z.boolean(),
  /** What is owed again, instalment by instalment, after the other payments were spread anew. */
  reopened: allocated,
  /** What is gone from the credit balance. */
  credit: z.string(),
  state: z.string(),
});

export const reversePayment = defineOperation({
  name: 'loan.reversePayment',
  summary:
    'Takes back a payment recorded by mistake: a counter-entry beside it, the other payments spread anew, reminders to come again',
  access: { manager: 'all', admin: 'all' },
  input: z.strictObject({
    id: z.string().min(1).max(64),
    externalId: z.string().trim().min(1).max(128),
    reason: z.string().trim().min(1).max(200),
    reversedAt: instant.optional(),
  }),
  output: reversalView,
  http: {
    method: 'POST',
    path: '/loans/{id}/payments/{externalId}/reversals',
    creates: ({ isReplay }) => !isReplay,
  },
  example: { reason: '支票退票', reversedAt: '2026-12-22T10:00:00+08:00' },
  subject: (_input, output) => (output ? { kind: 'loan', id: output.loanId } : undefined),
  async run(ctx, input) {
    const loan = await lockedLoan(ctx, await loanInScope(ctx, input.id));
    const payment = await findPayment(ctx.tx, input.externalId);
    if (payment?.loan_id !== loan.id) throw new AppError(loanErrors['payment.not_found']);
    const wanted = input.reversedAt === undefined ? undefined : new Date(input.reversedAt);
    if (payment.reversal_id !== null)
      return replayReversal(ctx, loan, payment, { reason: input.reason, reversedAt: wanted });
    if (wanted !== undefined) requireAfterPayment(ctx, wanted, payment);
    const reversal = { id: newId(), payment, reversedAt: wanted ?? ctx.now };
    await insertReversal(ctx.tx, {
      ...reversal,
      sealedReason: await sealReason(ctx, loan, reversal.id, input.reason),
      reversedBy: ctx.actor.id,
      now: ctx.now,
    });
    const { state, postings } = await settleLoan(ctx, loan, reversal.id);
    const ended = { kind: SAID_TO_HAVE_PAID, customerId: loan.customer_id, endedBy: payment.id };
    await ctx.callAsSystem('task.askAgainAbout', ended);
    await tellOfReversal(ctx, loan, payment, input.reason);
    return reversalAnswer({ ...reversal, state, isReplay: false }, postings);
  },
});

/** A second call: the first answer, or a refusal when it gives another reason or date for what is done already. */
async function replayReversal(
  ctx: Ctx,
  loan: LoanRow,
  payment: PaymentRow,
  again: { readonly reason: string; readonly reversedAt: Date | undefined },
): Promise<z.output<typeof reversalView>> {
  const { reversal_id: id, sealed_reason: sealed, reversed_at: reversedAt } = payment;
  if (id === null || sealed === null || reversedAt === null) throw new Error('a reversal without its row');
  const reason = (await ctx.keys.openAny(ctx.tx, reasonPlace(id), sealed))?.toString('utf8');
  const isSame =
    reason === again.reason && (again.reversedAt?.getTime() ?? reversedAt.getTime()) === reversedAt.getTime();
  if (!isSame) throw new AppError(loanErrors['payment.already_reversed']);
  const postings = await postedBy(ctx.tx, loan.id, id);
  return reversalAnswer({ id, payment, reversedAt, state: loan.state, isReplay: true }, postings);
}

function reversalAnswer(
  of: {
    readonly id: string;
    readonly payment: PaymentRow;
    readonly reversedAt: Date;
    readonly state: string;
    readonly isReplay: boolean;
  },
  postings: readonly Share[],
): z.output<typeof reversalView> {
  return {
    reversalId: of.id,
    paymentId: of.payment.id,
    loanId: of.payment.loan_id,
    amount: formatYuan(of.payment.amount_fen),
    reversedAt: of.reversedAt.toISOString(),
    isReplay: of.isReplay,
    reopened: postingsFor(netOf(postings), []).map(describeShare),
    credit: formatYuan(of.payment.amount_fen + totalOf(postings)),
    state: of.state,
  };
}

/** Neither in the future nor before there was anything to take back. */
function requireAfterPayment(ctx: Ctx, reversedAt: Date, { paid_at, created_at }: PaymentRow): void {
  refuseInstant(ctx, 'reversedAt', reversedAt);
  if (reversedAt.getTime() >= Math.min(paid_at.getTime(), created_at.getTime())) return;
  throw new AppError(loanErrors['payment.reversed_before_paid'], {
    faults: [{ pointer: '/reversedAt', code: 'reversed_before_paid', message: 'fault.reversed_before_paid' }],
  });
}

/** Words about a customer are sealed with his key, so that they go when he is erased. */
async function sealReason(ctx: Ctx, loan: LoanRow, reversalId: string, reason: string): Promise<Buffer> {
  const customer = await findCustomer(ctx.tx, loan.customer_id);
  if (!customer) throw new Error('a loan without a customer');
  return ctx.keys.sealFor(ctx.tx, customer.data_key, reasonPlace(reversalId), reason);
}

function reasonPlace(reversalId: string): string {
  return `payment_reversals.sealed_reason.${reversalId}`;
}

/** The customer hears that what he was told does not hold; his adviser also why, without the names and numbers in the words. */
async function tellOfReversal(ctx: Ctx, loan: LoanRow, payment: PaymentRow, reason: string): Promise<void> {
  const params = {
    loan: loanNumber(loan.number),
    amount: groupedYuan(payment.amount_fen),
    on: dateIn(payment.paid_at, ctx.services.companyZone),
  };
  const { customer_id: customerId } = loan;
  await ctx.callAsSystem('customer.notify', { customerId, text: 'flows.customer-notice.reversed', params });
  await ctx.callAsSystem('customer.tellOwner', {
    customerId,
    text: 'flows.owner-notice.reversed',
    params: { ...params, reason: await hidingNames(ctx, customerId, reason) },
  });
}
