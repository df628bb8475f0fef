/** What recording a payment and reversing one have in common: the locks, the replay, what is posted. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { AppError } from '../../lib/errors.ts';
import { formatYuan } from '../../lib/money.ts';
import { lockCustomer } from '../customers/index.ts';
import { loanErrors } from './loan-errors.ts';
import { instalmentsOf, lockLoan, type LoanRow } from './loan-store.ts';
import { paymentsOf, sharesOf, writeSettlement } from './payment-store.ts';
import { postingsFor, settlePlan, type Settlement, type Share } from './settlement.ts';

/** What is paid, instalment by instalment, as answers show it. */
export const allocated = z.array(z.object({ instalment: z.int(), principal: z.string(), interest: z.string() }));

/** One line of it. */
export function describeShare(share: Share): z.output<typeof allocated>[number] {
  return {
    instalment: share.instalment,
    principal: formatYuan(share.principalFen),
    interest: formatYuan(share.interestFen),
  };
}

/** Clocks of banks and ours differ, and a value date may be tomorrow's. */
const AHEAD_MS = 86_400_000;

/** The to-do of whoever is to look up what his customer says he has paid. */
export const SAID_TO_HAVE_PAID = 'customer_repaid';

/** Locks the loan for what follows, its customer first (design §12 "Turns and locks"), and reads it as it is now. */
export async function lockedLoan(ctx: Ctx, seen: LoanRow): Promise<LoanRow> {
  await lockCustomer(ctx.tx, seen.customer_id);
  const loan = await lockLoan(ctx.tx, seen.id);
  if (!loan) throw new AppError(loanErrors['loan.not_found']);
  return loan;
}

/** When money came in or went back, as callers give it. */
export const instant = z.iso.datetime({ offset: true, error: 'fault.instant' });

/** @throws AppError payment.in_future */
export function refuseInstant(ctx: Ctx, field: string, at: Date): void {
  if (at.getTime() <= ctx.now.getTime() + AHEAD_MS) return;
  throw new AppError(loanErrors['payment.in_future'], {
    faults: [{ pointer: `/${field}`, code: 'in_future', message: 'fault.in_future' }],
  });
}

/**
 * Spreads the payments that count over the plan anew, in the order of their value, and posts the difference under the entry
 * that made it necessary. Instalments that are open again get their reminders back. The loan must be locked.
 */
export async function settleLoan(
  ctx: Ctx,
  loan: LoanRow,
  entryId: string,
): Promise<Settlement & { readonly postings: readonly Share[] }> {
  const plan = await instalmentsOf(ctx.tx, loan.id);
  const counted = (await paymentsOf(ctx.tx, loan.id)).filter(({ reversal_id: reversal }) => reversal === null);
  const settlement = settlePlan(plan, counted);
  const postings = postingsFor(await sharesOf(ctx.tx, loan.id), settlement.shares);
  await writeSettlement(ctx.tx, { id: entryId, loanId: loan.id, now: ctx.now }, postings, settlement);
  await ctx.callAsSystem('reminder.plan', { loanId: loan.id });
  ctx.effects.touch(loan.customer_id);
  return { ...settlement, postings };
}

/** Principal and interest of all of them. */
export function totalOf(shares: readonly Share[]): bigint {
  return shares.reduce((sum, share) => sum + share.principalFen + share.interestFen, 0n);
}
