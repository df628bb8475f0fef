/**
 * The shared lock every process keeps while it uses the embedded server. It lives in the server, on a connection, so that the
 * kernel gives it back when a process is killed; the last one out finds nobody else and stops the server.
 */
import { Client } from 'pg';
import { LOCKS } from '../locks.ts';
import { urlOf, type ServerRecord } from './record.ts';

/** A process's presence at the server. */
export interface Hold {
  /** Resolves when the connection breaks without our doing: the server was stopped or died. */
  readonly lost: Promise<void>;
  /**
   * Gives the presence up. True: nobody else is there, and nobody can come in until the server stops or `end` is called.
   */
  leave(): Promise<boolean>;
  end(): Promise<void>;
}

/** `absent`: nobody answers there, or a stranger does. `busy`: the server is starting or stopping; ask again. */
export type HoldAnswer =
  | { readonly kind: 'held'; readonly hold: Hold }
  | { readonly kind: 'busy' | 'absent'; readonly reason: string };

/** Starting up or shutting down; cut off by a shutdown; all connections in use for a moment. */
const PASSING = new Set(['57P03', '57P01', '57P02', '53300']);

/** Takes the presence at the recorded server, provided it is the server of this cluster and not of a copy. */
export async function takeHold(record: ServerRecord, cluster: string): Promise<HoldAnswer> {
  const client = new Client({
    connectionString: urlOf(record, 'postgres'),
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    application_name: 'daiban presence',
  });
  const lost = new Promise<void>((resolve) => {
    client.once('error', () => resolve()).once('end', () => resolve());
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ folder: string }>("SELECT current_setting('data_directory') AS folder");
    if (rows[0]?.folder !== cluster) throw new Error(`another server answers on port ${record.port}`);
    await client.query('SELECT pg_advisory_lock_shared($1)', [LOCKS.presence]);
  } catch (error) {
    await client.end().catch(() => undefined);
    return { kind: isPassing(error) ? 'busy' : 'absent', reason: String(error) };
  }
  return { kind: 'held', hold: { lost, leave: () => leave(client), end: () => client.end().catch(() => undefined) } };
}

/** Of two that leave at the same moment one at most gets the whole lock; when neither does, a third is still there. */
async function leave(client: Client): Promise<boolean> {
  try {
    await client.query('SELECT pg_advisory_unlock_shared($1)', [LOCKS.presence]);
    const { rows } = await client.query<{ last: boolean }>('SELECT pg_try_advisory_lock($1) AS last', [LOCKS.presence]);
    return rows[0]?.last === true;
  } catch {
    return false; // the server is gone already
  }
}

function isPassing(error: unknown): boolean {
  const code = (error as { readonly code?: unknown }).code;
  return typeof code === 'string' && PASSING.has(code);
}
