/** Polling, sockets and pulls: one process per account, under an advisory lock held by a connection of its own. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Channel } from '../channels/channel.ts';
import type { Database } from '../db/database.ts';
import type { Inbox } from '../inbox/receive.ts';
import { errorText } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';

export interface ListenDeps {
  readonly database: Database;
  readonly inbox: Inbox;
  readonly log: Log;
}

const LOCK = 'SELECT pg_try_advisory_lock(hashtextextended($1, 72707376)) AS got';
const AGAIN_MS = 3_000;

/** Listens whenever this process holds the account's lock, until `signal` is aborted. */
export async function listenTo(channel: Channel, deps: ListenDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await listenOnce(channel, deps, signal);
    } catch (error) {
      deps.log.warn({ event: 'channel.listen_failed', channel: channel.platform, error: errorText(error) });
    }
    await wait(AGAIN_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

async function listenOnce(channel: Channel, { database, inbox }: ListenDeps, signal: AbortSignal): Promise<void> {
  const holder = await database.dedicated();
  // The lock goes with its connection: whoever lost that must stop, somebody else may be listening by now.
  const lost = new AbortController();
  holder.once('end', () => lost.abort());
  try {
    const { rows } = await holder.query<{ got: boolean }>(LOCK, [channel.account]);
    if (rows[0]?.got === true)
      await channel.listen?.(
        async (events) => void (await inbox.receive(events)),
        AbortSignal.any([signal, lost.signal]),
      );
  } finally {
    await holder.end().catch(() => undefined);
  }
}
