/** What a process of role `scheduler` does: timers, reminders, the seal of the audit log, tidying. */
import type { Base } from './base.ts';
import { anchorAudit } from './core/audit/anchor.ts';
import { sealAudit } from './core/audit/seal.ts';
import { readTimes } from './core/unit/unit.ts';
import { reminderSchedules, runDueReminders } from './domain/reminders/index.ts';
import { forgetDeliveries } from './inbox/receive.ts';
import { businessNow, ensurePartitions } from './jobs/clock.ts';
import type { Crew } from './jobs/crew.ts';
import { timerHandlers } from './jobs/timer-handlers.ts';
import { fireNext } from './jobs/timers.ts';
import type { Wake } from './jobs/wake.ts';
import { newId } from './lib/ids.ts';
import { hit } from './lib/kill-points.ts';

/** What the work is done with, and by whom. */
export interface SchedulerParts {
  readonly base: Base;
  readonly wake: Wake;
  readonly crew: Crew;
}

/** Gives a process's crew the work of a scheduler. */
export function addScheduler({ base, wake, crew }: SchedulerParts): void {
  const { database, log } = base;
  crew.loop('timers', ['timers', 'clock'], async () => {
    const fired = await fireNext({ ...base.unit, handlers: timerHandlers(base.services), log });
    if (fired > 0) {
      wake.signal('inbox');
      wake.signal('outbox');
    }
    return fired;
  });
  crew.loop('reminders', ['clock'], async () => remind(base, wake), { concurrency: 2 }); // nine o'clock: everybody is due at once
  keepAuditLog(base, crew);
  crew.every(3_600_000, async () => {
    await ensurePartitions(database, await businessNow(database));
    await forgetDeliveries(database);
  });
}

async function remind({ database, flows }: Base, wake: Wake): Promise<number> {
  const schedules = reminderSchedules(flows);
  const run = await database.transaction(async (tx) => {
    const planned = await runDueReminders(tx, schedules.known(), {
      now: (await readTimes(tx)).now,
      limit: 500,
      traceId: newId(),
    });
    if (planned.looked_at > 0) hit('reminders.planned');
    return planned;
  });
  if (run.looked_at > 0) hit('reminders.committed');
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
