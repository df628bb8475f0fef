/** Rate limits as token buckets on the emulator's clock. */
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
