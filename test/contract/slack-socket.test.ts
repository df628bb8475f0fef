import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { ChannelError, type Channel, type InboundEvent } from '../../src/channels/channel.ts';
import { createSlackChannel } from '../../src/channels/slack/channel.ts';
import { silentLog } from '../../src/lib/log.ts';
import { Secret } from '../../src/lib/secret.ts';
import { directMessage, eventCallback, NOW, SECRET } from '../fixtures/slack/requests.ts';
import { FixedClock } from '../support/fixed-clock.ts';

/** A Slack that opens sockets: hands out its own address and speaks the frames of the reference §1.3. */
class SocketSlack {
  readonly server: Server;
  readonly acks: string[] = [];
  readonly sockets: WebSocket[] = [];
  openAnswer: Record<string, unknown> | undefined;
  team: string | undefined;
  /** Takes the connection and never says hello. */
  isMute = false;
  #waiting: (() => void)[] = [];

  constructor() {
    this.server = createServer((request, response) => {
      request.resume();
      const me = { ok: true, ...(this.team === undefined ? {} : { team_id: this.team }) };
      const isQuestion = request.url?.endsWith('auth.test') === true;
      const answer = isQuestion
        ? me
        : (this.openAnswer ?? { ok: true, url: `ws://127.0.0.1:${String(this.port)}/link` });
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer));
    });
    new WebSocketServer({ server: this.server }).on('connection', (socket) => {
      this.sockets.push(socket);
      socket.on('message', (frame: Buffer) => {
        this.acks.push((JSON.parse(frame.toString('utf8')) as { envelope_id: string }).envelope_id);
        this.#wake();
      });
      if (!this.isMute)
        socket.send(JSON.stringify({ type: 'hello', num_connections: 1, connection_info: { app_id: 'A0001' } }));
      this.#wake();
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  deliver(envelopeId: string, payload: unknown, type = 'events_api'): void {
    this.sockets
      .at(-1)
      ?.send(JSON.stringify({ envelope_id: envelopeId, type, accepts_response_payload: false, payload }));
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  wake(): void {
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

let slack: SocketSlack;
let stop: AbortController;

beforeEach(async () => {
  slack = new SocketSlack();
  stop = new AbortController();
  await new Promise<void>((resolve) => {
    slack.server.listen(0, '127.0.0.1', resolve);
  });
});

afterEach(async () => {
  stop.abort();
  await slack.close();
});

function channel(): Channel {
  return createSlackChannel(
    {
      botToken: new Secret('xoxb-test'),
      signingSecret: new Secret(SECRET),
      appToken: new Secret('xapp-test'),
      apiUrl: `http://127.0.0.1:${String(slack.port)}/api/`,
    },
    { clock: new FixedClock(NOW), log: silentLog },
  );
}

function listen(sink: (events: readonly InboundEvent[]) => Promise<void>): Promise<void> {
  const running = channel().listen?.(sink, stop.signal);
  if (!running) throw new Error('socket mode is off');
  return running;
}

describe('Socket Mode', () => {
  test('an envelope of another workspace is acknowledged and not committed', async () => {
    const committed: string[] = [];
    slack.team = 'T0001';
    const done = listen((events) => {
      committed.push(...events.map(({ deliveryKeys }) => deliveryKeys[0]));
      return Promise.resolve();
    });
    await slack.until(() => slack.sockets.length === 1);

    const foreign = { team_id: 'T0EVIL', authorizations: [{ team_id: 'T0EVIL' }], event_id: 'Ev0666' };
    slack.deliver('env-1', eventCallback(directMessage('hi'), foreign));
    slack.deliver('env-2', eventCallback(directMessage('hi')));
    await slack.until(() => slack.acks.length === 2);
    stop.abort();
    await done;

    expect(slack.acks.toSorted()).toEqual(['env-1', 'env-2']);
    expect(committed).toEqual(['Ev0001']);
  });

  test('an envelope is acknowledged only after its events are committed', async () => {
    const log: string[] = [];
    let commit: (() => void) | undefined;
    const done = listen((events) => {
      log.push(`sink ${String(events[0]?.deliveryKeys[0])}`);
      slack.wake();
      return new Promise((resolve) => {
        commit = resolve;
      });
    });
    await slack.until(() => slack.sockets.length === 1);

    slack.deliver('env-1', eventCallback(directMessage('你好')));
    await slack.until(() => log.length === 1);
    const acksBeforeCommit = [...slack.acks];
    commit?.();
    await slack.until(() => slack.acks.length === 1);

    expect(log).toEqual(['sink Ev0001']);
    expect(acksBeforeCommit).toEqual([]);
    expect(slack.acks).toEqual(['env-1']);
    stop.abort();
    await done;
  });

  test('an envelope whose commit fails is not acknowledged, so that Slack delivers it again', async () => {
    let tries = 0;
    const done = listen(() => {
      tries += 1;
      return tries === 1 ? Promise.reject(new Error('store down')) : Promise.resolve();
    });
    await slack.until(() => slack.sockets.length === 1);

    slack.deliver('env-1', eventCallback(directMessage('一')));
    slack.deliver('env-2', eventCallback(directMessage('一'), { event_id: 'Ev0002' }));
    await slack.until(() => slack.acks.length === 1);

    expect(tries).toBe(2);
    expect(slack.acks).toEqual(['env-2']);
    stop.abort();
    await done;
  });

  test('slash commands and button presses arrive by socket as well', async () => {
    const heard: InboundEvent[] = [];
    const done = listen((events) => {
      heard.push(...events);
      return Promise.resolve();
    });
    await slack.until(() => slack.sockets.length === 1);

    slack.deliver(
      'env-1',
      { command: '/daiban', text: '待办', user_id: 'U1', channel_id: 'D1', trigger_id: 't1' },
      'slash_commands',
    );
    slack.deliver(
      'env-2',
      {
        type: 'block_actions',
        user: { id: 'U1' },
        channel: { id: 'D1' },
        actions: [{ type: 'button', action_id: 'approve', action_ts: '1.1', value: 'abcd:1:approve' }],
      },
      'interactive',
    );
    await slack.until(() => slack.acks.length === 2);

    expect(heard.map((event) => event.happening.kind)).toEqual(['message', 'action']);
    stop.abort();
    await done;
  });

  test('when Slack asks for a new connection, one is opened and deliveries go on', async () => {
    const heard: string[] = [];
    const done = listen((events) => {
      heard.push(...events.map((event) => event.deliveryKeys[0]));
      return Promise.resolve();
    });
    await slack.until(() => slack.sockets.length === 1);

    slack.sockets[0]?.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested' }));
    await slack.until(() => slack.sockets.length === 2);
    slack.deliver('env-9', eventCallback(directMessage('又来了')));
    await slack.until(() => slack.acks.length === 1);

    expect(heard).toEqual(['Ev0001']);
    stop.abort();
    await done;
  });

  test('a frame without an inner event, binary noise and broken JSON do not end the process', async () => {
    const done = listen(() => Promise.resolve());
    await slack.until(() => slack.sockets.length === 1);

    slack.sockets[0]?.send('{"type":"events_api","envelope_id":"x"}');
    slack.sockets[0]?.send('{');
    slack.sockets[0]?.send(Buffer.from([1, 2]));
    slack.deliver('env-ok', eventCallback(directMessage('还在')));
    await slack.until(() => slack.acks.includes('env-ok'));

    stop.abort();
    await done;
  });

  test('a refused app token is a breaker, thrown and not retried', async () => {
    slack.openAnswer = { ok: false, error: 'invalid_auth' };

    const error = await listen(() => Promise.resolve()).catch((caught: unknown) => caught);

    expect(error).toBeInstanceOf(ChannelError);
    expect(error).toMatchObject({ failure: 'breaker', code: 'invalid_auth' });
  });

  test.each(['missing_scope', 'something_new'])('%s is a refusal that is thrown, too', async (code) => {
    slack.openAnswer = { ok: false, error: code };
    const taken = Promise.resolve();

    await expect(listen(() => taken)).rejects.toMatchObject({ name: 'ChannelError', code });
  });

  test('with Socket Mode switched off it ends at once instead of connecting again and again', async () => {
    let hellos = 0;
    const done = channel().listen?.(
      () => Promise.resolve(),
      stop.signal,
      () => {
        hellos += 1;
        slack.sockets[0]?.send(JSON.stringify({ type: 'disconnect', reason: 'link_disabled' }));
      },
    );

    await expect(done).rejects.toMatchObject({ name: 'ChannelError', failure: 'breaker', code: 'link_disabled' });
    expect([hellos, slack.sockets.length]).toEqual([1, 1]);
  });

  test('who leaves before the hello was never let in', async () => {
    slack.isMute = true;
    let hellos = 0;
    const done = channel().listen?.(
      () => Promise.resolve(),
      stop.signal,
      () => (hellos += 1),
    );
    await slack.until(() => slack.sockets.length === 1);
    stop.abort();
    await done;

    expect(hellos).toBe(0);
  });

  test('without an app token the channel does not listen', () => {
    const http = createSlackChannel(
      { botToken: new Secret('x'), signingSecret: new Secret(SECRET), apiUrl: 'http://127.0.0.1:9/' },
      { clock: new FixedClock(NOW), log: silentLog },
    );

    expect('listen' in http).toBe(false);
  });
});
