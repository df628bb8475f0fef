/** Capturing a lead: whose it becomes, and what becomes of a phone that is known already. */
import type { Ctx } from '../../core/operations/context.ts';
import { AppError } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { maskText } from '../../lib/mask.ts';
import {
  customerInScope,
  customerNumber,
  insertCustomer,
  isInScope,
  lockCustomer,
  maskedName,
  piiOf,
  setCustomerOwner,
  type CustomerRow,
} from '../customers/index.ts';
import { refuseInApproval } from './fact-refusals.ts';
import { leadErrors } from './lead-errors.ts';
import { collide, holdersOf, phoneOf, saveFacts } from './lead-facts.ts';
import {
  factsOf,
  findKeeper,
  insertLead,
  lockOpenLead,
  lockRotation,
  openLead,
  recordAssignment,
  setLeadOwner,
  type LeadRow,
} from './lead-store.ts';
import type { CollisionView, LeadView } from './lead-view.ts';
import { changedFacts, nextInRotation, type Assigned, type LeadFacts } from './lead.ts';

/** Who gets it, and how it came to him. */
export type Owner = { readonly staffId: string; readonly teamId: string | null; readonly how: Assigned };

/** A lead for these facts: new, the one the customer has, or a collision. Without an owner the rotation gives it away. */
export async function captureFacts(
  ctx: Ctx,
  facts: LeadFacts,
  source: string,
  owner: Owner | undefined,
): Promise<LeadView | CollisionView> {
  const phone = phoneOf(facts);
  if (phone === undefined && facts.name === undefined) throw new AppError(leadErrors['lead.needs_contact']);
  const known = phone === undefined ? undefined : (await holdersOf(ctx, phone))[0];
  if (known) return meetKnown(ctx, known, { facts, source, owner });
  const chosen = owner ?? (await fromRotation(ctx));
  const created = await insertCustomer(ctx.tx, ctx.keys, {
    nameMasked: maskedName(facts.name ?? ''),
    ownerId: chosen?.staffId ?? null,
    teamId: chosen?.teamId ?? null,
    now: ctx.now,
  });
  const customer = await requireCustomer(ctx, created.id);
  const lead = await openNew(ctx, customer, source, chosen);
  return saveFacts(ctx, { customer, lead }, facts, true);
}

/** What was typed, where it came from, and whose it would be. */
interface Capture {
  readonly facts: LeadFacts;
  readonly source: string;
  readonly owner: Owner | undefined;
}

async function meetKnown(
  ctx: Ctx,
  customer: CustomerRow,
  { facts, source, owner }: Capture,
): Promise<LeadView | CollisionView> {
  await lockCustomer(ctx.tx, customer.id);
  const lead = await lockOpenLead(ctx.tx, customer.id);
  const holder = lead?.owner_id ?? customer.owner_id;
  // Who only knows a phone must not reach a file through it that is closed to him otherwise.
  const isTheirs = owner === undefined ? isInScope(ctx, customer) : holder === null || holder === owner.staffId;
  if (!isTheirs) return collide(ctx, customer, holder);
  ctx.effects.touch(customer.id);
  if (lead && owner && holder === null) {
    await refuseInApproval(ctx, lead);
    await claim(ctx, lead, owner);
  }
  const open =
    lead ?? (await openNew(ctx, customer, source, owner ?? (await keeper(ctx, customer)) ?? (await fromRotation(ctx))));
  const news = owner === undefined ? await unknownFacts(ctx, { customer, lead: open }, facts) : facts;
  return saveFacts(ctx, { customer, lead: open }, news, lead === undefined);
}

/** Of what a form or an import says only what nobody knew: it does not overwrite what a person has confirmed. */
async function unknownFacts(
  ctx: Ctx,
  { customer, lead }: { readonly customer: CustomerRow; readonly lead: LeadRow },
  facts: LeadFacts,
): Promise<LeadFacts> {
  const recorded = await factsOf(ctx.tx, ctx.keys, lead);
  const known = new Set(Object.keys(recorded));
  const held = new Set((await piiOf(ctx.tx, customer.id)).map(({ kind }) => kind));
  if (held.has('NAME')) known.add('name');
  if (held.has('ID_CARD')) known.add('identityNumber');
  // "No house" would take back the mortgage that somebody noted.
  const isNews = ([name, value]: readonly [string, LeadFacts[keyof LeadFacts]]): boolean =>
    !known.has(name) && Object.keys(changedFacts(recorded, { [name]: value })).every((other) => other === name);
  return Object.fromEntries(Object.entries(facts).filter(isNews));
}

/** A lead that came in while nobody was there to take it belongs to whoever types it first. */
async function claim(ctx: Ctx, lead: LeadRow, owner: Owner): Promise<void> {
  await setLeadOwner(ctx.tx, lead.id, owner, ctx.now);
  await setCustomerOwner(ctx.tx, lead.customer_id, owner, ctx.now);
  await recordAssignment(ctx.tx, {
    id: newId(),
    leadId: lead.id,
    staffId: owner.staffId,
    how: owner.how,
    now: ctx.now,
  });
}

/** Whose customer it is already, while he is still there: a new wish of an old customer takes nothing away from anybody. */
async function keeper(ctx: Ctx, { owner_id: ownerId }: CustomerRow): Promise<Owner | undefined> {
  const seat = ownerId === null ? undefined : await findKeeper(ctx.tx, ownerId);
  return seat && { ...seat, how: 'KEPT' };
}

async function fromRotation(ctx: Ctx): Promise<Owner | undefined> {
  const seat = nextInRotation(await lockRotation(ctx.tx));
  return seat ? { staffId: seat.staffId, teamId: seat.teamId, how: 'ROTATION' } : undefined;
}

async function openNew(ctx: Ctx, customer: CustomerRow, source: string, owner: Owner | undefined): Promise<LeadRow> {
  const id = newId();
  await insertLead(ctx.tx, {
    id,
    customerId: customer.id,
    ownerId: owner?.staffId ?? null,
    teamId: owner?.teamId ?? null,
    source,
    createdBy: ctx.actor.id,
    now: ctx.now,
  });
  if (owner) {
    await recordAssignment(ctx.tx, { id: newId(), leadId: id, staffId: owner.staffId, how: owner.how, now: ctx.now });
    if (customer.owner_id !== owner.staffId) await setCustomerOwner(ctx.tx, customer.id, owner, ctx.now);
    if (owner.how !== 'TYPED') await tellAssigned(ctx, customer, source, owner);
  }
  const lead = await openLead(ctx.tx, customer.id);
  if (!lead) throw new Error('lead not opened');
  return lead;
}

/** Whose turn it was, or whose customer came again, has not asked for this lead: he hears of it. */
async function tellAssigned(ctx: Ctx, customer: CustomerRow, source: string, { staffId, how }: Owner): Promise<void> {
  const params = { number: customerNumber(customer.number), name: customer.name_masked, source: maskText(source) };
  await ctx.callAsSystem('staff.notify', { staffId, text: how === 'KEPT' ? 'lead.again' : 'lead.assigned', params });
}

async function requireCustomer(ctx: Ctx, id: string): Promise<CustomerRow> {
  return customerInScope({ ...ctx, scope: 'all' }, id);
}
