import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { signBody } from '../../../../src/sandbox/slack/index.ts';
import { fieldsOf, listOf } from '../../../../src/sandbox/kernel/values.ts';
import { FixedClock } from '../../../support/fixed-clock.ts';
import {
  after,
  buttons,
  type OurEndpoint,
  ourEndpoint,
  section,
  SIGNING_SECRET,
  type Stage,
  stage,
} from './support.ts';
import { listen, shut } from '../../../support/loopback.ts';

/** Real time for signatures: fixed, and far from the virtual clock. */
const REAL = new FixedClock('2026-01-02T03:04:05Z');
const REAL_SECONDS = 1_767_323_045;

let ours: OurEndpoint;
let s: Stage;
beforeEach(async () => {
  ours = await ourEndpoint();
  s = await stage({
    eventsUrl: ours.url,
    realTime: REAL,
    channels: [{ id: 'C0JOINED', name: 'joined', members: ['U0LIN', 'U0BOT'] }],
  });
});
afterEach(async () => {
  await s.close();
  await ours.close();
});

const eventOf = (body: object | undefined) => fieldsOf(fieldsOf(body)['event']);

describe('signatures', () => {
  test('the signature is v0 over stamp and raw body, as in the documented example', () => {
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar' +
      '&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com' +
      '%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';

    expect(signBody('8f742231b10e8888abcd99yyyzzz85a5', 1_531_420_618, body)).toBe(
      'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    );
  });

  test('every request is signed over its raw bytes with a real-time stamp, whatever the virtual clock shows', async () => {
    await s.slack.setNow(after(86_400 * 30));
    await s.slack.say('U0LIN', '请审批 №42 ✅');

    const [seen] = ours.seen;
    const expected = createHmac('sha256', SIGNING_SECRET).update(`v0:${REAL_SECONDS}:${seen?.raw}`).digest('hex');
    expect(seen?.headers['x-slack-request-timestamp']).toBe(String(REAL_SECONDS));
    expect(seen?.headers['x-slack-signature']).toBe(`v0=${expected}`);
  });

  test.each([
    ['stale', -301, true],
    ['future', 360, true],
    ['wrong_signature', 0, false],
    ['wrong_secret', 0, false],
    ['altered_body', 0, false],
  ] as const)('%s requests can be sent on order', async (tampering, shift, isValid) => {
    await s.slack.verifyEventsUrl();
    s.slack.setSigning({ tampering });
    ours.reply = () => ({ status: 401, headers: { 'x-slack-no-retry': '1' } });
    await s.slack.say('U0LIN', 'x');

    const [seen] = ours.seen;
    const stamp = Number(seen?.headers['x-slack-request-timestamp']);
    expect(stamp).toBe(REAL_SECONDS + shift);
    expect(signBody(SIGNING_SECRET, stamp, seen?.raw ?? '') === seen?.headers['x-slack-signature']).toBe(isValid);
  });

  test('an unsigned request carries neither header', async () => {
    await s.slack.verifyEventsUrl();
    s.slack.setSigning({ tampering: 'unsigned' });
    await s.slack.say('U0LIN', 'x');

    expect(ours.seen[0]?.headers).not.toHaveProperty('x-slack-signature');
    expect(ours.seen[0]?.headers).not.toHaveProperty('x-slack-request-timestamp');
  });

  test('forms go with the bare content type, and with a charset on order', async () => {
    await s.slack.slash('U0LIN', '/daiban', 'x');
    s.slack.setSigning({ hasFormCharset: true });
    await s.slack.slash('U0LIN', '/daiban', 'x');

    expect(ours.seen.map(({ headers }) => headers['content-type'])).toEqual([
      'application/x-www-form-urlencoded',
      'application/x-www-form-urlencoded; charset=utf-8',
    ]);
  });
});

describe('before events flow', () => {
  test('no event is sent until the endpoint gave the challenge back', async () => {
    const bodies: string[] = [];
    let isReady = false;
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = fieldsOf(JSON.parse(Buffer.concat(chunks).toString('utf8')));
        bodies.push(String(body['type']));
        response.end(isReady ? String(body['challenge']) : 'no');
      });
    });
    const picky = await stage({ eventsUrl: await listen(server) });

    await picky.slack.say('U0LIN', 'x');
    const before = [...bodies];
    isReady = true;
    await picky.slack.setNow(after(60));
    await picky.close();
    await shut(server);

    expect(new Set(before)).toEqual(new Set(['url_verification']));
    expect(bodies.slice(before.length)).toEqual(['url_verification', 'event_callback']);
  });

  test('the ssl_check probe is a form post', async () => {
    expect(await s.slack.sslCheck()).toBe(200);
    expect(ours.seen[0]?.body).toMatchObject({ ssl_check: '1' });
  });
});

describe('retries', () => {
  const retries = () => ours.seen.map(({ headers }) => [headers['x-slack-retry-num'], headers['x-slack-retry-reason']]);

  test('a failed event is sent again at once, after 60 s and after 300 s with number, reason and the same event_id', async () => {
    ours.reply = () => ({ status: 500 });
    await s.slack.say('U0LIN', 'x');
    expect(retries()).toEqual([
      [undefined, undefined],
      ['1', 'http_error'],
    ]);

    await s.slack.setNow(after(59));
    expect(ours.seen).toHaveLength(2);
    await s.slack.setNow(after(60));
    expect(ours.seen).toHaveLength(3);
    await s.slack.setNow(after(299));
    expect(ours.seen).toHaveLength(3);
    await s.slack.setNow(after(100_000));

    expect(retries().slice(2)).toEqual([
      ['2', 'http_error'],
      ['3', 'http_error'],
    ]);
    expect(new Set(ours.seen.map(({ body }) => body['event_id'])).size).toBe(1);
  });

  test('a 2xx ends the retries', async () => {
    ours.reply = () => ({ status: ours.seen.length === 1 ? 503 : 204 });
    await s.slack.say('U0LIN', 'x');
    await s.slack.setNow(after(1000));

    expect(ours.seen).toHaveLength(2);
  });

  test('x-slack-no-retry on a failure ends the retries', async () => {
    ours.reply = () => ({ status: 500, headers: { 'x-slack-no-retry': '1' } });
    await s.slack.say('U0LIN', 'x');
    await s.slack.setNow(after(1000));

    expect(ours.seen).toHaveLength(1);
  });

  test('no answer within the deadline is http_timeout, and retry 1 overlaps the first try that still runs', async () => {
    const quick = await stage({ eventsUrl: ours.url, deadlineMs: 300 });
    const finish: (() => void)[] = [];
    ours.reply = () =>
      ours.seen.length === 1 ? new Promise((resolve) => finish.push(() => resolve(undefined))) : undefined;

    await quick.slack.say('U0LIN', 'x');
    const stillRunning = finish.length;
    finish.forEach((end) => end());
    await quick.close();

    expect(stillRunning).toBe(1);
    expect(retries()).toEqual([
      [undefined, undefined],
      ['1', 'http_timeout'],
    ]);
  });

  test('two redirects are followed and a third is too_many_redirects', async () => {
    await s.slack.verifyEventsUrl();
    let hops = 0;
    ours.reply = () => (hops++ < 2 ? { status: 302, headers: { location: '/elsewhere' } } : undefined);
    await s.slack.say('U0LIN', 'x');
    expect(ours.seen).toHaveLength(3);

    ours.seen.length = 0;
    ours.reply = () => ({ status: 301, headers: { location: '/elsewhere' } });
    await s.slack.say('U0LIN', 'x');
    expect(ours.seen[3]?.headers['x-slack-retry-reason']).toBe('too_many_redirects');
  });

  test('a redirect to nowhere is http_error', async () => {
    await s.slack.verifyEventsUrl();
    ours.reply = () => ({ status: 302, headers: { location: 'http://[' } });
    await s.slack.say('U0LIN', 'x');

    expect(retries()).toEqual([
      [undefined, undefined],
      ['1', 'http_error'],
    ]);
  });

  test('an endpoint that is down is connection_failed and heals with the next retry', async () => {
    await s.slack.verifyEventsUrl();
    ours.reply = (_seen, response) => void response.socket?.destroy();
    await s.slack.say('U0LIN', 'x');
    ours.reply = () => undefined;
    await s.slack.setNow(after(60));

    expect(retries()).toEqual([
      [undefined, undefined],
      ['1', 'connection_failed'],
      ['2', 'connection_failed'],
    ]);
  });

  test('an answer that got lost makes the same event come twice', async () => {
    s.slack.addFault({ platform: 'slack', method: 'message', times: 1, effect: { kind: 'drop_after' } });
    await s.slack.say('U0LIN', 'x');

    expect(retries()).toEqual([
      [undefined, undefined],
      ['1', 'http_timeout'],
    ]);
    expect(new Set(ours.seen.map(({ body }) => body['event_id'])).size).toBe(1);
  });

  test('interactions and commands are tried once and the person sees the error', async () => {
    const { ts } = await s.call('chat.postMessage', { channel: 'U0LIN', text: 'x', blocks: [buttons('b', 'go')] });
    await s.slack.idle();
    ours.seen.length = 0;
    ours.reply = () => ({ status: 500 });
    await s.slack.slash('U0LIN', '/daiban', 'x');
    await s.slack.tap('U0LIN', String(ts), 'go');
    await s.slack.setNow(after(1000));

    expect(ours.seen.map(({ body }) => body['command'] ?? body['type'])).toEqual(['/daiban', 'block_actions']);
    expect(s.slack.screen('U0LIN').toasts.map(({ text }) => text)).toEqual(['dispatch_failed', 'dispatch_failed']);
  });

  test('a command that is not answered in time shows operation_timeout', async () => {
    const quick = await stage({ eventsUrl: ours.url, deadlineMs: 30 });
    ours.reply = () => new Promise(() => undefined);
    await quick.slack.slash('U0LIN', '/daiban', 'x');
    const toasts = quick.slack.screen('U0LIN').toasts;
    await quick.close();

    expect(toasts.map(({ text }) => text)).toEqual(['operation_timeout']);
  });

  test('above the hourly ceiling events are dropped and app_rate_limited comes once a minute', async () => {
    const small = await stage({ eventsUrl: ours.url, limits: { eventsPerHour: 2 } });
    for (let i = 0; i < 4; i += 1) await small.slack.say('U0LIN', `${i}`);
    await small.slack.setNow(after(61));
    await small.slack.say('U0LIN', '5');
    await small.slack.setNow(after(3601));
    await small.slack.say('U0LIN', '6');
    await small.close();

    expect(ours.seen.map(({ body }) => body['type'])).toEqual([
      'event_callback',
      'event_callback',
      'app_rate_limited',
      'app_rate_limited',
      'event_callback',
    ]);
    expect(ours.seen[2]?.body).toMatchObject({ team_id: 'T0001', api_app_id: 'A0001' });
  });
});

describe('event shapes', () => {
  test('a direct message comes in an envelope with one authorization', async () => {
    await s.slack.say('U0LIN', 'a < b & <@U0BOT>');

    expect(ours.seen[0]?.body).toMatchObject({
      type: 'event_callback',
      team_id: 'T0001',
      api_app_id: 'A0001',
      event_time: 1_796_000_400,
      event: { type: 'message', channel_type: 'im', user: 'U0LIN', text: 'a &lt; b &amp; <@U0BOT>' },
    });
    expect(ours.seen[0]?.body['authorizations']).toEqual([
      { enterprise_id: null, team_id: 'T0001', user_id: 'U0BOT', is_bot: true, is_enterprise_install: false },
    ]);
    expect(eventOf(ours.seen[0]?.body)).not.toHaveProperty('subtype');
  });

  test('a mention in a channel comes twice, with different event_id and the same channel and ts', async () => {
    await s.slack.sayIn('C0JOINED', 'U0LIN', '<@U0BOT> 客户 张三');

    const [message] = ours.events('message');
    const [mention] = ours.events('app_mention');
    expect(mention?.['event_id']).not.toBe(message?.['event_id']);
    expect([eventOf(mention)['channel'], eventOf(mention)['ts']]).toEqual([
      eventOf(message)['channel'],
      eventOf(message)['ts'],
    ]);
  });

  test('a channel message without mention is told once and one in a channel without the bot not at all', async () => {
    const quiet = await stage({
      eventsUrl: ours.url,
      subscriptions: ['app_mention'],
      channels: [{ id: 'C0JOINED', name: 'j', members: ['U0LIN', 'U0BOT'] }],
    });
    await s.slack.sayIn('C0JOINED', 'U0LIN', '闲聊');
    await quiet.slack.sayIn('C0JOINED', 'U0LIN', '闲聊');
    await quiet.close();

    expect(ours.events().map((body) => eventOf(body)['channel_type'])).toEqual(['channel']);
  });

  test('an upload is a file_share message and a separate file_shared with the id only', async () => {
    await s.slack.sendFile(
      'U0LIN',
      { name: '流水.pdf', mime: 'application/pdf', bytes: Buffer.from('%PDF-1.7') },
      '本月',
    );

    const share = eventOf(ours.events('message')[0]);
    const [file] = listOf(share['files']).map(fieldsOf);
    expect(share).toMatchObject({ subtype: 'file_share', text: '本月' });
    expect(file).toMatchObject({ name: '流水.pdf', mimetype: 'application/pdf', size: 8 });
    expect(eventOf(ours.events('file_shared')[0])).toMatchObject({
      file_id: file?.['id'],
      user_id: 'U0LIN',
      file: { id: file?.['id'] },
    });
  });

  test('our own chat.update comes back as message_changed with the bot in the inner message', async () => {
    const { channel, ts } = await s.call('chat.postMessage', { channel: 'U0LIN', text: '旧' });
    await s.call('chat.update', { channel, ts, text: '新' });
    await s.slack.idle();

    expect(
      eventOf(ours.events('message').find((body) => eventOf(body)['subtype'] === 'message_changed')),
    ).toMatchObject({
      hidden: true,
      channel,
      message: { ts, text: '新', bot_id: 'B0BOT', edited: { user: 'U0BOT' } },
      previous_message: { ts, text: '旧' },
    });
  });

  test('our own posts come back as messages with bot_id', async () => {
    await s.call('chat.postMessage', { channel: 'U0LIN', text: 'x' });
    await s.slack.idle();

    expect(eventOf(ours.events('message')[0])).toMatchObject({ bot_id: 'B0BOT', app_id: 'A0001', user: 'U0BOT' });
  });

  test("a person's edit and deletion are told with the original ts", async () => {
    await s.slack.say('U0LIN', '30万');
    const id = s.slack.screen('U0LIN').messages[0]?.id ?? '';
    await s.slack.edit('U0LIN', id, '50万');
    await s.slack.remove('U0LIN', id);

    const [, changed, deleted] = ours.events('message').map(eventOf);
    expect(changed).toMatchObject({ subtype: 'message_changed', message: { ts: id, text: '50万' } });
    expect(deleted).toMatchObject({ subtype: 'message_deleted', deleted_ts: id });
    expect(changed?.['ts']).not.toBe(id);
  });

  describe('a message that has replies', () => {
    const said = () => eventOf(ours.events('message')[0])['ts'];
    const answered = async (): Promise<string> => {
      await s.slack.sayIn('C0JOINED', 'U0LIN', '客户 K305');
      await s.slack.sayIn('C0JOINED', 'U0LIN', '补一句', String(said()));
      return String(said());
    };

    test('a message that has replies carries its own stamp as thread_ts, in edits, presses and histories', async () => {
      const ts = await answered();
      await s.slack.edit('U0LIN', ts, '客户 K306');
      const { messages } = await s.call('conversations.history', { channel: 'C0JOINED' });
      const card = await s.call('chat.postMessage', { channel: 'C0JOINED', text: 'x', blocks: [buttons('b', 'ok')] });
      await s.slack.tap('U0LIN', String(card['ts']), 'ok');
      await s.slack.sayIn('C0JOINED', 'U0LIN', '看一下', String(card['ts']));
      await s.slack.tap('U0LIN', String(card['ts']), 'ok');

      expect(eventOf(ours.events('message')[0])).not.toHaveProperty('thread_ts');
      expect(eventOf(ours.events('message')[2])).toMatchObject({ message: { ts, thread_ts: ts } });
      expect(listOf(messages)).toMatchObject([{ ts, thread_ts: ts }]);
      const presses = ours.events().filter((body) => body['type'] === 'block_actions');
      expect(presses.map((body) => fieldsOf(body['message'])['thread_ts'])).toEqual([undefined, card['ts']]);
    });

    test('a deleted message that has replies is changed into a tombstone', async () => {
      const ts = await answered();
      await s.slack.remove('U0LIN', ts);

      expect(eventOf(ours.events('message')[2])).toMatchObject({
        subtype: 'message_changed',
        channel: 'C0JOINED',
        message: { subtype: 'tombstone', user: 'USLACKBOT', ts, thread_ts: ts },
        previous_message: { user: 'U0LIN', text: '客户 K305', ts, thread_ts: ts },
      });
    });
  });

  test('two edits can arrive in the wrong order and event_ts tells which is newer', async () => {
    await s.slack.say('U0LIN', '一');
    const id = s.slack.screen('U0LIN').messages[0]?.id ?? '';
    s.slack.hold();
    await s.slack.edit('U0LIN', id, '二');
    await s.slack.edit('U0LIN', id, '三');
    await s.slack.release('reversed');

    const [, newer, older] = ours.events('message').map(eventOf);
    expect([fieldsOf(newer?.['message'])['text'], fieldsOf(older?.['message'])['text']]).toEqual(['三', '二']);
    expect(String(newer?.['event_ts']) > String(older?.['event_ts'])).toBe(true);
  });

  test('the home tab opens without a view the first time and with it after views.publish', async () => {
    await s.slack.openHome('U0LIN');
    await s.call('views.publish', { user_id: 'U0LIN', view: { type: 'home', blocks: [section('待办')] } });
    await s.slack.openHome('U0LIN');

    const [first, second] = ours.events('app_home_opened').map(eventOf);
    expect(first).toMatchObject({ user: 'U0LIN', tab: 'home' });
    expect(first).not.toHaveProperty('view');
    expect(second).toMatchObject({ view: { type: 'home' } });
  });

  test('app_uninstalled and tokens_revoked can be sent', async () => {
    await s.slack.emit({ type: 'app_uninstalled' });
    await s.slack.emit({ type: 'tokens_revoked', tokens: { bot: ['U0BOT'] } });

    expect(ours.events().map((body) => eventOf(body)['type'])).toEqual(['app_uninstalled', 'tokens_revoked']);
  });

  test('Slack Connect puts another workspace into the envelope and an org install leaves team null', async () => {
    s.slack.pretend({
      envelope: { team_id: 'T0OTHER', is_ext_shared_channel: true },
      interaction: { team: null, is_enterprise_install: true },
    });
    await s.slack.say('U0LIN', 'x');
    await s.call('chat.postMessage', {
      channel: 'U0LIN',
      text: 'x',
      blocks: [
        { type: 'actions', elements: [{ type: 'button', action_id: 'a', text: { type: 'plain_text', text: 'x' } }] },
      ],
    });
    await s.slack.tap('U0LIN', s.slack.screen('U0LIN').messages.at(-1)?.id ?? '', 'a');

    expect(ours.seen[0]?.body).toMatchObject({ team_id: 'T0OTHER', context_team_id: 'T0001' });
    expect(ours.seen.at(-1)?.body).toMatchObject({ type: 'block_actions', team: null });
  });
});
