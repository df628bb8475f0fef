/** Telegram's numbers on both sides of their edge, by the virtual clock where they are times. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Fields, fieldsOf } from '../../../../src/sandbox/kernel/values.ts';
import { telegramLimits } from '../../../../src/sandbox/telegram/index.ts';
import { after, HE, inline, type Stage, stage, TOKEN, updates } from './support.ts';

let s: Stage;
beforeEach(async () => {
  s = await stage();
  await s.telegram.start(HE);
});
afterEach(() => s.close());

const send = (args: Fields) => s.call('sendMessage', { chat_id: HE, text: 'x', ...args });
const ok = (answer: Fields) => answer['ok'];

async function upload(method: string, field: string, size: number, caption = ''): Promise<Fields> {
  const body = new FormData();
  body.set('chat_id', HE);
  body.set('caption', caption);
  body.set(field, new Blob([Buffer.alloc(size)]), 'a.bin');
  const response = await fetch(`${s.base}/bot${TOKEN}/${method}`, { method: 'POST', body });
  return fieldsOf(await response.json());
}

describe('sizes', () => {
  test('a text of 4,096 characters passes, one more does not', async () => {
    expect(ok(await send({ text: 'a'.repeat(4096) }))).toBe(true);
    expect(await s.fails(400, 'sendMessage', { chat_id: HE, text: 'a'.repeat(4097) })).toBe(
      'Bad Request: message is too long',
    );
  });

  test('a caption of 1,024 characters after parsing passes, one more does not', async () => {
    expect(ok(await upload('sendDocument', 'document', 1, 'a'.repeat(1024)))).toBe(true);
    expect(await upload('sendDocument', 'document', 1, 'a'.repeat(1025))).toMatchObject({
      error_code: 400,
      description: 'Bad Request: message caption is too long',
    });
  });

  test('callback data takes 1 to 64 bytes, a Chinese character counts three', async () => {
    const press = (data: string) => send({ reply_markup: inline(data) });

    expect(ok(await press(`${'汉'.repeat(21)}a`))).toBe(true);
    expect(ok(await press('a'))).toBe(true);
    expect((await press(`${'汉'.repeat(21)}ab`))['description']).toBe('Bad Request: BUTTON_DATA_INVALID');
  });

  test('an upload of 50 MB passes and one above is 413; a photo of 10 MB passes and one above is too big', async () => {
    expect(ok(await upload('sendDocument', 'document', 50 * 2 ** 20))).toBe(true);
    expect(await upload('sendDocument', 'document', 50 * 2 ** 20 + 1)).toMatchObject({
      error_code: 413,
      description: 'Request Entity Too Large',
    });
    expect(ok(await upload('sendPhoto', 'photo', 10 * 2 ** 20))).toBe(true);
    expect(await upload('sendPhoto', 'photo', 10 * 2 ** 20 + 1)).toMatchObject({
      error_code: 400,
      description: 'Bad Request: file is too big',
    });
    expect(await upload('sendDocument', 'document', 0)).toMatchObject({
      error_code: 400,
      description: 'Bad Request: file must be non-empty',
    });
  });

  test('a secret of 1 to 256 of its characters passes', async () => {
    const url = 'https://bot.example/hook';
    const set = (secret_token: string) => s.call('setWebhook', { url, secret_token, drop_pending_updates: true });

    expect(ok(await set('aZ09_-'.padEnd(256, 'x')))).toBe(true);
    expect((await set('x'.repeat(257)))['description']).toBe('Bad Request: secret token is too long');
  });
});

describe('times', () => {
  async function press(): Promise<unknown> {
    await send({ reply_markup: inline('a') });
    await s.telegram.tap(HE, s.last(HE).id, 'a');
    return fieldsOf((await updates(s)).at(-1)?.['callback_query'])['id'];
  }
  const answer = (callback_query_id: unknown, more: Fields = {}) =>
    s.call('answerCallbackQuery', { callback_query_id, ...more });

  test('a press can be answered for 15 seconds, with up to 200 characters', async () => {
    const [one, two] = [await press(), await press()];
    await s.telegram.setNow(after(15));

    expect((await answer(one, { text: 'a'.repeat(201) }))['description']).toBe('Bad Request: MESSAGE_TOO_LONG');
    expect(ok(await answer(one, { text: 'a'.repeat(200) }))).toBe(true);
    await s.telegram.setNow(after(15.001));
    expect((await answer(two))['description']).toContain('query is too old');
  });

  test('an unfetched press lives 150 seconds, a message 24 hours', async () => {
    await press();
    const kinds = async () => (await updates(s)).map((one) => Object.keys(one)[1]);

    await s.telegram.setNow(after(149.999));
    expect(await kinds()).toEqual(['message', 'callback_query']);
    await s.telegram.setNow(after(150));
    expect(await kinds()).toEqual(['message']);
    await s.telegram.setNow(after(86_399.999));
    expect(await kinds()).toEqual(['message']);
    await s.telegram.setNow(after(86_400));
    expect(await kinds()).toEqual([]);
  });

  test('a message can be deleted to the last second of its 48 hours', async () => {
    const ids = [await send({}), await send({})].map((one) => fieldsOf(one['result'])['message_id']);
    const remove = (message_id: unknown) => s.call('deleteMessage', { chat_id: HE, message_id });
    await s.telegram.setNow(after(48 * 3600));

    expect((await remove(ids[0]))['result']).toBe(true);
    await s.telegram.setNow(after(48 * 3600 + 1));
    expect((await remove(ids[1]))['description']).toBe("Bad Request: message can't be deleted");
  });

  test('an own message can be edited after weeks', async () => {
    const { message_id } = fieldsOf((await send({}))['result']);
    await s.telegram.setNow(after(30 * 86_400));

    expect(ok(await s.call('editMessageText', { chat_id: HE, message_id, text: '已结清' }))).toBe(true);
  });

  test('a link of getFile is good for an hour, and asking again makes it good anew', async () => {
    await s.telegram.sendFile(HE, { name: 'a.pdf', mime: 'application/pdf', bytes: Buffer.from('%PDF') });
    const document = fieldsOf(fieldsOf((await updates(s)).at(-1)?.['message'])['document']);
    const { file_path } = await s.ok('getFile', { file_id: document['file_id'] });
    const status = async () => (await fetch(`${s.base}/file/bot${TOKEN}/${String(file_path)}`)).status;

    await s.telegram.setNow(after(3600));
    expect(await status()).toBe(200);
    await s.telegram.setNow(after(3601));
    expect(await status()).toBe(404);
    await s.ok('getFile', { file_id: document['file_id'] });
    expect(await status()).toBe(200);
  });

  test('a poll waits as long as it asks for, 50 seconds at most', async () => {
    const quick = await stage({ pollSecondMs: 4 });
    const waited = async (timeout: number): Promise<number> => {
      const started = performance.now();
      expect(await updates(quick, { timeout })).toEqual([]);
      return (performance.now() - started) / 4;
    };
    const [asked, capped] = [await waited(30), await waited(100_000)];
    await quick.close();

    expect(asked).toBeGreaterThanOrEqual(29);
    expect(capped).toBeGreaterThanOrEqual(49);
    expect(capped).toBeLessThan(1_000);
  });
});

describe('rates', () => {
  const text = (chat_id: unknown) => s.call('sendMessage', { chat_id, text: 'x' });

  test('more than the burst to one chat is 429 with retry_after in body and header', async () => {
    const tight = await stage({ limits: { chatBurst: 1 } });
    await tight.telegram.start(HE);
    await tight.ok('sendMessage', { chat_id: HE, text: 'x' });
    const response = await fetch(`${tight.base}/bot${TOKEN}/sendMessage?chat_id=${HE}&text=x`);
    const body: unknown = await response.json();
    await tight.telegram.setNow(after(1));
    const later = await tight.call('sendMessage', { chat_id: HE, text: 'x' });
    await tight.close();

    expect(response.headers.get('retry-after')).toBe('1');
    expect(body).toEqual({
      ok: false,
      error_code: 429,
      description: 'Too Many Requests: retry after 1',
      parameters: { retry_after: 1 },
    });
    expect(later['ok']).toBe(true);
  });

  test('a group takes twenty messages in any minute', async () => {
    s.telegram.addGroup({ id: -5, title: '审批群', members: [HE] });
    for (let at = 0; at < 20; at += 1) {
      await s.telegram.setNow(after(at * 2));
      expect(ok(await text(-5))).toBe(true);
    }
    await s.telegram.setNow(after(45));

    expect(await s.fails(429, 'sendMessage', { chat_id: -5, text: 'x' })).toBe('Too Many Requests: retry after 15');
    expect(ok(await text(HE))).toBe(true);
    await s.telegram.setNow(after(60));
    expect([ok(await text(-5)), ok(await text(-5))]).toEqual([true, false]);
  });

  test('all chats together take thirty messages in any second, answers to presses do not count', async () => {
    const chats = Array.from({ length: 31 }, (_, at) => String(7_000_000_100 + at));
    for (const id of chats) {
      s.telegram.addPerson({ id, name: `客户${id}` });
      await s.telegram.start(id);
    }
    const codes: unknown[] = [];
    for (const [at, id] of chats.entries()) {
      await s.telegram.setNow(after(at * 0.03));
      codes.push((await text(id))['error_code']);
    }

    expect(codes).toEqual([...Array<undefined>(30).fill(undefined), 429]);
    expect(await s.fails(400, 'answerCallbackQuery', { callback_query_id: '1' })).toContain('query is too old');
    await s.telegram.setNow(after(1));
    expect(ok(await text(HE))).toBe(true);
  });

  test('the numbers of Telegram can be made stricter, never kinder', () => {
    const own = telegramLimits();

    expect(telegramLimits({ chatBurst: 21, groupPerMinute: 21, perSecond: 31, callbackSeconds: 16 })).toEqual(own);
    expect(telegramLimits({ chatBurst: 1 })).toEqual({ ...own, chatBurst: 1 });
  });
});
