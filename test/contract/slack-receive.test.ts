import { App, ExpressReceiver, LogLevel } from '@slack/bolt';
import { describe, expect, test } from 'vitest';
import type { Channel, InboundEvent, RawRequest, Received, Refused } from '../../src/channels/channel.ts';
import { createSlackChannel } from '../../src/channels/slack/channel.ts';
import { silentLog } from '../../src/lib/log.ts';
import { Secret } from '../../src/lib/secret.ts';
import { directMessage, eventCallback, form, FORM, NOW, SECRET, signed, VECTORS } from '../fixtures/slack/requests.ts';
import { FixedClock } from '../support/fixed-clock.ts';

function channelWith(secret = SECRET): Channel {
  return createSlackChannel(
    {
      botToken: new Secret('xoxb-test'),
      signingSecret: new Secret(secret),
      // Nothing listens there: receiving must make no call.
      apiUrl: 'http://127.0.0.1:9/api/',
    },
    { clock: new FixedClock(NOW), log: silentLog },
  );
}

function accepted(result: Received | Refused): Received {
  if ('refused' in result) throw new Error(`refused: ${result.reason}`);
  return result;
}

async function events(request: RawRequest): Promise<readonly InboundEvent[]> {
  return accepted(await channelWith().receive(request, NOW)).events;
}

async function refusal(request: RawRequest, now = NOW): Promise<string> {
  const result = await channelWith().receive(request, now);
  return 'refused' in result ? `${String(result.status)} ${result.reason}` : 'accepted';
}

const at = (stamp: number, plus = 0) => new Date((stamp + plus) * 1000);

describe('request signature v0', () => {
  test.each(VECTORS)('vector $name passes at its stamp and 300 s to either side', async (vector) => {
    const request = signed(vector.body, vector);
    const channel = channelWith(vector.secret);

    for (const plus of [0, 300, -300]) {
      const result = await channel.receive(request, at(vector.stamp, plus));
      expect('refused' in result).toBe(false);
    }
  });

  test.each(VECTORS)('vector $name is refused 301 s late, 301 s early and with one byte more', async (vector) => {
    const channel = channelWith(vector.secret);
    const late = await channel.receive(signed(vector.body, vector), at(vector.stamp, 301));
    const early = await channel.receive(signed(vector.body, vector), at(vector.stamp, -301));
    const longer = await channel.receive(signed(`${vector.body} `, vector), at(vector.stamp));

    expect(late).toMatchObject({ refused: true, status: 401, reason: 'stale_timestamp' });
    expect(early).toMatchObject({ refused: true, status: 401, reason: 'stale_timestamp' });
    expect(longer).toMatchObject({ refused: true, status: 401, reason: 'bad_signature' });
  });

  test('a missing header, a foreign secret, a wrong version and a stamp that is no number are refused', async () => {
    const body = JSON.stringify(eventCallback(directMessage('hi')));
    const { 'x-slack-signature': _gone, ...withoutSignature } = signed(body).headers;

    expect(await refusal({ ...signed(body), headers: withoutSignature })).toBe('401 missing_signature');
    expect(await refusal(signed(body, { secret: 'another-secret' }))).toBe('401 bad_signature');
    expect(await refusal(signed(body, { signature: 'v1=00' }))).toBe('401 bad_signature');
    expect(await refusal(signed(body, { headers: { 'x-slack-request-timestamp': 'now' } }))).toBe('401 bad_timestamp');
  });

  test('bytes that are not UTF-8 are refused even under a signature over the replaced text', async () => {
    const bytes = Buffer.from([0x7b, 0xff, 0x7d]);
    const request = signed(bytes.toString('utf8'));

    expect(await refusal({ ...request, body: bytes })).toBe('401 bad_signature');
  });

  test('an empty signing secret is refused at construction', () => {
    expect(() => channelWith('')).toThrow('signing secret is empty');
  });
});

describe('request shapes', () => {
  test('url_verification answers the challenge when signed and 401 when not', async () => {
    const body = JSON.stringify({ type: 'url_verification', token: 'x', challenge: '3eZbrw1aB' });

    const received = accepted(await channelWith().receive(signed(body), NOW));
    expect(received.events).toEqual([]);
    expect(JSON.parse(String(received.answer().body))).toEqual({ challenge: '3eZbrw1aB' });
    expect(await refusal(signed(body, { secret: 'wrong' }))).toBe('401 bad_signature');
  });

  test('ssl_check is answered 200 without a signature and stores nothing', async () => {
    const request = { ...signed('ssl_check=1&token=x', { contentType: FORM, signature: 'v0=0' }) };
    const received = accepted(await channelWith().receive(request, NOW));

    expect(received.events).toEqual([]);
    expect(received.answer()).toEqual({ status: 200 });
  });

  test('a form with a charset in its content type is still a form', async () => {
    const body = form({ command: '/daiban', text: '客户 何女士', user_id: 'U1', channel_id: 'D1', trigger_id: 'tr1' });

    const found = await events(signed(body, { contentType: `${FORM}; charset=utf-8` }));
    expect(found[0]?.happening).toMatchObject({ kind: 'message', text: '客户 何女士' });
  });

  test('malformed JSON, an unknown content type and a body without an inner event are answered 400', async () => {
    expect(await refusal(signed('{"type":'))).toBe('400 bad_body');
    expect(await refusal(signed('[1]'))).toBe('400 bad_body');
    expect(await refusal(signed('hello', { contentType: 'text/plain' }))).toBe('400 bad_body');
    expect(await refusal(signed('payload=%7B', { contentType: FORM }))).toBe('400 bad_body');
    expect(await refusal(signed(JSON.stringify({ type: 'event_callback', event_id: 'E', event: null })))).toBe(
      '400 bad_event',
    );
  });

  test('a body above 1 MiB is refused before it is hashed, any other method than POST is 405', async () => {
    expect(await refusal(signed(Buffer.alloc(1_048_577, 0x20)))).toBe('413 body_too_large');
    expect(await refusal({ ...signed(''), method: 'GET' })).toBe('405 method_not_allowed');
  });

  test('an authentic body of an unknown type is kept as other, with the same key on each delivery', async () => {
    const body = JSON.stringify({
      type: 'something_new',
      team_id: 'T0001',
      api_app_id: 'A',
    });
    const [first] = await events(signed(body));
    const [second] = await events(signed(body));

    expect(first?.happening).toEqual({ kind: 'other', what: 'something_new' });
    expect(second?.deliveryKeys).toEqual(first?.deliveryKeys);
  });

  test('that Slack left out events is told as a gap, once for all the minutes of an hour', async () => {
    const hour = 1_760_000_400;
    const told = async (minute: unknown) => {
      const body = { type: 'app_rate_limited', team_id: 'T0001', minute_rate_limited: minute, api_app_id: 'A' };
      return (await events(signed(JSON.stringify(body))))[0];
    };
    const [first, second, next] = [await told(hour), await told(hour + 3540), await told(hour + 3600)];

    expect(first).toMatchObject({ sender: '', occurredAt: new Date(hour * 1000), happening: { kind: 'gap' } });
    expect(second?.deliveryKeys).toEqual(first?.deliveryKeys);
    expect(next?.deliveryKeys).not.toEqual(first?.deliveryKeys);
    expect((await told('soon'))?.happening).toEqual({ kind: 'other', what: 'app_rate_limited' });
  });
});

describe('answers', () => {
  const command = form({ command: '/daiban', text: '待办', user_id: 'U1', channel_id: 'D1', trigger_id: 'tr1' });
  const press = form({
    payload: JSON.stringify({
      type: 'block_actions',
      user: { id: 'U1' },
      channel: { id: 'D1' },
      container: { message_ts: '1.2' },
      actions: [{ type: 'button', action_id: 'approve', action_ts: '1760000001.1', value: 'abcd:1:approve' }],
    }),
  });

  test('a slash command, a button press and an event are answered with an empty 200: what is said is a message', async () => {
    const event = signed(JSON.stringify(eventCallback(directMessage('hi'))));
    for (const request of [signed(command, { contentType: FORM }), signed(press, { contentType: FORM }), event]) {
      const received = accepted(await channelWith().receive(request, NOW));

      expect(received.interactive).toBe(false);
      expect(received.events).toHaveLength(1);
      expect(received.answer({ kind: 'text', text: 'unseen' })).toEqual({ status: 200 });
    }
  });
});

describe('beside Bolt’s own ExpressReceiver', () => {
  test('what Bolt signs off, our edge signs off, and the future stamp that Bolt lets through is refused', async () => {
    const body = JSON.stringify(eventCallback(directMessage('hi')));
    const receiver = new ExpressReceiver({ signingSecret: SECRET, logLevel: LogLevel.ERROR });
    receiver.init(new App({ receiver, token: 'xoxb-1', botId: 'B1', botUserId: 'U9', convoStore: false }));
    const server = receiver.app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const now = Math.floor(Date.now() / 1000);
    const postToBolt = (stamp: number) =>
      fetch(`http://127.0.0.1:${String(port)}/slack/events`, {
        method: 'POST',
        headers: { ...signed(body, { stamp }).headers } as Record<string, string>,
        body,
      }).then((response) => response.status);

    const bolt = [await postToBolt(now), await postToBolt(now + 3600), await postToBolt(now - 360)];
    const ours = await Promise.all(
      [now, now + 3600, now - 360].map((stamp) => refusal(signed(body, { stamp }), new Date(now * 1000))),
    );
    server.close();

    expect(bolt).toEqual([200, 200, 401]);
    expect(ours).toEqual(['accepted', '401 stale_timestamp', '401 stale_timestamp']);
  });
});
