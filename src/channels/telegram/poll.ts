/**
 * Long polling by hand, for a site without a public address. telegraf's own loop confirms a batch before its handlers
 * ended and gives up the order of a chat; here the next offset, which is what confirms, goes out after the commit.
 */
import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { ChannelError, type Sink } from '../channel.ts';
import { backoffMs, pause } from '../listening.ts';
import type { TelegramApi } from './bot.ts';
import type { Interpret } from './receive.ts';
import { ALLOWED_UPDATES, isUpdate } from './updates.ts';

/** What the polling loop needs. */
export interface PollDeps {
  readonly api: TelegramApi;
  readonly interpret: Interpret;
  readonly hush: (queryId: string) => void;
  readonly clock: Clock;
  readonly log: Log;
  /** Called after each poll that was answered. */
  readonly connected: () => void;
  /** Takes away a webhook that is in the way: whoever polls has done without it. What waits there is kept. */
  readonly freeTheWay: () => Promise<void>;
}

const POLL_SECONDS = 25;
/** Between empty answers, in case a server does not hold the call open. */
const IDLE_MS = 200;

/**
 * Polls until `signal` aborts. A batch whose `sink` failed is asked for again, in order.
 * @throws ChannelError `breaker` (token revoked), `park` (`webhook_active`: somebody sets one again; `other_poller`) and any
 * other refusal: trying again at once would change nothing.
 */
export async function runPolling(deps: PollDeps, sink: Sink, signal: AbortSignal): Promise<void> {
  let offset: number | undefined;
  let failures = 0;
  let way: 'open' | 'blocked' | 'freed' = 'open';
  while (!signal.aborted) {
    try {
      if (way === 'blocked') {
        await deps.freeTheWay();
        way = 'freed';
      }
      const updates = await getUpdates(deps.api, offset, signal);
      deps.connected();
      const next = (await takeIn(deps, updates, sink)) ?? offset;
      // The same answer would come again at once, and again: nothing in it could be read, or the offset was not heeded.
      if (updates.length > 0 && next === offset) throw new ChannelError('retry', 'no_progress');
      offset = next;
      failures = 0;
      if (updates.length === 0) await pause(IDLE_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (way === 'open' && isWebhook(error)) {
        way = 'blocked';
        continue;
      }
      if (error instanceof ChannelError && error.failure !== 'retry' && error.failure !== 'wait') throw error;
      failures += 1;
      deps.log.warn(
        { code: error instanceof ChannelError ? error.code : 'not_committed', failures },
        'telegram polling failed',
      );
      await pause(backoffMs(error, failures), signal);
    }
  }
}

function isWebhook(error: unknown): boolean {
  return error instanceof ChannelError && error.code === 'webhook_active';
}

function getUpdates(api: TelegramApi, offset: number | undefined, signal: AbortSignal): Promise<readonly unknown[]> {
  const payload = {
    limit: 100,
    timeout: POLL_SECONDS,
    allowed_updates: ALLOWED_UPDATES,
    ...(offset === undefined ? {} : { offset }),
  };
  return api.call('getUpdates', payload, {
    shape: z.array(z.unknown()),
    kind: { repeatable: true },
    timeoutMs: (POLL_SECONDS + 10) * 1000,
    signal,
  });
}

/** Commits a batch in the order Telegram gave; the offset that confirms it, `undefined` for an empty one. */
async function takeIn(deps: PollDeps, updates: readonly unknown[], sink: Sink): Promise<number | undefined> {
  const known = updates.filter(isUpdate);
  const last = known.at(-1);
  if (last === undefined) return undefined;
  const now = deps.clock.now();
  const meant = [];
  for (const update of known) meant.push(await deps.interpret(update, now));
  await sink(meant.map((one) => one.event));
  for (const one of meant) if (one.silentQuery !== undefined) deps.hush(one.silentQuery);
  return Math.max(...known.map((update) => update.update_id)) + 1;
}
