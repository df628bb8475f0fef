/** Whose a returned case is until it is handed in again. */
import type { Ctx } from '../../core/operations/context.ts';
import { findLead } from '../leads/index.ts';
import { findStaff } from '../staff/index.ts';
import type { ApplicationRow } from './application-store.ts';

/** Whoever submitted it; when he has left, whose customer it is by now. `undefined` when neither works here. */
export async function keeperOf(ctx: Ctx, application: ApplicationRow): Promise<string | undefined> {
  const lead = await findLead(ctx.tx, application.lead_id);
  for (const id of [application.submitted_by, lead?.owner_id])
    if (typeof id === 'string' && (await findStaff(ctx.tx, id))?.is_active === true) return id;
  return undefined;
}
