/** The channels of this installation, made from settings. */
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { Secret } from '../lib/secret.ts';
import { slackAccount, telegramAccount, wecomAccount } from './accounts.ts';
import type { Channel, Platform, TokenStore } from './channel.ts';

/** Credentials of the platforms that are in use, real or look-alike. */
export interface ChannelSettings {
  readonly wecom?: {
    readonly corpId: string;
    readonly agentId: string;
    readonly secret: string;
    readonly token: string;
    readonly encodingAesKey: string;
    readonly apiBase: string;
  };
  readonly slack?: {
    readonly botToken: string;
    readonly signingSecret: string;
    readonly appToken?: string;
    readonly apiUrl: string;
    readonly teamId?: string;
  };
  readonly telegram?: { readonly botToken: string; readonly webhookSecret?: string; readonly apiRoot: string };
}

type SettingsOf<P extends Platform> = NonNullable<ChannelSettings[P]>;

/** What every channel needs of the process; `clock` is real time. */
export interface ChannelDeps {
  readonly tokens: TokenStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** The account names a set of settings gives, without making the channels. */
export function accountsOf(settings: ChannelSettings): Partial<Record<Platform, string>> {
  return {
    ...(settings.wecom ? { wecom: wecomAccount(settings.wecom) } : {}),
    ...(settings.slack ? { slack: slackAccount(settings.slack.teamId) } : {}),
    ...(settings.telegram ? { telegram: telegramAccount(settings.telegram.botToken) } : {}),
  };
}

/** Makes the channels. Each platform's library is loaded only when the platform is in use: Bolt alone costs 30 MB. */
export async function createChannels(settings: ChannelSettings, deps: ChannelDeps): Promise<readonly Channel[]> {
  const { wecom, slack, telegram } = settings;
  const channels: Channel[] = [];
  if (wecom) channels.push(await wecomChannel(wecom, deps));
  if (slack) channels.push(await slackChannel(slack, deps));
  if (telegram) channels.push(await telegramChannel(telegram, deps));
  return channels;
}

async function wecomChannel(settings: SettingsOf<'wecom'>, deps: ChannelDeps): Promise<Channel> {
  const { createWecomChannel } = await import('./wecom/index.ts');
  const secret = new Secret(settings.secret);
  const token = new Secret(settings.token);
  const encodingAesKey = new Secret(settings.encodingAesKey);
  return createWecomChannel({ ...settings, secret, token, encodingAesKey }, deps);
}

async function slackChannel(settings: SettingsOf<'slack'>, deps: ChannelDeps): Promise<Channel> {
  const { createSlackChannel } = await import('./slack/index.ts');
  const { appToken, ...rest } = settings;
  const botToken = new Secret(settings.botToken);
  const signingSecret = new Secret(settings.signingSecret);
  const socket = appToken === undefined ? {} : { appToken: new Secret(appToken) };
  return createSlackChannel({ ...rest, botToken, signingSecret, ...socket }, deps);
}

async function telegramChannel(settings: SettingsOf<'telegram'>, deps: ChannelDeps): Promise<Channel> {
  const { createTelegramChannel } = await import('./telegram/index.ts');
  const { webhookSecret, ...rest } = settings;
  const botToken = new Secret(settings.botToken);
  const webhook = webhookSecret === undefined ? {} : { webhookSecret: new Secret(webhookSecret) };
  return createTelegramChannel({ ...rest, botToken, ...webhook }, deps);
}
