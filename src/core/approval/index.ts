export { outcomeOf, seatNode, type ApprovalMode, type ApprovalState } from './policy.ts';
export { REASONS } from './reasons.ts';
