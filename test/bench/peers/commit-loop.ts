/**
 * What a message costs at least: one single-row commit, on as many connections as conversations are in flight. Settings:
 * DATABASE_URL. A POST to /run?count=n does n commits and answers with the seconds it took.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from 'pg';

const CONNECTIONS = 32;
const BODY = 'x'.repeat(400);

const clients = await Promise.all(
  Array.from({ length: CONNECTIONS }, async () => {
    const client = new Client({ connectionString: process.env['DATABASE_URL'] });
    await client.connect();
    return client;
  }),
);
await clients[0]?.query('CREATE TABLE IF NOT EXISTS messages (key bigint PRIMARY KEY, body text NOT NULL)');
let serial = Date.now() * 1000;

async function run(count: number): Promise<number> {
  let left = count;
  const start = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      for (; left > 0;) {
        left -= 1;
        serial += 1;
        await client.query({
          name: 'insert',
          text: 'INSERT INTO messages (key, body) VALUES ($1, $2)',
          values: [serial, BODY],
        });
      }
    }),
  );
  return (performance.now() - start) / 1000;
}

const server = createServer((request, response) => {
  const count = Number(new URL(request.url ?? '/', 'http://x').searchParams.get('count'));
  void run(count).then((seconds) => response.end(JSON.stringify({ seconds })));
});
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`));
process.once('SIGTERM', () => process.exit(0));
