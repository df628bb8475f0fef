/** Access tokens of platforms, shared by all processes: one refresh at a time, replaced only if still the stale one. */
import type { TokenStore } from '../channels/channel.ts';
import { statement, type Database, type Statement, type Tx } from './database.ts';
import type { Keyring } from './keyring.ts';
import { LOCKS } from './locks.ts';

interface TokenRow {
  readonly sealed_token: Buffer;
  readonly expires_at: Date;
}

interface KnownToken {
  readonly token: string;
  readonly expiresAt: Date;
  readonly sealed: Buffer;
}

const GET = statement('tokens-get', 'SELECT sealed_token, expires_at FROM channel_tokens WHERE key = $1');
const PUT = statement(
  'tokens-put',
  `INSERT INTO channel_tokens (key, sealed_token, expires_at) VALUES ($1, $2, $3)
   ON CONFLICT (key) DO UPDATE SET sealed_token = excluded.sealed_token, expires_at = excluded.expires_at`,
);
// Each one drops what has expired, so there are never more than the files of the last hours.
const REMEMBER = statement(
  'tokens-remember',
  `WITH expired AS (DELETE FROM channel_tokens WHERE key <> $1 AND is_single AND expires_at < clock_timestamp())
   INSERT INTO channel_tokens (key, sealed_token, expires_at, is_single) VALUES ($1, $2, $3, true)
   ON CONFLICT (key) DO UPDATE SET sealed_token = excluded.sealed_token, expires_at = excluded.expires_at`,
);
const RECALL = statement(
  'tokens-recall',
  'SELECT sealed_token, expires_at FROM channel_tokens WHERE key = $1 AND expires_at > clock_timestamp()',
);
const DROP = statement('tokens-drop', 'DELETE FROM channel_tokens WHERE key = $1 AND sealed_token = $2');

/** Tokens in PostgreSQL, sealed with the company's key. */
export class DatabaseTokenStore implements TokenStore {
  readonly #database: Database;
  readonly #keys: Keyring;
  // Read on every send: a copy in memory saves the round trip; a stale one is found out by the platform's answer.
  readonly #known = new Map<string, KnownToken>();
  readonly #refreshing = new Map<string, Promise<string>>();

  constructor(database: Database, keys: Keyring) {
    this.#database = database;
    this.#keys = keys;
  }

  async get(key: string): Promise<{ readonly token: string; readonly expiresAt: Date } | undefined> {
    return this.#known.get(key) ?? this.#learn(key, this.#database);
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
    const known = this.#known.get(key) ?? (await this.#read(key, this.#database, GET));
    if (known?.token !== token) return;
    this.#known.delete(key);
    await this.#database.query(DROP, [key, known.sealed]);
  }

  async remember(
    key: string,
    { token, expiresAt }: { readonly token: string; readonly expiresAt: Date },
  ): Promise<void> {
    await this.#database.query(REMEMBER, [key, this.#seal(key, token), expiresAt]);
  }

  async recall(key: string): Promise<string | undefined> {
    return (await this.#read(key, this.#database, RECALL))?.token;
  }

  /**
   * The one place where a transaction waits for a platform: everybody else who needs this token would wait for it anyhow, and
   * a second fetch would void the first. One connection for each app whose token has run out, as long as one call may take
   * (10 s), about every two hours; a process that dies in it gives the lock back with its connection.
   */
  async #refreshOnce(
    key: string,
    stale: string | undefined,
    refresh: () => Promise<{ readonly token: string; readonly expiresAt: Date }>,
  ): Promise<string> {
    return this.#database.transaction(async (tx) => {
      await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, $2))', [key, LOCKS.channelToken]);
      // Through this transaction: another connection for each of many refreshes might never come free.
      const stored = await this.#learn(key, tx);
      if (stored && stored.token !== stale) return stored.token;
      const fresh = await refresh();
      const sealed = this.#seal(key, fresh.token);
      await tx.query(PUT, [key, sealed, fresh.expiresAt]);
      this.#known.set(key, { ...fresh, sealed });
      return fresh.token;
    });
  }

  async #learn(key: string, tx: Tx): Promise<KnownToken | undefined> {
    const known = await this.#read(key, tx, GET);
    if (known) this.#known.set(key, known);
    return known;
  }

  async #read(key: string, tx: Tx, query: Statement): Promise<KnownToken | undefined> {
    const [row] = await tx.query<TokenRow>(query, [key]);
    if (!row) return undefined;
    const token = this.#keys.openText(`channel_tokens.sealed_token.${key}`, row.sealed_token);
    return { token, expiresAt: row.expires_at, sealed: row.sealed_token };
  }

  #seal(key: string, token: string): Buffer {
    return this.#keys.seal(`channel_tokens.sealed_token.${key}`, token);
  }
}
