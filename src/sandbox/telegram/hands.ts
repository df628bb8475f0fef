/** What people do in their Telegram: start, write, send, press, share, edit, block. Each act becomes an update for us. */
import { compact, type Fields, wordOf } from '../kernel/values.ts';
import { entityObject } from './content.ts';
import type { TelegramCore } from './core.ts';
import { withFound } from './entities.ts';
import { FILE_MEMBERS } from './files.ts';
import { inlineButtons, replyButtons } from './keyboards.ts';
import type { Chat, ChatMessage, MemberStatus, StoredFile, TelegramPerson } from './types.ts';
import type { UpdateDraft } from './updates.ts';

/** A file as a person has it on the phone. */
export interface PhoneFile {
  readonly name: string;
  readonly mime: string;
  readonly bytes: Buffer;
}

const MAX_TEXT = 4096;
const INACCESSIBLE_DATE = 0;

/** The hands of all people. */
export class Hands {
  readonly #core: TelegramCore;

  constructor(core: TelegramCore) {
    this.#core = core;
  }

  /** @throws Error for somebody who has no Telegram here. */
  person(personId: string): TelegramPerson {
    const person = this.#core.world.people.get(Number(personId));
    if (person === undefined) throw new Error(`no person ${personId}`);
    return person;
  }

  /** The talk with the bot. @throws Error before Start was pressed. */
  privateChat(personId: string): Chat {
    const chat = this.#core.world.chats.get(Number(personId));
    if (chat === undefined) throw new Error(`${personId} has not pressed Start`);
    return chat;
  }

  /** Presses Start, with the payload of a deep link if there is one. @throws Error for a payload Telegram refuses. */
  async start(personId: string, payload?: string): Promise<void> {
    if (payload !== undefined && !/^[A-Za-z0-9_-]{1,64}$/.test(payload))
      throw new Error('a start payload has 1 to 64 of A-Za-z0-9_-');
    await this.say(personId, payload === undefined ? '/start' : `/start ${payload}`);
  }

  /** Writes to the bot; `/start`, whatever is typed behind it, opens the talk; a long text goes as several messages. */
  async say(personId: string, text: string): Promise<void> {
    const typed = text.trim();
    const { world } = this.#core;
    const id = Number(this.person(personId).id);
    if (/^\/start(?:\s|$)/.test(typed) && !world.chats.has(id)) world.openChat(id, 'private');
    const chat = await this.#openChat(personId);
    for (let at = 0; at < typed.length; at += MAX_TEXT)
      await this.#write(chat, Number(personId), typed.slice(at, at + MAX_TEXT));
  }

  /** Writes in a group; with privacy on the bot hears commands, mentions and replies to itself only. */
  async sayIn(chatId: number, personId: string, text: string, replyTo?: number): Promise<void> {
    const chat = this.#chat(chatId);
    await this.#write(chat, Number(personId), text, replyTo);
  }

  /** A picture goes as photo and a film as video (unless `asDocument`), audio/ogg as voice, anything else as document. */
  async sendFile(
    personId: string,
    file: PhoneFile,
    how: { readonly caption?: string | undefined; readonly asDocument?: boolean; readonly group?: string } = {},
  ): Promise<void> {
    const chat = await this.#openChat(personId);
    const kind = kindOf(file, how.asDocument === true);
    const stored = this.#core.world.keepFile(
      kind,
      file.bytes,
      kind === 'photo' ? {} : { name: file.name, mime: file.mime },
    );
    const member = FILE_MEMBERS[kind](this.#core.world, stored);
    const caption = how.caption === undefined || how.caption === '' ? {} : { caption: how.caption };
    const group = how.group === undefined ? {} : { media_group_id: how.group };
    await this.#post(chat, Number(personId), { ...group, ...member, ...caption }, { file: stored });
  }

  /** Several files as one album: one message each, one `media_group_id`, the caption on the first. */
  async sendAlbum(personId: string, files: readonly PhoneFile[], caption?: string): Promise<void> {
    const group = `1${String(this.#core.world.nextNumber()).padStart(16, '0')}`;
    for (const [at, file] of files.entries()) {
      await this.sendFile(personId, file, { group, ...(at === 0 && caption !== undefined ? { caption } : {}) });
    }
  }

  /** Shares a phone: the person's own (with `user_id`) or somebody else's from the address book (without). */
  async shareContact(personId: string, phone: string, own: boolean, otherUserId?: string): Promise<void> {
    const chat = await this.#openChat(personId);
    const userId = own ? Number(personId) : otherUserId === undefined ? undefined : Number(otherUserId);
    const contact = compact({
      phone_number: phone,
      first_name: own ? this.person(personId).name : '联系人',
      user_id: userId,
    });
    if (chat.keyboard?.['one_time_keyboard'] === true) chat.keyboard = undefined;
    await this.#post(chat, Number(personId), { contact });
  }

  /** Presses an inline button (by callback data or label) or one of the reply keyboard (by label). */
  async tap(personId: string, chat: Chat, message: ChatMessage, key: string): Promise<void> {
    const inline = [message.markup, ...message.olderMarkups.toReversed()]
      .flatMap(inlineButtons)
      .find((button) => isNamed(button, key));
    if (inline !== undefined) {
      if (inline['callback_data'] !== undefined)
        await this.#press(Number(personId), chat, message, wordOf(inline['callback_data']));
      return;
    }
    const reply = replyButtons(chat.keyboard).find((button) => button['text'] === key);
    if (reply === undefined) throw new Error(`nothing on this screen is called ${key}`);
    if (reply['request_contact'] === true) await this.shareContact(personId, this.#ownPhone(personId), true);
    else await this.#answerByKeyboard(chat, personId, key);
  }

  /** Changes an own message; people can not take messages back from the bot's side, so there is no deletion update. */
  async edit(personId: string, chat: Chat, message: ChatMessage, text: string): Promise<void> {
    const name = message.body['caption'] === undefined && message.file === undefined ? 'text' : 'caption';
    const { [name]: _old, entities: _entities, ...rest } = message.body;
    message.body = { ...rest, ...this.#typed(text, name) };
    message.editDate = this.#core.world.seconds();
    const body = this.#core.world.messageObject(chat, message);
    await this.#deliver({ type: 'edited_message', body, queue: `chat ${chat.id}` });
  }

  async block(personId: string): Promise<void> {
    await this.setBotStatus(this.privateChat(personId), personId, 'kicked');
  }

  async unblock(personId: string): Promise<void> {
    await this.setBotStatus(this.privateChat(personId), personId, 'member');
  }

  /** Changes the bot's own standing in a chat; told as `my_chat_member`. */
  async setBotStatus(chat: Chat, byPersonId: string, status: MemberStatus): Promise<void> {
    if (chat.botStatus === status) return;
    const old = chat.botStatus;
    chat.botStatus = status;
    const body = this.#membership(chat, Number(byPersonId), this.#core.world.botId, [old, status]);
    await this.#deliver({ type: 'my_chat_member', body, queue: `my ${chat.id}` });
  }

  /** Changes somebody's standing in a group; told only to a bot that is administrator there (and asked for it). */
  async setMemberStatus(chat: Chat, personId: string, status: MemberStatus): Promise<void> {
    const id = Number(personId);
    const old = chat.members.get(id) ?? 'left';
    chat.members.set(id, status);
    if (chat.botStatus !== 'administrator') return;
    const body = this.#membership(chat, id, id, [old, status]);
    await this.#deliver({ type: 'chat_member', body, queue: `member ${id}` });
  }

  /** Turns a group into a supergroup: a service message in each, the old id is good for nothing but its new name. */
  async migrate(chatId: number, newId: number): Promise<void> {
    const old = this.#chat(chatId);
    const fresh = this.#core.world.openChat(newId, 'supergroup', old.title);
    for (const [id, status] of old.members) fresh.members.set(id, status);
    const [someone] = old.members.keys();
    await this.#post(old, someone ?? newId, { migrate_to_chat_id: newId }, { isService: true });
    old.migratedTo = newId;
    await this.#post(fresh, someone ?? newId, { migrate_from_chat_id: chatId }, { isService: true });
  }

  #membership(
    chat: Chat,
    fromId: number,
    userId: number,
    [old, status]: readonly [MemberStatus, MemberStatus],
  ): Fields {
    const { world } = this.#core;
    const member = (one: MemberStatus) => ({
      user: world.user(userId),
      status: one,
      ...(one === 'kicked' ? { until_date: 0 } : {}),
    });
    return {
      chat: world.chatObject(chat),
      from: world.user(fromId),
      date: world.seconds(),
      old_chat_member: member(old),
      new_chat_member: member(status),
    };
  }

  async #openChat(personId: string): Promise<Chat> {
    const chat = this.privateChat(personId);
    if (chat.botStatus === 'kicked') await this.unblock(personId);
    return chat;
  }

  async #answerByKeyboard(chat: Chat, personId: string, text: string): Promise<void> {
    if (chat.keyboard?.['one_time_keyboard'] === true) chat.keyboard = undefined;
    await this.#write(chat, Number(personId), text);
  }

  #write(chat: Chat, fromId: number, text: string, replyTo?: number): Promise<void> {
    return this.#post(chat, fromId, this.#typed(text, 'text'), replyTo === undefined ? {} : { replyTo });
  }

  /** `text` (or `caption`) with the entities found in it. */
  #typed(text: string, name: 'text' | 'caption'): Fields {
    const { entities } = withFound({ text, entities: [] });
    if (entities.length === 0) return { [name]: text };
    const list = entities.map((entity) => entityObject(this.#core.world, entity));
    return { [name]: text, [name === 'text' ? 'entities' : 'caption_entities']: list };
  }

  async #post(
    chat: Chat,
    fromId: number,
    body: Fields,
    how: { file?: StoredFile; replyTo?: number; isService?: boolean } = {},
  ): Promise<void> {
    const { world } = this.#core;
    const message = world.append(chat, { fromId, body, file: how.file, replyTo: how.replyTo });
    if (how.isService !== true && !this.#isHeard(chat, message)) return;
    await this.#deliver({ type: 'message', body: world.messageObject(chat, message), queue: `chat ${chat.id}` });
  }

  /** Privacy mode: in a group the bot hears what is meant for it, an administrator hears everything. */
  #isHeard(chat: Chat, message: ChatMessage): boolean {
    if (chat.botStatus === 'kicked' || chat.botStatus === 'left') return false;
    if (chat.userId !== undefined || chat.botStatus === 'administrator') return true;
    const text = wordOf(message.body['text']);
    const replied = message.replyTo === undefined ? undefined : chat.messages.get(message.replyTo);
    const { username, botId } = this.#core.world;
    const addressee = /^\/\w+@(\w+)/.exec(text)?.[1] ?? username;
    const isCommand = text.startsWith('/') && addressee.toLowerCase() === username.toLowerCase();
    return isCommand || text.includes(`@${username}`) || replied?.fromId === botId;
  }

  async #press(userId: number, chat: Chat, message: ChatMessage, data: string): Promise<void> {
    const { world } = this.#core;
    const id = String(BigInt(userId) * 4_294_967n + BigInt(world.nextNumber()));
    this.#core.queries.set(id, { id, userId, pressedAt: world.clock.now().getTime(), isAnswered: false });
    const shown = message.isDeleted
      ? { chat: world.chatObject(chat), message_id: message.id, date: INACCESSIBLE_DATE }
      : world.messageObject(chat, message);
    const body = { id, from: world.user(userId), message: shown, chat_instance: String(chat.id * 31), data };
    await this.#deliver({ type: 'callback_query', body, queue: `user ${userId}` });
  }

  /** Queues the update and waits until it was delivered, dropped, or has to wait for the clock or for one before it. */
  async #deliver(draft: UpdateDraft): Promise<void> {
    const update = this.#core.updates.add(draft);
    if (update === undefined) return;
    this.#core.polling.wake();
    const isResting = new Promise<void>((resolve) => {
      update.rest = resolve;
    });
    if (this.#core.webhook.settings !== undefined) await Promise.race([isResting, this.#core.webhook.pump()]);
  }

  #chat(chatId: number): Chat {
    const chat = this.#core.world.chats.get(chatId);
    if (chat === undefined) throw new Error(`no chat ${chatId}`);
    return chat;
  }

  #ownPhone(personId: string): string {
    const { phone } = this.person(personId);
    if (phone === undefined) throw new Error(`${personId} has no phone number to share`);
    return phone;
  }
}

function kindOf(file: PhoneFile, asDocument: boolean): StoredFile['kind'] {
  if (file.mime === 'audio/ogg') return 'voice';
  if (asDocument) return 'document';
  if (file.mime === 'video/mp4') return 'video';
  return /^image\/(?:jpeg|png|webp)$/.test(file.mime) ? 'photo' : 'document';
}

function isNamed(button: Fields, key: string): boolean {
  return button['callback_data'] === key || button['text'] === key || button['url'] === key;
}
