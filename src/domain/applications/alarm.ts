/** The alarm of a case that stands still, and its end. */
import { z } from 'zod';
import { STOPS } from '../../core/flow/index.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';

/** The managers' to-do of a case nobody can decide. */
export const STOPPED = 'approval_stopped';
/** The incident of a seat nobody can sit on. */
export const VACANT = 'approval.vacant';

const TODOS = [STOPPED, 'case_stopped', 'process_stopped'] as const;

export const endAlarm = defineOperation({
  name: 'approval.endAlarm',
  summary: 'Closes the to-dos and incidents of a case that stood still: it goes on, or it is over',
  access: { system: 'all' },
  input: z.strictObject({ subject: z.strictObject({ kind: z.string(), id: z.uuid() }) }),
  output: z.object({}),
  subject: (input) => input.subject,
  async run(ctx, { subject }) {
    for (const kind of TODOS) await ctx.callAsSystem('task.finishAbout', { kind, subject });
    await ctx.callAsSystem('incident.resolveAbout', { kinds: [VACANT, ...STOPS], subject });
    return {};
  },
});

/** Somebody sits there again, or nobody has to. */
export async function endAlarmOf(ctx: Ctx, applicationId: string): Promise<void> {
  await ctx.callAsSystem('approval.endAlarm', { subject: { kind: 'application', id: applicationId } });
}
