/** The parts of the Telegram look-alike that methods, people's hands and the screen share. */
import { RateBook } from '../kernel/bucket.ts';
import { type Fields, refill } from '../kernel/values.ts';
import type { Polling } from './polling.ts';
import {
  badRequest,
  type Chat,
  forbidden,
  TELEGRAM_LIMITS,
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
  readonly #rates: RateBook;
  readonly #toasts = new Map<number, Toast[]>();

  constructor(options: TelegramOptions, parts: TelegramParts) {
    this.world = parts.world;
    this.updates = parts.updates;
    this.webhook = parts.webhook;
    this.polling = parts.polling;
    this.token = options.token;
    this.publicBase = options.publicBase;
    this.allowLoopbackHttp = options.allowLoopbackHttp === true;
    this.limits = { ...TELEGRAM_LIMITS, ...options.limits };
    this.#rates = new RateBook(parts.world.clock);
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

  /** The chat a call names. @throws TelegramRefusal when it is missing, unknown or has moved. */
  chat(id: string | undefined): Chat {
    if (id === undefined || id === '') throw badRequest('chat_id is empty');
    const chat = this.world.chats.get(Number(id));
    if (chat === undefined) throw badRequest('chat not found');
    if (chat.migratedTo !== undefined) {
      throw new TelegramRefusal(400, 'Bad Request: group chat was upgraded to a supergroup chat', {
        migrate_to_chat_id: chat.migratedTo,
      });
    }
    return chat;
  }

  /** A chat the bot can write to now; counts against the limits. @throws TelegramRefusal 400, 403, 429. */
  writableChat(id: string | undefined): Chat {
    const chat = this.chat(id);
    if (chat.userId !== undefined && this.world.deactivated.has(chat.userId)) throw forbidden('user is deactivated');
    if (chat.botStatus === 'kicked') {
      throw forbidden(
        chat.userId === undefined ? `bot was kicked from the ${chat.type} chat` : 'bot was blocked by the user',
      );
    }
    if (chat.botStatus === 'left') throw forbidden(`bot is not a member of the ${chat.type} chat`);
    this.countSend(chat);
    return chat;
  }

  /** Counts a send or edit. @throws TelegramRefusal 429 with the wait. */
  countSend(chat: Chat): void {
    const { chatBurst, groupPerMinute, perSecond } = this.limits;
    const ofChat =
      chat.type === 'private'
        ? this.#rates.take(`chat ${chat.id}`, { burst: chatBurst, perMinute: 60 })
        : this.#rates.take(`group ${chat.id}`, { burst: groupPerMinute, perMinute: groupPerMinute });
    const wait = ofChat > 0 ? ofChat : this.#rates.take('all', { burst: perSecond, perMinute: perSecond * 60 });
    if (wait > 0) throw tooManyRequests(wait);
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
