/** Staff and their chat accounts. */
import { z } from 'zod';
import { personId } from '../../channels/person-id.ts';
import { ANY_STAFF, ROLES } from '../../core/operations/actor.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation, parseFields } from '../../core/operations/operation.ts';
import { statement } from '../../db/database.ts';
import { AppError, commonErrors } from '../../lib/errors.ts';
import { isLanguage, LANGUAGES } from '../../lib/i18n.ts';
import { newId } from '../../lib/ids.ts';
import { plainName } from '../../lib/plain-name.ts';
import { staffErrors } from './staff-errors.ts';
import {
  bindStaffIdentity,
  changeStaff,
  findStaff,
  holderOf,
  identitiesOfStaff,
  insertStaff,
  listStaff,
  lockStaff,
  releaseAccounts,
  setStaffLanguage,
  teamNamed,
  type IdentityRow,
  type StaffRow,
} from './staff-store.ts';
import { revokeTokensOf } from './token-store.ts';

const PLATFORMS = ['wecom', 'slack', 'telegram'] as const;
type Platform = (typeof PLATFORMS)[number];

const role = z.enum(ROLES);
const language = z.enum(LANGUAGES);
const name = plainName(40, 'fault.staff_name');
const team = plainName(40, 'fault.staff_name');
/** What each platform calls its people. */
const ACCOUNTS = {
  wecom: z
    .string()
    .trim()
    .regex(/^[\w.@-]{1,64}$/, 'fault.wecom_account'),
  slack: z
    .string()
    .trim()
    .regex(/^[UW][A-Z0-9]{2,}$/, 'fault.slack_account')
    .max(64),
  telegram: z
    .string()
    .trim()
    .regex(/^\d{1,20}$/, 'fault.telegram_account'),
} as const;
const member = z.object({
  id: z.string(),
  name: z.string(),
  roles: z.array(z.string()),
  team: z.string().nullable(),
  language: z.string(),
  isActive: z.boolean(),
  accounts: z.array(z.object({ account: z.string(), externalId: z.string() })),
});
type Member = z.output<typeof member>;

export const addStaff = defineOperation({
  name: 'staff.add',
  summary: 'Adds a member of staff with roles and chat accounts',
  access: { admin: 'all' },
  input: z.strictObject({
    name,
    roles: z.array(role).min(1),
    team: team.optional(),
    language: language.default('zh-CN'),
    wecom: ACCOUNTS.wecom.optional(),
    slack: ACCOUNTS.slack.optional(),
    telegram: ACCOUNTS.telegram.optional(),
  }),
  output: member,
  http: { method: 'POST', path: '/staff' },
  keepsNames: true,
  example: { name: '小林', roles: ['sales'], team: '一组', wecom: 'xiaolin' },
  subject: (_input, output) => (output ? { kind: 'staff', id: output.id } : undefined),
  async run(ctx, input) {
    const id = newId();
    await insertStaff(ctx.tx, {
      id,
      name: input.name,
      roles: input.roles,
      teamId: await teamOf(ctx, input.team ?? null),
      language: input.language,
      now: ctx.now,
    });
    for (const platform of PLATFORMS) {
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
  input: z.strictObject({ id: z.uuid(), platform: z.enum(PLATFORMS), externalId: z.string().trim().min(1).max(64) }),
  /** `isNew`: he did not have it before. */
  output: member.extend({ isNew: z.boolean() }),
  http: { method: 'POST', path: '/staff/{id}/accounts', creates: ({ isNew }) => isNew },
  subject: (input) => ({ kind: 'staff', id: input.id }),
  async run(ctx, input) {
    const schema = z.object({ externalId: ACCOUNTS[input.platform] });
    const { externalId } = parseFields(schema, { externalId: input.externalId }, ctx.actor.language);
    const before = await describe(ctx, input.id);
    await bind(ctx, input.id, input.platform, externalId);
    const after = await noteChange(ctx, before);
    return { ...after, isNew: after.accounts.length > before.accounts.length };
  },
});

const change = z.strictObject({
  id: z.uuid(),
  name: name.optional(),
  roles: z.array(role).min(1).optional(),
  /** `null` takes him out of his team. */
  team: team.nullable().optional(),
  language: language.optional(),
  /** His one account on the platform from now on; `null` takes it away. */
  wecom: ACCOUNTS.wecom.nullable().optional(),
  slack: ACCOUNTS.slack.nullable().optional(),
  telegram: ACCOUNTS.telegram.nullable().optional(),
  disabled: z.boolean().optional(),
});

export const updateStaff = defineOperation({
  name: 'staff.update',
  summary:
    'Changes a member of staff: name, roles, team (his customers and leads go with him), language, chat accounts; ends his access or gives it back. What is left out stays as it is',
  access: { admin: 'all' },
  input: change,
  output: member,
  http: { method: 'PATCH', path: '/staff/{id}' },
  keepsNames: true,
  example: { roles: ['sales', 'team_lead'], team: '二组', telegram: '4242', slack: null },
  subject: (input) => ({ kind: 'staff', id: input.id }),
  run: async (ctx, input) => applyChange(ctx, input),
});

export const setOwnLanguage = defineOperation({
  name: 'staff.setLanguage',
  summary: 'Sets the language the bot speaks with the caller',
  access: ANY_STAFF,
  input: z.strictObject({ language }),
  output: z.object({ kind: z.literal('set'), language: z.string() }),
  async run(ctx, input) {
    if (ctx.actor.kind !== 'STAFF')
      throw new AppError(commonErrors['permission.denied'], { params: { operation: 'staff.setLanguage' } });
    await setStaffLanguage(ctx.tx, ctx.actor.id, input.language);
    return { kind: 'set' as const, language: input.language };
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
    const rows = await listStaff(ctx.tx);
    const accounts = await identitiesOfStaff(ctx.tx, ...rows.map((row) => row.id));
    const ofRow = ({ id }: StaffRow): readonly IdentityRow[] => accounts.filter((account) => account.staff_id === id);
    return { items: rows.map((row) => viewOf(row, ofRow(row))), nextCursor: null };
  },
});

export const disable = defineOperation({
  name: 'staff.disable',
  summary:
    'Ends a member of staff’s access: chat accounts stop at once, tokens for ever. His to-dos go to the managers, who hear how many customers and leads he leaves',
  access: { admin: 'all' },
  input: z.strictObject({ id: z.uuid() }),
  output: z.object({ id: z.string(), isActive: z.literal(false) }),
  http: { method: 'POST', path: '/staff/{id}/disable', status: 200 },
  subject: (input) => ({ kind: 'staff', id: input.id }),
  async run(ctx, input) {
    await applyChange(ctx, { id: input.id, disabled: true });
    return { id: input.id, isActive: false as const };
  },
});

/** @throws AppError staff.not_found, staff.last_admin, and what binding an account refuses. */
async function applyChange(ctx: Ctx, wanted: z.output<typeof change>): Promise<Member> {
  const { member: row, otherAdmins } = await lockStaff(ctx.tx, wanted.id);
  if (!row) throw new AppError(staffErrors['staff.not_found']);
  const after = {
    ...row,
    name: wanted.name ?? row.name,
    roles: wanted.roles ? [...new Set(wanted.roles)] : row.roles,
    team_id: wanted.team === undefined ? row.team_id : await teamOf(ctx, wanted.team),
    language: wanted.language ?? row.language,
    is_active: wanted.disabled === undefined ? row.is_active : !wanted.disabled,
  };
  if (isAdministrator(row) && !isAdministrator(after) && otherAdmins === 0)
    throw new AppError(staffErrors['staff.last_admin'], { params: { name: row.name } });
  const before = await describe(ctx, row.id);
  await changeStaff(ctx.tx, after, ctx.now);
  // Whoever comes back does not find doors open that he, or somebody with his token, left behind.
  if (!after.is_active) await revokeTokensOf(ctx.tx, row.id, ctx.now);
  for (const platform of PLATFORMS) {
    const external = wanted[platform];
    if (external === undefined) continue;
    await releaseAccounts(ctx.tx, row.id, accountOn(ctx, platform), external);
    if (external !== null) await bind(ctx, row.id, platform, external);
  }
  if (after.is_active && !row.is_active) await comeBack(ctx, row.id);
  return noteChange(ctx, before, {
    ...(after.team_id === row.team_id ? {} : { moved: await takeAlong(ctx, after) }),
    ...(row.is_active && !after.is_active ? { left: await leaveBehind(ctx, row.id) } : {}),
  });
}

/** What he owns is his new team's to see, and no longer the old one's. */
async function takeAlong(
  ctx: Ctx,
  { id: staffId, team_id: teamId }: Pick<StaffRow, 'id' | 'team_id'>,
): Promise<unknown> {
  return ctx.callAsSystem('lead.followOwner', { staffId, teamId });
}

/** His to-dos are others' from now on; his customers stay his until somebody takes them over. */
async function leaveBehind(ctx: Ctx, staffId: string): Promise<unknown> {
  return ctx.callAsSystem('lead.leaveBehind', { staffId });
}

/** Nobody has to see to what he left: he is back. */
async function comeBack(ctx: Ctx, id: string): Promise<void> {
  await ctx.callAsSystem('task.finishAbout', { kind: 'staff_left', subject: { kind: 'staff', id } });
}

function isAdministrator(row: Pick<StaffRow, 'is_active' | 'roles'>): boolean {
  return row.is_active && row.roles.includes('admin');
}

async function teamOf(ctx: Ctx, wanted: string | null): Promise<string | null> {
  return wanted === null ? null : teamNamed(ctx.tx, newId(), wanted);
}

/** Puts old and new on the audit log, and has everything looked at again that hangs on who may sign and where he is reached. */
async function noteChange(ctx: Ctx, before: Member, more: Readonly<Record<string, unknown>> = {}): Promise<Member> {
  const after = await describe(ctx, before.id);
  const changes = changesBetween(before, after);
  if (Object.keys(changes).length === 0) return after;
  ctx.effects.audit({
    action: 'staff.changed',
    outcome: 'DONE',
    subject: { kind: 'staff', id: before.id },
    detail: { changes, ...more },
  });
  if ('accounts' in changes && after.isActive) tellWhereHeWas(ctx, before, after);
  if (['roles', 'isActive', 'accounts'].some((field) => field in changes)) await staffChanged(ctx, before.id);
  return after;
}

/** Who takes over an account signs in its owner's name: the owner hears of it where he was reached until now. */
function tellWhereHeWas(ctx: Ctx, before: Member, after: Member): void {
  const language = isLanguage(after.language) ? after.language : 'zh-CN';
  const now = after.accounts.map(({ account }) => ctx.say(language, `todo.channel.${account.split(':')[0] ?? ''}`));
  const by = ctx.actor.kind === 'STAFF' ? { maker: 'person', by: ctx.actor.name } : { maker: ctx.via, by: '' };
  const text = ctx.say(language, 'staff.accounts_changed', { ...by, count: now.length, accounts: now.join(' · ') });
  for (const { account, externalId } of before.accounts) {
    const to = { account, chat: personId(account, externalId) };
    ctx.effects.send({ to, purpose: 'STAFF', content: { kind: 'text', text } });
  }
}

/** What differs, old and new. */
function changesBetween(before: Member, after: Member): Readonly<Record<string, { from: unknown; to: unknown }>> {
  return Object.fromEntries(
    member
      .keyof()
      .options.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
      .map((field) => [field, { from: before[field], to: after[field] }]),
  );
}

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

function accountOn(ctx: Ctx, platform: Platform): string {
  const account = ctx.services.accounts[platform];
  if (account === undefined) throw new AppError(staffErrors['staff.no_such_account'], { params: { platform } });
  return account;
}

async function bind(ctx: Ctx, staffId: string, platform: Platform, external: string): Promise<void> {
  const account = accountOn(ctx, platform);
  if (await bindStaffIdentity(ctx.tx, { id: newId(), account, externalId: external, staffId, now: ctx.now })) return;
  const holder = await holderOf(ctx.tx, account, external);
  const { staff_id: id, staff_name: name, customer_number: customer } = holder ?? {};
  if (typeof customer === 'number')
    throw new AppError(staffErrors['staff.account_of_customer'], { params: { platform, customer: `K${customer}` } });
  throw new AppError(staffErrors['staff.identity_taken'], { params: { platform, name: name ?? '', id: id ?? '' } });
}

async function describe(ctx: Ctx, id: string): Promise<Member> {
  const row = await findStaff(ctx.tx, id);
  if (!row) throw new AppError(staffErrors['staff.not_found']);
  return viewOf(row, await identitiesOfStaff(ctx.tx, id));
}

function viewOf(row: StaffRow, identities: readonly IdentityRow[]): Member {
  return {
    id: row.id,
    name: row.name,
    roles: [...row.roles],
    team: row.team_name,
    language: row.language,
    isActive: row.is_active,
    accounts: identities.map(({ account, external_id: id, written_as: words }) => ({
      account,
      externalId: words ?? id,
    })),
  };
}
