/** Loan numbers and how a payment is spread over instalments. Pure. */
import type { AllocationPart, InstalmentRow } from './loan-store.ts';

/** L0456: a letter and at least four digits. */
export function loanNumber(number: number): string {
  return `L${String(number).padStart(4, '0')}`;
}

/**
 * Spreads a payment: oldest instalment first, interest before principal (民法典 §561); what is left over is a credit
 * balance, never a silent prepayment.
 */
export function spreadPayment(
  instalments: readonly InstalmentRow[],
  amountFen: bigint,
): { readonly parts: readonly AllocationPart[]; readonly leftFen: bigint } {
  const parts: AllocationPart[] = [];
  let left = amountFen;
  for (const one of instalments) {
    if (left === 0n) break;
    const interestFen = least(left, one.interest_fen - one.paid_interest_fen);
    const principalFen = least(left - interestFen, one.principal_fen - one.paid_principal_fen);
    if (interestFen + principalFen === 0n) continue;
    parts.push({ instalment: one.number, principalFen, interestFen });
    left -= interestFen + principalFen;
  }
  return { parts, leftFen: left };
}

/** What an instalment still owes. */
export function openFen(one: InstalmentRow): bigint {
  return one.principal_fen + one.interest_fen - one.paid_principal_fen - one.paid_interest_fen;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
