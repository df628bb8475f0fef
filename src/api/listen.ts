/** The address of the web process: taken before anything else is built, so that two processes cannot want the same. */
import { createServer, type Server } from 'node:http';
import type { RawHandler } from './app.ts';

const KEEP_ALIVE_MS = 65_000;

/** Where to listen; a port that was asked for is taken or refused, any other may be the next free one. */
export interface Wanted {
  readonly host: string;
  readonly port: number;
  readonly isExplicit: boolean;
}

/** Requests that come before everything is built wait a moment with 503 instead of a refused connection. */
export function createHttpServerLater(target: { handle: RawHandler }): Server {
  const server = createServer((request, response) => {
    if (target.handle(request, response)) return;
    response.writeHead(503, { 'retry-after': '1' });
    response.end();
  });
  // Longer than the 60 s of nginx and the cloud balancers: whoever closes first decides which request is lost on the way.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = KEEP_ALIVE_MS + 5_000; // must not end a kept connection before that
  return server;
}

/** Listens on the wanted port, or on the next free one unless it was asked for; the port it got. @throws BusyPort */
export async function listen(server: Server, wanted: Wanted, say: (line: string) => void): Promise<number> {
  for (let port = wanted.port; ; port += 1) {
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve);
      server.listen(port, wanted.host, () => {
        server.removeListener('error', resolve);
        resolve(undefined);
      });
    });
    const address = server.address();
    if (!error && address !== null && typeof address === 'object') {
      if (address.port !== wanted.port && wanted.port !== 0) say(`PORT ${wanted.port} → ${address.port}`);
      return address.port;
    }
    if (error?.code !== 'EADDRINUSE' || wanted.isExplicit || port > wanted.port + 50) throw new BusyPort(port, error);
  }
}

/** The wanted port is taken by somebody else. */
export class BusyPort extends Error {
  readonly port: number;
  constructor(port: number, cause: unknown) {
    super(`PORT ${port} is busy`, { cause });
    this.name = 'BusyPort';
    this.port = port;
  }
}
