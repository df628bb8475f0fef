/**
 * `remind`: planning and enqueuing the reminders of loans with an instalment due today, as the scheduler does it, beside a
 * plain INSERT … SELECT of the very same rows into the same tables; and what a tick costs when nothing is due.
 */
import { Client } from 'pg';
import { Database } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { runDueReminders, type ReminderSchedule } from '../../src/domain/reminders/index.ts';
import { startBenchCluster } from './support/cluster.ts';
import { goal, median, report, round, spread, type BenchOptions, type BenchReport } from './support/report.ts';

const DUE = 100_000;
const IDLE = 1_000_000;
const ROUNDS = 3;
const TICKS = 50;
/** Loans of one transaction and loops side by side, as the scheduler has them. */
const BATCH = 500;
const LOOPS = 2;
const NOW = new Date('2026-11-20T02:30:00Z');

/** As `flows/repayment-reminder.yaml` has it. */
const LIVE: ReminderSchedule = {
  version: 'a'.repeat(64),
  hours: { from: 540, until: 1_140 },
  stages: [
    { name: 'threeDaysBefore', day: -3, minute: 600, spread: 50, text: {} },
    { name: 'dayBefore', day: -1, minute: 600, spread: 50, text: {} },
    { name: 'dueDay', day: 0, minute: 540, spread: 50, text: {} },
    { name: 'dayAfter', day: 1, minute: 600, spread: 50, text: {} },
  ],
};
/** Half of the loans were made before the present version went live. */
const SCHEDULES: readonly ReminderSchedule[] = [{ ...LIVE, version: 'b'.repeat(64) }, LIVE];

/** Runs it. */
export async function benchRemind({ scale, say }: BenchOptions): Promise<BenchReport> {
  const [due, idle] = [Math.round(DUE * scale), Math.round(IDLE * scale)];
  const cluster = await startBenchCluster();
  const url = await cluster.create('bench_remind');
  await migrate(url);
  const admin = new Client({ connectionString: url });
  await admin.connect();
  const database = new Database(url, { max: 2 });
  try {
    await admin.query('SELECT ensure_partitions($1)', [NOW]);
    await generate(admin, due, { dueOn: '2026-11-20', at: '2026-11-20T01:00:00Z' });
    const runs = [];
    for (let number = 1; number <= ROUNDS; number += 1) {
      if (number > 1) await rewind(admin);
      const ours = await runAll(database);
      const again = await runAll(database);
      const copy = await copyInsert(admin);
      const plain = await plainInsert(admin);
      say(
        `remind ${number}/${ROUNDS}: ${ours.enqueued} enqueued in ${Math.round(ours.ms)} ms, again ${again.enqueued}, plain INSERT … SELECT ${Math.round(plain)} ms, from a copy ${Math.round(copy)} ms`,
      );
      runs.push({ ours, again, plain, copy });
    }
    await admin.query('TRUNCATE outbox, outbox_keys');
    await generate(admin, idle, { dueOn: '2027-06-20', at: '2027-06-17T01:00:00Z' });
    const tick = await idleTick(database, admin);
    const ratio = round(median(runs.map(({ ours, plain }) => ours.ms / plain)));
    return report({
      bench: 'remind',
      what: `${due} loans of two versions of the schedule with an instalment due today, planned and enqueued in batches of ${BATCH} until none is left, a second run, and the same rows written by one plain INSERT … SELECT over the same tables (stages, advance and repeatability left out); then ${idle} loans of which none is due. Medians of ${ROUNDS} rounds.`,
      figures: {
        enqueuedPerRun: runs.map(({ ours }) => ours.enqueued),
        enqueuedBySecondRun: runs.map(({ again }) => again.enqueued),
        planAndEnqueueMs: spread(runs.map(({ ours }) => ours.ms)),
        remindersPerSecond: spread(runs.map(({ ours }) => (ours.enqueued / ours.ms) * 1000)),
        plainInsertMs: spread(runs.map(({ plain }) => plain)),
        insertFromCopyMs: spread(runs.map(({ copy }) => copy)),
        idleTickMs: { p50: round(median(tick.ms), 3), max: round(Math.max(...tick.ms), 3) },
        idleTickScans: tick.scans,
      },
      ratios: {
        'plan and enqueue / plain INSERT … SELECT': ratio,
        'plan and enqueue / the rows written again from a copy': round(
          median(runs.map(({ ours, copy }) => ours.ms / copy)),
        ),
      },
      goals: [
        goal('against a plain INSERT … SELECT', '<= 3', ratio),
        goal('loans reminded', `>= ${due}`, Math.min(...runs.map(({ ours }) => ours.enqueued))),
        goal('reminders of a second run', '<= 0', Math.max(...runs.map(({ again }) => again.enqueued))),
        goal('index probes of an idle tick', '<= 1', tick.scans.length),
        goal('rows an idle tick reads', '<= 0', tick.rows),
      ],
    });
  } finally {
    await database.close();
    await admin.end();
    await cluster.stop();
  }
}

/** Loans with one open instalment each. Rows nothing reads here (applications, keys) are left out: foreign keys rest. */
async function generate(
  admin: Client,
  count: number,
  { dueOn, at }: { readonly dueOn: string; readonly at: string },
): Promise<void> {
  await admin.query('SET session_replication_role = replica');
  await admin.query('TRUNCATE customers, identities, loans, instalments CASCADE');
  const id = (kind: number): string =>
    `(lpad(to_hex(n), 8, '0') || '-0000-7000-8000-0000000000' || lpad('${kind}', 2, '0'))::uuid`;
  await admin.query(
    `INSERT INTO customers (id, number, data_key, name_masked, created_at, updated_at) SELECT ${id(1)}, n, n, '何**', $2, $2 FROM generate_series(1, $1::int) AS n`,
    [count, NOW],
  );
  await admin.query(
    `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) SELECT ${id(2)}, 'telegram:4242', n::text, ${id(1)}, true, $2, $2 FROM generate_series(1, $1::int) AS n`,
    [count, NOW],
  );
  await admin.query(
    `INSERT INTO loans (id, number, customer_id, application_id, principal_fen, annual_rate, term_months, method, day_count, start_on, state, reminder_version_id, next_reminder_at, next_instalment, next_stage, created_at, updated_at)
     SELECT ${id(3)}, n, ${id(1)}, ${id(4)}, 10000000, 0.06, 12, 'EQUAL_INSTALMENT', '30/360', '2026-10-20', 'ACTIVE', ($4::text[])[1 + n % 2], $2::timestamptz, 1, 'dueDay', $3, $3 FROM generate_series(1, $1::int) AS n`,
    [count, at, NOW, SCHEDULES.map(({ version }) => version)],
  );
  await admin.query(
    `INSERT INTO instalments (loan_id, number, due_on, principal_fen, interest_fen) SELECT ${id(3)}, k, $2::date + (k - 1) * 30, 833333, 50000 FROM generate_series(1, $1::int) AS n, generate_series(1, 3) AS k`,
    [count, dueOn],
  );
  await admin.query('SET session_replication_role = DEFAULT');
  await admin.query('VACUUM ANALYZE customers, identities, loans, instalments, outbox, outbox_keys');
}

async function rewind(admin: Client): Promise<void> {
  await admin.query('TRUNCATE outbox, outbox_keys, reminder_outcomes');
  await admin.query(
    `UPDATE loans SET next_reminder_at = '2026-11-20T01:00:00Z', next_instalment = 1, next_stage = 'dueDay'`,
  );
  await admin.query('VACUUM ANALYZE loans');
}

/** The scheduler's loops until nothing is due. */
async function runAll(database: Database): Promise<{ readonly enqueued: number; readonly ms: number }> {
  const start = performance.now();
  const enqueued = await Promise.all(Array.from({ length: LOOPS }, async () => runUntilNothingIsDue(database)));
  return { enqueued: enqueued.reduce((sum, count) => sum + count), ms: performance.now() - start };
}

async function runUntilNothingIsDue(database: Database): Promise<number> {
  for (let enqueued = 0; ;) {
    const run = await database.transaction(async (tx) =>
      runDueReminders(tx, SCHEDULES, { now: NOW, limit: BATCH, traceId: 'bench' }),
    );
    if (run.looked_at === 0) return enqueued;
    enqueued += run.enqueued;
  }
}

/**
 * The same rows as one plain INSERT … SELECT over loans, instalments, customers and identities would write them: no stages,
 * nobody overtaken, no loan advanced, nothing that could be run twice or killed half-way.
 */
const PLAIN = `
  WITH due AS MATERIALIZED (
    SELECT nextval('outbox_id_seq') AS outbox_id, l.id, l.customer_id, i.number, p.account, p.external_id
    FROM loans l JOIN instalments i ON i.loan_id = l.id AND i.due_on = '2026-11-20' AND i.paid_at IS NULL JOIN customers c ON c.id = l.customer_id
    JOIN identities p ON p.customer_id = l.customer_id AND p.is_reachable AND p.is_verified
  ), keys AS (
    INSERT INTO outbox_keys (key, outbox_id, at) SELECT 'remind:' || id || ':' || number || ':dueDay', outbox_id, $1 FROM due
  )
  INSERT INTO outbox (id, at, account, chat, lane, kind, purpose, customer_id, subject_kind, subject_id, reference, due_at, trace_id)
  SELECT outbox_id, $1, account, external_id, 'BULK', 'reminder', 'SERVICE', customer_id, 'loan', id, number || ':dueDay', clock_timestamp(), 'bench' FROM due`;

async function plainInsert(admin: Client): Promise<number> {
  await admin.query('TRUNCATE outbox, outbox_keys');
  const start = performance.now();
  await admin.query(PLAIN, [NOW]);
  return performance.now() - start;
}

/** What is in the outbox now, written once more from a copy: nothing but the inserting. */
async function copyInsert(admin: Client): Promise<number> {
  await admin.query(
    'CREATE TEMP TABLE rows_again AS SELECT * FROM outbox; CREATE TEMP TABLE keys_again AS SELECT * FROM outbox_keys; TRUNCATE outbox, outbox_keys',
  );
  const start = performance.now();
  await admin.query(
    'BEGIN; INSERT INTO outbox_keys SELECT * FROM keys_again; INSERT INTO outbox SELECT * FROM rows_again; COMMIT',
  );
  const ms = performance.now() - start;
  await admin.query('DROP TABLE rows_again, keys_again');
  return ms;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Loops'?: number;
  readonly 'Actual Rows'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Times the tick, and has the server say which tables and indexes it touches. */
async function idleTick(
  database: Database,
  admin: Client,
): Promise<{ readonly ms: readonly number[]; readonly scans: readonly string[]; readonly rows: number }> {
  const ms: number[] = [];
  for (let tick = 0; tick < TICKS; tick += 1) {
    const start = performance.now();
    await database.transaction(async (tx) =>
      runDueReminders(tx, SCHEDULES, { now: NOW, limit: BATCH, traceId: 'bench' }),
    );
    ms.push(performance.now() - start);
  }
  const plans: PlanNode[] = [];
  const spy = {
    query: async <R extends object>(
      query: { readonly text: string } | string,
      values: readonly unknown[] = [],
    ): Promise<R[]> => {
      const text = typeof query === 'string' ? query : query.text;
      const { rows } = await admin.query<{ 'QUERY PLAN': [{ readonly Plan: PlanNode }] }>(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
        [...values],
      );
      plans.push(...rows.map((row) => row['QUERY PLAN'][0].Plan));
      return [];
    },
  };
  await admin.query('BEGIN');
  await runDueReminders(spy, SCHEDULES, { now: NOW, limit: BATCH, traceId: 'bench' });
  await admin.query('ROLLBACK');
  const scans = plans
    .flatMap(nodesOf)
    .filter(
      (node) =>
        node['Relation Name'] !== undefined && /Scan/.test(node['Node Type']) && (node['Actual Loops'] ?? 0) > 0,
    );
  return {
    ms,
    scans: scans.map(
      (node) => `${node['Node Type']} on ${node['Relation Name'] ?? ''} by ${node['Index Name'] ?? 'no index'}`,
    ),
    rows: scans.reduce((sum, node) => sum + (node['Actual Rows'] ?? 0), 0),
  };
}

function nodesOf(node: PlanNode): readonly PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}
