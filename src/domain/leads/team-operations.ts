/** What somebody owns is seen by his team: it goes with him into another one, and stays behind when he leaves. */
import { z } from 'zod';
import { defineOperation } from '../../core/operations/operation.ts';
import { countCustomersOf, moveCustomersOf } from '../customers/index.ts';
import { countOpenLeadsOf, moveLeadsOf } from './lead-store.ts';

export const followOwner = defineOperation({
  name: 'lead.followOwner',
  summary: 'Takes the customers and leads of a member of staff into the team he is in from now on',
  access: { system: 'all' },
  input: z.strictObject({ staffId: z.uuid(), teamId: z.uuid().nullable() }),
  output: z.object({ customers: z.int(), leads: z.int() }),
  subject: ({ staffId }) => ({ kind: 'staff', id: staffId }),
  evidence: (moved) => moved,
  async run(ctx, { staffId, teamId }) {
    const customers = await moveCustomersOf(ctx.tx, staffId, teamId);
    return { customers, leads: await moveLeadsOf(ctx.tx, staffId, teamId) };
  },
});

export const leaveBehind = defineOperation({
  name: 'lead.leaveBehind',
  summary:
    'Counts the customers and open leads of a member of staff who leaves and passes on what he had to do; the managers hear of it',
  access: { system: 'all' },
  input: z.strictObject({ staffId: z.uuid() }),
  output: z.object({ customers: z.int(), leads: z.int(), todos: z.int() }),
  subject: ({ staffId }) => ({ kind: 'staff', id: staffId }),
  async run(ctx, { staffId }) {
    const customers = await countCustomersOf(ctx.tx, staffId);
    const leads = await countOpenLeadsOf(ctx.tx, staffId);
    const inherited = await ctx.callAsSystem('task.inherit', { staffId, customers, leads });
    return { customers, leads, ...z.object({ todos: z.int() }).parse(inherited) };
  },
});
