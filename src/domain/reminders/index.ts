export { migrationOperations } from './migrate-operations.ts';
export {
  askAfterComplaint,
  followZone,
  planReminders,
  remindOf,
  renderReminder,
  runDueReminders,
} from './reminder-operations.ts';
export { reminderSchedules, type ReminderSchedule } from './reminder-schedule.ts';
export { dueLoans, type ReminderRun } from './reminder-store.ts';
export { askForCall, MISSED_TOLD, type MissedKind } from './unreachable.ts';
