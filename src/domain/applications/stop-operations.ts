/** Ending approvals that nobody decided: the customer refuses his consent, or their time is up. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { textParam } from '../../lib/text-params.ts';
import type { Refusal } from '../consent/index.ts';
import { customerNumber, findCustomer } from '../customers/index.ts';
import {
  applicationsUnderWay,
  approversOf,
  closeApproval,
  findApplication,
  instanceOf,
  lockOpenApprovals,
  lockVisit,
  tasksOf,
  type ApplicationRow,
} from './application-store.ts';
import { endAlarmOf } from './alarm.ts';
import { redraw } from './card-dealing.ts';

export const stopApplications = defineOperation({
  name: 'application.stop',
  summary: 'Recalls the applications a customer has under way, because he refuses that his data are used',
  access: { system: 'all' },
  input: z.strictObject({ customerId: z.uuid(), refusal: z.enum(['withdrawn', 'declined']) }),
  output: z.object({ stopped: z.int() }),
  subject: (input) => ({ kind: 'customer', id: input.customerId }),
  async run(ctx, input) {
    let stopped = 0;
    for (const application of await applicationsUnderWay(ctx.tx, input.customerId))
      if (await stop(ctx, application, input.refusal)) stopped += 1;
    return { stopped };
  },
});

const OUTCOMES = { withdrawn: 'CONSENT_WITHDRAWN', declined: 'CONSENT_DECLINED' } as const;

/** `false` when it was decided for good at this very moment. */
async function stop(ctx: Ctx, application: ApplicationRow, refusal: Refusal): Promise<boolean> {
  await lockOpenApprovals(ctx.tx, application.id);
  const instanceId =
    (await instanceOf(ctx.tx, application.id, 'RUNNING')) ?? (await instanceOf(ctx.tx, application.id, 'STOPPED'));
  if (instanceId === undefined) return false;
  const approvers = await approversOf(ctx.tx, application.id);
  const reason = textParam(`approval.closed.${OUTCOMES[refusal]}`);
  await ctx.callAsSystem('process.signal', {
    instanceId,
    event: { type: 'signal', name: 'recalled', facts: { reason } },
  });
  if ((await findApplication(ctx.tx, application.id))?.state !== 'RECALLED') return false;
  // Locked anew: a vote that was waited for may have opened the next level. The case has ended, nothing opens from here on.
  for (const approval of await lockOpenApprovals(ctx.tx, application.id)) {
    await closeApproval(ctx.tx, approval.id, 'RECALLED', ctx.now);
    await redraw(ctx, approval, { by: '', outcome: OUTCOMES[refusal], reason: undefined, tap: undefined });
  }
  await tell(ctx, application, { approvers, text: `approval.stopped_by_customer.${refusal}` });
  return true;
}

/** A card that changes makes no sound; who decides, or has decided, gets a line of his own. */
async function tell(
  ctx: Ctx,
  application: ApplicationRow,
  { approvers, text }: { readonly approvers: readonly string[]; readonly text: string },
): Promise<void> {
  const customer = await findCustomer(ctx.tx, application.customer_id);
  if (!customer) return;
  const params = {
    application: `A${application.number}`,
    customer: customerNumber(customer.number),
    name: customer.name_masked,
  };
  for (const staffId of approvers) await ctx.callAsSystem('staff.notify', { staffId, text, params });
}

const wait = z.strictObject({ instanceId: z.uuid(), visit: z.int() });

export const holdApproval = defineOperation({
  name: 'approval.hold',
  summary:
    'Waits for the votes that are being counted in an approval and keeps others out until the turn ends: whoever changes approval and case locks them in this order, as a vote does',
  access: { system: 'all' },
  input: wait,
  output: z.object({}),
  readOnly: true,
  async run(ctx, input) {
    await lockVisit(ctx.tx, input.instanceId, input.visit);
    return {};
  },
});

export const expireApproval = defineOperation({
  name: 'approval.expire',
  summary: 'Closes an approval whose time is up: its cards say so, and whoever sat there is told',
  access: { system: 'all' },
  input: wait,
  output: z.object({ expired: z.boolean() }),
  subject: (input) => ({ kind: 'instance', id: input.instanceId }),
  async run(ctx, input) {
    const approval = await lockVisit(ctx.tx, input.instanceId, input.visit);
    const application = approval && (await findApplication(ctx.tx, approval.application_id));
    if (!approval || !application) return { expired: false };
    const tasks = await tasksOf(ctx.tx, [approval.id]);
    const asked = tasks.filter(({ state }) => state === 'OPEN' || state === 'APPROVED');
    await closeApproval(ctx.tx, approval.id, 'EXPIRED', ctx.now);
    await redraw(ctx, approval, { by: '', outcome: 'EXPIRED', reason: undefined, tap: undefined });
    await endAlarmOf(ctx, application.id);
    ctx.effects.touch(application.customer_id);
    await tell(ctx, application, { approvers: asked.map((task) => task.staff_id), text: 'approval.expired' });
    return { expired: true };
  },
});
