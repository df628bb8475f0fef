/** What an approved application stands on: votes on the very loan that is made of it. */
import type { Ctx } from '../../core/operations/context.ts';
import { statement } from '../../db/database.ts';
import { productById } from '../products/index.ts';
import { approvalsOfInstance, type ApplicationRow } from './application-store.ts';
import { frozenTerms, isSameLoan, openSnapshot } from './snapshot.ts';

// What ran out of time passes nothing: whoever was asked after it must have approved.
const APPROVED = statement(
  'approvals-evidence',
  `SELECT DISTINCT a.instance_id FROM approvals a JOIN instances i ON i.id = a.instance_id WHERE a.application_id = $1 AND a.state = 'APPROVED' AND i.subject_id = $1
   AND NOT EXISTS (SELECT 1 FROM approvals o WHERE o.instance_id = a.instance_id AND (o.state IN ('OPEN', 'REJECTED', 'RECALLED')
     OR (o.state = 'EXPIRED' AND NOT EXISTS (SELECT 1 FROM approvals l WHERE l.instance_id = o.instance_id AND l.visit > o.visit AND l.state = 'APPROVED'))))`,
);

/** Whether an application is approved as it is now: a vote on another amount, term or product is none on this one. */
export async function isApproved(ctx: Ctx, application: ApplicationRow): Promise<boolean> {
  for (const { instance_id: id } of await ctx.tx.query<{ instance_id: string }>(APPROVED, [application.id]))
    if (await isAskedAsItIs(ctx, id, application)) return true;
  return false;
}

/** Whether everybody who was asked since the case began, or began anew, was asked about the application as it is now. */
export async function isAskedAsItIs(ctx: Ctx, instanceId: string, application: ApplicationRow): Promise<boolean> {
  const product = await productById(ctx.tx, application.product_id);
  if (!product) throw new Error('an application without its product');
  const terms = frozenTerms(application, product);
  const asked = await approvalsOfInstance(ctx.tx, instanceId);
  const since = asked.at(-1)?.since ?? 1;
  return asked.every((approval) => approval.visit < since || isSameLoan(openSnapshot(ctx, approval), terms));
}
