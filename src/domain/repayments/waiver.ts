/**
 * 减免: sparing a borrower what is due. Penalty goes first, then fees, then interest; principal is never waived, because
 * that would be a partial write-off, which is another decision by other people. Who may waive how much is the caller's.
 */
import { allocate, type Allocation, type AllocationRule, type Amounts } from './allocation.ts';

/** The order in which charges are spared. */
export const WAIVER_ORDER: AllocationRule = { mode: 'VERTICAL', order: ['penalty', 'fee', 'interest'] };

/** What a waiver of so much would spare of each due; what is left was more than could be waived. */
export function splitWaiver(dues: readonly Amounts[], amountFen: bigint): Allocation {
  return allocate(dues, amountFen, WAIVER_ORDER);
}
