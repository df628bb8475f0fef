import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fieldsOf, listOf } from '../../../../src/sandbox/kernel/values.ts';
import { HE, type Stage, stage, TOKEN } from './support.ts';

let s: Stage;
beforeEach(async () => {
  s = await stage();
  await s.telegram.start(HE);
});
afterEach(() => s.close());

async function raw(
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; body: object; retryAfter: string | null }> {
  const response = await fetch(`${s.base}${path}`, init);
  return {
    status: response.status,
    body: fieldsOf(await response.json()),
    retryAfter: response.headers.get('retry-after'),
  };
}

describe('paths and tokens', () => {
  test('any verb and any case of the method will do', async () => {
    const answers = [
      await raw(`/bot${TOKEN}/getMe`),
      await raw(`/bot${TOKEN}/GETME`, { method: 'POST' }),
      await raw(`/bot${TOKEN}/getme`, { method: 'PUT' }),
    ];
    expect(answers.map(({ body }) => fieldsOf(fieldsOf(body)['result'])['username'])).toEqual([
      'daiban_bot',
      'daiban_bot',
      'daiban_bot',
    ]);
  });

  test('other paths, other methods and other tokens have their own answers', async () => {
    expect((await raw('/')).body).toEqual({ ok: false, error_code: 404, description: 'Not Found' });
    expect((await raw(`/bot${TOKEN}/sendTelepathy`)).body).toEqual({
      ok: false,
      error_code: 404,
      description: 'Not Found: method not found',
    });
    expect((await raw('/bot1:OTHER/getMe')).body).toEqual({ ok: false, error_code: 401, description: 'Unauthorized' });
    expect((await raw('/botnonsense/getMe')).body).toEqual({
      ok: false,
      error_code: 401,
      description: 'Unauthorized: invalid token specified',
    });
  });

  test('a revoked token is Unauthorized until it is restored', async () => {
    s.telegram.setRevoked(true);
    expect(await s.fails(401, 'getMe')).toBe('Unauthorized');
    s.telegram.setRevoked(false);
    expect(await s.ok('getMe')).toMatchObject({ is_bot: true });
  });
});

describe('parameters', () => {
  test('query, form, JSON and multipart mean the same, objects may be JSON text and numbers text', async () => {
    const markup = JSON.stringify({ inline_keyboard: [[{ text: '好', callback_data: 'ok' }]] });
    const values = { chat_id: HE, text: '一', reply_markup: markup };
    const multipart = new FormData();
    for (const [name, value] of Object.entries(values)) multipart.set(name, value);
    const path = `/bot${TOKEN}/sendMessage`;
    const json = { 'content-type': 'application/json' };

    const answers = [
      await raw(`${path}?${new URLSearchParams(values).toString()}`),
      await raw(path, { method: 'POST', body: new URLSearchParams(values) }),
      await raw(path, { method: 'POST', headers: json, body: JSON.stringify(values) }),
      await raw(path, {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ ...values, chat_id: Number(HE), reply_markup: fieldsOf(JSON.parse(markup)) }),
      }),
      await raw(path, { method: 'POST', body: multipart }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(
      s.telegram
        .screen(HE)
        .messages.slice(1)
        .map((one) => one.card?.buttons[0]?.key),
    ).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
  });

  test('a file may be a part of its own name or attached by attach://', async () => {
    for (const value of ['document', 'plan']) {
      const body = new FormData();
      body.set('chat_id', HE);
      if (value === 'plan') body.set('document', 'attach://plan');
      body.set(value, new Blob(['%PDF-1.7'], { type: 'application/pdf' }), '还款计划.pdf');
      expect((await raw(`/bot${TOKEN}/sendDocument`, { method: 'POST', body })).status).toBe(200);
    }
    expect(
      s.telegram
        .screen(HE)
        .messages.slice(1)
        .map(({ file }) => file),
    ).toEqual([
      { name: '还款计划.pdf', mime: 'application/pdf', size: 8, bytes: Buffer.from('%PDF-1.7') },
      { name: '还款计划.pdf', mime: 'application/pdf', size: 8, bytes: Buffer.from('%PDF-1.7') },
    ]);
  });

  test('unknown parameters are ignored and stand in the journal', async () => {
    await s.ok('sendMessage', { chat_id: HE, text: 'x', txet: 'y' });
    expect(s.telegram.journal.at(-1)).toMatchObject({
      what: 'sendMessage',
      direction: 'to_platform',
      unknownFields: ['txet'],
    });
  });

  test('a broken body is a 400', async () => {
    const broken = await raw(`/bot${TOKEN}/getMe`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect(broken.status).toBe(400);
  });
});

describe('faults on order', () => {
  const send = () => s.call('sendMessage', { chat_id: HE, text: 'x' });
  const order = (effect: Parameters<Stage['telegram']['addFault']>[0]['effect']) =>
    s.telegram.addFault({ platform: 'telegram', method: 'sendMessage', times: 1, effect });

  test('drop_after sends the message and cuts the connection, drop_before does nothing', async () => {
    order({ kind: 'drop_after' });
    await expect(send()).rejects.toThrow();
    order({ kind: 'drop_before' });
    await expect(send()).rejects.toThrow();

    expect(s.telegram.screen(HE).messages).toHaveLength(2);
  });

  test('errors come as ordered', async () => {
    order({ kind: 'error', code: '429', retryAfterSeconds: 7 });
    order({ kind: 'error', code: '403: Forbidden: bot was blocked by the user' });
    order({ kind: 'http', status: 502 });

    expect(await send()).toMatchObject({ error_code: 429, parameters: { retry_after: 7 } });
    expect(await send()).toMatchObject({ error_code: 403, description: 'Forbidden: bot was blocked by the user' });
    expect((await fetch(`${s.base}/bot${TOKEN}/sendMessage`)).status).toBe(502);
  });
});

describe('downloads and unknown paths', () => {
  test('a download meets an ordered fault like every method, and both stand in the journal without the token', async () => {
    s.telegram.addFault({ platform: 'telegram', method: 'download', times: 1, effect: { kind: 'http', status: 502 } });
    const statuses: number[] = [];
    for (const path of [`/file/bot${TOKEN}/documents/a.pdf`, `/file/bot${TOKEN}/documents/a.pdf`, `/bots/${TOKEN}`])
      statuses.push((await fetch(`${s.base}${path}`)).status);

    expect(statuses).toEqual([502, 404, 404]);
    const entries = s.telegram.journal.slice(-3);
    expect(entries.map(({ what, status }) => [what, status])).toEqual([
      ['download', 502],
      ['download', 404],
      ['unknown_path', 404],
    ]);
    expect(JSON.stringify(entries)).not.toContain(TOKEN);
  });
});

describe('small methods', () => {
  test('setMyCommands keeps checked commands', async () => {
    await s.call('setMyCommands', { commands: [{ command: 'help', description: '帮助' }] });

    expect(listOf((await s.call('getMyCommands'))['result'])).toEqual([{ command: 'help', description: '帮助' }]);
    expect(await s.fails(400, 'setMyCommands', { commands: [{ command: '帮助', description: 'x' }] })).toBe(
      'Bad Request: BOT_COMMAND_INVALID',
    );
    expect(await s.fails(400, 'setMyCommands', { commands: [{ command: 'help', description: '' }] })).toBe(
      'Bad Request: BOT_COMMAND_DESCRIPTION_INVALID',
    );
  });

  test('getChat and getChatMember know people by ids beyond 2^32', async () => {
    expect(Number(HE)).toBeGreaterThan(2 ** 32);
    expect(await s.ok('getChat', { chat_id: HE })).toMatchObject({
      id: Number(HE),
      type: 'private',
      first_name: '何女士',
    });
    expect(await s.ok('getChatMember', { chat_id: HE, user_id: HE })).toMatchObject({
      status: 'member',
      user: { id: Number(HE) },
    });
  });

  test('sendChatAction takes known actions only', async () => {
    expect((await s.call('sendChatAction', { chat_id: HE, action: 'typing' }))['result']).toBe(true);
    expect(await s.fails(400, 'sendChatAction', { chat_id: HE, action: 'dancing' })).toBe(
      'Bad Request: wrong parameter action in request',
    );
  });
});
