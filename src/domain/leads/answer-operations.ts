/** What the customer says about himself: it goes into his open lead, marked as his own word. */
import { z } from 'zod';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError, commonErrors } from '../../lib/errors.ts';
import { consentErrors, hasConsent } from '../consent/index.ts';
import { customerInScope, lockCustomer } from '../customers/index.ts';
import { leadErrors } from './lead-errors.ts';
import { saveFacts } from './lead-operations.ts';
import { lockOpenLead } from './lead-store.ts';
import { leadFacts } from './lead.ts';

/** Who he is was proven when he was bound, and what he is offered is ours to choose: neither is answered here. */
const ownFacts = leadFacts.omit({ name: true, phone: true, identityNumber: true, product: true });

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
    changes: z.record(z.string(), z.object({ from: fact.nullable(), to: fact })),
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
    if (!lead) throw new AppError(leadErrors['lead.not_found']);
    const saved = await saveFacts(ctx, { customer, lead }, input.facts);
    if (saved.kind === 'collision') throw new Error('a collision without a phone');
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
