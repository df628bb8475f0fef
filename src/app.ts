/** The composition root: builds every part once and wires them. Here begins and ends a process of the product. */
import { setTimeout as wait } from 'node:timers/promises';
import { Metrics } from './api/metrics.ts';
import { openDoor, type Door } from './api/listen.ts';
import { configuredChannels, openBase, type AppOptions, type Base } from './base.ts';
import type { Channel } from './channels/channel.ts';
import { createChannels, type ChannelSettings } from './channels/index.ts';
import type { Env } from './config/env.ts';
import { isShort } from './db/faults.ts';
import { Lists } from './db/lists.ts';
import { DatabaseTokenStore } from './db/token-store.ts';
import { seedDemo } from './demo-seed.ts';
import { Inbox } from './inbox/receive.ts';
import { BEAT_MS, CallbackWatch } from './jobs/callback-gap.ts';
import { Caution } from './jobs/caution.ts';
import { businessNow, drained, moveClock, nextDue } from './jobs/clock.ts';
import { Crew } from './jobs/crew.ts';
import { announceTo, listenTo } from './jobs/listen.ts';
import { REDIS_LOOK_MS, RedisWatch } from './jobs/redis-watch.ts';
import { LocalWake, NotifyWake, type Wake } from './jobs/wake.ts';
import { systemClock } from './lib/clock.ts';
import { closeInOrder } from './lib/closing.ts';
import { openDataDir } from './lib/data-dir.ts';
import { armKillPoint } from './lib/kill-points.ts';
import { sandboxPart, type SandboxPart } from './sandbox-part.ts';
import { paymentDesk } from './sandbox-payments.ts';
import { addScheduler } from './scheduler-part.ts';
import { WEBHOOK_PATHS, webHandler } from './web-part.ts';
import { addWorker } from './worker-part.ts';

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
  await openDataDir(env.dataDir); // before the address is taken: a wrong one is told at once
  const door = env.ROLES.includes('web') ? await openDoor(wantedAddress(env), options.say) : undefined;
  const ownUrl = addressOf(env, door?.port ?? env.port);
  const wakes: { current: Wake } = { current: new LocalWake() };
  let undo = async (): Promise<void> => door?.close();
  try {
    const configured = configuredChannels(env);
    const sandbox = await sandboxPart(env, configured, door && ownUrl);
    const url = env.PUBLIC_URL ?? sandbox?.url ?? ownUrl;
    const settings: ChannelSettings = { ...sandbox?.settings, ...configured };
    const base = await openBase({ ...options, url }, settings, (topic) => wakes.current.signal(topic));
    undo = async () => closeInOrder([async () => door?.close(), async () => base.close()]);
    await base.keys.requireAll(base.database);
    wakes.current = await openWake(base, env);
    const app = new App({ ...options, base, door, wake: wakes.current, url, ownUrl, settings, sandbox });
    undo = async () => app.close();
    await app.start();
    // Whoever tries the sandbox reads three lines on his screen; an operator finds starts in the log.
    if (!env.sandbox)
      base.log.info({ event: 'process.started', version: options.version, url: door ? ownUrl : undefined });
    return { url, ownUrl, close: undo };
  } catch (error) {
    await undo().catch(() => undefined); // why it could not start says more
    throw error;
  }
}

function wantedAddress({ HOST: host, port, portIsExplicit: isExplicit }: Env): Parameters<typeof openDoor>[0] {
  return { host, port, isExplicit };
}

function addressOf({ HOST: host }: Env, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
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
  /** Where requests come in, in a process of role web. */
  readonly door: Door | undefined;
  readonly wake: Wake;
  readonly url: string;
  /** Where this process listens, whatever the world calls it. */
  readonly ownUrl: string;
  readonly settings: ChannelSettings;
  readonly sandbox: SandboxPart | undefined;
}

const ASK_NAME_AGAIN_MS = 30_000;
/** How often published flows and new keys are looked for. */
const REFRESH_MS = 30_000;
/** A database that hangs must not keep us from leaving. */
const LAST_BEAT_MS = 1_000;

/** One running process: its crew, its door, its channels. */
class App {
  readonly #parts: AppParts;
  readonly #metrics = new Metrics();
  readonly #crew: Crew;
  readonly #leaving = new AbortController();
  #channels = new Map<string, Channel>();
  /** Where real WeCom calls us: a look-alike never calls while we are away. */
  #callbacks: CallbackWatch | undefined;
  #redis: RedisWatch | undefined;
  readonly #lists: Lists;

  constructor(parts: AppParts) {
    this.#parts = parts;
    this.#crew = new Crew(parts.base.log, parts.wake);
    this.#lists = new Lists(parts.base.database.url);
  }

  async start(): Promise<void> {
    const { base, settings, env, sandbox, wake, door, ownUrl } = this.#parts;
    const tokens = new DatabaseTokenStore(base.database, base.keys);
    const channels = await createChannels(settings, { tokens, clock: systemClock, log: base.log });
    this.#channels = new Map(channels.map((channel) => [channel.account, channel]));
    base.bot.name = sandbox?.botName;
    const inbox = new Inbox({ database: base.database, keys: base.keys, wake: () => wake.signal('inbox') });
    if (env.demo && door) await seedDemo(base.unit);
    await this.#takeOnWork();
    await this.#openSandbox();
    door?.open(this.#handler(inbox));
    if (door) await this.#watchCallbacks();
    this.#watchRedis();
    this.#crew.start();
    this.#crew.every(REFRESH_MS, async () => base.flows.refresh(base.database));
    this.#crew.every(REFRESH_MS, async () => base.keys.look(base.database));
    await sandbox?.connect(ownUrl);
    if (door) this.#listenToPlatforms(inbox);
    if (!this.#isTelegramPlayed()) void this.#learnNames();
  }

  async #takeOnWork(): Promise<void> {
    const { base, wake, env } = this.#parts;
    const caution = new Caution(base.database, await businessNow(base.database));
    const work = { base, wake, channels: this.#channels, crew: this.#crew, caution };
    if (env.ROLES.includes('worker')) addWorker(work);
    if (env.ROLES.includes('scheduler')) addScheduler(work);
  }

  async #openSandbox(): Promise<void> {
    const { base, sandbox } = this.#parts;
    sandbox?.open({
      texts: base.services.texts,
      log: base.log,
      now: await businessNow(base.database),
      businessNow: async () => businessNow(base.database),
      advanceClock: async (to) => this.#advance(to),
      nextDue: async () => nextDue(base.database),
      payments: paymentDesk(base.unit),
    });
  }

  #handler(inbox: Inbox): ReturnType<typeof webHandler> {
    const { base, url, version, sandbox, wake } = this.#parts;
    return webHandler({
      base,
      channels: this.#channels,
      wake,
      crew: this.#crew,
      inbox,
      lists: this.#lists,
      metrics: this.#metrics,
      sandbox,
      url,
      version,
      isQueueUp: () => this.#redis?.isUp ?? true,
      refused: (events) => this.#callbacks?.refused(events),
    });
  }

  /** Learns our bots' names; tried until they are told. */
  async #learnNames(): Promise<void> {
    const { base } = this.#parts;
    for (const channel of this.#channels.values()) {
      if (!channel.botName) continue;
      while (!this.#leaving.signal.aborted && (base.bot.name = await channel.botName()) === undefined)
        await wait(ASK_NAME_AGAIN_MS, undefined, { signal: this.#leaving.signal, ref: false }).catch(() => undefined);
    }
  }

  /** Requests under way come first: what answers them, loops and look-alikes, must still be there. */
  async close(): Promise<void> {
    const { base, wake, sandbox, door } = this.#parts;
    await closeInOrder([
      async () => this.#beatOnce(),
      () => this.#leaving.abort(),
      () => this.#crew.rest(),
      () => sandbox?.hangUp(),
      async () => door?.close(),
      async () => this.#crew.stop(),
      async () => sandbox?.close(),
      async () => wake.close(),
      async () => this.#lists.close(),
      async () => base.close(),
    ]);
  }

  /** A planned restart is measured from here. */
  async #beatOnce(): Promise<void> {
    await Promise.race([this.#callbacks?.beat().catch(() => undefined), wait(LAST_BEAT_MS, undefined, { ref: false })]);
  }

  async #watchCallbacks(): Promise<void> {
    const { base, env } = this.#parts;
    const account = configuredChannels(env).wecom && base.services.accounts.wecom;
    if (account === undefined) return;
    const watch = new CallbackWatch(base.unit, account);
    this.#callbacks = watch;
    // A gap that a full disk has no room for yet is told by a later sign.
    await watch.beat().catch((error: unknown) => {
      if (!isShort(error)) throw error;
    });
    this.#crew.every(BEAT_MS, async () => watch.beat());
  }

  #watchRedis(): void {
    const { base, env } = this.#parts;
    if (env.REDIS_URL === undefined) return;
    const watch = new RedisWatch(env.REDIS_URL, base);
    this.#redis = watch;
    this.#metrics.watchQueue(() => watch.isUp);
    this.#crew.tried(async () => watch.look());
    this.#crew.every(REDIS_LOOK_MS, async () => watch.look());
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
          await drained(base.database, this.#crew);
        },
      },
      to,
    );
  }

  #listenToPlatforms(inbox: Inbox): void {
    const { database, keys, log } = this.#parts.base;
    const deps = { database, keys, inbox, log };
    for (const channel of this.#channels.values()) {
      const url = this.#webhookOf(channel);
      if (url !== undefined) void announceTo(channel, url, deps, this.#leaving.signal);
      else if (channel.listen && this.#pulls(channel)) void listenTo(channel, deps, this.#leaving.signal);
    }
  }

  /** The address we tell the platform, where we do; one that is played here knows it. */
  #webhookOf(channel: Channel): string | undefined {
    const { PUBLIC_URL: publicUrl, TELEGRAM_WEBHOOK_SECRET: secret } = this.#parts.env;
    const isOurs = channel.useWebhook && publicUrl !== undefined && secret !== undefined && !this.#isTelegramPlayed();
    return isOurs ? `${publicUrl}${WEBHOOK_PATHS[channel.platform]}` : undefined;
  }

  #pulls(channel: Channel): boolean {
    if (channel.platform !== 'telegram') return true;
    return !this.#isTelegramPlayed() && this.#parts.env.TELEGRAM_WEBHOOK_SECRET === undefined;
  }

  #isTelegramPlayed(): boolean {
    const { settings, sandbox } = this.#parts;
    return sandbox !== undefined && settings.telegram === sandbox.settings.telegram;
  }
}
