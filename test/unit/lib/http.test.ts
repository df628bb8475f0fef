import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createHttpClient,
  NetworkError,
  ResponseTooLarge,
  type HttpClient,
  type HttpRequest,
} from '../../../src/lib/http.ts';

let server: Server;
let handler: (request: IncomingMessage, response: ServerResponse, body: string) => void;
let seen: { url: string; headers: IncomingMessage['headers']; body: string; port: number | undefined }[];
let client: HttpClient;

const base = (path = '') => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

beforeEach(async () => {
  seen = [];
  handler = (_, response) => response.end('ok');
  server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces).toString('utf8');
      seen.push({ url: request.url ?? '', headers: request.headers, body, port: request.socket.remotePort });
      handler(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = createHttpClient({ baseUrl: base() });
});
afterEach(async () => {
  server.closeAllConnections();
  await Promise.all([client.close().catch(() => undefined), new Promise((resolve) => server.close(resolve))]);
});

async function failure(request: HttpRequest, of: HttpClient = client): Promise<unknown> {
  return of.request(request).then(
    () => 'answered',
    (error: unknown) => error,
  );
}

const GET: HttpRequest = { method: 'GET', path: '/x' };

describe('requests', () => {
  test('carry query, headers and body exactly as given, below the prefix of the base address', async () => {
    const prefixed = createHttpClient({ baseUrl: base('/sandbox/wecom/') });
    const response = await prefixed.request({
      method: 'POST',
      path: '/cgi-bin/send',
      query: { token: 'a+b/c=', q: '何' },
      headers: { 'content-type': 'application/json' },
      body: '{"a":"何"}',
    });
    await prefixed.close();

    expect(response).toMatchObject({ status: 200, body: Buffer.from('ok') });
    expect(seen).toMatchObject([
      {
        url: '/sandbox/wecom/cgi-bin/send?token=a%2Bb%2Fc%3D&q=%E4%BD%95',
        body: '{"a":"何"}',
        headers: { 'content-type': 'application/json', 'content-length': '11' },
      },
    ]);
  });

  test('share kept-alive connections', async () => {
    for (let i = 0; i < 10; i += 1) await client.request(GET);

    // The pool may open a second one while the first is still being given back.
    expect(new Set(seen.map(({ port }) => port)).size).toBeLessThanOrEqual(2);
  });

  test.each([301, 302, 307, 308, 404, 500])('get status %i as an answer, redirects unfollowed', async (status) => {
    handler = (_, response) =>
      response.writeHead(status, { location: base('/elsewhere'), 'X-Two': ['a', 'b'] }).end('body');

    expect(await client.request(GET)).toMatchObject({
      status,
      headers: { location: base('/elsewhere'), 'x-two': 'a, b' },
      body: Buffer.from('body'),
    });
    expect(seen).toHaveLength(1);
  });

  test('may expect bytes, empty ones too', async () => {
    handler = (_, response) => response.end(Buffer.from([0, 255, 10, 13]));
    expect((await client.request(GET)).body).toEqual(Buffer.from([0, 255, 10, 13]));

    handler = (_, response) => response.writeHead(204).end();
    expect((await client.request(GET)).body).toHaveLength(0);
  });
});

describe('answers that are too long', () => {
  test('are cut off at the limit, declared or not', async () => {
    handler = (_, response) => response.end(Buffer.alloc(2000));
    expect(await failure({ ...GET, maxBytes: 1999 })).toBeInstanceOf(ResponseTooLarge);
    expect((await client.request({ ...GET, maxBytes: 2000 })).body).toHaveLength(2000);

    handler = (_, response) => {
      const pump = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', pump);
      pump();
    };
    expect(await failure({ ...GET, maxBytes: 100_000 })).toBeInstanceOf(ResponseTooLarge);
  });
});

describe('failures', () => {
  test('nobody listening: surely not sent', async () => {
    const nobody = createTcpServer();
    await new Promise<void>((resolve) => nobody.listen(0, '127.0.0.1', resolve));
    const { port } = nobody.address() as AddressInfo;
    await new Promise((resolve) => nobody.close(resolve));

    expect(await failure(GET, createHttpClient({ baseUrl: `http://127.0.0.1:${port}` }))).toMatchObject({
      name: 'NetworkError',
      reach: 'not_sent',
      code: 'ECONNREFUSED',
    });
  });

  test('a connection cut after the request: unknown', async () => {
    handler = (request) => request.socket.destroy();

    expect(await failure({ method: 'POST', path: '/x', body: 'paid' })).toMatchObject({ reach: 'unknown' });
    expect(seen).toHaveLength(1);
  });

  test('a connection cut in the middle of the answer: unknown', async () => {
    handler = (request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => request.socket.destroy());
    };

    expect(await failure(GET)).toMatchObject({ reach: 'unknown' });
  });

  test('silence: unknown after the time-out', async () => {
    handler = () => undefined;
    const listening = createHttpClient({ baseUrl: base(), totalMs: 60_000 });
    const error = await failure({ ...GET, timeoutMs: 50 }, listening);
    await listening.close();

    expect(error).toMatchObject({ reach: 'unknown', code: 'UND_ERR_HEADERS_TIMEOUT' });
  });

  test('an answer that trickles: unknown when the exchange has taken too long, and its socket is ended', async () => {
    const cut = new Promise<void>((resolve) => {
      handler = (_, response) => {
        const drops = setInterval(() => response.write('.'), 5);
        response.on('close', () => {
          clearInterval(drops);
          resolve();
        });
      };
    });
    const impatient = createHttpClient({ baseUrl: base(), timeoutMs: 60_000, totalMs: 100 });

    expect(await failure(GET, impatient)).toMatchObject({ reach: 'unknown', code: 'ETIMEDOUT' });
    await cut;
    await impatient.close();
  });

  test('no free socket in time: surely not sent, now or later', async () => {
    const came = new Promise<ServerResponse>((resolve) => {
      handler = (_, response) => resolve(response);
    });
    const narrow = createHttpClient({ baseUrl: base(), connections: 1, timeoutMs: 60_000 });
    const first = failure({ ...GET, path: '/first' }, narrow);
    const held = await came;

    const second = await failure({ ...GET, path: '/second', timeoutMs: 20 }, narrow);

    expect(second).toMatchObject({ reach: 'not_sent', code: 'ETIMEDOUT' });
    held.end();
    await Promise.all([first, narrow.close()]);
    expect(seen.map(({ url }) => url)).toEqual(['/first']);
  });

  test('something that is no HTTP: unknown', async () => {
    handler = (request) => request.socket.end('garbage\r\n\r\n');

    expect(await failure(GET)).toMatchObject({ reach: 'unknown' });
  });

  test('show neither address nor query, where credentials stand', async () => {
    handler = (request) => request.socket.destroy();
    const error = await failure({ ...GET, query: { access_token: 'T-secret' } });

    expect(error).toBeInstanceOf(NetworkError);
    const { message, stack } = error as NetworkError;
    expect(`${message}${stack}${JSON.stringify(error)}`).not.toMatch(/T-secret|127\.0\.0\.1/);
  });

  test('a base address that is none is refused at once', () => {
    expect(() => createHttpClient({ baseUrl: 'not a url' })).toThrow(TypeError);
  });
});
