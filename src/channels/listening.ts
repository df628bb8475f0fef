/** What polling and sockets share while a platform does not let us in. */
import { setTimeout as delay } from 'node:timers/promises';
import { ChannelError } from './channel.ts';

const MAX_BACKOFF_MS = 30_000;

/** Until the next try after so many failures in a row, the last of which is `error`. */
export function backoffMs(error: unknown, failures: number): number {
  const asked = error instanceof ChannelError ? error.retryAfterMs : undefined;
  return asked ?? Math.min(MAX_BACKOFF_MS, 100 * 2 ** Math.min(failures, 9));
}

/** Waits, or until we leave. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
