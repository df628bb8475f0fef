/** How a lead is answered. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { maskText } from '../../lib/mask.ts';
import { formatYuan } from '../../lib/money.ts';
import { customerNumber, hasPhone, type CustomerRow } from '../customers/index.ts';
import { findStaff } from '../staff/index.ts';
import { factsOf, type LeadRow } from './lead-store.ts';
import type { changedFacts, RecordedFact } from './lead.ts';

/** A lead as its operations answer it, with what they changed. */
export const leadView = z.object({
  kind: z.enum(['captured', 'existing']),
  customerId: z.string(),
  leadId: z.string(),
  leadNumber: z.string(),
  stage: z.string(),
  ownerId: z.string().nullable(),
  owner: z.string().nullable(),
  /** A fresh binding link for the customer, when this installation has a Telegram bot and the customer a phone. */
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
/** A phone that is somebody else’s customer’s. */
export const collisionView = z.object({
  kind: z.literal('collision'),
  leadNumber: z.string(),
  owner: z.string().nullable(),
  /** Nobody who works here follows that customer: whoever types the phone of a new lead takes him over. */
  isFree: z.boolean().optional(),
  /** The lead that was to get this phone has one already, and keeps it. */
  keepsPhone: z.boolean().optional(),
});

/** What {@link leadView} gives. */
export type LeadView = z.output<typeof leadView>;
/** What {@link collisionView} gives. */
export type CollisionView = z.output<typeof collisionView>;

/** The lead as it stands, with what has just been changed; a new one comes with a link for its customer. */
export async function describeLead(
  ctx: Ctx,
  customer: CustomerRow,
  lead: LeadRow,
  news: { readonly isNew: boolean; readonly changes: ReturnType<typeof changedFacts> },
): Promise<LeadView> {
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
    facts: Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, shownFact(name, fact.value)])),
    changes: Object.fromEntries(
      Object.entries(news.changes).map(([name, { from, to }]) => [
        name,
        { from: shownFact(name, from), to: shownFact(name, to) },
      ]),
    ),
  };
}

/** Facts in somebody's own words: a phone or an identity number may have been typed into them. */
const IN_WORDS: ReadonlySet<string> = new Set([
  'city',
  'district',
  'houseStatus',
  'carStatus',
  'business',
  'licenceName',
]);

/** A fact as whoever may read the case reads it. */
export function shownFact<V extends RecordedFact['value'] | null>(name: string, value: V): V | string {
  return typeof value === 'string' && IN_WORDS.has(name) ? maskText(value) : value;
}

/** A link for the new customer, when there is a bot, the actor may make one, and a phone can prove later that it is he. */
async function bindingLink(ctx: Ctx, customerId: string): Promise<{ readonly bindingLink?: string }> {
  if (ctx.services.telegramBotName() === undefined || ctx.actor.kind !== 'STAFF') return {};
  if (!(await hasPhone(ctx.tx, customerId))) return {};
  const link = (await ctx.call('customer.createBindingLink', { id: customerId })) as { readonly url: string };
  return { bindingLink: link.url };
}
