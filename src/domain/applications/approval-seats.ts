/**
 * Seats nobody can sit on any more: whoever left is replaced by the rule of his node, and a node without anybody is put
 * before those who can do something about it. Nothing here ever passes a case (invariant 9).
 */
import { z } from 'zod';
import { seatNode } from '../../core/approval/index.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError } from '../../lib/errors.ts';
import { textSchema } from '../../lib/i18n.ts';
import { newId } from '../../lib/ids.ts';
import { textParam } from '../../lib/text-params.ts';
import { customerNumber, findCustomer } from '../customers/index.ts';
import { findStaff, staffWithRole } from '../staff/index.ts';
import { endAlarmOf, STOPPED, VACANT } from './alarm.ts';
import { applicationErrors } from './application-errors.ts';
import {
  approvalsMissed,
  excludedFrom,
  findApplication,
  isAlarmed,
  leaveSeat,
  lockApproval,
  nextRound,
  signedInChain,
  tasksOf,
  type ApplicationRow,
  type ApprovalRow,
  type TaskRow,
} from './application-store.ts';
import { ableToSit, MODES, seat } from './approval-operations.ts';
import { dealCards, redraw } from './card-dealing.ts';
import { cardsOf, closeCards } from './card-store.ts';
import { openSnapshot } from './snapshot.ts';

export const alarmApproval = defineOperation({
  name: 'approval.alarm',
  summary:
    'Tells managers (administrators where there is none) and submitter, once, that a case has stopped, and puts it on the managers’ list',
  access: { system: 'all' },
  input: z.strictObject({
    application: z.uuid(),
    /** What stopped, once: the visit of a node, or seats that fell vacant this time. */
    key: z.string().max(200),
    /** The node's title; absent where no approval stopped but what follows from it. */
    title: textSchema.optional(),
  }),
  output: z.object({ told: z.int() }),
  subject: (input) => ({ kind: 'application', id: input.application }),
  async run(ctx, input) {
    const application = await findApplication(ctx.tx, input.application);
    const customer = application && (await findCustomer(ctx.tx, application.customer_id));
    if (!application || !customer) throw new AppError(applicationErrors['application.not_found']);
    const number = `A${application.number}`;
    const node = input.title === undefined ? {} : { node: textParam(input.title) };
    const kind = input.title === undefined ? 'case_stopped' : STOPPED;
    const added = (await ctx.callAsSystem('task.add', {
      key: `stopped:${input.key}`,
      kind,
      role: 'manager',
      subject: { kind: 'application', id: application.id },
      params: { application: number, ...node },
    })) as { readonly isNew: boolean };
    if (!added.isNew) return { told: 0 };
    const params = {
      application: number,
      customer: customerNumber(customer.number),
      name: customer.name_masked,
      ...node,
    };
    const able = await overseers(ctx, application);
    for (const staffId of able)
      await ctx.callAsSystem('staff.notify', { staffId, text: `approval.stopped.${kind}.manager`, params });
    if (!able.includes(application.submitted_by))
      await ctx.callAsSystem('staff.notify', {
        staffId: application.submitted_by,
        text: `approval.stopped.${kind}.submitter`,
        params: { ...params, told: able.length },
      });
    return { told: able.length };
  },
});

/** The role's people without some; of several teams, those of the submitter's own. */
export async function superiors(
  ctx: Ctx,
  submitterId: string,
  role: string,
  without: ReadonlySet<string>,
): Promise<readonly string[]> {
  const submitter = await findStaff(ctx.tx, submitterId);
  const able = (await staffWithRole(ctx.tx, role)).filter((row) => !without.has(row.id));
  const near = able.filter((row) => row.team_id !== null && row.team_id === submitter?.team_id);
  return (near.length > 0 ? near : able).map((row) => row.id);
}

/** Who can see to a case when those it concerns cannot: its managers, or else the administrators. */
export async function overseers(ctx: Ctx, { submitted_by: submitter }: ApplicationRow): Promise<readonly string[]> {
  const managers = await superiors(ctx, submitter, 'manager', new Set());
  return managers.length > 0 ? managers : superiors(ctx, submitter, 'admin', new Set());
}

export const canSeat = defineOperation({
  name: 'approval.canSeat',
  summary: 'Whether enough people could decide this node of a case now',
  access: { system: 'all' },
  input: z.strictObject({
    instanceId: z.uuid(),
    node: z.string(),
    since: z.int(),
    policy: z.enum(['any', 'all']),
    role: z.string(),
    count: z.int().min(1),
  }),
  output: z.object({ can: z.boolean() }),
  readOnly: true,
  async run(ctx, input) {
    const people = (await staffWithRole(ctx.tx, input.role)).map((row) => ({ staffId: row.id }));
    const round = await nextRound(ctx.tx, input.instanceId);
    const seating = seatNode(MODES[input.policy], input.count, people, {
      excluded: await excludedFrom(ctx.tx, input.instanceId),
      signed: await signedInChain(ctx.tx, { ...input, instance_id: input.instanceId, round }),
    });
    return { can: seating.kind === 'seated' };
  },
});

export const reseatApprovals = defineOperation({
  name: 'approval.staffChanged',
  summary:
    'After somebody came, left, or changed roles or accounts: has seats nobody may sit on filled, cards moved, stopped cases looked at, each in a turn of its own',
  access: { system: 'all' },
  input: z.strictObject({}),
  output: z.object({ approvals: z.int() }),
  async run(ctx) {
    const missed = await approvalsMissed(ctx.tx, STOPPED);
    for (const { id, application_id: application } of missed)
      ctx.effects.setTimer({
        key: `reseat:${id}:${ctx.now.getTime()}`,
        kind: 'approval.reseat',
        dueAt: ctx.now,
        subjectId: id,
        payload: { about: { kind: 'application', id: application } },
      });
    await ctx.callAsSystem('process.resumeStopped', {});
    return { approvals: missed.length };
  },
});

export const reseatApproval = defineOperation({
  name: 'approval.reseat',
  summary:
    'Gives the open seats of people who left, or lost the role, to others; without anybody the case waits and alarms. Cards follow people to their accounts',
  access: { system: 'all' },
  input: z.strictObject({ id: z.uuid() }),
  output: z.object({ filled: z.int(), dropped: z.int(), vacant: z.int() }),
  subject: (input) => ({ kind: 'approval', id: input.id }),
  async run(ctx, input) {
    const approval = await lockApproval(ctx.tx, input.id);
    if (approval?.state !== 'OPEN') return { filled: 0, dropped: 0, vacant: 0 };
    await closeStrays(ctx, approval);
    const open = await openSeats(ctx, approval);
    const vacant = open.filter((task) => !task.staff_able);
    // 或签 needs nobody in his place as long as somebody is left to decide.
    const drops = approval.mode === 'ANY' && vacant.length < open.length;
    if (drops) for (const task of vacant) await leave(ctx, approval, task, 'CLOSED');
    const { filled, left } = await fill(ctx, approval, drops ? [] : vacant);
    await dealOut(ctx, approval);
    return { filled, dropped: drops ? vacant.length : 0, vacant: left };
  },
});

async function openSeats(ctx: Ctx, approval: ApprovalRow): Promise<readonly TaskRow[]> {
  return (await tasksOf(ctx.tx, [approval.id])).filter((task) => task.state === 'OPEN');
}

/** A card on an account that was taken from its holder is dead, and nothing more is sent there. */
async function closeStrays(ctx: Ctx, approval: ApprovalRow): Promise<void> {
  const strays = (await cardsOf(ctx.tx, approval.id)).filter((card) => !card.is_his);
  await closeCards(
    ctx.tx,
    strays.map((card) => card.id),
  );
}

/** Whoever sits there has a card on each account that is his. */
async function dealOut(ctx: Ctx, approval: ApprovalRow): Promise<void> {
  for (const task of await openSeats(ctx, approval))
    if (task.staff_able) await dealCards(ctx, approval, openSnapshot(ctx, approval), task);
}

/** Successors in the fixed order of the role. A seat nobody can take stays open: signatures are never fewer than asked for. */
async function fill(
  ctx: Ctx,
  approval: ApprovalRow,
  vacant: readonly TaskRow[],
): Promise<{ filled: number; left: number }> {
  const able = (await ableToSit(ctx, approval, await tasksOf(ctx.tx, [approval.id]))).map((row) => row.id);
  let filled = 0;
  let left = 0;
  for (const task of vacant) {
    const [next, ...others] = approval.mode === 'ANY' ? able.splice(0) : able.splice(0, 1);
    if (next === undefined && !(approval.mode === 'ANY' && filled > 0)) {
      left += 1;
      if (await isHere(ctx, task)) await takeCards(ctx, approval, task);
      await alarmSeat(ctx, approval);
      continue;
    }
    await leave(ctx, approval, task, next === undefined ? 'CLOSED' : 'HANDED_OVER');
    for (const staffId of next === undefined ? [] : [next, ...others])
      await seat(ctx, approval, openSnapshot(ctx, approval), { staffId, from: task.staff_id });
    filled += 1;
  }
  if (left === 0) await endAlarmOf(ctx, approval.application_id);
  return { filled, left };
}

/** His cards die with the seat; nothing about the case is sent to somebody who left. */
async function leave(ctx: Ctx, approval: ApprovalRow, task: TaskRow, state: 'CLOSED' | 'HANDED_OVER'): Promise<void> {
  await leaveSeat(ctx.tx, task.id, state);
  if (await isHere(ctx, task)) return takeCards(ctx, approval, task);
  const cards = (await cardsOf(ctx.tx, approval.id)).filter((card) => card.task_id === task.id);
  await closeCards(
    ctx.tx,
    cards.map((card) => card.id),
  );
}

async function isHere(ctx: Ctx, task: TaskRow): Promise<boolean> {
  return (await findStaff(ctx.tx, task.staff_id))?.is_active === true;
}

/** Whoever is here, but without the role, has nothing left to press. */
async function takeCards(ctx: Ctx, approval: ApprovalRow, { id }: TaskRow): Promise<void> {
  await redraw(ctx, approval, { by: '', outcome: 'ROLE_LOST', reason: undefined, only: id, tap: undefined });
}

/** Once while it lasts, each time it happens: whoever has yet to see to the last alarm is not told again by every change of staff. */
async function alarmSeat(ctx: Ctx, approval: ApprovalRow): Promise<void> {
  if (await isAlarmed(ctx.tx, STOPPED, approval.application_id)) return;
  const { title } = openSnapshot(ctx, approval);
  ctx.effects.incident({
    kind: VACANT,
    subject: { kind: 'application', id: approval.application_id },
    detail: { node: approval.node },
  });
  await ctx.callAsSystem('approval.alarm', {
    application: approval.application_id,
    key: `seat:${approval.id}:${newId()}`,
    title: title ?? 'flows.loan-approval.title',
  });
}
