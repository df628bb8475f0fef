/** Requests that nobody sane sends, while the sandbox plays two platforms beside a real WeCom: none ends the process, none gets in. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type RunningApp } from '../../../src/app.ts';
import { places } from '../../../src/cli/start.ts';
import { packageRoot, parseEnv, type Env } from '../../../src/config/env.ts';
import { loadTexts } from '../../../src/lib/i18n.ts';
import { useDatabase } from '../../support/database.ts';

describe('the web process beside a real WeCom, the sandbox playing the rest', () => {
  const database = useDatabase();
  const dataDir = mkdtempSync(path.join(tmpdir(), 'daiban-strange-'));
  let env: Env;
  let app: RunningApp;

  beforeAll(async () => {
    const result = parseEnv({
      PORT: '0',
      DATA_DIR: dataDir,
      DATABASE_URL: database.url,
      PUBLIC_URL: 'https://bot.example.com',
      SANDBOX: 'on',
      WECOM_CORP_ID: 'ww0000000000000001',
      WECOM_AGENT_ID: '1000002',
      WECOM_SECRET: 'secret',
      WECOM_TOKEN: 'token',
      WECOM_ENCODING_AES_KEY: 'a'.repeat(43),
      WECOM_API_BASE: 'http://127.0.0.1:9',
      LOG_LEVEL: 'silent',
      ROLES: 'web',
    });
    if (!result.ok) throw new Error(result.faults.join('\n'));
    env = result.env;
    app = await startApp({ env, version: 'test', say: () => undefined });
  }, 60_000);
  afterAll(async () => {
    await app.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  interface Sent {
    readonly method?: string;
    readonly host?: string;
    readonly headers?: readonly string[];
  }

  /** Sends a request as it stands; gives the status. */
  async function raw(target: string, { method = 'GET', host = '127.0.0.1', headers = [] }: Sent = {}): Promise<number> {
    const socket = connect(Number(new URL(app.ownUrl).port), '127.0.0.1');
    const head = [
      `${method} ${target} HTTP/1.1`,
      `Host: ${host}`,
      'Connection: close',
      'Content-Length: 0',
      ...headers,
    ];
    socket.write([...head, '', ''].join('\r\n'));
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
  }

  test.for([
    ['//', 404],
    ['///', 404],
    ['//:99999/', 404],
    ['//[', 404],
    ['/%', 404],
    ['/sandbox/%', 400],
    ['/sandbox//', 404],
    ['/api/v1/%E0%A4%A', 401],
    ['/upload/%', 400],
    ['*', 404],
    ['http://[', 404],
    ['http://[/sandbox', 404],
    ['/sandbox/telegram/bot1:x/constructor', 401],
    ['/sandbox/slack/api/constructor', 200], // as Slack: ok is false
    ['/sandbox/slack/api/__proto__', 404],
  ] as const)('GET %s is answered with %i, and the process lives', async ([target, status]) => {
    expect(await raw(target)).toBe(status);
    expect(await raw('/healthz')).toBe(200);
  });

  test('the webhooks of played platforms take nothing that came from outside, whatever it is signed with', async () => {
    const outside: readonly Sent[] = [
      { host: 'bot.example.com' },
      { headers: ['X-Forwarded-For: 8.8.8.8'] },
      { headers: ['X-Real-IP: 8.8.8.8'] },
      { headers: ['Forwarded: for=8.8.8.8'] },
    ];
    for (const hook of ['/channels/telegram/webhook', '/channels/slack/events', '/channels/slack/events?x=1'])
      for (const how of outside) expect(await raw(hook, { method: 'POST', ...how }), hook).toBe(403);
  });

  test('the webhook of the real platform is for the world', async () => {
    const outside = { host: 'bot.example.com', headers: ['X-Forwarded-For: 8.8.8.8'] };

    expect(await raw('/channels/wecom/callback', outside)).toBe(400);
  });

  test('the address it prints for the sandbox is one that the sandbox answers', async () => {
    const [sandbox = ''] = places(env, app, loadTexts(path.join(packageRoot, 'locales')));
    const page = await fetch(/http\S+/.exec(sandbox)?.[0] ?? '');

    expect(page.status).not.toBe(403);
    expect(await raw('/sandbox', { host: 'bot.example.com' })).toBe(403);
  });
});
