/** A person takes a conversation over, and gives the word back to the bot: by the API, or by 交还 in his own chat. */
import { z } from 'zod';
import { statement } from '../../db/database.ts';
import { insertInternal } from '../../inbox/internal.ts';
import { AppError, commonErrors } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import type { Access } from '../operations/actor.ts';
import type { Ctx } from '../operations/context.ts';
import { defineOperation } from '../operations/operation.ts';

const TALKS = statement(
  'handover-talks',
  `SELECT c.id FROM conversations c JOIN identities i ON i.account = c.account AND i.external_id = coalesce(nullif(c.actor, ''), c.chat)
   WHERE i.customer_id = $1 AND c.is_silenced ORDER BY c.id`,
);
const CHAT = statement(
  'handover-chat',
  `SELECT c.id, c.chat, c.is_silenced, i.customer_id FROM conversations c
   LEFT JOIN identities i ON i.account = c.account AND i.external_id = coalesce(nullif(c.actor, ''), c.chat)
   WHERE c.id = $1 OR (c.account = ANY($2::text[]) AND c.chat = $3) ORDER BY c.id`,
);

const MAY_HAND_BACK: Access = { sales: 'own', team_lead: 'team', collector: 'all', manager: 'all', admin: 'all' };

/** Of the customer or the chat: its id, and in how many conversations the bot has the word again. */
const given = z.object({ id: z.string(), conversations: z.int() });

export const handBack = defineOperation({
  name: 'conversation.handBack',
  summary: 'Gives the word back to the bot in every conversation of a customer that a person has taken over',
  access: MAY_HAND_BACK,
  input: z.strictObject({ customer: z.string().min(1).max(64) }),
  output: given,
  http: { method: 'POST', path: '/customers/{customer}/hand-back', status: 200 },
  subject: (input, output) => ({ kind: 'customer', id: output?.id ?? input.customer }),
  async run(ctx, input) {
    // The look-up also checks the caller's scope.
    const customer = (await ctx.call('customer.get', { id: input.customer })) as { readonly id: string };
    const talks = await ctx.tx.query<{ id: string }>(TALKS, [customer.id]);
    await giveWord(ctx, talks);
    await settle(ctx, { kind: 'customer', id: customer.id });
    return { id: customer.id, conversations: talks.length };
  },
});

interface ChatRow {
  readonly id: string;
  readonly chat: string;
  readonly is_silenced: boolean;
  readonly customer_id: string | null;
}

export const handBackChat = defineOperation({
  name: 'conversation.handBackChat',
  summary: 'Gives the word back to the bot in one chat, by its id here or on the platform; for chats of nobody known',
  access: { team_lead: 'all', manager: 'all', admin: 'all' },
  input: z.strictObject({ conversation: z.string().min(1).max(128) }),
  output: given,
  http: { method: 'POST', path: '/conversations/{conversation}/hand-back', status: 200 },
  subject: (input, output) => ({ kind: 'conversation', id: output?.id ?? input.conversation }),
  async run(ctx, { conversation }) {
    const id = z.uuid().safeParse(conversation).success ? conversation : null;
    const accounts = Object.values(ctx.services.accounts);
    const found = await ctx.tx.query<ChatRow>(CHAT, [id, accounts, conversation]);
    const [first] = found;
    if (!first) throw new AppError(commonErrors['resource.not_found']);
    // Whoever is known by now is a customer, and the caller has to be allowed to see him.
    for (const row of found) if (row.customer_id !== null) await refuseUnseen(ctx, row.customer_id);
    const talks = found.filter((row) => row.is_silenced);
    await giveWord(ctx, talks);
    for (const row of found) await settle(ctx, { kind: 'conversation', id: row.id });
    return { id: first.id, conversations: talks.length };
  },
});

/** The chat of somebody else's customer is one that does not exist: whoever could tell them apart would learn who writes to us. */
async function refuseUnseen(ctx: Ctx, customerId: string): Promise<void> {
  try {
    await ctx.call('customer.get', { id: customerId });
  } catch (error) {
    if (error instanceof AppError && error.status === 404) throw new AppError(commonErrors['resource.not_found']);
    throw error;
  }
}

/** A chat's id on a platform, as a to-do names it; anything else is a customer's number or id. */
const CHAT_ID = /^-?\d{5,20}$/;

export const giveBack = defineOperation({
  name: 'conversation.giveBack',
  summary: 'Gives the word back to the bot, from chat: for a customer by number, or for a chat by its id',
  access: MAY_HAND_BACK,
  input: z.strictObject({ who: z.string().trim().min(1).max(64) }),
  output: z.object({ kind: z.enum(['handed_back', 'not_silent']), who: z.string(), id: z.string() }),
  subject: ({ who }, output) => ({ kind: CHAT_ID.test(who) ? 'conversation' : 'customer', id: output?.id ?? who }),
  async run(ctx, { who }) {
    const result = CHAT_ID.test(who)
      ? await ctx.call('conversation.handBackChat', { conversation: who })
      : await ctx.call('conversation.handBack', { customer: who });
    const { id, conversations } = given.parse(result);
    return { kind: conversations > 0 ? ('handed_back' as const) : ('not_silent' as const), who: who.toUpperCase(), id };
  },
});

async function giveWord(ctx: Ctx, talks: readonly { readonly id: string }[]): Promise<void> {
  for (const { id } of talks) {
    await insertInternal(ctx.tx, ctx.keys, {
      key: `handback:${newId()}`,
      conversationId: id,
      kind: 'handback',
      body: { internal: 'handback' },
      now: ctx.now,
    });
    const about = { kinds: ['conversation.handed_over'], subject: { kind: 'conversation', id } };
    await ctx.callAsSystem('incident.resolveAbout', about);
  }
}

/** Nobody has to take over any more. */
async function settle(ctx: Ctx, subject: { readonly kind: string; readonly id: string }): Promise<void> {
  for (const kind of ['handed_over', 'invited_asks']) await ctx.callAsSystem('task.finishAbout', { kind, subject });
}
