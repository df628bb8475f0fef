/** To-dos in chat and API. */
import { z } from 'zod';
import type { Access, Actor } from '../../core/operations/actor.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError } from '../../lib/errors.ts';
import { dateIn } from '../../lib/business-date.ts';
import { textParamSchema } from '../../lib/text-params.ts';
import { wholeNumber } from '../../lib/whole-number.ts';
import { COMPLAINTS } from '../consent/index.ts';
import { remindLater } from './complaint-reminders.ts';
import { todoErrors } from './todo-errors.ts';
import { handleOf, inWords, isHeld, subjectsOf } from './todo-subject.ts';
import {
  addTodo,
  askTodo,
  countTodosAbout,
  finishTodosAbout,
  keysEndedBy,
  lockTodo,
  openTodos,
  setDone,
  todoNumber,
  type LockedTodo,
  type WhoseList,
} from './todo-store.ts';

const EVERYBODY: Access = {
  sales: 'own',
  team_lead: 'own',
  reviewer: 'own',
  approver: 'own',
  collector: 'own',
  manager: 'own',
  compliance: 'own',
  admin: 'own',
};

export const listTodos = defineOperation({
  name: 'task.list',
  summary: 'What the caller has to do, what is urgent first, then the newest first',
  access: EVERYBODY,
  input: z.strictObject({ cursor: z.uuid('fault.cursor').optional(), limit: wholeNumber(1, 100).default(20) }),
  output: z.object({
    items: z.array(
      z.object({
        id: z.string(),
        /** T12: what it goes by in a chat, as long as it exists. */
        number: z.string(),
        kind: z.string(),
        title: z.string(),
        since: z.string(),
        /** A one-tap answer in a chat: the words that finish it. */
        tap: z.string(),
      }),
    ),
    nextCursor: z.string().nullable(),
    /** How many come after these. */
    more: z.int(),
  }),
  http: { method: 'GET', path: '/tasks' },
  readOnly: true,
  async run(ctx, input) {
    if (ctx.actor.kind !== 'STAFF') return { items: [], nextCursor: null, more: 0 };
    const person = { staffId: ctx.actor.id, roles: ctx.actor.roles };
    const { rows, more } = await openTodos(ctx.tx, person, { after: input.cursor, limit: input.limit });
    const told = await inWords(ctx, ctx.actor.language, rows);
    return {
      items: rows.map((row, index) => ({
        id: row.id,
        number: todoNumber(row.number),
        kind: told[index]?.kind ?? row.kind,
        title: told[index]?.text ?? '',
        since: dateIn(row.created_at, ctx.services.companyZone),
        tap: ctx.t('todo.finish', { number: todoNumber(row.number) }),
      })),
      nextCursor: more > 0 ? (rows.at(-1)?.id ?? null) : null,
      more,
    };
  },
});

/**
 * What is not on one's own list is not there, but for what somebody left behind: managers and administrators may finish that.
 * An administrator's token has no list, and may clear up everybody's.
 */
function listOf(actor: Actor): WhoseList {
  const roles = 'roles' in actor ? actor.roles : [];
  if (actor.kind === 'TOKEN' && roles.includes('admin')) return 'every';
  return { staffId: actor.kind === 'STAFF' ? actor.id : null, roles };
}

const NOBODY = 'none';
const changed = { id: z.string(), number: z.string(), title: z.string() };

export const finish = defineOperation({
  name: 'task.finish',
  summary:
    'Marks a to-do on the caller’s list as done, by id or number (T12), and leaves one that is done as it is; managers and administrators also what somebody has left behind. Where somebody asked for a person, the bot has the word again; after a complaint the calls about overdue money are asked for again',
  access: EVERYBODY,
  input: z.strictObject({ id: z.string().min(1).max(64) }),
  output: z.object({
    kind: z.enum(['finished', 'already']),
    ...changed,
    /** With whom the bot has the word again (K305, or a chat's id), or `none`. */
    handedBack: z.string(),
  }),
  http: { method: 'POST', path: '/tasks/{id}/finish', status: 200 },
  subject: (input, output) => ({ kind: 'task', id: output?.id ?? input.id }),
  async run(ctx, { id }) {
    const todo = await meant(ctx, id);
    const { described, mustWait } = await describe(ctx, todo);
    if (todo.done_at) return { kind: 'already' as const, ...described, handedBack: NOBODY };
    await setDone(ctx.tx, todo.id, ctx.now, mustWait);
    const handedBack = await handBack(ctx, todo);
    if (COMPLAINTS.includes(todo.kind)) await askAfterComplaint(ctx, todo);
    return { kind: 'finished' as const, ...described, handedBack };
  },
});

/** Nobody has to answer there any more, so the bot does; the to-do on his list is all that whoever finishes it needs for that. */
async function handBack(ctx: Ctx, todo: LockedTodo): Promise<string> {
  if (todo.kind !== 'handed_over' || todo.subject_id === null) return NOBODY;
  const result = await (todo.subject_kind === 'customer'
    ? ctx.callAsSystem('conversation.handBack', { customer: todo.subject_id })
    : ctx.callAsSystem('conversation.handBackChat', { conversation: todo.subject_id }));
  if (z.object({ conversations: z.int() }).parse(result).conversations === 0) return NOBODY;
  const [about] = await subjectsOf(ctx.tx, [todo]);
  return handleOf(about);
}

/** While he complained nobody phoned him about what is overdue: from now on somebody has to. */
async function askAfterComplaint(ctx: Ctx, { subject_id: customerId }: LockedTodo): Promise<void> {
  await ctx.callAsSystem('reminder.askAfterComplaint', { customerId });
}

export const reopen = defineOperation({
  name: 'task.reopen',
  summary: 'Puts a to-do that was done back on the list it stood on, for whoever may finish it, by id or number (T12)',
  access: EVERYBODY,
  input: z.strictObject({ id: z.string().min(1).max(64) }),
  output: z.object({ kind: z.enum(['reopened', 'already']), ...changed }),
  http: { method: 'POST', path: '/tasks/{id}/reopen', status: 200 },
  subject: (input, output) => ({ kind: 'task', id: output?.id ?? input.id }),
  async run(ctx, { id }) {
    const todo = await meant(ctx, id);
    const { described } = await describe(ctx, todo);
    if (!todo.done_at) return { kind: 'already' as const, ...described };
    await setDone(ctx.tx, todo.id, null);
    remindLater(ctx, todo);
    return { kind: 'reopened' as const, ...described };
  },
});

/** @throws AppError task.not_found */
async function meant(ctx: Ctx, ref: string): Promise<LockedTodo> {
  const todo = await lockTodo(ctx.tx, ref, listOf(ctx.actor));
  if (!todo) throw new AppError(todoErrors['task.not_found']);
  return todo;
}

/** In words, and whether it is a call that has to wait; what is said about it stands on the file of whom it is about. */
async function describe(
  ctx: Ctx,
  todo: LockedTodo,
): Promise<{ readonly described: Record<keyof typeof changed, string>; readonly mustWait: boolean }> {
  const [told] = await inWords(ctx, ctx.actor.language, [todo]);
  const customerId = told?.about?.customer_id;
  if (typeof customerId === 'string') ctx.effects.touch(customerId);
  const described = { id: todo.id, number: todoNumber(todo.number), title: told?.text ?? '' };
  return { described, mustWait: told !== undefined && isHeld(told) };
}

export const add = defineOperation({
  name: 'task.add',
  summary: 'Puts something on a person’s or a role’s list; once per key',
  access: { system: 'all' },
  input: z.strictObject({
    key: z.string().max(300),
    kind: z.string().max(60),
    staffId: z.uuid().optional(),
    role: z.string().max(20).optional(),
    subject: z.strictObject({ kind: z.string(), id: z.uuid() }).optional(),
    params: z.record(z.string(), z.union([z.string(), z.number(), textParamSchema])).optional(),
    /** It goes with the customer it is about, to whoever looks after him. */
    isForOwner: z.boolean().optional(),
    /** Done before, it is to be done again. */
    isAsked: z.boolean().default(false),
  }),
  output: z.object({ isNew: z.boolean() }),
  subject: (input) => input.subject,
  async run(ctx, input) {
    const isNew = await (input.isAsked ? askTodo : addTodo)(
      ctx.tx,
      {
        key: input.key,
        kind: input.kind,
        ...(input.staffId ? { staffId: input.staffId } : {}),
        ...(input.role ? { role: input.role } : {}),
        ...(input.subject ? { subject: input.subject } : {}),
        ...(input.params ? { params: input.params } : {}),
        ...(input.isForOwner === undefined ? {} : { isForOwner: input.isForOwner }),
      },
      ctx.now,
    );
    return { isNew };
  },
});

export const finishAbout = defineOperation({
  name: 'task.finishAbout',
  summary: 'Marks every open to-do of a kind about a subject as done, because the matter is settled',
  access: { system: 'all' },
  input: z.strictObject({
    kind: z.string().max(60),
    subject: z.strictObject({ kind: z.string(), id: z.uuid() }),
    /** Those made after this stay. */
    madeUntil: z.iso.datetime().optional(),
    /** What settled it: `task.askAgainAbout` brings back what it has ended. */
    endedBy: z.uuid().optional(),
  }),
  output: z.object({}),
  subject: (input) => input.subject,
  async run(ctx, { kind, subject, madeUntil, endedBy }) {
    const until = madeUntil === undefined ? {} : { madeUntil: new Date(madeUntil) };
    await finishTodosAbout(ctx.tx, kind, subject, { now: ctx.now, endedBy, ...until });
    return {};
  },
});

export const askAgainAbout = defineOperation({
  name: 'task.askAgainAbout',
  summary:
    'Puts what something has ended about a customer on the list of whoever looks after him now and tells him, because it is taken back; what is asked for again already stays as it is',
  access: { system: 'all' },
  input: z.strictObject({ kind: z.string().max(60), customerId: z.uuid(), endedBy: z.uuid() }),
  output: z.object({ asked: z.int() }),
  subject: ({ customerId }) => ({ kind: 'customer', id: customerId }),
  async run(ctx, { kind, customerId, endedBy }) {
    const keys = await keysEndedBy(ctx.tx, kind, customerId, endedBy);
    for (const key of keys) await ctx.callAsSystem('task.addForOwner', { customerId, key, kind, isOneOpen: true });
    return { asked: keys.length };
  },
});

export const countAbout = defineOperation({
  name: 'task.countAbout',
  summary: 'Writes how many are left of what somebody has to do about a customer; none: it is done',
  access: { system: 'all' },
  input: z.strictObject({
    kind: z.string().max(60),
    subject: z.strictObject({ kind: z.literal('customer'), id: z.uuid() }),
    count: z.int().min(0),
  }),
  output: z.object({}),
  subject: (input) => input.subject,
  async run(ctx, { kind, subject, count }) {
    await countTodosAbout(ctx.tx, kind, subject.id, { count, now: ctx.now });
    return {};
  },
});
