/** What an instalment owes. Pure. */
import type { InstalmentRow } from './loan-store.ts';

/** What an instalment still owes. */
export function openFen(one: InstalmentRow): bigint {
  return one.principal_fen + one.interest_fen - one.paid_principal_fen - one.paid_interest_fen;
}
