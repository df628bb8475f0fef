/** The database of this installation: the configured one, or real PostgreSQL of our own under DATA_DIR. */
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { DATABASE, urlOf, type ServerRecord } from './record.ts';
import { attach, detach, locateServer, type Attached, type Server } from './server.ts';

/** Something a person at the terminal should know; the texts are `database.note.<kind>` of locales/. */
export type DatabaseNote =
  | { readonly kind: 'elsewhere'; readonly folder: string }
  | { readonly kind: 'former'; readonly folder: string }
  | { readonly kind: 'lost' }
  | { readonly kind: 'regained' }
  | { readonly kind: 'moved'; readonly port: number };

/** A database that can be connected to. */
export interface OpenDatabase {
  readonly url: string;
  /** True when the server is ours and stops with the last process that uses it. */
  readonly embedded: boolean;
  /** Ends this process's use of the database; close pools first. May be called more than once. */
  close(): Promise<void>;
}

const RETRY_MS = 500;

/**
 * The address of the database, ready to be connected to.
 * @param options.dataDir made when missing; unused when `databaseUrl` is given
 * @throws AppError `database.*` with the server's last words when the embedded server cannot be had.
 */
export async function openDatabase(options: {
  readonly dataDir: string;
  readonly databaseUrl?: string | undefined;
  readonly onNote: (note: DatabaseNote) => void;
}): Promise<OpenDatabase> {
  if (options.databaseUrl !== undefined) {
    return { url: options.databaseUrl, embedded: false, close: () => Promise.resolve() };
  }
  const { onNote } = options;
  const server = await locateServer(path.resolve(options.dataDir));
  if (server.elsewhere) onNote({ kind: 'elsewhere', folder: path.dirname(server.cluster.folder) });
  if (server.former !== undefined) onNote({ kind: 'former', folder: server.former });
  const presence = new Presence(server, onNote);
  const record = await presence.begin();
  await createDatabase(urlOf(record, 'postgres'));
  return { url: urlOf(record, DATABASE), embedded: true, close: () => presence.end() };
}

/** Keeps this process attached: a server that dies under us is started again, at the address our pools already have. */
class Presence {
  readonly #server: Server;
  readonly #note: (event: DatabaseNote) => void;
  readonly #leaving = new AbortController();
  #attached: Promise<Attached | undefined> = Promise.resolve(undefined);
  #ended: Promise<void> | undefined;

  constructor(server: Server, note: (event: DatabaseNote) => void) {
    this.#server = server;
    this.#note = note;
  }

  async begin(): Promise<ServerRecord> {
    const attached = await attach(this.#server, this.#leaving.signal);
    this.#keep(attached);
    return attached.record;
  }

  end(): Promise<void> {
    this.#ended ??= this.#leave();
    return this.#ended;
  }

  async #leave(): Promise<void> {
    this.#leaving.abort();
    const attached = await this.#attached;
    if (attached !== undefined) await detach(this.#server, attached);
  }

  #keep(attached: Attached): void {
    this.#attached = Promise.resolve(attached);
    void this.#watch(attached);
  }

  async #watch(attached: Attached): Promise<void> {
    await attached.hold.lost;
    if (!this.#leaving.signal.aborted) this.#attached = this.#regain(attached.record.port);
  }

  async #regain(port: number): Promise<Attached | undefined> {
    this.#note({ kind: 'lost' });
    while (!this.#leaving.signal.aborted) {
      try {
        const attached = await attach(this.#server, this.#leaving.signal);
        this.#keep(attached);
        const moved = attached.record.port !== port;
        this.#note(moved ? { kind: 'moved', port: attached.record.port } : { kind: 'regained' });
        return attached;
      } catch {
        // Whatever the reason is, it has to pass (disk full, no memory) before anything of ours can work again.
        await wait(RETRY_MS);
      }
    }
    return undefined;
  }
}

async function createDatabase(maintenanceUrl: string): Promise<void> {
  const client = new Client({ connectionString: maintenanceUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`).catch(unlessDuplicate);
  } finally {
    await client.end();
  }
}

/** Two processes can find it missing at the same moment; the second is told so in one of two ways. */
function unlessDuplicate(error: unknown): void {
  const { code } = error as { readonly code?: unknown };
  if (code !== '42P04' && code !== '23505') throw error;
}
