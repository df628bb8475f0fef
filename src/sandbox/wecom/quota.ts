/** WeCom's ways of refusing what comes too often: 45009 for as long as the quota's unit, 45033 while too much is under way. */

const MAX_KEYS = 10_000;
const HOUR_MS = 3_600_000;

/** The day an instant lies in where the platform lives: quotas by day run for the natural day [doc 90312]. */
export function platformDay(at: Date): number {
  return Math.floor((at.getTime() + 8 * HOUR_MS) / (24 * HOUR_MS));
}

interface Usage {
  readonly since: number;
  readonly used: number;
  readonly blockedUntil: number;
}

/** At most `limit` per `windowMs`; the first call over it closes the door for a whole further window. */
export class Quota {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #usage = new Map<string, Usage>();

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** Counts `cost`; false = refused. */
  take(key: string, now: Date, cost = 1): boolean {
    const at = now.getTime();
    const before = this.#usage.get(key);
    if (before !== undefined && at < before.blockedUntil) return false;
    const running = before !== undefined && before.blockedUntil === 0 && at < before.since + this.#windowMs;
    const since = running ? before.since : at;
    const used = (running ? before.used : 0) + cost;
    const blockedUntil = used > this.#limit ? at + this.#windowMs : 0;
    this.#forgetSome();
    this.#usage.set(key, { since, used, blockedUntil });
    return blockedUntil === 0;
  }

  #forgetSome(): void {
    const [oldest] = this.#usage.keys();
    if (this.#usage.size >= MAX_KEYS && oldest !== undefined) this.#usage.delete(oldest);
  }
}

/** Calls under way at once, per key. */
export class Concurrency {
  readonly #cap: number;
  readonly #running = new Map<string, number>();

  constructor(cap: number) {
    this.#cap = cap;
  }

  /** Enters; false = over the cap. Every `enter` needs its `leave`. */
  enter(key: string): boolean {
    const running = (this.#running.get(key) ?? 0) + 1;
    this.#running.set(key, running);
    return running <= this.#cap;
  }

  leave(key: string): void {
    this.#running.set(key, Math.max(0, (this.#running.get(key) ?? 1) - 1));
  }
}
