/** Reminders: when a loan is looked at next, and what a reminder says at the moment of sending. */
import { z } from 'zod';
import { defineOperation, type Operation } from '../../core/operations/operation.ts';
import type { Tx } from '../../db/database.ts';
import { groupedYuan, isLanguage, type Language, type Texts } from '../../lib/i18n.ts';
import {
  planLoan,
  recordOutcome,
  reminderFacts,
  runReminders,
  type ReminderRun,
  type StageRow,
} from './reminder-store.ts';
import { askForCalls } from './unreachable.ts';

/** The schedule in force, as the published flow says. */
export interface ReminderSchedule {
  readonly stages: readonly (StageRow & { readonly text: string })[];
  readonly spreadMinutes: number;
}

/** `reminder.plan`, bound to where the schedule comes from. */
export function planReminders(schedule: () => ReminderSchedule): Operation {
  return defineOperation({
    name: 'reminder.plan',
    summary: 'Sets when a loan is next looked at for a reminder; called when a loan is made or paid',
    access: { system: 'all' },
    input: z.strictObject({ loanId: z.uuid() }),
    output: z.object({}),
    subject: (input) => ({ kind: 'loan', id: input.loanId }),
    async run(ctx, input) {
      const { stages, spreadMinutes } = schedule();
      await planLoan(ctx.tx, input.loanId, stages, { after: ctx.now, spreadMinutes });
      return {};
    },
  });
}

/** One run over due loans; whom no channel reaches, somebody is asked to phone. */
export async function runDueReminders(
  tx: Tx,
  schedule: ReminderSchedule,
  run: { readonly now: Date; readonly limit: number; readonly traceId: string },
): Promise<ReminderRun> {
  const done = await runReminders(tx, schedule.stages, { ...run, spreadMinutes: schedule.spreadMinutes });
  await askForCalls(tx, done.unreachable, run.now);
  return done;
}

/** What a reminder row says now; dropped when the instalment was paid meanwhile. */
export function renderReminder(
  schedule: () => ReminderSchedule,
  texts: Texts,
): (
  tx: Tx,
  row: { readonly subjectId: string; readonly reference: string; readonly now: Date },
) => Promise<{ readonly text: string; readonly customerId: string } | { readonly dropped: string }> {
  return async (tx, row) => {
    const [number = '', stage = ''] = row.reference.split(':');
    const facts = await reminderFacts(tx, row.subjectId, Number(number));
    const text = schedule().stages.find((one) => one.name === stage)?.text;
    if (!facts || text === undefined) return { dropped: 'gone' };
    if (facts.paid_at !== null || facts.open_fen === 0n) {
      await recordOutcome(tx, {
        loanId: row.subjectId,
        instalment: facts.number,
        stage,
        outcome: 'STOPPED',
        now: row.now,
      });
      return { dropped: 'paid' };
    }
    const language = isLanguage(facts.language) ? facts.language : 'zh-CN';
    const params = {
      loan: `L${String(facts.loan).padStart(4, '0')}`,
      n: facts.number,
      amount: groupedYuan(facts.open_fen),
      due: dayText(facts.due_on, language),
      adviser: facts.adviser ?? 'none',
    };
    return { text: texts.translate(language, text, params), customerId: facts.customer_id };
  };
}

/** A due date as people say it: 5月20日, 20 May. */
function dayText(date: string, language: Language): string {
  return new Intl.DateTimeFormat(language, {
    timeZone: 'UTC',
    day: 'numeric',
    month: language === 'en' ? 'short' : 'long',
  }).format(new Date(`${date}T00:00:00Z`));
}
