import { afterEach, describe, expect, test } from 'vitest';
import type { Card } from '../../src/channels/card.ts';
import { ChannelError, type Channel, type OutboundContent, type OutboundIntent } from '../../src/channels/channel.ts';
import { createSlackChannel } from '../../src/channels/slack/channel.ts';
import { FixedClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { Secret } from '../../src/lib/secret.ts';
import { startStub, type Stub, type StubCall, type StubReply } from '../fixtures/slack/http-stub.ts';
import { eventCallback, form, FORM, NOW, SECRET, signed } from '../fixtures/slack/requests.ts';

const card: Card = {
  id: 'abcd1234',
  revision: 1,
  title: 'A1087',
  fields: [],
  actions: [{ verb: 'approve', label: '同意' }],
};
const handle = { channel: 'D0001', ts: '1760000000.000200' };

let stub: Stub | undefined;

afterEach(async () => {
  await stub?.close();
  stub = undefined;
});

async function slack(respond: (call: StubCall) => StubReply): Promise<Channel> {
  stub = await startStub(respond);
  return createSlackChannel(
    { botToken: new Secret('xoxb-secret-token'), signingSecret: new Secret(SECRET), apiUrl: `${stub.url}api/` },
    { clock: new FixedClock(NOW), log: silentLog },
  );
}

function intent(content: OutboundContent, more: Partial<OutboundIntent> = {}): OutboundIntent {
  return { id: 'out-42', to: { account: 'slack:default', chat: 'D0001' }, content, attempt: 1, ...more };
}

const posted = { json: { ok: true, channel: 'D0001', ts: '1760000000.000200', message: {} } };

async function failureOf(work: Promise<unknown>): Promise<ChannelError> {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof ChannelError)) throw new Error(`expected a ChannelError, got ${String(error)}`);
  return error;
}

/** All calls but the question which workspace is ours. */
function posts(): readonly StubCall[] {
  return (stub?.calls ?? []).filter((one) => !one.path.endsWith('auth.test'));
}

function call(method: string): StubCall {
  const found = stub?.calls.find((one) => one.path.endsWith(method));
  if (!found) throw new Error(`${method} was not called`);
  return found;
}

describe('posting to a person', () => {
  const to = { account: 'slack:default', chat: 'U0777' };
  const hello: OutboundContent = { kind: 'text', text: 'hi' };
  const places = (): readonly unknown[] => posts().map((one) => one.fields['channel']);

  test('goes to the direct message he wrote in, as soon as it is known', async () => {
    const channel = await slack(() => ({ json: { ok: true, channel: 'D0777', ts: '1.0', message: {}, messages: [] } }));
    await channel.send(intent(hello, { to: { ...to, chat: 'U0888' } }));
    const word = { type: 'message', channel: 'D0777', channel_type: 'im', user: 'U0777', text: '待办', ts: '1.0' };
    await channel.receive(signed(JSON.stringify(eventCallback(word))), NOW);

    await channel.send(intent(hello, { to }));
    await channel.reconcile?.(intent(hello, { to }));

    expect(places()).toEqual(['U0888', 'D0777', 'D0777']);
  });

  test('goes to his id until Slack has said which direct message that is', async () => {
    const channel = await slack(() => ({ json: { ok: true, channel: 'D0777', ts: '1.0', message: {} } }));
    // A command may be typed in the direct message of two other people.
    const command = { command: '/daiban', text: '待办', user_id: 'U0777', channel_id: 'D0999', trigger_id: '1.2' };
    await channel.receive(signed(form(command), { contentType: FORM }), NOW);

    await channel.send(intent(hello, { to }));
    await channel.send(intent(hello, { to }));

    expect(places()).toEqual(['U0777', 'D0777']);
  });
});

test('a direct message that Slack does not know is forgotten, and the person is reached by his id', async () => {
  const channel = await slack(({ fields }) =>
    fields['channel'] === 'D0666'
      ? { json: { ok: false, error: 'channel_not_found' } }
      : { json: { ok: true, channel: 'D0777', ts: '1.0', message: {} } },
  );
  const elsewhere = { type: 'message', channel: 'D0666', channel_type: 'im', user: 'U0777', text: '待办', ts: '1.0' };
  await channel.receive(signed(JSON.stringify(eventCallback(elsewhere))), NOW);
  const to = { account: 'slack:default', chat: 'U0777' };

  const first = await channel.send(intent({ kind: 'text', text: 'hi' }, { to }));
  await channel.send(intent({ kind: 'text', text: 'hi' }, { to }));

  expect(first.handle).toEqual({ channel: 'D0777', ts: '1.0' });
  expect(posts().map((one) => one.fields['channel'])).toEqual(['D0666', 'U0777', 'D0777']);
});

describe('posting', () => {
  test('a text goes out escaped, without previews, with the intent’s id in its metadata and the token in the header only', async () => {
    const channel = await slack(() => posted);

    const receipt = await channel.send(intent({ kind: 'text', text: '利率 < 24% & 费用' }));

    const { fields, headers, body } = call('chat.postMessage');
    expect(receipt).toEqual({ providerId: '1760000000.000200', handle });
    expect(fields).toMatchObject({
      channel: 'D0001',
      text: '利率 &lt; 24% &amp; 费用',
      unfurl_links: 'false',
      unfurl_media: 'false',
    });
    expect(JSON.parse(fields['metadata'] ?? '')).toEqual({
      event_type: 'daiban_message',
      event_payload: { id: 'out-42' },
    });
    expect(headers.authorization).toBe('Bearer xoxb-secret-token');
    expect(body.toString()).not.toContain('xoxb-secret-token');
  });

  test('a text of 9,000 characters is one message: a short notification and all of it in sections', async () => {
    const channel = await slack(() => posted);
    const text = Array.from({ length: 600 }, (_, index) => `第${String(index).padStart(4, '0')}行 一二三四五\n`).join(
      '',
    );

    await channel.send(intent({ kind: 'text', text }));

    expect(stub?.calls).toHaveLength(1);
    const { fields } = call('chat.postMessage');
    const blocks = JSON.parse(fields['blocks'] ?? '') as { text: { text: string } }[];
    expect((fields['text'] ?? '').length).toBeLessThan(4000);
    expect(blocks.map((block) => block.text.text).join('')).toBe(text);
  });

  const endless = 'x'.repeat(25_000);

  test('a text of 25,000 characters is three messages whose metadata counts the parts', async () => {
    const channel = await slack(() => posted);

    await channel.send(intent({ kind: 'text', text: endless }));

    expect(stub?.calls.map((one) => JSON.parse(one.fields['metadata'] ?? '') as unknown)).toMatchObject([
      { event_payload: { id: 'out-42', part: 0 } },
      { event_payload: { id: 'out-42', part: 1 } },
      { event_payload: { id: 'out-42', part: 2 } },
    ]);
  });

  test('when a later part fails the outcome is unknown, and reconciliation says so until all parts are found', async () => {
    const replies: StubReply[] = [posted, { json: { ok: false, error: 'service_unavailable' } }];
    const channel = await slack(() => replies.shift() ?? posted);
    const error = await failureOf(channel.send(intent({ kind: 'text', text: endless })));
    await stub?.close();
    const found = (count: number): StubReply => ({
      json: {
        ok: true,
        messages: Array.from({ length: count }, (_, part) => ({
          ts: `176000000${String(part)}.0`,
          metadata: { event_type: 'daiban_message', event_payload: { id: 'out-42', part } },
        })),
      },
    });
    const history = [found(1), found(3)];
    const later = await slack(() => history.shift() ?? posted);

    expect(error).toMatchObject({ failure: 'unknown', code: 'partly_sent' });
    expect(await later.reconcile?.(intent({ kind: 'text', text: endless }))).toBeUndefined();
    expect(await later.reconcile?.(intent({ kind: 'text', text: endless }))).toMatchObject({
      providerId: '1760000002.0',
    });
  });

  test('choices become buttons under the text', async () => {
    const channel = await slack(() => posted);

    await channel.send(intent({ kind: 'text', text: '提交吗？', choices: ['提交', '再改改'] }));

    expect(JSON.parse(call('chat.postMessage').fields['blocks'] ?? '')).toMatchObject([
      { type: 'section', text: { text: '提交吗？' } },
      {
        type: 'actions',
        elements: [
          { action_id: 'say:0', value: '提交' },
          { action_id: 'say:1', value: '再改改' },
        ],
      },
    ]);
  });

  test('a card to a thread names the thread; an update keeps blocks and text in step', async () => {
    const channel = await slack(() => posted);

    await channel.send(
      intent({ kind: 'card', card }, { to: { account: 'slack:default', chat: 'C0001', thread: '1.0', actor: 'U1' } }),
    );
    await channel.send(intent({ kind: 'card_update', card: { ...card, revision: 2, closed: '已同意' }, handle }));

    expect(call('chat.postMessage').fields).toMatchObject({ channel: 'C0001', thread_ts: '1.0' });
    expect(call('chat.update').fields).toMatchObject({ channel: 'D0001', ts: handle.ts, text: 'A1087\n已同意' });
    expect(JSON.parse(call('chat.update').fields['blocks'] ?? '')).toMatchObject([
      { type: 'header' },
      { type: 'section' },
    ]);
  });

  test('a tap is answered to the presser alone', async () => {
    const channel = await slack(() => ({ json: { ok: true, message_ts: '1.1' } }));

    await channel.send(
      intent({ kind: 'tap_answer', tap: { channel: 'C0001', ts: '1.0', user: 'U7' }, text: '已处理', alert: false }),
    );

    expect(call('chat.postEphemeral').fields).toMatchObject({ channel: 'C0001', user: 'U7', text: '已处理' });
  });
});

describe('failures', () => {
  const text: OutboundContent = { kind: 'text', text: 'hi' };
  const update: OutboundContent = { kind: 'card_update', card, handle };

  test.each([
    ['invalid_auth', 'breaker'],
    ['token_revoked', 'breaker'],
    ['missing_scope', 'breaker'],
    ['channel_not_found', 'target_gone'],
    ['is_archived', 'target_gone'],
    ['messages_tab_disabled', 'target_gone'],
    ['restricted_action_thread_locked', 'target_gone'],
    ['invalid_blocks', 'our_fault'],
    ['msg_too_long', 'our_fault'],
    ['an_error_of_tomorrow', 'our_fault'],
    ['service_unavailable', 'retry'],
    ['request_timeout', 'retry'],
    ['internal_error', 'unknown'],
    ['fatal_error', 'unknown'],
  ])('a post refused with %s is %s', async (code, failure) => {
    const channel = await slack(() => ({ json: { ok: false, error: code } }));

    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure, code });
    expect(stub?.calls).toHaveLength(1);
  });

  test.each([
    ['message_not_found', 'card_gone'],
    ['cant_update_message', 'card_gone'],
    ['edit_window_closed', 'card_gone'],
    ['is_inactive', 'card_gone'],
    ['internal_error', 'retry'],
  ])('an update refused with %s is %s', async (code, failure) => {
    const channel = await slack(() => ({ json: { ok: false, error: code } }));

    expect(await failureOf(channel.send(intent(update)))).toMatchObject({ failure, code });
  });

  test('429 waits as long as Slack says, and 30 s when it does not say', async () => {
    const replies: StubReply[] = [
      { status: 429, headers: { 'retry-after': '7' }, json: { ok: false, error: 'ratelimited' } },
      { status: 429, json: { ok: false, error: 'ratelimited' } },
    ];
    const channel = await slack(() => replies.shift() ?? posted);

    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure: 'wait', retryAfterMs: 7000 });
    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure: 'wait', retryAfterMs: 30_000 });
    expect(stub?.calls).toHaveLength(2);
  });

  test('a 429 on one channel does not hold up another call', async () => {
    const channel = await slack((one) =>
      one.fields['channel'] === 'C_BUSY'
        ? { status: 429, headers: { 'retry-after': '30' }, json: { ok: false, error: 'ratelimited' } }
        : posted,
    );

    const busy = failureOf(channel.send(intent(text, { to: { account: 'slack:default', chat: 'C_BUSY' } })));
    const free = channel.send(intent(text));

    expect(await busy).toMatchObject({ failure: 'wait' });
    expect(await free).toMatchObject({ handle });
  });

  test('an answer lost after the post was written is unknown and is not sent again', async () => {
    const channel = await slack(() => 'drop');

    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure: 'unknown' });
    expect(stub?.calls).toHaveLength(1);
  });

  test('an answer lost after an update is a retry, because updating twice changes nothing', async () => {
    const channel = await slack(() => 'drop');

    expect(await failureOf(channel.send(intent(update)))).toMatchObject({ failure: 'retry' });
  });

  test('HTTP 503 and a page that is no JSON leave a post unknown', async () => {
    const replies: StubReply[] = [
      { status: 503, body: 'upstream' },
      { body: '<html>proxy</html>', headers: { 'content-type': 'text/html' } },
    ];
    const channel = await slack(() => replies.shift() ?? posted);

    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure: 'unknown', code: 'http_503' });
    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure: 'unknown', code: 'bad_answer' });
  });

  test.each<[string, StubReply]>([
    ['an empty object', { json: {} }],
    ['a list', { json: [] }],
    ['a refusal without a reason', { json: { ok: false } }],
    ['a 202', { status: 202, json: { ok: true } }],
    ['a 204', { status: 204, body: '' }],
    ['a 299', { status: 299, json: { ok: true } }],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:9/' } }],
    ['half an answer', 'break off'],
  ])('%s in place of Slack’s answer leaves the outcome unknown', async (_, reply) => {
    const channel = await slack(() => reply);

    const { failure, code } = await failureOf(channel.send(intent(text)));
    expect(failure).toBe('unknown');
    expect(code).toMatch(/^(?:bad_answer|http_2\d\d|network)$/);
    expect(stub?.calls).toHaveLength(1);
  });

  test('a 4xx that is no answer of Slack’s is a wrong address', async () => {
    const channel = await slack(() => ({ status: 404, body: 'nothing here' }));

    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure: 'our_fault', code: 'http_404' });
  });

  test('a refused connection proves that nothing was sent: retry', async () => {
    const channel = await slack(() => posted);
    await stub?.close();

    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure: 'retry', code: 'network' });
  });

  test('an update without a handle asks for a fresh card', async () => {
    const channel = await slack(() => posted);

    expect(await failureOf(channel.send(intent({ ...update, handle: {} })))).toMatchObject({ failure: 'card_gone' });
    expect(stub?.calls).toHaveLength(0);
  });

  test('no error carries the token, the text or the payload', async () => {
    const channel = await slack(() => ({
      json: {
        ok: false,
        error: 'invalid_blocks',
        response_metadata: { messages: ['[ERROR] no more than 50 items allowed [json-pointer:/blocks]'] },
      },
    }));

    const error = await failureOf(channel.send(intent({ kind: 'text', text: '手机 13800006612' })));

    expect(error.message).toContain('json-pointer:/blocks');
    expect(`${error.message}${String(error.stack)}${String(error.cause)}`).not.toMatch(/13800006612|xoxb/);
  });

  test('check tells whether the token works', async () => {
    const channel = await slack(() => ({ json: { ok: false, error: 'account_inactive' } }));

    expect(await channel.check()).toEqual({ ok: false, code: 'account_inactive' });
  });
});

describe('reconciliation of an unknown post', () => {
  const message = (id: string, ts: string) => ({
    ts,
    metadata: { event_type: 'daiban_message', event_payload: { id } },
  });

  test('a post that went through is found by its id, page after page', async () => {
    const channel = await slack((one) =>
      one.fields['cursor'] === 'page2'
        ? {
            json: {
              ok: true,
              messages: [message('out-42', '1760000000.000200')],
              response_metadata: { next_cursor: '' },
            },
          }
        : {
            json: {
              ok: true,
              messages: [message('out-41', '1760000001.0'), { ts: '1760000002.0' }],
              response_metadata: { next_cursor: 'page2' },
            },
          },
    );

    expect(await channel.reconcile?.(intent({ kind: 'card', card }))).toEqual({
      providerId: '1760000000.000200',
      handle,
    });
    expect(stub?.calls[0]?.fields).toMatchObject({
      channel: 'D0001',
      include_all_metadata: 'true',
      oldest: String(1_760_000_000 - 604_800),
    });
  });

  test('a post without a trace in seven days was surely not sent', async () => {
    const channel = await slack(() => ({ json: { ok: true, messages: [message('out-1', '1.0')] } }));

    expect(await channel.reconcile?.(intent({ kind: 'text', text: 'hi' }))).toBe('absent');
  });

  test('to a user id the direct message is opened first; in a thread its replies are read', async () => {
    const channel = await slack((one) =>
      one.path.endsWith('conversations.open')
        ? { json: { ok: true, channel: { id: 'D0777' } } }
        : { json: { ok: true, messages: [] } },
    );

    await channel.reconcile?.(
      intent({ kind: 'text', text: 'hi' }, { to: { account: 'slack:default', chat: 'U0777' } }),
    );
    await channel.reconcile?.(
      intent({ kind: 'text', text: 'hi' }, { to: { account: 'slack:default', chat: 'C1', thread: '1.0' } }),
    );

    expect(stub?.calls.map((one) => [one.path, one.fields['channel'] ?? one.fields['users']])).toEqual([
      ['/api/conversations.open', 'U0777'],
      ['/api/conversations.history', 'D0777'],
      ['/api/conversations.replies', 'C1'],
    ]);
  });

  test('a history too long to read and a kind without metadata stay undecided', async () => {
    const channel = await slack(() => ({
      json: { ok: true, messages: [], response_metadata: { next_cursor: 'more' } },
    }));

    expect(await channel.reconcile?.(intent({ kind: 'text', text: 'hi' }))).toBeUndefined();
    expect(
      await channel.reconcile?.(intent({ kind: 'file', name: 'a', mime: 'a/b', bytes: Buffer.from('x') })),
    ).toBeUndefined();
  });
});

describe('files', () => {
  const file: OutboundContent = {
    kind: 'file',
    name: '还款计划.pdf',
    mime: 'application/pdf',
    bytes: Buffer.from('%PDF-1.7'),
    caption: 'A & B',
  };

  function uploads(last: StubReply = { json: { ok: true, files: [{ id: 'F1' }] } }) {
    return (one: StubCall): StubReply => {
      if (one.path.endsWith('getUploadURLExternal'))
        return { json: { ok: true, upload_url: `${stub?.url ?? ''}upload/abc`, file_id: 'F1' } };
      return one.path === '/upload/abc' ? { body: 'OK - 8' } : last;
    };
  }

  test('an upload takes three steps and gives the token to the API only', async () => {
    const channel = await slack(uploads());

    expect(await channel.send(intent(file))).toEqual({ providerId: 'F1' });
    expect(stub?.calls.map((one) => one.path)).toEqual([
      '/api/files.getUploadURLExternal',
      '/upload/abc',
      '/api/files.completeUploadExternal',
    ]);
    expect(call('getUploadURLExternal').fields).toMatchObject({ filename: '还款计划.pdf', length: '8' });
    expect(call('/upload/abc').body.toString()).toBe('%PDF-1.7');
    expect(call('/upload/abc').headers.authorization).toBeUndefined();
    expect(call('completeUploadExternal').fields).toMatchObject({
      channel_id: 'D0001',
      initial_comment: 'A &amp; B',
      files: '[{"id":"F1","title":"还款计划.pdf"}]',
    });
  });

  test('only the lost answer of the last step is unknown', async () => {
    const lost = await slack(uploads('drop'));
    expect(await failureOf(lost.send(intent(file)))).toMatchObject({ failure: 'unknown' });
    await stub?.close();

    const early = await slack((one) => (one.path === '/upload/abc' ? 'drop' : uploads()(one)));
    expect(await failureOf(early.send(intent(file)))).toMatchObject({ failure: 'retry' });
  });

  const media = { id: 'F9', kind: 'image' as const };

  function downloads(info: Record<string, unknown>, bytes: StubReply) {
    return (one: StubCall): StubReply =>
      one.path.endsWith('files.info')
        ? { json: { ok: true, file: { url_private_download: `${stub?.url ?? ''}files/x`, ...info } } }
        : bytes;
  }

  test('a download brings the bearer token and gives the bytes', async () => {
    const channel = await slack(
      downloads(
        { mimetype: 'image/png', size: 4 },
        { body: Buffer.from([1, 2, 3, 4]), headers: { 'content-type': 'image/png' } },
      ),
    );

    expect(await channel.fetchMedia(media, 100)).toEqual(Buffer.from([1, 2, 3, 4]));
    expect(call('/files/x').headers.authorization).toBe('Bearer xoxb-secret-token');
  });

  test.each<[string, Record<string, unknown>, StubReply, string]>([
    ['announced above the limit', { size: 101 }, { body: 'x' }, 'our_fault too_big'],
    ['longer than the limit in truth', { size: null }, { body: Buffer.alloc(101) }, 'our_fault too_big'],
    ['of another length than announced', { size: 4 }, { body: 'xx' }, 'retry size_mismatch'],
    [
      'that turns out to be the sign-in page',
      { mimetype: 'image/png' },
      { body: '<html>', headers: { 'content-type': 'text/html; charset=utf-8' } },
      'retry html_page',
    ],
    [
      'redirected to another host',
      {},
      { status: 302, headers: { location: 'https://evil.test/x' } },
      'retry foreign_host',
    ],
    ['without an address', { url_private_download: null }, { body: 'x' }, 'park file_not_downloadable'],
    [
      'on a host that is not Slack’s',
      { url_private_download: 'http://127.0.0.2:1/x' },
      { body: 'x' },
      'park foreign_host',
    ],
    ['whose address is none', { url_private_download: 'not an address' }, { body: 'x' }, 'park no_address'],
    ['redirected to what is no address', {}, { status: 302, headers: { location: 'http://[' } }, 'park no_address'],
    ['refused', {}, { status: 403, body: '' }, 'park http_403'],
    ['while the server is down', {}, { status: 502, body: '' }, 'retry http_502'],
  ])('a file %s is refused', async (_, info, bytes, expected) => {
    const channel = await slack(downloads(info, bytes));

    const { failure, code } = await failureOf(channel.fetchMedia(media, 100));
    expect(`${failure} ${code}`).toBe(expected);
  });

  test('a redirect within the host is followed', async () => {
    const channel = await slack((one) => {
      if (one.path === '/files/moved') return { body: 'ok' };
      return downloads({}, { status: 302, headers: { location: '/files/moved' } })(one);
    });

    expect((await channel.fetchMedia(media, 100)).toString()).toBe('ok');
  });

  test('a missing files:read scope parks the one file and leaves the channel running', async () => {
    const channel = await slack(() => ({ json: { ok: false, error: 'missing_scope', needed: 'files:read' } }));

    expect(await failureOf(channel.fetchMedia(media, 100))).toMatchObject({ failure: 'park', code: 'missing_scope' });
  });
});
