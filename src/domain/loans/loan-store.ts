/** Queries of loans, their instalments and payments. */
import { statement, type Tx } from '../../db/database.ts';

export interface LoanRow {
  readonly id: string;
  readonly number: number;
  readonly customer_id: string;
  readonly application_id: string;
  readonly principal_fen: bigint;
  readonly annual_rate: string;
  readonly term_months: number;
  readonly method: string;
  readonly start_on: string;
  readonly state: 'ACTIVE' | 'SETTLED';
  readonly credit_fen: bigint;
}

export interface InstalmentRow {
  readonly loan_id: string;
  readonly number: number;
  readonly due_on: string;
  readonly principal_fen: bigint;
  readonly interest_fen: bigint;
  readonly paid_principal_fen: bigint;
  readonly paid_interest_fen: bigint;
  readonly paid_at: Date | null;
}

export interface PaymentRow {
  readonly id: string;
  readonly loan_id: string;
  readonly external_id: string;
  readonly amount_fen: bigint;
  readonly paid_at: Date;
}

const COLUMNS =
  'id, number, customer_id, application_id, principal_fen, annual_rate, term_months, method, start_on, state, credit_fen';
const INSERT = statement(
  'loans-insert',
  `INSERT INTO loans (id, customer_id, application_id, principal_fen, annual_rate, term_months, method, day_count, start_on, state, created_at, updated_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'ACTIVE', $10, $10) ON CONFLICT (application_id) DO NOTHING RETURNING number`,
);
const INSTALMENTS = statement(
  'instalments-insert',
  `INSERT INTO instalments (loan_id, number, due_on, principal_fen, interest_fen) SELECT $1, * FROM unnest($2::int[], $3::date[], $4::bigint[], $5::bigint[])`,
);
const BY_APPLICATION = statement('loans-by-application', `SELECT ${COLUMNS} FROM loans WHERE application_id = $1`);
const FIND = statement('loans-find', `SELECT ${COLUMNS} FROM loans WHERE id = $1`);
const BY_NUMBER = statement('loans-by-number', `SELECT ${COLUMNS} FROM loans WHERE number = $1`);
const LOCK = statement('loans-lock', `SELECT ${COLUMNS} FROM loans WHERE id = $1 FOR UPDATE`);
const OF_CUSTOMER = statement(
  'loans-of-customer',
  `SELECT ${COLUMNS} FROM loans WHERE customer_id = $1 ORDER BY number`,
);
const PLAN = statement(
  'instalments-of',
  'SELECT loan_id, number, due_on, principal_fen, interest_fen, paid_principal_fen, paid_interest_fen, paid_at FROM instalments WHERE loan_id = $1 ORDER BY number',
);
const PAYMENT = statement(
  'payments-find',
  'SELECT id, loan_id, external_id, amount_fen, paid_at FROM payments WHERE external_id = $1',
);
const ADD_PAYMENT = statement(
  'payments-insert',
  `INSERT INTO payments (id, loan_id, external_id, amount_fen, paid_at, recorded_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (external_id) DO NOTHING RETURNING id`,
);
const ALLOCATE = statement(
  'payments-allocate',
  `WITH part AS (
     SELECT * FROM unnest($3::int[], $4::bigint[], $5::bigint[]) AS row (instalment, principal_fen, interest_fen)
   ), written AS (
     INSERT INTO payment_allocations (payment_id, loan_id, instalment, principal_fen, interest_fen) SELECT $1::uuid, $2::uuid, * FROM part
   )
   UPDATE instalments i SET paid_principal_fen = i.paid_principal_fen + part.principal_fen, paid_interest_fen = i.paid_interest_fen + part.interest_fen,
     paid_at = CASE WHEN i.paid_principal_fen + part.principal_fen = i.principal_fen AND i.paid_interest_fen + part.interest_fen = i.interest_fen THEN $6::timestamptz ELSE NULL END
   FROM part WHERE i.loan_id = $2 AND i.number = part.instalment`,
);
const CREDIT = statement(
  'loans-credit',
  `UPDATE loans SET credit_fen = credit_fen + $2, updated_at = $3,
     state = CASE WHEN EXISTS (SELECT 1 FROM instalments WHERE loan_id = $1 AND paid_at IS NULL) THEN 'ACTIVE' ELSE 'SETTLED' END WHERE id = $1`,
);

export async function insertLoan(
  tx: Tx,
  loan: Pick<
    LoanRow,
    'id' | 'customer_id' | 'application_id' | 'principal_fen' | 'annual_rate' | 'term_months' | 'method' | 'start_on'
  > & { readonly dayCount: string; readonly now: Date },
): Promise<number | undefined> {
  const [row] = await tx.query<{ number: number }>(INSERT, [
    loan.id,
    loan.customer_id,
    loan.application_id,
    loan.principal_fen,
    loan.annual_rate,
    loan.term_months,
    loan.method,
    loan.dayCount,
    loan.start_on,
    loan.now,
  ]);
  return row?.number;
}

export async function insertInstalments(
  tx: Tx,
  loanId: string,
  plan: readonly {
    readonly number: number;
    readonly dueOn: string;
    readonly principalFen: bigint;
    readonly interestFen: bigint;
  }[],
): Promise<void> {
  await tx.query(INSTALMENTS, [
    loanId,
    plan.map((one) => one.number),
    plan.map((one) => one.dueOn),
    plan.map((one) => one.principalFen),
    plan.map((one) => one.interestFen),
  ]);
}

export async function loanOfApplication(tx: Tx, applicationId: string): Promise<LoanRow | undefined> {
  return (await tx.query<LoanRow>(BY_APPLICATION, [applicationId]))[0];
}

/** Finds by uuid or L-number (L0456). */
export async function loanByRef(tx: Tx, ref: string): Promise<LoanRow | undefined> {
  const number = /^[Ll](\d{1,9})$/.exec(ref)?.[1];
  if (number !== undefined) return (await tx.query<LoanRow>(BY_NUMBER, [Number(number)]))[0];
  return /^[0-9a-f-]{36}$/.test(ref) ? (await tx.query<LoanRow>(FIND, [ref]))[0] : undefined;
}

export async function lockLoan(tx: Tx, id: string): Promise<LoanRow | undefined> {
  return (await tx.query<LoanRow>(LOCK, [id]))[0];
}

export async function loansOfCustomer(tx: Tx, customerId: string): Promise<readonly LoanRow[]> {
  return tx.query<LoanRow>(OF_CUSTOMER, [customerId]);
}

export async function instalmentsOf(tx: Tx, loanId: string): Promise<readonly InstalmentRow[]> {
  return tx.query<InstalmentRow>(PLAN, [loanId]);
}

export async function findPayment(tx: Tx, externalId: string): Promise<PaymentRow | undefined> {
  return (await tx.query<PaymentRow>(PAYMENT, [externalId]))[0];
}

/** Records a payment; `false` when its external id is already there. */
export async function insertPayment(
  tx: Tx,
  payment: PaymentRow & { readonly recordedBy: string; readonly now: Date },
): Promise<boolean> {
  return (
    (
      await tx.query(ADD_PAYMENT, [
        payment.id,
        payment.loan_id,
        payment.external_id,
        payment.amount_fen,
        payment.paid_at,
        payment.recordedBy,
        payment.now,
      ])
    ).length > 0
  );
}

export interface AllocationPart {
  readonly instalment: number;
  readonly principalFen: bigint;
  readonly interestFen: bigint;
}

/** Writes what a payment pays; an instalment that is fully paid gets its instant. */
export async function writeAllocation(
  tx: Tx,
  payment: { readonly id: string; readonly loanId: string; readonly paidAt: Date },
  parts: readonly AllocationPart[],
): Promise<void> {
  if (parts.length === 0) return;
  await tx.query(ALLOCATE, [
    payment.id,
    payment.loanId,
    parts.map((part) => part.instalment),
    parts.map((part) => part.principalFen),
    parts.map((part) => part.interestFen),
    payment.paidAt,
  ]);
}

/** Adds what is left over as credit balance (溢缴款) and settles the loan when nothing is open. */
export async function addCredit(tx: Tx, loanId: string, creditFen: bigint, now: Date): Promise<void> {
  await tx.query(CREDIT, [loanId, creditFen, now]);
}
