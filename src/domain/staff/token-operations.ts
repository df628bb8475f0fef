/** API tokens: made, listed, revoked. */
import { z } from 'zod';
import { ROLES, type Role } from '../../core/operations/actor.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError } from '../../lib/errors.ts';
import { newId, newToken, tokenDigest } from '../../lib/ids.ts';
import { plainName } from '../../lib/plain-name.ts';
import { wholeNumber } from '../../lib/whole-number.ts';
import { staffErrors } from './staff-errors.ts';
import { findStaff } from './staff-store.ts';
import { insertToken, listTokens, revokeToken, type ListedToken } from './token-store.ts';

export const createToken = defineOperation({
  name: 'token.create',
  summary:
    'Makes an API token; it is shown once and only its digest is kept. One that acts as a person has that person’s roles, at most those named here; he is told of it, and it decides approvals only when a person or the command line made it',
  access: { admin: 'all' },
  input: z.strictObject({
    name: plainName(60, 'fault.token_name'),
    staffId: z.uuid().optional(),
    roles: z.array(z.enum(ROLES)).min(1).optional(),
    validDays: z.int('fault.valid_days').min(1, 'fault.valid_days').max(3650, 'fault.valid_days').optional(),
  }),
  output: z.object({ id: z.string(), token: z.string(), createdBy: z.string(), mayDecide: z.boolean() }),
  http: { method: 'POST', path: '/tokens' },
  keepsNames: true,
  example: { name: 'console', roles: ['manager'], validDays: 365 },
  subject: (_input, output) => (output ? { kind: 'token', id: output.id } : undefined),
  async run(ctx, input) {
    if (input.staffId !== undefined) await requireHolder(ctx, input.staffId, input.roles ?? []);
    else if (input.roles === undefined) throw new AppError(staffErrors['token.needs_roles']);
    const token = `dbn_${newToken(40)}`;
    const id = newId();
    const mayDecide = input.staffId !== undefined && isVouchedFor(ctx);
    await insertToken(ctx.tx, {
      id,
      name: input.name,
      digest: tokenDigest(token),
      staffId: input.staffId ?? null,
      roles: [...new Set(input.roles)],
      createdBy: ctx.actor.id,
      mayDecide,
      now: ctx.now,
      validDays: input.validDays ?? null,
    });
    if (input.staffId !== undefined && input.staffId !== ctx.actor.id)
      await tellHolder(ctx, input.staffId, { name: input.name, mayDecide });
    return { id, token, createdBy: ctx.actor.id, mayDecide };
  },
});

/** Somebody who works here and has these roles: in one that is not his own the token could do nothing. */
async function requireHolder(ctx: Ctx, staffId: string, roles: readonly Role[]): Promise<void> {
  const holder = await findStaff(ctx.tx, staffId);
  if (holder?.is_active !== true) throw new AppError(staffErrors['staff.not_found']);
  const foreign = roles.filter((role) => !holder.roles.includes(role));
  if (foreign.length > 0)
    throw new AppError(staffErrors['token.role_not_theirs'], {
      params: { roles: foreign.join(', '), theirs: holder.roles.join(', ') },
    });
}

/**
 * Whether somebody answers for the tokens made here: a person, or whoever sits at the machine. A token of nobody (the
 * bootstrap token among them) would otherwise decide approvals through the tokens it makes; so would those they make.
 */
function isVouchedFor({ actor, via }: Ctx): boolean {
  return actor.kind === 'STAFF' ? actor.token?.mayDecide !== false : via === 'cli';
}

/** Nobody acts in another's name behind his back. */
async function tellHolder(
  ctx: Ctx,
  staffId: string,
  token: { readonly name: string; readonly mayDecide: boolean },
): Promise<void> {
  const maker = ctx.actor.kind === 'STAFF' ? { maker: 'person', by: ctx.actor.name } : { maker: ctx.via, by: '' };
  await ctx.callAsSystem('staff.notify', {
    staffId,
    text: 'staff.token_made',
    params: { ...maker, token: token.name, decides: token.mayDecide ? 'yes' : 'no' },
  });
}

const listed = z.object({
  id: z.string(),
  name: z.string(),
  roles: z.array(z.string()),
  staffId: z.string().nullable(),
  staffName: z.string().nullable(),
  /** Who made it: a member of staff or a token by id, `bootstrap`, or `cli` for whoever sat at the machine. */
  createdBy: z.string(),
  createdByName: z.string(),
  /** Whether it may decide approvals of the person it acts as. */
  mayDecide: z.boolean(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
});

export const listAllTokens = defineOperation({
  name: 'token.list',
  summary: 'Lists API tokens, the newest first; never what they are',
  access: { admin: 'all', compliance: 'all' },
  input: z.strictObject({
    cursor: z.uuid('fault.cursor').optional(),
    limit: wholeNumber(1, 1000).default(200),
  }),
  output: z.object({ items: z.array(listed), nextCursor: z.string().nullable() }),
  http: { method: 'GET', path: '/tokens' },
  readOnly: true,
  async run(ctx, input) {
    const rows = await listTokens(ctx.tx, input.cursor, input.limit + 1);
    const items = rows.slice(0, input.limit).map(viewOf);
    return { items, nextCursor: rows.length > input.limit ? (items.at(-1)?.id ?? null) : null };
  },
});

function viewOf(row: ListedToken): z.output<typeof listed> {
  return {
    id: row.id,
    name: row.name,
    roles: [...row.roles],
    staffId: row.staff_id,
    staffName: row.staff_name,
    createdBy: row.created_by,
    createdByName: row.created_by_name,
    mayDecide: row.may_decide,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}

export const revoke = defineOperation({
  name: 'token.revoke',
  summary: 'Ends an API token at once and for ever',
  access: { admin: 'all' },
  input: z.strictObject({ id: z.uuid() }),
  output: z.object({ id: z.string() }),
  http: { method: 'DELETE', path: '/tokens/{id}' },
  subject: ({ id }) => ({ kind: 'token', id }),
  async run(ctx, { id }) {
    if (!(await revokeToken(ctx.tx, id, ctx.now))) throw new AppError(staffErrors['token.not_found']);
    return { id };
  },
});
