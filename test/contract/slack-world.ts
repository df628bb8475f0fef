/** Our Slack channel and the look-alike on one loopback server, with a list in the place of the inbox. */
import { expect } from 'vitest';
import type {
  Channel,
  HttpAnswer,
  InboundEvent,
  OutboundContent,
  RawRequest,
  Receipt,
} from '../../src/channels/channel.ts';
import { createSlackChannel } from '../../src/channels/slack/channel.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { Secret } from '../../src/lib/secret.ts';
import { createSlackEmulator, type SlackEmulator } from '../../src/sandbox/slack/index.ts';
import { GRANTED } from '../support/slack-manifest.ts';
import { FixedClock } from '../support/fixed-clock.ts';
import { openLoopback, type Loopback } from '../support/loopback.ts';

export const START = new Date('2026-11-21T02:00:00Z');
export const ACCOUNT = 'slack:T0001';

/** One bot in one workspace, over HTTP or by Socket Mode. */
export class World {
  #loopback: Loopback | undefined;
  readonly heard: InboundEvent[] = [];
  readonly statuses: number[] = [];
  readonly clock = new FixedClock(START);
  readonly stop = new AbortController();
  /** While true the store is down: the edge answers 503, as the caller of a channel does. */
  storeIsDown = false;
  slack!: SlackEmulator;
  channel!: Channel;
  /** Ends with the connection. */
  listening: Promise<void> | undefined;

  async open(mode: 'http' | 'socket' = 'http'): Promise<this> {
    this.#loopback = await openLoopback({
      prefix: '/slack',
      platform: (request, response, url) => this.slack.handle(request, response, url),
      edge: async (request) => this.#edge(request),
    });
    const { base, server } = this.#loopback;
    server.on('upgrade', (request, stream, head: Buffer) => {
      this.slack.handleUpgrade(request, stream, head, (request.url ?? '').slice('/slack'.length));
    });
    this.slack = createSlackEmulator({
      teamId: 'T0001',
      appId: 'A0001',
      botUserId: 'UBOT',
      botToken: 'xoxb-sandbox',
      appToken: 'xapp-sandbox',
      signingSecret: 'sandbox-secret',
      publicBase: `${base}/slack`,
      now: START,
      ...GRANTED,
      people: [
        { id: 'U0001', name: '老赵' },
        { id: 'U0002', name: '小林' },
      ],
      channels: [{ id: 'C0001', name: 'approvals', members: ['U0001', 'U0002', 'UBOT'] }],
      ...(mode === 'http' ? { eventsUrl: `${base}/channels/slack/events` } : {}),
    });
    this.channel = createSlackChannel(
      {
        botToken: new Secret('xoxb-sandbox'),
        signingSecret: new Secret('sandbox-secret'),
        apiUrl: `${base}/slack/api/`,
        teamId: 'T0001',
        ...(mode === 'socket' ? { appToken: new Secret('xapp-sandbox') } : {}),
      },
      { clock: this.clock, log: silentLog },
    );
    return this;
  }

  async #edge(request: RawRequest): Promise<HttpAnswer> {
    const answer = await this.#hear(request);
    this.statuses.push(answer.status);
    return answer;
  }

  async #hear(request: RawRequest): Promise<HttpAnswer> {
    const result = await this.channel.receive(request, systemClock.now());
    if ('refused' in result) return { status: result.status };
    if (this.storeIsDown) return { status: 503 };
    this.heard.push(...result.events);
    return result.answer();
  }

  /** Connects by Socket Mode. */
  async listen(): Promise<void> {
    this.listening = this.channel.listen?.((events) => {
      this.heard.push(...events);
      return Promise.resolve();
    }, this.stop.signal);
    await expect.poll(() => this.slack.sockets).toBe(1);
  }

  send(content: OutboundContent, chat: string): Promise<Receipt> {
    return this.channel.send({ id: 'out-1', to: { account: ACCOUNT, chat }, content, attempt: 1 });
  }

  lastScreen(person: string) {
    const last = this.slack.screen(person).messages.at(-1);
    if (!last) throw new Error('empty screen');
    return last;
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.listening;
    await this.slack.close();
    await this.#loopback?.close();
  }
}
