import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Card } from '../../src/channels/card.ts';
import { ChannelError, type Channel, type OutboundContent, type OutboundIntent } from '../../src/channels/channel.ts';
import { FixedClock } from '../../src/lib/clock.ts';
import { ApiStub, ok, refused } from '../fixtures/wecom/api-stub.ts';
import { ACCOUNT, aChannel, NOW } from '../fixtures/wecom/platform.ts';

let stub: ApiStub;
let clock: FixedClock;
let channel: Channel;

beforeAll(async () => {
  stub = await ApiStub.start();
});
afterAll(async () => stub.stop());
beforeEach(() => {
  stub.reset();
  clock = new FixedClock(NOW);
  channel = aChannel({ apiBase: stub.url }, clock);
});

const TEXT: OutboundContent = { kind: 'text', text: '您好' };
const CARD: Card = {
  id: 'k3m9abcd',
  revision: 2,
  title: '放款审批 A1087',
  fields: [{ label: '金额', value: '300,000.00' }],
  actions: [{ verb: 'approve', label: '通过', style: 'primary' }],
};

function anIntent(content: OutboundContent, changes: Partial<OutboundIntent> = {}): OutboundIntent {
  return { id: 'row-1', to: { account: ACCOUNT, chat: 'ZhangWei' }, content, attempt: 1, ...changes };
}

async function failure(intent: OutboundIntent): Promise<ChannelError> {
  const error: unknown = await channel.send(intent).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ChannelError)) throw new Error(`expected a ChannelError, got ${String(error)}`);
  return error;
}

describe('text', () => {
  test('goes to one member of one app with the duplicate check on for four hours', async () => {
    const receipt = await channel.send(anIntent({ kind: 'text', text: '您好 <何女士> & 家人' }));

    expect(receipt).toEqual({ providerId: 'm-1' });
    expect(stub.sent('message/send')).toEqual([
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
    await channel.send(anIntent(TEXT));
    await channel.send(anIntent(TEXT, { attempt: 2 }));
    const [first, second] = stub.calls.filter(({ path }) => path === 'message/send');

    expect(second?.body).toBe(first?.body);
    expect(first?.body).toContain('您好');
  });

  test('shows its ordinal and the answers one may type', async () => {
    await channel.send(anIntent({ kind: 'text', text: '是否继续？', choices: ['是', '否'] }, { ordinal: 2 }));

    expect(stub.sent('message/send')).toMatchObject([{ text: { content: '是否继续？\n[是] [否] (2)' } }]);
  });

  test('beyond 2048 bytes goes as several messages, in order', async () => {
    let id = 0;
    stub.script = ({ path }) => (path === 'gettoken' ? ok() : { errcode: 0, errmsg: 'ok', msgid: `m-${(id += 1)}` });
    const receipt = await channel.send(anIntent({ kind: 'text', text: '一'.repeat(1500) }));
    const contents = stub.sent('message/send').map(({ text }) => (text as { content: string }).content);

    expect(receipt.providerId).toBe('m-1,m-2,m-3');
    expect(contents.map((content) => /\((\d)\/3·..\)$/.exec(content)?.[1])).toEqual(['1', '2', '3']);
    for (const content of contents) expect(Buffer.byteLength(content)).toBeLessThanOrEqual(2048);
  });

  test.each(['@all', 'a|b', '', ' ', 'a b', 'x'.repeat(65)])('never leaves for the recipient %j', async (chat) => {
    expect(await failure(anIntent(TEXT, { to: { account: ACCOUNT, chat } }))).toMatchObject({
      failure: 'our_fault',
      code: 'bad_recipient',
    });
    expect(stub.calls).toEqual([]);
  });

  test('without any character never leaves', async () => {
    expect(await failure(anIntent({ kind: 'text', text: ' \n' }))).toMatchObject({
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
    stub.script = ({ path }) => (path === 'gettoken' ? ok() : { errcode: 0, errmsg: 'ok', msgid: 'm-1', ...answer });

    expect((await channel.send(anIntent(TEXT))).undeliverable).toBe(undeliverable);
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
    stub.script = ({ path }) => (path === 'gettoken' ? ok() : scripted(errcode)());

    expect(await failure(anIntent(TEXT))).toMatchObject({ failure: expected, code: String(errcode) });
    expect(stub.count('message/send')).toBe(1);
  });

  test.each([
    ['-1', '45009', 60_000],
    ['45009', '45009:hour', 3_600_000],
    // 2025-01-01T01:01:01Z is 09:01:01 in Shanghai; the day's quota reopens at midnight there.
    ['45009:hour', '45009:day', (14 * 3600 + 58 * 60 + 59) * 1000],
    ['45009:day', '45009:day', (14 * 3600 + 58 * 60 + 59) * 1000],
  ])('a frequency block after %s is %s and is waited out for %i ms', async (earlierCode, code, retryAfterMs) => {
    stub.script = ({ path }) => (path === 'gettoken' ? ok() : refused(45009));

    expect(await failure(anIntent(TEXT, { attempt: 7, earlierCode }))).toMatchObject({
      failure: 'wait',
      code,
      retryAfterMs,
    });
  });

  test('an address that is not on the list is shown to the operator', async () => {
    stub.script = ({ path }) =>
      path === 'gettoken'
        ? ok()
        : refused(60020, 'not allow to access from your ip, hint: [1735], from ip: 203.0.113.9');

    expect((await failure(anIntent(TEXT))).message).toBe(
      '60020 not allow to access from your ip, hint: [1735], from ip: 203.0.113.9',
    );
  });
});

describe('the access token', () => {
  test('is fetched once and travels in the query, never in the body', async () => {
    await channel.send(anIntent(TEXT));
    await channel.send(anIntent({ kind: 'text', text: '再见' }));

    expect(stub.calls.map(({ path, query }) => [path, query['access_token']])).toEqual([
      ['gettoken', undefined],
      ['message/send', 'T1'],
      ['message/send', 'T1'],
    ]);
    expect(stub.calls[0]?.query).toEqual({ corpid: 'ww1a2b3c4d5e6f7890', corpsecret: 'synthetic-secret' });
    expect(stub.calls[1]?.body).not.toContain('T1');
  });

  test('is replaced five minutes before it ends', async () => {
    await channel.send(anIntent(TEXT));
    clock.advance((7200 - 301) * 1000);
    await channel.send(anIntent(TEXT));
    expect(stub.count('gettoken')).toBe(1);

    clock.advance(2_000);
    await channel.send(anIntent(TEXT));

    expect(stub.count('gettoken')).toBe(2);
  });

  test.each([40014, 42001, 41001])(
    'that fails with %i is replaced once and the call replayed once',
    async (errcode) => {
      stub.script = ({ path, query }) =>
        path === 'message/send' && query['access_token'] === 'T1' ? refused(errcode) : ok();

      expect(await channel.send(anIntent(TEXT))).toEqual({ providerId: 'm-1' });
      expect(stub.calls.map(({ path, query }) => query['access_token'] ?? path)).toEqual([
        'gettoken',
        'T1',
        'gettoken',
        'T2',
      ]);
    },
  );

  test('that fails twice is surfaced', async () => {
    stub.script = ({ path }) => (path === 'gettoken' ? ok() : refused(42001));

    expect(await failure(anIntent(TEXT))).toMatchObject({ failure: 'refresh', code: '42001' });
    expect(stub.count('message/send')).toBe(2);
  });

  test('is fetched exactly once more when a hundred sends find it dead', async () => {
    await channel.send(anIntent(TEXT));
    stub.script = ({ path, query }) =>
      path === 'message/send' && query['access_token'] === 'T1' ? refused(42001) : ok();
    stub.calls.length = 0;

    await Promise.all(
      Array.from({ length: 100 }, async (_, i) =>
        channel.send(anIntent({ kind: 'text', text: `第 ${i} 条` }, { id: `row-${i}` })),
      ),
    );

    expect(stub.count('gettoken')).toBe(1);
    expect(
      stub.calls.filter(({ path, query }) => path === 'message/send' && query['access_token'] === 'T2'),
    ).toHaveLength(100);
  });

  test('with a wrong secret is not asked for again for five minutes', async () => {
    stub.script = () => refused(40001, 'invalid credential');
    expect(await failure(anIntent(TEXT))).toMatchObject({ failure: 'breaker', code: '40001', retryAfterMs: 300_000 });
    clock.advance(299_000);
    expect(await failure(anIntent(TEXT))).toMatchObject({ failure: 'breaker', code: '40001', retryAfterMs: 1_000 });
    expect(stub.count('gettoken')).toBe(1);

    clock.advance(1_000);
    stub.script = () => ok();

    expect(await channel.send(anIntent(TEXT))).toEqual({ providerId: 'm-1' });
  });

  test('barred by too many wrong secrets holds the whole account, and is asked for again every ten minutes', async () => {
    stub.script = () => refused(45009);
    const barred = { failure: 'breaker', code: '45009:gettoken' };

    expect(await failure(anIntent(TEXT))).toMatchObject({ ...barred, retryAfterMs: 600_000 });
    clock.advance(599_000);
    expect(await failure(anIntent(TEXT))).toMatchObject({ ...barred, retryAfterMs: 1_000 });
    expect(stub.count('gettoken')).toBe(1);

    clock.advance(1_000);
    stub.script = () => ok();

    expect(await channel.send(anIntent(TEXT))).toEqual({ providerId: 'm-1' });
  });
});

describe('network', () => {
  test('a connection that dies after the request was written leaves the outcome unknown', async () => {
    stub.script = ({ path }) => (path === 'gettoken' ? ok() : { drop: true });

    expect(await failure(anIntent(TEXT))).toMatchObject({ failure: 'unknown' });
    expect(stub.count('message/send')).toBe(1);
  });

  test('a gateway error, a page that is no JSON or an answer that says nothing leaves it unknown, too', async () => {
    stub.script = ({ path }) => (path === 'gettoken' ? ok() : { status: 502, body: 'bad gateway' });
    expect(await failure(anIntent(TEXT))).toMatchObject({ failure: 'unknown', code: 'http_502' });

    stub.script = ({ path }) => (path === 'gettoken' ? ok() : { body: '<html>sign in to the network</html>' });
    expect(await failure(anIntent(TEXT))).toMatchObject({ failure: 'unknown', code: 'bad_answer' });

    stub.script = ({ path }) => (path === 'gettoken' ? ok() : { body: '{}' });
    expect(await failure(anIntent(TEXT))).toMatchObject({ failure: 'unknown', code: 'bad_answer' });
  });

  test('a wrong base address is our fault', async () => {
    stub.script = ({ path }) => (path === 'gettoken' ? ok() : { status: 404, body: '' });
    expect(await failure(anIntent(TEXT))).toMatchObject({ failure: 'our_fault', code: 'http_404' });
  });

  test.each([202, 204, 299, 302, 307])('a %i is nothing WeCom says: unknown, and not followed', async (status) => {
    stub.script = ({ path }) =>
      path === 'gettoken' ? ok() : { status, headers: { location: `${stub.url}/elsewhere` }, body: '' };

    expect(await failure(anIntent(TEXT))).toMatchObject({ failure: 'unknown', code: `http_${status}` });
    expect(stub.count('message/send')).toBe(1);
    expect(stub.count('/elsewhere')).toBe(0);
  });

  test('an answer too long to be read leaves the outcome unknown', async () => {
    stub.script = ({ path }) => (path === 'gettoken' ? ok() : { body: 'x'.repeat(2 * 1_048_576) });

    expect(await failure(anIntent(TEXT))).toMatchObject({ failure: 'unknown', code: 'bad_answer' });
  });

  test('a lost gettoken is simply asked again', async () => {
    stub.script = () => ({ drop: true });

    expect(await failure(anIntent(TEXT))).toMatchObject({ failure: 'retry' });
  });

  test('nobody listening means that nothing was sent', async () => {
    channel = aChannel({ apiBase: 'http://127.0.0.1:1' });

    expect(await failure(anIntent(TEXT))).toMatchObject({ failure: 'retry', code: 'ECONNREFUSED' });
  });
});

describe('cards', () => {
  const answered = ({ path }: { path: string }) =>
    path === 'gettoken' ? ok() : { errcode: 0, errmsg: 'ok', msgid: 'm-1', response_code: 'SEND_CODE' };

  test('carry a task id of their own and give what a redraw needs', async () => {
    stub.script = answered;
    const receipt = await channel.send(anIntent({ kind: 'card', card: CARD }));
    const [message] = stub.sent('message/send') as { template_card: { task_id: string } }[];

    expect(message?.template_card.task_id).toMatch(/^k3m9abcd-2-[0-9a-f]{16}$/);
    expect(receipt).toEqual({
      providerId: 'm-1',
      handle: { taskId: message?.template_card.task_id, responseCode: 'SEND_CODE' },
    });
  });

  test('have the same task id on a second try and another one in another row or for another person', async () => {
    const intent = anIntent({ kind: 'card', card: CARD });
    for (const changes of [{}, { attempt: 2 }, { id: 'row-2' }, { to: { account: ACCOUNT, chat: 'lina' } }])
      await channel.send({ ...intent, ...changes });
    const [first, again, otherRow, otherPerson] = (
      stub.sent('message/send') as { template_card: { task_id: string } }[]
    ).map((m) => m.template_card.task_id);

    expect(again).toBe(first);
    expect(new Set([first, otherRow, otherPerson]).size).toBe(3);
  });

  test('without a response code can only be superseded', async () => {
    const receipt = await channel.send(anIntent({ kind: 'card', card: CARD }));
    expect(receipt.handle).toBeUndefined();

    expect(
      await failure(anIntent({ kind: 'card_update', card: { ...CARD, closed: '已通过' }, handle: {} })),
    ).toMatchObject({
      failure: 'card_gone',
      code: 'no_response_code',
    });
    expect(stub.count('message/update_template_card')).toBe(0);
  });

  test('that show nothing to press and no link go as text', async () => {
    await channel.send(anIntent({ kind: 'card', card: { ...CARD, actions: [], closed: '已通过' } }));

    expect(stub.sent('message/send')).toMatchObject([
      { msgtype: 'text', text: { content: '放款审批 A1087\n金额：300,000.00\n已通过' } },
    ]);
  });
});

describe('redraws', () => {
  const closed: Card = { ...CARD, revision: 3, actions: [], closed: '张伟已通过' };
  const handle = { taskId: 'k3m9abcd-2-00', responseCode: 'SEND_CODE' };
  const tap = { taskId: 'k3m9abcd-2-00', responseCode: 'TAP_CODE' };
  const usedUp =
    (...codes: readonly string[]) =>
    ({ path, body }: { path: string; body: string }) =>
      path !== 'gettoken' && codes.some((code) => body.includes(`"${code}"`))
        ? refused(60140, 'invalid response_code')
        : ok();
  const codes = () => stub.sent('message/update_template_card').map(({ response_code }) => response_code);

  test('of the final state use the code kept from the send', async () => {
    await channel.send(anIntent({ kind: 'card_update', card: closed, handle }));

    expect(stub.sent('message/update_template_card')).toEqual([
      {
        userids: ['ZhangWei'],
        agentid: 1000007,
        response_code: 'SEND_CODE',
        template_card: {
          card_type: 'button_interaction',
          task_id: 'k3m9abcd-2-00',
          main_title: { title: '放款审批 A1087' },
          horizontal_content_list: [{ keyname: '金额', value: '300,000.00' }],
          button_list: [{ text: '张伟已通过', style: 1, type: 0, key: 'k3m9abcd:3:closed' }],
          replace_text: '张伟已通过',
        },
      },
    ]);
  });

  test('after a press use the code of the press and keep the other', async () => {
    await channel.send(anIntent({ kind: 'card_update', card: closed, handle, tap }));

    expect(codes()).toEqual(['TAP_CODE']);
  });

  test('fall back to the kept code when the passive reply has burnt the one of the press', async () => {
    stub.script = usedUp('TAP_CODE');

    expect(await channel.send(anIntent({ kind: 'card_update', card: closed, handle, tap }))).toEqual({
      providerId: 'm-1',
    });
    expect(codes()).toEqual(['TAP_CODE', 'SEND_CODE']);
  });

  test('are given up as gone when no code works', async () => {
    stub.script = usedUp('TAP_CODE', 'SEND_CODE');

    expect(await failure(anIntent({ kind: 'card_update', card: closed, handle, tap }))).toMatchObject({
      failure: 'card_gone',
      code: '60140',
    });
  });

  test('of a card that stays open reach its presser only and never spend the kept code', async () => {
    const open = { ...CARD, revision: 3 };
    expect(await channel.send(anIntent({ kind: 'card_update', card: open, handle }))).toEqual({ handle });
    expect(stub.calls).toEqual([]);

    await channel.send(anIntent({ kind: 'card_update', card: open, handle, tap }));
    expect(codes()).toEqual(['TAP_CODE']);

    stub.script = usedUp('TAP_CODE');
    expect(await failure(anIntent({ kind: 'card_update', card: open, handle, tap }))).toMatchObject({
      failure: 'card_gone',
    });
    expect(codes()).toEqual(['TAP_CODE', 'TAP_CODE']);
  });

  test('read the list of members who have no such card', async () => {
    stub.script = ({ path }) => (path === 'gettoken' ? ok() : { errcode: 0, errmsg: 'ok', invaliduser: ['zhangwei'] });

    expect(await channel.send(anIntent({ kind: 'card_update', card: closed, handle }))).toEqual({
      undeliverable: 'invaliduser',
    });
  });

  test('whose connection dies are unknown and do not spend a second code', async () => {
    stub.script = ({ path }) => (path === 'gettoken' ? ok() : { drop: true });

    expect(await failure(anIntent({ kind: 'card_update', card: closed, handle, tap }))).toMatchObject({
      failure: 'unknown',
    });
    expect(codes()).toEqual(['TAP_CODE']);
  });
});

describe('answers to presses', () => {
  test('are a text to the presser, or nothing when the callback has shown it', async () => {
    await channel.send(anIntent({ kind: 'tap_answer', tap: {}, text: '已由李娜处理', alert: true }));
    expect(
      await channel.send(
        anIntent({ kind: 'tap_answer', tap: { answered: 'true' }, text: '已由李娜处理', alert: true }),
      ),
    ).toEqual({});

    expect(stub.sent('message/send')).toMatchObject([{ touser: 'ZhangWei', text: { content: '已由李娜处理' } }]);
  });
});

describe('the channel', () => {
  test('tells its account, its limits and what it cannot know', () => {
    expect(channel.account).toBe('wecom:ww1a2b3c4d5e6f7890:1000007');
    expect(channel.capabilities).toMatchObject({
      safeToRepeat: true,
      duplicateWindowMs: 14_400_000,
      reportsEdits: false,
      receivesFiles: false,
      textUnit: 'bytes',
    });
    expect(channel.pace).toEqual([
      { scope: 'chat', count: 25, windowMs: 60_000 },
      { scope: 'chat', count: 900, windowMs: 3_600_000 },
    ]);
    expect(aChannel({ memberCap: 50 }).pace).toContainEqual({ scope: 'account', count: 9000, windowMs: 86_400_000 });
  });

  test('checks its credentials by asking for a token, at most once a minute', async () => {
    expect(await channel.check()).toEqual({ ok: true });
    stub.script = () => refused(40001);
    expect(await channel.check()).toEqual({ ok: true });

    clock.advance(60_000);

    expect(await channel.check()).toEqual({ ok: false, code: '40001' });
    expect(stub.count('gettoken')).toBe(2);
  });

  test.each([{ agentId: 'abc' }, { agentId: '' }])('refuses the setting %j', (settings) => {
    expect(() => aChannel(settings)).toThrow(RangeError);
  });

  test('never shows secret or token in an error', async () => {
    stub.script = ({ path }) => (path === 'gettoken' ? ok() : { drop: true });
    const error = await failure(anIntent(TEXT));

    expect(JSON.stringify([error, error.message, error.stack, error.cause, String(error.cause)])).not.toMatch(
      /synthetic-secret|access_token|T1/,
    );
  });
});
