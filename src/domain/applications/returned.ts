/** What came back: why, and how long it waits to be handed in again. Looked up when it is read, for whoever keeps the case by then. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { statement } from '../../db/database.ts';
import { timeText, wallClock } from '../../lib/business-date.ts';
import { textParam, textParamSchema } from '../../lib/text-params.ts';
import { hidingNames } from '../customers/index.ts';

const RETURNED = statement(
  'applications-returned',
  `SELECT a.id, a.customer_id, vote.id AS vote, vote.reason_code, vote.sealed_reason, (
     SELECT min(t.due_at) FROM instances i JOIN timers t ON t.subject_id = i.id AND t.state = 'OPEN'
     WHERE i.subject_id = a.id AND i.status = 'RUNNING' AND starts_with(t.key, concat_ws(':', 'process', i.id, i.visit, 'timeout', ''))
   ) AS until
   FROM applications a LEFT JOIN LATERAL (
     SELECT t.id, t.reason_code, t.sealed_reason FROM approvals p JOIN approval_tasks t ON t.approval_id = p.id AND t.state = 'RETURNED'
     WHERE p.application_id = a.id ORDER BY t.decided_at DESC, t.id DESC LIMIT 1
   ) vote ON true
   WHERE a.id = ANY($1::uuid[]) AND a.state = 'RETURNED'`,
);

interface ReturnedRow {
  readonly id: string;
  readonly customer_id: string;
  readonly vote: string | null;
  readonly reason_code: string | null;
  readonly sealed_reason: Buffer | null;
  readonly until: Date | null;
}

const NONE = 'none';
const returned = z.object({
  id: z.string(),
  /** As others may read it; `none` where none can be read. */
  reason: z.union([z.string(), textParamSchema]),
  /** Date and time on the company's wall; `none`: it waits for ever. */
  until: z.string(),
});
type Returned = z.output<typeof returned>;

export const listReturned = defineOperation({
  name: 'application.returned',
  summary: 'Of these applications those that came back: why, and until when they may be handed in again',
  access: { system: 'all' },
  input: z.strictObject({ applications: z.array(z.uuid()).max(200) }),
  output: z.object({ items: z.array(returned) }),
  readOnly: true,
  run: async (ctx, { applications }) => ({ items: await returnsOf(ctx, applications) }),
});

/** Those of them that came back. */
export async function returnsOf(ctx: Ctx, applications: readonly string[]): Promise<Returned[]> {
  const items: Returned[] = [];
  for (const row of await ctx.tx.query<ReturnedRow>(RETURNED, [applications]))
    items.push({ id: row.id, reason: await reasonOf(ctx, row), until: untilOf(ctx, row) });
  return items;
}

/** One that is damaged hides no other. */
async function reasonOf(ctx: Ctx, row: ReturnedRow): Promise<Returned['reason']> {
  if (row.reason_code !== null) return textParam(`approval.reason.${row.reason_code}`);
  if (row.sealed_reason === null) return NONE;
  const words = await ctx.keys.openAnyOfMany(ctx.tx, `approval_tasks.sealed_reason.${row.vote}`, row.sealed_reason);
  return words ? hidingNames(ctx, row.customer_id, words.toString('utf8')) : NONE;
}

function untilOf(ctx: Ctx, { until }: ReturnedRow): string {
  if (!until) return NONE;
  const at = wallClock(until, ctx.services.companyZone);
  return `${at.date} ${timeText(at)}`;
}
