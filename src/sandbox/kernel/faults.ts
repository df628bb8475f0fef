/** Faults on order: what the next calls meet. */
import type { Fault } from '../emulator.ts';

/** What an ordered fault does to a call. */
export type FaultEffect = Fault['effect'];

/** The faults of one platform that are still to come. */
export class FaultBook {
  readonly #platform: string;
  #open: { readonly fault: Fault; left: number }[] = [];

  constructor(platform: string) {
    this.#platform = platform;
  }

  /** Orders a fault; one for another platform is ignored. */
  add(fault: Fault): void {
    if (fault.times < 1 || (fault.platform !== this.#platform && fault.platform !== '*')) return;
    this.#open.push({ fault, left: fault.times });
  }

  /** Forgets what is still to come. */
  clear(): void {
    this.#open = [];
  }

  /** The effect for this call of `method`, if one was ordered; the oldest order first. Uses it up by one. */
  take(method: string): FaultEffect | undefined {
    const found = this.#open.find(({ fault }) => fault.method === method || fault.method === '*');
    if (found === undefined) return undefined;
    found.left--;
    if (found.left === 0) this.#open = this.#open.filter((order) => order !== found);
    return found.fault.effect;
  }
}
