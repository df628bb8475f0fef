/**
 * Running processes: state under the instance's row lock, effects as operations, one event row per step. The pure
 * interpreter decides; this file only carries out.
 */
import { z } from 'zod';
import { byDay } from '../../lib/daytime.ts';
import { AppError, defineErrors } from '../../lib/errors.ts';
import { textParam, textParamSchema } from '../../lib/text-params.ts';
import { newId } from '../../lib/ids.ts';
import { statement, type Tx } from '../../db/database.ts';
import {
  startProcess,
  stepProcess,
  textOf,
  type CompiledProcess,
  type ProcessEffect,
  type ProcessEvent,
  type ProcessState,
} from '../flow/index.ts';
import type { Ctx } from '../operations/context.ts';
import { defineOperation, type Operation } from '../operations/operation.ts';
import type { Flows } from './flows.ts';

/** Refusals of starting and driving cases. */
export const processErrors = defineErrors({ 'process.not_found': [404, 'info'] });

interface InstanceRow {
  readonly id: string;
  readonly flow_version_id: string;
  readonly subject_kind: string;
  readonly subject_id: string;
  readonly sealed_state: Buffer;
  readonly rev: number;
  readonly status: string;
}

const INSERT = statement(
  'instances-insert',
  `INSERT INTO instances (id, flow_version_id, subject_kind, subject_id, step, visit, sealed_state, status, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'RUNNING', $8, $8)`,
);
const LOCK = statement(
  'instances-lock',
  'SELECT id, flow_version_id, subject_kind, subject_id, sealed_state, rev, status FROM instances WHERE id = $1 FOR NO KEY UPDATE',
);
const SAVE = statement(
  'instances-save',
  'UPDATE instances SET step = $2, visit = $3, sealed_state = $4, status = $5, rev = $6, updated_at = $7 WHERE id = $1',
);

const event = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('approval.decided'),
    visit: z.int(),
    outcome: z.enum(['approved', 'rejected', 'returned', 'recalled']),
    by: z.string().exactOptional(),
    reason: z.union([z.string(), textParamSchema]).exactOptional(),
  }),
  z.strictObject({
    type: z.literal('signal'),
    name: z.string(),
    facts: z.record(z.string(), z.unknown()).exactOptional(),
    anew: z.boolean().exactOptional(),
  }),
  z.strictObject({ type: z.literal('timer'), visit: z.int(), name: z.enum(['remind', 'timeout']) }),
  z.strictObject({ type: z.literal('retry'), facts: z.record(z.string(), z.unknown()).exactOptional() }),
]);

/** The operations by which everybody else starts and drives processes. */
export function processOperations(flows: Flows): readonly Operation[] {
  return [startOperation(flows), signalOperation(flows), resumeStopped, resumeOperation(flows)];
}

function startOperation(flows: Flows): Operation {
  return defineOperation({
    name: 'process.start',
    summary: 'Starts a case of a published process',
    access: { system: 'all' },
    input: z.strictObject({
      flow: z.string(),
      subjectKind: z.string(),
      subjectId: z.uuid(),
      facts: z.record(z.string(), z.unknown()),
    }),
    output: z.object({ instanceId: z.string() }),
    subject: (input) => ({ kind: input.subjectKind, id: input.subjectId }),
    async run(ctx, input) {
      const flow = flows.process(input.flow);
      const id = newId();
      const step = startProcess(flow, input.facts);
      await ctx.tx.query(INSERT, [
        id,
        flow.version,
        input.subjectKind,
        input.subjectId,
        step.state.node,
        step.state.visit,
        seal(ctx, id, step.state),
        ctx.now,
      ]);
      await carryOut(ctx, flow, { id, subjectKind: input.subjectKind, subjectId: input.subjectId, rev: 0 }, step);
      return { instanceId: id };
    },
  });
}

function signalOperation(flows: Flows): Operation {
  return defineOperation({
    name: 'process.signal',
    summary: 'Tells a case what has happened',
    access: { system: 'all' },
    input: z.strictObject({ instanceId: z.uuid(), event }),
    output: z.object({ node: z.string(), status: z.string() }),
    keepsNames: true,
    subject: (input) => ({ kind: 'instance', id: input.instanceId }),
    async run(ctx, input) {
      const { instanceId, event: happened } = input;
      // It may close an approval: votes lock that before the case, and so does this.
      if (happened.type === 'timer' && happened.name === 'timeout')
        await ctx.callAsSystem('approval.hold', { instanceId, visit: happened.visit });
      const row = await lock(ctx.tx, instanceId);
      const flow = await flows.version(ctx.tx, row.flow_version_id);
      if (flow.kind !== 'process') throw new Error(`instance ${row.id} does not run a process`);
      const state = ctx.keys.openJson(`instances.sealed_state.${row.id}`, row.sealed_state) as ProcessState;
      const step = stepProcess(flow, state, happened);
      // Whoever tries a case again, or ends it, has seen the alarm; should it stop once more, there is a new one.
      if (happened.type === 'retry' || isRecall(happened))
        await ctx.callAsSystem('approval.endAlarm', { subject: { kind: row.subject_kind, id: row.subject_id } });
      const last = await carryOut(
        ctx,
        flow,
        { id: row.id, subjectKind: row.subject_kind, subjectId: row.subject_id, rev: row.rev },
        step,
      );
      return { node: last.node, status: last.status };
    },
  });
}

const STOPPED = statement(
  'instances-stopped',
  `SELECT id, subject_kind, subject_id FROM instances WHERE status = 'STOPPED' ORDER BY id`,
);

const resumeStopped = defineOperation({
  name: 'process.resumeStopped',
  summary: 'Has every stopped case looked at, each in a turn of its own: one that cannot go on keeps no other',
  access: { system: 'all' },
  input: z.strictObject({}),
  output: z.object({ cases: z.int() }),
  async run(ctx) {
    const rows = await ctx.tx.query<Pick<InstanceRow, 'id' | 'subject_kind' | 'subject_id'>>(STOPPED);
    for (const { id, subject_kind: kind, subject_id: subjectId } of rows)
      ctx.effects.setTimer({
        key: `resume:${id}:${ctx.now.getTime()}`,
        kind: 'process.resume',
        dueAt: ctx.now,
        subjectId: id,
        payload: { about: { kind, id: subjectId } },
      });
    return { cases: rows.length };
  },
});

function resumeOperation(flows: Flows): Operation {
  return defineOperation({
    name: 'process.resume',
    summary: 'Lets a case go on that stopped for want of approvers and would find them now',
    access: { system: 'all' },
    input: z.strictObject({ instanceId: z.uuid() }),
    output: z.object({ resumed: z.boolean() }),
    subject: (input) => ({ kind: 'instance', id: input.instanceId }),
    async run(ctx, { instanceId }) {
      const row = await lock(ctx.tx, instanceId);
      if (row.status !== 'STOPPED') return { resumed: false };
      const state = ctx.keys.openJson(`instances.sealed_state.${row.id}`, row.sealed_state) as ProcessState;
      const flow = await flows.version(ctx.tx, row.flow_version_id);
      const node = flow.kind === 'process' ? flow.nodes.get(state.node) : undefined;
      if (node?.kind !== 'approval' || node.approval.role === undefined) return { resumed: false };
      const { policy, role, count } = node.approval;
      const seats = { instanceId, node: state.node, since: state.since ?? 1, policy, role, count };
      const { can } = (await ctx.callAsSystem('approval.canSeat', seats)) as { can: boolean };
      if (can) await ctx.callAsSystem('process.signal', { instanceId, event: { type: 'retry' } });
      return { resumed: can };
    },
  });
}

function isRecall(happened: ProcessEvent): boolean {
  return happened.type === 'signal' && happened.name === 'recalled';
}

async function lock(tx: Tx, id: string): Promise<InstanceRow> {
  const [row] = await tx.query<InstanceRow>(LOCK, [id]);
  if (!row) throw new AppError(processErrors['process.not_found']);
  return row;
}

function seal(ctx: Ctx, id: string, state: ProcessState): Buffer {
  return ctx.keys.sealJson(`instances.sealed_state.${id}`, state);
}

interface Case {
  readonly id: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly rev: number;
}

type Step = ReturnType<typeof stepProcess>;

/** Does what a step says, feeding results back, until the case waits or ends. The state is saved before each effect. */
async function carryOut(ctx: Ctx, flow: CompiledProcess, start: Case, first: Step): Promise<ProcessState> {
  let rev = start.rev;
  let step = first;
  const queue: ProcessEffect[] = [...step.effects];
  await save(ctx, start.id, step.state, (rev += 1));
  for (let effect = queue.shift(); effect !== undefined; effect = queue.shift()) {
    ctx.effects.event({ instanceId: start.id, rev, type: effect.kind, data: effect });
    const result = await perform(ctx, { flow, instance: start, state: step.state }, effect);
    if (!result) continue;
    step = stepProcess(flow, step.state, result);
    queue.push(...step.effects);
    await save(ctx, start.id, step.state, (rev += 1));
  }
  return step.state;
}

const STATUS: Readonly<Record<ProcessState['status'], string>> = {
  running: 'RUNNING',
  waiting: 'RUNNING',
  stopped: 'STOPPED',
  ended: 'DONE',
};

async function save(ctx: Ctx, id: string, state: ProcessState, rev: number): Promise<void> {
  await ctx.tx.query(SAVE, [id, state.node, state.visit, seal(ctx, id, state), STATUS[state.status], rev, ctx.now]);
}

interface Scene {
  readonly flow: CompiledProcess;
  readonly instance: Case;
  readonly state: ProcessState;
}

/** Texts go out as the case's version says them: whoever is told, now or when a card is drawn again, reads those words. */
async function perform(ctx: Ctx, scene: Scene, effect: ProcessEffect): Promise<ProcessEvent | undefined> {
  const { instance, flow } = scene;
  switch (effect.kind) {
    case 'operation':
      return callForCase(ctx, effect);
    case 'approval.open':
      return openApproval(ctx, scene, effect);
    case 'timer.set':
      setTimer(ctx, instance.id, effect);
      return undefined;
    case 'remind': {
      const { visit, text } = effect;
      await ctx.callAsSystem('approval.remind', { instanceId: instance.id, visit, text: textOf(flow, text) });
      return undefined;
    }
    case 'escalate': {
      const { visit, role, text } = effect;
      await ctx.callAsSystem('approval.escalate', { instanceId: instance.id, visit, role, text: textOf(flow, text) });
      return undefined;
    }
    case 'notify': {
      const { to: staffId, text, params } = effect;
      const words = { staffId, text: textOf(flow, text), params };
      if (instance.subjectKind !== 'application') await ctx.callAsSystem('staff.notify', words);
      else await ctx.callAsSystem('application.notify', { application: instance.subjectId, ...words });
      return undefined;
    }
    case 'incident':
      await alarm(ctx, scene, effect);
      return undefined;
    case 'ended':
      await ended(ctx, instance, effect.outcome);
      return undefined;
    case 'approval.close':
      await ctx.callAsSystem('approval.expire', { instanceId: instance.id, visit: effect.visit });
      return undefined;
    case 'timer.clear': // an event for an earlier visit changes nothing; the row fires and is ignored
    case 'not_applicable':
    case 'moved':
    case 'ignored':
      return undefined;
  }
}

/** Nobody is reminded at night; a deadline stays what it is. */
function setTimer(ctx: Ctx, instanceId: string, effect: Extract<ProcessEffect, { kind: 'timer.set' }>): void {
  const { visit, name, afterMinutes } = effect;
  const at = new Date(ctx.now.getTime() + afterMinutes * 60_000);
  ctx.effects.setTimer({
    key: `process:${instanceId}:${visit}:${name}:${ctx.now.getTime()}`,
    kind: 'process',
    dueAt: name === 'remind' ? byDay(at, ctx.services.companyZone) : at,
    subjectId: instanceId,
    payload: { instanceId, visit, name },
  });
}

async function callForCase(ctx: Ctx, effect: Extract<ProcessEffect, { kind: 'operation' }>): Promise<ProcessEvent> {
  try {
    const result = (await ctx.callAsSystem(effect.operation, effect.input)) as Record<string, unknown>;
    return { type: 'operation.done', visit: effect.visit, result };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { type: 'operation.failed', visit: effect.visit, code: error.code };
  }
}

async function openApproval(
  ctx: Ctx,
  { flow, instance }: Scene,
  effect: Extract<ProcessEffect, { kind: 'approval.open' }>,
): Promise<ProcessEvent | undefined> {
  const opened = (await ctx.callAsSystem('approval.open', {
    instanceId: instance.id,
    application: instance.subjectId,
    node: effect.node,
    title: textOf(flow, effect.title),
    card: effect.card,
    visit: effect.visit,
    since: effect.since,
    policy: effect.policy,
    role: effect.role,
    count: effect.count,
    verbs: effect.verbs,
  })) as { readonly kind: string };
  return opened.kind === 'empty' ? { type: 'approval.empty', visit: effect.visit } : undefined;
}

/** Nobody to ask, or something that cannot go on: record it, and tell those who can do something. It never passes. */
async function alarm(
  ctx: Ctx,
  { flow, instance, state }: Scene,
  { code, node }: Extract<ProcessEffect, { kind: 'incident' }>,
): Promise<void> {
  const subject = { kind: instance.subjectKind, id: instance.subjectId };
  const definition = flow.nodes.get(node);
  const title = definition?.kind === 'approval' ? textOf(flow, definition.approval.title) : undefined;
  ctx.effects.incident({ kind: code, subject, detail: { node, ...(title && { title: textParam(title) }) } });
  const key = `${instance.id}:${state.visit}:${code}`;
  if (instance.subjectKind !== 'application') {
    const todo = { key: `incident:${key}`, kind: 'process_stopped', role: 'manager', subject, params: { node } };
    await ctx.callAsSystem('task.add', todo);
    return;
  }
  await ctx.callAsSystem('approval.alarm', { application: instance.subjectId, key, ...(title && { title }) });
}

const OUTCOMES: Readonly<Record<string, string>> = {
  approved: 'APPROVED',
  rejected: 'REJECTED',
  recalled: 'RECALLED',
  expired: 'EXPIRED',
};

async function ended(ctx: Ctx, instance: Case, outcome: string): Promise<void> {
  const state = OUTCOMES[outcome];
  if (instance.subjectKind === 'application' && state !== undefined)
    await ctx.callAsSystem('application.close', { application: instance.subjectId, outcome: state });
}
