/** What somebody owns is seen by his team: it goes with him into another one. */
import { z } from 'zod';
import { defineOperation } from '../../core/operations/operation.ts';
import { moveCustomersOf } from '../customers/index.ts';
import { moveLeadsOf } from './lead-store.ts';

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
