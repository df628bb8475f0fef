/** PostgreSQL goes away under a running server, and comes back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningApp } from '../../../src/app.ts';
import { useDatabase } from '../../support/database.ts';
import { startWeb } from './api-server.ts';

const TOKEN = 'bootstrap-token-of-the-test';
const database = useDatabase();
const dataDir = mkdtempSync(path.join(tmpdir(), 'daiban-away-'));
const sockets = new Set<Socket>();
/** What happens to whoever connects: he is let through, turned away, or told that the server is starting. */
const way: { state: 'open' | 'shut' | 'starting' } = { state: 'open' };
let door: Server;
let app: RunningApp | undefined;

beforeAll(async () => {
  const real = new URL(database.url);
  const target = { port: Number(real.port), host: real.hostname };
  door = createServer((client) => {
    client.on('error', () => undefined);
    if (way.state === 'shut') return void client.resetAndDestroy();
    if (way.state === 'starting') return void client.once('data', () => client.end(STARTING));
    const server = connect(target);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(one.on('error', () => undefined));
      one.pipe(other);
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  real.port = String((door.address() as AddressInfo).port);
  real.hostname = '127.0.0.1';
  app = await startWeb({ DATA_DIR: dataDir, DATABASE_URL: real.href, BOOTSTRAP_API_TOKEN: TOKEN });
}, 60_000);
afterAll(async () => {
  way.state = 'open';
  await app?.close();
  for (const socket of sockets) socket.destroy();
  door.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** FATAL 57P03, as the server says it before it takes anybody. */
const STARTING = ((): Buffer => {
  const fields = Buffer.from('SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0');
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
})();

async function ask(method: string, address: string): Promise<Response> {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  return fetch(`${app?.url}${address}`, { method, headers, ...(method === 'GET' ? {} : { body: '{"q":"K301"}' }) });
}

function leave(state: typeof way.state): void {
  way.state = state;
  for (const socket of sockets) socket.destroy();
  sockets.clear();
}

const ADDRESSES = [
  ['GET', '/api/v1/customers'],
  ['POST', '/api/v1/customers/search'],
  ['GET', '/api/v1/deliveries'],
] as const;

test.each(['shut', 'starting'] as const)(
  'while it is %s the API says 503 and when to come again, and the metrics that it is away; afterwards all is as before',
  async (state) => {
    for (const [method, address] of ADDRESSES) expect((await ask(method, address)).status).toBe(200);
    leave(state);

    for (const [method, address] of ADDRESSES) {
      const answer = await ask(method, address);
      expect([address, answer.status, answer.headers.get('retry-after')]).toEqual([address, 503, '5']);
      expect(await answer.json()).toMatchObject({ code: 'service.unavailable' });
    }
    const figures = await ask('GET', '/metrics');
    const text = await figures.text();
    expect(figures.status).toBe(200);
    expect(text).toContain('daiban_database_up 0');
    expect(text).not.toContain('daiban_rows_waiting{');
    expect((await ask('GET', '/readyz')).status).toBe(503);

    way.state = 'open';
    for (const [method, address] of ADDRESSES) expect((await ask(method, address)).status).toBe(200);
    expect(await (await ask('GET', '/metrics')).text()).toContain('daiban_database_up 1');
  },
);
