/**
 * A local WeCom (企业微信) for newcomers and tests: one corp, its apps, its members' phones. It enforces what the
 * protocol reference's checklist asks for; what it covers stands in `../coverage.yaml`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { systemClock } from '../../lib/clock.ts';
import type { Emulator, Fault, JournalEntry, Person, Screen } from '../emulator.ts';
import { VirtualClock } from '../kernel/clock.ts';
import { stricter } from '../kernel/bucket.ts';
import { FaultBook } from '../kernel/faults.ts';
import { sendAnswer } from '../kernel/http.ts';
import { Journal } from '../kernel/journal.ts';
import { Api } from './api.ts';
import { CallbackSender, type Disturbance, type Forgery, type UrlCheck } from './callbacks.ts';
import { CardBook } from './card-book.ts';
import { Directory } from './directory.ts';
import { WecomFault } from './fault.ts';
import { GroupChats } from './group-chats.ts';
import { Hands, type SentFile } from './hands.ts';
import { MediaStore } from './media.ts';
import { exportRooms, importRooms, type RememberingRooms } from './memory.ts';
import { MessageDesk } from './messages.ts';
import type { WecomApp, WecomOptions } from './options.ts';
import { Phones } from './phones.ts';
import { type RobotMessage, Robots } from './robots.ts';
import { appRoutes, openRoutes } from './routes.ts';
import { TokenOffice } from './tokens.ts';
import type { XmlFields } from './xml.ts';

export type { WecomApp, WecomOptions } from './options.ts';

/** The platform's own numbers. */
const LIMITS = { listConcurrency: 5, secretTries: 10 };
const DEFAULT_ACCOUNTS = 1_000;

/** An emulator with WeCom's own administration and misbehaviour. */
export interface WecomEmulator extends Emulator {
  readonly platform: 'wecom';
  /** Saves an app's callback URL after the verification GET; the old one stays when it fails. */
  setCallbackUrl(agentId: number, url: string): Promise<UrlCheck>;
  /** The platform takes an app's access_token back early. */
  invalidateToken(agentId: number): void;
  /** 企业可信IP; `undefined` = any address. */
  setTrustedIps(addresses: readonly string[] | undefined): void;
  /** A member leaves the corp. */
  removePerson(personId: string): void;
  /** The member opens the app (enter_agent). */
  open(personId: string): Promise<void>;
  /** A message type that has no hand of its own (`location`, `link`). */
  sendMessage(personId: string, type: string, fields: XmlFields): Promise<void>;
  /** An event of the platform itself (`FromUserName` sys; kf_msg_or_event has none). */
  systemEvent(agentId: number, event: string, fields: XmlFields): Promise<void>;
  /** A push that is not authentic, made to look like `personId` saying `text`; gives our endpoint's HTTP status. */
  forge(kind: Forgery, personId: string, text: string): Promise<number>;
  /** What happens to the next `times` events. */
  disturb(kind: Disturbance, times?: number): void;
  /** What a group robot's group shows. */
  robotMessages(key: string): readonly RobotMessage[];
}

/** @throws Error when a key or a callback token has the wrong shape, or two apps share an id or a secret. */
export function createWecomEmulator(options: WecomOptions): WecomEmulator {
  checkApps(options.agents);
  return new LocalWecom(options);
}

class LocalWecom implements WecomEmulator {
  readonly platform = 'wecom';
  readonly #options: WecomOptions;
  readonly #clock: VirtualClock;
  readonly #journal: Journal;
  readonly #faults = new FaultBook('wecom');
  readonly #directory: Directory;
  readonly #tokens: TokenOffice;
  readonly #media = new MediaStore();
  readonly #phones = new Phones();
  readonly #robots: Robots;
  readonly #callbacks: CallbackSender;
  readonly #hands: Hands;
  readonly #api: Api;
  readonly #rooms: RememberingRooms;
  #trustedIps: readonly string[] | undefined;

  constructor(options: WecomOptions) {
    const wall = options.wall ?? systemClock;
    this.#options = options;
    this.#trustedIps = options.trustedIps;
    this.#clock = new VirtualClock(options.now, options.ticking === true ? wall : undefined);
    this.#journal = new Journal('wecom', this.#clock);
    this.#directory = new Directory(options.members ?? [], options.departments ?? [], options.tags ?? []);
    const secretTries = stricter(LIMITS.secretTries, options.secretTries);
    this.#tokens = new TokenOffice(options.corpId, options.agents, secretTries);
    this.#robots = new Robots(options.robots ?? [], this.#media);
    const outward = { corpId: options.corpId, wall, journal: this.#journal, faults: this.#faults };
    this.#callbacks = new CallbackSender({ ...outward, forgeEvery: options.forgeEvery }, options.agents);
    const cards = new CardBook();
    const [media, phones] = [this.#media, this.#phones];
    const hasCallback = (agentId: number): boolean => this.#callbacks.hasUrl(agentId);
    const desk = new MessageDesk(
      { directory: this.#directory, media, phones, cards, hasCallback },
      options.accountCap ?? DEFAULT_ACCOUNTS,
    );
    this.#hands = this.#makeHands(cards);
    this.#api = this.#makeApi(desk);
    this.#rooms = { phones, cards, media, desk, hands: this.#hands };
  }

  #makeHands(cards: CardBook): Hands {
    const { corpId, agents, publicBase, passiveReplyBurnsCode = false, toastText = (code) => code } = this.#options;
    return new Hands({
      corpId,
      apps: agents,
      publicBase,
      passiveReplyBurnsCode,
      toastText,
      clock: this.#clock,
      directory: this.#directory,
      phones: this.#phones,
      cards,
      media: this.#media,
      callbacks: this.#callbacks,
    });
  }

  #makeApi(desk: MessageDesk): Api {
    const { rateScale, listConcurrency } = this.#options;
    const shared = { directory: this.#directory, media: this.#media, phones: this.#phones };
    const rooms = {
      ...shared,
      tokens: this.#tokens,
      robots: this.#robots,
      desk,
      groups: new GroupChats(this.#directory, this.#media, this.#phones),
    };
    return new Api({
      clock: this.#clock,
      journal: this.#journal,
      faults: this.#faults,
      tokens: this.#tokens,
      routes: appRoutes(rooms),
      openRoutes: openRoutes(rooms),
      rateScale: stricter(1, rateScale),
      listConcurrency: stricter(LIMITS.listConcurrency, listConcurrency),
      trustedIps: () => this.#trustedIps,
    });
  }

  get journal(): readonly JournalEntry[] {
    return this.#journal.entries;
  }

  async handle(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const picture = /^\/wwpic\/([0-9a-z]+)$/.exec(path)?.[1];
    if (picture === undefined) await this.#api.handle(request, response, path);
    else this.#servePicture(response, picture);
  }

  /** `PicUrl`: open to whoever has the address, like the platform's own. */
  #servePicture(response: ServerResponse, mediaId: string): void {
    try {
      sendAnswer(response, this.#media.download(mediaId, undefined, this.#clock.now()));
    } catch (error) {
      if (!(error instanceof WecomFault)) throw error;
      sendAnswer(response, { status: 404, body: '' });
    }
  }

  setNow(now: Date): Promise<void> {
    return this.#clock.set(now);
  }

  addFault(fault: Fault): void {
    this.#faults.add(fault);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  exportState(): unknown {
    return exportRooms(this.#rooms);
  }

  importState(state: unknown): void {
    importRooms(this.#rooms, state);
  }

  people(): readonly Person[] {
    return this.#directory.list();
  }

  addPerson(person: Person): void {
    this.#directory.add(person);
  }

  removePerson(personId: string): void {
    this.#directory.leave(personId);
  }

  screen(personId: string): Screen {
    const person = this.#directory.find(personId);
    if (person === undefined) throw new Error(`no member ${personId}`);
    return this.#phones.screen(person);
  }

  say(personId: string, text: string): Promise<void> {
    return this.#hands.say(personId, text);
  }

  /** WeCom has no captions: the words follow as a message of their own. */
  async sendFile(personId: string, file: SentFile, caption?: string): Promise<void> {
    await this.#hands.sendFile(personId, file);
    if (caption !== undefined && caption !== '') await this.#hands.say(personId, caption);
  }

  tap(
    personId: string,
    messageId: string,
    key: string,
    selected: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    return this.#hands.tap(personId, messageId, key, selected);
  }

  /** Changes the member's own screen only: WeCom tells apps of no edit. */
  async edit(personId: string, messageId: string, text: string): Promise<void> {
    this.#phones.get(personId, messageId);
    this.#phones.change(
      messageId,
      (entry) => (entry.from === 'me' ? { ...entry, text, edited: true } : entry),
      personId,
    );
  }

  /** A recall in the member's client: apps are not told. */
  async remove(personId: string, messageId: string): Promise<void> {
    this.#phones.get(personId, messageId);
    this.#phones.change(messageId, (entry) => (entry.from === 'me' ? { ...entry, deleted: true } : entry), personId);
  }

  open(personId: string): Promise<void> {
    return this.#hands.open(personId);
  }

  sendMessage(personId: string, type: string, fields: XmlFields): Promise<void> {
    return this.#hands.message(personId, type, fields);
  }

  systemEvent(agentId: number, event: string, fields: XmlFields): Promise<void> {
    return this.#hands.system(agentId, event, fields);
  }

  forge(kind: Forgery, personId: string, text: string): Promise<number> {
    return this.#hands.forge(kind, personId, text);
  }

  disturb(kind: Disturbance, times = 1): void {
    this.#callbacks.disturb(kind, times);
  }

  setCallbackUrl(agentId: number, url: string): Promise<UrlCheck> {
    const app = this.#options.agents.find((one) => one.agentId === agentId);
    if (app === undefined) throw new Error(`no app ${agentId}`);
    return this.#callbacks.verifyUrl(app, url);
  }

  invalidateToken(agentId: number): void {
    this.#tokens.invalidate(agentId);
  }

  setTrustedIps(addresses: readonly string[] | undefined): void {
    this.#trustedIps = addresses;
  }

  robotMessages(key: string): readonly RobotMessage[] {
    return this.#robots.messages(key);
  }

  close(): Promise<void> {
    this.#callbacks.close();
    this.#clock.close();
    return Promise.resolve();
  }
}

function checkApps(apps: readonly WecomApp[]): void {
  for (const { agentId, token, encodingAesKey } of apps) {
    if (!/^[A-Za-z0-9]{1,32}$/.test(token)) throw new Error(`callback token of app ${agentId}: 1–32 letters or digits`);
    if (!/^[A-Za-z0-9]{43}$/.test(encodingAesKey)) throw new Error(`EncodingAESKey of app ${agentId}: 43 characters`);
  }
  const different = (values: readonly unknown[]): boolean => new Set(values).size === values.length;
  if (!different(apps.map(({ agentId }) => agentId))) throw new Error('two apps with one agentId');
  if (!different(apps.map(({ secret }) => secret))) throw new Error('two apps with one secret');
}
