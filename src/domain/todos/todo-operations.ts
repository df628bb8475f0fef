/** To-dos in chat and API. */
import { z } from 'zod';
import type { Access } from '../../core/operations/actor.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError, commonErrors } from '../../lib/errors.ts';
import { dateIn } from '../../lib/business-date.ts';
import { addTodo, finishTodo, openTodos, ownerOf } from './todo-store.ts';

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
  summary: 'What the caller has to do, the oldest first',
  access: EVERYBODY,
  input: z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
  output: z.object({
    items: z.array(z.object({ id: z.string(), kind: z.string(), title: z.string(), due: z.string() })),
    nextCursor: z.null(),
  }),
  http: { method: 'GET', path: '/tasks' },
  readOnly: true,
  async run(ctx, input) {
    if (ctx.actor.kind !== 'STAFF') return { items: [], nextCursor: null };
    const rows = await openTodos(ctx.tx, { staffId: ctx.actor.id, roles: ctx.actor.roles }, input.limit);
    return {
      items: rows.map((row) => ({
        id: row.id,
        kind: row.kind,
        title: ctx.t(`todo.${row.kind}`, row.params),
        due: dateIn(row.created_at, ctx.services.companyZone),
      })),
      nextCursor: null,
    };
  },
});

export const finish = defineOperation({
  name: 'task.finish',
  summary: 'Marks a to-do as done',
  access: EVERYBODY,
  input: z.strictObject({ id: z.uuid() }),
  output: z.object({ id: z.string() }),
  http: { method: 'POST', path: '/tasks/{id}/finish', status: 200 },
  subject: (input) => ({ kind: 'task', id: input.id }),
  async run(ctx, input) {
    if (!(await finishTodo(ctx.tx, input.id, ctx.now))) throw new AppError(commonErrors['resource.not_found']);
    return { id: input.id };
  },
});

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
    params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  }),
  output: z.object({}),
  subject: (input) => input.subject,
  async run(ctx, input) {
    await addTodo(
      ctx.tx,
      {
        key: input.key,
        kind: input.kind,
        ...(input.staffId ? { staffId: input.staffId } : {}),
        ...(input.role ? { role: input.role } : {}),
        ...(input.subject ? { subject: input.subject } : {}),
        ...(input.params ? { params: input.params } : {}),
      },
      ctx.now,
    );
    return {};
  },
});

export const addForOwner = defineOperation({
  name: 'task.addForOwner',
  summary:
    'Puts something about a customer on the owner’s list and tells him; without an owner it goes to the managers',
  access: { system: 'all' },
  input: z.strictObject({ customerId: z.uuid(), key: z.string().max(300), kind: z.string().max(60) }),
  output: z.object({ ownerId: z.string().nullable() }),
  subject: (input) => ({ kind: 'customer', id: input.customerId }),
  async run(ctx, input) {
    const ownerId = await ownerOf(ctx.tx, input.customerId);
    const subject = { kind: 'customer', id: input.customerId };
    await addTodo(
      ctx.tx,
      { key: input.key, kind: input.kind, ...(ownerId === null ? { role: 'manager' } : { staffId: ownerId }), subject },
      ctx.now,
    );
    if (ownerId !== null)
      await ctx.callAsSystem('staff.notify', { staffId: ownerId, text: `todo.${input.kind}`, params: {} });
    return { ownerId };
  },
});
