/** getUpdates: one poller, confirmation by offset, conflicts. Source: telegram-bot-api Client.cpp. */
import type { Fields } from '../kernel/values.ts';
import type { PendingUpdate, UpdateLog } from './updates.ts';
import { TelegramRefusal } from './types.ts';

/** The arguments of getUpdates, within their bounds. */
export interface PollRequest {
  readonly offset: number;
  readonly limit: number;
  readonly timeoutSeconds: number;
  readonly allowed: readonly string[] | undefined;
}

/** Why a waiting poll ended without updates. */
type PollEnd = 'timeout' | 'other_poll' | 'set_webhook' | 'closed';

const CONFLICT = {
  other_poll: 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
  set_webhook: 'Conflict: terminated by setWebhook request',
} as const;

/** The one poll that may wait. */
export class Polling {
  readonly #updates: UpdateLog;
  readonly #secondMs: number;
  #waiting: ((end: PollEnd | 'update') => void) | undefined;

  /** `secondMs` = real milliseconds of one second of waiting. */
  constructor(updates: UpdateLog, secondMs: number) {
    this.#updates = updates;
    this.#secondMs = secondMs;
  }

  /** The updates from `offset` on, waiting for the first one if need be. @throws TelegramRefusal 409. */
  async poll(request: PollRequest): Promise<readonly Fields[]> {
    this.end('other_poll');
    this.#updates.allow(request.allowed);
    this.#confirm(request);
    const ready = this.#batch(request);
    if (ready.length > 0 || request.timeoutSeconds === 0) return ready.map(({ body }) => body);
    const end = await this.#wait(request.timeoutSeconds);
    if (end === 'other_poll' || end === 'set_webhook') throw new TelegramRefusal(409, CONFLICT[end]);
    return this.#batch(request).map(({ body }) => body);
  }

  /** Ends a waiting poll. */
  end(reason: PollEnd): void {
    this.#waiting?.(reason);
  }

  /** A new update is there. */
  wake(): void {
    this.#waiting?.('update');
  }

  #confirm({ offset }: PollRequest): void {
    if (offset > 0) this.#updates.confirmBelow(offset);
    if (offset < 0) {
      const kept = this.#updates.pending().at(offset);
      if (kept !== undefined) this.#updates.confirmBelow(kept.id);
    }
  }

  #batch({ limit }: PollRequest): readonly PendingUpdate[] {
    return this.#updates.pending().slice(0, limit);
  }

  #wait(seconds: number): Promise<PollEnd | 'update'> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle('timeout'), seconds * this.#secondMs);
      const settle = (end: PollEnd | 'update') => {
        clearTimeout(timer);
        this.#waiting = undefined;
        resolve(end);
      };
      this.#waiting = settle;
    });
  }
}
