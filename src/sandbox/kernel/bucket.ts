/** Rate limits on the emulator's clock: token buckets, and sliding windows. */
import type { Clock } from '../../lib/clock.ts';

/** `burst` calls at once, then `perMinute` more in each minute. */
export interface Rate {
  readonly burst: number;
  readonly perMinute: number;
}

/** Buckets by key (method, chat, account); each starts full. */
export class RateBook {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one call from the bucket; 0 when it may pass, else the whole seconds to wait (nothing is taken then). */
  take(key: string, rate: Rate): number {
    const bucket = this.#filled(key, rate);
    if (bucket.left >= 1) {
      bucket.left -= 1;
      return 0;
    }
    return Math.max(1, Math.ceil(((1 - bucket.left) * 60) / rate.perMinute));
  }

  #filled(key: string, rate: Rate): { left: number; at: number } {
    const now = this.#clock.now().getTime();
    const known = this.#buckets.get(key);
    if (known === undefined) {
      const fresh = { left: rate.burst, at: now };
      this.#buckets.set(key, fresh);
      return fresh;
    }
    known.left = Math.min(rate.burst, known.left + ((now - known.at) * rate.perMinute) / 60_000);
    known.at = now;
    return known;
  }
}

/** At most `count` in any `windowMs`. */
export interface SlidingLimit {
  readonly count: number;
  readonly windowMs: number;
}

/** Several limits over the last so many milliseconds; what is refused is not counted. */
export class SlidingWindows {
  readonly #limits: readonly SlidingLimit[];
  readonly #longestMs: number;
  readonly #taken = new Map<string, number[]>();

  constructor(limits: readonly SlidingLimit[]) {
    this.#limits = limits;
    this.#longestMs = Math.max(...limits.map(({ windowMs }) => windowMs));
  }

  /** Counts a call that fits and gives 0; otherwise the milliseconds until one would fit. */
  take(key: string, now: Date): number {
    const at = now.getTime();
    const recent = (this.#taken.get(key) ?? []).filter((taken) => taken > at - this.#longestMs);
    const wait = Math.max(
      ...this.#limits.map(({ count, windowMs }) => {
        const blocking = recent.at(-count);
        return blocking === undefined ? 0 : Math.max(0, blocking + windowMs - at);
      }),
    );
    this.#taken.set(key, wait === 0 ? [...recent, at] : recent);
    return wait;
  }
}

/** The platform's own number, or the wanted one where that is stricter: a look-alike is never kinder than the platform. */
export function stricter(own: number, wanted: number | undefined): number {
  return Math.min(own, wanted ?? own);
}
