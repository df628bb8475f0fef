/**
 * How what people write comes to us where that takes more than waiting: polling, sockets and pulls by one process per
 * account, under an advisory lock held by a connection of its own; and telling a platform which address is ours.
 */
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { ChannelError, type Channel } from '../channels/channel.ts';
import { readTimes } from '../core/unit/unit.ts';
import type { Database, Tx } from '../db/database.ts';
import type { Keyring } from '../db/keyring.ts';
import { LOCKS } from '../db/locks.ts';
import type { Inbox } from '../inbox/receive.ts';
import { errorText } from '../lib/errors.ts';
import { levelOf, type Log } from '../lib/log.ts';
import { noteDeaf, noteHearing } from './broken-channel.ts';

/** What noting uses whether we are heard. */
interface HearDeps {
  readonly database: Pick<Database, 'transaction'>;
  readonly keys: Keyring;
  readonly log: Log;
  readonly timing?: Timing;
}

/** What listening uses; `dedicated` gives the connection whose advisory lock makes this process the only listener. */
export interface ListenDeps extends HearDeps {
  readonly database: Pick<Database, 'dedicated' | 'transaction'>;
  readonly inbox: Inbox;
}

/** In milliseconds of real time. */
interface Timing {
  /** Until the next try; longer with every refusal in a row. */
  readonly againMs: number;
  /** How long the platform must have let us listen for the trouble to be over. */
  readonly steadyMs: number;
}

const LOCK = `SELECT pg_try_advisory_lock(hashtextextended($1, ${LOCKS.listening})) AS got`;
// Who has to share with another poller gets through now and then: a single answer proves nothing.
const TIMING: Timing = { againMs: 3_000, steadyMs: 60_000 };
/** Slack keeps what it could not deliver for minutes only, so a mended account is found within one. */
const MAX_AGAIN_MS = 60_000;
/** A revoked token is final. Anything else may be the process before us that is just leaving, and is given a moment. */
const PATIENCE = 3;
/** The platform was not reached or is busy: that says nothing against us, and passes. */
const PASSING: ReadonlySet<ChannelError['failure']> = new Set(['retry', 'wait']);

/**
 * Listens whenever this process holds the account's lock, until `signal` is aborted. A platform that refuses is asked again
 * less and less often; people are told, and the trouble is closed when we have been let in for a while.
 */
export async function listenTo(channel: Channel, deps: ListenDeps, signal: AbortSignal): Promise<void> {
  await hear(channel, deps, signal, async (connected) => listenOnce(channel, deps, signal, connected));
}

/**
 * Tells the platform that `url` is ours, until it has taken that in, and then waits for `signal`. Where it refuses, it is
 * asked again and people are told as by `listenTo`.
 */
export async function announceTo(channel: Channel, url: string, deps: HearDeps, signal: AbortSignal): Promise<void> {
  await hear(channel, deps, signal, async (connected) => {
    await channel.useWebhook?.(url);
    connected();
    if (!signal.aborted) await once(signal, 'abort');
  });
}

/** Does it again and again until `signal` is aborted; `connected` is called when the platform has let us in. */
async function hear(
  channel: Channel,
  deps: HearDeps,
  signal: AbortSignal,
  attempt: (connected: () => void) => Promise<void>,
): Promise<void> {
  const hearing = new Hearing(channel.account, deps);
  while (!signal.aborted) {
    try {
      await attempt(() => hearing.connected());
    } catch (error) {
      deps.log[levelOf(error, 'warn')]({
        event: 'channel.listen_failed',
        channel: channel.platform,
        error: errorText(error),
      });
      if (error instanceof ChannelError) await hearing.failed(error);
    } finally {
      hearing.ended();
    }
    await wait(hearing.againMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** What is known of one account's hearing, and what people are told of it. */
class Hearing {
  readonly #account: string;
  readonly #deps: HearDeps;
  readonly #timing: Timing;
  /** In a row, whatever they were. */
  #failures = 0;
  #refusals = 0;
  /** Known to be in order since we listen; before that another process may have told people otherwise. */
  #isSettled = false;
  #steady: NodeJS.Timeout | undefined;

  constructor(account: string, deps: HearDeps) {
    this.#account = account;
    this.#deps = deps;
    this.#timing = deps.timing ?? TIMING;
  }

  /** Until the next try. */
  get againMs(): number {
    return Math.min(MAX_AGAIN_MS, this.#timing.againMs * 2 ** Math.max(0, this.#failures - 1));
  }

  /** The platform has let us in. */
  connected(): void {
    if (this.#isSettled || this.#steady) return;
    const steady = setTimeout(() => void this.#regained(steady), this.#timing.steadyMs).unref();
    this.#steady = steady;
  }

  /** Nobody listens any more, for whatever reason. */
  ended(): void {
    clearTimeout(this.#steady);
    this.#steady = undefined;
    this.#isSettled = false;
  }

  async failed({ failure, code }: ChannelError): Promise<void> {
    this.ended(); // what is waited for below takes its time
    this.#failures += 1;
    if (PASSING.has(failure)) return;
    this.#refusals += 1;
    if (failure !== 'breaker' && this.#refusals < PATIENCE) return;
    await this.#tell(async (tx, now) => noteDeaf(tx, this.#deps.keys, { account: this.#account, code, now }));
  }

  async #regained(steady: NodeJS.Timeout): Promise<void> {
    this.#failures = 0;
    this.#refusals = 0;
    const isTold = await this.#tell(async (tx, now) => noteHearing(tx, this.#account, now));
    if (this.#steady !== steady) return; // it has ended meanwhile
    this.#steady = undefined;
    this.#isSettled = isTold;
    this.connected(); // a socket says so once in hours: what could not be stored is tried again
  }

  /** `false` when it could not be stored. A refusal that was not is told at the next one. */
  async #tell(work: (tx: Tx, now: Date) => Promise<void>): Promise<boolean> {
    try {
      await this.#deps.database.transaction(async (tx) => work(tx, (await readTimes(tx)).now));
      return true;
    } catch (error) {
      this.#deps.log[levelOf(error, 'warn')]({
        event: 'channel.not_told',
        account: this.#account,
        error: errorText(error),
      });
      return false;
    }
  }
}

async function listenOnce(
  channel: Channel,
  { database, inbox }: ListenDeps,
  signal: AbortSignal,
  connected: () => void,
): Promise<void> {
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
        connected,
      );
  } finally {
    await holder.end().catch(() => undefined);
  }
}
