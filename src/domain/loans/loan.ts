/** Loan numbers and what an instalment owes. Pure. */
import type { InstalmentRow } from './loan-store.ts';

/** L0456: a letter and at least four digits. */
export function loanNumber(number: number): string {
  return `L${String(number).padStart(4, '0')}`;
}

/** What an instalment still owes. */
export function openFen(one: InstalmentRow): bigint {
  return one.principal_fen + one.interest_fen - one.paid_principal_fen - one.paid_interest_fen;
}
