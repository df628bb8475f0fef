/** The accounts our channels use at the look-alikes. Fixed and plainly not real: they open nothing but this process. */

/** What the WeCom channel needs to reach the look-alike. */
export interface WecomSettings {
  readonly corpId: string;
  readonly agentId: number;
  readonly secret: string;
  readonly token: string;
  readonly encodingAesKey: string;
  /** `/cgi-bin/…` is appended. */
  readonly apiBase: string;
}

/** What the Slack channel needs. */
export interface SlackSettings {
  readonly botToken: string;
  readonly signingSecret: string;
  /** Ends in `/api/`. */
  readonly apiUrl: string;
  readonly teamId: string;
}

/** What the Telegram channel needs. */
export interface TelegramSettings {
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

/** @param base where our own server listens, e.g. `http://127.0.0.1:3000` */
export function wecomAccount(base: string): WecomSettings {
  return {
    corpId: 'wwsandbox00000000',
    agentId: 1_000_002,
    secret: 'sandbox-wecom-secret',
    token: 'sandboxWecomToken',
    encodingAesKey: 'SandboxSandboxSandboxSandboxSandboxSandbox0',
    apiBase: `${base}/sandbox/wecom`,
  };
}

/** @param base where our own server listens */
export function slackAccount(base: string): SlackSettings {
  return {
    botToken: 'xoxb-sandbox-bot-token',
    signingSecret: 'sandbox-slack-signing-secret',
    apiUrl: `${base}/sandbox/slack/api/`,
    teamId: 'T0SANDBOX',
  };
}

/** @param base where our own server listens */
export function telegramAccount(base: string): TelegramSettings {
  return {
    botToken: '7000000001:sandbox-telegram-token',
    webhookSecret: 'sandbox-telegram-webhook-secret',
    apiRoot: `${base}/sandbox/telegram`,
    botName: 'daiban_sandbox_bot',
  };
}
