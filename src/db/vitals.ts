/**
 * How the database is, as one process sees it: told once when it goes and once when it is back, however many meet it. Who
 * meets what has been told logs it at `debug` (`levelOf`).
 */
import { errorText } from '../lib/errors.ts';
import { markTold } from '../lib/log.ts';
import { isAway, isPassing, isShort } from './faults.ts';

/** What is told: it went away or came back, a resource it needs (disk, memory, connections) ran out or is there again. */
export type Vital =
  | { readonly event: 'database.away' | 'database.short'; readonly error: string }
  | { readonly event: 'database.back' | 'database.enough'; readonly afterMs: number };

/** A resource that nobody has found lacking for so long is taken to be there: only the next write can tell. */
const SHORT_MS = 60_000;

/** Watches what becomes of the statements of one process. */
export class Vitals {
  readonly #tell: (vital: Vital) => void;
  #awaySince: number | undefined;
  #short: { readonly since: number; last: number } | undefined;

  constructor(tell: (vital: Vital) => void) {
    this.#tell = tell;
  }

  /** Whether a resource ran out less than a minute ago. */
  get isShort(): boolean {
    return this.#short !== undefined && performance.now() - this.#short.last < SHORT_MS;
  }

  failed(error: unknown): void {
    const now = performance.now();
    if (isAway(error) && this.#awaySince === undefined) {
      this.#awaySince = now;
      this.#tell({ event: 'database.away', error: errorText(error) });
    }
    if (isShort(error)) {
      if (!this.#short) this.#tell({ event: 'database.short', error: errorText(error) });
      this.#short = { since: this.#short?.since ?? now, last: now };
    }
    if (isShort(error) || (this.#awaySince !== undefined && isPassing(error))) markTold(error);
  }

  /** @param from when it was asked (`performance.now()`): what was under way when the server went says nothing of its return. */
  succeeded(from: number): void {
    const now = performance.now();
    if (this.#awaySince !== undefined && from >= this.#awaySince) {
      this.#tell({ event: 'database.back', afterMs: Math.round(now - this.#awaySince) });
      this.#awaySince = undefined;
    }
    if (this.#short === undefined || this.isShort) return;
    this.#tell({ event: 'database.enough', afterMs: Math.round(now - this.#short.since) });
    this.#short = undefined;
  }
}
