/** What each kind of timer does. */
import { insertInternal } from '../inbox/internal.ts';
import { statement } from '../db/database.ts';
import type { MediaToken } from '../core/conversation/index.ts';
import type { Services } from '../core/operations/context.ts';
import type { TimerDraft } from '../core/operations/effects.ts';
import type { DueTimer } from '../core/timers/timers.ts';
import type { Turn } from '../core/unit/unit.ts';
import { byDay } from '../lib/daytime.ts';
import { UPLOADED } from '../domain/documents/index.ts';
import { MISSED_TOLD } from '../domain/reminders/index.ts';
import { COMPLAINT_LIES } from '../domain/todos/index.ts';
import { CHANNEL_BROKEN, tellMenders } from './broken-channel.ts';
import { askAfterGap, CALLBACK_GAP } from './callback-gap.ts';
import type { TimerHandler } from './timers.ts';

const RESUME = statement(
  'outbox-resume',
  `UPDATE outbox SET state = 'PENDING', due_at = business_now() WHERE id = $1 AND at = $2 AND state = 'DEFERRED'`,
);

/** What each kind of timer does when it is due: it calls an operation, or leaves an event in the inbox. */
export function timerHandlers(services: Pick<Services, 'keys'>): Readonly<Record<string, TimerHandler>> {
  return {
    process: async (_unit, turn, timer) => {
      const { instanceId, visit, name } = timer.payload as { instanceId: string; visit: number; name: string };
      if (name === 'remind' && isPutOff(turn, timer)) return; // late after an outage
      await turn.run('process.signal', { instanceId, event: { type: 'timer', visit, name } });
    },
    'staff.changed': async (_unit, turn) => {
      await turn.run('approval.staffChanged', {});
    },
    'approval.reseat': async (_unit, turn, timer) => {
      await turn.run('approval.reseat', { id: timer.subjectId });
    },
    'process.resume': async (_unit, turn, timer) => {
      await turn.run('process.resume', { instanceId: timer.subjectId });
    },
    [MISSED_TOLD]: async (_unit, turn, timer) => {
      if (!isPutOff(turn, timer)) await turn.run('task.tell', { id: timer.subjectId });
    },
    [COMPLAINT_LIES]: async (_unit, turn, timer) => {
      if (!isPutOff(turn, timer)) await turn.run('task.remindOfComplaint', { id: timer.subjectId });
    },
    conversation: async (unit, _turn, timer) => {
      const { conversationId, at } = timer.payload as { conversationId: string; at: number };
      await insertInternal(unit.tx, services.keys, {
        key: timer.key,
        conversationId,
        kind: 'silence',
        body: { internal: 'silence', at },
        now: unit.now,
      });
    },
    [UPLOADED]: async (unit, _turn, timer) => {
      const { conversationId, caption, media } = timer.payload as {
        conversationId: string;
        caption: string;
        media: readonly MediaToken[];
      };
      await insertInternal(unit.tx, services.keys, {
        key: timer.key,
        conversationId,
        kind: 'media',
        body: { internal: 'media', caption, media, uploaded: true },
        now: unit.now,
      });
    },
    [CALLBACK_GAP]: async (unit, turn, timer) => askAfterGap(unit, turn, timer.payload),
    [CHANNEL_BROKEN]: async (unit, turn, timer) => tellMenders(unit, turn, timer.payload),
    'outbox.resume': async (unit, _turn, timer) => {
      const { id, at } = timer.payload as { id: string; at: string };
      await unit.tx.query(RESUME, [BigInt(id), new Date(at)]);
    },
  };
}

/** Whether a colleague would be told at night: then the timer comes again in the morning. */
function isPutOff({ call, effects }: Turn, timer: DueTimer): boolean {
  const day = byDay(call.now, call.services.companyZone);
  if (day <= call.now) return false;
  effects.setTimer({ ...withSubject(timer), key: `${timer.key}:day`, dueAt: day });
  return true;
}

/** The same timer once more, under another key. */
function withSubject({ kind, subjectId, payload }: DueTimer): Pick<TimerDraft, 'kind' | 'subjectId' | 'payload'> {
  return { kind, payload, ...(subjectId === undefined ? {} : { subjectId }) };
}
