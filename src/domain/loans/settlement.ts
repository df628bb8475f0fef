/**
 * What the payments of a loan have paid. Pure: a function of the plan and of the payments that count, in the order of their
 * value and never of their arrival, so that a payment taken out leaves no trace (lending §3.2, reversal and replay).
 */
import type { InstalmentRow } from './loan-store.ts';

/** A payment that counts, which a reversed one does not. */
export interface CountedPayment {
  readonly id: string;
  readonly amount_fen: bigint;
  readonly paid_at: Date;
}

/** What a payment pays of one instalment. */
export interface Share {
  readonly paymentId: string;
  readonly instalment: number;
  readonly principalFen: bigint;
  readonly interestFen: bigint;
}

/** Where an instalment stands. */
interface Standing {
  readonly number: number;
  readonly paidPrincipalFen: bigint;
  readonly paidInterestFen: bigint;
  /** When the money that paid the last of it came in. */
  readonly paidAt: Date | undefined;
}

/** See the file's head. */
export interface Settlement {
  readonly shares: readonly Share[];
  readonly standings: readonly Standing[];
  /** 溢缴款: what is left when every instalment is paid. */
  readonly creditFen: bigint;
  readonly state: 'ACTIVE' | 'SETTLED';
}

type PlanRow = Pick<InstalmentRow, 'number' | 'principal_fen' | 'interest_fen' | 'paid_at'>;

/**
 * Spreads the payments over the plan: the oldest instalment first, interest before principal (民法典 §561). Instalments not
 * due yet are paid as planned; only a prepayment the customer asks for would change the plan. What is left over is credit.
 * @param payments in the order of their value: `paid_at`, then `id`
 */
export function settlePlan(plan: readonly PlanRow[], payments: readonly CountedPayment[]): Settlement {
  const shares: Share[] = [];
  const standings: Standing[] = plan.map(untouched);
  let creditFen = 0n;
  let oldest = 0;
  for (const { id, amount_fen, paid_at } of payments) {
    let left = amount_fen;
    for (; left > 0n && oldest < plan.length; oldest += 1) {
      const [row, standing] = [plan[oldest], standings[oldest]];
      if (row === undefined || standing === undefined) break;
      const interestFen = least(left, row.interest_fen - standing.paidInterestFen);
      const principalFen = least(left - interestFen, row.principal_fen - standing.paidPrincipalFen);
      const paid = {
        number: row.number,
        paidPrincipalFen: standing.paidPrincipalFen + principalFen,
        paidInterestFen: standing.paidInterestFen + interestFen,
      };
      left -= interestFen + principalFen;
      if (interestFen + principalFen > 0n)
        shares.push({ paymentId: id, instalment: row.number, principalFen, interestFen });
      const isPaid = owed(row, paid) === 0n;
      standings[oldest] = { ...paid, paidAt: isPaid ? (standing.paidAt ?? paid_at) : undefined };
      if (!isPaid) break;
    }
    creditFen += left;
  }
  const isSettled = plan.every((row, index) => owed(row, standings[index] ?? untouched(row)) === 0n);
  return { shares, standings, creditFen, state: isSettled ? 'SETTLED' : 'ACTIVE' };
}

/**
 * What has to be posted so that the shares on the books become these: the differences, payment by payment and instalment by
 * instalment. Posted rows are never changed.
 */
export function postingsFor(booked: readonly Share[], wanted: readonly Share[]): readonly Share[] {
  const differences = new Map<string, Share>();
  const add = (share: Share, sign: 1n | -1n): void => {
    const key = `${share.paymentId}:${share.instalment}`;
    const sofar = differences.get(key);
    differences.set(key, {
      paymentId: share.paymentId,
      instalment: share.instalment,
      principalFen: (sofar?.principalFen ?? 0n) + sign * share.principalFen,
      interestFen: (sofar?.interestFen ?? 0n) + sign * share.interestFen,
    });
  };
  for (const share of wanted) add(share, 1n);
  for (const share of booked) add(share, -1n);
  return [...differences.values()].filter((share) => share.principalFen !== 0n || share.interestFen !== 0n);
}

/** What postings change on each instalment, the oldest first, whichever payment they stand under. */
export function netOf(postings: readonly Share[]): readonly Share[] {
  const merged = postings.map((share) => ({ ...share, paymentId: '' }));
  return postingsFor([], merged).toSorted((a, b) => a.instalment - b.instalment);
}

/** Where nothing is owed (interest only, at 0 %), no payment is what paid it: it is paid since the loan was made. */
function untouched(row: PlanRow): Standing {
  const none = { number: row.number, paidPrincipalFen: 0n, paidInterestFen: 0n };
  return { ...none, paidAt: owed(row, none) === 0n ? (row.paid_at ?? undefined) : undefined };
}

function owed(row: PlanRow, paid: Omit<Standing, 'paidAt'>): bigint {
  return row.principal_fen + row.interest_fen - paid.paidPrincipalFen - paid.paidInterestFen;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
