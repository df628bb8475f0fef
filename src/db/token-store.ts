/** Access tokens of platforms, shared by all processes: one refresh at a time, replaced only if still the stale one. */
import type { TokenStore } from '../channels/channel.ts';
import { statement, type Database } from './database.ts';
import type { Keyring } from './keyring.ts';

interface TokenRow {
  readonly sealed_token: Buffer;
  readonly expires_at: Date;
}

const GET = statement('tokens-get', 'SELECT sealed_token, expires_at FROM channel_tokens WHERE key = $1');
const PUT = statement(
  'tokens-put',
  `INSERT INTO channel_tokens (key, sealed_token, expires_at) VALUES ($1, $2, $3)
   ON CONFLICT (key) DO UPDATE SET sealed_token = excluded.sealed_token, expires_at = excluded.expires_at`,
);
const DROP = statement('tokens-drop', 'DELETE FROM channel_tokens WHERE key = $1 AND sealed_token = $2');

/** Tokens in PostgreSQL, sealed with the company's key. */
export class DatabaseTokenStore implements TokenStore {
  readonly #database: Database;
  readonly #keys: Keyring;
  // Read on every send: a copy in memory saves the round trip; a stale one is found out by the platform's answer.
  readonly #known = new Map<string, { readonly token: string; readonly expiresAt: Date; readonly sealed: Buffer }>();
  readonly #refreshing = new Map<string, Promise<string>>();

  constructor(database: Database, keys: Keyring) {
    this.#database = database;
    this.#keys = keys;
  }

  async get(key: string): Promise<{ readonly token: string; readonly expiresAt: Date } | undefined> {
    return this.#known.get(key) ?? this.#read(key);
  }

  async refresh(
    key: string,
    stale: string | undefined,
    refresh: () => Promise<{ readonly token: string; readonly expiresAt: Date }>,
  ): Promise<string> {
    const running = this.#refreshing.get(key);
    if (running) return running;
    const mine = this.#refreshOnce(key, stale, refresh).finally(() => this.#refreshing.delete(key));
    this.#refreshing.set(key, mine);
    return mine;
  }

  async discard(key: string, token: string): Promise<void> {
    const known = this.#known.get(key) ?? (await this.#read(key));
    if (known?.token !== token) return;
    this.#known.delete(key);
    await this.#database.query(DROP, [key, known.sealed]);
  }

  async #refreshOnce(
    key: string,
    stale: string | undefined,
    refresh: () => Promise<{ readonly token: string; readonly expiresAt: Date }>,
  ): Promise<string> {
    return this.#database.transaction(async (tx) => {
      await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 72707374))', [key]);
      const stored = await this.#read(key);
      if (stored && stored.token !== stale) return stored.token;
      const fresh = await refresh();
      const sealed = this.#keys.seal(`channel_tokens.sealed_token.${key}`, fresh.token);
      await tx.query(PUT, [key, sealed, fresh.expiresAt]);
      this.#known.set(key, { ...fresh, sealed });
      return fresh.token;
    });
  }

  async #read(
    key: string,
  ): Promise<{ readonly token: string; readonly expiresAt: Date; readonly sealed: Buffer } | undefined> {
    const [row] = await this.#database.query<TokenRow>(GET, [key]);
    if (!row) return undefined;
    const known = {
      token: this.#keys.openText(`channel_tokens.sealed_token.${key}`, row.sealed_token),
      expiresAt: row.expires_at,
      sealed: row.sealed_token,
    };
    this.#known.set(key, known);
    return known;
  }
}
