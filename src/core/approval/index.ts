export { outcomeOf, seatNode, type ApprovalMode, type ApprovalState, type Seating, type SeatState } from './policy.ts';
export { REASONS } from './reasons.ts';
