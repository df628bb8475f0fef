/** Capturing a lead: whose it becomes, and what becomes of a phone that is known already. */
import type { Ctx } from '../../core/operations/context.ts';
import { dateIn } from '../../lib/business-date.ts';
import { AppError } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { maskText } from '../../lib/mask.ts';
import { mayAdd } from '../consent/index.ts';
import {
  customerInScope,
  customerNumber,
  hasPhone,
  insertCustomer,
  isInScope,
  lockCustomer,
  maskedName,
  piiOf,
  setCustomerOwner,
  type CustomerRow,
} from '../customers/index.ts';
import { refuseInApproval } from './fact-refusals.ts';
import { factNames } from './fact-text.ts';
import { tellFollowed, todosFollow } from './followed.ts';
import { leadErrors } from './lead-errors.ts';
import { collide, holdersOf, phoneOf, saveFacts } from './lead-facts.ts';
import {
  closeLead,
  factsOf,
  findKeeper,
  insertLead,
  lockOpenLead,
  lockRotation,
  numberInApproval,
  openLead,
  recordAssignment,
  setLeadOwner,
  type LeadRow,
} from './lead-store.ts';
import type { CollisionView, LeadView } from './lead-view.ts';
import {
  changedFacts,
  leadFacts,
  misplacedFacts,
  nextInRotation,
  plainFacts,
  type Assigned,
  type LeadChanges,
  type LeadFacts,
} from './lead.ts';
import { factsOnFile } from './resume-operations.ts';

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

async function meetKnown(ctx: Ctx, customer: CustomerRow, capture: Capture): Promise<LeadView | CollisionView> {
  const { facts, source, owner } = capture;
  await lockCustomer(ctx.tx, customer.id);
  const lead = await lockOpenLead(ctx.tx, customer.id);
  const holder = await keeper(ctx, lead?.owner_id ?? customer.owner_id);
  // Who only knows a phone must not reach a file through it that is closed to him otherwise.
  const isTheirs =
    owner === undefined ? isInScope(ctx, customer) : holder === undefined || holder.staffId === owner.staffId;
  if (!isTheirs) return collide(ctx, customer, holder?.staffId ?? null);
  ctx.effects.touch(customer.id);
  if (lead && !holder) await takeOver(ctx, { customer, lead }, capture);
  const open = lead ?? (await openNew(ctx, customer, source, owner ?? holder ?? (await fromRotation(ctx))));
  const said = await unknownFacts(ctx, { customer, lead: open }, facts);
  const isWilling = await mayAdd(ctx.tx, ctx.actor, customer.id);
  const news = isWilling ? said : {}; // who has said no can be asked again; nothing is added before he agrees
  const saved = await saveFacts(ctx, { customer, lead: open }, news, isWilling && lead === undefined);
  if (lead && holder && owner === undefined) await tellNews(ctx, customer, { source, holder, news });
  return saved;
}

/**
 * The phone that a lead was still lacking is an old customer's whom nobody who works here follows: it is as if it had been
 * typed first. What was noted goes on that customer's file, and this lead is over. `undefined` for every other phone.
 */
export async function captureLate(
  ctx: Ctx,
  { customer, lead }: { readonly customer: CustomerRow; readonly lead: LeadRow },
  changes: LeadChanges,
): Promise<LeadView | CollisionView | undefined> {
  const phone = phoneOf(changes);
  const owner = await keeper(ctx, lead.owner_id);
  if (phone === undefined || !owner || (await hasPhone(ctx.tx, customer.id))) return undefined;
  const known = (await holdersOf(ctx, phone)).find(({ id }) => id !== customer.id);
  if (!known || (await keeper(ctx, (await openLead(ctx.tx, known.id))?.owner_id ?? known.owner_id))) return undefined;
  await refuseInApproval(ctx, lead);
  const said = Object.entries(changes).filter(([, value]) => value !== null);
  const facts = leadFacts.parse({ ...(await factsOnFile(ctx, customer.id, lead)), ...Object.fromEntries(said) });
  const met = await meetKnown(ctx, known, { facts, source: lead.source, owner: { ...owner, how: 'TYPED' } });
  if (met.kind !== 'collision') await closeLead(ctx.tx, lead.id, 'F98', ctx.now);
  ctx.effects.touch(customer.id);
  return met;
}

/** Of what is said of somebody who is on file only what nobody knew: it does not overwrite what a person has confirmed. */
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
  const misplaced = misplacedFacts(plainFacts(recorded), facts); // nor is a mortgage noted where there is no house
  const isNews = ([name, value]: readonly [string, LeadFacts[keyof LeadFacts]]): boolean =>
    !known.has(name) &&
    !misplaced.has(name) &&
    Object.keys(changedFacts(recorded, { [name]: value })).every((other) => other === name);
  return Object.fromEntries(Object.entries(facts).filter(isNews));
}

/** An open lead that nobody who works here has: whoever types it first takes it, else it is the next one's turn. */
async function takeOver(
  ctx: Ctx,
  { customer, lead }: { readonly customer: CustomerRow; readonly lead: LeadRow },
  { source, owner: typist }: Capture,
): Promise<void> {
  const isInApproval = (await numberInApproval(ctx.tx, lead.id)) !== undefined;
  if (isInApproval && typist)
    throw new AppError(leadErrors['lead.takeover_in_approval'], {
      params: { number: customerNumber(customer.number) },
    });
  if (isInApproval) return; // it goes round once they have decided
  const owner = typist ?? (await fromRotation(ctx));
  if (!owner) return callManagers(ctx, customer);
  await setLeadOwner(ctx.tx, lead.id, owner, ctx.now);
  await setCustomerOwner(ctx.tx, customer.id, owner, ctx.now);
  await noteAssigned(ctx, { customer, leadId: lead.id, source }, owner);
}

/** Whose customer it is already, while he is still there: a new wish of an old customer takes nothing away from anybody. */
async function keeper(ctx: Ctx, ownerId: string | null): Promise<Owner | undefined> {
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
    if (customer.owner_id !== owner.staffId) await setCustomerOwner(ctx.tx, customer.id, owner, ctx.now);
    await noteAssigned(ctx, { customer, leadId: id, source }, owner);
  } else await callManagers(ctx, customer);
  const lead = await openLead(ctx.tx, customer.id);
  if (!lead) throw new Error('lead not opened');
  return lead;
}

/**
 * Writes it down, and puts on his list what waits for whoever follows the customer. Whose turn it was, or whose customer came
 * again, has not asked for this lead: he hears of it.
 */
async function noteAssigned(
  ctx: Ctx,
  { customer, leadId, source }: { readonly customer: CustomerRow; readonly leadId: string; readonly source: string },
  { staffId, how }: Owner,
): Promise<void> {
  await recordAssignment(ctx.tx, { id: newId(), leadId, staffId, how, now: ctx.now });
  const { id: customerId, owner_id: fromId } = customer;
  const followed = fromId === staffId ? '' : await todosFollow(ctx, { customerId, fromId, toId: staffId });
  if (how === 'TYPED') return tellFollowed(ctx, customer, staffId, followed);
  const text = how === 'KEPT' ? 'lead.again' : 'lead.assigned';
  await ctx.callAsSystem('staff.notify', { staffId, text, params: { ...comesFrom(customer, source), followed } });
}

/** What a form or an import has added to an open lead, told to whoever follows it; only which facts, their values are on file. */
async function tellNews(
  ctx: Ctx,
  customer: CustomerRow,
  { source, holder, news }: { readonly source: string; readonly holder: Owner; readonly news: LeadFacts },
): Promise<void> {
  const names = Object.keys(news).filter((name) => name !== 'phone');
  if (names.length === 0 || holder.staffId === ctx.actor.id) return;
  const params = { ...comesFrom(customer, source), facts: factNames(ctx, names) };
  await ctx.callAsSystem('staff.notify', { staffId: holder.staffId, text: 'lead.more', params });
}

/** Nobody is there whose turn it could be: the managers hear of it once a day, until they have seen to it. */
async function callManagers(ctx: Ctx, customer: CustomerRow): Promise<void> {
  const key = `unassigned:${dateIn(ctx.now, ctx.services.companyZone)}`;
  await ctx.callAsSystem('task.addForOwner', {
    customerId: customer.id,
    key,
    kind: 'lead_unassigned',
    isForOwner: false,
  });
}

function comesFrom(customer: CustomerRow, source: string): Readonly<Record<'number' | 'name' | 'source', string>> {
  return { number: customerNumber(customer.number), name: customer.name_masked, source: maskText(source) };
}

async function requireCustomer(ctx: Ctx, id: string): Promise<CustomerRow> {
  return customerInScope({ ...ctx, scope: 'all' }, id);
}
