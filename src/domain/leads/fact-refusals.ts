/** Facts that may not be written to a lead, whoever writes them: those of a case that is being decided, and codes nobody knows. */
import type { Ctx } from '../../core/operations/context.ts';
import { AppError, commonErrors } from '../../lib/errors.ts';
import { currentProducts } from '../products/index.ts';
import { leadErrors } from './lead-errors.ts';
import { numberInApproval, type LeadRow } from './lead-store.ts';

/**
 * What approvers have before them stays as it is: whoever changed it and then signed would decide a case of his own
 * (invariant 9). The customer's own answers come in at any time. The refusal takes back what was written before it.
 * @throws AppError lead.in_approval
 */
export async function refuseInApproval(ctx: Ctx, lead: Pick<LeadRow, 'id'>): Promise<void> {
  if (ctx.actor.kind === 'CUSTOMER') return;
  const number = await numberInApproval(ctx.tx, lead.id);
  if (number !== undefined) throw new AppError(leadErrors['lead.in_approval'], { params: { number: `A${number}` } });
}

/** The column of a product's code is plain: only what is on offer goes there. @throws AppError request.invalid, naming what that is */
export async function requireOnOffer(ctx: Ctx, code: unknown): Promise<void> {
  const codes = (await currentProducts(ctx.tx)).map((product) => product.code);
  if (codes.some((known) => known === code)) return;
  throw new AppError(commonErrors['request.invalid'], {
    params: { codes: codes.length === 0 ? ctx.t('lead.none') : codes.join(', ') },
    faults: [{ pointer: '/facts/product', code: 'unknown_product', message: 'fault.product_on_offer' }],
  });
}
