/**
 * Moving business time forward (sandbox only): step through every due instant and drain at each, so that a month moved
 * at once does what a month lived through would have done.
 */
import { statement, type Database } from '../db/database.ts';
import { AppError, commonErrors } from '../lib/errors.ts';
import type { Crew } from './crew.ts';

const NEXT_DUE = statement(
  'clock-next-due',
  `SELECT min(due_at) AS due_at FROM (
     SELECT min(due_at) AS due_at FROM timers WHERE state = 'OPEN' AND due_at > $1 AND due_at <= $2
     UNION ALL
     SELECT min(next_reminder_at) FROM loans WHERE next_reminder_at > $1 AND next_reminder_at <= $2
     UNION ALL -- what the pace or a platform has put off
     SELECT min(due_at) FROM outbox WHERE state = 'PENDING' AND due_at > $1 AND due_at <= $2
       AND account <> ALL (ARRAY(SELECT account FROM channel_states WHERE broken_until > $1))
     UNION ALL -- when an account that refuses us is tried again
     SELECT min(broken_until) FROM channel_states WHERE broken_until > $1 AND broken_until <= $2
   ) AS due`,
);
const MOVE = statement(
  'clock-move',
  `UPDATE business_clock SET offset_ms = greatest(offset_ms, ceil(extract(epoch FROM ($1::timestamptz - clock_timestamp())) * 1000)::bigint)`,
);
const NEXT_EVENT = statement(
  'clock-next-event',
  `(SELECT due_at, kind AS what FROM timers WHERE state = 'OPEN' AND due_at > business_now() ORDER BY due_at LIMIT 1)
   UNION ALL (SELECT next_reminder_at, 'reminder' FROM loans WHERE next_reminder_at > business_now() ORDER BY next_reminder_at LIMIT 1)
   UNION ALL (SELECT due_at, 'outbox' FROM outbox WHERE state = 'PENDING' AND due_at > business_now() ORDER BY due_at LIMIT 1)
   ORDER BY due_at LIMIT 1`,
);
const BUSY = statement(
  'clock-busy',
  `SELECT EXISTS (SELECT 1 FROM inbox WHERE state = 'NEW') OR EXISTS (SELECT 1 FROM outbox o WHERE state IN ('PENDING', 'LEASED') AND due_at <= business_now() AND lane <> 'INTERACTIVE'
       AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.account = o.account AND p.chat = o.chat AND p.id < o.id AND p.state = 'PENDING' AND p.due_at > business_now())
       AND (o.state = 'LEASED' OR NOT EXISTS (SELECT 1 FROM channel_states s WHERE s.account = o.account AND s.broken_until > business_now())))
     OR EXISTS (SELECT 1 FROM timers WHERE state = 'OPEN' AND due_at <= business_now()) OR EXISTS (SELECT 1 FROM loans WHERE next_reminder_at <= business_now()) AS busy`,
);
const LOOK_AGAIN_MS = 5;
const MONTHS_AHEAD = 2;
const MAX_STEPS = 20_000;

/** What moving the clock steps through: business time, everything due on the way, the look-alikes. */
export interface ClockDeps {
  readonly database: Database;
  /** Runs everything that is due until nothing is left. */
  readonly drain: () => Promise<void>;
  /** Moves the look-alikes' clocks. */
  readonly setPlatformTime: (now: Date) => Promise<void>;
}

/** Business time now. */
export async function businessNow(database: Database): Promise<Date> {
  const [row] = await database.query<{ now: Date }>('SELECT business_now() AS now');
  if (!row) throw new Error('no business clock');
  return row.now;
}

/** The next instant at which something falls due, and what: the kind of its timer, `reminder` or `outbox`. */
export async function nextDue(database: Database): Promise<{ readonly at: Date; readonly what: string } | undefined> {
  const [row] = await database.query<{ due_at: Date; what: string }>(NEXT_EVENT);
  return row && { at: row.due_at, what: row.what };
}

/**
 * Resolves when everything that is due has happened. What waits in a chat behind a message of a later instant is not due, nor
 * is what waits for an account that refuses us.
 */
export async function drained(database: Database, crew: Crew): Promise<void> {
  for (let quiet = 0; quiet < 2;) {
    await crew.settled();
    const [row] = await database.query<{ busy: boolean }>(BUSY);
    if (row?.busy === true) {
      quiet = 0;
      crew.wake();
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    } else quiet += 1;
  }
}

/** Makes the monthly partitions for this and the next months. */
export async function ensurePartitions(database: Database, now: Date): Promise<void> {
  for (let month = 0; month <= MONTHS_AHEAD; month += 1) {
    await database.query('SELECT ensure_partitions($1)', [
      new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + month, 1)),
    ]);
  }
}

/** Moves business time to `target`. @throws AppError state.conflict when it lies in the past. */
export async function moveClock(deps: ClockDeps, target: Date): Promise<Date> {
  let at = await businessNow(deps.database);
  if (target.getTime() < at.getTime() - 1_000)
    throw new AppError(commonErrors['state.conflict'], { params: { what: 'clock' } });
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const [row] = await deps.database.query<{ due_at: Date | null }>(NEXT_DUE, [at, target]);
    const next = row?.due_at ?? target;
    await ensurePartitions(deps.database, next);
    await deps.database.query(MOVE, [next]);
    await deps.setPlatformTime(next);
    await deps.drain();
    at = next;
    if (!row?.due_at) break;
  }
  return businessNow(deps.database);
}
