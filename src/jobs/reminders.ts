/**
 * Planning due reminders, many loans in one statement. A loan that cannot be planned fails all it is taken with: then fewer are
 * taken, until it stands alone; it is left out for an hour, with an incident, and the others are reminded.
 */
import { readTimes } from '../core/unit/unit.ts';
import { statement, type Database, type Tx } from '../db/database.ts';
import { isBlameless } from '../db/faults.ts';
import { dueLoans, remindOf, type ReminderRun, type ReminderSchedule } from '../domain/reminders/index.ts';
import { errorText } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { hit } from '../lib/kill-points.ts';
import type { Log } from '../lib/log.ts';

/** What a run uses; `schedules` gives the versions this process knows. */
export interface ReminderJobDeps {
  readonly database: Database;
  readonly schedules: () => readonly ReminderSchedule[];
  readonly log: Log;
}

// One while it is open, however often it is tried again.
const STUCK = statement(
  'reminders-stuck',
  `INSERT INTO incidents (id, kind, subject_kind, subject_id, detail, opened_at)
   SELECT $1, 'reminder.stuck', 'loan', $2, '{}', $3
   WHERE NOT EXISTS (SELECT 1 FROM incidents WHERE kind = 'reminder.stuck' AND subject_id = $2 AND resolved_at IS NULL)`,
);

const MOST = 500;
const ASIDE_MS = 3_600_000;

/** One process's runs over due loans. */
export class ReminderJob {
  readonly #deps: ReminderJobDeps;
  #limit = MOST;
  /** Loans that could not be planned, with the instant (business time) at which they are tried again. */
  readonly #aside = new Map<string, number>();

  constructor(deps: ReminderJobDeps) {
    this.#deps = deps;
  }

  /** Plans what is due; how many loans were dealt with, and how many messages are to be sent. */
  async run(): Promise<Pick<ReminderRun, 'looked_at' | 'enqueued'>> {
    let taken: readonly string[] = [];
    try {
      const run = await this.#deps.database.transaction(async (tx) => {
        const { now } = await readTimes(tx);
        const schedules = this.#deps.schedules();
        taken = await dueLoans(tx, schedules, { now, limit: this.#limit, except: this.#leftOut(now) });
        const planned = await remindOf(tx, taken, schedules, { now, traceId: newId() });
        if (planned.looked_at > 0) hit('reminders.planned');
        return planned;
      });
      if (run.looked_at > 0) hit('reminders.committed');
      this.#limit = Math.min(MOST, this.#limit * 2);
      return run;
    } catch (error) {
      if (taken.length === 0 || isBlameless(error)) throw error;
      return this.#fewer(taken, error);
    }
  }

  async #fewer(taken: readonly string[], error: unknown): Promise<Pick<ReminderRun, 'looked_at' | 'enqueued'>> {
    const [loanId = ''] = taken;
    this.#deps.log.error({ event: 'reminders.failed', loans: taken.length, loanId, error: errorText(error) });
    this.#limit = Math.ceil(taken.length / 2);
    if (taken.length === 1) await this.#deps.database.transaction(async (tx) => this.#leaveOut(tx, loanId));
    return { looked_at: taken.length, enqueued: 0 };
  }

  async #leaveOut(tx: Tx, loanId: string): Promise<void> {
    const { now } = await readTimes(tx);
    await tx.query(STUCK, [newId(), loanId, now]);
    this.#aside.set(loanId, now.getTime() + ASIDE_MS);
  }

  #leftOut(now: Date): readonly string[] {
    for (const [loan, until] of this.#aside) if (until <= now.getTime()) this.#aside.delete(loan);
    return [...this.#aside.keys()];
  }
}
