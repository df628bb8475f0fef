/** Slack as a `Channel`: Bolt behind our own receiver for what comes in, its WebClient for what goes out. */
import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Secret } from '../../lib/secret.ts';
import { slackAccount } from '../accounts.ts';
import { ChannelError, REPORTS, type Capabilities, type Channel, type Check, type PaceRule } from '../channel.ts';
import { boltLogger } from './bolt-log.ts';
import { clientOptions, createSlackApi, type SlackApi } from './client.ts';
import { DirectMessages } from './direct-messages.ts';
import { fetchFile } from './files.ts';
import { createInterpreter, createReceive } from './receive.ts';
import { reconcileIntent, sendIntent } from './send.ts';
import { runSocket } from './socket.ts';
import { HomeWorkspace } from './workspace.ts';

/** Credentials and address of one workspace. */
export interface SlackConfig {
  /** `xoxb-…` */
  readonly botToken: Secret;
  readonly signingSecret: Secret;
  /** `xapp-…`; set = Socket Mode, in which Slack sends nothing over HTTP. */
  readonly appToken?: Secret;
  /** Base address of the Web API, e.g. `https://slack.com/api/`. */
  readonly apiUrl: string;
  /** Names the account, and is the workspace whose requests are taken; without it the account is `default` and Slack is asked. */
  readonly teamId?: string;
}

/** What the channel needs of the process around it. */
export interface SlackDeps {
  readonly clock: Clock;
  readonly log: Log;
}

const CAPABILITIES: Capabilities = {
  safeToRepeat: false,
  reports: REPORTS.slack,
};

/** A press opens a form for three seconds; an answer that comes later cannot be a good one. */
const FORM_TIMEOUT_MS = 3_000;

/** Below "about 1 message a second per channel" and the workspace's "several hundred a minute" (reference §1.11). */
const PACE: readonly PaceRule[] = [
  { scope: 'chat', count: 1, windowMs: 1100 },
  { scope: 'account', count: 3, windowMs: 1000 },
];

/**
 * One Slack workspace. Makes no call until it is used.
 * @throws Error when the signing secret is empty (every signature could be forged) or the API address is no URL.
 */
export function createSlackChannel(config: SlackConfig, deps: SlackDeps): Channel {
  if (config.signingSecret.reveal() === '') throw new Error('slack signing secret is empty');
  const apiUrl = new URL(config.apiUrl);
  const account = slackAccount(config.teamId);
  const logger = boltLogger(deps.log);
  const options = clientOptions(config.apiUrl, logger);
  const api = createSlackApi(config.botToken, options);
  const directs = new DirectMessages();
  const home = new HomeWorkspace(api, config.teamId);
  const interpret = createInterpreter(account, directs, logger);
  const hasty = createSlackApi(config.botToken, { ...options, timeout: FORM_TIMEOUT_MS });
  const sending = { api, hasty, directs };
  const { appToken } = config;
  return {
    platform: 'slack',
    account,
    capabilities: CAPABILITIES,
    pace: PACE,
    receive: createReceive({ signingSecret: config.signingSecret, home, interpret }),
    send: (intent) => sendIntent(sending, intent),
    reconcile: (intent, since) => reconcileIntent(sending, intent, since),
    fetchMedia: (media, maxBytes) => fetchFile({ api, token: config.botToken, apiUrl }, media, maxBytes),
    check: () => checkToken(api),
    ...(appToken === undefined
      ? {}
      : {
          listen: (sink, signal, connected = () => undefined) =>
            runSocket({ ...deps, appToken, clientOptions: options, logger, home, interpret, connected }, sink, signal),
        }),
  };
}

async function checkToken(api: SlackApi): Promise<Check> {
  try {
    await api.call('auth.test', {}, { shape: z.looseObject({}), kind: { repeatable: true } });
    return { ok: true };
  } catch (error) {
    return { ok: false, code: error instanceof ChannelError ? error.code : 'unknown' };
  }
}
