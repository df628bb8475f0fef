/** Whose a case is, and who hears how it stands. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError } from '../../lib/errors.ts';
import { textSchema, type Text } from '../../lib/i18n.ts';
import { findLead, lastAssigned } from '../leads/index.ts';
import { findStaff } from '../staff/index.ts';
import { applicationErrors } from './application-errors.ts';
import { findApplication, type ApplicationRow } from './application-store.ts';

/** Whoever submitted it; when he has left, or the customer was given to somebody else, whose customer it is by now. `undefined` when neither works here. */
export async function keeperOf(ctx: Ctx, application: ApplicationRow): Promise<string | undefined> {
  const lead = await findLead(ctx.tx, application.lead_id);
  const isGiven = (await lastAssigned(ctx.tx, application.lead_id)) === 'GIVEN';
  const people = [application.submitted_by, lead?.owner_id];
  for (const id of isGiven ? people.toReversed() : people)
    if (typeof id === 'string' && (await isHere(ctx, id))) return id;
  return undefined;
}

async function isHere(ctx: Ctx, staffId: string): Promise<boolean> {
  return (await findStaff(ctx.tx, staffId))?.is_active === true;
}

/** Tells whoever stands in for the adviser of a case that nobody keeps; on how many accounts. */
export async function tellStandIns(
  ctx: Ctx,
  { customer_id: customerId }: ApplicationRow,
  text: Text,
  params: Readonly<Record<string, unknown>>,
): Promise<number> {
  const told = await ctx.callAsSystem('customer.tellOwner', { customerId, text, params });
  return z.object({ accounts: z.int() }).parse(told).accounts;
}

export const notifyAboutCase = defineOperation({
  name: 'application.notify',
  summary:
    'Tells a person something about an application; what is for its submitter, or for somebody who has left, also whose case it is by now, or else whoever stands in for him',
  access: { system: 'all' },
  input: z.strictObject({
    application: z.uuid(),
    staffId: z.uuid(),
    text: textSchema,
    params: z.record(z.string(), z.unknown()),
  }),
  output: z.object({ accounts: z.int() }),
  subject: (input) => ({ kind: 'application', id: input.application }),
  async run(ctx, { application: id, staffId: named, text, params }) {
    const application = await findApplication(ctx.tx, id);
    if (!application) throw new AppError(applicationErrors['application.not_found']);
    const people = new Set((await isHere(ctx, named)) ? [named] : []);
    const keeper = await keeperOf(ctx, application);
    if (keeper !== undefined && (people.size === 0 || named === application.submitted_by)) people.add(keeper);
    if (people.size === 0) return { accounts: await tellStandIns(ctx, application, text, params) };
    let accounts = 0;
    for (const staffId of people) {
      const told = await ctx.callAsSystem('staff.notify', { staffId, text, params });
      accounts += z.object({ accounts: z.int() }).parse(told).accounts;
    }
    return { accounts };
  },
});
