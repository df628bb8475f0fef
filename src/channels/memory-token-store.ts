/** Access tokens in this process only: tests, the command line, and installations with a single process. */
import type { Clock } from '../lib/clock.ts';
import type { TokenStore } from './channel.ts';

interface StoredToken {
  readonly token: string;
  readonly expiresAt: Date;
}

/** How many tokens are kept before expired ones are swept out. */
const SWEEP_ABOVE = 256;

/** A `TokenStore` without a database; one refresh per key at a time. */
export class MemoryTokenStore implements TokenStore {
  readonly #clock: Clock;
  readonly #tokens = new Map<string, StoredToken>();
  readonly #refreshing = new Map<string, Promise<string>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async get(key: string): Promise<StoredToken | undefined> {
    return this.#fresh(key);
  }

  async refresh(key: string, stale: string | undefined, refresh: () => Promise<StoredToken>): Promise<string> {
    const running = this.#refreshing.get(key);
    if (running) return running;
    const stored = this.#fresh(key);
    if (stored && stored.token !== stale) return stored.token;
    const started = this.#renew(key, refresh).finally(() => this.#refreshing.delete(key));
    this.#refreshing.set(key, started);
    return started;
  }

  async discard(key: string, token: string): Promise<void> {
    if (this.#tokens.get(key)?.token === token) this.#tokens.delete(key);
  }

  async remember(key: string, named: StoredToken): Promise<void> {
    this.#put(key, named);
  }

  async recall(key: string): Promise<string | undefined> {
    return this.#fresh(key)?.token;
  }

  async #renew(key: string, refresh: () => Promise<StoredToken>): Promise<string> {
    const renewed = await refresh();
    this.#put(key, renewed);
    return renewed.token;
  }

  #put(key: string, token: StoredToken): void {
    if (this.#tokens.size >= SWEEP_ABOVE) this.#sweep();
    this.#tokens.set(key, token);
  }

  #fresh(key: string): StoredToken | undefined {
    const stored = this.#tokens.get(key);
    return stored && stored.expiresAt > this.#clock.now() ? stored : undefined;
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [key, { expiresAt }] of this.#tokens) if (expiresAt <= now) this.#tokens.delete(key);
  }
}
