/** The address of the web process: taken before anything else is built, so that two processes cannot want the same. */
import { createServer, type Server } from 'node:http';
import { AppError, defineErrors } from '../lib/errors.ts';
import type { RawHandler } from './app.ts';
import { lastAnswers } from './last-answers.ts';

/** What can be wrong with the address to listen on. */
export const listenErrors = defineErrors({
  'setting.port_busy': [500, 'error'],
  'setting.port_forbidden': [500, 'error'],
  'setting.host_unusable': [500, 'error'],
});

const KEEP_ALIVE_MS = 65_000;

/** Where to listen; a port that was asked for is taken or refused, any other may be the next free one. */
export interface Wanted {
  readonly host: string;
  readonly port: number;
  readonly isExplicit: boolean;
}

/** The address of a web process once it is taken. */
export interface Door {
  readonly port: number;
  /** Has requests served from now on. */
  open(handle: RawHandler): void;
  /** Refuses new requests and gives those under way their answers, see `lastAnswers`. */
  close(): Promise<void>;
}

/** Takes the wanted address. @throws AppError see `listen` */
export async function openDoor(wanted: Wanted, say: (line: string) => void): Promise<Door> {
  const target: { handle: RawHandler } = { handle: () => false };
  const server = createHttpServerLater(target);
  const leave = lastAnswers(server);
  return {
    port: await listen(server, wanted, say),
    open: (handle) => (target.handle = handle),
    close: async () => leave(),
  };
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

/**
 * Listens on the wanted port, or on the next free one unless it was asked for; the port it got.
 * @throws AppError `setting.port_busy`, `setting.port_forbidden` or `setting.host_unusable`
 */
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
    const fault = faultOf(error?.code);
    if (fault !== 'setting.port_busy' || wanted.isExplicit || port > wanted.port + 50)
      throw new AppError(listenErrors[fault], { params: { port }, cause: error });
  }
}

/** By listen(2) and getaddrinfo(3); whatever is neither about the port lies with the name or address. */
function faultOf(code: string | undefined): keyof typeof listenErrors {
  if (code === 'EADDRINUSE') return 'setting.port_busy';
  return code === 'EACCES' ? 'setting.port_forbidden' : 'setting.host_unusable';
}
