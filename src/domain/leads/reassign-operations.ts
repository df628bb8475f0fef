/** A customer goes to another colleague because a superior says so: read from chat, shown once more, done, told to both. */
import { z } from 'zod';
import { parseReassignment, type Reassignment } from '../../core/conversation/index.ts';
import { ANY_STAFF, scopeOf, type Access } from '../../core/operations/actor.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError, commonErrors } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { textParam } from '../../lib/text-params.ts';
import {
  customerInScope,
  customerNumber,
  findByQuery,
  lockCustomer,
  parseCustomerQuery,
  setCustomerOwner,
  type CustomerRow,
} from '../customers/index.ts';
import {
  distinctNames,
  findStaff,
  listStaffRows,
  peopleAddressed,
  staffWithRole,
  type StaffRow,
} from '../staff/index.ts';
import { line, lines } from './find-operations.ts';
import { tellFollowed, todosFollow } from './followed.ts';
import { leadErrors } from './lead-errors.ts';
import { LEAD_ACCESS } from './lead-operations.ts';
import {
  latestLeadId,
  lockOpenLead,
  numberInApproval,
  openLead,
  recordAssignment,
  setLeadOwner,
} from './lead-store.ts';

const ACCESS: Access = { team_lead: 'team', manager: 'all', admin: 'all' };
/** Whose customer it is while it is nobody's. */
const NOBODY = 'none';

export const reassignLead = defineOperation({
  name: 'lead.reassign',
  summary:
    'Gives a customer with his open lead, and what there is to do about him, to another colleague; both hear of it, and the ledger of assignments has it. Not while his case is being approved',
  access: ACCESS,
  input: z.strictObject({
    lead: z.string().min(1).max(64),
    to: z.uuid(),
    /** Whose he is as far as the caller knows (`none`: nobody's); when that has changed, nothing happens. */
    from: z.union([z.uuid(), z.literal(NOBODY)]).optional(),
  }),
  output: z.object({
    kind: z.enum(['reassigned', 'unchanged']),
    customerId: z.string(),
    number: z.string(),
    fromId: z.string().nullable(),
    toId: z.string(),
    /** Who was sent a message about it; `none` where nobody could be. */
    told: z.string(),
  }),
  http: { method: 'POST', path: '/leads/{lead}/reassign', status: 200 },
  example: { to: '01990000-0000-7000-8000-000000000001' },
  subject: (_input, output) => (output ? { kind: 'customer', id: output.customerId } : undefined),
  evidence: ({ fromId, toId }) => ({ fromId, toId }),
  async run(ctx, input) {
    const { id } = await customerInScope(ctx, input.lead);
    await lockCustomer(ctx.tx, id);
    const lead = await lockOpenLead(ctx.tx, id);
    const customer = await customerInScope(ctx, id); // as it is now that nobody else changes it
    const fromId = lead?.owner_id ?? customer.owner_id;
    if (input.from !== undefined && input.from !== (fromId ?? NOBODY))
      throw new AppError(commonErrors['state.conflict']);
    await refuseWhileApproved(ctx, lead?.id);
    const to = await keeperCalled(ctx, input.to);
    const done = { customerId: id, number: customerNumber(customer.number), fromId, toId: to.id };
    if (fromId === to.id) return { kind: 'unchanged' as const, ...done, told: NOBODY };
    const owner = { staffId: to.id, teamId: to.team_id };
    if (lead) await setLeadOwner(ctx.tx, lead.id, owner, ctx.now);
    await setCustomerOwner(ctx.tx, id, owner, ctx.now);
    const leadId = lead?.id ?? (await latestLeadId(ctx.tx, id));
    if (leadId !== undefined)
      await recordAssignment(ctx.tx, { id: newId(), leadId, staffId: to.id, how: 'GIVEN', now: ctx.now });
    return { kind: 'reassigned' as const, ...done, told: await tell(ctx, customer, { fromId, to }) };
  },
});

/** Both hear of it, but for whoever does it himself: he hears only what came to his list with the customer. */
async function tell(
  ctx: Ctx,
  customer: CustomerRow,
  { fromId, to }: { readonly fromId: string | null; readonly to: StaffRow },
): Promise<string> {
  const moved = { customerId: customer.id, fromId, toId: to.id, isGiven: true };
  const followed = await todosFollow(ctx, moved);
  const by = ctx.actor.kind === 'STAFF' ? ctx.actor.name : textParam('lead.office');
  const who = { by, number: customerNumber(customer.number), name: customer.name_masked };
  const from = fromId === null ? undefined : await findStaff(ctx.tx, fromId);
  if (to.id === ctx.actor.id) await tellFollowed(ctx, customer, to.id, followed);
  const told: string[] = [];
  for (const [person, text, params] of [
    [to, 'lead.given', { ...who, followed }],
    [from, 'lead.taken', { ...who, to: to.name }],
  ] as const) {
    if (!person || person.id === ctx.actor.id) continue;
    const sent = await ctx.callAsSystem('staff.notify', { staffId: person.id, text, params });
    if (z.object({ accounts: z.int() }).parse(sent).accounts > 0) told.push(person.name);
  }
  return told.length === 0 ? NOBODY : told.join(ctx.t('conversation.format.between_labels'));
}

/** What approvers have before them stays whose it was: whoever got it might be one of those who decide it (invariant 9). */
async function refuseWhileApproved(ctx: Ctx, leadId: string | undefined): Promise<void> {
  const number = leadId === undefined ? undefined : await numberInApproval(ctx.tx, leadId);
  if (number !== undefined)
    throw new AppError(leadErrors['lead.given_in_approval'], { params: { number: `A${number}` } });
}

/** @throws AppError lead.cannot_keep */
async function keeperCalled(ctx: Ctx, id: string): Promise<StaffRow> {
  const person = (await keepers(ctx)).find((one) => one.id === id);
  if (!person) throw new AppError(leadErrors['lead.cannot_keep']);
  return person;
}

/** Everybody who works here and may have customers. */
async function keepers(ctx: Ctx): Promise<readonly StaffRow[]> {
  const rows = await listStaffRows(ctx.tx);
  return rows.filter(({ is_active: isActive, roles }) => isActive && roles.some((role) => role in LEAD_ACCESS));
}

const said = z.object({ number: z.string(), name: z.string() });

const planned = z.union([
  z.object({ kind: z.literal('denied'), names: z.string() }),
  z.object({ kind: z.enum(['which', 'nobody']) }),
  z.object({ kind: z.literal('customers'), items: z.array(line), more: z.int(), colleague: z.string() }),
  said.extend({ kind: z.literal('stranger'), colleague: z.string() }),
  said.extend({
    kind: z.literal('colleagues'),
    colleague: z.string(),
    items: z.array(z.object({ id: z.string(), name: z.string() })),
    more: z.int(),
  }),
  said.extend({
    kind: z.enum(['ready', 'already']),
    fromId: z.string(),
    from: z.string(),
    toId: z.string(),
    to: z.string(),
  }),
]);
type Plan = z.output<typeof planned>;

export const planReassignment = defineOperation({
  name: 'lead.planReassign',
  summary:
    'Reads who is to get which customer: to be confirmed, or what has still to be chosen; whoever may not do it hears who may',
  access: ANY_STAFF,
  input: z.strictObject({
    /** A whole sentence, or its two parts. */
    words: z.string().max(200).optional(),
    customer: z.string().max(64).optional(),
    colleague: z.string().max(64).optional(),
  }),
  output: planned,
  readOnly: true,
  async run(ctx, { words, customer = '', colleague = '' }) {
    const scope = scopeOf(ctx.actor, ACCESS);
    if (scope === undefined) return deny(ctx);
    const wanted = words === undefined ? { customer, colleague } : parseReassignment(words);
    if (!wanted || wanted.customer === '') return { kind: 'which' as const };
    const query = parseCustomerQuery(wanted.customer);
    const { rows, more } = query ? await findByQuery({ ...ctx, scope }, query) : { rows: [], more: 0 };
    const [only, other] = rows;
    if (!only) return { kind: 'nobody' as const };
    if (other) return { kind: 'customers' as const, items: await lines(ctx, rows), more, colleague: wanted.colleague };
    return plan(ctx, only, wanted);
  },
});

/** As many as a question offers. */
const MOST = 10;
const MYSELF = /^(?:我|本人|自己|我自己|me|myself)$/iu;

async function plan(ctx: Ctx, customer: CustomerRow, { colleague }: Reassignment): Promise<Plan> {
  ctx.effects.touch(customer.id);
  const lead = await openLead(ctx.tx, customer.id);
  await refuseWhileApproved(ctx, lead?.id);
  const fromId = lead?.owner_id ?? customer.owner_id ?? NOBODY;
  const who = { number: customerNumber(customer.number), name: customer.name_masked };
  const people = await keepers(ctx);
  const meant = peopleCalled(ctx, people, colleague, fromId);
  const [to, other] = meant;
  if (!to) return { kind: 'stranger', ...who, colleague };
  if (other) {
    const names = distinctNames(people);
    const items = meant.map((one) => ({ id: one.id, name: names[people.indexOf(one)] ?? one.name }));
    return {
      kind: 'colleagues',
      ...who,
      colleague,
      items: items.slice(0, MOST),
      more: Math.max(0, items.length - MOST),
    };
  }
  const kind = to.id === fromId ? ('already' as const) : ('ready' as const);
  return { kind, ...who, fromId, from: await ownerText(ctx, fromId), toId: to.id, to: to.name };
}

/** Nobody named: all but whose customer it is. */
function peopleCalled(
  { actor }: Ctx,
  people: readonly StaffRow[],
  colleague: string,
  fromId: string,
): readonly StaffRow[] {
  if (colleague === '') return people.filter(({ id }) => id !== fromId);
  if (MYSELF.test(colleague)) return people.filter(({ id }) => id === actor.id);
  return peopleAddressed(people, colleague);
}

async function ownerText(ctx: Ctx, id: string): Promise<string> {
  const owner = id === NOBODY ? undefined : await findStaff(ctx.tx, id);
  if (!owner) return ctx.t('lead.nobody');
  return owner.is_active ? owner.name : ctx.t('lead.has_left', { name: owner.name });
}

/** Who could do it instead: the caller's team leads and the managers, or else the administrators. The attempt is on record. */
async function deny(ctx: Ctx): Promise<Plan> {
  ctx.effects.audit({ action: 'lead.reassign', outcome: 'REFUSED', detail: { code: 'permission.denied' } });
  const teamId = ctx.actor.kind === 'STAFF' ? ctx.actor.teamId : undefined;
  const leads = (await staffWithRole(ctx.tx, 'team_lead')).filter(
    (one) => teamId !== undefined && one.team_id === teamId,
  );
  const able = [...leads, ...(await staffWithRole(ctx.tx, 'manager'))];
  const people = able.length > 0 ? able : await staffWithRole(ctx.tx, 'admin');
  const names = [...new Set(people.map(({ name }) => name))];
  return {
    kind: 'denied',
    names: names.length === 0 ? NOBODY : names.slice(0, MOST).join(ctx.t('conversation.format.between_labels')),
  };
}
