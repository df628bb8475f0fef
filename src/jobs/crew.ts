/** All that a process does by itself: its loops, what it does every so often, and what has to end before it leaves. */
import { closeInOrder } from '../lib/closing.ts';
import { errorText } from '../lib/errors.ts';
import { levelOf, type Log } from '../lib/log.ts';
import { Loop, type LoopOptions } from './loop.ts';
import type { Topic, Wake } from './wake.ts';

/** How often every loop looks by itself: a hint that was lost costs no more. */
const SWEEP_MS = 1_000;

/** One process's own work. */
export class Crew {
  readonly #log: Log;
  readonly #wake: Wake;
  readonly #loops: Loop[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #last: (() => Promise<void>)[] = [];

  constructor(log: Log, wake: Wake) {
    this.#log = log;
    this.#wake = wake;
  }

  /** A loop that hints about these topics wake; it begins with `start`. */
  loop(
    name: string,
    topics: readonly Topic[],
    work: LoopOptions['work'],
    options: Pick<LoopOptions, 'concurrency' | 'staggerMs' | 'gather'> = {},
  ): Loop {
    const loop = new Loop({ name, work, log: this.#log, intervalMs: SWEEP_MS, ...options });
    this.#loops.push(loop);
    for (const topic of topics) this.#wake.on(topic, () => loop.wake());
    return loop;
  }

  /** Something done every so often, from now on; that it failed is logged. */
  every(ms: number, work: () => Promise<unknown>): void {
    const timer = setInterval(() => this.tried(work), ms);
    timer.unref();
    this.#timers.push(timer);
  }

  /** Does it once, beside everything else. */
  tried(work: () => Promise<unknown>): void {
    work().catch((error: unknown) =>
      this.#log[levelOf(error, 'warn')]({ event: 'housekeeping.failed', error: errorText(error) }),
    );
  }

  /** Something to be finished once the loops have stopped, before the database is left. */
  atLast(finish: () => Promise<void>): void {
    this.#last.push(finish);
  }

  start(): void {
    for (const loop of this.#loops) loop.start();
  }

  wake(): void {
    for (const loop of this.#loops) loop.wake();
  }

  /** Resolves when no loop runs and none has anything to look at. */
  async settled(): Promise<void> {
    await Promise.all(this.#loops.map(async (loop) => loop.settled()));
  }

  /** Ends what is done every so often; the loops go on. */
  rest(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** Ends after the work under way. @throws what the first of the last things threw, once all are done. */
  async stop(): Promise<void> {
    this.rest();
    await Promise.all(this.#loops.map(async (loop) => loop.stop()));
    await closeInOrder(this.#last);
  }
}
