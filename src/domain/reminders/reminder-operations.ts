/** Reminders: when a loan is looked at next, and what a reminder says at the moment of sending. */
import { z } from 'zod';
import { defineOperation, type Operation } from '../../core/operations/operation.ts';
import type { Tx } from '../../db/database.ts';
import { addDays, businessDate, dateIn, type BusinessDate } from '../../lib/business-date.ts';
import { byDay } from '../../lib/daytime.ts';
import { dayText, groupedYuan, isLanguage, type Language, type Texts } from '../../lib/i18n.ts';
import type { BulkRenderer } from '../../outbox/gate.ts';
import { loanNumber } from '../customers/index.ts';
import type { ReminderSchedule, ReminderSchedules } from './reminder-schedule.ts';
import {
  dueLoans,
  isOvertaken,
  planLoans,
  recordOutcome,
  reminderFacts,
  reminderVersion,
  runReminders,
  shiftLooks,
  type ReminderFacts,
  type ReminderRun,
} from './reminder-store.ts';
import { askAgain, askForCalls, settleCalls } from './unreachable.ts';

/** `reminder.plan`, bound to where schedules come from. */
export function planReminders(schedules: ReminderSchedules): Operation {
  return defineOperation({
    name: 'reminder.plan',
    summary:
      'Sets when a loan is next looked at for a reminder, and ends or brings back the calls that stand in for one; called when a loan is made, paid or a payment reversed',
    access: { system: 'all' },
    input: z.strictObject({ loanId: z.uuid() }),
    output: z.object({}),
    subject: (input) => ({ kind: 'loan', id: input.loanId }),
    async run(ctx, input) {
      await settleCalls(ctx.tx, input.loanId, ctx.now);
      const version = await reminderVersion(ctx.tx, input.loanId);
      if (version === undefined) return {};
      const schedule = await schedules.version(ctx.tx, version);
      await planLoans(ctx.tx, [input.loanId], schedule, ctx.now);
      return {};
    },
  });
}

export const followZone = defineOperation({
  name: 'reminder.followZone',
  summary:
    'Has the next looks at a customer’s loans come at the same hour of another time zone; called when his is changed',
  access: { system: 'all' },
  input: z.strictObject({ customerId: z.uuid(), from: z.string().max(64), to: z.string().max(64) }),
  output: z.object({ loans: z.int() }),
  subject: ({ customerId }) => ({ kind: 'customer', id: customerId }),
  evidence: ({ loans }) => ({ loans }),
  run: async (ctx, { customerId, from, to }) => ({ loans: await shiftLooks(ctx.tx, customerId, { from, to }) }),
});

export const askAfterComplaint = defineOperation({
  name: 'reminder.askAfterComplaint',
  summary:
    'Asks again for the calls about a customer’s overdue money that waited for his complaint; called when one is settled, and does nothing while another is open',
  access: { system: 'all' },
  input: z.strictObject({ customerId: z.uuid() }),
  output: z.object({}),
  subject: ({ customerId }) => ({ kind: 'customer', id: customerId }),
  async run(ctx, { customerId }) {
    await askAgain(ctx.tx, customerId, { now: ctx.now, traceId: ctx.traceId });
    return {};
  },
});

/** One run over due loans, each by its own of these versions; whom no channel reaches, somebody is asked to phone. */
export async function runDueReminders(
  tx: Tx,
  schedules: readonly ReminderSchedule[],
  run: { readonly now: Date; readonly limit: number; readonly traceId: string },
): Promise<ReminderRun> {
  return remindOf(tx, await dueLoans(tx, schedules, run), schedules, run);
}

/** The same for loans that have been taken with `dueLoans`. */
export async function remindOf(
  tx: Tx,
  loans: readonly string[],
  schedules: readonly ReminderSchedule[],
  run: { readonly now: Date; readonly traceId: string },
): Promise<ReminderRun> {
  const done = await runReminders(tx, loans, schedules, run);
  await askForCalls(tx, done.unreachable, run);
  return done;
}

/**
 * What a reminder row says now, in its loan's version. Dropped when the instalment was paid or the stage taken away meanwhile,
 * or when it waited (a platform was away, the gate put it off) until the instalment's next message came (design §12 "Time") or
 * the day its words speak of was over, on the customer's clock or in the books. What is late otherwise leaves in the version's
 * hours.
 */
export function renderReminder(
  schedules: ReminderSchedules,
  { texts, companyZone }: { readonly texts: Pick<Texts, 'translate'>; readonly companyZone: string },
): BulkRenderer {
  return async (tx, row) => {
    const [number = '', stage = ''] = row.reference.split(':');
    const facts = await reminderFacts(tx, row.subjectId, Number(number));
    if (!facts) return { dropped: 'gone' };
    const schedule = await schedules.version(tx, facts.reminder_version_id);
    const own = schedule.stages.find(({ name }) => name === stage);
    const today = dateIn(row.now, companyZone);
    const ended = { loanId: row.subjectId, instalment: facts.number, stage, now: row.now, today };
    if (facts.paid_at !== null || facts.open_fen === 0n) {
      await recordOutcome(tx, { ...ended, outcome: 'STOPPED' });
      return { dropped: 'paid' };
    }
    const lapse = own ? await lapseOf(tx, ended, facts, { own, stages: schedule.stages }) : 'gone';
    if (!own || lapse !== undefined) {
      await recordOutcome(tx, { ...ended, outcome: 'LAPSED' });
      return { dropped: lapse ?? 'gone' };
    }
    const notBefore = byDay(row.now, facts.zone, schedule.hours);
    if (notBefore > row.now) return { notBefore };
    const language = isLanguage(facts.language) ? facts.language : 'zh-CN';
    // Where the customer's day is another than that of the books, 今天 is true of one of them only: the date stands alone.
    const calendar = addDays(businessDate(facts.due_on), own.day) === today ? 'same' : 'other';
    const params = { ...paramsOf(facts, language, today), calendar };
    return { text: texts.translate(language, own.text, params), customerId: facts.customer_id };
  };
}

/** Why a stage of an open instalment is not sent any more; `undefined` when it is. */
async function lapseOf(
  tx: Tx,
  message: {
    readonly loanId: string;
    readonly instalment: number;
    readonly stage: string;
    readonly now: Date;
    readonly today: BusinessDate;
  },
  facts: ReminderFacts,
  { own, stages }: { readonly own: ReminderSchedule['stages'][number]; readonly stages: ReminderSchedule['stages'] },
): Promise<string | undefined> {
  // 明天 and 今天 are true on one day only; that an instalment is overdue stays true.
  const day = addDays(businessDate(facts.due_on), own.day);
  if (own.day <= 0 && dateIn(message.now, facts.zone) !== day) return 'late';
  // West of UTC−7 the due date begins when the books have ended it: what is overdue there is not announced as due.
  if (own.day <= 0 && message.today > facts.due_on) return 'late';
  const others = stages.map(({ name }) => name).filter((name) => name !== own.name);
  return (await isOvertaken(tx, message, others)) ? 'overtaken' : undefined;
}

function paramsOf(facts: ReminderFacts, language: Language, today: string): Readonly<Record<string, string | number>> {
  return {
    loan: loanNumber(facts.loan),
    // Which of his loans it is, where he has several.
    which: facts.running > 1 ? loanNumber(facts.loan) : 'none',
    n: facts.number,
    amount: groupedYuan(facts.open_fen),
    earlier: facts.earlier,
    total: groupedYuan(facts.open_fen + facts.earlier_fen),
    due: dayText(facts.due_on, language, today),
    adviser: facts.adviser ?? 'none',
  };
}
