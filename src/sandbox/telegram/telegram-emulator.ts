/**
 * A local Telegram: Bot API, updates by webhook or long polling, files, and the people who chat with the bot. It keeps
 * Telegram's rules so that what works here works there; it imports nothing from `channels/`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Emulator, Fault, JournalEntry, Person, Screen } from '../emulator.ts';
import { FaultBook } from '../kernel/faults.ts';
import { sendAnswer, splitPath } from '../kernel/http.ts';
import { Journal } from '../kernel/journal.ts';
import { TelegramApi } from './api.ts';
import { isFields } from '../kernel/values.ts';
import { TelegramCore, type TelegramState } from './core.ts';
import { Hands, type PhoneFile } from './hands.ts';
import { signLaunchData } from './launch-data.ts';
import { Polling } from './polling.ts';
import { screenMessages, START_ID } from './screen.ts';
import type { Chat, ChatMessage, MemberStatus, TelegramOptions, TelegramPerson } from './types.ts';
import { UpdateLog } from './updates.ts';
import { Webhook } from './webhook.ts';
import { World } from './world.ts';

/** Telegram's own hands and switches beside what every emulator offers. */
export interface TelegramEmulator extends Emulator {
  readonly platform: 'telegram';
  addPerson(person: TelegramPerson): void;
  /** A talk that was started before our bot began to listen: it is open, and nobody is told. */
  open(personId: string): void;
  /** Presses Start, by a deep link with a payload of 1 to 64 of `A-Za-z0-9_-`. */
  start(personId: string, payload?: string): Promise<void>;
  /** Shares a phone number: the own one, or another's from the address book. */
  shareContact(personId: string, phone: string, own: boolean, otherUserId?: string): Promise<void>;
  /** Sends a picture as file (name and quality kept) instead of as photo. */
  sendDocument(personId: string, file: PhoneFile, caption?: string): Promise<void>;
  sendAlbum(personId: string, files: readonly PhoneFile[], caption?: string): Promise<void>;
  block(personId: string): Promise<void>;
  unblock(personId: string): Promise<void>;
  /** The account is gone: sends give 403 from now on. */
  deactivate(personId: string): void;
  /** Callback queries of the person that still spin. */
  spinning(personId: string): readonly string[];
  addGroup(group: {
    readonly id: number;
    readonly title: string;
    readonly members: readonly string[];
    readonly botStatus?: MemberStatus;
  }): void;
  sayIn(chatId: number, personId: string, text: string, replyTo?: number): Promise<void>;
  setBotStatus(chatId: number, byPersonId: string, status: MemberStatus): Promise<void>;
  setMemberStatus(chatId: number, personId: string, status: MemberStatus): Promise<void>;
  migrate(chatId: number, newId: number): Promise<void>;
  /** The bot token stops working, or works again. */
  setRevoked(isRevoked: boolean): void;
  /** The person's Mini App launch data, signed now. */
  launchData(personId: string, startParam?: string): string;
  /** Delivers what is due; resolves when nothing is on its way to us. */
  idle(): Promise<void>;
}

/** A local Telegram with one bot. Mount `handle` at `publicBase`; deliveries go where `setWebhook` says. */
export function createTelegramEmulator(options: TelegramOptions): TelegramEmulator {
  return new LocalTelegram(options);
}

/** What an endpoint of ours is given, in real milliseconds. */
const WEBHOOK_MS = 60_000;

class LocalTelegram implements TelegramEmulator {
  readonly platform = 'telegram' as const;
  readonly #core: TelegramCore;
  readonly #api: TelegramApi;
  readonly #hands: Hands;
  readonly #faults = new FaultBook('telegram');
  readonly #journal: Journal;
  readonly #closing = new AbortController();

  constructor(options: TelegramOptions) {
    const world = new World(options);
    this.#journal = new Journal('telegram', world.clock);
    const updates = new UpdateLog(world, options.firstUpdateId ?? 100_000_001);
    const polling = new Polling(updates, options.pollSecondMs ?? 1000);
    this.#api = new TelegramApi({ journal: this.#journal, faults: this.#faults, core: () => this.#core });
    const webhook = new Webhook({
      world,
      updates,
      journal: this.#journal,
      faults: this.#faults,
      timeoutMs: WEBHOOK_MS,
      signal: this.#closing.signal,
      execute: (method, fields) => this.#api.execute(method, fields),
    });
    this.#core = new TelegramCore(options, { world, updates, webhook, polling });
    this.#hands = new Hands(this.#core);
  }

  get journal(): readonly JournalEntry[] {
    return this.#journal.entries;
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
    const call = /^\/bot([^/]+)\/([A-Za-z0-9_]+)$/.exec(pathname);
    const file = /^\/file\/bot([^/]+)\/(.+)$/.exec(pathname);
    if (call !== null)
      await this.#api.handle(request, response, {
        token: decodeURIComponent(call[1] ?? ''),
        name: call[2] ?? '',
        query,
      });
    else if (file !== null) await this.#api.download(response, decodeURIComponent(file[1] ?? ''), file[2] ?? '');
    else this.#api.notFound(response);
  }

  async setNow(now: Date): Promise<void> {
    await this.#core.world.clock.set(now);
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
    if (isTelegramState(state)) this.#core.importState(state);
  }

  people(): readonly Person[] {
    return [...this.#core.world.people.values()];
  }

  addPerson(person: TelegramPerson): void {
    this.#core.world.addPerson(person);
  }

  screen(personId: string): Screen {
    const person = this.#hands.person(personId);
    const toasts = this.#core.toasts(Number(personId)).map(({ at, text }) => ({ at, text }));
    return { person, messages: screenMessages(this.#core, person), toasts };
  }

  open(personId: string): void {
    const id = Number(this.#hands.person(personId).id);
    if (!this.#core.world.chats.has(id)) this.#core.world.openChat(id, 'private');
  }

  start(personId: string, payload?: string): Promise<void> {
    return this.#hands.start(personId, payload);
  }

  say(personId: string, text: string): Promise<void> {
    return this.#hands.say(personId, text);
  }

  sendFile(personId: string, file: PhoneFile, caption?: string): Promise<void> {
    return this.#hands.sendFile(personId, file, { caption });
  }

  sendDocument(personId: string, file: PhoneFile, caption?: string): Promise<void> {
    return this.#hands.sendFile(personId, file, { caption, asDocument: true });
  }

  sendAlbum(personId: string, files: readonly PhoneFile[], caption?: string): Promise<void> {
    return this.#hands.sendAlbum(personId, files, caption);
  }

  shareContact(personId: string, phone: string, own: boolean, otherUserId?: string): Promise<void> {
    return this.#hands.shareContact(personId, phone, own, otherUserId);
  }

  async tap(personId: string, messageId: string, key: string): Promise<void> {
    if (messageId === START_ID) {
      await this.start(personId);
      return;
    }
    const { chat, message } = this.#find(personId, messageId);
    await this.#hands.tap(personId, chat, message, key);
  }

  async edit(personId: string, messageId: string, text: string): Promise<void> {
    const { chat, message } = this.#find(personId, messageId);
    if (message.fromId !== Number(personId)) throw new Error('people can change their own messages only');
    await this.#hands.edit(personId, chat, message, text);
  }

  /** Takes a message back on the screen; the Bot API tells bots nothing of it. */
  remove(personId: string, messageId: string): Promise<void> {
    this.#find(personId, messageId).message.isDeleted = true;
    return Promise.resolve();
  }

  block(personId: string): Promise<void> {
    return this.#hands.block(personId);
  }

  unblock(personId: string): Promise<void> {
    return this.#hands.unblock(personId);
  }

  deactivate(personId: string): void {
    this.#core.world.deactivated.add(Number(personId));
  }

  spinning(personId: string): readonly string[] {
    return [...this.#core.queries.values()]
      .filter((query) => query.userId === Number(personId) && !query.isAnswered)
      .map(({ id }) => id);
  }

  addGroup(group: {
    readonly id: number;
    readonly title: string;
    readonly members: readonly string[];
    readonly botStatus?: MemberStatus;
  }): void {
    const chat = this.#core.world.openChat(
      group.id,
      String(group.id).startsWith('-100') ? 'supergroup' : 'group',
      group.title,
    );
    chat.botStatus = group.botStatus ?? 'member';
    for (const id of group.members) chat.members.set(Number(id), 'member');
  }

  sayIn(chatId: number, personId: string, text: string, replyTo?: number): Promise<void> {
    return this.#hands.sayIn(chatId, personId, text, replyTo);
  }

  setBotStatus(chatId: number, byPersonId: string, status: MemberStatus): Promise<void> {
    return this.#hands.setBotStatus(this.#chat(chatId), byPersonId, status);
  }

  setMemberStatus(chatId: number, personId: string, status: MemberStatus): Promise<void> {
    return this.#hands.setMemberStatus(this.#chat(chatId), personId, status);
  }

  migrate(chatId: number, newId: number): Promise<void> {
    return this.#hands.migrate(chatId, newId);
  }

  setRevoked(isRevoked: boolean): void {
    this.#api.isRevoked = isRevoked;
  }

  launchData(personId: string, startParam?: string): string {
    const { world, token } = this.#core;
    const { is_bot: _bot, ...user } = world.user(Number(personId));
    const fields = {
      auth_date: String(world.seconds()),
      query_id: `AAH${personId}`,
      user: JSON.stringify(user),
      signature: 'c2FuZGJveA',
    };
    return signLaunchData(token, startParam === undefined ? fields : { ...fields, start_param: startParam });
  }

  idle(): Promise<void> {
    return this.#core.webhook.pump();
  }

  async close(): Promise<void> {
    this.#core.webhook.stop();
    this.#closing.abort();
    this.#core.polling.end('closed');
    await this.idle();
    this.#core.world.clock.close();
  }

  #chat(chatId: number): Chat {
    const chat = this.#core.world.chats.get(chatId);
    if (chat === undefined) throw new Error(`no chat ${chatId}`);
    return chat;
  }

  /** A message by its screen id. @throws Error when there is none. */
  #find(personId: string, screenId: string): { chat: Chat; message: ChatMessage } {
    const [first = '', second] = screenId.split(':');
    const chat = second === undefined ? this.#hands.privateChat(personId) : this.#chat(Number(first));
    const message = chat.messages.get(Number(second ?? first));
    if (message === undefined) throw new Error(`no message ${screenId} on this screen`);
    return { chat, message };
  }
}

/** Only a state this very format wrote is taken. */
function isTelegramState(state: unknown): state is TelegramState {
  return isFields(state) && state['format'] === 'telegram 1';
}
