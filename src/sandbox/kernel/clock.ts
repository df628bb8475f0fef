/** The emulators' time: moved by `set`, never backwards; things fall due in order of their instant. */
import type { Clock } from '../../lib/clock.ts';

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void | Promise<void>;
}

/** Node's timers hold at most 2^31-1 ms; what is further away is armed again. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * A clock that only moves forward. Without `wall` it stands still between calls of `set` (tests); with `wall` it also
 * ticks along with real time (the sandbox a person plays with).
 */
export class VirtualClock implements Clock {
  #base: number;
  #wallBase: number;
  readonly #wall: Clock | undefined;
  #due: Due[] = [];
  #order = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(start: Date, wall?: Clock) {
    this.#base = start.getTime();
    this.#wall = wall;
    this.#wallBase = wall?.now().getTime() ?? 0;
  }

  now(): Date {
    if (this.#wall === undefined) return new Date(this.#base);
    return new Date(this.#base + Math.max(0, this.#wall.now().getTime() - this.#wallBase));
  }

  /** Moves to `now`, stopping at each instant at which something falls due. An earlier `now` only runs what is due. */
  async set(now: Date): Promise<void> {
    const target = Math.max(now.getTime(), this.now().getTime());
    for (let next = this.#due[0]; next !== undefined && next.at <= target; next = this.#due[0]) {
      this.#due.shift();
      this.#jump(Math.max(next.at, this.now().getTime()));
      await next.run();
    }
    this.#jump(Math.max(target, this.now().getTime()));
    this.#arm();
  }

  /** Runs `run` once when the clock reaches `due`; the answer cancels it. */
  at(due: Date, run: () => void | Promise<void>): () => void {
    const entry: Due = { at: due.getTime(), order: this.#order++, run };
    const later = this.#due.findIndex((other) => other.at > entry.at);
    this.#due.splice(later === -1 ? this.#due.length : later, 0, entry);
    this.#arm();
    return () => {
      this.#due = this.#due.filter((other) => other !== entry);
    };
  }

  /** Forgets everything that is still due. */
  close(): void {
    this.#closed = true;
    this.#due = [];
    clearTimeout(this.#timer);
  }

  #jump(to: number): void {
    this.#base = to;
    this.#wallBase = this.#wall?.now().getTime() ?? 0;
  }

  /** A ticking clock wakes itself for the next due instant. */
  #arm(): void {
    clearTimeout(this.#timer);
    const next = this.#due[0];
    if (this.#closed || this.#wall === undefined || next === undefined) return;
    const wait = Math.min(Math.max(0, next.at - this.now().getTime()), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => void this.set(this.now()), wait);
    this.#timer.unref();
  }
}
