import { afterEach, describe, expect, test } from 'vitest';
import type { RawRequest, Received, Refused } from '../../src/channels/channel.ts';
import { createTelegramChannel, type TelegramChannel } from '../../src/channels/telegram/channel.ts';
import { silentLog } from '../../src/lib/log.ts';
import { Secret } from '../../src/lib/secret.ts';
import { startStub, type Stub, type StubReply } from '../fixtures/slack/http-stub.ts';
import {
  callback,
  groupMessage,
  membership,
  privateMessage,
  TOKEN,
  webhook,
  WEBHOOK_SECRET,
} from '../fixtures/telegram/updates.ts';
import { FixedClock } from '../support/fixed-clock.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
let stub: Stub | undefined;

afterEach(async () => {
  await stub?.close();
  stub = undefined;
});

function telegram(apiRoot = 'http://127.0.0.1:9', secret: string | undefined = WEBHOOK_SECRET): TelegramChannel {
  return createTelegramChannel(
    { botToken: new Secret(TOKEN), apiRoot, ...(secret === undefined ? {} : { webhookSecret: new Secret(secret) }) },
    { clock: new FixedClock(NOW), log: silentLog },
  );
}

function accepted(result: Received | Refused): Received {
  if ('refused' in result) throw new Error(`refused: ${result.reason}`);
  return result;
}

async function outcome(request: RawRequest, channel = telegram()): Promise<string> {
  const result = await channel.receive(request, NOW);
  return 'refused' in result
    ? `${String(result.status)} ${result.reason}`
    : `200 ${result.events.map((event) => event.happening.kind).join()}`;
}

describe('the webhook', () => {
  test('a message is taken and answered with an empty 200, because Telegram would execute a body', async () => {
    const received = accepted(await telegram().receive(webhook(privateMessage({ text: '你好' })), NOW));

    expect(received.events).toHaveLength(1);
    expect(received.answer({ kind: 'text', text: 'unseen' })).toEqual({ status: 200 });
  });

  test('a missing, wrong, longer or repeated secret is 401', async () => {
    const update = privateMessage({ text: 'hi' });
    const withSecret = (value?: string) =>
      webhook(update, { headers: value === undefined ? {} : { 'x-telegram-bot-api-secret-token': value } });

    expect(await outcome(withSecret())).toBe('401 bad_secret');
    expect(await outcome(withSecret('nope'))).toBe('401 bad_secret');
    expect(await outcome(withSecret(`${WEBHOOK_SECRET}x`))).toBe('401 bad_secret');
    expect(await outcome(withSecret(`${WEBHOOK_SECRET}, ${WEBHOOK_SECRET}`))).toBe('401 bad_secret');
  });

  test('without a configured secret everything is refused, an empty header included', async () => {
    const channel = createTelegramChannel(
      { botToken: new Secret(TOKEN), apiRoot: 'http://127.0.0.1:9' },
      { clock: new FixedClock(NOW), log: silentLog },
    );
    const empty = webhook(privateMessage({ text: 'hi' }), { headers: { 'x-telegram-bot-api-secret-token': '' } });

    expect(await outcome(empty, channel)).toBe('401 bad_secret');
    expect(await outcome(empty, telegram('http://127.0.0.1:9', ''))).toBe('401 bad_secret');
  });

  test('broken JSON and JSON that is no update are 400, an oversized body 413, another method 405', async () => {
    expect(await outcome(webhook('{"update_id":'))).toBe('400 bad_body');
    expect(await outcome(webhook('null'))).toBe('400 bad_body');
    expect(await outcome(webhook({ update_id: 'x' }))).toBe('400 bad_body');
    expect(await outcome(webhook(' '.repeat(1_048_577)))).toBe('413 body_too_large');
    expect(await outcome(webhook({}, { method: 'GET' }))).toBe('405 method_not_allowed');
  });

  test('an update of an unknown kind and a known kind of a strange shape are kept as other', async () => {
    expect(await outcome(webhook({ update_id: 1, checklist: {} }))).toBe('200 other');
    expect(await outcome(webhook({ update_id: 1, message: { text: 'no chat' } }))).toBe('200 other');
  });

  test('the same update delivered twice carries the same key', async () => {
    const channel = telegram();
    const first = accepted(await channel.receive(webhook(privateMessage({ text: '一' })), NOW));
    const second = accepted(await channel.receive(webhook(privateMessage({ text: '一' })), NOW));

    expect(second.events[0]?.deliveryKeys).toEqual(first.events[0]?.deliveryKeys);
  });
});

describe('the fences around telegraf', () => {
  test('a query string does not turn the webhook into 404', async () => {
    expect(await outcome(webhook(privateMessage({ text: 'hi' }), { url: '/channels/telegram/webhook?a=1' }))).toBe(
      '200 message',
    );
  });

  test('receiving makes no call: no getMe, no reply inside the webhook', async () => {
    stub = await startStub(() => ({ json: { ok: true, result: true } }));
    const channel = telegram(stub.url);

    await channel.receive(webhook(privateMessage({ text: '/start' })), NOW);
    await channel.receive(webhook(callback('abcd1234:1:approve')), NOW);

    expect(stub.calls).toEqual([]);
  });

  test('a one-tap answer stops spinning only after the commit, by a call without words', async () => {
    let called: (() => void) | undefined;
    const seen = new Promise<void>((resolve) => {
      called = resolve;
    });
    stub = await startStub((): StubReply => {
      called?.();
      return { json: { ok: true, result: true } };
    });
    const received = accepted(await telegram(stub.url).receive(webhook(callback('say:好的')), NOW));
    const callsBeforeCommit = stub.calls.length;

    received.answer();
    await seen;

    expect(callsBeforeCommit).toBe(0);
    expect(stub.calls[0]?.path).toBe(`/bot${TOKEN}/answerCallbackQuery`);
    expect(stub.calls[0]?.fields).toEqual({ callback_query_id: 'q-77' });
  });

  test('no listener changes the exit code of the process or hangs on the 90 s limit', async () => {
    const before = process.exitCode;
    await telegram().receive(webhook({ update_id: 5, my_chat_member: null }), NOW);

    expect(process.exitCode).toBe(before);
  });

  test('a malformed token is refused at construction', () => {
    const config = { botToken: new Secret('not-a-token'), apiRoot: 'http://127.0.0.1:9' };

    expect(() => createTelegramChannel(config, { clock: new FixedClock(NOW), log: silentLog })).toThrow('malformed');
  });

  test('setWebhook names its updates and the secret; without a secret it is not called', async () => {
    stub = await startStub(() => ({ json: { ok: true, result: true } }));

    await telegram(stub.url).useWebhook('https://bot.example.com/channels/telegram/webhook');

    expect(stub.calls[0]?.fields).toEqual({
      url: 'https://bot.example.com/channels/telegram/webhook',
      secret_token: WEBHOOK_SECRET,
      allowed_updates: '["message","edited_message","callback_query","my_chat_member"]',
      max_connections: '40',
    });
    const bare = createTelegramChannel(
      { botToken: new Secret(TOKEN), apiRoot: stub.url },
      { clock: new FixedClock(NOW), log: silentLog },
    );
    await expect(bare.useWebhook('https://x.test')).rejects.toMatchObject({ code: 'no_webhook_secret' });
  });

  test('an address Telegram does not take is told as such, with Telegram’s words for the log', async () => {
    const description = 'Bad Request: bad webhook: An HTTPS URL must be provided for webhook';
    stub = await startStub(() => ({ status: 400, json: { ok: false, error_code: 400, description } }));

    await expect(telegram(stub.url).useWebhook('http://x.test')).rejects.toMatchObject({
      failure: 'our_fault',
      code: 'webhook_refused',
      message: `400 ${description}`,
    });
  });
});

describe('our own name', () => {
  const mention = webhook(groupMessage({ text: '@other_bot 待办' }));
  const named: StubReply = { json: { ok: true, result: { id: 1, username: 'daiban_bot' } } };

  test('is asked for once, and only when it matters', async () => {
    stub = await startStub(() => named);
    const channel = telegram(stub.url);
    for (const update of [privateMessage({ text: '@other_bot 待办' }), membership('left', 'supergroup')])
      await channel.receive(webhook(update), NOW);
    expect(stub.calls).toEqual([]);

    expect(await outcome(mention, channel)).toBe('200 other');
    expect(await outcome(webhook(groupMessage({ text: '@Daiban_Bot 待办' })), channel)).toBe('200 message');
    expect(await channel.botName?.()).toBe('daiban_bot');
    expect(stub.calls.map(({ path }) => path.split('/').at(-1))).toEqual(['getMe']);
  });

  test('may be any bot’s while Telegram does not tell it: nothing that is for us is lost, and nobody is kept waiting', async () => {
    let calls = 0;
    stub = await startStub(() => ((calls += 1) === 1 ? { status: 500, body: 'restart' } : named));
    const channel = telegram(stub.url);

    expect(await outcome(mention, channel)).toBe('200 message');
    expect(await outcome(mention, channel)).toBe('200 message');
    expect(calls).toBe(1);
    const later = await channel.receive(mention, new Date(NOW.getTime() + 30_000));
    expect(later).toMatchObject({ events: [{ happening: { kind: 'other' } }] });
  });
});

describe('whether Telegram delivers to us', () => {
  const OURS = 'https://bot.example.com';
  const url = `${OURS}/channels/telegram/webhook`;
  const polling = (root: string) =>
    createTelegramChannel(
      { botToken: new Secret(TOKEN), apiRoot: root },
      { clock: new FixedClock(NOW), log: silentLog },
    );

  test.each([
    ['there is a webhook of ours', { url, pending_update_count: 3 }, undefined],
    ['an error is over', { url, pending_update_count: 0, last_error_date: 1_760_000_000 }, undefined],
    ['what waits met an error', { url, pending_update_count: 3, last_error_date: 1_760_000_000 }, 'webhook_failing'],
    ['it is somebody else’s', { url: 'https://old.example.com/hook', pending_update_count: 0 }, 'webhook_elsewhere'],
    ['there is none', { url: '', pending_update_count: 0 }, 'no_webhook'],
  ])('is checked: %s', async (_, result, code) => {
    stub = await startStub(() => ({ json: { ok: true, result } }));

    expect(await telegram(stub.url).check(OURS)).toEqual(code === undefined ? { ok: true } : { ok: false, code });
  });

  test('is checked without a webhook secret, too: then there must be no webhook', async () => {
    const urls = ['', url];
    stub = await startStub(() => ({ json: { ok: true, result: { url: urls.shift() } } }));

    expect(await polling(stub.url).check(OURS)).toEqual({ ok: true });
    expect(await polling(stub.url).check(OURS)).toEqual({ ok: false, code: 'webhook_active' });
  });
});
