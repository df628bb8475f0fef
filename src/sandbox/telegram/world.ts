/** People, chats, messages and files of the Telegram look-alike. */
import { createHash } from 'node:crypto';
import { VirtualClock } from '../kernel/clock.ts';
import { compact, type Fields, refill } from '../kernel/values.ts';
import type { Chat, ChatMessage, ChatType, StoredFile, TelegramOptions, TelegramPerson } from './types.ts';

/** What a new message is made of. */
export interface MessageDraft {
  readonly fromId: number;
  readonly body: Fields;
  readonly markup?: Fields | undefined;
  readonly keyboard?: Fields | undefined;
  readonly replyTo?: number | undefined;
  readonly file?: StoredFile | undefined;
}

/** A kill may come before the last messages were written down: their ids must not be given to others. */
const SKIPPED_IDS = 100;

/** What the world remembers over a restart. */
export interface WorldState {
  readonly people: ReadonlyMap<number, TelegramPerson>;
  readonly deactivated: ReadonlySet<number>;
  readonly chats: ReadonlyMap<number, Chat>;
  readonly files: ReadonlyMap<string, StoredFile>;
  readonly counter: number;
}

/** The one world of a look-alike. */
export class World {
  readonly clock: VirtualClock;
  readonly botId: number;
  readonly username: string;
  readonly people = new Map<number, TelegramPerson>();
  readonly deactivated = new Set<number>();
  readonly chats = new Map<number, Chat>();
  readonly files = new Map<string, StoredFile>();
  #counter = 0;

  constructor(options: TelegramOptions) {
    this.clock = new VirtualClock(options.now, options.wall);
    this.botId = Number(options.botId);
    this.username = options.username;
    for (const person of options.people) this.addPerson(person);
  }

  exportState(): WorldState {
    const { people, deactivated, chats, files } = this;
    return { people, deactivated, chats, files, counter: this.#counter };
  }

  importState(state: WorldState): void {
    // Who was added or corrected since wins over what is remembered.
    for (const [id, person] of state.people) this.people.set(id, { ...person, ...this.people.get(id) });
    refill(this.chats, state.chats);
    refill(this.files, state.files);
    for (const id of state.deactivated) this.deactivated.add(id);
    for (const chat of this.chats.values()) chat.lastMessageId += SKIPPED_IDS;
    this.#counter = state.counter + SKIPPED_IDS;
  }

  /** Adds somebody, or corrects what is known of them. */
  addPerson(person: TelegramPerson): void {
    const id = Number(person.id);
    this.people.set(id, { ...this.people.get(id), ...person });
  }

  /** The clock in whole seconds. */
  seconds(): number {
    return Math.floor(this.clock.now().getTime() / 1000);
  }

  /** A number that was not given before. */
  nextNumber(): number {
    this.#counter += 1;
    return this.#counter;
  }

  /** Opens a chat; a private one has the user's id. */
  openChat(id: number, type: ChatType, title?: string): Chat {
    const chat: Chat = {
      id,
      type,
      title,
      userId: type === 'private' ? id : undefined,
      messages: new Map(),
      lastMessageId: 0,
      botStatus: 'member',
      members: new Map(),
      keyboard: undefined,
      migratedTo: undefined,
    };
    this.chats.set(id, chat);
    return chat;
  }

  /** Puts a message into a chat; ids count per chat, so that nobody takes them for globally unique. */
  append(chat: Chat, draft: MessageDraft): ChatMessage {
    chat.lastMessageId += 1;
    const message: ChatMessage = {
      id: chat.lastMessageId,
      chatId: chat.id,
      fromId: draft.fromId,
      date: this.seconds(),
      body: draft.body,
      markup: draft.markup,
      olderMarkups: [],
      keyboard: draft.keyboard,
      replyTo: draft.replyTo,
      editDate: undefined,
      isDeleted: false,
      file: draft.file,
    };
    chat.messages.set(message.id, message);
    return message;
  }

  /** Keeps a file: a fresh `file_id`, and a `file_unique_id` that depends on the content alone. */
  keepFile(
    kind: StoredFile['kind'],
    bytes: Buffer,
    claims: { readonly name?: string; readonly mime?: string } = {},
  ): StoredFile {
    const digest = createHash('sha256').update(bytes).digest();
    const prefix = { photo: 'AgACAgUAAxk', document: 'BQACAgUAAxk', voice: 'AwACAgUAAxk', video: 'BAACAgUAAxk' }[kind];
    const mark = createHash('sha256').update(`${this.botId} ${this.nextNumber()}`).digest('base64url').slice(0, 40);
    const file: StoredFile = {
      id: `${prefix}${mark}`,
      uniqueId: digest.toString('base64url').slice(0, 15),
      bytes,
      name: claims.name,
      mime: claims.mime,
      kind,
      link: undefined,
    };
    this.files.set(file.id, file);
    return file;
  }

  /** A User object. */
  user(id: number): Fields {
    if (id === this.botId) return { id, is_bot: true, first_name: 'Daiban', username: this.username };
    const person = this.people.get(id);
    return compact({
      id,
      is_bot: false,
      first_name: person?.name ?? '',
      last_name: person?.lastName,
      username: person?.username,
      language_code: person?.languageCode ?? 'zh-hans',
    });
  }

  /** A Chat object. */
  chatObject(chat: Chat): Fields {
    if (chat.userId === undefined) return compact({ id: chat.id, title: chat.title, type: chat.type });
    const person = this.people.get(chat.userId);
    return compact({
      id: chat.id,
      first_name: person?.name,
      last_name: person?.lastName,
      username: person?.username,
      type: 'private',
    });
  }

  /** A Message object. */
  messageObject(chat: Chat, message: ChatMessage, withReply = true): Fields {
    const replied = message.replyTo === undefined ? undefined : chat.messages.get(message.replyTo);
    return compact({
      message_id: message.id,
      from: this.user(message.fromId),
      chat: this.chatObject(chat),
      date: message.date,
      edit_date: message.editDate,
      reply_to_message: withReply && replied !== undefined ? this.messageObject(chat, replied, false) : undefined,
      ...message.body,
      reply_markup: message.markup,
    });
  }
}
