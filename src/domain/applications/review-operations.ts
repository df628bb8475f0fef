/** What a lead would be handed in as, read from its row: the card a salesperson confirms shows this and nothing else. */
import { z } from 'zod';
import { defineOperation } from '../../core/operations/operation.ts';
import { formatYuan } from '../../lib/money.ts';
import { customerInScope, customerNumber } from '../customers/index.ts';
import { factsOnFile, openLead } from '../leads/index.ts';
import { latestApplication } from './application-store.ts';
import { offerFor } from './terms.ts';

const value = z.union([z.string(), z.number(), z.boolean()]);

export const reviewLead = defineOperation({
  name: 'lead.review',
  summary: 'Reads an open lead as it would be submitted: its facts, and the product that takes them',
  access: { sales: 'own', team_lead: 'team', manager: 'all', admin: 'all' },
  input: z.strictObject({ lead: z.string().min(1).max(64) }),
  output: z.union([
    z.object({
      kind: z.literal('open'),
      customerId: z.string(),
      number: z.string(),
      /** Masked: the card may go abroad. */
      name: z.string(),
      amount: z.string().optional(),
      term: z.int().optional(),
      fits: z.boolean(),
      /** The product's name; when none fits, what there is instead. */
      product: z.string(),
      facts: z.record(z.string(), value),
    }),
    z.object({ kind: z.literal('submitted'), number: z.string(), application: z.string() }),
    z.object({ kind: z.literal('closed'), number: z.string() }),
  ]),
  readOnly: true,
  async run(ctx, input) {
    const customer = await customerInScope(ctx, input.lead);
    const number = customerNumber(customer.number);
    const lead = await openLead(ctx.tx, customer.id);
    if (!lead) return { kind: 'closed' as const, number };
    const application = await latestApplication(ctx.tx, lead.id);
    if (application?.state === 'SUBMITTED' || application?.state === 'APPROVED')
      return { kind: 'submitted' as const, number, application: `A${application.number}` };
    const offer = await offerFor(ctx, lead);
    return {
      kind: 'open' as const,
      customerId: customer.id,
      number,
      name: customer.name_masked,
      ...(lead.amount_fen === null ? {} : { amount: formatYuan(lead.amount_fen) }),
      ...(lead.term_months === null ? {} : { term: lead.term_months }),
      fits: offer.product !== undefined,
      product: offer.product === undefined ? offer.offer : offer.product.name,
      facts: await factsOnFile(ctx, customer.id, lead),
    };
  },
});
