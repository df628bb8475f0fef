/** Waiting cases are called to mind: whose turn it is hears of it, and in the end those who can do something about it. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { timeText, wallClock } from '../../lib/business-date.ts';
import { groupedYuan, textSchema, type Text } from '../../lib/i18n.ts';
import { parseYuan } from '../../lib/money.ts';
import type { TextParam } from '../../lib/text-params.ts';
import { approvalsOfInstance, findApplication, tasksOf, type ApprovalRow, type TaskRow } from './application-store.ts';
import { superiors } from './approval-seats.ts';
import { keeperOf, tellStandIns } from './keeper.ts';
import { returnsOf } from './returned.ts';
import { openSnapshot } from './snapshot.ts';

const NOT_SAID = { reason: 'none', until: 'none' } as const;

export const remindApprovers = defineOperation({
  name: 'approval.remind',
  summary:
    'Reminds everybody who still has to decide; of a returned case, the person who submitted it, or who stands in for him',
  access: { system: 'all' },
  input: z.strictObject({ instanceId: z.uuid(), visit: z.int(), text: textSchema }),
  output: z.object({ reminded: z.int() }),
  subject: (input) => ({ kind: 'instance', id: input.instanceId }),
  async run(ctx, input) {
    const approvals = await approvalsOfInstance(ctx.tx, input.instanceId);
    const open = approvals.find((one) => one.visit === input.visit && one.state === 'OPEN');
    if (open) {
      const waiting = await waitingOn(ctx, open);
      const people = waiting.map((task) => task.staff_id);
      return { reminded: await tell(ctx, people, input.text, caseParams(ctx, open, open.opened_at)) };
    }
    const returned = approvals.at(-1);
    const application = returned && (await findApplication(ctx.tx, returned.application_id));
    if (returned?.state !== 'RETURNED' || application?.state !== 'RETURNED') return { reminded: 0 };
    const [how] = await returnsOf(ctx, [application.id]);
    const { reason, until } = how ?? NOT_SAID;
    const params = { ...caseParams(ctx, returned, returned.closed_at ?? returned.opened_at), reason, until };
    const keeper = await keeperOf(ctx, application);
    if (keeper === undefined) return { reminded: await tellStandIns(ctx, application, input.text, params) };
    return { reminded: await tell(ctx, [keeper], input.text, params) };
  },
});

export const escalateApproval = defineOperation({
  name: 'approval.escalate',
  summary:
    'Tells a role that a case waits in vain; where nobody of the role can be told, it goes on the managers’ list',
  access: { system: 'all' },
  input: z.strictObject({ instanceId: z.uuid(), visit: z.int(), role: z.string(), text: textSchema }),
  output: z.object({ told: z.int() }),
  subject: (input) => ({ kind: 'instance', id: input.instanceId }),
  async run(ctx, input) {
    const approvals = await approvalsOfInstance(ctx.tx, input.instanceId);
    const open = approvals.find((one) => one.visit === input.visit && one.state === 'OPEN');
    if (!open) return { told: 0 };
    const waiting = await waitingOn(ctx, open);
    const params = {
      ...caseParams(ctx, open, open.opened_at),
      waiting: waiting.map((task) => task.staff_name),
    };
    const application = await findApplication(ctx.tx, open.application_id);
    const waitedFor = new Set(waiting.map((task) => task.staff_id));
    const people = await superiors(ctx, application?.submitted_by ?? '', input.role, waitedFor);
    const told = await tell(ctx, people, input.text, params);
    if (told === 0) await putOnList(ctx, open, params.application);
    return { told };
  },
});

async function waitingOn(ctx: Ctx, approval: ApprovalRow): Promise<readonly TaskRow[]> {
  return (await tasksOf(ctx.tx, [approval.id])).filter((task) => task.state === 'OPEN');
}

/** How many of them are reached in a chat. */
async function tell(
  ctx: Ctx,
  people: readonly string[],
  text: Text,
  params: Readonly<Record<string, string | number | readonly string[] | TextParam>>,
): Promise<number> {
  let told = 0;
  for (const staffId of people) {
    const { accounts } = (await ctx.callAsSystem('staff.notify', { staffId, text, params })) as { accounts: number };
    if (accounts > 0) told += 1;
  }
  return told;
}

async function putOnList(ctx: Ctx, approval: ApprovalRow, application: string): Promise<void> {
  const subject = { kind: 'application', id: approval.application_id };
  ctx.effects.incident({ kind: 'approval.unanswered', subject, detail: { node: approval.node } });
  await ctx.callAsSystem('task.add', {
    key: `unanswered:${approval.id}`,
    kind: 'approval_unanswered',
    role: 'manager',
    subject,
    params: { application },
  });
}

/** The case in the words of its card: the frozen facts, masked as they are there, and since when it has been waiting. */
function caseParams(
  ctx: Ctx,
  approval: ApprovalRow,
  since: Date,
): Readonly<Record<string, string | number>> & { readonly application: string } {
  const { application, customer, customerName, product, amount } = openSnapshot(ctx, approval);
  const begun = wallClock(since, ctx.services.companyZone);
  return {
    application,
    customer,
    name: customerName,
    product,
    amount: groupedYuan(parseYuan(amount) ?? 0n),
    since: `${begun.date} ${timeText(begun)}`,
    hours: Math.floor((ctx.now.getTime() - since.getTime()) / 3_600_000),
  };
}
