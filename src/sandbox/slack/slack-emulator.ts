/**
 * A local Slack: Web API, Events API over HTTP or Socket Mode, interactivity, commands, files. It keeps Slack's rules so
 * that what works here works there; it imports nothing from `channels/`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { systemClock } from '../../lib/clock.ts';
import type { Emulator, Fault, JournalEntry, Person, Screen } from '../emulator.ts';
import { FaultBook } from '../kernel/faults.ts';
import { sendAnswer, splitPath } from '../kernel/http.ts';
import { Journal } from '../kernel/journal.ts';
import { type Fields, isFields } from '../kernel/values.ts';
import { SlackApi, type TokenFault } from './api.ts';
import { SlackCore, type SlackState } from './core.ts';
import { Deliveries } from './delivery.ts';
import { HttpTransport, type Signing } from './http-transport.ts';
import { Interactions, type Selected } from './interactions.ts';
import { shownText, typedText } from './mrkdwn.ts';
import { messageObject } from './objects.ts';
import { screenMessages } from './screen.ts';
import { SideDoors } from './side-doors.ts';
import { type DisconnectReason, SocketTransport } from './socket-transport.ts';
import {
  type Conversation,
  slackLimits,
  type SlackFile,
  type SlackMessage,
  type SlackOptions,
  type SlackPerson,
} from './types.ts';
import { Workspace } from './workspace.ts';

/** Slack's own hands and switches beside what every emulator offers. */
export interface SlackEmulator extends Emulator {
  readonly platform: 'slack';
  /** Serves an HTTP upgrade (`/link/…`): Socket Mode. */
  handleUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer, path: string): void;
  addPerson(person: SlackPerson): void;
  /** A person writes in a channel (a mention of the bot is told twice). */
  sayIn(channelId: string, personId: string, text: string, threadTs?: string): Promise<void>;
  slash(personId: string, command: string, text: string, channelId?: string): Promise<void>;
  openHome(personId: string): Promise<void>;
  /** Closes the top modal (`false`) or the whole stack (`true`). */
  closeView(personId: string, isWholeStack: boolean): Promise<void>;
  /** Deactivates a member. */
  deactivate(personId: string): void;
  archive(channelId: string): void;
  invite(channelId: string, userId: string): void;
  /** How requests to us are signed from now on. */
  setSigning(signing: Partial<Signing>): void;
  /** url_verification; true when our endpoint gave the challenge back. */
  verifyEventsUrl(): Promise<boolean>;
  sslCheck(): Promise<number>;
  /** Breaks the bot token, or mends it with `undefined`. */
  setTokenFault(fault: TokenFault | undefined): void;
  /** Lets the events a call causes overtake its answer, as Slack's sometimes do. */
  setEventsFirst(areFirst: boolean): void;
  /** Keeps events back, then delivers them in the order wanted. */
  hold(): void;
  release(order: 'in_order' | 'reversed'): Promise<void>;
  /** Sends any other event (`app_uninstalled`, `tokens_revoked`). */
  emit(event: Fields): Promise<void>;
  /** Members laid over event envelopes and interaction payloads: Slack Connect, org-wide installs. */
  pretend(extra: { readonly envelope?: Fields; readonly interaction?: Fields }): void;
  /** Open Socket Mode connections. */
  readonly sockets: number;
  disconnectSockets(reason: DisconnectReason): void;
  /** Resolves when nothing is on its way to us; tries that wait for the clock do not count. */
  idle(): Promise<void>;
}

/** The id a screen names a view by. */
const VIEW_ID = /^view:(.+)$/;

/** A local Slack with one workspace and one app. Mount `handle` and `handleUpgrade` at `publicBase`. */
export function createSlackEmulator(options: SlackOptions): SlackEmulator {
  return new LocalSlack(options);
}

class LocalSlack implements SlackEmulator {
  readonly platform = 'slack' as const;
  readonly #core: SlackCore;
  readonly #api: SlackApi;
  readonly #doors: SideDoors;
  readonly #http: HttpTransport | undefined;
  readonly #faults = new FaultBook('slack');
  readonly #journal: Journal;
  readonly #interactions: Interactions;
  readonly #closing = new AbortController();

  constructor(options: SlackOptions) {
    const workspace = new Workspace(options);
    const limits = slackLimits(options.limits);
    const deadlineMs = Math.min(options.deadlineMs ?? 3000, 3000);
    this.#journal = new Journal('slack', workspace.clock);
    const sockets = new SocketTransport({
      workspace,
      deadlineMs,
      maxSockets: limits.sockets,
      pingIntervalMs: options.pingIntervalMs ?? 10_000,
    });
    const { eventsUrl: url, signingSecret } = options;
    const realTime = options.realTime ?? systemClock;
    this.#http =
      url === undefined
        ? undefined
        : new HttpTransport({
            url,
            signingSecret,
            deadlineMs,
            realTime,
            journal: this.#journal,
            signal: this.#closing.signal,
          });
    const transport = this.#http ?? sockets;
    const deliveries = new Deliveries({
      workspace,
      transport,
      journal: this.#journal,
      faults: this.#faults,
      eventsPerHour: limits.eventsPerHour,
    });
    this.#core = new SlackCore(options, { workspace, deliveries, sockets });
    const { botToken, appToken } = options;
    this.#api = new SlackApi({ core: this.#core, journal: this.#journal, faults: this.#faults, botToken, appToken });
    this.#doors = new SideDoors({ core: this.#core, journal: this.#journal, faults: this.#faults, botToken });
    this.#interactions = new Interactions(this.#core);
  }

  get journal(): readonly JournalEntry[] {
    return this.#journal.entries;
  }

  get sockets(): number {
    return this.#core.sockets.size;
  }

  async handle(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    try {
      await this.#serve(request, response, path);
    } catch {
      // A caller that went away in the middle of its body, or a path that cannot be decoded.
      sendAnswer(response, { status: 500, body: '' });
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const { pathname, query } = splitPath(path);
    const method = /^\/api\/([A-Za-z0-9.]+)$/.exec(pathname)?.[1];
    if (method !== undefined) await this.#api.handle(request, response, method, query);
    else await this.#doors.handle(request, response, pathname);
  }

  handleUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer, path: string): void {
    this.#core.sockets.accept(request, stream, head, splitPath(path).query);
  }

  async setNow(now: Date): Promise<void> {
    await this.#core.workspace.clock.set(now);
    await this.idle();
  }

  addFault(fault: Fault): void {
    this.#faults.add(fault);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  exportState(): unknown {
    return this.#core.exportState();
  }

  importState(state: unknown): void {
    if (isSlackState(state)) this.#core.importState(state);
  }

  people(): readonly Person[] {
    return [...this.#core.workspace.users.values()].filter(({ id }) => id !== this.#core.workspace.botUserId);
  }

  addPerson(person: SlackPerson): void {
    const known = this.#core.workspace.users.get(person.id);
    this.#core.workspace.users.set(person.id, { ...known, ...person });
  }

  deactivate(personId: string): void {
    this.addPerson({ ...this.#core.user(personId), deleted: true });
  }

  archive(channelId: string): void {
    this.#conversation(channelId).isArchived = true;
  }

  invite(channelId: string, userId: string): void {
    this.#conversation(channelId).members.add(userId);
  }

  screen(personId: string): Screen {
    return {
      person: this.#core.user(personId),
      messages: screenMessages(this.#core, personId),
      toasts: this.#core.toasts(personId).map(({ at, text }) => ({ at, text: shownText(text) })),
    };
  }

  async say(personId: string, text: string): Promise<void> {
    await this.#post(this.#core.workspace.directWith(personId), personId, { text });
  }

  async sayIn(channelId: string, personId: string, text: string, threadTs?: string): Promise<void> {
    await this.#post(this.#conversation(channelId), personId, { text, threadTs });
  }

  async sendFile(
    personId: string,
    file: { readonly name: string; readonly mime: string; readonly bytes: Buffer },
    caption = '',
  ): Promise<void> {
    const { workspace, feed } = this.#core;
    const conversation = workspace.directWith(personId);
    const kept: SlackFile = {
      ...file,
      id: workspace.nextId('F'),
      user: personId,
      title: file.name,
      created: workspace.seconds(),
      announced: file.bytes.length,
      state: 'complete',
      shares: new Map(),
    };
    workspace.files.set(kept.id, kept);
    const draft = { user: personId, fromBot: false, text: typedText(caption), files: [kept] };
    const message = workspace.append(conversation, draft);
    kept.shares.set(conversation.id, message.ts);
    await Promise.all([feed.posted(conversation, message), feed.fileShared(conversation, kept)]);
  }

  async tap(personId: string, messageId: string, key: string, selected: Selected = {}): Promise<void> {
    const viewId = VIEW_ID.exec(messageId)?.[1];
    if (viewId !== undefined) await this.#tapView(personId, viewId, key, selected);
    else await this.#interactions.pressMessage(personId, this.#message(personId, messageId), key, selected);
  }

  async edit(personId: string, messageId: string, text: string): Promise<void> {
    const { workspace, feed } = this.#core;
    const message = this.#ownMessage(personId, messageId);
    const previous = messageObject(workspace, message, 'none');
    message.text = typedText(text);
    message.editedTs = workspace.nextTs();
    await feed.changed(workspace.conversation(message.channel), message, previous);
  }

  async remove(personId: string, messageId: string): Promise<void> {
    const { workspace, feed } = this.#core;
    const message = this.#ownMessage(personId, messageId);
    message.isDeleted = true;
    await feed.deleted(workspace.conversation(message.channel), message);
  }

  slash(personId: string, command: string, text: string, channelId?: string): Promise<void> {
    return this.#interactions.slash(personId, command, text, channelId);
  }

  async openHome(personId: string): Promise<void> {
    const home = this.#core.views.home(personId);
    await this.#core.feed.homeOpened(personId, 'home', home === undefined ? undefined : this.#core.views.object(home));
  }

  closeView(personId: string, isWholeStack: boolean): Promise<void> {
    return this.#interactions.dismiss(personId, isWholeStack);
  }

  setSigning(signing: Partial<Signing>): void {
    if (this.#http !== undefined) this.#http.signing = { ...this.#http.signing, ...signing };
  }

  async verifyEventsUrl(): Promise<boolean> {
    return (await this.#http?.verify()) === true;
  }

  async sslCheck(): Promise<number> {
    return (await this.#http?.sslCheck()) ?? 0;
  }

  setTokenFault(fault: TokenFault | undefined): void {
    this.#api.tokenFault = fault;
  }

  setEventsFirst(areFirst: boolean): void {
    this.#api.areEventsFirst = areFirst;
  }

  hold(): void {
    this.#core.deliveries.hold();
  }

  release(order: 'in_order' | 'reversed'): Promise<void> {
    return this.#core.deliveries.release(order);
  }

  emit(event: Fields): Promise<void> {
    return this.#core.feed.other(event);
  }

  pretend({ envelope = {}, interaction = {} }: { readonly envelope?: Fields; readonly interaction?: Fields }): void {
    this.#core.feed.envelopeExtra = envelope;
    this.#core.interactionExtra = interaction;
  }

  disconnectSockets(reason: DisconnectReason): void {
    this.#core.sockets.disconnect(reason);
  }

  idle(): Promise<void> {
    return this.#core.deliveries.idle();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#core.workspace.clock.close();
    this.#core.sockets.close();
    await this.idle();
  }

  async #post(
    conversation: Conversation,
    personId: string,
    said: { text: string; threadTs?: string | undefined },
  ): Promise<void> {
    const { workspace, feed } = this.#core;
    this.#core.user(personId);
    const message = workspace.append(conversation, {
      user: personId,
      fromBot: false,
      text: typedText(said.text),
      threadTs: said.threadTs,
      clientMsgId: workspace.nextId('client-msg-'),
    });
    await feed.posted(conversation, message);
  }

  async #tapView(personId: string, viewId: string, key: string, selected: Selected): Promise<void> {
    const view = this.#core.views.find(viewId);
    if (view === undefined || view.userId !== personId) throw new Error(`no view ${viewId} on this screen`);
    if (key === 'submit') await this.#interactions.submit(personId, view, selected);
    else if (key === 'close') await this.#interactions.dismiss(personId, false);
    else await this.#interactions.pressView(personId, view, key, selected);
  }

  #conversation(id: string): Conversation {
    const found = this.#core.workspace.conversations.get(id);
    if (found === undefined) throw new Error(`no conversation ${id}`);
    return found;
  }

  /** A message anywhere the person can see. */
  #message(personId: string, ts: string): SlackMessage {
    const places = this.#core.workspace.conversationsOf(personId);
    const found = places.flatMap((place) => place.messages).find((message) => message.ts === ts && !message.isDeleted);
    if (found === undefined) throw new Error(`no message ${ts} on this screen`);
    return found;
  }

  #ownMessage(personId: string, ts: string): SlackMessage {
    const message = this.#message(personId, ts);
    if (message.user !== personId) throw new Error('people can change their own messages only');
    return message;
  }
}

/** Only a state this very format wrote is taken. */
function isSlackState(state: unknown): state is SlackState {
  return isFields(state) && state['format'] === 'slack 1';
}
