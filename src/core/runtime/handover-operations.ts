/** A person takes a conversation over, and gives the word back to the bot. */
import { z } from 'zod';
import { statement } from '../../db/database.ts';
import { insertInternal } from '../../inbox/internal.ts';
import { newId } from '../../lib/ids.ts';
import { defineOperation } from '../operations/operation.ts';

const TALKS = statement(
  'handover-talks',
  `SELECT c.id FROM conversations c JOIN identities i ON i.account = c.account AND i.external_id = coalesce(nullif(c.actor, ''), c.chat)
   WHERE i.customer_id = $1 AND c.is_silenced ORDER BY c.id`,
);

export const handBack = defineOperation({
  name: 'conversation.handBack',
  summary: 'Gives the word back to the bot in every conversation of a customer that a person has taken over',
  access: { sales: 'own', team_lead: 'team', collector: 'all', manager: 'all', admin: 'all' },
  input: z.strictObject({ customer: z.string().min(1).max(64) }),
  output: z.object({ conversations: z.int() }),
  http: { method: 'POST', path: '/customers/{customer}/hand-back', status: 200 },
  subject: (input) => ({ kind: 'customer', id: input.customer }),
  async run(ctx, input) {
    // The look-up also checks the caller's scope.
    const customer = (await ctx.call('customer.get', { id: input.customer })) as { readonly id: string };
    const talks = await ctx.tx.query<{ id: string }>(TALKS, [customer.id]);
    for (const talk of talks)
      await insertInternal(ctx.tx, ctx.keys, {
        key: `handback:${newId()}`,
        conversationId: talk.id,
        kind: 'handback',
        body: { internal: 'handback' },
        now: ctx.now,
      });
    return { conversations: talks.length };
  },
});
