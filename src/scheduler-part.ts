/** What a process of role `scheduler` does: timers, reminders, the seal of the audit log, tidying. */
import type { Base } from './base.ts';
import { anchorAudit } from './core/audit/anchor.ts';
import { sealAudit } from './core/audit/seal.ts';
import { reminderSchedules } from './domain/reminders/index.ts';
import { remindOfEarlier } from './domain/todos/index.ts';
import { forgetDeliveries } from './inbox/receive.ts';
import { businessNow, ensurePartitions } from './jobs/clock.ts';
import type { Caution } from './jobs/caution.ts';
import type { Crew } from './jobs/crew.ts';
import { timerHandlers } from './jobs/timer-handlers.ts';
import { ReminderJob } from './jobs/reminders.ts';
import { fireNext } from './jobs/timers.ts';
import type { Wake } from './jobs/wake.ts';

/** What the work is done with, and by whom. */
export interface SchedulerParts {
  readonly base: Base;
  readonly wake: Wake;
  readonly crew: Crew;
  readonly caution: Caution;
}

/** Gives a process's crew the work of a scheduler. */
export function addScheduler({ base, wake, crew, caution }: SchedulerParts): void {
  const { database, log } = base;
  crew.loop('timers', ['timers', 'clock'], async () => {
    const fired = await fireNext({ ...base.unit, handlers: timerHandlers(base.services), caution, log });
    if (fired > 0) {
      wake.signal('inbox');
      wake.signal('outbox');
    }
    return fired;
  });
  const schedules = reminderSchedules(base.flows);
  const reminders = new ReminderJob({ database, schedules: () => schedules.known(), log });
  crew.loop('reminders', ['clock'], async () => remind(reminders, wake), { concurrency: 2 }); // nine o'clock: everybody is due at once
  keepAuditLog(base, crew);
  crew.every(3_600_000, async () => {
    const now = await businessNow(database);
    await ensurePartitions(database, now);
    await forgetDeliveries(database);
    await database.transaction(async (tx) => remindOfEarlier(tx, now));
  });
}

async function remind(job: ReminderJob, wake: Wake): Promise<number> {
  const run = await job.run();
  if (run.enqueued > 0) wake.signal('outbox');
  return run.looked_at;
}

function keepAuditLog({ database, keys, anchors }: Base, crew: Crew): void {
  crew.loop('seal', [], async () => sealAudit(database, keys));
  const anchor = async (): Promise<boolean> => anchorAudit(database, keys, anchors, await businessNow(database));
  crew.every(60_000, anchor);
  // What is done in the last minute can be cut off unseen until an anchor names it.
  crew.atLast(async () => {
    await sealAudit(database, keys)
      .then(anchor)
      .catch(() => false); // a database that is gone must not keep us from leaving
  });
}
