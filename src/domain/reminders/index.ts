export { planReminders, renderReminder, runDueReminders, type ReminderSchedule } from './reminder-operations.ts';
export type { ReminderRun, StageRow } from './reminder-store.ts';
