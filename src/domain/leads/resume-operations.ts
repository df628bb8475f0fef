/** Opening an earlier lead again in chat: what is on file fills the form. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import {
  CUSTOMER_ACCESS,
  customerNumber,
  findByQuery,
  openPii,
  parseCustomerQuery,
  piiOf,
} from '../customers/index.ts';
import { line, lines } from './find-operations.ts';
import { factsOf, openLead, type LeadRow } from './lead-store.ts';

const value = z.union([z.string(), z.number(), z.boolean()]);

export const findLeadToResume = defineOperation({
  name: 'lead.find',
  summary:
    'Finds one open lead by phone, name or number, with the facts that fill its form; of several customers it tells which',
  access: { sales: CUSTOMER_ACCESS.sales ?? 'own', team_lead: 'team', manager: 'all', admin: 'all' },
  input: z.strictObject({ query: z.string().max(200) }),
  output: z.union([
    z.object({ kind: z.literal('none') }),
    z.object({ kind: z.literal('many'), items: z.array(line) }),
    z.object({ kind: z.literal('one'), number: z.string(), facts: z.record(z.string(), value) }),
  ]),
  readOnly: true,
  async run(ctx, input) {
    const query = parseCustomerQuery(input.query);
    const rows = query ? (await findByQuery(ctx, query)).rows : [];
    if (rows.length > 1) return { kind: 'many' as const, items: await lines(ctx, rows) };
    const [customer] = rows;
    const lead = customer && (await openLead(ctx.tx, customer.id));
    if (!customer || !lead) return { kind: 'none' as const };
    const facts = await factsOnFile(ctx, customer.id, lead);
    ctx.effects.touch(customer.id);
    return { kind: 'one' as const, number: customerNumber(customer.number), facts };
  },
});

/** Everything on file that a form asks for, by the names its slots have: the lead's facts, name and phone. */
export async function factsOnFile(
  ctx: Ctx,
  customerId: string,
  lead: LeadRow,
): Promise<Record<string, z.output<typeof value>>> {
  const facts: Record<string, z.output<typeof value>> = {};
  for (const [name, fact] of Object.entries(await factsOf(ctx.tx, ctx.keys, lead))) facts[name] = fact.value;
  for (const row of await piiOf(ctx.tx, customerId)) {
    const name = row.kind === 'NAME' ? 'name' : row.kind === 'PHONE' ? 'phone' : undefined;
    const plain = name === undefined ? undefined : await openPii(ctx.tx, ctx.keys, row);
    if (name !== undefined && plain !== undefined) facts[name] = plain;
  }
  return facts;
}
