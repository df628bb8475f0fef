export { decideApproval, openApproval, sendCardAgain } from './approval-operations.ts';
export { escalateApproval, remindApprovers } from './approval-reminders.ts';
export { findPressedCard, getApproval, listMyApprovals } from './approval-reads.ts';
export { applicationByRef, type ApplicationRow } from './application-store.ts';
export { alarmApproval, canSeat, reseatApproval, reseatApprovals } from './approval-seats.ts';
export { listOwnApplications } from './own-applications.ts';
export { expireApproval, holdApproval, stopApplications } from './stop-operations.ts';
export { closeApplication, getApplication, resumeApplication, submitLead } from './submit-operations.ts';
export { reviewLead } from './review-operations.ts';
