/** How a server leaves: whoever has asked gets an answer, nobody else is waited for. */
import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { inTime } from '../lib/patience.ts';

/** What takes longer is cut off: whoever stops the process would otherwise end it by force. */
const PATIENCE_MS = 5_000;

/**
 * Watches the requests of a server from now on; the result ends it. New connections are refused at once, idle ones are
 * closed, also when they become so; then the requests under way get their answers, for as long as the patience lasts.
 */
export function lastAnswers(server: Server): (patienceMs?: number) => Promise<void> {
  const underWay = new Set<ServerResponse>();
  let quiet: (() => void) | undefined;
  server.prependListener('request', (_request, response: ServerResponse) => {
    underWay.add(response);
    if (quiet) announceEnd(response);
    response.once('close', () => {
      underWay.delete(response);
      if (!quiet) return;
      closeIdle(server, underWay);
      if (underWay.size === 0) quiet();
    });
  });
  return async (patienceMs = PATIENCE_MS) => {
    const isQuiet = new Promise<void>((resolve) => (quiet = resolve));
    NetServer.prototype.close.call(server); // its own close() would cut what closeIdle() spares
    underWay.forEach(announceEnd);
    closeIdle(server, underWay);
    if (underWay.size > 0) await inTime(isQuiet, patienceMs).catch(() => undefined); // whoever is late has had his time
    server.closeAllConnections();
  };
}

/** The client must not send another request on a connection that ends with this answer. */
function announceEnd(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}

/** Node takes a connection for idle as soon as its answer is written, though half of it may still be on its way. */
function closeIdle(server: Server, underWay: ReadonlySet<ServerResponse>): void {
  if (![...underWay].some((response) => response.writableEnded)) server.closeIdleConnections();
}
