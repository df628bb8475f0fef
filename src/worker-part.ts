/** What a process of role `worker` does: turns, sends, files. */
import type { Base } from './base.ts';
import type { Channel } from './channels/channel.ts';
import { createTurnHandler } from './core/runtime/conversation-runtime.ts';
import type { TurnHandler } from './core/runtime/turns.ts';
import { readTimes } from './core/unit/unit.ts';
import { personalValues } from './domain/customers/index.ts';
import { reminderSchedules, renderReminder } from './domain/reminders/index.ts';
import { linkEarlier, wordsOf, writeChange, writeIncoming } from './domain/timeline/index.ts';
import type { Caution } from './jobs/caution.ts';
import type { Crew } from './jobs/crew.ts';
import { InboxJob } from './jobs/inbox.ts';
import { fetchNext, type MediaJobDeps } from './jobs/media.ts';
import { parkMessage } from './jobs/parked.ts';
import { createTroubleHandler } from './jobs/trouble.ts';
import type { Wake } from './jobs/wake.ts';
import { Deliverer } from './outbox/deliver.ts';

/** What the work is done with, and by whom. */
export interface WorkerParts {
  readonly base: Base;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly wake: Wake;
  readonly crew: Crew;
  readonly caution: Caution;
}

/** Gives a process's crew the work of a worker. */
export function addWorker(parts: WorkerParts): void {
  const { base, wake, crew, caution } = parts;
  const deliverer = delivererOf(parts, (inMs) => outbox.wakeIn(inMs));
  crew.atLast(async () => deliverer.idle());
  const inbox = new InboxJob({
    ...base.unit,
    direct: deliverer,
    handle: turnHandler(base),
    park: parkMessage,
    caution,
    log: base.log,
  });
  crew.loop('inbox', ['inbox', 'clock'], async () => inbox.look(), {
    concurrency: 2,
    staggerMs: 40,
    gather: { ms: 5, below: 8 },
  });
  const outbox = crew.loop('outbox', ['outbox', 'clock'], async () => deliverer.run(), {
    concurrency: deliverer.capacity,
    staggerMs: 4,
  });
  const fetching = fetchingOf(parts);
  // A file that is slow to come keeps the others waiting as little as may be; each may be twenty megabytes in memory.
  crew.loop('media', ['media', 'clock'], async () => fetchNext(fetching, false), { concurrency: 4 });
  crew.loop('media.tried', ['clock'], async () => fetchNext(fetching, true)); // one by one: it may have killed a process
  crew.every(10_000, async () => deliverer.beat());
  const wakeFor = (found: number): void => {
    if (found > 0) wake.signal('outbox');
  };
  crew.every(5_000, async () => wakeFor(await deliverer.sweep()));
  crew.every(20_000, async () => wakeFor(await deliverer.reconcile()));
}

function turnHandler({ flows, services, parts, keys }: Base): TurnHandler {
  return createTurnHandler({
    flows,
    texts: services.texts,
    companyZone: services.companyZone,
    gates: parts.gates(services),
    writeIncoming: async (unit, items) => writeIncoming(unit, keys, items),
    writeChange: async (unit, change) => writeChange(unit.tx, keys, unit.now, change),
    wordsOf: async (unit, conversationId, messageId) => wordsOf(unit.tx, keys, conversationId, messageId),
    linkEarlier: async (unit, conversationId, customerId) => linkEarlier(unit.tx, conversationId, customerId),
    personal: personalValues(keys),
  });
}

function delivererOf({ base, channels }: WorkerParts, lookAgain: (inMs: number) => void): Deliverer {
  const { database, keys, services, parts, flows, log } = base;
  return new Deliverer({
    database,
    keys,
    channels,
    gates: parts.gates(services),
    renderers: { reminder: renderReminder(reminderSchedules(flows), services) },
    readFile: async (tx, fileId) => parts.readFile(tx, services, fileId),
    painters: parts.painters,
    times: readTimes,
    followUp: createTroubleHandler(keys),
    lookAgain,
    log,
  });
}

function fetchingOf({ base, channels, wake }: WorkerParts): MediaJobDeps {
  const { database, keys, services, parts, unit, log } = base;
  return {
    database,
    keys,
    channels,
    unit,
    intake: parts.intake(database, services),
    attach: parts.attachFiles,
    wake: (topic) => wake.signal(topic),
    log,
  };
}
