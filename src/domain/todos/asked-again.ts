/**
 * What a customer asks for again while it stands open on somebody's list: ten identical lines would bury what else is there, so
 * one of a kind is open at a time, and what is new goes to the chat of whoever has it. There the same words are told once (a
 * day or an hour, as the keys of its to-dos say), others again, but no more than a few times a day.
 */
import { statement, type Tx } from '../../db/database.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { dateIn } from '../../lib/business-date.ts';
import { COMPLAINTS } from '../consent/index.ts';

/** One person's own list, or that of a role. */
export type OneList = { readonly staffId: string } | { readonly role: string };

// What is for whoever looks after the customer goes with him, what is for others stays: the two are never one.
const OPEN = statement(
  'todos-open-of-kind',
  `SELECT key FROM todos WHERE done_at IS NULL AND kind = $1 AND subject_id = $2 AND is_for_owner = $3
     AND (staff_id = $4::uuid OR (staff_id IS NULL AND role = $5)) ORDER BY created_at DESC, id DESC LIMIT 1`,
);
const TOLD = statement('todos-told', 'SELECT params FROM todos WHERE key = $1 AND done_at IS NULL');
// A complaint is as old as its first day: its reminders say for how long it has been lying.
const ASKED_AGAIN = statement(
  'todos-asked-again',
  `UPDATE todos SET params = params || $2::jsonb, created_at = CASE WHEN kind = ANY($4::text[]) THEN created_at ELSE $3 END WHERE key = $1`,
);

/** The to-do of this kind that is open about this subject on this list; whoever asks holds the customer. */
export async function keyOfOpen(
  tx: Tx,
  of: { readonly kind: string; readonly subjectId: string; readonly isForOwner: boolean },
  list: OneList,
): Promise<string | undefined> {
  const [staffId, role] = 'staffId' in list ? [list.staffId, null] : [null, list.role];
  return (await tx.query<{ key: string }>(OPEN, [of.kind, of.subjectId, of.isForOwner, staffId, role]))[0]?.key;
}

/** As often a day as somebody is told of one matter in ever new words; what comes after that stands on the timeline. */
const MOST_A_DAY = 5;

/**
 * Whether what was asked now is to be told: not what was told last. An open to-do keeps a keyed digest of that, never the
 * words, and takes the date of the latest.
 */
export async function noteAsked(
  ctx: Ctx,
  key: string,
  asked: { readonly key: string; readonly words?: string | undefined },
): Promise<boolean> {
  const [row] = await ctx.tx.query<{ params: Readonly<Record<string, unknown>> }>(TOLD, [key]);
  const { toldMark, toldOn, toldTimes } = row?.params ?? {};
  const mark = ctx.keys.blind('todos.told', `${asked.key}\n${asked.words ?? ''}`).toString('hex');
  const today = dateIn(ctx.now, ctx.services.companyZone);
  const times = toldOn === today && typeof toldTimes === 'number' ? toldTimes : 0;
  const isTold = mark !== toldMark && times < MOST_A_DAY;
  const told = isTold ? { toldMark: mark, toldOn: today, toldTimes: times + 1 } : {};
  await ctx.tx.query(ASKED_AGAIN, [key, JSON.stringify(told), ctx.now, COMPLAINTS]);
  return isTold;
}
