/** The look-alike of a platform and our own edge on one loopback server, as they would meet over the network. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpAnswer, RawRequest } from '../../src/channels/channel.ts';

interface Parties {
  /** What begins with it goes to the look-alike, everything else to our edge; without a slash behind. */
  readonly prefix: string;
  readonly platform: (request: IncomingMessage, response: ServerResponse, url: string) => unknown;
  readonly edge: (request: RawRequest) => Promise<HttpAnswer>;
}

export interface Loopback {
  readonly server: Server;
  /** `http://127.0.0.1:…` */
  readonly base: string;
  close(): Promise<void>;
}

/** Listens until it is closed. */
export async function openLoopback({ prefix, platform, edge }: Parties): Promise<Loopback> {
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    if (url.startsWith(`${prefix}/`)) {
      platform(request, response, url.slice(prefix.length));
      return;
    }
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      void edge({ method, url, headers, body: Buffer.concat(parts) }).then((answer) =>
        response.writeHead(answer.status, answer.headers).end(answer.body),
      );
    });
  });
  return { server, base: await listen(server), close: async () => shut(server) };
}

/** Listens on a free port of this machine; gives `http://127.0.0.1:…`. */
export function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}

/** Listens no more, and cuts whoever is connected. */
export function shut(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
