/** Queries of payments, what they pay, and their reversals. Rows of these three tables are only ever added. */
import { statement, type Tx } from '../../db/database.ts';
import type { CountedPayment, Settlement, Share } from './settlement.ts';

/** A payment, with its reversal where it has one. */
export interface PaymentRow {
  readonly id: string;
  readonly loan_id: string;
  readonly external_id: string;
  readonly amount_fen: bigint;
  readonly paid_at: Date;
  readonly created_at: Date;
  /** The counter-entry, if there is one. */
  readonly reversal_id: string | null;
  readonly sealed_reason: Buffer | null;
  readonly reversed_at: Date | null;
}

const COLUMNS = `p.id, p.loan_id, p.external_id, p.amount_fen, p.paid_at, p.created_at, r.id AS reversal_id, r.sealed_reason, r.reversed_at
  FROM payments p LEFT JOIN payment_reversals r ON r.payment_id = p.id`;
const FIND = statement('payments-find', `SELECT ${COLUMNS} WHERE p.external_id = $1`);
const OF_LOAN = statement('payments-of-loan', `SELECT ${COLUMNS} WHERE p.loan_id = $1 ORDER BY p.paid_at, p.id`);
const INSERT = statement(
  'payments-insert',
  `INSERT INTO payments (id, loan_id, external_id, amount_fen, paid_at, recorded_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (external_id) DO NOTHING RETURNING id`,
);
const REVERSE = statement(
  'payments-reverse',
  'INSERT INTO payment_reversals (id, payment_id, loan_id, sealed_reason, reversed_at, reversed_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
);
const SHARES = statement(
  'payments-shares',
  `SELECT payment_id AS "paymentId", instalment, sum(principal_fen)::bigint AS "principalFen", sum(interest_fen)::bigint AS "interestFen"
   FROM payment_allocations WHERE loan_id = $1 GROUP BY payment_id, instalment HAVING sum(principal_fen) <> 0 OR sum(interest_fen) <> 0 ORDER BY instalment`,
);
const POSTED = statement(
  'payments-posted',
  `SELECT payment_id AS "paymentId", instalment, principal_fen AS "principalFen", interest_fen AS "interestFen"
   FROM payment_allocations WHERE loan_id = $1 AND entry_id = $2 ORDER BY instalment`,
);
const POST = statement(
  'payments-post',
  `INSERT INTO payment_allocations (payment_id, entry_id, loan_id, instalment, principal_fen, interest_fen)
   SELECT payment_id, $1::uuid, $2::uuid, instalment, principal_fen, interest_fen FROM unnest($3::uuid[], $4::int[], $5::bigint[], $6::bigint[]) AS row (payment_id, instalment, principal_fen, interest_fen)`,
);
const STAND = statement(
  'payments-stand',
  `UPDATE instalments i SET paid_principal_fen = row.principal_fen, paid_interest_fen = row.interest_fen, paid_at = row.paid_at
   FROM unnest($2::int[], $3::bigint[], $4::bigint[], $5::timestamptz[]) AS row (number, principal_fen, interest_fen, paid_at)
   WHERE i.loan_id = $1 AND i.number = row.number
     AND (i.paid_principal_fen, i.paid_interest_fen, i.paid_at) IS DISTINCT FROM (row.principal_fen, row.interest_fen, row.paid_at)`,
);
const BALANCE = statement(
  'loans-balance',
  'UPDATE loans SET credit_fen = $2, state = $3, updated_at = $4 WHERE id = $1',
);

/** The payment of this external id, on whichever loan. */
export async function findPayment(tx: Tx, externalId: string): Promise<PaymentRow | undefined> {
  return (await tx.query<PaymentRow>(FIND, [externalId]))[0];
}

/** All payments of a loan in the order of their value, the reversed ones among them. */
export async function paymentsOf(tx: Tx, loanId: string): Promise<readonly PaymentRow[]> {
  return tx.query<PaymentRow>(OF_LOAN, [loanId]);
}

/** Records a payment; `false` when its external id is already there. */
export async function insertPayment(
  tx: Tx,
  payment: CountedPayment & {
    readonly loanId: string;
    readonly externalId: string;
    readonly recordedBy: string;
    readonly now: Date;
  },
): Promise<boolean> {
  const { id, loanId, externalId, amount_fen, paid_at, recordedBy, now } = payment;
  return (await tx.query(INSERT, [id, loanId, externalId, amount_fen, paid_at, recordedBy, now])).length > 0;
}

/** Writes the counter-entry of a payment; the database takes one for each. */
export async function insertReversal(
  tx: Tx,
  reversal: {
    readonly id: string;
    readonly payment: PaymentRow;
    readonly sealedReason: Buffer;
    readonly reversedAt: Date;
    readonly reversedBy: string;
    readonly now: Date;
  },
): Promise<void> {
  const { id, payment, sealedReason, reversedAt, reversedBy, now } = reversal;
  await tx.query(REVERSE, [id, payment.id, payment.loan_id, sealedReason, reversedAt, reversedBy, now]);
}

/** What each payment of a loan pays of each instalment now. */
export async function sharesOf(tx: Tx, loanId: string): Promise<readonly Share[]> {
  return tx.query<Share>(SHARES, [loanId]);
}

/** What a payment or a reversal has posted, for itself and for the payments it moved. */
export async function postedBy(tx: Tx, loanId: string, entryId: string): Promise<readonly Share[]> {
  return tx.query<Share>(POSTED, [loanId, entryId]);
}

/** Posts the differences of an entry and writes what they come to on the instalments and the loan. */
export async function writeSettlement(
  tx: Tx,
  entry: { readonly id: string; readonly loanId: string; readonly now: Date },
  postings: readonly Share[],
  { standings, creditFen, state }: Settlement,
): Promise<void> {
  if (postings.length > 0)
    await tx.query(POST, [
      entry.id,
      entry.loanId,
      postings.map((share) => share.paymentId),
      postings.map((share) => share.instalment),
      postings.map((share) => share.principalFen),
      postings.map((share) => share.interestFen),
    ]);
  await tx.query(STAND, [
    entry.loanId,
    standings.map((one) => one.number),
    standings.map((one) => one.paidPrincipalFen),
    standings.map((one) => one.paidInterestFen),
    standings.map((one) => one.paidAt ?? null),
  ]);
  await tx.query(BALANCE, [entry.loanId, creditFen, state, entry.now]);
}
