/**
 * A complaint, and a loan that somebody says is not his, must not lie: whoever has it on his list is reminded by chat after two
 * days and then every week, by day, until it is done. The timer carries nothing; who is told is read when it is due.
 */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { writePlainTimers } from '../../core/timers/timers.ts';
import { statement, type Tx } from '../../db/database.ts';
import { isLanguage } from '../../lib/i18n.ts';
import { newId } from '../../lib/ids.ts';
import { COMPLAINTS } from '../consent/index.ts';
import { inWords } from './todo-subject.ts';
import { todoNumber, type TodoRow } from './todo-store.ts';

/** The timer of such a reminder; its subject is the to-do. */
export const COMPLAINT_LIES = 'todo.complaint';

const DAY_MS = 86_400_000;
const FIRST_MS = 2 * DAY_MS;
const WEEK_MS = 7 * DAY_MS;

// Done and opened again it has two timers: the one that comes within days of a reminder ends here.
const LYING = statement(
  'todos-lying',
  `UPDATE todos SET params = params || jsonb_build_object('remindedMs', $2::bigint)
   WHERE id = $1 AND done_at IS NULL AND kind = ANY($3::text[]) AND coalesce((params ->> 'remindedMs')::bigint, 0) < $2::bigint - $4::bigint
   RETURNING id, number, kind, params, subject_kind, subject_id, created_at, staff_id, role`,
);
const UNPLANNED = statement(
  'todos-unplanned',
  `SELECT d.id, d.created_at FROM todos d WHERE d.done_at IS NULL AND d.kind = ANY($1::text[])
     AND NOT EXISTS (SELECT FROM timers t WHERE t.subject_id = d.id AND t.kind = $2 AND t.state = 'OPEN')`,
);
const HOLDERS = statement(
  'todos-holders',
  `SELECT id, language FROM staff WHERE is_active AND CASE WHEN $1::uuid IS NULL THEN roles @> ARRAY[$2] ELSE id = $1 END ORDER BY created_at, id`,
);

/** Has whoever holds this to-do reminded in two days, if it is a complaint. */
export function remindLater(ctx: Ctx, todo: { readonly id: string; readonly kind: string }): void {
  if (COMPLAINTS.includes(todo.kind)) setReminder(ctx, todo.id, FIRST_MS);
}

/** Sets the reminder of each open complaint that has none, because it is older than they are; each once, however often it runs. */
export async function remindOfEarlier(tx: Tx, now: Date): Promise<void> {
  const rows = await tx.query<{ id: string; created_at: Date }>(UNPLANNED, [COMPLAINTS, COMPLAINT_LIES]);
  const timers = rows.map(({ id, created_at: since }) => ({
    key: `${COMPLAINT_LIES}:${id}:earlier`,
    kind: COMPLAINT_LIES,
    dueAt: new Date(Math.max(now.getTime(), since.getTime() + FIRST_MS)),
    subjectId: id,
  }));
  await writePlainTimers(tx, newId(), timers);
}

function setReminder(ctx: Ctx, id: string, afterMs: number): void {
  const dueAt = new Date(ctx.now.getTime() + afterMs);
  const key = `${COMPLAINT_LIES}:${id}:${dueAt.toISOString()}`;
  ctx.effects.setTimer({ key, kind: COMPLAINT_LIES, dueAt, subjectId: id });
}

export const remindOfComplaint = defineOperation({
  name: 'task.remindOfComplaint',
  summary:
    'Reminds whoever has an open complaint or a disputed loan on his list, and again in a week; one that is done is not told',
  access: { system: 'all' },
  input: z.strictObject({ id: z.uuid() }),
  output: z.object({ reminded: z.int() }),
  subject: (input) => ({ kind: 'task', id: input.id }),
  async run(ctx, { id }) {
    const [todo] = await ctx.tx.query<TodoRow & { staff_id: string | null; role: string | null }>(LYING, [
      id,
      ctx.now.getTime(),
      COMPLAINTS,
      WEEK_MS - DAY_MS,
    ]);
    if (!todo) return { reminded: 0 };
    const holders = await ctx.tx.query<{ id: string; language: string }>(HOLDERS, [todo.staff_id, todo.role]);
    const days = Math.floor((ctx.now.getTime() - todo.created_at.getTime()) / DAY_MS);
    for (const { id: staffId, language } of holders) {
      const [told] = await inWords(ctx, isLanguage(language) ? language : 'zh-CN', [todo]);
      const params = { text: told?.text ?? '', days, number: todoNumber(todo.number) };
      await ctx.callAsSystem('staff.notify', { staffId, text: 'todo.still_open', params });
    }
    setReminder(ctx, id, WEEK_MS);
    return { reminded: holders.length };
  },
});
