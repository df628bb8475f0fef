export { factsOnFile, findLeadToResume } from './resume-operations.ts';
export { answerAsCustomer } from './answer-operations.ts';
export { askAdviser, customerStanding } from './standing-operations.ts';
export { findCustomers } from './find-operations.ts';
export { followOwner, leaveBehind } from './team-operations.ts';
export { planReassignment, reassignLead } from './reassign-operations.ts';
export { captureLead, createLead, getLead, listAssignments, updateLead } from './lead-operations.ts';
export {
  authorsOf,
  closeLead,
  factsOf,
  findLead,
  lastAssigned,
  lockOpenLead,
  openLead,
  setStage,
  type LeadRow,
} from './lead-store.ts';
export { leadErrors } from './lead-errors.ts';
export { shownFact } from './lead-view.ts';
