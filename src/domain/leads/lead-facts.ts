/** Writing what is said of a lead: personal values to the customer’s file, the rest to the record. */
import type { Ctx } from '../../core/operations/context.ts';
import { dateIn } from '../../lib/business-date.ts';
import { AppError } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { mask } from '../../lib/mask.ts';
import { checkIdCard } from '../customers/identity-numbers/index.ts';
import {
  customerErrors,
  customerNumber,
  customersByBlind,
  hasPhone,
  maskedName,
  maskedPhone,
  nameLookups,
  normalPhone,
  phoneLookups,
  putPii,
  setMaskedName,
  touchCustomer,
  type CustomerRow,
} from '../customers/index.ts';
import { findStaff } from '../staff/index.ts';
import { refuseInApproval, requireOnOffer } from './fact-refusals.ts';
import { leadErrors } from './lead-errors.ts';
import { addAuthor, factsOf, openLead, recordCollision, saveLead, type LeadRow } from './lead-store.ts';
import { describeLead, type CollisionView, type LeadView } from './lead-view.ts';
import {
  changedFacts,
  factsOfNothing,
  isContradicted,
  recordFacts,
  wishedAmount,
  type LeadChanges,
  type LeadFacts,
  type RecordedFacts,
} from './lead.ts';

/** Writes facts to an open lead, whoever says them; `collision` when the phone among them is somebody else’s. */
export async function saveFacts(
  ctx: Ctx,
  { customer, lead }: { readonly customer: CustomerRow; readonly lead: LeadRow },
  facts: LeadChanges,
  isNew = false,
): Promise<LeadView | CollisionView> {
  const amount = requireAmount(facts);
  const phone = phoneOf(facts);
  if (phone !== undefined) {
    const other = (await holdersOf(ctx, phone)).find((row) => row.id !== customer.id);
    if (other) {
      return { ...(await collide(ctx, other, other.owner_id)), keepsPhone: await hasPhone(ctx.tx, customer.id) };
    }
  }
  const recorded = await factsOf(ctx.tx, ctx.keys, lead);
  requireAsset(recorded, facts);
  const isOtherPerson = await putPersonal(ctx, customer, facts, phone);
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
  if (isContradicted(recorded) && !isContradicted(updated)) await agree(ctx, customer);
  if (ctx.actor.kind === 'STAFF') await addAuthor(ctx.tx, lead.id, ctx.actor.id, ctx.now);
  await touchCustomer(ctx.tx, customer.id, ctx.now);
  ctx.effects.touch(customer.id);
  const saved = (await openLead(ctx.tx, customer.id)) ?? lead;
  return describeLead(ctx, customer, saved, { isNew, changes });
}

/** @throws AppError lead.no_asset for what is said of a house or a car that is not there */
function requireAsset(recorded: RecordedFacts, facts: LeadChanges): void {
  const faults = factsOfNothing(recorded, facts).map((name) => ({
    pointer: `/facts/${name}`,
    code: 'no_asset',
    message: 'fault.no_asset',
  }));
  if (faults.length > 0) throw new AppError(leadErrors['lead.no_asset'], { faults });
}

/** Nobody has to decide any more whose word holds. */
async function agree(ctx: Ctx, { id }: CustomerRow): Promise<void> {
  await ctx.callAsSystem('task.finishAbout', { kind: 'customer_differs', subject: { kind: 'customer', id } });
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

/** The phone among the facts, as it is stored. @throws AppError customer.invalid_phone */
export function phoneOf(facts: Pick<LeadFacts, 'phone'>): string | undefined {
  if (facts.phone === undefined) return undefined;
  const phone = normalPhone(facts.phone);
  if (phone === undefined)
    throw new AppError(customerErrors['customer.invalid_phone'], {
      faults: [{ pointer: '/facts/phone', code: 'invalid_phone', message: 'fault.phone' }],
    });
  return phone;
}

/** The customers a phone belongs to. Two people typing the same new phone at once wait for each other here. */
export async function holdersOf(ctx: Ctx, phone: string): Promise<readonly CustomerRow[]> {
  const digest = ctx.keys.blind('PHONE', phone);
  await ctx.tx.query('SELECT pg_advisory_xact_lock($1)', [digest.readBigInt64BE(0)]);
  return (await customersByBlind(ctx.tx, digest)).rows;
}

/** The phone is somebody else’s customer’s: who asked is noted, and learns the number, and whose it is while he works here. */
export async function collide(ctx: Ctx, customer: CustomerRow, holder: string | null): Promise<CollisionView> {
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
  const leadNumber = customerNumber(customer.number);
  if (!holderRow?.is_active) return { kind: 'collision', leadNumber, owner: null, isFree: true };
  return { kind: 'collision', leadNumber, owner: holderRow.name };
}
