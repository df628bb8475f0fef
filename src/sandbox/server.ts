/**
 * The sandbox: local WeCom, Slack and Telegram, everybody's phones, a clock to move, and the page to play with all of it.
 *
 * How the app wires it (it listens first, so that `base` is known):
 *
 *   const settings = sandboxSettings(base, await sandboxSecrets(folder), wanted);   // also the configuration of our channels
 *   const sandbox = createSandbox({ base, dataDir, texts, log, settings, now, advanceClock, businessNow, nextDue, people });
 *   server handlers: [sandbox.handle, webhooks, …]   // takes every path under /sandbox, guards the webhooks it calls
 *   await sandbox.connect(base);                      // once our webhooks answer: verifies and sets callback addresses
 *   await sandbox.setNow(now);                        // while the app steps the clock, at every step
 *   sandbox.hangUp();                                 // the app leaves: the last requests are answered
 *   await sandbox.close();
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { packageRoot } from '../config/env.ts';
import { systemClock } from '../lib/clock.ts';
import { errorText } from '../lib/errors.ts';
import type { Language, Texts } from '../lib/i18n.ts';
import type { Log } from '../lib/log.ts';
import type { Emulator, Fault, JournalEntry } from './emulator.ts';
import { type Answer, jsonAnswer, sendAnswer, splitPath } from './kernel/http.ts';
import { createSlackEmulator } from './slack/index.ts';
import { createTelegramEmulator } from './telegram/index.ts';
import { createWecomEmulator } from './wecom/index.ts';
import type { SandboxSettings } from './world/accounts.ts';
import { type Platform, PLATFORMS, type SandboxPerson } from './world/cast.ts';
import { type ClockHands, ClockRoom } from './world/clock-room.ts';
import { checkCaller } from './world/gate.ts';
import { Live } from './world/live.ts';
import { Memory } from './world/memory.ts';
import { PageFiles } from './world/page-files.ts';
import type { PaymentDesk } from './world/payments.ts';
import { type Emulators, Phones } from './world/phones.ts';
import { callerLanguage, problemAnswer, SANDBOX_CODES, type SandboxCode, SandboxProblem } from './world/problem.ts';
import { findRoute, type Route } from './world/router.ts';
import { sandboxRoutes } from './world/routes.ts';

export { sandboxSettings } from './world/accounts.ts';
export { sandboxSecrets } from './world/secrets.ts';
export type { SandboxSettings } from './world/accounts.ts';
export type { CastRole, Platform, SandboxPerson } from './world/cast.ts';
export type { ClockHands } from './world/clock-room.ts';
export type { LoanAtDesk, PaymentDesk } from './world/payments.ts';

/** What a sandbox is made of. */
export interface SandboxOptions extends ClockHands {
  /** Where our own server listens, without a trailing slash: `http://127.0.0.1:3000`. */
  readonly base: string;
  /** `DATA_DIR`; the look-alikes keep their memory in `<dataDir>/sandbox`. */
  readonly dataDir: string;
  readonly texts: Texts;
  readonly log: Log;
  /** What our channels talk to the look-alikes with; a platform without settings is not played. */
  readonly settings: SandboxSettings;
  /** Business time at the start; from then on the look-alikes' clocks tick along with real time. */
  readonly now: Date;
  /** Where the visitor says that money came in; without it nothing is offered. */
  readonly payments?: PaymentDesk;
  /** Who has a phone. */
  readonly people: readonly SandboxPerson[];
  /** Where the built page lies; default `dist/web/sandbox` of the package. */
  readonly pageFolder?: string;
}

/** A running sandbox. */
export interface Sandbox {
  /**
   * Serves a request if its path is `/sandbox` or below, and refuses what comes from elsewhere to the webhooks of the platforms
   * it plays; `false` leaves it to others.
   */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /**
   * Points the look-alikes at our webhooks under `base`. Call it when they answer.
   * @throws Error when a platform would not accept our endpoint.
   */
  connect(base: string): Promise<void>;
  /** Moves the look-alikes' clocks (forward only) and does what falls due there. */
  setNow(now: Date): Promise<void>;
  /** Gives people phones, or corrects their names and roles: staff who were added later. */
  restore(people: readonly SandboxPerson[]): void;
  /** Ends what stays open on purpose, the pages' lines to us: a server that leaves would wait for them. */
  hangUp(): void;
  /** Stops timers and open pages, and writes the memory down. */
  close(): Promise<void>;
}

/** @throws Error when the memory's folder cannot be made. */
export function createSandbox(options: SandboxOptions): Sandbox {
  return new LocalSandbox(options);
}

/** Our webhooks, as a platform is told them. */
const WEBHOOKS: Readonly<Record<Platform, string>> = {
  wecom: '/channels/wecom/callback',
  slack: '/channels/slack/events',
  telegram: '/channels/telegram/webhook',
};

class LocalSandbox implements Sandbox {
  readonly #settings: SandboxSettings;
  readonly #webhooks: ReadonlySet<string>;
  readonly #log: Log;
  readonly #texts: Texts;
  readonly #emulators: Emulators;
  readonly #all: readonly Emulator[];
  readonly #phones: Phones;
  readonly #live: Live;
  readonly #clock: ClockRoom;
  readonly #memory: Memory;
  readonly #page: PageFiles;
  readonly #routes: readonly Route[];

  constructor(options: SandboxOptions) {
    const { base, log, texts, settings, dataDir, people } = options;
    this.#log = log;
    this.#texts = texts;
    this.#settings = settings;
    this.#emulators = openPlatforms(settings, base, options.now);
    this.#all = PLATFORMS.flatMap((platform) => this.#emulators[platform] ?? []);
    this.#webhooks = new Set(this.#all.map(({ platform }) => WEBHOOKS[platform]));
    this.#phones = new Phones(this.#emulators, people);
    this.#memory = new Memory(path.join(dataDir, 'sandbox'), { ...this.#emulators, phones: this.#phones }, log);
    const recalled = this.#memory.recall();
    if (recalled === 'broken') log.warn({ event: 'sandbox.memory', outcome: recalled });
    this.#live = new Live(
      () => this.#mark(),
      () => this.#memory.note(),
    );
    this.#clock = new ClockRoom(options, (state) => this.#live.clock(state));
    this.#page = new PageFiles(options.pageFolder ?? path.join(packageRoot, 'dist/web/sandbox'), texts);
    this.#routes = this.#allRoutes(options.payments);
  }

  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const url = request.url ?? '/';
    const { pathname, query } = splitPath(url); // not `new URL`: a caller may send what is none
    const language = callerLanguage(request, query);
    if (this.#webhooks.has(pathname)) return this.#refuses(request, response, language);
    if (pathname !== '/sandbox' && !pathname.startsWith('/sandbox/')) return false;
    const asked = { below: pathname.slice('/sandbox'.length), search: url.slice(pathname.length), query, language };
    this.#serve(request, response, asked)
      .catch((error: unknown) => this.#fail(response, language, error))
      .catch(() => response.destroy());
    return true;
  }

  /** Whoever plays a platform speaks as anybody there: only the look-alikes do, and they are on this machine. */
  #refuses(request: IncomingMessage, response: ServerResponse, language: Language): boolean {
    try {
      checkCaller(request);
      return false;
    } catch (error) {
      this.#fail(response, language, error);
      return true;
    }
  }

  async connect(base: string): Promise<void> {
    const { wecom, slack } = this.#emulators;
    const { wecom: ours, telegram } = this.#settings;
    if (wecom !== undefined && ours !== undefined) {
      const check = await wecom.setCallbackUrl(ours.agentId, `${base}${WEBHOOKS.wecom}`);
      if (!check.ok) throw new Error(`the WeCom look-alike could not verify our callback address: ${check.reason}`);
    }
    if (slack !== undefined && !(await slack.verifyEventsUrl()))
      throw new Error('the Slack look-alike could not verify our events address');
    if (telegram !== undefined) await setTelegramWebhook(telegram, `${base}${WEBHOOKS.telegram}`);
  }

  async setNow(now: Date): Promise<void> {
    for (const emulator of this.#all) await emulator.setNow(now);
    this.#clock.stepped(now);
  }

  restore(people: readonly SandboxPerson[]): void {
    for (const person of people) this.#phones.add(person);
    this.#live.changed();
  }

  hangUp(): void {
    this.#live.close();
  }

  async close(): Promise<void> {
    this.hangUp();
    await Promise.all(this.#all.map((emulator) => emulator.close()));
    this.#memory.close();
  }

  /** Different after everything a look-alike did or was told. */
  #mark(): string {
    return this.#all.map(({ journal }) => journal.at(-1)?.seq ?? 0).join();
  }

  #allRoutes(payments: PaymentDesk | undefined): readonly Route[] {
    const chosen = (platform: Platform | undefined): readonly Emulator[] =>
      this.#all.filter((one) => platform === undefined || one.platform === platform);
    return sandboxRoutes({
      phones: this.#phones,
      clock: this.#clock,
      payments,
      texts: this.#texts,
      journal: (platform) => merged(chosen(platform).map(({ journal }) => journal)),
      addFault: (fault: Fault) => {
        for (const emulator of this.#all) emulator.addFault(fault);
      },
      clearFaults: () => {
        for (const emulator of this.#all) emulator.clearFaults();
      },
      acted: () => this.#live.changed(),
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse, asked: Asked): Promise<void> {
    checkCaller(request);
    const platform = PLATFORMS.find((one) => asked.below.startsWith(`/${one}/`));
    if (platform !== undefined) await this.#servePlatform(request, response, { platform, asked });
    else if (asked.below === '/api/events') this.#live.open(response);
    else sendAnswer(response, (await this.#pageAnswer(asked)) ?? (await this.#apiAnswer(request, asked)));
  }

  async #servePlatform(
    request: IncomingMessage,
    response: ServerResponse,
    { platform, asked }: { platform: Platform; asked: Asked },
  ): Promise<void> {
    const emulator = this.#emulators[platform];
    if (emulator === undefined)
      throw new SandboxProblem('no_platform', {
        params: { platforms: this.#all.map((one) => one.platform).join(', ') },
      });
    await emulator.handle(request, response, asked.below.slice(platform.length + 1) + asked.search);
  }

  async #pageAnswer({ below, language }: Asked): Promise<Answer | undefined> {
    if (below === '' || below === '/') return this.#page.document(language);
    const asset = /^\/assets\/([^/]+)$/.exec(below)?.[1];
    if (asset !== undefined) return this.#page.asset(asset);
    const code = /^\/problems\/([a-z_]+)$/.exec(below)?.[1];
    const known = SANDBOX_CODES.find((one) => one === code);
    return known === undefined ? undefined : this.#problemPage(known, language);
  }

  #problemPage(code: SandboxCode, language: Language): Answer {
    const blanks = { allowed: '…', platforms: '…', megabytes: '…', now: '…', days: '…', command: '…' };
    const words = ['title', 'help'].map((part) =>
      this.#texts.translate(language, `sandbox.error.${code}.${part}`, blanks),
    );
    return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: `${words.join('\n\n')}\n` };
  }

  async #apiAnswer(request: IncomingMessage, { below, query, language }: Asked): Promise<Answer> {
    const { route, part } = findRoute(this.#routes, request.method ?? 'GET', below);
    const result = await route.run({ request, query, language, part });
    return 'json' in result ? jsonAnswer(result.json, 200, { 'cache-control': 'no-store' }) : result;
  }

  #fail(response: ServerResponse, language: Language, error: unknown): void {
    const problem = error instanceof SandboxProblem ? error : new SandboxProblem('fault');
    if (problem !== error) this.#log.error({ event: 'sandbox.fault', error: errorText(error) });
    if (response.headersSent) response.destroy();
    else sendAnswer(response, problemAnswer(this.#texts, language, problem));
  }
}

interface Asked {
  /** The path behind `/sandbox`. */
  readonly below: string;
  readonly search: string;
  readonly query: URLSearchParams;
  readonly language: Language;
}

/** The look-alikes that have settings, on ticking clocks. */
function openPlatforms(settings: SandboxSettings, base: string, now: Date): Emulators {
  const { wecom, slack, telegram } = settings;
  return {
    ...(wecom && {
      wecom: createWecomEmulator({
        corpId: wecom.corpId,
        agents: [wecomApp(wecom)],
        now,
        publicBase: wecom.apiBase,
        ticking: true,
      }),
    }),
    ...(slack && { slack: createSlackEmulator({ ...slackWorkspace(slack, base), now, wall: systemClock }) }),
    ...(telegram && {
      telegram: createTelegramEmulator({
        token: telegram.botToken,
        botId: telegram.botToken.split(':', 1)[0] ?? '',
        username: telegram.botName,
        publicBase: telegram.apiRoot,
        people: [],
        allowLoopbackHttp: true,
        now,
        wall: systemClock,
      }),
    }),
  };
}

function wecomApp({ agentId, secret, token, encodingAesKey }: NonNullable<SandboxSettings['wecom']>) {
  return { agentId, secret, token, encodingAesKey, name: 'daiban' };
}

function slackWorkspace({ teamId, botToken, signingSecret }: NonNullable<SandboxSettings['slack']>, base: string) {
  return {
    teamId,
    botToken,
    signingSecret,
    appId: 'A0SANDBOX',
    botUserId: 'U0DAIBAN',
    eventsUrl: `${base}${WEBHOOKS.slack}`,
    publicBase: `${base}/sandbox/slack`,
    people: [],
  };
}

/** Over the wire, as everybody has to. @throws Error with Telegram's own sentence. */
async function setTelegramWebhook(account: NonNullable<SandboxSettings['telegram']>, url: string): Promise<void> {
  const allowed = ['message', 'edited_message', 'callback_query', 'my_chat_member'];
  const response = await fetch(`${account.apiRoot}/bot${account.botToken}/setWebhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url, secret_token: account.webhookSecret, allowed_updates: allowed }),
  });
  if (!response.ok) throw new Error(`the Telegram look-alike refused our webhook: ${await response.text()}`);
}

/** The journals of several platforms as one, oldest first. */
function merged(journals: readonly (readonly JournalEntry[])[]): readonly JournalEntry[] {
  return journals.flat().toSorted((a, b) => a.at.getTime() - b.at.getTime() || a.seq - b.seq);
}
