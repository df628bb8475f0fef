/**
 * Bolt's logger on top of ours. Debug and info lines are dropped: they print whole request bodies. What remains is cut,
 * and addresses are blanked, because upload, socket and response addresses are bearer secrets.
 */
import { LogLevel, type Logger } from '@slack/bolt';
import type { Log } from '../../lib/log.ts';

/** A logger for Bolt, its WebClient and its socket client. */
export function boltLogger(log: Log): Logger {
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: (...parts: unknown[]) => log.warn({ lib: 'bolt', said: harmless(parts) }, 'slack library warning'),
    error: (...parts: unknown[]) => log.error({ lib: 'bolt', said: harmless(parts) }, 'slack library error'),
    setLevel: () => undefined,
    getLevel: () => LogLevel.WARN,
    setName: () => undefined,
  };
}

function harmless(parts: readonly unknown[]): string {
  const said = parts.map((part) => (part instanceof Error ? part.name : typeof part === 'string' ? part : typeof part));
  return said
    .join(' ')
    .replace(/\b(?:https?|wss?):\/\/\S+/g, '[address]')
    .slice(0, 200);
}
