export { planReminders, renderReminder, runDueReminders, type ReminderSchedule } from './reminder-operations.ts';
export type { Missed, ReminderRun, StageRow } from './reminder-store.ts';
export { askForCalls } from './unreachable.ts';
