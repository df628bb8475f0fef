/** Loans whose reminders are due on a day in March 2027, beside the shipped version of their flow; each test begins without any. */
import { beforeAll, beforeEach } from 'vitest';
import { reminderSchedules, runDueReminders } from '../../src/domain/reminders/index.ts';
import { ACCOUNTS, useCompany, type Company } from '../invariants/support/company.ts';

export const FLOW = 'repayment-reminder';
/** 10:30 in the morning of the 20th for everybody here. */
export const NOW = new Date('2027-03-20T02:30:00Z');

interface Borrowing {
  /** Due dates of what is open. */
  readonly dueOn: readonly string[];
  /** The next look at it, in company time; absent for none. */
  readonly next?: readonly [at: string, instalment: number, stage: string];
  /** Stages that were sent, e.g. `1:dueDay`. */
  readonly sent?: readonly string[];
  readonly version?: string;
}

export interface ReminderDesk {
  readonly company: Company;
  /** The hash of the shipped version of the flow. */
  readonly shipped: string;
  /** A customer on Telegram with a loan. What nothing reads here (application, key) is left out. No spread: its id ends in 3. */
  readonly borrow: (number: number, borrowing: Borrowing) => Promise<string>;
  /** The next look at a loan, and the number of the version it has. */
  readonly planOf: (loan: string) => Promise<string>;
  readonly outcomes: () => Promise<readonly string[]>;
  /** The scheduler at an instant of company time, until nothing is due; what it has put into the outbox. */
  readonly remindAt: (time: string) => Promise<readonly string[]>;
}

/** Call once at the top of a test file. */
export function useReminderDesk(): ReminderDesk {
  const company = useCompany();
  let shipped = '';

  beforeAll(async () => {
    const { rows } = await company.db.pool.query<{ id: string }>(
      `SELECT id FROM flow_versions WHERE name = $1 AND state = 'LIVE'`,
      [FLOW],
    );
    shipped = rows[0]?.id ?? '';
    await company.advanceTo(NOW);
  });
  beforeEach(async () => {
    await clear(company, shipped);
  });

  return {
    company,
    get shipped() {
      return shipped;
    },
    borrow: async (number, borrowing) => borrow(company, number, { version: shipped, ...borrowing }),
    planOf: async (loan) => planOf(company, loan),
    outcomes: async () => outcomes(company),
    remindAt: async (time) => remindAt(company, time),
  };
}

async function clear(company: Company, shipped: string): Promise<void> {
  const client = await company.db.pool.connect();
  await client.query('SET session_replication_role = replica');
  await client.query(
    'TRUNCATE customers, identities, loans, instalments, reminder_outcomes, outbox, outbox_keys, todos CASCADE',
  );
  await client.query(`DELETE FROM flow_versions WHERE name = $1 AND id <> $2`, [FLOW, shipped]);
  await client.query(`UPDATE flow_versions SET state = 'LIVE' WHERE id = $1`, [shipped]);
  await client.query('SET session_replication_role = DEFAULT');
  client.release();
  await company.base.flows.refresh(company.base.database);
}

async function borrow(
  company: Company,
  number: number,
  { dueOn, next, sent = [], version }: Borrowing,
): Promise<string> {
  const id = (kind: number): string => `${String(number).padStart(8, '0')}-0000-7000-8000-00000000000${kind}`;
  const client = await company.db.pool.connect();
  try {
    await client.query('SET session_replication_role = replica');
    await client.query(
      `INSERT INTO customers (id, number, data_key, name_masked, created_at, updated_at) VALUES ($1, $2, $2, '何**', $3, $3)`,
      [id(1), number, NOW],
    );
    await client.query(
      `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES ($1, $2, $3, $4, true, $5, $5)`,
      [id(2), ACCOUNTS.telegram, String(number), id(1), NOW],
    );
    await client.query(
      `INSERT INTO loans (id, number, customer_id, application_id, principal_fen, annual_rate, term_months, method, day_count, start_on, state, reminder_version_id, next_reminder_at, next_instalment, next_stage, created_at, updated_at)
       VALUES ($1, $2, $3, $1, 10000000, 0.06, 12, 'EQUAL_INSTALMENT', '30/360', '2027-02-20', 'ACTIVE', $4, $5::timestamp AT TIME ZONE 'Asia/Shanghai', $6, $7, $8, $8)`,
      [id(3), number, id(1), version, next?.[0] ?? null, next?.[1] ?? null, next?.[2] ?? null, NOW],
    );
    await client.query(
      `INSERT INTO instalments (loan_id, number, due_on, principal_fen, interest_fen) SELECT $1, ordinality, due_on, 400000, 49877 FROM unnest($2::date[]) WITH ORDINALITY AS due (due_on, ordinality)`,
      [id(3), dueOn],
    );
    await client.query(
      `INSERT INTO outbox_keys (key, outbox_id, at) SELECT 'remind:' || $1::uuid || ':' || stage, nextval('outbox_id_seq'), $3 FROM unnest($2::text[]) AS stage`,
      [id(3), sent, NOW],
    );
    await client.query('SET session_replication_role = DEFAULT');
    return id(3);
  } finally {
    client.release();
  }
}

async function planOf(company: Company, loan: string): Promise<string> {
  const { rows } = await company.db.pool.query<{ plan: string }>(
    `SELECT concat_ws(' ', 'v' || v.number, to_char(l.next_reminder_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI'), l.next_instalment || ':' || l.next_stage) AS plan
     FROM loans l JOIN flow_versions v ON v.id = l.reminder_version_id WHERE l.id = $1`,
    [loan],
  );
  return rows[0]?.plan ?? '';
}

async function outcomes(company: Company): Promise<readonly string[]> {
  const { rows } = await company.db.pool.query<{ line: string }>(
    `SELECT l.number || ' ' || o.instalment || ':' || o.stage || ' ' || o.outcome AS line FROM reminder_outcomes o JOIN loans l ON l.id = o.loan_id ORDER BY 1`,
  );
  return rows.map(({ line }) => line);
}

async function remindAt(company: Company, time: string): Promise<readonly string[]> {
  const { base } = company;
  const now = new Date(`${time}:00+08:00`);
  const { rows: before } = await company.db.pool.query<{ id: string }>('SELECT coalesce(max(id), 0) AS id FROM outbox');
  for (let lookedAt = 1; lookedAt > 0;) {
    const run = await base.database.transaction(async (tx) =>
      runDueReminders(tx, reminderSchedules(base.flows).known(), { now, limit: 500, traceId: 'test' }),
    );
    lookedAt = run.looked_at;
  }
  const { rows } = await company.db.pool.query<{ line: string }>(
    `SELECT l.number || ' ' || o.reference AS line FROM outbox o JOIN loans l ON l.id = o.subject_id::uuid WHERE o.id > $1 ORDER BY 1`,
    [before[0]?.id],
  );
  return rows.map(({ line }) => line);
}
