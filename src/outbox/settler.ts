/** Collects the results of one lease for a moment, so that many sends cost one statement. */
import { setTimeout as wait } from 'node:timers/promises';
import { isPassing } from '../db/faults.ts';
import { hit } from '../lib/kill-points.ts';
import type { LeasedRow } from './claim.ts';
import { settle, type SettleDeps, type Settled, type Settlement } from './settle.ts';

// A database that restarts is back within seconds. What was sent is known here and nowhere else: giving up would turn
// sent messages into unknown ones. Longer than the lease is pointless, another process has settled the rows by then.
const RETRY_MS = 500;
const TRIES = 60;
/** How long the first result waits for the others of its lease. */
const GATHER_MS = 4;

interface Waiting extends Settled {
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

/** Stores the results of one lease; `rows` says how many there will be, so that nothing is waited for after the last. */
export class Settler {
  readonly #deps: SettleDeps;
  readonly #token: string;
  /** Rows of the lease without a result yet. */
  #missing: number;
  #waiting: Waiting[] = [];
  #writing = false;
  #complete: () => void = () => undefined;

  constructor(deps: SettleDeps, token: string, rows: number) {
    this.#deps = deps;
    this.#token = token;
    this.#missing = rows;
  }

  /** Resolves once the outcome is stored, or found to be no longer ours to store. */
  async add(row: LeasedRow, settlement: Settlement): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, settlement, done: resolve, fail: reject });
      this.#missing -= 1;
      if (this.#missing === 0) this.#complete();
      if (!this.#writing) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#writing = true;
    await this.#gather();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#store(batch);
      } catch (error) {
        await this.#oneByOne(batch, error);
      }
    }
    this.#writing = false;
  }

  async #gather(): Promise<void> {
    if (this.#missing <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.#complete = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #store(batch: readonly Waiting[]): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await settle(this.#deps, this.#token, batch);
        hit('outbox.settled');
        for (const one of batch) one.done();
        return;
      } catch (error) {
        if (!isPassing(error) || tries === TRIES) throw error;
        await wait(RETRY_MS);
      }
    }
  }

  /** A row whose outcome cannot be written must not take the others' outcomes with it. */
  async #oneByOne(batch: readonly Waiting[], error: unknown): Promise<void> {
    for (const one of batch) {
      if (batch.length === 1 || isPassing(error)) one.fail(error);
      else await this.#store([one]).catch((cause: unknown) => one.fail(cause));
    }
  }
}
