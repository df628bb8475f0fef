import { Bot } from 'grammy';
import { TelegramError } from 'telegraf';
import { afterEach, describe, expect, test } from 'vitest';
import type { Card } from '../../src/channels/card.ts';
import type { OutboundContent, OutboundIntent } from '../../src/channels/channel.ts';
import { createTelegramChannel, type TelegramChannel } from '../../src/channels/telegram/channel.ts';
import { ROWS, telegramFailure } from '../../src/channels/telegram/errors.ts';
import { silentLog } from '../../src/lib/log.ts';
import { Secret } from '../../src/lib/secret.ts';
import { startStub, type Stub, type StubCall, type StubReply } from '../fixtures/slack/http-stub.ts';
import { PERSON, TOKEN } from '../fixtures/telegram/updates.ts';
import { failureOf, GATEWAY } from '../support/channel-failure.ts';
import { FixedClock } from '../support/fixed-clock.ts';

const card: Card = {
  id: 'abcd1234',
  revision: 1,
  title: 'A1087',
  fields: [],
  actions: [{ verb: 'approve', label: '同意' }],
};
const handle = { chat: String(PERSON), message: '9' };
const text: OutboundContent = { kind: 'text', text: 'hi' };
const update: OutboundContent = { kind: 'card_update', card, handle };
const tapAnswer: OutboundContent = { kind: 'tap_answer', tap: { query: 'q-77' }, text: '已处理', alert: true };

let stub: Stub | undefined;

afterEach(async () => {
  await stub?.close();
  stub = undefined;
});

async function telegram(respond: (call: StubCall) => StubReply, path = ''): Promise<TelegramChannel> {
  stub = await startStub(respond);
  return createTelegramChannel(
    { botToken: new Secret(TOKEN), apiRoot: `${stub.url}${path}` },
    { clock: new FixedClock('2026-01-01T00:00:00Z'), log: silentLog },
  );
}

function intent(content: OutboundContent, more: Partial<OutboundIntent> = {}): OutboundIntent {
  return { id: 'out-42', to: { account: 'telegram:1000000001', chat: String(PERSON) }, content, attempt: 1, ...more };
}

const sent: StubReply = {
  json: { ok: true, result: { message_id: 9, date: 1, chat: { id: PERSON, type: 'private' } } },
};

function refused(code: number, description: string, parameters?: Record<string, unknown>): StubReply {
  return { status: code, json: { ok: false, error_code: code, description, ...(parameters ? { parameters } : {}) } };
}

describe('sending', () => {
  test('text goes out as escaped HTML without link previews', async () => {
    const channel = await telegram(() => sent);

    expect(await channel.send(intent({ kind: 'text', text: '利率 < 24% & 费用 *x*' }))).toEqual({
      providerId: '9',
      handle,
    });
    expect(stub?.calls[0]).toMatchObject({
      path: `/bot${TOKEN}/sendMessage`,
      fields: {
        chat_id: String(PERSON),
        text: '利率 &lt; 24% &amp; 费用 *x*',
        parse_mode: 'HTML',
        link_preview_options: '{"is_disabled":true}',
      },
    });
  });

  test('an API root with a path keeps its path', async () => {
    const channel = await telegram(() => sent, 'sandbox/telegram');

    await channel.send(intent(text));

    expect(stub?.calls[0]?.path).toBe(`/sandbox/telegram/bot${TOKEN}/sendMessage`);
  });

  test('a text of 9,000 characters is three messages in order, the keyboard under the last', async () => {
    const channel = await telegram(() => sent);

    await channel.send(intent({ kind: 'text', text: `${'一'.repeat(4096)}${'二'.repeat(4096)}三`, choices: ['好'] }));

    expect(stub?.calls.map((call) => call.fields['text']?.slice(0, 1))).toEqual(['一', '二', '三']);
    expect(stub?.calls.map((call) => call.fields['reply_markup'] !== undefined)).toEqual([false, false, true]);
  });

  test('when a later part fails the outcome is unknown: the beginning has arrived', async () => {
    const replies: StubReply[] = [sent, refused(429, 'Too Many Requests: retry after 5', { retry_after: 5 })];
    const channel = await telegram(() => replies.shift() ?? sent);

    expect(await failureOf(channel.send(intent({ kind: 'text', text: 'x'.repeat(5000) })))).toMatchObject({
      failure: 'unknown',
      code: 'partly_sent',
    });
  });

  test('the phone is asked for in private chats only: Telegram refuses the question anywhere else', async () => {
    const channel = await telegram(() => sent);
    const ask: OutboundContent = { kind: 'text', text: '手机号？', requestContact: '分享' };

    await channel.send(intent(ask));
    await channel.send(intent(ask, { to: { account: 'telegram:1000000001', chat: '-100', thread: '55' } }));

    expect(stub?.calls[0]?.fields['reply_markup']).toContain('request_contact');
    expect(stub?.calls[1]?.fields).not.toHaveProperty('reply_markup');
    expect(stub?.calls[1]?.fields['message_thread_id']).toBe('55');
  });

  test('an open card keeps its keyboard through an edit, a closed one loses it', async () => {
    const channel = await telegram(() => sent);

    await channel.send(intent({ kind: 'card', card }));
    await channel.send(intent(update));
    await channel.send(intent({ kind: 'card_update', card: { ...card, closed: '已同意' }, handle }));

    expect(stub?.calls.map((call) => call.fields['reply_markup'])).toEqual([
      '{"inline_keyboard":[[{"text":"同意","callback_data":"abcd1234:1:approve"}]]}',
      '{"inline_keyboard":[[{"text":"同意","callback_data":"abcd1234:1:approve"}]]}',
      undefined,
    ]);
    expect(stub?.calls[1]?.fields).toMatchObject({ chat_id: String(PERSON), message_id: '9' });
  });

  test('a tap answer is at most 200 characters', async () => {
    const channel = await telegram(() => ({ json: { ok: true, result: true } }));

    await channel.send(intent({ ...tapAnswer, text: '长'.repeat(300) }));

    expect(stub?.calls[0]?.fields['text']).toHaveLength(200);
    expect(stub?.calls[0]?.fields).toMatchObject({ callback_query_id: 'q-77', show_alert: 'true' });
  });

  test('files go as multipart with caption, thread and a name that cannot break out of its header', async () => {
    const channel = await telegram(() => sent);
    const file: OutboundContent = {
      kind: 'file',
      name: 'a"\r\nX-Evil: 1.pdf',
      mime: 'application/pdf',
      bytes: Buffer.from('%PDF'),
      caption: 'A & B',
    };

    await channel.send(intent(file, { to: { account: 'telegram:1000000001', chat: '-100', thread: '55' } }));

    const body = stub?.calls[0]?.body.toString() ?? '';
    expect(stub?.calls[0]?.path).toBe(`/bot${TOKEN}/sendDocument`);
    expect(body).toContain('name="document"; filename="a___X-Evil: 1.pdf"');
    expect(body).toMatch(/name="caption"\r\n\r\nA &amp; B/);
    expect(body).toMatch(/name="message_thread_id"\r\n\r\n55/);
    expect(body).toContain('%PDF');
  });

  test('a picture Telegram refuses as photo goes as document', async () => {
    const channel = await telegram((call) =>
      call.path.endsWith('sendPhoto') ? refused(400, 'Bad Request: PHOTO_INVALID_DIMENSIONS') : sent,
    );

    await channel.send(intent({ kind: 'file', name: 'chart.png', mime: 'image/png', bytes: Buffer.from([1]) }));

    expect(stub?.calls.map((call) => call.path.split('/').at(-1))).toEqual(['sendPhoto', 'sendDocument']);
  });

  test('an empty file and one above 50 MB are not sent at all', async () => {
    const channel = await telegram(() => sent);
    const file = { kind: 'file', name: 'x', mime: 'a/b' } as const;

    expect(await failureOf(channel.send(intent({ ...file, bytes: Buffer.alloc(0) })))).toMatchObject({
      failure: 'our_fault',
      code: 'empty_file',
    });
    expect(await failureOf(channel.send(intent({ ...file, bytes: Buffer.alloc(50 * 2 ** 20 + 1) })))).toMatchObject({
      code: 'too_big',
    });
    expect(stub?.calls).toHaveLength(0);
  });
});

describe('refusals', () => {
  test.each<[number, string, string, string]>([
    [401, 'Unauthorized', 'breaker', 'unauthorized'],
    [404, 'Not Found', 'breaker', 'not_found'],
    [404, 'Not Found: method not found', 'our_fault', 'method_not_found'],
    [400, 'Bad Request: chat not found', 'target_gone', 'chat_not_found'],
    [400, "Bad Request: can't parse entities: Unsupported start tag", 'our_fault', '400'],
    [400, 'Bad Request: BUTTON_DATA_INVALID', 'our_fault', '400'],
    [403, 'Forbidden: bot was blocked by the user', 'target_gone', 'blocked'],
    [403, 'Forbidden: user is deactivated', 'target_gone', 'deactivated'],
    [403, "Forbidden: bot can't initiate conversation with a user", 'target_gone', 'not_started'],
    [403, 'Forbidden: bot was kicked from the supergroup chat', 'target_gone', 'kicked'],
    [403, 'Forbidden: something new', 'target_gone', 'forbidden'],
    [413, 'Request Entity Too Large', 'our_fault', 'too_big'],
    [500, 'Internal Server Error: restart', 'retry', '500'],
    [502, 'Bad Gateway', 'unknown', '502'],
    [503, 'Service Unavailable', 'retry', '503'],
  ])('%i %s is %s', async (status, description, failure, code) => {
    const channel = await telegram(() => refused(status, description));

    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure, code });
    expect(stub?.calls).toHaveLength(1);
  });

  test.each([...ROWS[400].map((row) => [400, ...row] as const), ...ROWS[403].map((row) => [403, ...row] as const)])(
    '%i %s is told from every other wording',
    (status, start, failure, code) => {
      const said = new TelegramError({ error_code: status, description: `Bad Request: ${start} or so` });

      expect(telegramFailure(said, { repeatable: false }, status)).toMatchObject({ failure, code });
    },
  );

  test('no row stands behind one that takes all its wordings', () => {
    for (const rows of Object.values(ROWS))
      for (const [at, [start]] of rows.entries()) expect(rows.findIndex(([other]) => start.startsWith(other))).toBe(at);
  });

  test('429 waits as long as Telegram says', async () => {
    const channel = await telegram(() => refused(429, 'Too Many Requests: retry after 17', { retry_after: 17 }));

    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure: 'wait', retryAfterMs: 17_000 });
  });

  test.each([
    ['Bad Request: message to edit not found'],
    ["Bad Request: message can't be edited"],
    ['Bad Request: MESSAGE_ID_INVALID'],
  ])('an edit refused with %s asks for a fresh card', async (description) => {
    const channel = await telegram(() => refused(400, description));

    expect(await failureOf(channel.send(intent(update)))).toMatchObject({ failure: 'card_gone' });
  });

  test('an edit that changes nothing and an answer to a forgotten query are successes', async () => {
    const channel = await telegram((call) =>
      call.path.endsWith('editMessageText')
        ? refused(
            400,
            'Bad Request: message is not modified: specified new message content and reply markup are exactly the same',
          )
        : refused(400, 'Bad Request: query is too old and response timeout expired or query ID is invalid'),
    );

    expect(await channel.send(intent(update))).toEqual({ providerId: '9', handle });
    expect(await channel.send(intent(tapAnswer))).toEqual({});
  });

  test('a group that became a supergroup is followed, and the receipt names the new chat', async () => {
    const moved = -1_009_999_999_999;
    const channel = await telegram((call) =>
      call.fields['chat_id'] === '-555'
        ? refused(400, 'Bad Request: group chat was upgraded to a supergroup chat', { migrate_to_chat_id: moved })
        : { json: { ok: true, result: { message_id: 9, date: 1, chat: { id: moved, type: 'supergroup' } } } },
    );

    const receipt = await channel.send(intent(text, { to: { account: 'telegram:1000000001', chat: '-555' } }));

    expect(receipt.handle).toEqual({ chat: String(moved), message: '9' });
    expect(stub?.calls).toHaveLength(2);
  });
});

describe('broken connections', () => {
  test('an answer lost after a message was written is unknown and is never sent again', async () => {
    const channel = await telegram(() => 'drop');

    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure: 'unknown' });
    expect(
      await failureOf(channel.send(intent({ kind: 'file', name: 'x', mime: 'a/b', bytes: Buffer.from('x') }))),
    ).toMatchObject({ failure: 'unknown' });
    expect(stub?.calls).toHaveLength(2);
  });

  test('a lost answer to an edit or a tap is a retry, because a second one changes nothing', async () => {
    const channel = await telegram(() => 'drop');

    expect(await failureOf(channel.send(intent(update)))).toMatchObject({ failure: 'retry' });
    expect(await failureOf(channel.send(intent(tapAnswer)))).toMatchObject({ failure: 'retry' });
  });

  test.each([
    ...GATEWAY,
    [429, 'wait'],
    [500, 'unknown'],
    [502, 'unknown'],
    [503, 'unknown'],
    [504, 'unknown'],
  ] as const)('a %i in nobody’s or somebody else’s words is %s', async (status, failure) => {
    const replies: StubReply[] = [
      { status, body: '<html>proxy</html>' },
      { status, json: { message: 'blocked' } },
    ];
    const channel = await telegram(() => replies.shift() ?? sent);

    for (let left = replies.length; left > 0; left -= 1)
      expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure, code: `http_${String(status)}` });
  });

  test('a 200 that is no JSON is unknown; a refused connection is a retry', async () => {
    const channel = await telegram(() => ({ body: '<html>proxy</html>' }));
    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure: 'unknown' });

    await stub?.close();
    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure: 'retry', code: 'network' });
  });

  test.each([301, 302, 303, 307, 308])(
    'a %i after the message was written is not followed: the outcome is unknown',
    async (status) => {
      const elsewhere = await startStub(() => sent);
      const targets = [`/bot${TOKEN}/sendMessage`, elsewhere.url, 'http://127.0.0.1:9/', undefined];
      const channel = await telegram(() => {
        const location = targets.shift();
        return { ...sent, status, headers: location === undefined ? {} : { location } };
      });

      for (let left = targets.length; left > 0; left -= 1)
        expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure: 'unknown' });

      expect(stub?.calls).toHaveLength(4);
      expect(elsewhere.calls).toHaveLength(0);
      await elsewhere.close();
    },
  );

  test('a redirected edit and a redirected question are tried again later, not followed', async () => {
    const channel = await telegram(() => ({ ...sent, status: 307, headers: { location: 'http://127.0.0.1:9/' } }));

    expect(await failureOf(channel.send(intent(update)))).toMatchObject({ failure: 'retry' });
    expect(await channel.check()).toEqual({ ok: false, code: '502' });
    expect(stub?.calls).toHaveLength(2);
  });

  test.each<[string, StubReply]>([
    ['without a reason', { json: { ok: false } }],
    [
      'with a code that is no number',
      { json: { ok: false, error_code: 'x', description: 'Bad Request: chat not found' } },
    ],
    ['that is a list', { json: [] }],
  ])('an answer %s leaves the outcome unknown', async (_, reply) => {
    const channel = await telegram(() => reply);

    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure: 'unknown', code: 'bad_answer' });
  });

  test('an answer that breaks off is noticed at once', { timeout: 9_000 }, async () => {
    const channel = await telegram(() => 'break off');

    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure: 'unknown', code: 'network' });
  });

  test('no error carries token, text or payload', async () => {
    const channel = await telegram(() => refused(400, 'Bad Request: message text is empty'));
    const secretText: OutboundContent = { kind: 'text', text: '手机 13800006612' };
    const errors = [await failureOf(channel.send(intent(secretText)))];
    await stub?.close();
    errors.push(
      await failureOf(channel.send(intent(secretText))),
      await failureOf(channel.fetchMedia({ id: 'f', kind: 'file' }, 10)),
    );

    for (const error of errors) {
      expect(`${error.message}${String(error.stack)}${JSON.stringify(error)}${String(error.cause)}`).not.toMatch(
        /13800006612|TEST_TOKEN/,
      );
    }
  });
});

describe('downloads', () => {
  const media = { id: 'file-1', kind: 'image' as const };

  function files(file: Record<string, unknown>, bytes: StubReply) {
    return (call: StubCall): StubReply =>
      call.path.endsWith('/getFile') ? { json: { ok: true, result: { file_id: 'file-1', ...file } } } : bytes;
  }

  test('a path that looks like another host stays below the folder', async () => {
    const channel = await telegram(files({ file_path: '//evil.test/x' }, { body: 'x' }));

    await channel.fetchMedia(media, 100);

    expect(stub?.calls[1]?.path).toBe(`/file/bot${TOKEN}///evil.test/x`);
  });

  test('the bytes come from under the token’s file folder', async () => {
    const channel = await telegram(
      files({ file_path: 'photos/file_1.jpg', file_size: 3 }, { body: Buffer.from([1, 2, 3]) }),
    );

    expect(await channel.fetchMedia(media, 100)).toEqual(Buffer.from([1, 2, 3]));
    expect(stub?.calls[1]).toMatchObject({ method: 'GET', path: `/file/bot${TOKEN}/photos/file_1.jpg` });
  });

  test.each<[string, Record<string, unknown>, StubReply, string]>([
    ['announced above our limit', { file_path: 'a', file_size: 101 }, { body: '' }, 'our_fault too_big'],
    ['longer than announced', { file_path: 'a', file_size: 1 }, { body: Buffer.alloc(101) }, 'our_fault too_big'],
    ['without a path', {}, { body: '' }, 'our_fault file_unavailable'],
    ['whose path leaves the folder', { file_path: '../../bot1:x/getMe' }, { body: '' }, 'our_fault file_unavailable'],
    ['that has expired', { file_path: 'a' }, refused(404, 'Not Found'), 'our_fault file_unavailable'],
    ['that a gateway cannot find', { file_path: 'a' }, { status: 404, body: '<html>' }, 'retry http_404'],
    [
      'behind a redirect',
      { file_path: 'a' },
      { status: 302, headers: { location: 'https://evil.test' } },
      'retry http_302',
    ],
    [
      'in whose place a page came',
      { file_path: 'a' },
      { body: '<html>', headers: { 'content-type': 'text/html' } },
      'retry html_page',
    ],
  ])('a file %s is refused', async (_, file, bytes, expected) => {
    const channel = await telegram(files(file, bytes));

    const { failure, code } = await failureOf(channel.fetchMedia(media, 100));
    expect(`${failure} ${code}`).toBe(expected);
  });

  test('what is temporarily unavailable is asked for again, though Telegram calls a wrong id so, too', async () => {
    const channel = await telegram(() =>
      refused(400, 'Bad Request: wrong file_id or the file is temporarily unavailable'),
    );

    expect(await failureOf(channel.fetchMedia(media, 100))).toMatchObject({
      failure: 'retry',
      code: 'file_unavailable',
    });
  });

  test('Telegram’s own 20 MB limit is too big as well', async () => {
    const channel = await telegram(() => refused(400, 'Bad Request: file is too big'));

    expect(await failureOf(channel.fetchMedia(media, 2 ** 30))).toMatchObject({
      failure: 'our_fault',
      code: 'too_big',
    });
  });
});

describe('beside grammY', () => {
  test('grammY puts the same message on the wire, apart from ids written as text', async () => {
    const channel = await telegram(() => sent);
    const bot = new Bot(TOKEN, { client: { apiRoot: (stub?.url ?? '').replace(/\/$/, '') } });

    await channel.send(intent({ kind: 'card', card }));
    await bot.api.sendMessage(PERSON, '<b>A1087</b>', {
      parse_mode: 'HTML',
      link_preview_options: { is_disabled: true },
      reply_markup: { inline_keyboard: [[{ text: '同意', callback_data: 'abcd1234:1:approve' }]] },
    });

    expect(stub?.calls[0]?.path).toBe(stub?.calls[1]?.path);
    expect(stub?.calls[0]?.fields).toEqual(stub?.calls[1]?.fields);
  });

  test('check tells whether the token works', async () => {
    const channel = await telegram(() => refused(401, 'Unauthorized'));

    expect(await channel.check()).toEqual({ ok: false, code: 'unauthorized' });
  });
});
