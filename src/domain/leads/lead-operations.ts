/** Leads: captured from one sentence or the API, assigned, completed. */
import { z } from 'zod';
import type { Access } from '../../core/operations/actor.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError } from '../../lib/errors.ts';
import { dateIn } from '../../lib/business-date.ts';
import { newId } from '../../lib/ids.ts';
import { mask, maskText } from '../../lib/mask.ts';
import { formatYuan } from '../../lib/money.ts';
import {
  customerErrors,
  customerInScope,
  customerNumber,
  customersByBlind,
  insertCustomer,
  isInScope,
  lockCustomer,
  maskedName,
  maskedPhone,
  nameLookups,
  normalPhone,
  phoneLookups,
  piiOf,
  putPii,
  setCustomerOwner,
  setMaskedName,
  touchCustomer,
  type CustomerRow,
} from '../customers/index.ts';
import { checkIdCard } from '../customers/identity-numbers/index.ts';
import { findStaff } from '../staff/index.ts';
import { refuseInApproval, requireOnOffer } from './fact-refusals.ts';
import { leadErrors } from './lead-errors.ts';
import {
  changedFacts,
  leadChanges,
  leadFacts,
  leadSource,
  nextInRotation,
  recordFacts,
  wishedAmount,
  type LeadChanges,
  type LeadFacts,
} from './lead.ts';
import {
  addAuthor,
  assignmentLedger,
  factsOf,
  insertLead,
  lockOpenLead,
  lockRotation,
  openLead,
  recordAssignment,
  recordCollision,
  saveLead,
  setLeadOwner,
  type LeadRow,
} from './lead-store.ts';

const LEAD_ACCESS: Access = { sales: 'own', team_lead: 'team', manager: 'all', admin: 'all' };

const leadView = z.object({
  kind: z.enum(['captured', 'existing']),
  customerId: z.string(),
  leadId: z.string(),
  leadNumber: z.string(),
  stage: z.string(),
  ownerId: z.string().nullable(),
  owner: z.string().nullable(),
  /** A fresh binding link for the customer, when this installation has a Telegram bot. */
  bindingLink: z.string().optional(),
  amount: z.string().nullable(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  changes: z.record(
    z.string(),
    z.object({
      from: z.union([z.string(), z.number(), z.boolean()]).nullable(),
      /** `null`: taken back, or gone with what it hung on. */
      to: z.union([z.string(), z.number(), z.boolean()]).nullable(),
    }),
  ),
});
const collisionView = z.object({
  kind: z.literal('collision'),
  leadNumber: z.string(),
  owner: z.string().nullable(),
  since: z.string(),
  /** The lead that was to get this phone has one already, and keeps it. */
  keepsPhone: z.boolean().optional(),
});

export const captureLead = defineOperation({
  name: 'lead.capture',
  summary:
    'Captures a lead typed by a salesperson: it is theirs, unless the phone already belongs to somebody else’s customer',
  access: LEAD_ACCESS,
  input: z.strictObject({
    facts: leadFacts,
    source: leadSource.default('typed'),
    /** The sentence it was captured from; on the timeline anyway, not stored again. */
    text: z.string().max(4000).optional(),
  }),
  output: z.union([leadView, collisionView]),
  http: { method: 'POST', path: '/leads/capture' },
  example: { facts: { name: '何女士', phone: '13800006612', amount: '300000.00', purpose: 'turnover' } },
  subject: (_input, output) =>
    output && output.kind !== 'collision' ? { kind: 'customer', id: output.customerId } : undefined,
  async run(ctx, input) {
    const owner =
      ctx.actor.kind === 'STAFF'
        ? { staffId: ctx.actor.id, teamId: ctx.actor.teamId ?? null, how: 'TYPED' as const }
        : undefined;
    return capture(ctx, input.facts, input.source, owner);
  },
});

export const createLead = defineOperation({
  name: 'lead.create',
  summary: 'Creates a lead without an owner (API, form, import); the rotation gives it to the next salesperson',
  access: { manager: 'all', admin: 'all', team_lead: 'team' },
  input: z.strictObject({
    name: z.string().trim().min(1).max(40),
    mobile: z.string().trim().min(1).max(32),
    amount: z.string().optional(),
    purpose: leadFacts.shape.purpose,
    source: leadSource,
  }),
  output: z.union([leadView, collisionView]),
  http: { method: 'POST', path: '/leads' },
  example: { name: '何女士', mobile: '13800006612', amount: '300000.00', source: 'website' },
  subject: (_input, output) =>
    output && output.kind !== 'collision' ? { kind: 'customer', id: output.customerId } : undefined,
  async run(ctx, input) {
    const facts: LeadFacts = {
      name: input.name,
      phone: input.mobile,
      ...(input.amount === undefined ? {} : { amount: input.amount }),
      ...(input.purpose === undefined ? {} : { purpose: input.purpose }),
    };
    return capture(ctx, facts, input.source, undefined).catch((error: unknown) => {
      throw error instanceof AppError ? asWritten(error) : error;
    });
  },
});

/** A refusal that names the members of this flat body instead of the facts it was turned into. */
function asWritten(error: AppError): AppError {
  const faults = error.faults.map((fault) => ({
    ...fault,
    pointer: fault.pointer.replace(/^\/facts/, '').replace(/^\/phone$/, '/mobile'),
  }));
  return new AppError(error, { params: error.params, faults, cause: error });
}

export const updateLead = defineOperation({
  name: 'lead.update',
  summary:
    'Writes further or corrected facts to an open lead, or takes them back (null); what hangs on a changed fact goes with it. Answers old and new values',
  access: LEAD_ACCESS,
  input: z.strictObject({ lead: z.string().min(1).max(64), facts: leadChanges }),
  output: z.union([leadView, collisionView]),
  http: { method: 'PATCH', path: '/leads/{lead}' },
  example: { facts: { amount: '500000.00' } },
  subject: (_input, output) =>
    output && output.kind !== 'collision' ? { kind: 'customer', id: output.customerId } : undefined,
  async run(ctx, input) {
    const customer = await customerInScope(ctx, input.lead);
    await lockCustomer(ctx.tx, customer.id);
    const lead = await lockOpenLead(ctx.tx, customer.id);
    if (!lead) throw new AppError(leadErrors['lead.not_found']);
    return saveFacts(ctx, { customer, lead }, input.facts);
  },
});

export const getLead = defineOperation({
  name: 'lead.get',
  summary: 'Reads the open lead of a customer',
  access: { ...LEAD_ACCESS, reviewer: 'all', approver: 'all', compliance: 'all' },
  input: z.strictObject({ lead: z.string().min(1).max(64) }),
  output: leadView,
  http: { method: 'GET', path: '/leads/{lead}' },
  readOnly: true,
  async run(ctx, input) {
    const customer = await customerInScope(ctx, input.lead);
    const lead = await openLead(ctx.tx, customer.id);
    if (!lead) throw new AppError(leadErrors['lead.not_found']);
    return describe(ctx, customer, lead, { isNew: false, changes: {} });
  },
});

export const listAssignments = defineOperation({
  name: 'lead.assignments',
  summary: 'The ledger of assignments: which lead went to whom, when, and how',
  access: { team_lead: 'all', manager: 'all', compliance: 'all', admin: 'all' },
  input: z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(100) }),
  output: z.object({
    items: z.array(z.object({ leadId: z.string(), staffId: z.string(), how: z.string(), at: z.string() })),
    nextCursor: z.null(),
  }),
  http: { method: 'GET', path: '/lead-assignments' },
  readOnly: true,
  async run(ctx, input) {
    const rows = await assignmentLedger(ctx.tx, null, input.limit);
    return {
      items: rows.map((row) => ({
        leadId: row.lead_id,
        staffId: row.staff_id,
        how: row.how,
        at: row.at.toISOString(),
      })),
      nextCursor: null,
    };
  },
});

type Owner = { readonly staffId: string; readonly teamId: string | null; readonly how: 'TYPED' | 'ROTATION' };

async function capture(
  ctx: Ctx,
  facts: LeadFacts,
  source: string,
  owner: Owner | undefined,
): Promise<z.output<typeof leadView> | z.output<typeof collisionView>> {
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

/** The customers a phone belongs to. Two people typing the same new phone at once wait for each other here. */
async function holdersOf(ctx: Ctx, phone: string): Promise<readonly CustomerRow[]> {
  const digest = ctx.keys.blind('PHONE', phone);
  await ctx.tx.query('SELECT pg_advisory_xact_lock($1)', [digest.readBigInt64BE(0)]);
  return customersByBlind(ctx.tx, digest);
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
): Promise<z.output<typeof leadView> | z.output<typeof collisionView>> {
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
  const open = lead ?? (await openNew(ctx, customer, source, owner ?? (await fromRotation(ctx))));
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

async function collide(
  ctx: Ctx,
  customer: CustomerRow,
  holder: string | null,
): Promise<z.output<typeof collisionView>> {
  const holderRow = holder === null ? undefined : await findStaff(ctx.tx, holder);
  ctx.effects.touch(customer.id); // who else asked for him stands on his file
  if (ctx.actor.kind === 'STAFF')
    await recordCollision(ctx.tx, {
      id: newId(),
      customerId: customer.id,
      staffId: ctx.actor.id,
      ownerId: holder,
      now: ctx.now,
    });
  return {
    kind: 'collision',
    leadNumber: customerNumber(customer.number),
    owner: holderRow?.name ?? null,
    since: customer.updated_at.toISOString(),
  };
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
    if (owner.how === 'ROTATION') await tellAssigned(ctx, customer, source, owner.staffId);
  }
  const lead = await openLead(ctx.tx, customer.id);
  if (!lead) throw new Error('lead not opened');
  return lead;
}

/** Whose turn it was has not asked for this lead: he hears of it. */
async function tellAssigned(ctx: Ctx, customer: CustomerRow, source: string, staffId: string): Promise<void> {
  const params = { number: customerNumber(customer.number), name: customer.name_masked, source: maskText(source) };
  await ctx.callAsSystem('staff.notify', { staffId, text: 'lead.assigned', params });
}

/** Writes facts to an open lead, whoever says them; `collision` when the phone among them is somebody else’s. */
export async function saveFacts(
  ctx: Ctx,
  { customer, lead }: { readonly customer: CustomerRow; readonly lead: LeadRow },
  facts: LeadChanges,
  isNew = false,
): Promise<z.output<typeof leadView> | z.output<typeof collisionView>> {
  const amount = requireAmount(facts);
  const phone = phoneOf(facts);
  if (phone !== undefined) {
    const other = (await holdersOf(ctx, phone)).find((row) => row.id !== customer.id);
    if (other) {
      const keepsPhone = (await piiOf(ctx.tx, customer.id)).some(({ kind }) => kind === 'PHONE');
      return { ...(await collide(ctx, other, other.owner_id)), keepsPhone };
    }
  }
  const isOtherPerson = await putPersonal(ctx, customer, facts, phone);
  const recorded = await factsOf(ctx.tx, ctx.keys, lead);
  const changes = changedFacts(recorded, facts);
  if (isOtherPerson || Object.keys(changes).length > 0) await refuseInApproval(ctx, lead);
  if (changes['product']) await requireOnOffer(ctx, changes['product'].to);
  const updated = recordFacts(recorded, facts, ctx.actor.kind === 'CUSTOMER' ? 'customer' : ctx.actor.id, ctx.now);
  await saveLead(
    ctx.tx,
    ctx.keys,
    { id: lead.id, dataKey: customer.data_key, now: ctx.now },
    {
      amountFen: amount ?? null,
      purpose: facts.purpose ?? null,
      product: facts.product ?? null,
      term: facts.term ?? null,
      facts: updated,
    },
  );
  if (ctx.actor.kind === 'STAFF') await addAuthor(ctx.tx, lead.id, ctx.actor.id, ctx.now);
  await touchCustomer(ctx.tx, customer.id, ctx.now);
  ctx.effects.touch(customer.id);
  const saved = (await openLead(ctx.tx, customer.id)) ?? lead;
  return describe(ctx, customer, saved, { isNew, changes });
}

/** The wished amount in fen, if one is named. @throws AppError lead.invalid_amount for what no loan can be */
export function requireAmount(facts: Pick<LeadFacts, 'amount'>): bigint | undefined {
  const amount = wishedAmount(facts);
  if (amount !== 'invalid') return amount;
  throw new AppError(leadErrors['lead.invalid_amount'], {
    faults: [{ pointer: '/facts/amount', code: 'invalid_amount', message: 'fault.loan_amount' }],
  });
}

/** Writes name, phone and identity number; `true` when one of them is another one now. */
async function putPersonal(
  ctx: Ctx,
  customer: CustomerRow,
  facts: LeadChanges,
  phone: string | undefined,
): Promise<boolean> {
  const base = { customerId: customer.id, dataKey: customer.data_key, now: ctx.now };
  let hasChanged = false;
  if (phone !== undefined)
    hasChanged = await putPii(ctx.tx, ctx.keys, {
      ...base,
      kind: 'PHONE',
      value: phone,
      masked: maskedPhone(phone),
      lookups: phoneLookups(phone),
    });
  if (facts.name !== undefined) {
    const isRenamed = await putPii(ctx.tx, ctx.keys, {
      ...base,
      kind: 'NAME',
      value: facts.name,
      masked: maskedName(facts.name),
      lookups: nameLookups(facts.name),
    });
    if (isRenamed) await setMaskedName(ctx.tx, customer.id, maskedName(facts.name), ctx.now);
    hasChanged ||= isRenamed;
  }
  if (facts.identityNumber !== undefined) {
    const value = identityNumberOf(ctx, facts.identityNumber);
    const draft = { ...base, kind: 'ID_CARD' as const, value, masked: mask('idCard', value), lookups: [] };
    if (await putPii(ctx.tx, ctx.keys, draft)) hasChanged = true;
  }
  return hasChanged;
}

function identityNumberOf(ctx: Ctx, text: string): string {
  const check = checkIdCard(text, dateIn(ctx.now, ctx.services.companyZone));
  if (check.valid) return check.normalised;
  const message = ctx.t(`identity.idCard.${check.part}`, check.params);
  throw new AppError(customerErrors['customer.invalid_identity_number'], {
    faults: [{ pointer: '/facts/identityNumber', code: check.part, message }],
  });
}

function phoneOf(facts: Pick<LeadFacts, 'phone'>): string | undefined {
  if (facts.phone === undefined) return undefined;
  const phone = normalPhone(facts.phone);
  if (phone === undefined)
    throw new AppError(customerErrors['customer.invalid_phone'], {
      faults: [{ pointer: '/facts/phone', code: 'invalid_phone', message: 'fault.phone' }],
    });
  return phone;
}

async function requireCustomer(ctx: Ctx, id: string): Promise<CustomerRow> {
  return customerInScope({ ...ctx, scope: 'all' }, id);
}

async function describe(
  ctx: Ctx,
  customer: CustomerRow,
  lead: LeadRow,
  news: { readonly isNew: boolean; readonly changes: ReturnType<typeof changedFacts> },
): Promise<z.output<typeof leadView>> {
  const owner = lead.owner_id === null ? undefined : await findStaff(ctx.tx, lead.owner_id);
  const facts = await factsOf(ctx.tx, ctx.keys, lead);
  return {
    kind: news.isNew ? 'captured' : 'existing',
    customerId: customer.id,
    leadId: lead.id,
    leadNumber: customerNumber(customer.number),
    stage: lead.stage,
    ownerId: lead.owner_id,
    owner: owner?.name ?? null,
    ...(news.isNew ? await bindingLink(ctx, customer.id) : {}),
    amount: lead.amount_fen === null ? null : formatYuan(lead.amount_fen),
    facts: Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, fact.value])),
    changes: { ...news.changes },
  };
}

/** A link for the new customer, when there is a bot and the actor may make one. */
async function bindingLink(ctx: Ctx, customerId: string): Promise<{ readonly bindingLink?: string }> {
  if (ctx.services.telegramBotName() === undefined || ctx.actor.kind !== 'STAFF') return {};
  const link = (await ctx.call('customer.createBindingLink', { id: customerId })) as { readonly url: string };
  return { bindingLink: link.url };
}
