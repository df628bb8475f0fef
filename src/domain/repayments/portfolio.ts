/** Portfolio figures over loans as of one date: who is late by how much of the book (lending reference §3.5). */
import { fen, type Fen } from '../../lib/money.ts';
import { formatRatio, type Ratio, ZERO_RATIO } from '../../lib/rate.ts';
import { dayBucket } from './dpd.ts';

/** One loan as a portfolio figure sees it. */
export interface LoanStanding {
  readonly outstandingFen: bigint;
  readonly dpd: number;
}

/** Σ outstanding principal of loans at least `days` late ÷ Σ outstanding principal: the whole balance of such a loan. */
export function portfolioAtRisk(loans: readonly LoanStanding[], days: number): Ratio {
  return share(total(loans.filter((loan) => loan.dpd >= days)), total(loans));
}

/** The same by count: loans at least `days` late ÷ loans. */
export function countAtRisk(loans: readonly LoanStanding[], days: number): Ratio {
  return share(BigInt(loans.filter((loan) => loan.dpd >= days).length), BigInt(loans.length));
}

/** Outstanding principal per ageing bucket; empty buckets are absent. */
export function balanceByBucket(loans: readonly LoanStanding[]): ReadonlyMap<string, Fen> {
  const buckets = new Map<string, Fen>();
  for (const loan of loans) {
    const name = dayBucket(loan.dpd);
    buckets.set(name, fen((buckets.get(name) ?? 0n) + loan.outstandingFen));
  }
  return buckets;
}

/** A share as a decimal with four places: "0.4600". An empty book has the share 0. */
export function shareText(value: Ratio): string {
  return formatRatio(value, 4);
}

function total(loans: readonly LoanStanding[]): bigint {
  return loans.reduce((sum, loan) => sum + loan.outstandingFen, 0n);
}

function share(part: bigint, whole: bigint): Ratio {
  return whole === 0n ? ZERO_RATIO : { num: part, den: whole };
}
