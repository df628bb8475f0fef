/** Reading approvals: the list, one of them, and what a pressed card stands for. */
import { z } from 'zod';
import { ANY_STAFF } from '../../core/operations/actor.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError } from '../../lib/errors.ts';
import { formatYuan } from '../../lib/money.ts';
import { wholeNumber } from '../../lib/whole-number.ts';
import { customerNumber, findCustomer } from '../customers/index.ts';
import { applicationErrors } from './application-errors.ts';
import {
  approvalNamed,
  findApplication,
  findApproval,
  listApprovals,
  standingApproval,
  tasksOf,
  type ApprovalRow,
  type TaskRow,
} from './application-store.ts';
import { findCard } from './card-store.ts';
import { describeFrozen, frozenCase, reasonText } from './frozen-case.ts';
import { openSnapshot, openSnapshotOfMany, reasonOf, type Snapshot } from './snapshot.ts';

/** The approval that an id or an A-number names. @throws AppError `approval.not_found` */
export async function requireApproval(ctx: Ctx, ref: string): Promise<ApprovalRow> {
  const id = await approvalNamed(ctx.tx, ref, ctx.actor.id);
  const approval = id === undefined ? undefined : await findApproval(ctx.tx, id);
  if (!approval) throw new AppError(applicationErrors['approval.not_found']);
  return approval;
}

const approvalView = z.object({
  id: z.string(),
  applicationId: z.string(),
  /** The application's number, A1087. */
  number: z.string(),
  customer: z.string(),
  customerName: z.string(),
  amount: z.string(),
  /** How long it has been waiting, or took until it was closed, in the reader's language. */
  waiting: z.string(),
  node: z.string(),
  round: z.int(),
  mode: z.string(),
  revision: z.int(),
  state: z.string(),
  /** What may be decided; nothing any more once it is closed. */
  verbs: z.array(z.string()),
  snapshotHash: z.string(),
  /** Whether the frozen case can be decrypted. Of one that is damaged, number, customer and amount are those of the case now. */
  isReadable: z.boolean(),
  openedAt: z.string(),
  closedAt: z.string().nullable(),
  tasks: z.array(
    z.object({ staffId: z.string(), name: z.string(), state: z.string(), decidedAt: z.string().nullable() }),
  ),
});
const wholeApproval = approvalView.extend({
  snapshot: frozenCase,
  tasks: z.array(
    approvalView.shape.tasks.element.extend({
      /** Why, in the reader's language; the numbers and names in somebody's words stay hidden. */
      reason: z.string().nullable(),
    }),
  ),
});

export const listMyApprovals = defineOperation({
  name: 'approval.list',
  summary: 'Lists approvals, the newest first: one’s own as a person, all for those who may see every case',
  access: {
    reviewer: 'own',
    approver: 'own',
    sales: 'own',
    team_lead: 'own',
    collector: 'own',
    manager: 'all',
    compliance: 'all',
    admin: 'all',
  },
  input: z.strictObject({
    state: z.enum(['OPEN', 'APPROVED', 'REJECTED', 'RETURNED', 'RECALLED', 'EXPIRED']).optional(),
    mine: z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]).optional(),
    cursor: z.uuid('fault.cursor').optional(),
    limit: wholeNumber(1, 100).default(50),
  }),
  output: z.object({ items: z.array(approvalView), nextCursor: z.string().nullable() }),
  http: { method: 'GET', path: '/approvals' },
  readOnly: true,
  async run(ctx, input) {
    const isOwn = ctx.scope !== 'all' || input.mine === true;
    // A token that stands for nobody sits on no case.
    if (isOwn && ctx.actor.kind !== 'STAFF') return { items: [], nextCursor: null };
    const found = await listApprovals(ctx.tx, {
      staffId: isOwn ? ctx.actor.id : null,
      state: input.state,
      after: input.cursor,
      limit: input.limit + 1,
    });
    const rows = found.slice(0, input.limit);
    const tasks = await tasksOf(
      ctx.tx,
      rows.map((row) => row.id),
    );
    const items = [];
    for (const row of rows) {
      const own = tasks.filter((task) => task.approval_id === row.id);
      items.push(describe(ctx, row, own, await factsOf(ctx, row)));
    }
    return { items, nextCursor: found.length > input.limit ? (rows.at(-1)?.id ?? null) : null };
  },
});

export const getApproval = defineOperation({
  name: 'approval.get',
  summary: 'Reads one approval with its frozen case and votes, by its id or the A-number of its application',
  access: { reviewer: 'own', approver: 'own', manager: 'all', compliance: 'all', admin: 'all' },
  input: z.strictObject({ id: z.string().min(1).max(64) }),
  output: wholeApproval,
  http: { method: 'GET', path: '/approvals/{id}' },
  readOnly: true,
  async run(ctx, input) {
    const row = await requireApproval(ctx, input.id);
    const tasks = await tasksOf(ctx.tx, [row.id]);
    if (ctx.scope === 'own' && !tasks.some((task) => ctx.actor.kind === 'STAFF' && task.staff_id === ctx.actor.id))
      throw new AppError(applicationErrors[row.id === input.id ? 'approval.not_yours' : 'approval.not_found']);
    return describeWhole(ctx, row, tasks);
  },
});

async function describeWhole(
  ctx: Ctx,
  row: ApprovalRow,
  tasks: readonly TaskRow[],
): Promise<z.output<typeof wholeApproval>> {
  const application = await findApplication(ctx.tx, row.application_id);
  if (!application) throw new Error('an approval without its application');
  const whole = [];
  for (const task of tasks)
    whole.push({ ...describeTask(task), reason: reasonText(ctx, await reasonOf(ctx, application.customer_id, task)) });
  const snapshot = openSnapshot(ctx, row);
  const described = describe(ctx, row, tasks, { ...snapshot, isReadable: true });
  return { ...described, snapshot: describeFrozen(ctx, snapshot), tasks: whole };
}

/** What a list says of a case. */
type CaseFacts = Pick<Snapshot, 'application' | 'customer' | 'customerName' | 'amount'> & {
  readonly isReadable: boolean;
};

/** As it was frozen or, where that is damaged, as it is now: one that cannot be read hides no other. */
async function factsOf(ctx: Ctx, row: ApprovalRow): Promise<CaseFacts> {
  const frozen = openSnapshotOfMany(ctx, row);
  if (frozen) return { ...frozen, isReadable: true };
  const application = await findApplication(ctx.tx, row.application_id);
  const customer = application && (await findCustomer(ctx.tx, application.customer_id));
  if (!application || !customer) throw new Error('an approval without its application');
  return {
    application: `A${application.number}`,
    customer: customerNumber(customer.number),
    customerName: customer.name_masked,
    amount: formatYuan(application.amount_fen),
    isReadable: false,
  };
}

function describe(
  ctx: Ctx,
  row: ApprovalRow,
  tasks: readonly TaskRow[],
  facts: CaseFacts,
): z.output<typeof approvalView> {
  const waiting = waitingText(ctx, row);
  return {
    id: row.id,
    applicationId: row.application_id,
    number: facts.application,
    customer: facts.customer,
    customerName: facts.customerName,
    amount: facts.amount,
    waiting: facts.isReadable ? waiting : ctx.t('approval.unreadable', { waiting }),
    node: row.node,
    round: row.round,
    mode: row.mode,
    revision: row.revision,
    state: row.state,
    verbs: row.state === 'OPEN' ? [...row.verbs] : [],
    snapshotHash: row.snapshot_hash.toString('hex'),
    isReadable: facts.isReadable,
    openedAt: row.opened_at.toISOString(),
    closedAt: row.closed_at?.toISOString() ?? null,
    tasks: tasks.map(describeTask),
  };
}

function describeTask(task: TaskRow): z.output<typeof approvalView.shape.tasks.element> {
  return {
    staffId: task.staff_id,
    name: task.staff_name,
    state: task.state,
    decidedAt: task.decided_at?.toISOString() ?? null,
  };
}

/** How long it has been waiting; of one that is closed, how long it took. In the unit a person would use. */
function waitingText(ctx: Ctx, { opened_at, closed_at }: ApprovalRow): string {
  const until = closed_at ?? ctx.now;
  const minutes = Math.max(0, Math.floor((until.getTime() - opened_at.getTime()) / 60_000));
  const hours = Math.floor(minutes / 60);
  const key = closed_at === null ? 'approval.waiting' : 'approval.took';
  if (hours >= 48) return ctx.t(key, { unit: 'days', n: Math.floor(hours / 24) });
  return hours > 0 ? ctx.t(key, { unit: 'hours', n: hours }) : ctx.t(key, { unit: 'minutes', n: minutes });
}

const standingView = z.object({ state: z.string(), decidedBy: z.string().nullable(), isWaitingForHim: z.boolean() });

export const findPressedCard = defineOperation({
  name: 'approval.card',
  summary: 'What a pressed card stands for: the approval, its state, whose vote decided it, and what came after it',
  access: ANY_STAFF,
  input: z.strictObject({ cardId: z.string().max(26) }),
  output: z.object({
    approvalId: z.string(),
    state: z.string(),
    application: z.string(),
    decidedBy: z.string().nullable(),
    /** How the case stands by now, where the card is of a step that is over. */
    since: standingView.nullable(),
  }),
  readOnly: true,
  async run(ctx, input) {
    const card = await findCard(ctx.tx, input.cardId);
    if (!card) throw new AppError(applicationErrors['approval.not_found']);
    const approval = await requireApproval(ctx, card.approval_id);
    const application = await findApplication(ctx.tx, approval.application_id);
    if (!application) throw new Error('an approval without its application');
    ctx.effects.touch(application.customer_id); // a press that changes nothing stands on the file too
    const standing = approval.state === 'OPEN' ? approval : await standingApproval(ctx.tx, approval.application_id);
    return {
      approvalId: approval.id,
      state: approval.state,
      application: `A${application.number}`,
      decidedBy: deciderOf(approval, await tasksOf(ctx.tx, [approval.id])),
      since: standing === undefined || standing.id === approval.id ? null : await describeStanding(ctx, standing),
    };
  },
});

async function describeStanding(ctx: Ctx, approval: ApprovalRow): Promise<z.output<typeof standingView>> {
  const tasks = await tasksOf(ctx.tx, [approval.id]);
  return {
    state: approval.state,
    decidedBy: deciderOf(approval, tasks),
    isWaitingForHim: tasks.some((task) => task.state === 'OPEN' && task.staff_id === ctx.actor.id),
  };
}

/** Whose vote decided it: of several who voted so, the last. */
function deciderOf(approval: ApprovalRow, tasks: readonly TaskRow[]): string | null {
  const decided = tasks
    .filter((task) => task.decided_at !== null && task.state === approval.state)
    .sort((one, other) => Number(one.decided_at) - Number(other.decided_at))
    .at(-1);
  return decided?.staff_name ?? null;
}
