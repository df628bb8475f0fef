/** What the Telegram look-alike is told at its making, and the things it keeps. */
import type { Clock } from '../../lib/clock.ts';
import type { Person } from '../emulator.ts';
import { stricter } from '../kernel/bucket.ts';
import type { Fields } from '../kernel/values.ts';

/** A Telegram user; `id` is a decimal number, often beyond 2^32. */
export interface TelegramPerson extends Person {
  readonly lastName?: string;
  readonly username?: string;
  readonly languageCode?: string;
  /** What "share my phone" gives away; without "+", as Telegram may send it. */
  readonly phone?: string;
}

/** Every number may only be made stricter than Telegram's own. */
export interface TelegramLimits {
  /** Sends to one chat at once before the rate of one a second bites. */
  readonly chatBurst: number;
  /** Sends to one group a minute. */
  readonly groupPerMinute: number;
  /** Sends a second over all chats. */
  readonly perSecond: number;
  /** Seconds in which a callback query can be answered; users report failures from about 15 on. */
  readonly callbackSeconds: number;
}

/** Bot FAQ and observed behaviour; see the protocol reference §2.6 and §2.10. */
const TELEGRAM_LIMITS: TelegramLimits = {
  chatBurst: 20,
  groupPerMinute: 20,
  perSecond: 30,
  callbackSeconds: 15,
};

/** Telegram's numbers, or the wanted ones where those are stricter. */
export function telegramLimits(wanted: Partial<TelegramLimits> = {}): TelegramLimits {
  const { chatBurst, groupPerMinute, perSecond, callbackSeconds } = TELEGRAM_LIMITS;
  return {
    chatBurst: stricter(chatBurst, wanted.chatBurst),
    groupPerMinute: stricter(groupPerMinute, wanted.groupPerMinute),
    perSecond: stricter(perSecond, wanted.perSecond),
    callbackSeconds: stricter(callbackSeconds, wanted.callbackSeconds),
  };
}

/** The bot, its limits and the people around it. */
export interface TelegramOptions {
  readonly token: string;
  readonly botId: string;
  readonly username: string;
  /** Where this look-alike is reached, without a trailing slash. */
  readonly publicBase: string;
  readonly now: Date;
  /** Real time to tick along with; absent = the clock stands still between `setNow` calls. */
  readonly wall?: Clock;
  readonly people: readonly TelegramPerson[];
  /** Lets `setWebhook` take `http://127.0.0.1:<any port>`; Telegram itself wants https on 443, 80, 88 or 8443. */
  readonly allowLoopbackHttp?: boolean;
  /** Real milliseconds that count as one second of a long poll (tests shorten it). */
  readonly pollSecondMs?: number;
  readonly limits?: Partial<TelegramLimits>;
  /** First update id. */
  readonly firstUpdateId?: number;
}

/** Kinds of chats this look-alike has. */
export type ChatType = 'private' | 'group' | 'supergroup';
/** Somebody's standing in a chat. */
export type MemberStatus = 'member' | 'administrator' | 'left' | 'kicked';

/** A chat with its messages; a private one has the id of its user. */
export interface Chat {
  readonly id: number;
  readonly type: ChatType;
  readonly title: string | undefined;
  /** The user of a private chat. */
  readonly userId: number | undefined;
  readonly messages: Map<number, ChatMessage>;
  lastMessageId: number;
  /** The bot's own standing; `kicked` in a private chat = blocked. */
  botStatus: MemberStatus;
  readonly members: Map<number, MemberStatus>;
  /** The reply keyboard that stands under the chat now. */
  keyboard: Fields | undefined;
  /** Set when the group became a supergroup. */
  migratedTo: number | undefined;
}

/** A message as the chat keeps it. */
export interface ChatMessage {
  readonly id: number;
  readonly chatId: number;
  readonly fromId: number;
  /** Unix seconds. */
  readonly date: number;
  /** The members that say what it is: text, photo, caption, contact … */
  body: Fields;
  /** Inline keyboard. */
  markup: Fields | undefined;
  /** Earlier inline keyboards: a client that did not redraw yet can still press them. */
  readonly olderMarkups: Fields[];
  /** The reply keyboard it brought. */
  readonly keyboard: Fields | undefined;
  readonly replyTo: number | undefined;
  editDate: number | undefined;
  isDeleted: boolean;
  readonly file: StoredFile | undefined;
}

/** A file as the server keeps it; `file_id` is per bot and message, `uniqueId` per content. */
export interface StoredFile {
  readonly id: string;
  readonly uniqueId: string;
  readonly bytes: Buffer;
  readonly name: string | undefined;
  readonly mime: string | undefined;
  readonly kind: 'photo' | 'document' | 'voice' | 'video';
  /** Where it can be fetched, and until when (ms); given by getFile. */
  link: { readonly path: string; readonly until: number } | undefined;
}

/** An answer of the Bot API that is not `ok`; HTTP status = code. */
export class TelegramRefusal extends Error {
  readonly code: number;
  readonly description: string;
  readonly parameters: Fields | undefined;
  constructor(code: number, description: string, parameters?: Fields) {
    super(description);
    this.name = 'TelegramRefusal';
    this.code = code;
    this.description = description;
    this.parameters = parameters;
  }
}

/** 400 with the server's prefix. */
export function badRequest(text: string): TelegramRefusal {
  return new TelegramRefusal(400, `Bad Request: ${text}`);
}

/** 403 with the server's prefix. */
export function forbidden(text: string): TelegramRefusal {
  return new TelegramRefusal(403, `Forbidden: ${text}`);
}

/** 429 with wait, as the server writes it. */
export function tooManyRequests(seconds: number): TelegramRefusal {
  return new TelegramRefusal(429, `Too Many Requests: retry after ${seconds}`, { retry_after: seconds });
}
