import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Socket, type AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { createWebhooks, type WebhookDeps } from '../../../src/api/webhooks.ts';
import { silentLog, type Log } from '../../../src/lib/log.ts';

const opened: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

test('a connection cut while the body is read is counted as that: no alarm, no "unavailable"', async () => {
  const logged: string[] = [];
  const note =
    (level: string) =>
    ({ event }: { readonly event: string }): void => {
      logged.push(`${level} ${event}`);
    };
  const log = { ...silentLog, debug: note('debug'), warn: note('warn'), error: note('error') } as unknown as Log;
  const counted = new Promise<string>((resolve) => {
    const { handle } = createWebhooks({
      routes: new Map([['/w', { platform: 'wecom' }]]),
      log,
      count: (platform: string, outcome: string) => resolve(`${platform} ${outcome}`),
    } as unknown as WebhookDeps);
    const server = createServer((request, response) => {
      request.once('data', () => client.destroy());
      handle(request, response);
    });
    opened.push(server);
    server.listen(0, '127.0.0.1', () => client.connect((server.address() as AddressInfo).port, '127.0.0.1'));
  });
  const client = new Socket();
  client.on('connect', () => client.write('POST /w HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc'));

  expect(await counted).toBe('wecom aborted');
  expect(logged).toEqual(['debug webhook.aborted']);
});

test('a store that hangs is given up in time: the platform gets 503 and delivers again, and what was refused is noted', async () => {
  const counted: string[] = [];
  const refused: unknown[] = [];
  const received = { events: [{ happening: { kind: 'message' } }], answer: () => ({ status: 200 }) };
  const { handle } = createWebhooks({
    routes: new Map([['/w', { platform: 'wecom', receive: async () => received }]]),
    inbox: { receive: async () => new Promise(() => undefined) },
    clock: { now: () => new Date() },
    log: silentLog,
    count: (_platform: string, outcome: string) => counted.push(outcome),
    refused: (events: readonly unknown[]) => refused.push(...events),
  } as unknown as WebhookDeps);
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const answers: number[] = [];
  const response = { writeHead: (status: number) => answers.push(status), end: () => undefined };
  const request = Object.assign(new PassThrough(), { url: '/w', method: 'POST', headers: {} });

  handle(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  request.end('x');
  await vi.advanceTimersByTimeAsync(2_400);
  expect(answers).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);

  expect(answers).toEqual([503]);
  expect(counted).toEqual(['unavailable']);
  expect(refused).toEqual(received.events);
});

test('an answer that was shown is written down before the webhooks are idle', async () => {
  const written: string[] = [];
  let allow = (): void => undefined;
  const allowed = new Promise<void>((resolve) => (allow = resolve));
  const held = {
    answer: { text: 'done' },
    shown: async () => {
      await allowed;
      written.push('sent');
    },
    notShown: async () => undefined,
  };
  const received = {
    events: [{ happening: { kind: 'action' } }],
    interactive: true,
    answer: () => ({ status: 200, body: 'done' }),
  };
  const { handle, idle } = createWebhooks({
    routes: new Map([['/w', { platform: 'wecom', receive: async () => received }]]),
    inbox: { receive: async () => [{ inboxId: 1n, traceId: 't' }] },
    clock: { now: () => new Date() },
    log: silentLog,
    interactiveAnswer: async () => held,
    count: () => undefined,
  } as unknown as WebhookDeps);
  const server = createServer((request, response) => void handle(request, response));
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/w`, { method: 'POST' });
  expect(await answer.text()).toBe('done');

  const left = idle().then(() => [...written]);
  setImmediate(allow);

  expect(await left).toEqual(['sent']);
});
