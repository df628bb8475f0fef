/** Queries of loans and their instalments. */
import { isUuid } from '../../lib/ids.ts';
import { statement, type Tx } from '../../db/database.ts';

/** A loan as it stands; `credit_fen` was paid and pays no instalment yet (溢缴款). */
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

/** What falls due on a day and what of it is paid; `paid_at` once nothing of it is open. */
export interface InstalmentRow {
  readonly number: number;
  readonly due_on: string;
  readonly principal_fen: bigint;
  readonly interest_fen: bigint;
  readonly paid_principal_fen: bigint;
  readonly paid_interest_fen: bigint;
  readonly paid_at: Date | null;
}

const COLUMNS =
  'id, number, customer_id, application_id, principal_fen, annual_rate, term_months, method, start_on, state, credit_fen';
const INSERT = statement(
  'loans-insert',
  `INSERT INTO loans (id, customer_id, application_id, principal_fen, annual_rate, term_months, method, day_count, start_on, reminder_version_id, state, created_at, updated_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'ACTIVE', $11, $11) ON CONFLICT (application_id) DO NOTHING RETURNING number`,
);
const INSTALMENTS = statement(
  'instalments-insert',
  `INSERT INTO instalments (loan_id, number, due_on, principal_fen, interest_fen, paid_at)
   SELECT $1, *, CASE WHEN principal_fen + interest_fen = 0 THEN $6::timestamptz END FROM unnest($2::int[], $3::date[], $4::bigint[], $5::bigint[]) AS row (number, due_on, principal_fen, interest_fen)`,
);
const BY_APPLICATION = statement('loans-by-application', `SELECT ${COLUMNS} FROM loans WHERE application_id = $1`);
const FIND = statement('loans-find', `SELECT ${COLUMNS} FROM loans WHERE id = $1`);
const BY_NUMBER = statement('loans-by-number', `SELECT ${COLUMNS} FROM loans WHERE number = $1`);
const LOCK = statement('loans-lock', `SELECT ${COLUMNS} FROM loans WHERE id = $1 FOR NO KEY UPDATE`);
const OF_CUSTOMER = statement(
  'loans-of-customer',
  `SELECT ${COLUMNS} FROM loans WHERE customer_id = $1 ORDER BY number`,
);
const OWES_ELSEWHERE = statement(
  'loans-owes-elsewhere',
  'SELECT EXISTS (SELECT FROM instalments JOIN loans l ON l.id = loan_id WHERE l.customer_id = $1 AND l.id <> $2 AND paid_at IS NULL AND due_on <= $3) AS owes',
);
const PLAN = statement(
  'instalments-of',
  'SELECT number, due_on, principal_fen, interest_fen, paid_principal_fen, paid_interest_fen, paid_at FROM instalments WHERE loan_id = $1 ORDER BY number',
);

/** Adds an active loan; its number (L0456 without the letter), or `undefined` when its application has one already. */
export async function insertLoan(
  tx: Tx,
  loan: Pick<
    LoanRow,
    'id' | 'customer_id' | 'application_id' | 'principal_fen' | 'annual_rate' | 'term_months' | 'method' | 'start_on'
  > & { readonly dayCount: string; readonly reminderVersion: string; readonly now: Date },
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
    loan.reminderVersion,
    loan.now,
  ]);
  return row?.number;
}

/** Writes a loan’s plan. Of it only the instalments that owe nothing (interest only, at 0 %) are paid, from the start. */
export async function insertInstalments(
  tx: Tx,
  loanId: string,
  plan: readonly {
    readonly number: number;
    readonly dueOn: string;
    readonly principalFen: bigint;
    readonly interestFen: bigint;
  }[],
  now: Date,
): Promise<void> {
  await tx.query(INSTALMENTS, [
    loanId,
    plan.map((one) => one.number),
    plan.map((one) => one.dueOn),
    plan.map((one) => one.principalFen),
    plan.map((one) => one.interestFen),
    now,
  ]);
}

/** The loan that was made of this application. */
export async function loanOfApplication(tx: Tx, applicationId: string): Promise<LoanRow | undefined> {
  return (await tx.query<LoanRow>(BY_APPLICATION, [applicationId]))[0];
}

/** Finds by uuid or L-number (L0456). */
export async function loanByRef(tx: Tx, ref: string): Promise<LoanRow | undefined> {
  const number = /^[Ll](\d{1,9})$/.exec(ref)?.[1];
  if (number !== undefined) return (await tx.query<LoanRow>(BY_NUMBER, [Number(number)]))[0];
  return isUuid(ref) ? (await tx.query<LoanRow>(FIND, [ref]))[0] : undefined;
}

/** The loan with this id, locked; instalments and payments are written under this lock. */
export async function lockLoan(tx: Tx, id: string): Promise<LoanRow | undefined> {
  return (await tx.query<LoanRow>(LOCK, [id]))[0];
}

/** Whether something of another loan of this customer is due by this day, and open. */
export async function owesElsewhere(tx: Tx, loan: LoanRow, by: string): Promise<boolean> {
  const [row] = await tx.query<{ owes: boolean }>(OWES_ELSEWHERE, [loan.customer_id, loan.id, by]);
  return row?.owes === true;
}

/** His loans, the settled ones among them, the oldest first. */
export async function loansOfCustomer(tx: Tx, customerId: string): Promise<readonly LoanRow[]> {
  return tx.query<LoanRow>(OF_CUSTOMER, [customerId]);
}

/** A loan’s plan in its order. */
export async function instalmentsOf(tx: Tx, loanId: string): Promise<readonly InstalmentRow[]> {
  return tx.query<InstalmentRow>(PLAN, [loanId]);
}
