/** What only the platform can tell us of ourselves (our workspace, our user name), and what is needed while a request waits. */
import { inTime } from '../lib/patience.ts';

/** Slack waits three seconds for its answer, and the commit needs its part of them. */
const PATIENCE_MS = 1_000;
/** While the platform does not tell, it is asked this often at most. */
const ASK_AGAIN_MS = 30_000;

/** One such thing: given, or asked for when it is first needed, and known from then on. */
export class Learned<T> {
  readonly #ask: () => Promise<T>;
  #value: T | undefined;
  #asked: Promise<void> = Promise.resolve();
  #askAgainAt = 0;

  constructor(ask: () => Promise<T>, given?: T) {
    this.#ask = ask;
    this.#value = given;
  }

  /** `undefined` while the platform does not tell. Takes a second at most. `now` is real time. */
  async get(now: Date): Promise<T | undefined> {
    if (this.#value !== undefined) return this.#value;
    if (now.getTime() >= this.#askAgainAt) {
      this.#askAgainAt = now.getTime() + ASK_AGAIN_MS;
      this.#asked = inTime(this.#learn(), PATIENCE_MS).catch(() => undefined);
    }
    await this.#asked;
    return this.#value;
  }

  async #learn(): Promise<void> {
    this.#value = await this.#ask();
  }
}
