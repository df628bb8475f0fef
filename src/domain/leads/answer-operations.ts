/**
 * What the customer says about himself: it goes into his open lead, marked as his own word. What one of us wrote there he
 * does not change: his word is kept beside it, and the owner is asked whose holds.
 */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError, commonErrors } from '../../lib/errors.ts';
import { consentErrors, hasConsent } from '../consent/index.ts';
import { customerInScope, customerNumber, lockCustomer, type CustomerRow } from '../customers/index.ts';
import { findStaff } from '../staff/index.ts';
import { factNames } from './fact-text.ts';
import { leadErrors } from './lead-errors.ts';
import { requireAmount, saveFacts } from './lead-facts.ts';
import { factsOf, lockOpenLead, saveLead, type LeadRow } from './lead-store.ts';
import { leadChanges, noteAnswers, weighAnswers, type LeadChanges } from './lead.ts';

/** Who he is was proven when he was bound, and what he is offered is ours to choose: neither is answered here. */
const ownFacts = leadChanges.omit({ name: true, phone: true, identityNumber: true, product: true });

const missing = z.array(z.object({ item: z.string(), name: z.string() }));
const fact = z.union([z.string(), z.number(), z.boolean()]);

export const answerAsCustomer = defineOperation({
  name: 'customer.answer',
  summary: 'Writes what the customer answers himself to his open lead, and says which documents are still missing',
  access: { customer: 'self' },
  input: z.strictObject({ facts: ownFacts, confirmed: z.boolean().default(false) }),
  output: z.object({
    kind: z.enum(['answered', 'confirmed']),
    customerId: z.string(),
    number: z.string(),
    changes: z.record(z.string(), z.object({ from: fact.nullable(), to: fact.nullable() })),
    missing,
  }),
  subject: (_input, output) => (output ? { kind: 'customer', id: output.customerId } : undefined),
  async run(ctx, input) {
    if (ctx.actor.kind !== 'CUSTOMER')
      throw new AppError(commonErrors['permission.denied'], { params: { operation: 'customer.answer' } });
    const customer = await customerInScope(ctx, ctx.actor.id);
    if (!(await hasConsent(ctx.tx, customer.id, 'personal-information')))
      throw new AppError(consentErrors['consent.required']);
    await lockCustomer(ctx.tx, customer.id);
    const lead = await lockOpenLead(ctx.tx, customer.id);
    if (!lead) throw new AppError(leadErrors['lead.none_open']);
    requireAmount(input.facts);
    const taken = await settleAnswers(ctx, customer, lead, input.facts);
    const saved = await saveFacts(ctx, { customer, lead: (await lockOpenLead(ctx.tx, customer.id)) ?? lead }, taken);
    if (saved.kind === 'collision') throw new Error('a collision without a phone');
    // Whoever was to phone him because he did not answer has his answers now.
    if (input.confirmed)
      await ctx.callAsSystem('task.finishAbout', {
        kind: 'customer_silent',
        subject: { kind: 'customer', id: customer.id },
      });
    const documents = z.object({ missing }).parse(await ctx.call('document.list', { customer: customer.id }));
    return {
      kind: input.confirmed ? ('confirmed' as const) : ('answered' as const),
      customerId: customer.id,
      number: saved.leadNumber,
      changes: saved.changes,
      missing: documents.missing,
    };
  },
});

/** The answers the record takes. Those that contradict one of us are kept beside it, and the owner hears of each once. */
async function settleAnswers(ctx: Ctx, customer: CustomerRow, lead: LeadRow, facts: LeadChanges): Promise<LeadChanges> {
  const recorded = await factsOf(ctx.tx, ctx.keys, lead);
  const { taken, contradicted } = weighAnswers(recorded, facts);
  const { noted, news } = noteAnswers(recorded, facts, contradicted, ctx.now);
  if (news.length === 0) return taken;
  await saveLead(
    ctx.tx,
    ctx.keys,
    { id: lead.id, dataKey: customer.data_key, now: ctx.now },
    { amountFen: null, purpose: null, product: null, term: null, facts: noted },
  );
  await askOwner(ctx, customer, lead, news);
  return taken;
}

/**
 * "His income and city are not what you wrote: whose hold?", on the owner's list and in his chats. Only which facts: what
 * they are stays with the lead, under the customer's key, and is shown on his page (`customer.find`).
 */
async function askOwner(ctx: Ctx, customer: CustomerRow, lead: LeadRow, news: readonly string[]): Promise<void> {
  const owner = lead.owner_id === null ? undefined : await findStaff(ctx.tx, lead.owner_id);
  const params = { number: customerNumber(customer.number), facts: factNames(ctx, news) };
  await ctx.callAsSystem('task.add', {
    key: `differs:${lead.id}:${ctx.now.toISOString()}`,
    kind: 'customer_differs',
    ...(owner ? { staffId: owner.id } : { role: 'manager' }),
    subject: { kind: 'customer', id: customer.id },
    params,
    isForOwner: true,
  });
  await ctx.callAsSystem('customer.tellOwner', { customerId: customer.id, text: 'todo.customer_differs', params });
}
