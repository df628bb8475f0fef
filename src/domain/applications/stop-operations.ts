/** Ending what is under way because the customer has taken his consent back. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { textParam } from '../../lib/text-params.ts';
import { customerNumber, findCustomer } from '../customers/index.ts';
import {
  applicationsUnderWay,
  approversOf,
  closeApproval,
  findApplication,
  instanceOf,
  lockOpenApprovals,
  type ApplicationRow,
} from './application-store.ts';
import { redraw } from './card-dealing.ts';

export const stopApplications = defineOperation({
  name: 'application.stop',
  summary: 'Recalls the applications a customer has under way, because he has withdrawn his consent',
  access: { system: 'all' },
  input: z.strictObject({ customerId: z.uuid() }),
  output: z.object({ stopped: z.int() }),
  subject: (input) => ({ kind: 'customer', id: input.customerId }),
  async run(ctx, input) {
    let stopped = 0;
    for (const application of await applicationsUnderWay(ctx.tx, input.customerId))
      if (await stop(ctx, application)) stopped += 1;
    return { stopped };
  },
});

/** `false` when it was decided for good at this very moment. */
async function stop(ctx: Ctx, application: ApplicationRow): Promise<boolean> {
  await lockOpenApprovals(ctx.tx, application.id);
  const instanceId =
    (await instanceOf(ctx.tx, application.id, 'RUNNING')) ?? (await instanceOf(ctx.tx, application.id, 'STOPPED'));
  if (instanceId === undefined) return false;
  const approvers = await approversOf(ctx.tx, application.id);
  const reason = textParam('approval.closed.CONSENT_WITHDRAWN');
  await ctx.callAsSystem('process.signal', {
    instanceId,
    event: { type: 'signal', name: 'recalled', facts: { reason } },
  });
  if ((await findApplication(ctx.tx, application.id))?.state !== 'RECALLED') return false;
  // Locked anew: a vote that was waited for may have opened the next level. The case has ended, nothing opens from here on.
  for (const approval of await lockOpenApprovals(ctx.tx, application.id)) {
    await closeApproval(ctx.tx, approval.id, 'RECALLED', ctx.now);
    await redraw(ctx, approval, { by: '', outcome: 'CONSENT_WITHDRAWN', reason: undefined, tap: undefined });
  }
  await tell(ctx, application, approvers);
  return true;
}

/** A card that changes makes no sound; who decides, or has decided, gets a line of his own. */
async function tell(ctx: Ctx, application: ApplicationRow, approvers: readonly string[]): Promise<void> {
  const customer = await findCustomer(ctx.tx, application.customer_id);
  if (!customer) return;
  const params = {
    application: `A${application.number}`,
    customer: customerNumber(customer.number),
    name: customer.name_masked,
  };
  for (const staffId of approvers)
    await ctx.callAsSystem('staff.notify', { staffId, text: 'approval.stopped_by_customer', params });
}
