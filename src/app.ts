/** The composition root: builds every part once and wires them. The only file that knows all rooms. */
import type { Server } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { createExpressApp, createHttpServer, type RawHandler } from './api/app.ts';
import { Metrics } from './api/metrics.ts';
import { createReadiness } from './api/readiness.ts';
import { createHttpServerLater, listen } from './api/listen.ts';
import { mountLists } from './api/lists.ts';
import { mountUploadPage } from './api/upload/index.ts';
import { createWebhooks } from './api/webhooks.ts';
import { configuredChannels, openBase, type AppOptions, type Base } from './base.ts';
import type { Channel, Platform } from './channels/channel.ts';
import { createChannels, type ChannelSettings } from './channels/index.ts';
import type { Env } from './config/env.ts';
import { anchorAudit } from './core/audit/anchor.ts';
import { sealAudit } from './core/audit/seal.ts';
import { createTurnHandler } from './core/runtime/conversation-runtime.ts';
import { readTimes } from './core/unit/unit.ts';
import { Lists } from './db/lists.ts';
import { pendingMigrations } from './db/migrate.ts';
import { DatabaseTokenStore } from './db/token-store.ts';
import { seedDemo } from './demo-seed.ts';
import { reminderSchedules, renderReminder, runDueReminders } from './domain/reminders/index.ts';
import { findToken } from './domain/staff/index.ts';
import { personalValues } from './domain/customers/index.ts';
import { linkEarlier, wordsOf, writeChange, writeIncoming } from './domain/timeline/index.ts';
import { forgetDeliveries, Inbox } from './inbox/receive.ts';
import { BEAT_MS, CallbackWatch } from './jobs/callback-gap.ts';
import { businessNow, ensurePartitions, moveClock, nextDue } from './jobs/clock.ts';
import { InboxJob } from './jobs/inbox.ts';
import { Interactive } from './jobs/interactive.ts';
import { listenTo } from './jobs/listen.ts';
import { Loop, type LoopOptions } from './jobs/loop.ts';
import { fetchNext } from './jobs/media.ts';
import { parkMessage } from './jobs/parked.ts';
import { REDIS_LOOK_MS, RedisWatch } from './jobs/redis-watch.ts';
import { timerHandlers } from './jobs/timer-handlers.ts';
import { fireNext } from './jobs/timers.ts';
import { createTroubleHandler } from './jobs/trouble.ts';
import { LocalWake, NotifyWake, type Wake } from './jobs/wake.ts';
import { systemClock } from './lib/clock.ts';
import { openDataDir } from './lib/data-dir.ts';
import { errorText } from './lib/errors.ts';
import { newId } from './lib/ids.ts';
import { armKillPoint, hit } from './lib/kill-points.ts';
import { levelOf } from './lib/log.ts';
import { Deliverer } from './outbox/deliver.ts';
import { sandboxPart, type SandboxPart } from './sandbox-part.ts';
import { paymentDesk } from './sandbox-payments.ts';

const WEBHOOK_PATHS: Readonly<Record<Platform, string>> = {
  wecom: '/channels/wecom/callback',
  slack: '/channels/slack/events',
  telegram: '/channels/telegram/webhook',
};

/** The started product; `close` stops taking work, finishes what is under way and gives back what was opened. */
export interface RunningApp {
  readonly url: string;
  /** Where this process listens, whatever the world calls it. */
  readonly ownUrl: string;
  close(): Promise<void>;
}

/** Starts the wanted roles; resolves when ready. */
export async function startApp(options: AppOptions): Promise<RunningApp> {
  const { env } = options;
  armKillPoint(env.KILL_AT);
  const isWeb = env.ROLES.includes('web');
  await openDataDir(env.dataDir); // before the address is taken: a wrong one is told at once
  const server: { handle: RawHandler } = { handle: () => false };
  const http = isWeb ? createHttpServerLater(server) : undefined;
  const port = http
    ? await listen(http, { host: env.HOST, port: env.port, isExplicit: env.portIsExplicit }, options.say)
    : env.port;
  const ownUrl = `http://${env.HOST.includes(':') ? `[${env.HOST}]` : env.HOST}:${port}`;
  const wakes: { current: Wake } = { current: new LocalWake() };
  let undo = async (): Promise<unknown> => http?.close();
  try {
    const configured = configuredChannels(env);
    const sandbox = await sandboxPart(env, configured, isWeb ? ownUrl : undefined);
    const url = env.PUBLIC_URL ?? sandbox?.url ?? ownUrl;
    const settings: ChannelSettings = { ...sandbox?.settings, ...configured };
    const base = await openBase({ ...options, url }, settings, (topic) => wakes.current.signal(topic));
    undo = async () => {
      http?.close();
      await base.close();
    };
    await base.keys.requireAll(base.database);
    wakes.current = await openWake(base, env);
    const app = new App({ ...options, base, wake: wakes.current, url, ownUrl, settings, sandbox });
    undo = async () => app.close(http);
    await app.start(http, (handle) => {
      server.handle = handle;
    });
    // Whoever tries the sandbox reads three lines on his screen; an operator finds starts in the log.
    if (!env.sandbox)
      base.log.info({ event: 'process.started', version: options.version, url: http ? ownUrl : undefined });
    return { url, ownUrl, close: async () => app.close(http) };
  } catch (error) {
    await undo().catch(() => undefined); // why it could not start says more
    throw error;
  }
}

async function openWake(base: Base, env: Env): Promise<Wake> {
  const works = env.ROLES.includes('worker') || env.ROLES.includes('scheduler');
  if (env.REDIS_URL !== undefined) {
    const { BullWake } = await import('./jobs/bull-wake.ts');
    return new BullWake(env.REDIS_URL, works, base.log);
  }
  return new NotifyWake(base.database, base.log).open();
}

interface AppParts extends AppOptions {
  readonly base: Base;
  readonly wake: Wake;
  readonly url: string;
  /** Where this process listens, whatever the world calls it. */
  readonly ownUrl: string;
  readonly settings: ChannelSettings;
  readonly sandbox: SandboxPart | undefined;
}

const SWEEP_MS = 1_000;
const INTRODUCE_AGAIN_MS = 30_000;

/** One running process: its loops, its server, its channels. */
class App {
  readonly #parts: AppParts;
  readonly #metrics = new Metrics();
  readonly #loops: Loop[] = [];
  /** What goes on beside the loops and has to end before the database is left. */
  readonly #closing: (() => Promise<void>)[] = [];
  readonly #leaving = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  #channels = new Map<string, Channel>();
  /** Where real WeCom calls us: a look-alike never calls while we are away. */
  #callbacks: CallbackWatch | undefined;
  #redis: RedisWatch | undefined;
  readonly #lists: Lists;

  constructor(parts: AppParts) {
    this.#parts = parts;
    this.#lists = new Lists(parts.base.database.url);
  }

  async start(http: Server | undefined, serve: (handle: RawHandler) => void): Promise<void> {
    const { base, settings, env, sandbox, wake } = this.#parts;
    const tokens = new DatabaseTokenStore(base.database, base.keys);
    const channels = await createChannels(settings, { tokens, clock: systemClock, log: base.log });
    this.#channels = new Map(channels.map((channel) => [channel.account, channel]));
    base.bot.name = sandbox?.botName;
    const inbox = new Inbox({ database: base.database, keys: base.keys, wake: () => wake.signal('inbox') });
    if (env.demo && env.ROLES.includes('web')) await seedDemo(base.unit);
    this.#buildLoops();
    sandbox?.open({
      texts: base.services.texts,
      log: base.log,
      now: await businessNow(base.database),
      businessNow: async () => businessNow(base.database),
      advanceClock: async (to) => this.#advance(to),
      nextDue: async () => nextDue(base.database),
      payments: paymentDesk(base.unit),
    });
    if (http) serve(this.#handlers(inbox));
    if (http) await this.#watchCallbacks();
    this.#watchRedis();
    for (const loop of this.#loops) loop.start();
    this.#every(30_000, async () => base.flows.refresh(base.database));
    this.#every(30_000, async () => base.keys.look(base.database));
    await sandbox?.connect(this.#parts.ownUrl);
    if (env.ROLES.includes('web')) this.#listenToPlatforms(inbox);
    if (sandbox === undefined || settings.telegram !== sandbox.settings.telegram) void this.#introduce();
  }

  /** Learns our bots' names and tells platforms where we are; tried until they answer. */
  async #introduce(): Promise<void> {
    for (const channel of this.#channels.values()) {
      while (!this.#leaving.signal.aborted && !(await this.#introduceTo(channel)))
        await new Promise((resolve) => setTimeout(resolve, INTRODUCE_AGAIN_MS).unref());
    }
  }

  async #introduceTo(channel: Channel): Promise<boolean> {
    const { base, env, url } = this.#parts;
    if (!channel.botName) return true;
    base.bot.name = (await channel.botName()) ?? base.bot.name;
    const { TELEGRAM_WEBHOOK_SECRET: secret, PUBLIC_URL: publicUrl, ROLES: roles } = env;
    if (!channel.useWebhook || secret === undefined || publicUrl === undefined || !roles.includes('web'))
      return base.bot.name !== undefined;
    try {
      await channel.useWebhook(`${url}${WEBHOOK_PATHS[channel.platform]}`);
      return base.bot.name !== undefined;
    } catch (error) {
      base.log.warn({ event: 'channel.webhook_failed', channel: channel.platform, error: errorText(error) });
      return false;
    }
  }

  async close(http: Server | undefined): Promise<void> {
    const { base, wake, sandbox } = this.#parts;
    // A planned restart is measured from here; a database that hangs must not keep us from leaving.
    await Promise.race([this.#callbacks?.beat().catch(() => undefined), wait(1_000, undefined, { ref: false })]);
    this.#leaving.abort();
    for (const timer of this.#timers) clearInterval(timer);
    http?.close();
    http?.closeIdleConnections();
    await Promise.all(this.#loops.map(async (loop) => loop.stop()));
    for (const finish of this.#closing) await finish();
    await sandbox?.close();
    http?.closeAllConnections();
    await wake.close();
    await this.#lists.close();
    await base.close();
  }

  async #watchCallbacks(): Promise<void> {
    const { base, env } = this.#parts;
    const account = configuredChannels(env).wecom && base.services.accounts.wecom;
    if (account === undefined) return;
    const watch = new CallbackWatch(base.unit, account);
    this.#callbacks = watch;
    await watch.beat();
    this.#every(BEAT_MS, async () => watch.beat());
  }

  #watchRedis(): void {
    const { base, env } = this.#parts;
    if (env.REDIS_URL === undefined) return;
    const watch = new RedisWatch(env.REDIS_URL, base);
    this.#redis = watch;
    this.#metrics.watchQueue(() => watch.isUp);
    this.#tried(async () => watch.look());
    this.#every(REDIS_LOOK_MS, async () => watch.look());
  }

  #handlers(inbox: Inbox): RawHandler {
    const { base, url, version, env, sandbox, wake } = this.#parts;
    const interactive = new Interactive({
      database: base.database,
      keys: base.keys,
      wake,
      followUp: createTroubleHandler(base.keys),
    });
    const webhooks = createWebhooks({
      routes: new Map([...this.#channels.values()].map((channel) => [WEBHOOK_PATHS[channel.platform], channel])),
      inbox,
      clock: systemClock,
      log: base.log,
      interactiveAnswer: async (inboxId) => interactive.wait(inboxId),
      count: (platform, outcome) => this.#metrics.webhook(platform, outcome),
    });
    const auth = {
      bootstrap: env.BOOTSTRAP_API_TOKEN,
      findToken: async (digest: Buffer) => {
        const row = await findToken(base.database, digest);
        return (
          row && {
            tokenId: row.id,
            roles: row.roles,
            mayDecide: row.may_decide,
            staff:
              row.staff_id === null
                ? undefined
                : {
                    id: row.staff_id,
                    name: row.name ?? '',
                    roles: row.staff_roles ?? [],
                    teamId: row.team_id ?? undefined,
                  },
          }
        );
      },
    };
    const express = createExpressApp({
      registry: base.registry,
      unit: base.unit,
      auth,
      database: base.database,
      texts: base.services.texts,
      log: base.log,
      metrics: this.#metrics,
      publicUrl: url,
      version,
      readiness: createReadiness({
        pending: async () => pendingMigrations(base.database.url),
        isQueueUp: () => this.#redis?.isUp ?? true,
        hasKeys: () => base.keys.isUpToDate,
        hasResources: () => !base.database.isShort,
      }),
      extend: (app) => {
        mountLists(app, this.#lists, { auth, unit: base.unit });
        base.parts.extendApi(app, auth);
        const intake = base.parts.intake(base.database, base.services);
        mountUploadPage(app, { unit: base.unit, store: async (file) => intake.store(file), log: base.log });
      },
    });
    const server = createHttpServer(
      express,
      [(request, response) => sandbox?.handle(request, response) ?? false, webhooks],
      { texts: base.services.texts, log: base.log },
    );
    return (request, response) => server.emit('request', request, response);
  }

  #buildLoops(): void {
    const { env } = this.#parts;
    if (env.ROLES.includes('worker')) this.#workerLoops();
    if (env.ROLES.includes('scheduler')) this.#schedulerLoops();
  }

  #loop(
    name: string,
    topics: readonly ('inbox' | 'outbox' | 'timers' | 'clock')[],
    work: LoopOptions['work'],
    options: Pick<LoopOptions, 'concurrency' | 'staggerMs' | 'gather'> & { intervalMs?: number } = {},
  ): Loop {
    const { base, wake } = this.#parts;
    const loop = new Loop({ name, work, log: base.log, intervalMs: SWEEP_MS, ...options });
    this.#loops.push(loop);
    for (const topic of topics) wake.on(topic, () => loop.wake());
    return loop;
  }

  #workerLoops(): void {
    const { base, wake } = this.#parts;
    const { database, keys, services, log } = base;
    const handle = createTurnHandler({
      flows: base.flows,
      texts: services.texts,
      companyZone: services.companyZone,
      gates: base.parts.gates(services),
      writeIncoming: async (unit, items) => writeIncoming(unit, keys, items),
      writeChange: async (unit, change) => writeChange(unit.tx, keys, unit.now, change),
      wordsOf: async (unit, conversationId, messageId) => wordsOf(unit.tx, keys, conversationId, messageId),
      linkEarlier: async (unit, conversationId, customerId) => linkEarlier(unit.tx, conversationId, customerId),
      personal: personalValues(keys),
    });
    const deliverer = new Deliverer({
      database,
      keys,
      channels: this.#channels,
      gates: base.parts.gates(services),
      renderers: { reminder: renderReminder(reminderSchedules(base.flows), services) },
      readFile: async (tx, fileId) => base.parts.readFile(tx, services, fileId),
      painters: base.parts.painters,
      times: readTimes,
      followUp: createTroubleHandler(keys),
      lookAgain: (inMs) => outbox.wakeIn(inMs),
      log,
    });
    this.#closing.push(async () => deliverer.idle());
    const inbox = new InboxJob({
      ...base.unit,
      direct: deliverer,
      handle,
      park: parkMessage,
      log,
    });
    this.#loop('inbox', ['inbox', 'clock'], async () => inbox.look(), {
      concurrency: 2,
      staggerMs: 40,
      gather: { ms: 5, below: 8 },
    });
    const outbox = this.#loop('outbox', ['outbox', 'clock'], async () => deliverer.run(), {
      concurrency: deliverer.capacity,
      staggerMs: 4,
    });
    const fetching = {
      database,
      keys,
      channels: this.#channels,
      unit: base.unit,
      intake: base.parts.intake(database, services),
      attach: base.parts.attachFiles,
      wake: (topic: 'inbox') => wake.signal(topic),
      log,
    };
    // A file that is slow to come keeps the others waiting as little as may be; each may be twenty megabytes in memory.
    this.#loop('media', ['timers', 'clock'], async () => fetchNext(fetching), { concurrency: 4 });
    this.#every(10_000, async () => deliverer.beat());
    this.#every(5_000, async () => {
      if ((await deliverer.sweep()) > 0) wake.signal('outbox');
    });
    this.#every(20_000, async () => {
      if ((await deliverer.reconcile()) > 0) wake.signal('outbox');
    });
  }

  #schedulerLoops(): void {
    const { base, wake } = this.#parts;
    const { database, keys, log } = base;
    this.#loop('timers', ['timers', 'clock'], async () => {
      const fired = await fireNext({ ...base.unit, handlers: timerHandlers(base.services), log });
      if (fired > 0) {
        wake.signal('inbox');
        wake.signal('outbox');
      }
      return fired;
    });
    const schedules = reminderSchedules(base.flows);
    const remind = async (): Promise<number> => {
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
    };
    this.#loop('reminders', ['clock'], remind, { concurrency: 2 }); // nine o'clock: everybody is due at once
    this.#loop('seal', [], async () => sealAudit(database, keys));
    const anchor = async (): Promise<boolean> => anchorAudit(database, keys, base.anchors, await businessNow(database));
    this.#every(60_000, async () => void (await anchor()));
    // What is done in the last minute can be cut off unseen until an anchor names it.
    this.#closing.push(async () => {
      await sealAudit(database, keys)
        .then(anchor)
        .catch(() => false); // a database that is gone must not keep us from leaving
    });
    this.#every(3_600_000, async () => {
      await ensurePartitions(database, await businessNow(database));
      await forgetDeliveries(database);
    });
  }

  #every(ms: number, work: () => Promise<void>): void {
    const timer = setInterval(() => this.#tried(work), ms);
    timer.unref();
    this.#timers.push(timer);
  }

  #tried(work: () => Promise<void>): void {
    const { log } = this.#parts.base;
    work().catch((error: unknown) =>
      log[levelOf(error, 'warn')]({ event: 'housekeeping.failed', error: errorText(error) }),
    );
  }

  /** Steps business time forward and lets everything that falls due happen. */
  async #advance(to: Date): Promise<Date> {
    const { base, wake, sandbox } = this.#parts;
    await base.flows.refresh(base.database); // what a command has just published is due as well
    return moveClock(
      {
        database: base.database,
        setPlatformTime: async (now) => sandbox?.setNow(now),
        drain: async () => {
          wake.signal('clock');
          await this.#drained();
        },
      },
      to,
    );
  }

  /**
   * Everything that is due has happened. What waits in a chat behind a message of a later instant is not due, nor is what
   * waits for an account that refuses us.
   */
  async #drained(): Promise<void> {
    for (let quiet = 0; quiet < 2;) {
      await Promise.all(this.#loops.map(async (loop) => loop.settled()));
      const [row] = await this.#parts.base.database.query<{ busy: boolean }>(
        `SELECT EXISTS (SELECT 1 FROM inbox WHERE state = 'NEW') OR EXISTS (SELECT 1 FROM outbox o WHERE state IN ('PENDING', 'LEASED') AND due_at <= business_now() AND lane <> 'INTERACTIVE'
             AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.account = o.account AND p.chat = o.chat AND p.id < o.id AND p.state = 'PENDING' AND p.due_at > business_now())
             AND (o.state = 'LEASED' OR NOT EXISTS (SELECT 1 FROM channel_states s WHERE s.account = o.account AND s.broken_until > business_now())))
           OR EXISTS (SELECT 1 FROM timers WHERE state = 'OPEN' AND due_at <= business_now()) OR EXISTS (SELECT 1 FROM loans WHERE next_reminder_at <= business_now()) AS busy`,
      );
      if (row?.busy === true) {
        quiet = 0;
        for (const loop of this.#loops) loop.wake();
        await new Promise((resolve) => setTimeout(resolve, 5));
      } else quiet += 1;
    }
  }

  #listenToPlatforms(inbox: Inbox): void {
    const { database, keys, log } = this.#parts.base;
    for (const channel of this.#channels.values()) {
      if (!channel.listen || !this.#pulls(channel)) continue;
      void listenTo(channel, { database, keys, inbox, log }, this.#leaving.signal);
    }
  }

  #pulls(channel: Channel): boolean {
    const { env, settings, sandbox } = this.#parts;
    if (channel.platform !== 'telegram') return true;
    const isPlayed = sandbox !== undefined && settings.telegram === sandbox.settings.telegram;
    return !isPlayed && env.TELEGRAM_WEBHOOK_SECRET === undefined;
  }
}
