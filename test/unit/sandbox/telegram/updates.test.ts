import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Fields, fieldsOf } from '../../../../src/sandbox/kernel/values.ts';
import { retrySeconds } from '../../../../src/sandbox/telegram/index.ts';
import {
  after,
  HE,
  inline,
  type OurEndpoint,
  ourEndpoint,
  type Stage,
  stage,
  START,
  updates,
  WANG,
} from './support.ts';

let ours: OurEndpoint;
let s: Stage;
beforeEach(async () => {
  ours = await ourEndpoint();
  s = await stage();
});
afterEach(async () => {
  vi.useRealTimers();
  await s.close();
  await ours.close();
});

const set = (more: Fields = {}) => s.call('setWebhook', { url: ours.url, ...more });
const ids = () => ours.seen.map(({ body }) => Number(body['update_id']));
const texts = () => ours.seen.map(({ body }) => fieldsOf(body['message'])['text']);
/** Seconds between the tries of everything seen, read off the virtual clock while it moves. */
function recordTimes(): number[] {
  const times: number[] = [];
  const inner = ours.reply;
  ours.reply = (seen, response) => {
    times.push((clock.getTime() - START.getTime()) / 1000);
    return inner(seen, response);
  };
  return times;
}
let clock = START;
async function moveTo(seconds: number): Promise<void> {
  for (let at = Math.round((clock.getTime() - START.getTime()) / 1000) + 1; at <= seconds; at += 1) {
    clock = after(at);
    await s.telegram.setNow(clock);
  }
}
beforeEach(() => {
  clock = START;
});

describe('setWebhook', () => {
  test.each([
    [
      'an address without https',
      { url: 'http://bot.example/hook' },
      'bad webhook: An HTTPS URL must be provided for webhook',
    ],
    [
      'another port',
      { url: 'https://bot.example:3000/hook' },
      'bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443',
    ],
    ['a loopback address', { url: 'https://127.0.0.1/hook' }, 'bad webhook: IP address 127.0.0.1 is reserved'],
    ['no address at all', { url: 'nonsense' }, 'invalid webhook URL specified'],
    ['a secret with a space', { secret_token: 'a b' }, 'secret token contains unallowed characters'],
    ['a secret of 257 characters', { secret_token: 'a'.repeat(257) }, 'secret token is too long'],
    ['a list of updates that is none', { allowed_updates: '"message"' }, "can't parse allowed updates JSON array"],
  ])('setWebhook refuses %s', async (_name, args, text) => {
    expect(await s.fails(400, 'setWebhook', { url: 'https://bot.example/hook', ...args })).toBe(`Bad Request: ${text}`);
  });

  test.each([
    'https://bot.example/hook',
    'https://bot.example:443/h',
    'https://bot.example:80/h',
    'https://bot.example:88/h',
    'https://bot.example:8443/h',
  ])('setWebhook takes %s', async (url) => {
    expect(await s.call('setWebhook', { url })).toEqual({ ok: true, result: true, description: 'Webhook was set' });
  });

  test('setWebhook refuses loopback http without the switch', async () => {
    const strict = await stage({ allowLoopbackHttp: false });
    const text = await strict.fails(400, 'setWebhook', { url: ours.url });
    await strict.close();
    expect(text).toBe('Bad Request: bad webhook: An HTTPS URL must be provided for webhook');
  });

  test('max_connections is clipped to 1..100 and shown', async () => {
    await set({ max_connections: 1000 });
    expect(await s.ok('getWebhookInfo')).toMatchObject({
      url: ours.url,
      max_connections: 100,
      pending_update_count: 0,
      has_custom_certificate: false,
    });

    await s.telegram.setNow(after(1));
    await set({ max_connections: 0 });
    expect(await s.ok('getWebhookInfo')).toMatchObject({ max_connections: 1 });
  });

  test('setting the same again and deleting say so', async () => {
    const said = [await set(), await set()];
    await s.telegram.setNow(after(1));
    said.push(await s.call('deleteWebhook'), await s.call('deleteWebhook'));

    expect(said.map((one) => one['description'])).toEqual([
      'Webhook was set',
      'Webhook is already set',
      'Webhook was deleted',
      'Webhook is already deleted',
    ]);
  });

  test('more than one change a second is 429', async () => {
    await set();
    expect(await s.fails(429, 'setWebhook', { url: `${ours.url}/other` })).toBe('Too Many Requests: retry after 1');
    await s.telegram.setNow(after(1));
    expect((await s.call('setWebhook', { url: `${ours.url}/other` }))['ok']).toBe(true);
  });

  test('drop_pending_updates forgets what waits, without it everything comes', async () => {
    await s.telegram.start(HE);
    await set({ drop_pending_updates: true });
    await s.telegram.say(HE, '新');
    await s.telegram.setNow(after(2));
    await s.call('deleteWebhook');
    await s.telegram.say(HE, '等');
    await s.telegram.setNow(after(4));
    await set();
    await s.telegram.idle();

    expect(texts()).toEqual(['新', '等']);
  });
});

describe('allowed_updates', () => {
  test('an omitted list keeps the last one, an empty one is the default without chat_member', async () => {
    s.telegram.addGroup({ id: -5, title: '群', members: [HE], botStatus: 'administrator' });
    const types = async () => {
      await s.telegram.setMemberStatus(-5, WANG, 'member');
      await s.telegram.setMemberStatus(-5, WANG, 'left');
      await s.telegram.sayIn(-5, HE, '你好');
      const got = (await updates(s)).flatMap((update) => Object.keys(update).filter((key) => key !== 'update_id'));
      await updates(s, { offset: 2_000_000_000 });
      return got;
    };

    expect(await types()).toEqual(['message']);
    await updates(s, { allowed_updates: ['chat_member'] });
    expect(await types()).toEqual(['chat_member', 'chat_member']);
    expect(await types()).toEqual(['chat_member', 'chat_member']);
    await updates(s, { allowed_updates: [] });
    expect(await types()).toEqual(['message']);
  });

  test('what was not allowed when it happened does not come later', async () => {
    await updates(s, { allowed_updates: ['callback_query'] });
    await s.telegram.start(HE);
    await updates(s, { allowed_updates: [] });

    expect(await updates(s)).toEqual([]);
  });

  test('chat_member needs the bot to be administrator as well', async () => {
    s.telegram.addGroup({ id: -5, title: '群', members: [HE] });
    await updates(s, { allowed_updates: ['chat_member'] });
    await s.telegram.setMemberStatus(-5, WANG, 'member');

    expect(await updates(s)).toEqual([]);
  });
});

describe('webhook delivery', () => {
  test('every update carries the secret header and the numbering grows by one', async () => {
    await set({ secret_token: 'Secret_token-1' });
    await s.telegram.start(HE);
    await s.telegram.say(HE, '你好');

    expect(ours.seen.map(({ headers }) => headers['x-telegram-bot-api-secret-token'])).toEqual([
      'Secret_token-1',
      'Secret_token-1',
    ]);
    expect(ours.seen[0]?.headers['content-type']).toBe('application/json');
    expect((ids()[1] ?? 0) - (ids()[0] ?? 0)).toBe(1);
  });

  test('without a secret there is no header', async () => {
    await set();
    await s.telegram.start(HE);
    expect(ours.seen[0]?.headers).not.toHaveProperty('x-telegram-bot-api-secret-token');
  });

  test('any 2xx of the webhook is success', async () => {
    await set();
    ours.reply = () => ({ status: 202 });
    await s.telegram.start(HE);
    await moveTo(10);

    expect(ours.seen).toHaveLength(1);
  });

  test('a failure is tried again at once, then after 2, 4, 8, 16 and 32 seconds, then between 60 and 120', async () => {
    await set();
    ours.reply = () => ({ status: 500 });
    const times = recordTimes();
    await s.telegram.start(HE);
    await moveTo(190);

    expect(times.slice(0, 7)).toEqual([0, 0, 2, 6, 14, 30, 62]);
    const gap = (times[7] ?? 0) - (times[6] ?? 0);
    expect(gap).toBeGreaterThanOrEqual(60);
    expect(gap).toBeLessThanOrEqual(120);
    expect(new Set(ids()).size).toBe(1);
  });

  test('the later delays stay between 60 and 120 seconds', () => {
    const delays = Array.from({ length: 200 }, (_, id) => retrySeconds(9, id));
    expect([Math.min(...delays), Math.max(...delays)]).toEqual([60, 120]);
  });

  test('Retry-After is honoured, up to an hour', async () => {
    await set();
    ours.reply = () => ({ status: 503, headers: { 'retry-after': ours.seen.length === 1 ? '30' : '99999' } });
    const times = recordTimes();
    await s.telegram.start(HE);
    await moveTo(40);
    await s.telegram.setNow(after(3629));
    expect(times).toEqual([0, 30]);
    await s.telegram.setNow(after(3630));

    expect(times).toHaveLength(3);
  });

  test.each(['a redirect', 'a closed connection', 'silence'])('%s instead of an answer is a failure', async (what) => {
    await set();
    if (what === 'silence') vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    ours.reply = async (_seen, response) => {
      if (what === 'a redirect') return { status: 302, headers: { location: '/' } };
      if (what === 'silence') vi.advanceTimersByTime(60_000);
      else response.socket?.destroy();
      return undefined;
    };
    await s.telegram.start(HE);
    const info = await s.ok('getWebhookInfo');

    expect(ours.seen.length).toBeGreaterThanOrEqual(2);
    expect(info).toMatchObject({ pending_update_count: 1, last_error_message: expect.any(String) });
  });

  test('getWebhookInfo names the last error', async () => {
    await set();
    ours.reply = () => ({ status: 500 });
    await s.telegram.start(HE);

    expect(await s.ok('getWebhookInfo')).toMatchObject({
      pending_update_count: 1,
      last_error_date: 1_796_000_400,
      last_error_message: 'Wrong response from the webhook: 500 Internal Server Error',
    });
  });

  test('an answer that got lost makes the same update come twice with the same id', async () => {
    await set();
    s.telegram.addFault({ platform: 'telegram', method: 'message', times: 1, effect: { kind: 'drop_after' } });
    await s.telegram.start(HE);

    expect(ids()).toHaveLength(2);
    expect(new Set(ids()).size).toBe(1);
  });

  test('an update that fails holds up its own chat only, and order in the chat is kept', async () => {
    await set();
    await s.telegram.start(HE);
    ours.reply = ({ body }) => ({ status: fieldsOf(body['message'])['text'] === '毒' ? 500 : 200 });
    await s.telegram.say(HE, '毒');
    await s.telegram.say(HE, '后');
    await s.telegram.start(WANG);
    expect(texts()).toEqual(['/start', '毒', '毒', '/start']);

    ours.reply = () => undefined;
    await moveTo(2);
    expect(texts().slice(4)).toEqual(['毒', '后']);
  });

  test('presses queue by person and overtake the messages of their chat', async () => {
    await set();
    await s.telegram.start(HE);
    await s.ok('sendMessage', { chat_id: HE, text: '卡', reply_markup: inline('a') });
    ours.reply = ({ body }) => ({ status: body['message'] === undefined ? 200 : 500 });
    await s.telegram.say(HE, '堵');
    await s.telegram.tap(HE, '2', 'a');

    expect(ours.seen.at(-1)?.body).toHaveProperty('callback_query');
  });

  test('chats are served side by side up to max_connections', async () => {
    const finish: (() => void)[] = [];
    let flying = 0;
    let most = 0;
    ours.reply = () => {
      flying += 1;
      most = Math.max(most, flying);
      return new Promise((resolve) => {
        finish.push(() => {
          flying -= 1;
          resolve(undefined);
        });
        if (finish.length === 2) finish.splice(0).forEach((end) => end());
      });
    };
    for (let i = 0; i < 4; i += 1) {
      s.telegram.addPerson({ id: String(7_000_000_200 + i), name: `客户${i}` });
      await s.telegram.start(String(7_000_000_200 + i));
    }
    await set({ max_connections: 2 });
    await s.telegram.idle();

    expect(most).toBe(2);
    expect(ours.seen).toHaveLength(4);
  });

  test('messages expire after 24 hours and presses after 150 seconds', async () => {
    await set();
    await s.telegram.start(HE);
    await s.ok('sendMessage', { chat_id: HE, text: '卡', reply_markup: inline('a') });
    ours.reply = () => ({ status: 503, headers: { 'retry-after': '3600' } });
    await s.telegram.tap(HE, s.last(HE).id, 'a');
    await s.telegram.say(HE, '等');
    const pending = async () => (await s.ok('getWebhookInfo'))['pending_update_count'];

    expect(await pending()).toBe(2);
    await s.telegram.setNow(after(151));
    expect(await pending()).toBe(1);
    await s.telegram.setNow(after(86_399));
    expect(await pending()).toBe(1);
    await s.telegram.setNow(after(86_401));
    expect(await pending()).toBe(0);
  });

  test('410 for 23 hours removes the webhook', async () => {
    await set();
    ours.reply = () => ({ status: 410, headers: { 'retry-after': '1800' } });
    await s.telegram.start(HE);
    await s.telegram.setNow(after(22.9 * 3600));
    expect(await s.ok('getWebhookInfo')).toMatchObject({ url: ours.url });
    await s.telegram.setNow(after(23 * 3600));

    expect(await s.ok('getWebhookInfo')).toMatchObject({ url: '' });
  });

  test('a method in our 200 is executed as a call, get and webhook methods are not', async () => {
    await set();
    ours.reply = () => ({ body: { method: 'sendMessage', chat_id: HE, text: '收到' } });
    await s.telegram.start(HE);
    ours.reply = () => ({ body: { method: 'deleteWebhook' } });
    await s.telegram.say(HE, '一');

    expect(s.telegram.screen(HE).messages.map(({ text }) => text)).toEqual(['/start', '收到', '一']);
    expect(await s.ok('getWebhookInfo')).toMatchObject({ url: ours.url });
  });

  test('an endpoint that cannot be reached is tried again until it is there', async () => {
    await set();
    s.telegram.addFault({ platform: 'telegram', method: 'message', times: 2, effect: { kind: 'drop_before' } });
    await s.telegram.start(HE);
    expect(ours.seen).toHaveLength(0);
    await moveTo(2);

    expect(ours.seen).toHaveLength(1);
  });
});

describe('update numbers', () => {
  test('update numbers go on over setWebhook and deleteWebhook, and after a silent week start somewhere else', async () => {
    await s.telegram.start(HE);
    await set();
    await s.telegram.idle();
    await s.telegram.setNow(after(1));
    await s.call('deleteWebhook');
    await s.telegram.say(HE, '二');
    const [second] = await updates(s);
    await s.telegram.setNow(after(8 * 86_400));
    await s.telegram.say(HE, '三');
    const third = (await updates(s)).at(-1);

    expect(Number(second?.['update_id'])).toBe((ids()[0] ?? 0) + 1);
    expect(Number(third?.['update_id'])).not.toBe(Number(second?.['update_id']) + 1);
  });

  test('after several silent weeks no number comes twice: the second message of a month later still arrives', async () => {
    const given: number[] = [];
    for (const month of [0, 1, 2, 3, 4]) {
      await s.telegram.setNow(after(month * 30 * 86_400));
      if (month === 0) await s.telegram.start(HE);
      await s.telegram.say(HE, `${month}`);
      await s.telegram.say(HE, `${month} again`);
      given.push(...(await updates(s)).slice(-2).map((update) => Number(update['update_id'])));
    }

    expect(new Set(given).size).toBe(10);
    expect([...given].sort((a, b) => a - b)).toEqual(given);
  });
});

describe('getUpdates', () => {
  test('getUpdates conflicts with a webhook', async () => {
    await set();
    expect(await s.fails(409, 'getUpdates')).toBe(
      "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    );
  });

  test('an offset confirms the updates below it, a negative one keeps the last', async () => {
    await s.telegram.start(HE);
    await s.telegram.say(HE, '二');
    await s.telegram.say(HE, '三');
    const all = (await updates(s)).map((one) => Number(one['update_id']));
    const [first = 0] = all;

    expect((await updates(s, { offset: first + 1 })).map((one) => one['update_id'])).toEqual(all.slice(1));
    expect((await updates(s, { offset: -1 })).map((one) => one['update_id'])).toEqual(all.slice(2));
    expect((await updates(s)).map((one) => one['update_id'])).toEqual(all.slice(2));
    expect(await updates(s, { offset: (all.at(-1) ?? 0) + 1 })).toEqual([]);
  });

  test('a limit bounds the batch of updates', async () => {
    await s.telegram.start(HE);
    await s.telegram.say(HE, '二');

    expect(await updates(s, { limit: 1 })).toHaveLength(1);
    expect(await updates(s, { limit: 0 })).toHaveLength(1);
  });

  test('a waiting poll ends with the first update or with its time', async () => {
    const poll = updates(s, { timeout: 50 });
    await s.pollArrived();
    await s.telegram.start(HE);
    expect(await poll).toHaveLength(1);

    expect(await updates(s, { timeout: 1, offset: 2_000_000_000 })).toEqual([]);
  });

  test('a second poller ends the first with 409', async () => {
    const first = s.call('getUpdates', { timeout: 50 });
    await s.pollArrived();
    const second = s.call('getUpdates', { timeout: 1 });

    expect(await first).toMatchObject({
      error_code: 409,
      description: 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
    });
    expect((await second)['ok']).toBe(true);
  });

  test('setWebhook ends a poll with 409', async () => {
    const poll = s.call('getUpdates', { timeout: 50 });
    await s.pollArrived();
    await set();

    expect(await poll).toMatchObject({ error_code: 409, description: 'Conflict: terminated by setWebhook request' });
  });
});
