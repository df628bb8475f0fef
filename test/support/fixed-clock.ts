import type { Clock } from '../../src/lib/clock.ts';

/** A clock that stands still until it is moved. */
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
