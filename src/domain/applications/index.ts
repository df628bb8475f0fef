export { applicationErrors } from './application-errors.ts';
export { decideApproval, openApproval } from './approval-operations.ts';
export { escalateApproval, remindApprovers } from './approval-reminders.ts';
export { findPressedCard, getApproval, listMyApprovals } from './approval-reads.ts';
export { applicationByRef, findApplication, type ApplicationRow } from './application-store.ts';
export { closeApplication, getApplication, submitLead } from './submit-operations.ts';
export { approvalCard, snapshotHash, type Snapshot } from './snapshot.ts';
