/**
 * The access token of one app [doc 91039]: shared through the token store, remembered here, replaced early or when a call
 * fails with it. Compare-and-delete keeps two workers from throwing away each other's fresh token.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Secret } from '../../lib/secret.ts';
import { ChannelError, type TokenStore } from '../channel.ts';
import { textField, type Answer } from './answer.ts';

/** Replaced this long before it ends, so that a call never starts with a token about to die. */
const EARLY_SECONDS = 300;
const DEFAULT_LIFETIME_SECONDS = 7200;

/** Makes the gettoken call and answers with its envelope. @throws ChannelError for a refusal. */
type GetToken = (query: Readonly<Record<string, string>>) => Promise<Answer>;

/** Whose token is kept, where, and how a new one is fetched. */
export interface TokenSource {
  /** One key per app: a token of app A used for agent B is refused (301002). */
  readonly key: string;
  readonly corpId: string;
  readonly secret: Secret;
  readonly store: TokenStore;
  readonly clock: Clock;
  readonly getToken: GetToken;
}

interface KnownToken {
  readonly token: string;
  readonly expiresAt: Date;
}

/** Gives the app's token and replaces it when it failed. */
export class TokenKeeper {
  readonly #source: TokenSource;
  #known: KnownToken | undefined;

  constructor(source: TokenSource) {
    this.#source = source;
  }

  /** A token that should work. @throws ChannelError from gettoken. */
  async current(): Promise<string> {
    if (this.#known && this.#isFresh(this.#known)) return this.#known.token;
    const stored = await this.#source.store.get(this.#source.key);
    if (stored && this.#isFresh(stored)) {
      this.#known = stored;
      return stored.token;
    }
    return this.#renew(stored?.token);
  }

  /** Another token than `failed`: the one somebody else has fetched meanwhile, or a new one. */
  async replace(failed: string): Promise<string> {
    if (this.#known?.token === failed) this.#known = undefined;
    await this.#source.store.discard(this.#source.key, failed);
    return this.#renew(failed);
  }

  /** Asks the platform for a token whether or not one is known; for checking credentials. */
  async fetch(): Promise<KnownToken> {
    const { corpId, secret, getToken, clock } = this.#source;
    const answer = await getToken({ corpid: corpId, corpsecret: secret.reveal() });
    const token = textField(answer, 'access_token');
    if (token === '') throw new ChannelError('retry', 'no_token');
    const lifetime = lifetimeSeconds(answer);
    this.#known = { token, expiresAt: new Date(clock.now().getTime() + lifetime * 1000) };
    return this.#known;
  }

  async #renew(stale: string | undefined): Promise<string> {
    return this.#source.store.refresh(this.#source.key, stale, async () => this.fetch());
  }

  #isFresh(token: KnownToken): boolean {
    return token.expiresAt > this.#source.clock.now();
  }
}

function lifetimeSeconds(answer: Answer): number {
  const given = answer['expires_in'];
  const seconds = typeof given === 'number' && given > 0 ? given : DEFAULT_LIFETIME_SECONDS;
  return Math.max(seconds - EARLY_SECONDS, seconds / 2);
}
