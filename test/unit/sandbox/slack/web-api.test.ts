import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fieldsOf, listOf } from '../../../../src/sandbox/kernel/values.ts';
import { after, APP_TOKEN, BOT_TOKEN, section, type Stage, stage } from './support.ts';

let s: Stage;
beforeEach(async () => {
  s = await stage({
    channels: [
      { id: 'C0OPEN', name: 'open', members: ['U0LIN'] },
      { id: 'C0JOINED', name: 'joined', members: ['U0LIN', 'U0BOT'] },
      { id: 'C0OLD', name: 'old', members: ['U0BOT'], isArchived: true },
      { id: 'G0SECRET', name: 'secret', members: ['U0LIN'], isPrivate: true },
    ],
  });
});
afterEach(() => s.close());

describe('tokens', () => {
  test('a call without a token is not_authed and with a wrong one invalid_auth', async () => {
    const bare = await s.request('auth.test', { headers: { authorization: '' } });
    const wrong = await s.call('auth.test', {}, 'xoxb-other');

    expect(bare.body).toEqual({ ok: false, error: 'not_authed' });
    expect(wrong).toEqual({ ok: false, error: 'invalid_auth' });
  });

  test('a token in the body does not count', async () => {
    const body = new URLSearchParams({ token: BOT_TOKEN });
    expect((await s.request('auth.test', { headers: { authorization: '' }, body })).body['error']).toBe('not_authed');
  });

  test.each(['token_revoked', 'account_inactive'] as const)(
    'a broken token is answered %s until it is mended',
    async (fault) => {
      s.slack.setTokenFault(fault);
      expect(await s.call('auth.test')).toEqual({ ok: false, error: fault });

      s.slack.setTokenFault(undefined);
      expect((await s.call('auth.test'))['ok']).toBe(true);
    },
  );

  test('a missing scope is answered with what is needed and what is there', async () => {
    const narrow = await stage({ scopes: ['users:read'] });
    const answer = await narrow.call('chat.postMessage', { channel: 'U0LIN', text: 'hi' });
    await narrow.close();

    expect(answer).toEqual({ ok: false, error: 'missing_scope', needed: 'chat:write', provided: 'users:read' });
  });

  test('reading and opening conversations takes the scope of their kind', async () => {
    const narrow = await stage({
      scopes: ['channels:history', 'channels:read', 'im:write', 'chat:write'],
      channels: [{ id: 'C0JOINED', name: 'joined', members: ['U0LIN', 'U0BOT'] }],
    });
    const { channel } = await narrow.call('conversations.open', { users: 'U0LIN' });
    const direct = { channel: fieldsOf(channel)['id'] };
    const refused = [
      await narrow.call('conversations.history', direct),
      await narrow.call('conversations.info', direct),
      await narrow.call('conversations.open', { users: 'U0LIN,U0ZHAO' }),
    ];
    const allowed = await narrow.call('conversations.history', { channel: 'C0JOINED' });
    await narrow.close();

    expect(allowed['ok']).toBe(true);
    expect(refused.map(({ error, needed }) => [error, needed])).toEqual([
      ['missing_scope', 'im:history'],
      ['missing_scope', 'im:read'],
      ['missing_scope', 'mpim:write'],
    ]);
  });

  test('an app-level token opens sockets and nothing else', async () => {
    expect((await s.call('apps.connections.open', {}, APP_TOKEN))['ok']).toBe(true);
    expect((await s.call('auth.test', {}, APP_TOKEN))['error']).toBe('not_allowed_token_type');
    expect((await s.call('apps.connections.open'))['error']).toBe('not_allowed_token_type');
  });
});

describe('bodies', () => {
  test('form, JSON and multipart bodies mean the same', async () => {
    const multipart = new FormData();
    multipart.set('channel', 'U0LIN');
    multipart.set('blocks', JSON.stringify([section('三')]));
    multipart.set('text', '三');
    const form = new URLSearchParams({ channel: 'U0LIN', text: '二', blocks: JSON.stringify([section('二')]) });

    const answers = [
      await s.call('chat.postMessage', { channel: 'U0LIN', text: '一', blocks: [section('一')] }),
      (await s.request('chat.postMessage', { body: form })).body,
      (await s.request('chat.postMessage', { body: multipart })).body,
    ];

    expect(answers.map((one) => one['ok'])).toEqual([true, true, true]);
    expect(s.slack.screen('U0LIN').messages.map((one) => one.text)).toEqual(['一', '二', '三']);
  });

  test('JSON without a charset is taken with a warning, broken JSON is refused', async () => {
    const json = { 'content-type': 'application/json' };
    const bare = await s.request('auth.test', { headers: json, body: '{}' });
    const broken = await s.request('auth.test', { headers: json, body: '{' });

    expect(bare.body).toMatchObject({ ok: true, warning: 'missing_charset' });
    expect(broken.body).toEqual({ ok: false, error: 'invalid_json' });
  });

  test('an unknown method and an unknown argument are told apart in the journal', async () => {
    expect((await s.call('chat.shout'))['error']).toBe('unknown_method');
    await s.call('chat.postMessage', { channel: 'U0LIN', text: 'x', txet: 'y' });

    const calls = s.slack.journal.filter(({ direction }) => direction === 'to_platform');
    expect(calls.map(({ what, error, unknownFields }) => [what, error, unknownFields])).toEqual([
      ['chat.shout', 'unknown_method', undefined],
      ['chat.postMessage', undefined, ['txet']],
    ]);
  });
});

describe('chat.postMessage', () => {
  test('a post to a person opens the direct message and answers with its D id', async () => {
    const answer = await s.call('chat.postMessage', { channel: 'U0LIN', text: '你好' });

    expect(answer).toMatchObject({ ok: true, message: { text: '你好', bot_id: 'B0BOT', app_id: 'A0001' } });
    expect(answer['channel']).toMatch(/^D/);
  });

  test.each([
    ['C0OPEN', 'not_in_channel'],
    ['C0OLD', 'is_archived'],
    ['C0NONE', 'channel_not_found'],
    ['G0SECRET', 'channel_not_found'],
    ['U0NOBODY', 'channel_not_found'],
    ['U0GONE', 'channel_not_found'],
  ])('a post to %s is refused with %s', async (channel, error) => {
    expect(await s.call('chat.postMessage', { channel, text: 'x' })).toMatchObject({ ok: false, error });
  });

  test('a post without text, blocks and attachments is no_text', async () => {
    expect((await s.call('chat.postMessage', { channel: 'U0LIN' }))['error']).toBe('no_text');
    expect((await s.call('chat.postMessage', { channel: 'U0LIN', blocks: [] }))['error']).toBe('no_text');
  });

  test('ts is a string with six decimals that only grows, also within one instant', async () => {
    const stamps: unknown[] = [];
    for (let i = 0; i < 5; i += 1)
      stamps.push((await s.call('chat.postMessage', { channel: 'U0LIN', text: 'x' }))['ts']);

    const numbers = stamps.map(Number);
    expect(stamps.every((ts) => typeof ts === 'string' && /^\d{10}\.\d{6}$/.test(ts))).toBe(true);
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
  });

  test('the answer carries the text as it is stored: escaped, with links wrapped', async () => {
    const text = '1 < 2 & 3 > 2 <@U0LIN> &amp; https://a.example/x?y=1&z=2';
    const answer = await s.call('chat.postMessage', { channel: 'U0LIN', text });

    expect(fieldsOf(answer['message'])['text']).toBe(
      '1 &lt; 2 &amp; 3 &gt; 2 <@U0LIN> &amp; <https://a.example/x?y=1&z=2>',
    );
  });

  test('a reply hangs on a first message only', async () => {
    const parent = await s.call('chat.postMessage', { channel: 'C0JOINED', text: '题' });
    const reply = await s.call('chat.postMessage', { channel: 'C0JOINED', text: '答', thread_ts: parent['ts'] });

    expect(reply).toMatchObject({ ok: true, message: { thread_ts: parent['ts'] } });
    expect(
      (await s.call('chat.postMessage', { channel: 'C0JOINED', text: 'x', thread_ts: reply['ts'] }))['error'],
    ).toBe('cannot_reply_to_message');
    expect((await s.call('chat.postMessage', { channel: 'C0JOINED', text: 'x', thread_ts: '1.000000' }))['error']).toBe(
      'thread_not_found',
    );
  });

  test('metadata comes back whole with include_all_metadata, else only its type', async () => {
    const metadata = { event_type: 'outbox', event_payload: { id: 'ob-1' } };
    const { channel } = await s.call('chat.postMessage', { channel: 'U0LIN', text: 'x', metadata });

    const all = await s.call('conversations.history', { channel, include_all_metadata: true });
    const bare = await s.call('conversations.history', { channel });

    expect(all['messages']).toMatchObject([{ metadata }]);
    expect(listOf(bare['messages']).map((one) => fieldsOf(one)['metadata'])).toEqual([{ event_type: 'outbox' }]);
  });

  test('malformed and oversized metadata are refused', async () => {
    const post = (metadata: unknown) => s.call('chat.postMessage', { channel: 'U0LIN', text: 'x', metadata });

    expect((await post({ event_type: 'x' }))['error']).toBe('invalid_metadata_format');
    expect((await post({ event_type: 'x', event_payload: { a: 'x'.repeat(9000) } }))['error']).toBe(
      'metadata_too_large',
    );
  });

  test('a text above 4,040 characters comes out as several messages and only the first ts is answered', async () => {
    const answer = await s.call('chat.postMessage', { channel: 'U0LIN', text: 'a'.repeat(5000) });
    const shown = s.slack.screen('U0LIN').messages;

    expect(shown.map((one) => one.text.length)).toEqual([4040, 960]);
    expect(shown[0]?.id).toBe(answer['ts']);

    await s.call('chat.postMessage', { channel: 'U0ZHAO', text: 'a'.repeat(4040) });
    expect(s.slack.screen('U0ZHAO').messages).toHaveLength(1);
  });

  test('a text above 40,000 characters is cut and the answer warns', async () => {
    const post = (length: number) =>
      s.call('chat.postMessage', { channel: 'U0LIN', text: 'a'.repeat(length), blocks: [section('x')] });
    const [whole, cut] = [await post(40_000), await post(40_001)];

    expect(whole).not.toHaveProperty('warning');
    expect(cut).toMatchObject({ ok: true, warning: 'message_truncated' });
    expect(String(fieldsOf(cut['message'])['text'])).toHaveLength(40_000);
  });
});

describe('chat.update and chat.delete', () => {
  async function post(extra: object = {}): Promise<{ channel: unknown; ts: unknown }> {
    const answer = await s.call('chat.postMessage', { channel: 'U0LIN', text: '旧', ...extra });
    return { channel: answer['channel'], ts: answer['ts'] };
  }

  test('an update with text alone keeps the blocks and an empty list takes them away', async () => {
    const card = await post({ blocks: [section('块')] });

    const kept = await s.call('chat.update', { ...card, text: '新' });
    const gone = await s.call('chat.update', { ...card, text: '新', blocks: [] });

    expect(fieldsOf(kept['message'])['blocks']).toMatchObject([section('块')]);
    expect(fieldsOf(gone['message'])['blocks']).toBeUndefined();
  });

  test('only own messages by channel id can be updated', async () => {
    const { ts } = await post();
    await s.slack.say('U0LIN', '我的');
    const mine = s.slack.screen('U0LIN').messages.at(-1);
    const { channel } = await post();

    expect((await s.call('chat.update', { channel: 'U0LIN', ts, text: 'x' }))['error']).toBe('channel_not_found');
    expect((await s.call('chat.update', { channel, ts: mine?.id, text: 'x' }))['error']).toBe('cant_update_message');
    expect((await s.call('chat.update', { channel, ts: '1.000000', text: 'x' }))['error']).toBe('message_not_found');
    expect((await s.call('chat.delete', { channel, ts: mine?.id }))['error']).toBe('cant_delete_message');
  });

  test('an update text above 4,000 characters is msg_too_long', async () => {
    const card = await post();

    expect((await s.call('chat.update', { ...card, text: 'a'.repeat(4000) }))['ok']).toBe(true);
    expect((await s.call('chat.update', { ...card, text: 'a'.repeat(4001) }))['error']).toBe('msg_too_long');
  });

  test('a message in an archived channel cannot be updated', async () => {
    const { ts } = await s.call('chat.postMessage', { channel: 'C0JOINED', text: 'x' });
    s.slack.archive('C0JOINED');

    expect((await s.call('chat.update', { channel: 'C0JOINED', ts, text: 'y' }))['error']).toBe('is_inactive');
  });

  test('a deleted message is gone from history and for updates', async () => {
    const card = await post();
    expect(await s.call('chat.delete', card)).toMatchObject({ ok: true, ts: card.ts });

    expect((await s.call('conversations.history', { channel: card.channel }))['messages']).toEqual([]);
    expect((await s.call('chat.update', { ...card, text: 'x' }))['error']).toBe('message_not_found');
    expect(s.slack.screen('U0LIN').messages[0]?.deleted).toBe(true);
  });
});

describe('chat.postEphemeral', () => {
  test('a note for one person needs that person in the channel, is in no history and cannot be updated', async () => {
    const answer = await s.call('chat.postEphemeral', {
      channel: 'C0JOINED',
      user: 'U0LIN',
      text: '只给你',
      blocks: [section('只给你')],
    });
    const stranger = await s.call('chat.postEphemeral', { channel: 'C0JOINED', user: 'U0ZHAO', text: 'x' });

    expect(stranger['error']).toBe('user_not_in_channel');
    expect((await s.call('conversations.history', { channel: 'C0JOINED' }))['messages']).toEqual([]);
    expect((await s.call('chat.update', { channel: 'C0JOINED', ts: answer['message_ts'], text: 'x' }))['error']).toBe(
      'message_not_found',
    );
    expect(s.slack.screen('U0LIN').toasts.map((one) => one.text)).toEqual(['只给你']);
    expect(s.slack.screen('U0ZHAO').messages).toEqual([]);
  });
});

describe('rates', () => {
  test('posts to one channel beyond the burst are 429 with Retry-After, another channel is unaffected', async () => {
    const tight = await stage({ limits: { channelBurst: 2 } });
    const body = (channel: string) => ({ body: new URLSearchParams({ channel, text: 'x' }) });
    await tight.request('chat.postMessage', body('U0LIN'));
    await tight.request('chat.postMessage', body('U0LIN'));

    const third = await tight.request('chat.postMessage', body('U0LIN'));
    const other = await tight.request('chat.postMessage', body('U0ZHAO'));
    await tight.slack.setNow(after(1));
    const later = await tight.request('chat.postMessage', body('U0LIN'));
    await tight.close();

    expect([third.status, third.headers.get('retry-after'), third.body]).toEqual([
      429,
      '1',
      { ok: false, error: 'ratelimited' },
    ]);
    expect([other.status, later.status]).toEqual([200, 200]);
  });

  test('posts to a person and to the direct message with that person share one rate', async () => {
    const tight = await stage({ limits: { channelBurst: 1 } });
    const { channel } = await tight.call('chat.postMessage', { channel: 'U0LIN', text: 'x' });
    const second = await tight.call('chat.postMessage', { channel, text: 'x' });
    await tight.close();

    expect(second['error']).toBe('ratelimited');
  });

  test('a tier 2 method takes 20 calls a minute and other methods stay free', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 21; i += 1) statuses.push((await s.request('users.list')).status);

    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    expect(statuses.at(-1)).toBe(429);
    expect((await s.request('auth.test')).status).toBe(200);
  });
});

describe('people and conversations', () => {
  test('users.info tells guests', async () => {
    s.slack.addPerson({ id: 'U0GUEST', name: '访客', restricted: true });
    expect(await s.call('users.info', { user: 'U0GUEST' })).toMatchObject({
      user: { is_restricted: true, deleted: false },
    });
  });

  test('users.info tells deactivated people and the bot, and e-mail only with its scope', async () => {
    const narrow = await stage({ scopes: ['users:read'] });
    const [gone, bot, lin] = [
      await s.call('users.info', { user: 'U0GONE' }),
      await s.call('users.info', { user: 'U0BOT' }),
      await narrow.call('users.info', { user: 'U0LIN' }),
    ];
    await narrow.close();

    expect(gone['user']).toMatchObject({ deleted: true, profile: { email: 'gone@example.com' } });
    expect(bot['user']).toMatchObject({ is_bot: true });
    expect(fieldsOf(fieldsOf(lin['user'])['profile'])['email']).toBeUndefined();
    expect((await s.call('users.info', { user: 'U0NOBODY' }))['error']).toBe('user_not_found');
  });

  test('users.lookupByEmail finds active people only', async () => {
    expect(await s.call('users.lookupByEmail', { email: 'LIN@example.com' })).toMatchObject({ user: { id: 'U0LIN' } });
    expect((await s.call('users.lookupByEmail', { email: 'gone@example.com' }))['error']).toBe('users_not_found');
  });

  test('a list goes by cursor until the cursor is empty', async () => {
    const first = await s.call('users.list', { limit: 3 });
    const cursor = fieldsOf(first['response_metadata'])['next_cursor'];
    const last = await s.call('users.list', { limit: 3, cursor });

    expect([listOf(first['members']).length, listOf(last['members']).length]).toEqual([3, 1]);
    expect(last['response_metadata']).toEqual({ next_cursor: '' });
    expect((await s.call('users.list', { cursor: 'nonsense' }))['error']).toBe('invalid_cursor');
  });

  test('conversations.open opens one direct message and refuses unknown, deactivated and too many people', async () => {
    const first = await s.call('conversations.open', { users: 'U0LIN' });
    const again = await s.call('conversations.open', { users: 'U0LIN', return_im: true });

    expect(fieldsOf(first['channel'])['id']).toMatch(/^D/);
    expect(again).toMatchObject({
      no_op: true,
      already_open: true,
      channel: { id: fieldsOf(first['channel'])['id'], is_im: true, user: 'U0LIN' },
    });
    expect((await s.call('conversations.open', { users: 'U0NOBODY' }))['error']).toBe('user_not_found');
    expect((await s.call('conversations.open', { users: 'U0GONE' }))['error']).toBe('user_disabled');
    expect((await s.call('conversations.open', { users: Array(9).fill('U0LIN').join(',') }))['error']).toBe(
      'too_many_users',
    );
  });

  test('history shows top-level messages newest first, replies show the thread oldest first', async () => {
    const channel = 'C0JOINED';
    const { ts } = await s.call('chat.postMessage', { channel, text: '一' });
    await s.call('chat.postMessage', { channel, text: '二' });
    await s.call('chat.postMessage', { channel, text: '一之一', thread_ts: ts });
    const texts = (body: object) => listOf(fieldsOf(body)['messages']).map((one) => fieldsOf(one)['text']);

    expect(texts(await s.call('conversations.history', { channel }))).toEqual(['二', '一']);
    expect(texts(await s.call('conversations.replies', { channel, ts }))).toEqual(['一', '一之一']);
    expect(texts(await s.call('conversations.history', { channel, oldest: ts }))).toEqual(['二']);
    expect(texts(await s.call('conversations.history', { channel, oldest: ts, inclusive: true }))).toEqual([
      '二',
      '一',
    ]);
    expect((await s.call('conversations.replies', { channel, ts: '1.000000' }))['error']).toBe('thread_not_found');
    expect((await s.call('conversations.history', { channel: 'C0OPEN' }))['error']).toBe('not_in_channel');
  });
});

describe('faults on order', () => {
  const post = () => s.call('chat.postMessage', { channel: 'U0LIN', text: 'x' });

  test('drop_after does the work and cuts the connection: the finder of double sends', async () => {
    s.slack.addFault({ platform: 'slack', method: 'chat.postMessage', times: 1, effect: { kind: 'drop_after' } });

    await expect(post()).rejects.toThrow();
    await post();

    expect(s.slack.screen('U0LIN').messages).toHaveLength(2);
  });

  test('drop_before cuts the connection and does nothing', async () => {
    s.slack.addFault({ platform: 'slack', method: 'chat.postMessage', times: 1, effect: { kind: 'drop_before' } });

    await expect(post()).rejects.toThrow();
    expect(s.slack.screen('U0LIN').messages).toEqual([]);
  });

  test('an ordered rate limit carries Retry-After, an ordered status is bare', async () => {
    s.slack.addFault({
      platform: 'slack',
      method: 'auth.test',
      times: 1,
      effect: { kind: 'error', code: 'ratelimited', retryAfterSeconds: 30 },
    });
    s.slack.addFault({ platform: 'slack', method: 'auth.test', times: 1, effect: { kind: 'http', status: 503 } });

    const [limited, down, fine] = [
      await s.request('auth.test'),
      await s.request('auth.test'),
      await s.request('auth.test'),
    ];

    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '30']);
    expect([down.status, fine.status]).toEqual([503, 200]);
  });
});
