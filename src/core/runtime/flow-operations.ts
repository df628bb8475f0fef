/** Publishing a version of a flow: audited like every change of what the product does. */
import { z } from 'zod';
import { AppError, defineErrors } from '../../lib/errors.ts';
import { wholeNumber } from '../../lib/whole-number.ts';
import { defineOperation } from '../operations/operation.ts';
import { flowVersions, publishVersion } from './flow-store.ts';

/** What can be wrong with a flow that somebody names or publishes. */
export const flowErrors = defineErrors({
  'flow.not_found': [404, 'info'],
  'flow.no_draft': [409, 'info'],
  'flow.other_kind': [409, 'warn'],
  'flow.not_published': [409, 'info'],
  'flow.keeps_version': [409, 'info'],
});

export const publishFlow = defineOperation({
  name: 'flow.publish',
  summary:
    'Makes a stored version of a flow the one that new cases start with: the newest draft, or the version named here, which may be an earlier one (rollback)',
  access: { admin: 'all' },
  input: z.strictObject({
    name: z.string().min(1).max(80),
    number: wholeNumber(1).optional(),
  }),
  output: z.object({
    name: z.string(),
    number: z.int(),
    version: z.string(),
    /** What was live before; `null` for the first. */
    before: z.int().nullable(),
  }),
  http: { method: 'POST', path: '/flows/{name}/publish', status: 200 },
  keepsNames: true,
  example: { number: 2 },
  subject: ({ name }) => ({ kind: 'flow', id: name }),
  async run(ctx, { name, number }) {
    const rows = await flowVersions(ctx.tx, name);
    if (rows.length === 0) throw new AppError(flowErrors['flow.not_found'], { params: { name } });
    const live = rows.find((row) => row.state === 'LIVE');
    const wanted = rows.find((row) => (number === undefined ? row.state === 'DRAFT' : row.number === number));
    if (!wanted) throw new AppError(flowErrors['flow.no_draft'], { params: { name } });
    if (live && live.kind !== wanted.kind)
      throw new AppError(flowErrors['flow.other_kind'], { params: { name, kind: live.kind } });
    await publishVersion(ctx.tx, wanted, ctx.actor.id, ctx.now);
    return { name, number: wanted.number, version: wanted.id, before: live?.number ?? null };
  },
});
