export { applicationErrors } from './application-errors.ts';
export { decideApproval, findPressedCard, getApproval, listMyApprovals, openApproval, remindApprovers } from './approval-operations.ts';
export { applicationByRef, findApplication, type ApplicationRow } from './application-store.ts';
export { closeApplication, getApplication, submitLead } from './submit-operations.ts';
export { approvalCard, snapshotHash, type Snapshot } from './snapshot.ts';
