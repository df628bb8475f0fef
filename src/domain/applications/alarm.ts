/** The alarm of a case nobody can decide, and its end. */
import type { Ctx } from '../../core/operations/context.ts';

/** The managers' to-do. */
export const STOPPED = 'approval_stopped';
/** The incident of a seat nobody can sit on. */
export const VACANT = 'approval.vacant';

/** Somebody sits there again, or nobody has to: to-do and incident end by themselves. */
export async function endAlarm(ctx: Ctx, applicationId: string): Promise<void> {
  const subject = { kind: 'application', id: applicationId };
  await ctx.callAsSystem('task.finishAbout', { kind: STOPPED, subject });
  await ctx.callAsSystem('incident.resolveAbout', { kind: VACANT, subject });
}
