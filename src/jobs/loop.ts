/** A loop that works when woken and looks by itself now and then, so that a lost wake-up costs only the interval. */
import { errorText } from '../lib/errors.ts';
import { levelOf, type Log } from '../lib/log.ts';

/** What one look came to. */
export interface Catch {
  readonly done: number;
  /** `again`: there may be more. `soon`: others hold what there is. `wait`: nothing is left until the next wake-up. */
  readonly next: 'again' | 'soon' | 'wait';
}

/** How one kind of work is looked for; times in milliseconds. */
export interface LoopOptions {
  readonly name: string;
  /** Does what can be done now; returns how much that was, and is called again at once while it is more than zero. */
  readonly work: () => Promise<number | Catch>;
  readonly intervalMs: number;
  /** How many calls of `work` may run side by side. */
  readonly concurrency?: number;
  /**
   * One more call starts beside a running one only when that has gone on for this long (default: at once). What comes in
   * meanwhile is then done together: ten in one batch cost little more than one alone.
   */
  readonly staggerMs?: number;
  /**
   * After a small catch (fewer than `below`) the next look waits for so long, for the same reason. A single message is not
   * kept waiting, only what comes right behind it; and nothing is when there is plenty.
   */
  readonly gather?: { readonly ms: number; readonly below: number };
  readonly log: Log;
}

/** How long others are given to let go of what they hold. */
const SOON_MS = 25;
/** Looks at a time that was named are put together to one in so long: a thousand chats that wait cost twenty looks a second. */
const GRID_MS = 50;

/** Calls `work` at every interval and at every hint, again at once while there is more. */
export class Loop {
  readonly #options: LoopOptions;
  #running = 0;
  #again = false;
  #stopped = true;
  #timer: NodeJS.Timeout | undefined;
  #helper: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  /** By the mark of the grid at which they look. */
  readonly #later = new Map<number, NodeJS.Timeout>();
  #idle: (() => void)[] = [];

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopped = false;
    this.#timer = setInterval(() => this.wake(), this.#options.intervalMs);
    this.#timer.unref();
    this.wake();
  }

  wake(): void {
    if (this.#stopped) return;
    if (this.#running === 0) return void this.#run();
    this.#again = true;
    if (this.#running < (this.#options.concurrency ?? 1))
      this.#helper ??= setTimeout(() => this.#help(), this.#options.staggerMs ?? 0);
  }

  /** Wakes the loop when something falls due that it would otherwise find at its next interval only; a little late, never early. */
  wakeIn(ms: number): void {
    if (ms <= 0) return this.wake();
    if (this.#stopped) return;
    const mark = Math.ceil((performance.now() + ms) / GRID_MS);
    if (this.#later.has(mark)) return;
    const timer = setTimeout(
      () => {
        this.#later.delete(mark);
        this.wake();
      },
      Math.ceil(mark * GRID_MS - performance.now()) + 1,
    ).unref();
    this.#later.set(mark, timer);
  }

  #lookAfterOthers(): void {
    this.#soon = undefined;
    this.wake();
  }

  #help(): void {
    this.#helper = undefined;
    if (this.#again && !this.#stopped) void this.#run();
  }

  /** Resolves when nothing runs and nothing is waiting to be looked at. */
  async settled(): Promise<void> {
    if (this.#isSettled()) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Ends after the work under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#again = false;
    clearInterval(this.#timer);
    clearTimeout(this.#helper);
    clearTimeout(this.#soon);
    this.#soon = undefined;
    for (const timer of this.#later.values()) clearTimeout(timer);
    this.#later.clear();
    await this.settled();
  }

  #isSettled(): boolean {
    return this.#running === 0 && !this.#again && this.#soon === undefined;
  }

  async #run(): Promise<void> {
    this.#running += 1;
    try {
      for (let isMore = true; isMore && !this.#stopped;) {
        this.#again = false;
        isMore = (await this.#workAndGather()) || this.#again;
      }
    } finally {
      this.#running -= 1;
      if (this.#isSettled()) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  /** Whether to look again at once. */
  async #workAndGather(): Promise<boolean> {
    const { done, next } = await this.#work();
    const { gather } = this.#options;
    if (gather && done > 0 && done < gather.below && !this.#stopped)
      await new Promise((resolve) => setTimeout(resolve, gather.ms));
    if (next === 'soon' && !this.#stopped) this.#soon ??= setTimeout(() => this.#lookAfterOthers(), SOON_MS);
    return next === 'again';
  }

  async #work(): Promise<Catch> {
    try {
      const caught = await this.#options.work();
      return typeof caught === 'number' ? { done: caught, next: caught > 0 ? 'again' : 'wait' } : caught;
    } catch (error) {
      const { log, name } = this.#options;
      log[levelOf(error, 'error')]({ event: 'loop.failed', loop: name, error: errorText(error) });
      return { done: 0, next: 'wait' }; // the interval tries again
    }
  }
}
