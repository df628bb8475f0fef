/** The parts of the Telegram look-alike that methods, people's hands and the screen share. */
import { RateBook, SlidingWindows } from '../kernel/bucket.ts';
import { type Fields, refill } from '../kernel/values.ts';
import type { Polling } from './polling.ts';
import {
  badRequest,
  type Chat,
  forbidden,
  telegramLimits,
  type TelegramLimits,
  type TelegramOptions,
  TelegramRefusal,
  tooManyRequests,
} from './types.ts';
import type { UpdateLog, UpdateLogState } from './updates.ts';
import type { Webhook, WebhookSettings } from './webhook.ts';
import type { World, WorldState } from './world.ts';

/** A press that waits for answerCallbackQuery. */
export interface CallbackQuery {
  readonly id: string;
  readonly userId: number;
  readonly pressedAt: number;
  isAnswered: boolean;
}

/** What flashes up on a person's screen. */
export interface Toast {
  readonly at: Date;
  readonly text: string;
  /** Shown as a box that has to be closed. */
  readonly isAlert: boolean;
}

/** The parts that exist before the core. */
export interface TelegramParts {
  readonly world: World;
  readonly updates: UpdateLog;
  readonly webhook: Webhook;
  readonly polling: Polling;
}

/** What the look-alike remembers over a restart. */
export interface TelegramState {
  readonly format: 'telegram 1';
  readonly world: WorldState;
  readonly updates: UpdateLogState;
  readonly webhook: WebhookSettings | undefined;
  readonly queries: ReadonlyMap<string, CallbackQuery>;
  readonly commands: readonly Fields[];
  readonly toasts: ReadonlyMap<number, Toast[]>;
}

/** One running look-alike. */
export class TelegramCore {
  readonly world: World;
  readonly updates: UpdateLog;
  readonly webhook: Webhook;
  readonly polling: Polling;
  readonly token: string;
  readonly publicBase: string;
  readonly allowLoopbackHttp: boolean;
  readonly limits: TelegramLimits;
  readonly queries = new Map<string, CallbackQuery>();
  commands: readonly Fields[] = [];
  /** When setWebhook was called last (ms). */
  webhookSetAt: number | undefined;
  readonly #ofChat: RateBook;
  readonly #ofGroup: SlidingWindows;
  readonly #ofAll: SlidingWindows;
  readonly #toasts = new Map<number, Toast[]>();

  constructor(options: TelegramOptions, parts: TelegramParts) {
    this.world = parts.world;
    this.updates = parts.updates;
    this.webhook = parts.webhook;
    this.polling = parts.polling;
    this.token = options.token;
    this.publicBase = options.publicBase;
    this.allowLoopbackHttp = options.allowLoopbackHttp === true;
    this.limits = telegramLimits(options.limits);
    this.#ofChat = new RateBook(parts.world.clock);
    this.#ofGroup = new SlidingWindows([{ count: this.limits.groupPerMinute, windowMs: 60_000 }]);
    this.#ofAll = new SlidingWindows([{ count: this.limits.perSecond, windowMs: 1_000 }]);
  }

  exportState(): TelegramState {
    return {
      format: 'telegram 1',
      world: this.world.exportState(),
      updates: this.updates.exportState(),
      webhook: this.webhook.settings,
      queries: this.queries,
      commands: this.commands,
      toasts: this.#toasts,
    };
  }

  importState(state: TelegramState): void {
    this.world.importState(state.world);
    this.updates.importState(state.updates);
    this.webhook.restore(state.webhook);
    refill(this.queries, state.queries);
    this.commands = state.commands;
    refill(this.#toasts, state.toasts);
  }

  /** The chat a call names. @throws TelegramRefusal when it is missing, unknown or has moved, or a group without the bot. */
  chat(id: string | undefined): Chat {
    if (id === undefined || id === '') throw badRequest('chat_id is empty');
    const chat = this.world.chats.get(Number(id));
    if (chat === undefined) throw badRequest('chat not found');
    if (chat.migratedTo !== undefined) {
      throw new TelegramRefusal(400, 'Bad Request: group chat was upgraded to a supergroup chat', {
        migrate_to_chat_id: chat.migratedTo,
      });
    }
    if (chat.userId !== undefined) return chat;
    if (chat.botStatus === 'kicked') throw forbidden(`bot was kicked from the ${chat.type} chat`);
    if (chat.botStatus === 'left') throw forbidden(`bot is not a member of the ${chat.type} chat`);
    return chat;
  }

  /** A chat whose messages the bot may still change. @throws TelegramRefusal 400, 403. */
  changeableChat(id: string | undefined): Chat {
    const chat = this.chat(id);
    if (chat.userId !== undefined && this.world.deactivated.has(chat.userId)) throw forbidden('user is deactivated');
    return chat;
  }

  /** A chat the bot can write to now; counts against the limits. @throws TelegramRefusal 400, 403, 429. */
  writableChat(id: string | undefined): Chat {
    const chat = this.changeableChat(id);
    if (chat.botStatus === 'kicked') throw forbidden('bot was blocked by the user');
    this.countSend(chat);
    return chat;
  }

  /** Counts a send or edit. @throws TelegramRefusal 429 with the wait. */
  countSend(chat: Chat): void {
    const { clock } = this.world;
    const key = String(chat.id);
    const ofChat =
      chat.type === 'private'
        ? this.#ofChat.take(key, { burst: this.limits.chatBurst, perMinute: 60 })
        : this.#ofGroup.take(key, clock.now()) / 1_000;
    const wait = ofChat > 0 ? ofChat : this.#ofAll.take('', clock.now()) / 1_000;
    if (wait > 0) throw tooManyRequests(Math.ceil(wait));
  }

  /** Lets something flash up on a person's screen. */
  flash(userId: number, text: string, isAlert: boolean): void {
    const toasts = this.#toasts.get(userId) ?? [];
    toasts.push({ at: this.world.clock.now(), text, isAlert });
    this.#toasts.set(userId, toasts);
  }

  toasts(userId: number): readonly Toast[] {
    return this.#toasts.get(userId) ?? [];
  }
}
