/** Files that nobody has said the item of: they wait on the customer's file, and one to-do says how many they are. */
import { z } from 'zod';
import { inScope, scopeOf } from '../../core/operations/actor.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError } from '../../lib/errors.ts';
import { mayAdd } from '../consent/index.ts';
import { findCustomer, lockCustomer, type CustomerRow } from '../customers/index.ts';
import { documentErrors } from './document-errors.ts';
import type { CustomerDocument } from './document.ts';
import { documentsOf, findDocument } from './document-store.ts';
import { FILING_ACCESS } from './stored-file.ts';

const UNFILED = 'customer_unfiled';

export const leaveDocument = defineOperation({
  name: 'document.leave',
  summary:
    'Leaves a received document unassigned: the adviser, or a colleague who sent it in himself, has one to-do that says how many files wait to be filed',
  access: FILING_ACCESS,
  input: z.strictObject({ document: z.uuid() }),
  output: z.object({
    /** `past`: there is nothing to file any more. */
    kind: z.enum(['left', 'past']),
    /** On whose list it is. */
    to: z.enum(['self', 'adviser']),
    /** How many files it left there. */
    count: z.int(),
  }),
  subject: ({ document }) => ({ kind: 'document', id: document }),
  async run(ctx, { document: id }) {
    const seen = await findDocument(ctx.tx, id);
    const customer = seen && (await findCustomer(ctx.tx, seen.customer_id));
    // Filed with another one meanwhile.
    if (!customer) return { kind: 'past' as const, to: 'adviser' as const, count: 0 };
    if (ctx.actor.kind === 'CUSTOMER' && ctx.actor.id !== customer.id)
      throw new AppError(documentErrors['document.not_found']);
    await lockCustomer(ctx.tx, customer.id);
    const to = isHis(ctx, customer) ? ('self' as const) : ('adviser' as const);
    const document = (await unfiledOf(ctx, customer.id)).find((one) => one.id === id);
    // Without his consent nobody works on what he sent.
    if (!document || !(await mayAdd(ctx.tx, ctx.actor, customer.id))) return { kind: 'past' as const, to, count: 0 };
    await remind(ctx, customer, to);
    return { kind: 'left' as const, to, count: document.pages.length };
  },
});

export const remindOfUnfiled = defineOperation({
  name: 'document.remindOfUnfiled',
  summary: 'Puts what waits to be filed on the adviser’s list once the customer lets it be used again',
  access: { system: 'all' },
  input: z.strictObject({ customerId: z.uuid() }),
  output: z.object({ count: z.int() }),
  subject: ({ customerId }) => ({ kind: 'customer', id: customerId }),
  async run(ctx, { customerId }) {
    const customer = await lockCustomer(ctx.tx, customerId);
    const count = customer ? await countUnfiled(ctx, customerId) : 0;
    if (customer && count > 0) await remind(ctx, customer, 'adviser');
    return { count };
  },
});

/** Whether it is for the colleague who acts to file it; what he may not reach any more is for the adviser. */
function isHis({ actor }: Ctx, customer: CustomerRow): boolean {
  const scope = scopeOf(actor, FILING_ACCESS);
  if (actor.kind !== 'STAFF' || !scope) return false;
  const of = { ownerId: customer.owner_id, teamId: customer.team_id, customerId: customer.id };
  return inScope(actor, scope, of);
}

async function remind(ctx: Ctx, customer: CustomerRow, to: 'self' | 'adviser'): Promise<void> {
  const params = { count: await countUnfiled(ctx, customer.id) };
  const key = `unfiled:${customer.id}`;
  if (to === 'adviser' || ctx.actor.kind !== 'STAFF')
    await ctx.callAsSystem('task.addForOwner', { customerId: customer.id, key, kind: UNFILED, params });
  else {
    const isOwner = ctx.actor.id === customer.owner_id;
    await ctx.callAsSystem('task.add', {
      key: isOwner ? key : `${key}:${ctx.actor.id}`,
      kind: UNFILED,
      staffId: ctx.actor.id,
      subject: { kind: 'customer', id: customer.id },
      params,
      isForOwner: isOwner,
      isAsked: true,
    });
  }
  await tellHowMany(ctx, customer.id);
}

/** Whoever was told that files wait reads how many they are by now; none: that is done. The customer's row is locked by the caller. */
export async function tellHowMany(ctx: Ctx, customerId: string): Promise<void> {
  await ctx.callAsSystem('task.countAbout', {
    kind: UNFILED,
    subject: { kind: 'customer', id: customerId },
    count: await countUnfiled(ctx, customerId),
  });
}

async function unfiledOf(ctx: Ctx, customerId: string): Promise<readonly CustomerDocument[]> {
  return (await documentsOf(ctx.tx, customerId)).filter(({ itemCode }) => itemCode === null);
}

async function countUnfiled(ctx: Ctx, customerId: string): Promise<number> {
  return (await unfiledOf(ctx, customerId)).reduce((sum, { pages }) => sum + pages.length, 0);
}
