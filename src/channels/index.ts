/** The channels of this installation, made from settings. */
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { Secret } from '../lib/secret.ts';
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

export interface ChannelDeps {
  readonly tokens: TokenStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** The account names a set of settings gives, without making the channels. */
export function accountsOf(settings: ChannelSettings): Partial<Record<Platform, string>> {
  return {
    ...(settings.wecom ? { wecom: `wecom:${settings.wecom.corpId}:${settings.wecom.agentId}` } : {}),
    ...(settings.slack ? { slack: `slack:${settings.slack.teamId ?? 'default'}` } : {}),
    ...(settings.telegram ? { telegram: `telegram:${settings.telegram.botToken.split(':')[0] ?? ''}` } : {}),
  };
}

/** Makes the channels. Each platform's library is loaded only when the platform is in use: Bolt alone costs 30 MB. */
export async function createChannels(settings: ChannelSettings, deps: ChannelDeps): Promise<readonly Channel[]> {
  const channels: Channel[] = [];
  if (settings.wecom) {
    const { createWecomChannel } = await import('./wecom/index.ts');
    const { wecom } = settings;
    channels.push(
      createWecomChannel(
        {
          ...wecom,
          secret: new Secret(wecom.secret),
          token: new Secret(wecom.token),
          encodingAesKey: new Secret(wecom.encodingAesKey),
        },
        deps,
      ),
    );
  }
  if (settings.slack) {
    const { createSlackChannel } = await import('./slack/index.ts');
    const { slack } = settings;
    const { appToken, ...rest } = slack;
    channels.push(
      createSlackChannel(
        {
          ...rest,
          botToken: new Secret(slack.botToken),
          signingSecret: new Secret(slack.signingSecret),
          ...(appToken === undefined ? {} : { appToken: new Secret(appToken) }),
        },
        deps,
      ),
    );
  }
  if (settings.telegram) {
    const { createTelegramChannel } = await import('./telegram/index.ts');
    const { telegram } = settings;
    const { webhookSecret, ...rest } = telegram;
    channels.push(
      createTelegramChannel(
        {
          ...rest,
          botToken: new Secret(telegram.botToken),
          ...(webhookSecret === undefined ? {} : { webhookSecret: new Secret(webhookSecret) }),
        },
        deps,
      ),
    );
  }
  return channels;
}
