import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Fields, fieldsOf } from '../../../../src/sandbox/kernel/values.ts';
import { after, APP_TOKEN, type Stage, stage } from './support.ts';

/** One connection of ours: what it got, and whether it acknowledges. */
interface Connection {
  readonly socket: WebSocket;
  readonly frames: Fields[];
  readonly closed: Promise<void>;
  next(type: string): Promise<Fields>;
}

let s: Stage;
const open: Connection[] = [];
beforeEach(async () => {
  s = await stage({ deadlineMs: 60, pingIntervalMs: 15 });
});
afterEach(async () => {
  for (const { socket } of open.splice(0)) socket.terminate();
  await s.close();
});

async function url(): Promise<string> {
  return String((await s.call('apps.connections.open', {}, APP_TOKEN))['url']);
}

/** Connects; `answer` gives the payload of the acknowledgement, `false` keeps silent. */
async function connect(answer: (frame: Fields) => unknown = () => undefined, address?: string): Promise<Connection> {
  const socket = new WebSocket(address ?? (await url()));
  const frames: Fields[] = [];
  const waiting: { type: string; resolve: (frame: Fields) => void }[] = [];
  socket.on('message', (data: Buffer) => {
    const frame = fieldsOf(JSON.parse(data.toString('utf8')));
    frames.push(frame);
    waiting.filter(({ type }) => type === frame['type']).forEach(({ resolve }) => resolve(frame));
    const payload = frame['envelope_id'] === undefined ? false : answer(frame);
    if (payload !== false)
      socket.send(JSON.stringify({ envelope_id: frame['envelope_id'], ...(payload === undefined ? {} : { payload }) }));
  });
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    socket.on('error', () => resolve());
  });
  const next = (type: string) =>
    new Promise<Fields>((resolve) => {
      const found = frames.find((frame) => frame['type'] === type);
      if (found !== undefined) resolve(found);
      else waiting.push({ type, resolve });
    });
  const connection = { socket, frames, closed, next };
  open.push(connection);
  return connection;
}

describe('connecting', () => {
  test('the address of apps.connections.open leads back here and says hello', async () => {
    expect((await url()).startsWith(s.base.replace('http', 'ws'))).toBe(true);
    const connection = await connect();

    expect(await connection.next('hello')).toMatchObject({ num_connections: 1, connection_info: { app_id: 'A0001' } });
    expect(s.slack.sockets).toBe(1);
  });

  test('an address is good for one connection', async () => {
    const address = await url();
    await (await connect(undefined, address)).next('hello');
    const second = await connect(undefined, address);
    await second.closed;

    expect(second.frames).toEqual([]);
    expect(s.slack.sockets).toBe(1);
  });

  test('an eleventh connection is turned away', async () => {
    for (let i = 0; i < 10; i += 1) await (await connect()).next('hello');
    const eleventh = await connect();

    expect(await eleventh.next('disconnect')).toMatchObject({ reason: 'too_many_websockets' });
    expect(s.slack.sockets).toBe(10);
  });

  test('the server pings open connections', async () => {
    const { socket } = await connect();
    await new Promise<void>((resolve) => {
      socket.once('ping', () => resolve());
    });
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });
});

describe('payloads', () => {
  test('each payload goes to one of the connections, in turn', async () => {
    const [one, two] = [await connect(), await connect()];
    await one.next('hello');
    await two.next('hello');
    await s.slack.say('U0LIN', '一');
    await s.slack.say('U0LIN', '二');

    const counts = [one, two].map(({ frames }) => frames.filter(({ type }) => type === 'events_api').length);
    expect(counts).toEqual([1, 1]);
  });

  test('an event without an acknowledgement is redelivered with a new envelope and the same event_id', async () => {
    let isSilent = true;
    const connection = await connect(() => (isSilent ? false : undefined));
    await connection.next('hello');
    await s.slack.say('U0LIN', 'x');
    isSilent = false;
    await s.slack.setNow(after(60));

    const envelopes = connection.frames.filter(({ type }) => type === 'events_api');
    expect(envelopes.map((frame) => [frame['retry_attempt'], frame['retry_reason']])).toEqual([
      [0, ''],
      [1, 'timeout'],
      [2, 'timeout'],
    ]);
    expect(new Set(envelopes.map((frame) => frame['envelope_id'])).size).toBe(3);
    expect(new Set(envelopes.map((frame) => fieldsOf(frame['payload'])['event_id'])).size).toBe(1);
    await s.slack.setNow(after(1000));
    expect(connection.frames.filter(({ type }) => type === 'events_api')).toHaveLength(3);
  });

  test('interactions and commands may be answered in the acknowledgement', async () => {
    const connection = await connect((frame) => (frame['type'] === 'slash_commands' ? { text: '收到' } : undefined));
    await connection.next('hello');
    await s.slack.slash('U0LIN', '/daiban', 'x');

    expect(await connection.next('slash_commands')).toMatchObject({
      accepts_response_payload: true,
      payload: { command: '/daiban' },
    });
    expect(s.slack.screen('U0LIN').toasts.map(({ text }) => text)).toEqual(['收到']);
  });

  test('a command without an acknowledgement shows operation_timeout', async () => {
    await (await connect(() => false)).next('hello');
    await s.slack.slash('U0LIN', '/daiban', 'x');

    expect(s.slack.screen('U0LIN').toasts.map(({ text }) => text)).toEqual(['operation_timeout']);
  });

  test('an event nobody is connected for arrives with a later retry', async () => {
    await s.slack.say('U0LIN', 'x');
    const connection = await connect();
    await connection.next('hello');
    await s.slack.setNow(after(60));

    expect(await connection.next('events_api')).toMatchObject({ retry_attempt: 2, retry_reason: 'connection_failed' });
  });
});

describe('disconnecting', () => {
  test('a warning leaves the connection open, a refresh closes it and a new one is welcome', async () => {
    const connection = await connect();
    await connection.next('hello');
    s.slack.disconnectSockets('warning');
    expect(await connection.next('disconnect')).toMatchObject({ reason: 'warning' });
    expect(connection.socket.readyState).toBe(WebSocket.OPEN);

    s.slack.disconnectSockets('refresh_requested');
    await connection.closed;
    expect(await (await connect()).next('hello')).toMatchObject({ type: 'hello' });
  });

  test('after link_disabled no new address is handed out', async () => {
    const connection = await connect();
    await connection.next('hello');
    s.slack.disconnectSockets('link_disabled');
    await connection.closed;

    expect((await s.call('apps.connections.open', {}, APP_TOKEN))['ok']).toBe(false);
  });
});
