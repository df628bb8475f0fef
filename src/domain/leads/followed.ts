/** What there is to do about a customer goes with him; whoever gets him reads what it is. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { customerNumber, type CustomerRow } from '../customers/index.ts';

/** Who had the customer (`null`: nobody), who has him now, and whether a superior says so. */
interface Move {
  readonly customerId: string;
  readonly fromId: string | null;
  readonly toId: string;
  readonly isGiven?: boolean;
}

/** Moves the to-dos; what they are, for the end of a message to the new owner, '' for none. */
export async function todosFollow(ctx: Ctx, move: Move): Promise<string> {
  return z.object({ said: z.string() }).parse(await ctx.callAsSystem('task.followCustomer', move)).said;
}

/** Tells whoever took the customer himself, and hears nothing else about it. */
export async function tellFollowed(ctx: Ctx, customer: CustomerRow, staffId: string, followed: string): Promise<void> {
  if (followed === '') return;
  const params = { number: customerNumber(customer.number), name: customer.name_masked, followed };
  await ctx.callAsSystem('staff.notify', { staffId, text: 'lead.followed', params });
}
