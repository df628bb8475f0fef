/** One WeCom app as a `Channel`: members inside its visible range write to it and get messages and cards. */
import { wecomAccount } from '../accounts.ts';
import { ChannelError, REPORTS, type Capabilities, type Channel, type Check, type PaceRule } from '../channel.ts';
import { CallbackCrypto } from './callback-crypto.ts';
import { WecomClient } from './client.ts';
import type { WecomConfig, WecomDeps } from './config.ts';
import { downloadMedia, MediaUploads } from './media.ts';
import { receiveCallback, type Receiver } from './receive.ts';
import { DUPLICATE_WINDOW_SECONDS, WecomSender } from './send.ts';

const CAPABILITIES: Capabilities = {
  safeToRepeat: true,
  duplicateWindowMs: DUPLICATE_WINDOW_SECONDS * 1000,
  // The app is told nothing of edits and recalls [doc 90239].
  reports: REPORTS.wecom,
};

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** The platform drops silently, with errcode 0, what exceeds 30 a minute or 1000 an hour for one member [doc 90236]. */
const PACE: readonly PaceRule[] = [
  { scope: 'chat', count: 25, windowMs: MINUTE_MS },
  { scope: 'chat', count: 900, windowMs: HOUR_MS },
];

/** The channel for one self-built app. @throws RangeError when agent id or EncodingAESKey have the wrong shape. */
export function createWecomChannel(config: WecomConfig, deps: WecomDeps): Channel {
  if (!/^\d{1,15}$/.test(config.agentId)) throw new RangeError('a WeCom agent id is a number');
  const account = wecomAccount(config);
  const client = new WecomClient(config, deps);
  const uploads = new MediaUploads(client, deps.tokens, deps.clock);
  const sender = new WecomSender({ client, uploads, agentId: config.agentId, account });
  const receiver: Receiver = {
    account,
    corpId: config.corpId,
    agentId: config.agentId,
    crypto: callbackCrypto(config, deps),
  };
  return {
    platform: 'wecom',
    account,
    capabilities: CAPABILITIES,
    pace: PACE,
    receive: async (request, now) => receiveCallback(receiver, request, now),
    send: async (intent) => sender.send(intent),
    fetchMedia: async (media, maxBytes) => downloadMedia(client, media.id, maxBytes),
    check: async () => check(client),
  };
}

function callbackCrypto(config: WecomConfig, deps: WecomDeps): CallbackCrypto {
  const keys = {
    token: config.token.reveal(),
    encodingAesKey: config.encodingAesKey.reveal(),
    receiveId: config.corpId,
  };
  return new CallbackCrypto(keys, deps.random);
}

async function check(client: WecomClient): Promise<Check> {
  try {
    await client.probe();
    return { ok: true };
  } catch (error) {
    if (error instanceof ChannelError) return { ok: false, code: error.code };
    throw error;
  }
}
