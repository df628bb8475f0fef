/** Telegram as a `Channel`: telegraf behind its fences, webhook or long polling. */
import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Secret } from '../../lib/secret.ts';
import { telegramAccount } from '../accounts.ts';
import { ChannelError, REPORTS, type Capabilities, type Channel, type PaceRule } from '../channel.ts';
import { Learned } from '../learned.ts';
import { botIdOf, createBot, createTelegramApi, type TelegramApi } from './bot.ts';
import { fetchFile } from './media.ts';
import { runPolling } from './poll.ts';
import { createInterpreter, createReceive } from './receive.ts';
import { sendIntent } from './send.ts';
import { checkWebhook, dropWebhook, setWebhook } from './webhook.ts';

/** Credentials and address of one bot. */
export interface TelegramConfig {
  /** `123456:ABC…` */
  readonly botToken: Secret;
  /** 1 to 256 of `A-Za-z0-9_-`; without it the webhook refuses everything. */
  readonly webhookSecret?: Secret;
  /** Base address of the Bot API, e.g. `https://api.telegram.org`. */
  readonly apiRoot: string;
}

/** What the channel needs of the process around it. */
export interface TelegramDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/** What only Telegram has: its webhook is set by a call, not in a settings page. */
export interface TelegramChannel extends Channel {
  readonly listen: NonNullable<Channel['listen']>;
  /** Tells Telegram where to deliver. @throws ChannelError; `our_fault` without a webhook secret, or for this address. */
  useWebhook(url: string): Promise<void>;
}

const CAPABILITIES: Capabilities = {
  safeToRepeat: false,
  reports: REPORTS.telegram,
};

/** Below 1 a second per chat, 20 a minute per group, about 30 a second in all (reference §2.10). */
const PACE: readonly PaceRule[] = [
  { scope: 'chat', count: 1, windowMs: 1050 },
  { scope: 'chat', count: 19, windowMs: 60_000, groupsOnly: true },
  { scope: 'account', count: 25, windowMs: 1000 },
];

const READ = { repeatable: true } as const;

/**
 * One Telegram bot; the account is named by the bot id in front of the token's colon. Makes no call until it is used.
 * @throws Error when the token is malformed or the API root is no URL.
 */
export function createTelegramChannel(config: TelegramConfig, deps: TelegramDeps): TelegramChannel {
  const apiRoot = new URL(config.apiRoot).href;
  const botId = Number(botIdOf(config.botToken));
  const account = telegramAccount(config.botToken.reveal());
  const bot = createBot(config.botToken, apiRoot);
  const api = createTelegramApi(bot);
  const name = new Learned(async () => askName(api));
  const interpret = createInterpreter(bot, { account, botId, name });
  const hush = hushWith(api, deps.log);
  return {
    platform: 'telegram',
    account,
    capabilities: CAPABILITIES,
    pace: PACE,
    receive: createReceive({ interpret, hush, webhookSecret: config.webhookSecret }),
    send: (intent) => sendIntent(api, intent),
    fetchMedia: (media, maxBytes) => fetchFile({ api, token: config.botToken, apiRoot }, media, maxBytes),
    listen: (sink, signal, connected = () => undefined) =>
      runPolling(
        { api, interpret, hush, clock: deps.clock, log: deps.log, connected, freeTheWay: async () => dropWebhook(api) },
        sink,
        signal,
      ),
    check: (ours) => checkWebhook(api, { isWanted: config.webhookSecret !== undefined, ours }),
    botName: () => name.get(deps.clock.now()),
    useWebhook: (url) => setWebhook(api, url, config.webhookSecret),
  };
}

async function askName(api: TelegramApi): Promise<string> {
  const me = await api.call('getMe', {}, { shape: z.looseObject({ username: z.string() }), kind: READ });
  return me.username;
}

/** Wordless answers show nothing to anybody, so they need no outbox row; one that fails costs a spinning button. */
function hushWith(api: TelegramApi, log: Log): (queryId: string) => void {
  return (queryId) => {
    api
      .call('answerCallbackQuery', { callback_query_id: queryId }, { shape: z.unknown(), kind: READ })
      .catch((error: unknown) => {
        log.debug({ code: error instanceof ChannelError ? error.code : 'unknown' }, 'callback query not answered');
      });
  };
}
