/** One channel and the look-alike of its platform over real HTTP, made alike for all three platforms. */
import type { IncomingHttpHeaders } from 'node:http';
import type {
  Channel,
  HttpAnswer,
  InboundEvent,
  OutboundContent,
  Platform,
  RawRequest,
  Receipt,
} from '../../src/channels/channel.ts';
import { createChannels } from '../../src/channels/index.ts';
import { MemoryTokenStore } from '../../src/channels/memory-token-store.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { Emulator } from '../../src/sandbox/emulator.ts';
import { createSlackEmulator } from '../../src/sandbox/slack/index.ts';
import { createTelegramEmulator } from '../../src/sandbox/telegram/index.ts';
import { createWecomEmulator } from '../../src/sandbox/wecom/index.ts';
import { openLoopback } from '../support/loopback.ts';
import { GRANTED } from '../support/slack-manifest.ts';

export const PERSON: Readonly<Record<Platform, string>> = { wecom: '00123', slack: 'U0001', telegram: '7000000201' };
const WECOM = {
  agentId: 1_000_007,
  secret: 's3cret',
  token: 'lnBrk9Tk2025',
  encodingAesKey: 'Q7mZx2LkP9vRt4HcYw8BnE5sDf3GuJ6aKo1iTqVhXyM',
};
const CORP = 'ww1a2b3c4d5e6f7890';

export interface World {
  readonly channel: Channel;
  readonly emulator: Emulator;
  /** Every event that passed the door, redeliveries included. */
  readonly events: InboundEvent[];
  /** HTTP statuses of what was refused. */
  readonly refused: number[];
  /** What came while the inbox was down. */
  readonly missed: InboundEvent[];
  /** The inbox is down for so many requests: the door answers 503. */
  storeIsDownFor: number;
  /** Sends to the person as the outbox would. */
  send(content: OutboundContent): Promise<Receipt>;
  /** An unsigned or wrongly signed request to the door. */
  knock(headers: IncomingHttpHeaders, body: string): Promise<number>;
  close(): Promise<void>;
}

/** Builds the world of one platform. */
export async function openWorld(platform: Platform): Promise<World> {
  const parts: { emulator?: Emulator; channel?: Channel } = {};
  const events: InboundEvent[] = [];
  const refused: number[] = [];
  const missed: InboundEvent[] = [];
  const door = async (request: RawRequest): Promise<HttpAnswer> => {
    const received = await parts.channel?.receive(request, systemClock.now());
    if (!received) return { status: 404 };
    if ('refused' in received) {
      refused.push(received.status);
      return { status: received.status };
    }
    if (world.storeIsDownFor > 0) {
      world.storeIsDownFor -= 1;
      missed.push(...received.events);
      return { status: 503 };
    }
    events.push(...received.events);
    return received.answer();
  };
  const loopback = await openLoopback({
    prefix: '/platform',
    platform: (request, response, url) => parts.emulator?.handle(request, response, url),
    edge: door,
  });
  let rows = 0;
  const world: World = {
    get channel() {
      if (!parts.channel) throw new Error('no channel yet');
      return parts.channel;
    },
    get emulator() {
      if (!parts.emulator) throw new Error('no emulator yet');
      return parts.emulator;
    },
    events,
    refused,
    missed,
    storeIsDownFor: 0,
    send: async (content) =>
      world.channel.send({
        id: String((rows += 1)),
        to: { account: world.channel.account, chat: PERSON[platform] },
        content,
        attempt: 1,
      }),
    knock: async (headers, body) =>
      (await door({ method: 'POST', url: '/door', headers, body: Buffer.from(body) })).status,
    close: async () => {
      await parts.emulator?.close();
      await loopback.close();
    },
  };
  await fill(platform, loopback.base, parts);
  return world;
}

async function fill(
  platform: Platform,
  base: string,
  parts: { emulator?: Emulator; channel?: Channel },
): Promise<void> {
  const now = systemClock.now();
  const person = { id: PERSON[platform], name: '小林' };
  const api = `${base}/platform`;
  const deps = { tokens: new MemoryTokenStore(systemClock), clock: systemClock, log: silentLog };
  if (platform === 'wecom') {
    const emulator = createWecomEmulator({
      corpId: CORP,
      agents: [{ ...WECOM }],
      now,
      publicBase: api,
      members: [person],
      ticking: true,
    });
    parts.emulator = emulator;
    parts.channel = only(
      await createChannels({ wecom: { corpId: CORP, ...WECOM, agentId: String(WECOM.agentId), apiBase: api } }, deps),
    );
    const check = await emulator.setCallbackUrl(WECOM.agentId, `${base}/door`);
    if (!check.ok) throw new Error(check.reason);
    return;
  }
  if (platform === 'slack') {
    const emulator = createSlackEmulator({
      teamId: 'T0001',
      appId: 'A0001',
      botUserId: 'U0BOT',
      botToken: 'xoxb-1',
      signingSecret: 'signing-secret-1',
      eventsUrl: `${base}/door`,
      publicBase: api,
      now,
      wall: systemClock,
      ...GRANTED,
      people: [person],
    });
    parts.emulator = emulator;
    parts.channel = only(
      await createChannels(
        { slack: { botToken: 'xoxb-1', signingSecret: 'signing-secret-1', apiUrl: `${api}/api/`, teamId: 'T0001' } },
        deps,
      ),
    );
    await emulator.verifyEventsUrl();
    return;
  }
  const emulator = createTelegramEmulator({
    token: '42:secret',
    botId: '42',
    username: 'daiban_bot',
    publicBase: api,
    now,
    wall: systemClock,
    people: [person],
    allowLoopbackHttp: true,
  });
  parts.emulator = emulator;
  parts.channel = only(
    await createChannels({ telegram: { botToken: '42:secret', webhookSecret: 'hook-secret', apiRoot: api } }, deps),
  );
  await parts.channel?.useWebhook?.(`${base}/door`);
  await emulator.start(person.id);
}

function only(channels: readonly Channel[]): Channel {
  const [channel] = channels;
  if (!channel) throw new Error('no channel was made');
  return channel;
}
