/**
 * The environment, parsed once: the only reader of `process.env`. All faults are reported together, names and cures
 * (`locales/<lang>/settings.yaml`), never values. `.env.example` is generated from this schema.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { loadTexts, type Language } from '../lib/i18n.ts';
import { parseKillOrder } from '../lib/kill-points.ts';
import { Secret } from '../lib/secret.ts';

/** The package's own folder: `DATA_DIR` and the data files (`flows/`, `locales/`, `prisma/`) are resolved from it. */
export const packageRoot = fileURLToPath(new URL('../..', import.meta.url));

const secret = z
  .string()
  .min(1)
  .transform((value) => new Secret(value));
const url = z.url({ protocol: /^https?$/ });
const base64Key = z
  .string()
  .regex(/^[A-Za-z0-9+/]{43}=?$/) // Node's decoder skips what is no base64: a mistyped key would be another key
  .transform((value) => new Secret(value));

/** What a process can do; one process may do all. */
export const ROLES = ['web', 'worker', 'scheduler'] as const;

const roles = z
  .string()
  .transform((value) => value.split(',').map((part) => part.trim()))
  .pipe(z.array(z.enum(ROLES)).min(1));

const shape = {
  PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .optional()
    .describe(
      'Port to listen on (3000; when it is taken the next free one is used and named. An explicit port that is busy ends the start with exit code 78)',
    ),
  HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
  PUBLIC_URL: url
    .transform((text) => text.replace(/\/+$/, '')) // paths are appended
    .optional()
    .describe('How the outside reaches this server; needed for webhooks and links'),
  DATA_DIR: z
    .string()
    .min(1)
    .default('.data')
    .describe('Where keys, files and the embedded database live; relative to the package'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('PostgreSQL 17 or newer; without it an embedded one is started under DATA_DIR'),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .optional()
    .describe('Redis for wake-ups between processes; without it PostgreSQL carries them (NOTIFY)'),
  ROLES: roles.default([...ROLES]).describe('What this process does: web,worker,scheduler'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('Log level'),
  MASTER_KEY: base64Key
    .optional()
    .describe('32 bytes base64; wraps the data keys. Without it a key file is made under DATA_DIR'),
  MASTER_KEY_PREVIOUS: base64Key
    .optional()
    .describe(
      'The former master key, while it is changed: start every process with both, run `daiban keys rotate`, then drop it',
    ),
  BOOTSTRAP_API_TOKEN: z
    .string()
    .regex(/^[!-~]{8,512}$/) // what a bearer header can carry: api/auth.ts
    .transform((value) => new Secret(value))
    .optional()
    .describe(
      'An admin API token of at least 8 characters, valid only while it is set; neither it nor a token made with it may decide approvals',
    ),
  SANDBOX: z
    .enum(['auto', 'on', 'off'])
    .default('auto')
    .describe('Local look-alikes of the platforms: auto = on when no channel is configured'),
  WECOM_CORP_ID: z.string().min(1).optional().describe('WeCom corp id (企业ID)'),
  WECOM_AGENT_ID: z.coerce.number().int().positive().optional().describe('WeCom app agent id'),
  WECOM_SECRET: secret.optional().describe('WeCom app secret'),
  WECOM_TOKEN: secret.optional().describe('WeCom callback token'),
  WECOM_ENCODING_AES_KEY: z
    .string()
    .regex(/^[A-Za-z0-9]{43}$/)
    .transform((value) => new Secret(value))
    .optional()
    .describe('WeCom callback EncodingAESKey, 43 characters'),
  WECOM_API_BASE: url.default('https://qyapi.weixin.qq.com').describe('WeCom API base; /cgi-bin/… is appended'),
  SLACK_BOT_TOKEN: secret.optional().describe('Slack bot token (xoxb-…)'),
  SLACK_SIGNING_SECRET: secret.optional().describe('Slack signing secret'),
  SLACK_APP_TOKEN: secret.optional().describe('Slack app token (xapp-…): Socket Mode instead of webhooks'),
  SLACK_API_URL: url.default('https://slack.com/api/').describe('Slack Web API base'),
  TELEGRAM_BOT_TOKEN: z
    .string()
    .regex(/^\d{1,20}:[\w-]+$/) // the number is the bot's own id
    .transform((value) => new Secret(value))
    .optional()
    .describe('Telegram bot token (123456789:AbC…)'),
  TELEGRAM_WEBHOOK_SECRET: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,256}$/)
    .transform((value) => new Secret(value))
    .optional()
    .describe(
      'Secret header of the Telegram webhook, which is set at the start where PUBLIC_URL is known and is yours to set otherwise; without the secret long polling is used',
    ),
  TELEGRAM_API_ROOT: url.default('https://api.telegram.org').describe('Telegram Bot API root'),
} as const;

/** Settings of tests; not in `.env.example`, not for operators. */
const hidden = {
  KILL_AT: z
    .string()
    .transform((text, ctx) => {
      const order = parseKillOrder(text);
      if (!order) ctx.addIssue({ code: 'custom' });
      return order ?? z.NEVER;
    })
    .optional(),
} as const;

const schema = z.object({ ...shape, ...hidden });

type RawEnv = z.output<typeof schema>;

/** The parsed environment. `dataDir` is absolute; `portIsExplicit` tells whether a busy port ends the start. */
export interface Env extends Omit<RawEnv, 'PORT'> {
  readonly port: number;
  readonly portIsExplicit: boolean;
  readonly dataDir: string;
  /** Whether the look-alikes serve the unconfigured platforms. */
  readonly sandbox: boolean;
  /** Demo people and data are seeded only when no channel is configured. */
  readonly demo: boolean;
  /** What the command speaks to the person at the terminal. */
  readonly language: Language;
}

/** Settings that may be used, or every fault at once as `NAME cure`, never a value. */
export type EnvResult =
  | { readonly ok: true; readonly env: Env }
  | { readonly ok: false; readonly faults: readonly string[] };

/**
 * The language of the person at the terminal, by locale(7): the first of LC_ALL, LC_MESSAGES and LANG that is set. Chinese
 * where that names no language (unset, C, POSIX: containers and services), English for any other.
 */
export function terminalLanguage(source: Readonly<Record<string, string | undefined>>): Language {
  const name = [source['LC_ALL'], source['LC_MESSAGES'], source['LANG']].find((one) => one !== undefined && one !== '');
  return name === undefined || /^(C|POSIX|zh)([._@-]|$)/i.test(name) ? 'zh-CN' : 'en';
}

/** Parses settings; every fault is reported as `NAME cure`, in the order of the list above. */
export function parseEnv(source: Readonly<Record<string, string | undefined>>): EnvResult {
  const given: Record<string, string> = {};
  for (const key of Object.keys({ ...shape, ...hidden })) {
    const value = source[key];
    if (value !== undefined && value !== '') given[key] = value;
  }
  const parsed = schema.safeParse(given);
  const faults = [
    ...(parsed.error?.issues ?? []).map((issue): Fault => ({
      name: String(issue.path[0]),
      key: String(issue.path[0]),
    })),
    ...missingOrClashing(given),
  ];
  const language = terminalLanguage(source);
  if (!parsed.success || faults.length > 0) return { ok: false, faults: sentences(faults, language) };
  const raw = parsed.data;
  const configured = Boolean(raw.WECOM_CORP_ID ?? raw.SLACK_BOT_TOKEN ?? raw.TELEGRAM_BOT_TOKEN);
  const sandbox = raw.SANDBOX === 'on' || (raw.SANDBOX === 'auto' && !configured && isLoopback(raw.HOST));
  return {
    ok: true,
    env: {
      ...raw,
      port: raw.PORT ?? 3000,
      portIsExplicit: raw.PORT !== undefined,
      dataDir: path.resolve(packageRoot, raw.DATA_DIR),
      sandbox,
      demo: sandbox && !configured,
      language,
    },
  };
}

/** The text of `.env.example`: every setting with its description and default. */
export function envExample(): string {
  const lines = ['# Every setting with its default. Nothing here is needed for a first start.', ''];
  for (const [name, field] of Object.entries(shape)) {
    lines.push(`# ${field.description ?? ''}`);
    const initial = 'def' in field && 'defaultValue' in field.def ? field.def.defaultValue : undefined;
    lines.push(
      `#${name}=${Array.isArray(initial) ? initial.join(',') : typeof initial === 'string' ? initial : ''}`,
      '',
    );
  }
  return lines.join('\n');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** What is wrong with a setting: the text that says how to put it right. */
interface Fault {
  readonly name: string;
  readonly key: string;
  readonly others?: string;
}

const WECOM = ['WECOM_CORP_ID', 'WECOM_AGENT_ID', 'WECOM_SECRET', 'WECOM_TOKEN', 'WECOM_ENCODING_AES_KEY'] as const;

/** Settings that need each other. Looks at what is given, not at what was parsed: one wrong value hides no other fault. */
function missingOrClashing(given: Readonly<Record<string, string>>): readonly Fault[] {
  const has = (name: string): boolean => given[name] !== undefined;
  const faults: Fault[] = [];
  if (WECOM.some(has))
    for (const name of WECOM)
      if (!has(name))
        faults.push({ name, key: 'together', others: WECOM.filter((other) => other !== name).join(', ') });
  if (!has('SLACK_BOT_TOKEN') && (has('SLACK_SIGNING_SECRET') || has('SLACK_APP_TOKEN')))
    faults.push({ name: 'SLACK_BOT_TOKEN', key: 'slack_token' });
  if (has('SLACK_BOT_TOKEN') && !has('SLACK_SIGNING_SECRET') && !has('SLACK_APP_TOKEN'))
    faults.push({ name: 'SLACK_SIGNING_SECRET', key: 'slack_secret' });
  if (has('TELEGRAM_WEBHOOK_SECRET') && !has('TELEGRAM_BOT_TOKEN'))
    faults.push({ name: 'TELEGRAM_BOT_TOKEN', key: 'telegram_token' });
  if (has('MASTER_KEY_PREVIOUS') && !has('MASTER_KEY')) faults.push({ name: 'MASTER_KEY', key: 'current_key' });
  if (given['SANDBOX'] === 'on' && given['HOST'] !== undefined && !isLoopback(given['HOST']))
    faults.push({ name: 'SANDBOX', key: 'public_sandbox' });
  return faults;
}

/** The faults as the person at the terminal reads them, each once, in the order in which the settings are described. */
function sentences(faults: readonly Fault[], language: Language): readonly string[] {
  const texts = loadTexts(path.join(packageRoot, 'locales'));
  const order = Object.keys(schema.shape);
  const lines = [...faults]
    .sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
    .map(({ name, key, others = '' }) => `${name} ${texts.translate(language, `settings.${key}`, { others })}`);
  return [...new Set(lines)];
}
