import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { envExample, parseEnv } from '../../../src/config/env.ts';

const AES_KEY = 'a'.repeat(43);

function envOf(source: Record<string, string>): Extract<ReturnType<typeof parseEnv>, { ok: true }>['env'] {
  const result = parseEnv(source);
  if (!result.ok) throw new Error(result.faults.join('; '));
  return result.env;
}

function faultsOf(source: Record<string, string>): readonly string[] {
  const result = parseEnv(source);
  return result.ok ? [] : result.faults;
}

/** The settings that refuse this value on their own. */
function faultsAll(value: string): Readonly<Record<string, string>> {
  const names = [...envExample().matchAll(/^#(\w+)=/gm)].map(([, name = '']) => name);
  return Object.fromEntries(
    names.flatMap((name) => {
      const own = faultsOf({ [name]: value }).find((fault) => fault.startsWith(`${name} `));
      return own === undefined ? [] : [[name, own]];
    }),
  );
}

describe('settings', () => {
  test('nothing configured gives the sandbox, all roles and a port that may move', () => {
    const env = envOf({});

    expect(env).toMatchObject({
      port: 3000,
      portIsExplicit: false,
      sandbox: true,
      demo: true,
      ROLES: ['web', 'worker', 'scheduler'],
      HOST: '127.0.0.1',
    });
  });

  test('every fault is told at once, by name and reason, never by value', () => {
    const faults = faultsOf({
      PORT: 'abc',
      DATABASE_URL: 'mysql://x',
      WECOM_CORP_ID: 'ww1',
      WECOM_ENCODING_AES_KEY: 'short-secret',
      MASTER_KEY: 'c2hvcnQ=',
    });

    expect(faults.map((fault) => fault.split(' ')[0])).toEqual(
      expect.arrayContaining(['PORT', 'DATABASE_URL', 'WECOM_ENCODING_AES_KEY', 'MASTER_KEY']),
    );
    expect(faults.join('\n')).not.toMatch(/abc|mysql|short-secret|c2hvcnQ/);
  });

  test('a wrong value hides no setting that is missing or refused: one run names them all', () => {
    const faults = faultsOf({
      PORT: 'abc',
      HOST: '0.0.0.0',
      SANDBOX: 'on',
      MASTER_KEY_PREVIOUS: 'c2hvcnQ=',
      WECOM_CORP_ID: 'ww1',
      SLACK_SIGNING_SECRET: 's',
      TELEGRAM_WEBHOOK_SECRET: 'not allowed!',
    });

    expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
      'PORT',
      'MASTER_KEY',
      'MASTER_KEY_PREVIOUS',
      'SANDBOX',
      'WECOM_AGENT_ID',
      'WECOM_SECRET',
      'WECOM_TOKEN',
      'WECOM_ENCODING_AES_KEY',
      'SLACK_BOT_TOKEN',
      'TELEGRAM_BOT_TOKEN',
      'TELEGRAM_WEBHOOK_SECRET',
    ]);
  });

  test('a master key is base64 of 32 bytes and nothing else', () => {
    const key = Buffer.alloc(32, 0xfb).toString('base64');
    for (const good of [key, key.slice(0, 43)]) expect(faultsOf({ MASTER_KEY: good })).toEqual([]);
    for (const bad of [`!!!${key}@@@`, `${key} `, `${key}=`, key.replaceAll('+', '-'), key.slice(1), `${key}\n`])
      expect(faultsOf({ MASTER_KEY: bad }).join()).toContain('MASTER_KEY 要填 32 字节的 base64');
  });

  test('a fault is a sentence that says what to write', () => {
    expect(faultsOf({ PORT: 'abc' })).toEqual(['PORT 要填 0 到 65535 之间的整数，例如 3000。']);
    expect(faultsOf({ SLACK_BOT_TOKEN: 'xoxb-1' })).toEqual([
      'SLACK_SIGNING_SECRET 还没有填：请填 Slack 应用的 Signing Secret，或改填 SLACK_APP_TOKEN（Socket Mode）。',
    ]);
  });

  test('every setting that can be wrong has such a sentence', () => {
    const wrong = ' \u0001 ';
    const names = Object.keys(faultsAll(wrong));

    expect(names.length).toBeGreaterThan(12);
    for (const name of names)
      expect(faultsOf({ [name]: wrong }).join('\n')).toMatch(new RegExp(`^${name} .*。$`, 'mu'));
  });

  test('a platform is configured completely or not at all', () => {
    expect(
      faultsOf({ WECOM_CORP_ID: 'ww1', WECOM_AGENT_ID: '1000002', WECOM_SECRET: 's', WECOM_TOKEN: 't' }).join(),
    ).toContain('WECOM_ENCODING_AES_KEY');
    expect(faultsOf({ SLACK_SIGNING_SECRET: 's' }).join()).toContain('SLACK_BOT_TOKEN');
    expect(faultsOf({ TELEGRAM_WEBHOOK_SECRET: 's' }).join()).toContain('TELEGRAM_BOT_TOKEN');
    expect(
      faultsOf({
        WECOM_CORP_ID: 'ww1',
        WECOM_AGENT_ID: '1000002',
        WECOM_SECRET: 's',
        WECOM_TOKEN: 't',
        WECOM_ENCODING_AES_KEY: AES_KEY,
      }),
    ).toEqual([]);
  });

  test('a Telegram token is what @BotFather gives, told before anything is opened', () => {
    expect(faultsOf({ TELEGRAM_BOT_TOKEN: 'bad' }).join()).toMatch(/^TELEGRAM_BOT_TOKEN .*@BotFather/);
    expect(faultsOf({ TELEGRAM_BOT_TOKEN: '4242:AbC-d_e' })).toEqual([]);
  });

  test('a public address may end in a slash: paths are appended all the same', () => {
    expect(envOf({ PUBLIC_URL: 'https://bot.example.com/' }).PUBLIC_URL).toBe('https://bot.example.com');
    expect(envOf({ PUBLIC_URL: 'https://example.com/bot//' }).PUBLIC_URL).toBe('https://example.com/bot');
  });

  test('the sandbox refuses every address but loopback', () => {
    expect(faultsOf({ SANDBOX: 'on', HOST: '0.0.0.0' }).join()).toContain('SANDBOX');
    expect(envOf({ HOST: '0.0.0.0' }).sandbox).toBe(false);
  });

  test('a configured channel switches the sandbox and the demo off; SANDBOX=on brings only the look-alikes back', () => {
    const configured = { TELEGRAM_BOT_TOKEN: '1:x' };

    expect(envOf(configured)).toMatchObject({ sandbox: false, demo: false });
    expect(envOf({ ...configured, SANDBOX: 'on' })).toMatchObject({ sandbox: true, demo: false });
  });

  test('secrets print as [secret] everywhere', () => {
    const env = envOf({ BOOTSTRAP_API_TOKEN: 'very-secret-token' });

    expect(`${JSON.stringify(env)} ${inspect(env, { depth: 5 })} ${String(env.BOOTSTRAP_API_TOKEN)}`).not.toContain(
      'very-secret-token',
    );
    expect(env.BOOTSTRAP_API_TOKEN?.reveal()).toBe('very-secret-token');
  });

  test('.env.example says what the settings are', () => {
    expect(readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8')).toBe(envExample());
  });
});
