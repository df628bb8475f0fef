/** Staff and their chat accounts. */
import { z } from 'zod';
import { ROLES } from '../../core/operations/actor.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { statement } from '../../db/database.ts';
import { AppError } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { staffErrors } from './staff-errors.ts';
import {
  bindStaffIdentity,
  disableStaff,
  findStaff,
  identitiesOfStaff,
  insertStaff,
  listStaff,
  teamNamed,
} from './staff-store.ts';

const role = z.enum(ROLES);
const externalId = z.string().trim().min(1).max(128);
const member = z.object({
  id: z.string(),
  name: z.string(),
  roles: z.array(z.string()),
  isActive: z.boolean(),
  accounts: z.array(z.object({ account: z.string(), externalId: z.string() })),
});

export const addStaff = defineOperation({
  name: 'staff.add',
  summary: 'Adds a member of staff with roles and chat accounts',
  access: { admin: 'all' },
  input: z.strictObject({
    name: z.string().trim().min(1).max(40),
    roles: z.array(role).min(1),
    team: z.string().trim().min(1).max(40).optional(),
    language: z.enum(['zh-CN', 'en']).default('zh-CN'),
    wecom: externalId.optional(),
    slack: externalId.optional(),
    telegram: externalId.optional(),
  }),
  output: member,
  http: { method: 'POST', path: '/staff' },
  example: { name: '小林', roles: ['sales'], team: '一组', wecom: 'xiaolin' },
  subject: (_input, output) => (output ? { kind: 'staff', id: output.id } : undefined),
  async run(ctx, input) {
    const id = newId();
    const teamId = input.team === undefined ? null : await teamNamed(ctx.tx, newId(), input.team);
    await insertStaff(ctx.tx, {
      id,
      name: input.name,
      roles: input.roles,
      teamId,
      language: input.language,
      now: ctx.now,
    });
    for (const platform of ['wecom', 'slack', 'telegram'] as const) {
      const external = input[platform];
      if (external !== undefined) await bind(ctx, id, platform, external);
    }
    await staffChanged(ctx, id);
    return describe(ctx, id);
  },
});

export const bindStaff = defineOperation({
  name: 'staff.bind',
  summary: 'Binds one more chat account to a member of staff',
  access: { admin: 'all' },
  input: z.strictObject({ id: z.uuid(), platform: z.enum(['wecom', 'slack', 'telegram']), externalId }),
  output: member,
  http: { method: 'POST', path: '/staff/{id}/accounts' },
  subject: (input) => ({ kind: 'staff', id: input.id }),
  async run(ctx, input) {
    await bind(ctx, input.id, input.platform, input.externalId);
    return describe(ctx, input.id);
  },
});

export const listAllStaff = defineOperation({
  name: 'staff.list',
  summary: 'Lists the staff with their roles and chat accounts',
  access: { admin: 'all', manager: 'all', team_lead: 'all', compliance: 'all' },
  input: z.strictObject({}),
  output: z.object({ items: z.array(member), nextCursor: z.null() }),
  http: { method: 'GET', path: '/staff' },
  readOnly: true,
  async run(ctx) {
    const items = [];
    for (const row of await listStaff(ctx.tx)) items.push(await describe(ctx, row.id));
    return { items, nextCursor: null };
  },
});

export const disable = defineOperation({
  name: 'staff.disable',
  summary: 'Ends a member of staff’s access; tokens and chat accounts stop at once',
  access: { admin: 'all' },
  input: z.strictObject({ id: z.uuid() }),
  output: z.object({ id: z.string(), isActive: z.literal(false) }),
  http: { method: 'POST', path: '/staff/{id}/disable', status: 200 },
  subject: (input) => ({ kind: 'staff', id: input.id }),
  async run(ctx, input) {
    if (!(await findStaff(ctx.tx, input.id))) throw new AppError(staffErrors['staff.not_found']);
    await disableStaff(ctx.tx, input.id, ctx.now);
    await staffChanged(ctx, input.id);
    return { id: input.id, isActive: false as const };
  },
});

// Held until we commit, so that it cannot go off before our change is to be seen.
const WAITING = statement(
  'staff-changed-waiting',
  `SELECT id FROM timers WHERE state = 'OPEN' AND kind = 'staff.changed' AND due_at <= $1 ORDER BY due_at LIMIT 1 FOR SHARE SKIP LOCKED`,
);

/** Cases that wait for somebody who left, or for anybody at all, are looked at in a turn of their own; once for many changes. */
async function staffChanged(ctx: Ctx, id: string): Promise<void> {
  if ((await ctx.tx.query(WAITING, [ctx.now])).length > 0) return;
  ctx.effects.setTimer({ key: `staff-changed:${id}:${ctx.now.toISOString()}`, kind: 'staff.changed', dueAt: ctx.now });
}

async function bind(
  ctx: Ctx,
  staffId: string,
  platform: 'wecom' | 'slack' | 'telegram',
  external: string,
): Promise<void> {
  const account = ctx.services.accounts[platform];
  if (account === undefined) throw new AppError(staffErrors['staff.no_such_account'], { params: { platform } });
  const bound = await bindStaffIdentity(ctx.tx, { id: newId(), account, externalId: external, staffId, now: ctx.now });
  if (!bound) throw new AppError(staffErrors['staff.identity_taken'], { params: { platform } });
}

async function describe(ctx: Ctx, id: string): Promise<z.output<typeof member>> {
  const row = await findStaff(ctx.tx, id);
  if (!row) throw new AppError(staffErrors['staff.not_found']);
  const identities = await identitiesOfStaff(ctx.tx, id);
  return {
    id: row.id,
    name: row.name,
    roles: [...row.roles],
    isActive: row.is_active,
    accounts: identities.map((identity) => ({ account: identity.account, externalId: identity.external_id })),
  };
}
