/**
 * Real time of this process, for what is not business: log stamps, HTTP time-outs, sandbox wall time. Business time
 * ("now" of a turn) comes from the database plus the stored offset and is always a parameter (`ctx.now`).
 */
export interface Clock {
  now(): Date;
}

/** The clock of this machine. */
export const systemClock: Clock = { now: () => new Date() };

/** A clock that stands still until it is moved; for tests and emulators. */
export class FixedClock implements Clock {
  #at: number;
  constructor(at: string | Date) {
    this.#at = new Date(at).getTime();
  }
  now(): Date {
    return new Date(this.#at);
  }
  advance(ms: number): void {
    this.#at += ms;
  }
  set(at: string | Date): void {
    this.#at = new Date(at).getTime();
  }
}
