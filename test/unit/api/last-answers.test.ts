/** A server that leaves: whoever has asked gets an answer, nobody else is waited for. */
import { Agent, createServer, request, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { lastAnswers } from '../../../src/api/last-answers.ts';

interface Served {
  readonly server: Server;
  readonly port: number;
  /** Ends the server; longer than a test may last, unless told otherwise. */
  readonly leave: (patienceMs?: number) => Promise<void>;
}

async function serve(listener: RequestListener): Promise<Served> {
  const server = createServer(listener);
  const leave = lastAnswers(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => server.closeAllConnections());
  return {
    server,
    port: (server.address() as AddressInfo).port,
    leave: async (patienceMs = 60_000) => leave(patienceMs),
  };
}

/** A door that a test opens when it is time. */
function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open: () => open() };
}

async function get(port: number, agent: Agent): Promise<{ readonly text: string; readonly connection: unknown }> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: '127.0.0.1', agent }, (response) => {
      let text = '';
      response.on('data', (piece) => (text += String(piece)));
      response.on('end', () => resolve({ text, connection: response.headers.connection }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

function keptAgent(): Agent {
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  return agent;
}

test('a request under way gets its answer, and is told that nothing more comes on its connection', async () => {
  const [came, answer] = [gate(), gate()];
  const { port, leave } = await serve((_request, response) => {
    came.open();
    void answer.passed.then(() => response.end('done'));
  });
  const asked = get(port, keptAgent());
  await came.passed;

  const left = leave();
  await expect(get(port, keptAgent())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  answer.open();

  expect(await asked).toEqual({ text: 'done', connection: 'close' });
  await left;
});

test('an answer that is written but still on its way arrives whole', async () => {
  const written = gate();
  const size = 20_000_000;
  const { port, leave } = await serve((_request, response) => {
    response.end(Buffer.alloc(size));
    written.open();
  });
  const client = connect(port, '127.0.0.1').pause();
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await written.passed;

  const left = leave();
  let received = 0;
  for await (const piece of client) received += (piece as Buffer).length;

  expect(received).toBeGreaterThan(size);
  await left;
});

test('idle connections are closed at once, also those that become idle, and nobody waits for them', async () => {
  const [came, answer] = [gate(), gate()];
  const { port, server, leave } = await serve((incoming, response) => {
    if (incoming.headers['x-slow'] === undefined) return void response.end('quick');
    response.write('begun, '); // too late to say that the connection ends
    came.open();
    void answer.passed.then(() => response.end('done'));
  });
  const idle = keptAgent();
  await get(port, idle);
  const slow = connect(port, '127.0.0.1');
  slow.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: yes\r\n\r\n');
  await came.passed;
  const connections = async (): Promise<number> =>
    new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
  expect(await connections()).toBe(2);

  const left = leave();
  await expect.poll(connections).toBe(1);
  answer.open();
  let text = '';
  for await (const piece of slow) text += String(piece);

  expect(text).toContain('done');
  await left;
  expect(await connections()).toBe(0);
});

test('with nothing under way it is over at once', async () => {
  const { port, leave } = await serve((_request, response) => void response.end('quick'));
  await get(port, keptAgent());

  await leave();
});

test('an answer that never comes is waited for no longer than the patience lasts', async () => {
  const came = gate();
  const { port, leave } = await serve(() => came.open());
  const asked = get(port, keptAgent()).catch((error: unknown) => error);
  await came.passed;

  await leave(1);

  expect(await asked).toMatchObject({ code: 'ECONNRESET' });
});
