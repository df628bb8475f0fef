import { describe, expect, test } from 'vitest';
import type { OutboundContent } from '../../src/channels/channel.ts';
import { ok, refused } from '../fixtures/wecom/api-stub.ts';
import { aChannel, anIntent } from '../fixtures/wecom/platform.ts';
import { useWecom } from '../fixtures/wecom/sending.ts';
import { failureOf, GATEWAY } from '../support/channel-failure.ts';

const wecom = useWecom();

const TEXT: OutboundContent = { kind: 'text', text: '您好' };

describe('the access token', () => {
  test('is fetched once and travels in the query, never in the body', async () => {
    await wecom.channel.send(anIntent(TEXT));
    await wecom.channel.send(anIntent({ kind: 'text', text: '再见' }));

    expect(wecom.stub.calls.map(({ path, query }) => [path, query['access_token']])).toEqual([
      ['gettoken', undefined],
      ['message/send', 'T1'],
      ['message/send', 'T1'],
    ]);
    expect(wecom.stub.calls[0]?.query).toEqual({ corpid: 'ww1a2b3c4d5e6f7890', corpsecret: 'synthetic-secret' });
    expect(wecom.stub.calls[1]?.body).not.toContain('T1');
  });

  test('is replaced five minutes before it ends', async () => {
    await wecom.channel.send(anIntent(TEXT));
    wecom.clock.advance((7200 - 301) * 1000);
    await wecom.channel.send(anIntent(TEXT));
    expect(wecom.stub.count('gettoken')).toBe(1);

    wecom.clock.advance(2_000);
    await wecom.channel.send(anIntent(TEXT));

    expect(wecom.stub.count('gettoken')).toBe(2);
  });

  test.each([40014, 42001, 41001])(
    'that fails with %i is replaced once and the call replayed once',
    async (errcode) => {
      wecom.stub.script = ({ path, query }) =>
        path === 'message/send' && query['access_token'] === 'T1' ? refused(errcode) : ok();

      expect(await wecom.channel.send(anIntent(TEXT))).toEqual({ providerId: 'm-1' });
      expect(wecom.stub.calls.map(({ path, query }) => query['access_token'] ?? path)).toEqual([
        'gettoken',
        'T1',
        'gettoken',
        'T2',
      ]);
    },
  );

  test('that fails twice is surfaced', async () => {
    wecom.stub.script = ({ path }) => (path === 'gettoken' ? ok() : refused(42001));

    expect(await wecom.failure(anIntent(TEXT))).toMatchObject({ failure: 'refresh', code: '42001' });
    expect(wecom.stub.count('message/send')).toBe(2);
  });

  test('is fetched exactly once more when a hundred sends find it dead', async () => {
    await wecom.channel.send(anIntent(TEXT));
    wecom.stub.script = ({ path, query }) =>
      path === 'message/send' && query['access_token'] === 'T1' ? refused(42001) : ok();
    wecom.stub.calls.length = 0;

    await Promise.all(
      Array.from({ length: 100 }, async (_, i) =>
        wecom.channel.send(anIntent({ kind: 'text', text: `第 ${i} 条` }, { id: `row-${i}` })),
      ),
    );

    expect(wecom.stub.count('gettoken')).toBe(1);
    expect(
      wecom.stub.calls.filter(({ path, query }) => path === 'message/send' && query['access_token'] === 'T2'),
    ).toHaveLength(100);
  });

  test('with a wrong secret is not asked for again for five minutes', async () => {
    wecom.stub.script = () => refused(40001, 'invalid credential');
    expect(await wecom.failure(anIntent(TEXT))).toMatchObject({
      failure: 'breaker',
      code: '40001',
      retryAfterMs: 300_000,
    });
    wecom.clock.advance(299_000);
    expect(await wecom.failure(anIntent(TEXT))).toMatchObject({
      failure: 'breaker',
      code: '40001',
      retryAfterMs: 1_000,
    });
    expect(wecom.stub.count('gettoken')).toBe(1);

    wecom.clock.advance(1_000);
    wecom.stub.script = () => ok();

    expect(await wecom.channel.send(anIntent(TEXT))).toEqual({ providerId: 'm-1' });
  });

  test('barred by too many wrong secrets holds the whole account, and is asked for again every ten minutes', async () => {
    wecom.stub.script = () => refused(45009);
    const barred = { failure: 'breaker', code: '45009:gettoken' };

    expect(await wecom.failure(anIntent(TEXT))).toMatchObject({ ...barred, retryAfterMs: 600_000 });
    wecom.clock.advance(599_000);
    expect(await wecom.failure(anIntent(TEXT))).toMatchObject({ ...barred, retryAfterMs: 1_000 });
    expect(wecom.stub.count('gettoken')).toBe(1);

    wecom.clock.advance(1_000);
    wecom.stub.script = () => ok();

    expect(await wecom.channel.send(anIntent(TEXT))).toEqual({ providerId: 'm-1' });
  });
});

describe('network', () => {
  test('a connection that dies after the request was written leaves the outcome unknown', async () => {
    wecom.stub.script = ({ path }) => (path === 'gettoken' ? ok() : { drop: true });

    expect(await wecom.failure(anIntent(TEXT))).toMatchObject({ failure: 'unknown' });
    expect(wecom.stub.count('message/send')).toBe(1);
  });

  test('a gateway error, a page that is no JSON or an answer that says nothing leaves it unknown, too', async () => {
    wecom.stub.script = ({ path }) => (path === 'gettoken' ? ok() : { status: 502, body: 'bad gateway' });
    expect(await wecom.failure(anIntent(TEXT))).toMatchObject({ failure: 'unknown', code: 'http_502' });

    wecom.stub.script = ({ path }) => (path === 'gettoken' ? ok() : { body: '<html>sign in to the network</html>' });
    expect(await wecom.failure(anIntent(TEXT))).toMatchObject({ failure: 'unknown', code: 'bad_answer' });

    wecom.stub.script = ({ path }) => (path === 'gettoken' ? ok() : { body: '{}' });
    expect(await wecom.failure(anIntent(TEXT))).toMatchObject({ failure: 'unknown', code: 'bad_answer' });
  });

  test.each([...GATEWAY, [429, 'wait']] as const)(
    'a %i that is no answer of WeCom’s is %s',
    async (status, expected) => {
      wecom.stub.script = ({ path }) => (path === 'gettoken' ? ok() : { status, body: '<html>proxy</html>' });

      expect(await wecom.failure(anIntent(TEXT))).toMatchObject({ failure: expected, code: `http_${status}` });
    },
  );

  test.each([202, 204, 299, 302, 307])('a %i is nothing WeCom says: unknown, and not followed', async (status) => {
    wecom.stub.script = ({ path }) =>
      path === 'gettoken' ? ok() : { status, headers: { location: `${wecom.stub.url}/elsewhere` }, body: '' };

    expect(await wecom.failure(anIntent(TEXT))).toMatchObject({ failure: 'unknown', code: `http_${status}` });
    expect(wecom.stub.count('message/send')).toBe(1);
    expect(wecom.stub.count('/elsewhere')).toBe(0);
  });

  test('an answer too long to be read leaves the outcome unknown', async () => {
    wecom.stub.script = ({ path }) => (path === 'gettoken' ? ok() : { body: 'x'.repeat(2 * 1_048_576) });

    expect(await wecom.failure(anIntent(TEXT))).toMatchObject({ failure: 'unknown', code: 'bad_answer' });
  });

  test('a lost gettoken is simply asked again', async () => {
    wecom.stub.script = () => ({ drop: true });

    expect(await wecom.failure(anIntent(TEXT))).toMatchObject({ failure: 'retry' });
  });

  test('nobody listening means that nothing was sent', async () => {
    const channel = aChannel({ apiBase: 'http://127.0.0.1:1' });

    expect(await failureOf(channel.send(anIntent(TEXT)))).toMatchObject({ failure: 'retry', code: 'ECONNREFUSED' });
  });
});
