/** The accounts our channels use at the look-alikes: fixed names, plainly not real, and secrets of this installation. */
import type { Platform } from './cast.ts';
import type { SandboxSecrets } from './secrets.ts';

const TELEGRAM_BOT_ID = '7000000001';

/** What the WeCom channel needs to reach the look-alike. */
interface WecomSettings {
  readonly corpId: string;
  readonly agentId: number;
  readonly secret: string;
  readonly token: string;
  readonly encodingAesKey: string;
  /** `/cgi-bin/…` is appended. */
  readonly apiBase: string;
}

/** What the Slack channel needs. */
interface SlackSettings {
  readonly botToken: string;
  readonly signingSecret: string;
  /** Ends in `/api/`. */
  readonly apiUrl: string;
  readonly teamId: string;
}

/** What the Telegram channel needs. */
interface TelegramSettings {
  readonly botToken: string;
  readonly webhookSecret: string;
  readonly apiRoot: string;
  /** The bot's username, for `https://t.me/<name>?start=…`. */
  readonly botName: string;
}

/** The settings of the platforms the sandbox plays; a platform that is configured for real has none. */
export interface SandboxSettings {
  readonly wecom?: WecomSettings;
  readonly slack?: SlackSettings;
  readonly telegram?: TelegramSettings;
}

/**
 * The settings of the platforms that are to be played.
 * @param base where our own server listens, e.g. `http://127.0.0.1:3000`
 */
export function sandboxSettings(base: string, secrets: SandboxSecrets, wanted: readonly Platform[]): SandboxSettings {
  return {
    ...(wanted.includes('wecom') && { wecom: wecomAccount(base, secrets.wecom) }),
    ...(wanted.includes('slack') && { slack: slackAccount(base, secrets.slack) }),
    ...(wanted.includes('telegram') && { telegram: telegramAccount(base, secrets.telegram) }),
  };
}

function wecomAccount(base: string, secrets: SandboxSecrets['wecom']): WecomSettings {
  return { corpId: 'wwsandbox00000000', agentId: 1_000_002, ...secrets, apiBase: `${base}/sandbox/wecom` };
}

function slackAccount(base: string, secrets: SandboxSecrets['slack']): SlackSettings {
  return { ...secrets, apiUrl: `${base}/sandbox/slack/api/`, teamId: 'T0SANDBOX' };
}

function telegramAccount(base: string, { token, webhookSecret }: SandboxSecrets['telegram']): TelegramSettings {
  return {
    botToken: `${TELEGRAM_BOT_ID}:${token}`,
    webhookSecret,
    apiRoot: `${base}/sandbox/telegram`,
    botName: 'daiban_sandbox_bot',
  };
}
