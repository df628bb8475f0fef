export { migrationOperations } from './migrate-operations.ts';
export { planReminders, renderReminder, runDueReminders } from './reminder-operations.ts';
export { reminderSchedules, type ReminderSchedule, type ReminderSchedules } from './reminder-schedule.ts';
export type { Missed, ReminderRun } from './reminder-store.ts';
export { askForCalls, MISSED_TOLD } from './unreachable.ts';
