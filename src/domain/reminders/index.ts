export { migrationOperations } from './migrate-operations.ts';
export { followZone, planReminders, remindOf, renderReminder, runDueReminders } from './reminder-operations.ts';
export { reminderSchedules, type ReminderSchedule } from './reminder-schedule.ts';
export { dueLoans, type ReminderRun } from './reminder-store.ts';
export { askForCalls, MISSED_TOLD, type MissedKind } from './unreachable.ts';
