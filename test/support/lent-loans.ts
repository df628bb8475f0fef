/** Loans as they stand in the books, without the approval that led to them. */
import type { Company } from '../invariants/support/company.ts';

/** An instalment of a test's loan; money in fen. */
export interface LentRow {
  /** Days from today. */
  readonly due: number;
  readonly principal: number;
  readonly interest: number;
}

/** So many instalments of 1,050.00, thirty days apart. */
export function monthly(count: number, first: number): readonly LentRow[] {
  return Array.from({ length: count }, (_, index) => ({
    due: first + 30 * index,
    principal: 100_000,
    interest: 5_000,
  }));
}

/** The id of a running loan with this plan; no reminder is planned yet. What no test reads of it (lead, product, approval) is left out. */
export async function insertLoan(
  { db, base }: Company,
  {
    number,
    customerId,
    plan,
  }: { readonly number: number; readonly customerId: string; readonly plan: readonly LentRow[] },
): Promise<string> {
  const client = await db.pool.connect();
  try {
    await client.query('SET session_replication_role = replica');
    const { rows } = await client.query<{ id: string }>(
      `WITH application AS (
         INSERT INTO applications (id, customer_id, lead_id, product_id, amount_fen, term_months, method, annual_rate, state, submitted_by, submitted_at, updated_at)
         VALUES (gen_random_uuid(), $2, gen_random_uuid(), gen_random_uuid(), $3::bigint, $4::int, 'EQUAL_INSTALMENT', 0.06, 'APPROVED', gen_random_uuid(), now(), now()) RETURNING *
       )
       INSERT INTO loans (id, number, customer_id, application_id, principal_fen, annual_rate, term_months, method, day_count, start_on, state, reminder_version_id, created_at, updated_at)
       SELECT gen_random_uuid(), $1, customer_id, id, amount_fen, annual_rate, term_months, method, '30/360', business_now()::date, 'ACTIVE', $5, now(), now() FROM application RETURNING id`,
      [
        number,
        customerId,
        plan.reduce((sum, { principal }) => sum + principal, 1),
        plan.length,
        base.flows.schedule('repayment-reminder').version,
      ],
    );
    const id = rows[0]?.id ?? '';
    await client.query(
      `INSERT INTO instalments (loan_id, number, due_on, principal_fen, interest_fen)
       SELECT $1, number, (business_now() AT TIME ZONE 'Asia/Shanghai')::date + due, principal, interest FROM unnest($2::int[], $3::bigint[], $4::bigint[]) WITH ORDINALITY AS row (due, principal, interest, number)`,
      [id, plan.map(({ due }) => due), plan.map(({ principal }) => principal), plan.map(({ interest }) => interest)],
    );
    await client.query('SET session_replication_role = DEFAULT');
    return id;
  } finally {
    client.release();
  }
}
