import { describe, expect, test } from 'vitest';
import type { OutboundContent } from '../../src/channels/channel.ts';
import { ok, refused } from '../fixtures/wecom/api-stub.ts';
import { ACCOUNT, aChannel, anIntent } from '../fixtures/wecom/platform.ts';
import { useWecom } from '../fixtures/wecom/sending.ts';

const wecom = useWecom();

const TEXT: OutboundContent = { kind: 'text', text: '您好' };

describe('text', () => {
  test('goes to one member of one app with the duplicate check on for four hours', async () => {
    const receipt = await wecom.channel.send(anIntent({ kind: 'text', text: '您好 <何女士> & 家人' }));

    expect(receipt).toEqual({ providerId: 'm-1' });
    expect(wecom.stub.sent('message/send')).toEqual([
      {
        touser: 'ZhangWei',
        agentid: 1000007,
        msgtype: 'text',
        text: { content: '您好 &lt;何女士&gt; &amp; 家人' },
        enable_duplicate_check: 1,
        duplicate_check_interval: 14400,
      },
    ]);
  });

  test('is byte for byte the same on a second try, as raw UTF-8', async () => {
    await wecom.channel.send(anIntent(TEXT));
    await wecom.channel.send(anIntent(TEXT, { attempt: 2 }));
    const [first, second] = wecom.stub.calls.filter(({ path }) => path === 'message/send');

    expect(second?.body).toBe(first?.body);
    expect(first?.body).toContain('您好');
  });

  test('shows its ordinal and the answers one may type', async () => {
    await wecom.channel.send(anIntent({ kind: 'text', text: '是否继续？', choices: ['是', '否'] }, { ordinal: 2 }));

    expect(wecom.stub.sent('message/send')).toMatchObject([{ text: { content: '是否继续？\n[是] [否] (2)' } }]);
  });

  test('beyond 2048 bytes goes as several messages, in order', async () => {
    let id = 0;
    wecom.stub.script = ({ path }) =>
      path === 'gettoken' ? ok() : { errcode: 0, errmsg: 'ok', msgid: `m-${(id += 1)}` };
    const receipt = await wecom.channel.send(anIntent({ kind: 'text', text: '一'.repeat(1500) }));
    const contents = wecom.stub.sent('message/send').map(({ text }) => (text as { content: string }).content);

    expect(receipt.providerId).toBe('m-1,m-2,m-3');
    expect(contents.map((content) => /\((\d)\/3·..\)$/.exec(content)?.[1])).toEqual(['1', '2', '3']);
    for (const content of contents) expect(Buffer.byteLength(content)).toBeLessThanOrEqual(2048);
  });

  test.each(['@all', 'a|b', '', ' ', 'a b', 'x'.repeat(65)])('never leaves for the recipient %j', async (chat) => {
    expect(await wecom.failure(anIntent(TEXT, { to: { account: ACCOUNT, chat } }))).toMatchObject({
      failure: 'our_fault',
      code: 'bad_recipient',
    });
    expect(wecom.stub.calls).toEqual([]);
  });

  test('without any character never leaves', async () => {
    expect(await wecom.failure(anIntent({ kind: 'text', text: ' \n' }))).toMatchObject({
      failure: 'our_fault',
      code: 'empty_text',
    });
  });
});

describe('recipients the platform names as invalid', () => {
  test.each([
    [{ invaliduser: 'zhangwei' }, 'invaliduser'],
    [{ invaliduser: 'lina|zhangwei' }, 'invaliduser'],
    [{ invaliduser: '', unlicenseduser: 'ZHANGWEI' }, 'unlicenseduser'],
    [{ invaliduser: 'lina' }, undefined],
    [{ invaliduser: 'zhangweimin' }, undefined],
  ])('%j means undeliverable: %s', async (answer, undeliverable) => {
    wecom.stub.script = ({ path }) =>
      path === 'gettoken' ? ok() : { errcode: 0, errmsg: 'ok', msgid: 'm-1', ...answer };

    expect((await wecom.channel.send(anIntent(TEXT))).undeliverable).toBe(undeliverable);
  });
});

describe('refusals', () => {
  const scripted = (errcode: number) => () => refused(errcode);

  test.each([
    [-1, 'retry'],
    [6000, 'retry'],
    [45033, 'retry'],
    [41063, 'wait'],
    [45009, 'wait'],
    [40003, 'park'],
    [46004, 'park'],
    [60111, 'park'],
    [60011, 'park'],
    [60021, 'park'],
    [81013, 'park'],
    [85002, 'park'],
    [48002, 'park'],
    [43012, 'park'],
    [40201, 'park'],
    [82004, 'park'],
    [60140, 'card_gone'],
    [40001, 'breaker'],
    [40091, 'breaker'],
    [40013, 'breaker'],
    [40056, 'breaker'],
    [301002, 'breaker'],
    [50003, 'breaker'],
    [60020, 'breaker'],
    [40008, 'our_fault'],
    [40033, 'our_fault'],
    [45002, 'our_fault'],
    [42038, 'our_fault'],
    [987654, 'our_fault'],
  ])('%i is %s and is not tried again here', async (errcode, expected) => {
    wecom.stub.script = ({ path }) => (path === 'gettoken' ? ok() : scripted(errcode)());

    expect(await wecom.failure(anIntent(TEXT))).toMatchObject({ failure: expected, code: String(errcode) });
    expect(wecom.stub.count('message/send')).toBe(1);
  });

  test.each([
    ['-1', '45009', 60_000],
    ['45009', '45009:hour', 3_600_000],
    // 2025-01-01T01:01:01Z is 09:01:01 in Shanghai; the day's quota reopens at midnight there.
    ['45009:hour', '45009:day', (14 * 3600 + 58 * 60 + 59) * 1000],
    ['45009:day', '45009:day', (14 * 3600 + 58 * 60 + 59) * 1000],
  ])('a frequency block after %s is %s and is waited out for %i ms', async (earlierCode, code, retryAfterMs) => {
    wecom.stub.script = ({ path }) => (path === 'gettoken' ? ok() : refused(45009));

    expect(await wecom.failure(anIntent(TEXT, { attempt: 7, earlierCode }))).toMatchObject({
      failure: 'wait',
      code,
      retryAfterMs,
    });
  });

  test('an address that is not on the list is shown to the operator', async () => {
    wecom.stub.script = ({ path }) =>
      path === 'gettoken'
        ? ok()
        : refused(60020, 'not allow to access from your ip, hint: [1735], from ip: 203.0.113.9');

    expect((await wecom.failure(anIntent(TEXT))).message).toBe(
      '60020 not allow to access from your ip, hint: [1735], from ip: 203.0.113.9',
    );
  });
});

describe('answers to presses', () => {
  test('are a text to the presser, or nothing when the callback has shown it', async () => {
    await wecom.channel.send(anIntent({ kind: 'tap_answer', tap: {}, text: '已由李娜处理', alert: true }));
    expect(
      await wecom.channel.send(
        anIntent({ kind: 'tap_answer', tap: { answered: 'true' }, text: '已由李娜处理', alert: true }),
      ),
    ).toEqual({});

    expect(wecom.stub.sent('message/send')).toMatchObject([{ touser: 'ZhangWei', text: { content: '已由李娜处理' } }]);
  });
});

describe('the channel', () => {
  test('tells its account, its limits and what it cannot know', () => {
    expect(wecom.channel.account).toBe('wecom:ww1a2b3c4d5e6f7890:1000007');
    expect(wecom.channel.capabilities).toMatchObject({
      safeToRepeat: true,
      duplicateWindowMs: 14_400_000,
      reports: { edits: false, deletions: false },
    });
    expect(wecom.channel.pace).toEqual([
      { scope: 'chat', count: 25, windowMs: 60_000 },
      { scope: 'chat', count: 900, windowMs: 3_600_000 },
    ]);
  });

  test('checks its credentials by asking for a token, whether or not one is known', async () => {
    expect(await wecom.channel.check()).toEqual({ ok: true });
    wecom.stub.script = () => refused(40001);

    expect(await wecom.channel.check()).toEqual({ ok: false, code: '40001' });
    expect(wecom.stub.count('gettoken')).toBe(2);
  });

  test.each([{ agentId: 'abc' }, { agentId: '' }])('refuses the setting %j', (settings) => {
    expect(() => aChannel(settings)).toThrow(RangeError);
  });

  test('never shows secret or token in an error', async () => {
    wecom.stub.script = ({ path }) => (path === 'gettoken' ? ok() : { drop: true });
    const error = await wecom.failure(anIntent(TEXT));

    expect(JSON.stringify([error, error.message, error.stack, error.cause, String(error.cause)])).not.toMatch(
      /synthetic-secret|access_token|T1/,
    );
  });
});
