import { describe, expect, test } from 'vitest';
import type { OutboundContent } from '../../src/channels/channel.ts';
import { type StubReply } from '../fixtures/slack/http-stub.ts';
import { NOW } from '../fixtures/slack/requests.ts';
import { card, handle, intent, posted, useSlack } from '../fixtures/slack/sending.ts';
import { failureOf, GATEWAY } from '../support/channel-failure.ts';

const slack = useSlack();

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
    const channel = await slack.answering(() => ({ json: { ok: false, error: code } }));

    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure, code });
    expect(slack.calls).toHaveLength(1);
  });

  test.each([
    ['message_not_found', 'card_gone'],
    ['cant_update_message', 'card_gone'],
    ['edit_window_closed', 'card_gone'],
    ['is_inactive', 'card_gone'],
    ['internal_error', 'retry'],
  ])('an update refused with %s is %s', async (code, failure) => {
    const channel = await slack.answering(() => ({ json: { ok: false, error: code } }));

    expect(await failureOf(channel.send(intent(update)))).toMatchObject({ failure, code });
  });

  test('429 waits as long as Slack says, and 30 s when it does not say', async () => {
    const replies: StubReply[] = [
      { status: 429, headers: { 'retry-after': '7' }, json: { ok: false, error: 'ratelimited' } },
      { status: 429, json: { ok: false, error: 'ratelimited' } },
    ];
    const channel = await slack.answering(() => replies.shift() ?? posted);

    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure: 'wait', retryAfterMs: 7000 });
    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure: 'wait', retryAfterMs: 30_000 });
    expect(slack.calls).toHaveLength(2);
  });

  test('a 429 on one channel does not hold up another call', async () => {
    const channel = await slack.answering((one) =>
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
    const channel = await slack.answering(() => 'drop');

    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure: 'unknown' });
    expect(slack.calls).toHaveLength(1);
  });

  test('an answer lost after an update is a retry, because updating twice changes nothing', async () => {
    const channel = await slack.answering(() => 'drop');

    expect(await failureOf(channel.send(intent(update)))).toMatchObject({ failure: 'retry' });
  });

  test('HTTP 503 and a page that is no JSON leave a post unknown', async () => {
    const replies: StubReply[] = [
      { status: 503, body: 'upstream' },
      { body: '<html>proxy</html>', headers: { 'content-type': 'text/html' } },
    ];
    const channel = await slack.answering(() => replies.shift() ?? posted);

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
    const channel = await slack.answering(() => reply);

    const { failure, code } = await failureOf(channel.send(intent(text)));
    expect(failure).toBe('unknown');
    expect(code).toMatch(/^(?:bad_answer|http_2\d\d|network)$/);
    expect(slack.calls).toHaveLength(1);
  });

  // Of a 407 Node's fetch tells nothing but that something went wrong; see `proxyStatus`.
  test.each(GATEWAY.filter(([status]) => status !== 407))(
    'a %i that is no answer of Slack’s is %s',
    async (status, failure) => {
      const channel = await slack.answering(() => ({ status, body: '<html>proxy</html>' }));

      expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure, code: `http_${String(status)}` });
    },
  );

  test('a 4xx in Slack’s own words is what they say', async () => {
    const channel = await slack.answering(() => ({ status: 403, json: { ok: false, error: 'channel_not_found' } }));

    expect(await failureOf(channel.send(intent(text)))).toMatchObject({
      failure: 'target_gone',
      code: 'channel_not_found',
    });
  });

  test('a file that cannot be handed over because somebody bars the way holds up no other message', async () => {
    const channel = await slack.answering((call) =>
      call.path.endsWith('getUploadURLExternal')
        ? { json: { ok: true, upload_url: `${slack.url}upload`, file_id: 'F1' } }
        : { status: 403, body: '' },
    );
    const file: OutboundContent = { kind: 'file', name: 'a.pdf', mime: 'application/pdf', bytes: Buffer.from('x') };

    expect(await failureOf(channel.send(intent(file)))).toMatchObject({ failure: 'park', code: 'http_403' });
  });

  test('a refused connection proves that nothing was sent: retry', async () => {
    const channel = await slack.answering(() => posted);
    await slack.leave();

    expect(await failureOf(channel.send(intent(text)))).toMatchObject({ failure: 'retry', code: 'network' });
  });

  test('an update without a handle asks for a fresh card', async () => {
    const channel = await slack.answering(() => posted);

    expect(await failureOf(channel.send(intent({ ...update, handle: {} })))).toMatchObject({ failure: 'card_gone' });
    expect(slack.calls).toHaveLength(0);
  });

  test('no error carries the token, the text or the payload', async () => {
    const channel = await slack.answering(() => ({
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
    const channel = await slack.answering(() => ({ json: { ok: false, error: 'account_inactive' } }));

    expect(await channel.check()).toEqual({ ok: false, code: 'account_inactive' });
  });
});

describe('reconciliation of an unknown post', () => {
  const message = (id: string, ts: string) => ({
    ts,
    metadata: { event_type: 'daiban_message', event_payload: { id } },
  });

  test('a post that went through is found by its id, page after page', async () => {
    const channel = await slack.answering((one) =>
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

    expect(await channel.reconcile?.(intent({ kind: 'card', card }), NOW)).toEqual({
      providerId: '1760000000.000200',
      handle,
    });
    expect(slack.calls[0]?.fields).toMatchObject({
      channel: 'D0001',
      include_all_metadata: 'true',
      oldest: String(1_760_000_000 - 300),
    });
  });

  test('a post without a trace since its message was written was surely not sent', async () => {
    const channel = await slack.answering(() => ({ json: { ok: true, messages: [message('out-1', '1.0')] } }));

    expect(await channel.reconcile?.(intent({ kind: 'text', text: 'hi' }), NOW)).toBe('absent');
  });

  test('to a user id the direct message is opened first; in a thread its replies are read', async () => {
    const channel = await slack.answering((one) =>
      one.path.endsWith('conversations.open')
        ? { json: { ok: true, channel: { id: 'D0777' } } }
        : { json: { ok: true, messages: [] } },
    );

    await channel.reconcile?.(
      intent({ kind: 'text', text: 'hi' }, { to: { account: 'slack:default', chat: 'U0777' } }),
      NOW,
    );
    await channel.reconcile?.(
      intent({ kind: 'text', text: 'hi' }, { to: { account: 'slack:default', chat: 'C1', thread: '1.0' } }),
      NOW,
    );

    expect(slack.calls.map((one) => [one.path, one.fields['channel'] ?? one.fields['users']])).toEqual([
      ['/api/conversations.open', 'U0777'],
      ['/api/conversations.history', 'D0777'],
      ['/api/conversations.replies', 'C1'],
    ]);
  });

  test('a history too long to read and a kind without metadata stay undecided', async () => {
    const channel = await slack.answering(() => ({
      json: { ok: true, messages: [], response_metadata: { next_cursor: 'more' } },
    }));

    expect(await channel.reconcile?.(intent({ kind: 'text', text: 'hi' }), NOW)).toBeUndefined();
    expect(
      await channel.reconcile?.(intent({ kind: 'file', name: 'a', mime: 'a/b', bytes: Buffer.from('x') }), NOW),
    ).toBeUndefined();
  });
});
