/** Opening an approval and deciding it. Votes are counted under the approval's row lock. */
import { z } from 'zod';
import { outcomeOf, REASONS, seatNode, type ApprovalMode, type ApprovalState } from '../../core/approval/index.ts';
import { ANY_STAFF } from '../../core/operations/actor.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { violatedConstraint } from '../../db/faults.ts';
import { AppError } from '../../lib/errors.ts';
import { textSchema } from '../../lib/i18n.ts';
import { newId } from '../../lib/ids.ts';
import { findLead } from '../leads/index.ts';
import { distinctNames, peopleAddressed, staffWithRole, type StaffRow } from '../staff/index.ts';
import { applicationErrors } from './application-errors.ts';
import {
  applicationByRef,
  approvalNamed,
  closeApproval,
  excludedFrom,
  findApplication,
  insertApproval,
  lockApproval,
  lockWaiting,
  nextRound,
  openTask,
  signedInChain,
  tasksOf,
  writeVote,
  type ApprovalRow,
  type TaskRow,
} from './application-store.ts';
import { requireApproval } from './approval-reads.ts';
import { dealCards, redraw, shownReason, type Redraw, type Tap } from './card-dealing.ts';
import { openSnapshot, snapshotHash, takeSnapshot, type Snapshot } from './snapshot.ts';
import { excludeInvolved } from './submit-operations.ts';

/** A flow’s word for how many must approve, as the row has it. */
export const MODES = { any: 'ANY', all: 'ALL' } as const;

export const openApproval = defineOperation({
  name: 'approval.open',
  summary: 'Seats the approvers of a node and sends each a card on every bound account; called by the process',
  access: { system: 'all' },
  input: z.strictObject({
    instanceId: z.uuid(),
    application: z.uuid(),
    node: z.string(),
    /** The node's title. */
    title: textSchema,
    /** What the card shows, in this order, with the values the process knows. */
    card: z.record(z.string(), z.unknown()),
    visit: z.int(),
    /** The visit from which on approvals count beside this one. */
    since: z.int(),
    policy: z.enum(['any', 'all']),
    role: z.string(),
    count: z.int().min(1),
    verbs: z.array(z.string()),
  }),
  output: z.union([
    z.object({ kind: z.literal('opened'), approvalId: z.string() }),
    z.object({ kind: z.literal('empty') }),
  ]),
  subject: (_input, output) => (output?.kind === 'opened' ? { kind: 'approval', id: output.approvalId } : undefined),
  async run(ctx, input) {
    const application = await findApplication(ctx.tx, input.application);
    const lead = application && (await findLead(ctx.tx, application.lead_id));
    if (!application || !lead) throw new AppError(applicationErrors['application.not_found']);
    await excludeInvolved(ctx, input.instanceId, lead, application.submitted_by);
    const round = await nextRound(ctx.tx, input.instanceId);
    const mode: ApprovalMode = MODES[input.policy];
    const seating = seatNode(
      mode,
      input.count,
      (await staffWithRole(ctx.tx, input.role)).map((row) => ({ staffId: row.id })),
      {
        excluded: await excludedFrom(ctx.tx, input.instanceId),
        signed: await signedInChain(ctx.tx, { ...input, instance_id: input.instanceId, round }),
      },
    );
    if (seating.kind === 'empty') return { kind: 'empty' as const };
    const snapshot = await takeSnapshot(ctx, application, input);
    const id = newId();
    await insertApproval(ctx.tx, {
      id,
      application_id: application.id,
      instance_id: input.instanceId,
      node: input.node,
      visit: input.visit,
      round,
      since: input.since,
      role: input.role,
      mode,
      verbs: input.verbs.map((verb) => verb.replace('-', '_')),
      state: 'OPEN',
      snapshot_hash: snapshotHash(snapshot),
      sealed_snapshot: ctx.keys.sealJson(`approvals.sealed_snapshot.${id}`, snapshot),
      opened_at: ctx.now,
    });
    const approval = await requireApproval(ctx, id);
    ctx.effects.touch(application.customer_id);
    for (const staffId of seating.staffIds) await seat(ctx, approval, snapshot, { staffId, from: null });
    return { kind: 'opened' as const, approvalId: id };
  },
});

/** Gives a person a seat, and a card on each of his accounts; whoever comes back gets it once more. */
export async function seat(
  ctx: Ctx,
  approval: ApprovalRow,
  snapshot: Snapshot,
  person: { readonly staffId: string; readonly from: string | null },
): Promise<void> {
  const { staffId, from } = person;
  const id = await openTask(ctx.tx, { id: newId(), approvalId: approval.id, staffId, from });
  await dealCards(ctx, approval, snapshot, { id, staff_id: staffId, isAgain: true });
}

/**
 * Who could take a seat of this approval now: people of the role who may decide the case, have not voted in this round and do not
 * sit there. Whoever left his seat, or gave it away, may come back; before him come those who never had one.
 */
export async function ableToSit(
  ctx: Ctx,
  approval: ApprovalRow,
  tasks: readonly TaskRow[],
): Promise<readonly StaffRow[]> {
  const excluded = await excludedFrom(ctx.tx, approval.instance_id);
  const signed = await signedInChain(ctx.tx, approval);
  const seats = new Map(tasks.map((task) => [task.staff_id, task.state]));
  const free = (await staffWithRole(ctx.tx, approval.role)).filter(({ id }) => !excluded.has(id) && !signed.has(id));
  return [
    ...free.filter(({ id }) => !seats.has(id)),
    ...free.filter(({ id }) => seats.get(id) === 'CLOSED' || seats.get(id) === 'HANDED_OVER'),
  ];
}

export const sendCardAgain = defineOperation({
  name: 'approval.sendCard',
  summary: 'Sends whoever still has to decide a case its card once more, on each of his accounts',
  access: ANY_STAFF,
  /** The case as people name it: A1087. */
  input: z.strictObject({ application: z.string().max(64) }),
  output: z.object({ kind: z.enum(['sent', 'none']), number: z.string() }),
  async run(ctx, input) {
    const none = { kind: 'none' as const, number: input.application };
    const application = await applicationByRef(ctx.tx, input.application);
    if (ctx.actor.kind !== 'STAFF' || !application) return none;
    const { id: staffId } = ctx.actor;
    // Under the lock of the votes: what is decided at this moment is not asked for again.
    const approval = await lockWaiting(ctx.tx, application.id, staffId);
    if (!approval) return none;
    const mine = (await tasksOf(ctx.tx, [approval.id])).find((task) => task.staff_id === staffId);
    if (mine?.state !== 'OPEN' || !mine.staff_able) return none;
    const { id, staff_id } = mine;
    const sent = await dealCards(ctx, approval, openSnapshot(ctx, approval), { id, staff_id, isAgain: true });
    ctx.effects.touch(application.customer_id);
    return { kind: sent > 0 ? ('sent' as const) : ('none' as const), number: `A${application.number}` };
  },
});

/** A name, a team and what tells namesakes apart. */
const MAX_COLLEAGUE = 100;

const verb = z.enum(['approve', 'reject', 'return', 'hand_over']);
const decision = z.object({
  approvalId: z.string(),
  state: z.string(),
  outcome: z.string(),
  decidedBy: z.string().nullable(),
  /** How many still have to decide. */
  left: z.int(),
});

export const decideApproval = defineOperation({
  name: 'approval.decide',
  summary:
    'Approves, rejects, returns or hands over; the revision says what the decision was made on. The id, or the A-number of the application',
  access: ANY_STAFF,
  input: z.strictObject({
    id: z.string().min(1).max(64),
    revision: z.int().min(1),
    verb,
    reason: z.string().trim().max(500).optional(),
    /** For `hand_over`: id or name of the colleague; of several with one name, the name as the refusal tells them apart. */
    to: z.string().trim().max(MAX_COLLEAGUE).optional(),
    /** The pressed card's own handle, so that the platform can lock that very card. */
    cardId: z.string().max(26).optional(),
    tap: z.record(z.string(), z.string()).optional(),
  }),
  output: decision,
  http: { method: 'POST', path: '/approvals/{id}/decisions', status: 200, internal: ['cardId', 'tap'] },
  example: { revision: 1, verb: 'reject', reason: 'R05' },
  subject: (input, output) => ({ kind: 'approval', id: output?.approvalId ?? input.id }),
  async run(ctx, input) {
    if (ctx.actor.kind !== 'STAFF') throw new AppError(applicationErrors['approval.no_person']);
    if (ctx.actor.token?.mayDecide === false) throw new AppError(applicationErrors['approval.token_of_nobody']);
    const id = await approvalNamed(ctx.tx, input.id, ctx.actor.id);
    const approval = id === undefined ? undefined : await lockApproval(ctx.tx, id);
    if (!approval) throw new AppError(applicationErrors['approval.not_found']);
    if ((await excludedFrom(ctx.tx, approval.instance_id)).has(ctx.actor.id))
      throw new AppError(applicationErrors['approval.own_case']);
    const tasks = await tasksOf(ctx.tx, [approval.id]);
    const mine = tasks.find((task) => task.staff_id === ctx.actor.id);
    // A-numbers run in order: whether there is one is told to those who sit on it.
    if (!mine) throw new AppError(applicationErrors[id === input.id ? 'approval.not_yours' : 'approval.not_found']);
    if (!approval.verbs.includes(input.verb))
      throw new AppError(applicationErrors['approval.unknown_verb'], { params: { verb: input.verb } });
    if (approval.state !== 'OPEN' || mine.state !== 'OPEN')
      throw new AppError(applicationErrors['approval.closed'], {
        params: closedParams(approval, tasks, mine),
      });
    // A token may be narrower than the person it acts as.
    const holds = ctx.actor.roles.some((role) => role === approval.role);
    if (!mine.staff_able || !holds) throw new AppError(applicationErrors['approval.not_yours']);
    if (approval.revision !== input.revision)
      throw new AppError(applicationErrors['approval.stale_revision'], { params: { revision: approval.revision } });
    const tap = input.tap && input.cardId ? { cardId: input.cardId, handle: input.tap } : undefined;
    return input.verb === 'hand_over'
      ? handOver(ctx, { approval, tasks, mine, tap }, input.to)
      : vote(ctx, { approval, tasks, mine, tap }, input.verb, input.reason);
  },
});

/** Why there is nothing left to decide for this person: the outcome, or his signature and how many are still missing. */
function closedParams(
  approval: ApprovalRow,
  tasks: readonly TaskRow[],
  mine: TaskRow,
): Record<string, string | number> {
  if (approval.state !== 'OPEN') return { state: approval.state };
  // Nobody handed over a seat that was taken from him.
  if (mine.state === 'HANDED_OVER' && mine.decided_at === null) return { state: 'CLOSED' };
  if (mine.state !== 'APPROVED') return { state: mine.state };
  return { state: 'SIGNED', by: mine.staff_name, left: openSeats(tasks) };
}

function openSeats(tasks: readonly TaskRow[]): number {
  return tasks.filter((task) => task.state === 'OPEN').length;
}

/** All who signed a level, in the order they did; the last of them just now. */
function signersOf(tasks: readonly TaskRow[], last: TaskRow): readonly string[] {
  const before = tasks.filter((task) => task.state === 'APPROVED' && task.id !== last.id);
  before.sort((one, other) => Number(one.decided_at) - Number(other.decided_at));
  return [...before, last].map((task) => task.staff_name);
}

interface Case {
  readonly approval: ApprovalRow;
  readonly tasks: readonly TaskRow[];
  readonly mine: TaskRow;
  readonly tap: Tap | undefined;
}

const VOTES = { approve: 'APPROVED', reject: 'REJECTED', return: 'RETURNED' } as const;

async function vote(
  ctx: Ctx,
  { approval, tasks, mine, tap }: Case,
  choice: keyof typeof VOTES,
  reason: string | undefined,
): Promise<z.output<typeof decision>> {
  if (choice !== 'approve' && (reason === undefined || reason === ''))
    throw new AppError(applicationErrors['approval.reason_needed']);
  openSnapshot(ctx, approval); // what can be shown to nobody is decided by nobody (invariant 14)
  const state = VOTES[choice];
  const isCode = (REASONS as readonly string[]).includes(reason ?? '');
  const written = await writeVoteOrRefuse(ctx, {
    taskId: mine.id,
    state,
    reasonCode: isCode ? (reason ?? null) : null,
    sealedReason:
      reason === undefined || isCode ? null : ctx.keys.seal(`approval_tasks.sealed_reason.${mine.id}`, reason),
    via: ctx.via,
    now: ctx.now,
  });
  if (!written) throw new AppError(applicationErrors['approval.closed'], { params: { state } });
  const outcome = outcomeOf(
    approval.mode,
    tasks.map((task) => (task.id === mine.id ? state : task.state)),
  );
  await touchCase(ctx, approval);
  const left = outcome === 'OPEN' ? openSeats(tasks) - 1 : 0;
  const shown = reason === undefined || reason === '' ? undefined : await shownReason(ctx, approval, reason);
  const how = { by: mine.staff_name, reason: shown, tap };
  if (outcome === 'OPEN') await redraw(ctx, approval, { ...how, outcome: 'SIGNED', only: mine.id, left });
  else
    await finish(ctx, approval, outcome, { ...how, shown: outcome === 'APPROVED' ? signersOf(tasks, mine) : how.by });
  return { approvalId: approval.id, state: outcome, outcome: state, decidedBy: mine.staff_name, left };
}

async function writeVoteOrRefuse(ctx: Ctx, row: Parameters<typeof writeVote>[1]): Promise<boolean> {
  try {
    return await writeVote(ctx.tx, row);
  } catch (error) {
    // The database has the last word on invariant 9; the operation's savepoint takes the failed statement back.
    if (violatedConstraint(error) === 'own_case' || violatedConstraint(error) === 'signed_twice')
      throw new AppError(applicationErrors['approval.own_case'], { cause: error });
    throw error;
  }
}

async function finish(
  ctx: Ctx,
  approval: ApprovalRow,
  outcome: Exclude<ApprovalState, 'OPEN'>,
  how: Pick<Case, 'tap'> & {
    readonly by: string;
    readonly reason: Redraw['reason'];
    /** Whose decision the cards show it as. */
    readonly shown: Redraw['by'];
  },
): Promise<void> {
  await closeApproval(ctx.tx, approval.id, outcome, ctx.now);
  if (outcome === 'RETURNED')
    await ctx.callAsSystem('application.close', { application: approval.application_id, outcome });
  await redraw(ctx, approval, { ...how, by: how.shown, outcome });
  await ctx.callAsSystem('process.signal', {
    instanceId: approval.instance_id,
    event: {
      type: 'approval.decided',
      visit: approval.visit,
      outcome: outcome.toLowerCase(),
      by: how.by,
      ...(how.reason === undefined ? {} : { reason: how.reason }),
    },
  });
}

async function handOver(
  ctx: Ctx,
  { approval, tasks, mine, tap }: Case,
  to: string | undefined,
): Promise<z.output<typeof decision>> {
  const successor = await successorOf(ctx, approval, tasks, to);
  const written = await writeVote(ctx.tx, {
    taskId: mine.id,
    state: 'HANDED_OVER',
    reasonCode: null,
    sealedReason: null,
    via: ctx.via,
    now: ctx.now,
  });
  if (!written) throw new AppError(applicationErrors['approval.closed'], { params: { state: 'HANDED_OVER' } });
  await touchCase(ctx, approval);
  await redraw(ctx, approval, {
    by: mine.staff_name,
    outcome: 'HANDED_OVER',
    only: mine.id,
    reason: undefined,
    tap,
  });
  await seat(ctx, approval, openSnapshot(ctx, approval), { staffId: successor, from: mine.staff_id });
  return {
    approvalId: approval.id,
    state: 'OPEN',
    outcome: 'HANDED_OVER',
    decidedBy: mine.staff_name,
    left: openSeats(tasks),
  };
}

/** A colleague of the node's role who may decide the case and does not sit on it yet. */
async function successorOf(
  ctx: Ctx,
  approval: ApprovalRow,
  tasks: readonly TaskRow[],
  to: string | undefined,
): Promise<string> {
  const able = await ableToSit(ctx, approval, tasks);
  const meant = to === undefined ? [] : peopleAddressed(able, to);
  const [named, ...namesakes] = meant;
  if (named && namesakes.length === 0) return named.id;
  const ids = new Set(meant.map((row) => row.id));
  const names = distinctNames(able).filter((_, index) => !named || ids.has(able[index]?.id ?? ''));
  throw new AppError(applicationErrors[named ? 'approval.successor_ambiguous' : 'approval.successor_needed'], {
    params: {
      names: names.join(ctx.t('conversation.format.between_labels')),
      able: names.length,
      given: to ?? '',
      role: approval.role,
    },
  });
}

async function touchCase(ctx: Ctx, approval: ApprovalRow): Promise<void> {
  const application = await findApplication(ctx.tx, approval.application_id);
  if (application) ctx.effects.touch(application.customer_id);
}
