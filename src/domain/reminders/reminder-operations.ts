/** Reminders: when a loan is looked at next, and what a reminder says at the moment of sending. */
import { z } from 'zod';
import { defineOperation, type Operation } from '../../core/operations/operation.ts';
import type { Tx } from '../../db/database.ts';
import { dateIn } from '../../lib/business-date.ts';
import { dayText, groupedYuan, isLanguage, type Texts } from '../../lib/i18n.ts';
import { loanNumber } from '../loans/index.ts';
import type { ReminderSchedule, ReminderSchedules } from './reminder-schedule.ts';
import {
  isOvertaken,
  planLoans,
  recordOutcome,
  reminderFacts,
  reminderVersion,
  runReminders,
  type ReminderRun,
} from './reminder-store.ts';
import { askForCalls } from './unreachable.ts';

/** `reminder.plan`, bound to where schedules come from. */
export function planReminders(schedules: ReminderSchedules): Operation {
  return defineOperation({
    name: 'reminder.plan',
    summary:
      'Sets when a loan is next looked at for a reminder; called when a loan is made, paid or a payment reversed',
    access: { system: 'all' },
    input: z.strictObject({ loanId: z.uuid() }),
    output: z.object({}),
    subject: (input) => ({ kind: 'loan', id: input.loanId }),
    async run(ctx, input) {
      const version = await reminderVersion(ctx.tx, input.loanId);
      if (version === undefined) return {};
      const schedule = await schedules.version(ctx.tx, version);
      await planLoans(ctx.tx, [input.loanId], schedule, ctx.now);
      return {};
    },
  });
}

/** One run over due loans, each by its own of these versions; whom no channel reaches, somebody is asked to phone. */
export async function runDueReminders(
  tx: Tx,
  schedules: readonly ReminderSchedule[],
  run: { readonly now: Date; readonly limit: number; readonly traceId: string },
): Promise<ReminderRun> {
  const done = await runReminders(tx, schedules, run);
  await askForCalls(tx, done.unreachable, run);
  return done;
}

/**
 * What a reminder row says now, in its loan's version. Dropped when the instalment was paid or the stage taken away meanwhile,
 * or when it waited (a platform was away, the gate put it off) until the instalment's next message came (design §12 "Time").
 */
export function renderReminder(
  schedules: ReminderSchedules,
  { texts, companyZone }: { readonly texts: Pick<Texts, 'translate'>; readonly companyZone: string },
): (
  tx: Tx,
  row: { readonly subjectId: string; readonly reference: string; readonly now: Date },
) => Promise<{ readonly text: string; readonly customerId: string } | { readonly dropped: string }> {
  return async (tx, row) => {
    const [number = '', stage = ''] = row.reference.split(':');
    const facts = await reminderFacts(tx, row.subjectId, Number(number));
    if (!facts) return { dropped: 'gone' };
    const { stages } = await schedules.version(tx, facts.reminder_version_id);
    const said = stages.find((one) => one.name === stage)?.text;
    const ended = { loanId: row.subjectId, instalment: facts.number, stage, now: row.now };
    if (facts.paid_at !== null || facts.open_fen === 0n) {
      await recordOutcome(tx, { ...ended, outcome: 'STOPPED' });
      return { dropped: 'paid' };
    }
    const others = stages.map(({ name }) => name).filter((name) => name !== stage);
    if (said === undefined || (await isOvertaken(tx, ended, others))) {
      await recordOutcome(tx, { ...ended, outcome: 'LAPSED' });
      return { dropped: said === undefined ? 'gone' : 'overtaken' };
    }
    const language = isLanguage(facts.language) ? facts.language : 'zh-CN';
    const params = {
      loan: loanNumber(facts.loan),
      n: facts.number,
      amount: groupedYuan(facts.open_fen),
      due: dayText(facts.due_on, language, dateIn(row.now, companyZone)),
      adviser: facts.adviser ?? 'none',
    };
    return { text: texts.translate(language, said, params), customerId: facts.customer_id };
  };
}
