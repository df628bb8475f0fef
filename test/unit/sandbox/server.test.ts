/** The sandbox over HTTP: who may use it, its clock, journal and faults, the phones, and what it remembers. */
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Playground, sendWecom, START, startPlayground, texts } from './server-support.ts';

const LIN = '/sandbox/api/phones/wecom/xiaolin';
const QIAN = '/sandbox/api/phones/slack/U0QIAN001';
const HE = '/sandbox/api/phones/telegram/7000000201';

function card(task: string): Readonly<Record<string, unknown>> {
  const template_card = {
    card_type: 'button_interaction',
    task_id: task,
    main_title: { title: 'A1087' },
    button_selection: {
      question_key: 'reason',
      title: '理由',
      option_list: [
        { id: 'R02', text: '查询多' },
        { id: 'R05', text: '负债高' },
      ],
    },
    button_list: [{ text: '通过', style: 1, key: 'abcd:1:approve' }],
  };
  return { touser: 'xiaolin', msgtype: 'template_card', template_card };
}

/** A request with headers that `fetch` would not let through. */
function raw(base: string, at: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request(`${base}${at}`, { headers }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    call.on('error', reject);
    call.end();
  });
}

describe('the sandbox', () => {
  let place: Playground;
  beforeAll(async () => {
    place = await startPlayground();
  });
  afterAll(() => place.close());

  test('takes every path under /sandbox and leaves all others to the product', async () => {
    expect((await place.call('GET', '/sandbox/nothing')).status).toBe(404);
    expect((await place.call('GET', '/sandboxes')).headers.get('content-type')).toBeNull();
    expect(place.delivered.at(-1)?.path).toBe('/sandboxes');
  });

  test('gives settings that the look-alikes accept, for the wanted platforms only', async () => {
    const { settings } = place;
    const token = await place.call(
      'GET',
      `/sandbox/wecom/cgi-bin/gettoken?corpid=${settings.wecom?.corpId}&corpsecret=${settings.wecom?.secret}`,
    );
    const slack = await place.call(
      'POST',
      '/sandbox/slack/api/auth.test',
      {},
      { authorization: `Bearer ${settings.slack?.botToken}` },
    );
    const telegram = await place.call('GET', `/sandbox/telegram/bot${settings.telegram?.botToken}/getMe`);

    expect([token.json.errcode, slack.json.ok, telegram.json.result.username]).toEqual([
      0,
      true,
      settings.telegram?.botName,
    ]);
  });

  test('does not play a platform that is configured for real', async () => {
    const alone = await startPlayground({ wanted: ['telegram'] });
    const answer = await alone.call('GET', LIN);
    const phones = await alone.call('GET', '/sandbox/api/phones');
    await alone.close();

    expect(Object.keys(alone.settings)).toEqual(['telegram']);
    expect([answer.status, answer.json.code]).toEqual([404, 'sandbox.no_platform']);
    expect(phones.json.phones.map(({ platform }: { platform: string }) => platform)).toEqual(['telegram']);
  });

  describe('who may use it', () => {
    test.for([
      ['a name that only resolves to this machine', { host: 'sandbox.example.com' }, 'sandbox.foreign_host'],
      ['the address of another machine', { host: '10.0.0.7:3000' }, 'sandbox.foreign_host'],
    ] as const)('%s is refused', async ([, headers, code]) => {
      const { status, body } = await raw(place.base, '/sandbox/clock', headers);
      expect([status, JSON.parse(body).code]).toEqual([403, code]);
    });

    test('localhost is this machine', async () => {
      const { port } = new URL(place.base);
      expect((await raw(place.base, '/sandbox/clock', { host: `localhost:${port}` })).status).toBe(200);
    });

    test('a page of another site cannot act in a visitor’s browser', async () => {
      const answer = await place.call('POST', `${LIN}/say`, { text: 'x' }, { origin: 'https://evil.example' });
      expect([answer.status, answer.json.code]).toEqual([403, 'sandbox.foreign_origin']);
    });

    test('another machine is refused whatever it claims', async () => {
      const { checkCaller } = await import('../../../src/sandbox/world/gate.ts');
      const stranger = {
        socket: { remoteAddress: '192.168.1.20' },
        headers: { host: '127.0.0.1:3000' },
        method: 'GET',
      };
      expect(() => checkCaller(stranger as never)).toThrow('not_loopback');
    });
  });

  describe('refusals', () => {
    test.for([
      ['GET', '/sandbox/api/phones/wecom/nobody', undefined, 404, 'no_person'],
      ['GET', '/sandbox/api/phones/line/xiaolin', undefined, 404, 'no_platform'],
      ['POST', `${LIN}/tap`, { message: '0', key: 'x' }, 404, 'no_message'],
      ['POST', `${LIN}/say`, { text: '' }, 422, 'invalid'],
      ['POST', `${LIN}/say`, { txt: 'hello' }, 422, 'invalid'],
      ['POST', `${LIN}/say`, '{"text":', 400, 'malformed'],
      ['POST', `${LIN}/say`, '[]', 400, 'malformed'],
      ['POST', `${LIN}/say`, { text: 'x'.repeat(300_000) }, 413, 'too_large'],
      ['POST', `${LIN}/start`, {}, 409, 'not_here'],
      ['POST', `${QIAN}/contact`, {}, 409, 'not_here'],
      ['POST', `${HE}/say`, { text: '还没开始' }, 409, 'refused'],
      ['PUT', '/sandbox/clock', {}, 405, 'method_not_allowed'],
      ['GET', '/sandbox/api/phones/%E0%A4%A/x', undefined, 400, 'malformed'],
    ] as const)('%s %s with %j is %i %s, with a cure', async ([method, at, body, status, code]) => {
      const answer = await place.call(method, at, body);

      expect([answer.status, answer.json.code]).toEqual([status, `sandbox.${code}`]);
      expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(answer.json.detail).toBe(
        texts.translate('zh-CN', `sandbox.error.${code}.help`, {
          platforms: 'wecom, slack, telegram',
          allowed: 'GET, POST',
          megabytes: 0,
        }),
      );
      expect((await place.call('GET', answer.json.type)).text).toContain(answer.json.title);
    });

    test('a fault in a body is named by its place, in the language asked for', async () => {
      const { json } = await place.call(
        'POST',
        '/sandbox/faults',
        { platform: 'wecom', method: '*', times: 0, effect: { kind: 'http', status: 500 } },
        { 'accept-language': 'en' },
      );
      expect(json.errors).toEqual([{ pointer: '/times', code: 'too_small', message: expect.stringContaining('1') }]);
      expect(json.title).toBe('The content does not fit');
    });
  });

  describe('the clock', () => {
    test('moves the product and every look-alike forward, and tells open pages each step', async () => {
      const heard: string[] = [];
      const leaving = new AbortController();
      const stream = await fetch(`${place.base}/sandbox/api/events`, { signal: leaving.signal });
      const listening = (async () => {
        for await (const chunk of stream.body ?? []) heard.push(Buffer.from(chunk).toString('utf8'));
      })().catch(() => undefined);

      const answer = await place.call('POST', '/sandbox/clock', { now: '2026-12-30T10:00:00+08:00' });
      const clock = await place.call('GET', '/sandbox/clock');
      await expect.poll(() => heard.join('')).toContain('"now":"2026-12-30T02:00:00.000Z"}');
      leaving.abort();
      await listening;

      expect(answer.json).toEqual({ now: '2026-12-30T02:00:00.000Z' });
      expect(clock.json).toEqual({ now: '2026-12-30T02:00:00.000Z' });
      expect(heard.join('')).toContain(
        'event: clock\ndata: {"now":"2026-12-15T02:00:00.000Z","target":"2026-12-30T02:00:00.000Z"}',
      );
      const said = await place.call('POST', `${LIN}/say`, { text: '我的客户' });
      expect(Date.parse(said.json.messages.at(-1).at)).toBeGreaterThanOrEqual(Date.parse('2026-12-30T02:00:00Z'));
    });

    test.for([
      ['2026-11-01T00:00:00Z', 409, 'clock_backwards'],
      ['2226-12-30T00:00:00Z', 422, 'clock_too_far'],
      ['2026-12-31', 422, 'invalid'],
      ['2027-02-30T00:00:00Z', 422, 'invalid'],
    ] as const)('%s is refused with %i %s and moves nothing', async ([now, status, code]) => {
      const before = place.moves.length;
      const answer = await place.call('POST', '/sandbox/clock', { now });
      expect([answer.status, answer.json.code, place.moves.length]).toEqual([status, `sandbox.${code}`, before]);
    });

    test('one move at a time', async () => {
      let letGo = (): void => undefined;
      const slow = await startPlayground({
        advanceClock: (to) =>
          new Promise((resolve) => {
            letGo = () => resolve(to);
          }),
        nextDue: () => Promise.resolve({ at: new Date('2026-12-02T00:00:00Z'), what: 'reminder' }),
      });
      const first = slow.call('POST', '/sandbox/clock', { now: '2026-12-03T00:00:00Z' });
      await expect
        .poll(async () => (await slow.call('GET', '/sandbox/clock')).json)
        .toEqual({
          now: START.toISOString(),
          target: '2026-12-03T00:00:00.000Z',
          next: { at: '2026-12-02T00:00:00.000Z', what: 'reminder' },
        });
      const second = await slow.call('POST', '/sandbox/clock', { now: '2026-12-04T00:00:00Z' });
      letGo();

      expect([second.status, second.json.code]).toEqual([409, 'sandbox.clock_moving']);
      expect((await first).status).toBe(200);
      await slow.close();
    });
  });

  describe('phones', () => {
    test('every phone is listed with the role of its owner', async () => {
      const { json } = await place.call('GET', '/sandbox/api/phones');
      expect(
        json.phones.map(({ platform, id, name, role }: Record<string, string>) => [platform, id, name, role]),
      ).toEqual([
        ['wecom', 'xiaolin', '小林', 'sales'],
        ['slack', 'U0QIAN001', '小钱', 'reviewer'],
        ['slack', 'U0ZHAO001', '老赵', 'approver'],
        ['telegram', '7000000201', '何女士', 'customer'],
      ]);
    });

    test('what is said reaches the product as that platform sends it', async () => {
      await place.call('POST', `${LIN}/say`, { text: '新客户 何女士' });
      await place.call('POST', `${QIAN}/say`, { text: '待办' });
      await place.call('POST', `${HE}/start`, { payload: 'abc123' });

      const [wecom, slack, telegram] = place.delivered.slice(-3).map(({ body }) => body);
      expect(wecom).toContain('<Content><![CDATA[新客户 何女士]]></Content>');
      expect(JSON.parse(slack ?? '').event).toMatchObject({ type: 'message', text: '待办', user: 'U0QIAN001' });
      expect(JSON.parse(telegram ?? '').message).toMatchObject({ text: '/start abc123', chat: { id: 7_000_000_201 } });
    });

    test('a card is pressed with what was chosen on it', async () => {
      await sendWecom(place, card('task-1'));
      const before = await place.call('GET', LIN);
      const message = before.json.messages.at(-1);
      expect(message.card.buttons[0]).toMatchObject({ key: 'abcd:1:approve', text: '通过' });

      await place.call('POST', `${LIN}/tap`, {
        message: message.id,
        key: 'abcd:1:approve',
        selected: { reason: 'R05' },
      });

      expect(place.delivered.at(-1)?.body).toMatch(
        /<EventKey><!\[CDATA\[abcd:1:approve\]\]>.*<OptionId><!\[CDATA\[R05\]\]>/s,
      );
    });

    test('a card that waits for a press is counted on its phone, a grey one is not', async () => {
      const count = async (): Promise<number> =>
        (await place.call('GET', '/sandbox/api/phones')).json.phones[0].waiting;
      const before = await count();
      const sent = await sendWecom(place, card('task-2'));
      expect(await count()).toBe(before + 1);

      const { corpId, secret, agentId } = place.settings.wecom ?? { corpId: '', secret: '', agentId: 0 };
      const { json } = await place.call('GET', `/sandbox/wecom/cgi-bin/gettoken?corpid=${corpId}&corpsecret=${secret}`);
      const update = {
        userids: ['xiaolin'],
        agentid: agentId,
        response_code: sent.json.response_code,
        button: { replace_name: '已通过' },
      };
      await place.call(
        'POST',
        `/sandbox/wecom/cgi-bin/message/update_template_card?access_token=${json.access_token}`,
        update,
      );
      expect(await count()).toBe(before);
    });

    test('a file comes as multipart or in base64 and reaches the product', async () => {
      const form = new FormData();
      form.set('caption', '流水');
      form.set('file', new Blob([Buffer.from('%PDF-1.4 sample')], { type: 'application/pdf' }), '近6个月流水.pdf');
      await place.call('POST', `${HE}/file`, form);
      const document = JSON.parse(place.delivered.at(-1)?.body ?? '').message;
      expect(document).toMatchObject({
        document: { file_name: '近6个月流水.pdf', mime_type: 'application/pdf', file_size: 15 },
        caption: '流水',
      });

      await place.call('POST', `${QIAN}/file`, {
        name: '身份证.png',
        mime: 'image/png',
        base64: Buffer.alloc(64, 1).toString('base64'),
      });
      expect((await place.call('GET', QIAN)).json.messages.at(-1).file).toEqual({
        name: '身份证.png',
        mime: 'image/png',
        size: 64,
      });
    });

    test('several photos go as one album where the platform has albums; one alone, or a document, is none', async () => {
      const album = (...types: readonly string[]): FormData => {
        const form = new FormData();
        for (const [at, type] of types.entries())
          form.append('photo', new Blob([Buffer.alloc(32, at)], { type }), `${String(at)}.png`);
        return form;
      };
      const before = place.delivered.length;
      expect((await place.call('POST', `${HE}/album`, album('image/png', 'image/png'))).status).toBe(200);
      const groups = place.delivered
        .slice(before)
        .map(({ body }) => JSON.parse(body).message.media_group_id as unknown);
      expect(groups).toHaveLength(2);
      expect(new Set(groups).size).toBe(1);

      expect((await place.call('POST', `${HE}/album`, album('image/png'))).status).toBe(422);
      expect((await place.call('POST', `${HE}/album`, album('image/png', 'application/pdf'))).status).toBe(422);
      expect((await place.call('POST', `${QIAN}/album`, album('image/png', 'image/png'))).status).toBe(409);
    });

    test('a picture can be looked at on the phone by what its bytes are; nothing else is shown in the page', async () => {
      const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(20)]);
      const send = async (phone: string, name: string, bytes: Buffer): Promise<string> => {
        const { json } = await place.call('POST', `${phone}/file`, {
          name,
          mime: 'image/png',
          base64: bytes.toString('base64'),
        });
        return `${phone}/files/${encodeURIComponent(json.messages.at(-1).id)}`;
      };
      for (const phone of [LIN, QIAN, HE]) {
        const answer = await place.call('GET', await send(phone, '房产证.png', png));
        expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png']);
      }

      const lie = await place.call('GET', await send(QIAN, '房产证.png', Buffer.from('<svg onload="alert(1)">')));
      expect(lie.headers.get('content-type')).toBe('application/octet-stream');
      expect(lie.headers.get('content-disposition')).toBe('attachment');
      expect((await place.call('GET', `${LIN}/files/nobody`)).status).toBe(404);
    });

    test('a file of 12 MB passes, a byte more is refused and nothing is sent', async () => {
      const file = (size: number) => ({
        name: 'a.pdf',
        mime: 'application/pdf',
        base64: Buffer.alloc(size).toString('base64'),
      });
      expect((await place.call('POST', `${HE}/file`, file(12 * 1_048_576))).status).toBe(200);
      const before = place.delivered.length;
      const answer = await place.call('POST', `${HE}/file`, file(12 * 1_048_576 + 1));
      expect([answer.status, answer.json.code, place.delivered.length]).toEqual([413, 'sandbox.too_large', before]);
    });

    test('sharing the phone gives the owner’s own number', async () => {
      await place.call('POST', `${HE}/contact`, {});
      expect(JSON.parse(place.delivered.at(-1)?.body ?? '').message.contact).toMatchObject({
        phone_number: '8613800006612',
        user_id: 7_000_000_201,
      });
    });

    test('an own message is changed and taken back where the platform can', async () => {
      const said = await place.call('POST', `${QIAN}/say`, { text: '同意' });
      const { id } = said.json.messages.at(-1);
      const edited = await place.call('POST', `${QIAN}/edit`, { message: id, text: '不同意' });
      expect(edited.json.messages.at(-1)).toMatchObject({ text: '不同意', edited: true });
      const removed = await place.call('POST', `${QIAN}/remove`, { message: id });
      expect(removed.json.messages.at(-1)).toMatchObject({ deleted: true });
      expect(JSON.parse(place.delivered.at(-1)?.body ?? '').event.subtype).toBe('message_deleted');
    });

    test('a blocked bot is told so by the platform, and the phone shows it', async () => {
      const blocked = await place.call('POST', `${HE}/block`);
      const botToken = place.settings.telegram?.botToken;
      const refused = await place.call('POST', `/sandbox/telegram/bot${botToken}/sendMessage`, {
        chat_id: 7_000_000_201,
        text: 'x',
      });
      const free = await place.call('POST', `${HE}/unblock`);
      expect([blocked.json.blocked, refused.json.error_code, free.json.blocked]).toEqual([true, 403, false]);
    });

    test('somebody who joined later gets a phone; staff on Telegram have pressed Start already', async () => {
      place.sandbox.restore([{ platform: 'telegram', id: '7000000102', name: '周敏', role: 'reviewer' }]);
      const botToken = place.settings.telegram?.botToken;
      const sent = await place.call('POST', `/sandbox/telegram/bot${botToken}/sendMessage`, {
        chat_id: 7_000_000_102,
        text: '有一件要审',
      });
      const { json } = await place.call('GET', '/sandbox/api/phones/telegram/7000000102');
      expect([sent.json.ok, json.messages.at(-1).text, json.role]).toEqual([true, '有一件要审', 'reviewer']);
    });
  });

  test('the journal shows the calls of all platforms, or of one, newest last', async () => {
    await place.call('POST', `${LIN}/say`, { text: '帮助' });
    const all = await place.call('GET', '/sandbox/journal?limit=1000');
    const one = await place.call('GET', '/sandbox/journal?platform=wecom&limit=2');

    expect(new Set(all.json.items.map(({ platform }: { platform: string }) => platform))).toEqual(
      new Set(['wecom', 'slack', 'telegram']),
    );
    expect(all.json.items.at(-1)).toMatchObject({ platform: 'wecom', direction: 'to_us', what: 'text', status: 200 });
    expect(one.json.items).toHaveLength(2);
    expect((await place.call('GET', '/sandbox/journal?limit=0')).status).toBe(422);
  });

  test('an ordered fault meets the next call once, and can be called off', async () => {
    const fault = {
      platform: 'slack',
      method: 'chat.postMessage',
      times: 1,
      effect: { kind: 'error', code: 'ratelimited', retryAfterSeconds: 7 },
    };
    const post = () =>
      place.call(
        'POST',
        '/sandbox/slack/api/chat.postMessage',
        { channel: 'U0QIAN001', text: 'x' },
        { authorization: `Bearer ${place.settings.slack?.botToken}` },
      );
    await place.call('POST', '/sandbox/faults', fault);
    const [struck, calm] = [await post(), await post()];
    await place.call('POST', '/sandbox/faults', fault);
    await place.call('DELETE', '/sandbox/faults');
    const spared = await post();

    expect([struck.status, struck.headers.get('retry-after')]).toEqual([429, '7']);
    expect([calm.json.ok, spared.json.ok]).toEqual([true, true]);
  });

  describe('the page', () => {
    test('a page that was not built says how to build it', async () => {
      const bare = await startPlayground({ pageFolder: path.join(place.folder, 'nowhere') });
      const answer = await bare.call('GET', '/sandbox', undefined, { 'accept-language': 'en' });
      await bare.close();
      expect([answer.status, answer.text]).toEqual([503, expect.stringContaining('npm run build')]);
    });

    test('the built page runs nothing but its own files', async () => {
      const folder = path.join(place.folder, 'page');
      const { mkdirSync } = await import('node:fs');
      mkdirSync(path.join(folder, 'assets'), { recursive: true });
      writeFileSync(path.join(folder, 'index.html'), '<!doctype html>');
      writeFileSync(path.join(folder, 'assets', 'index-1.js'), 'export {};');
      const built = await startPlayground({ pageFolder: folder });
      const [page, script, above] = [
        await built.call('GET', '/sandbox/'),
        await built.call('GET', '/sandbox/assets/index-1.js'),
        await built.call('GET', '/sandbox/assets/..%2Findex.html'),
      ];
      await built.close();

      expect(page.headers.get('content-security-policy')).toMatch(/script-src 'self';.*style-src 'self';/);
      expect([page.headers.get('cache-control'), script.headers.get('cache-control')]).toEqual([
        'no-store',
        expect.stringContaining('immutable'),
      ]);
      expect([script.status, above.status]).toEqual([200, 404]);
    });

    test('the words of the page are the same keys in both languages, each without an open blank of ICU', async () => {
      const [zh, en] = [
        await place.call('GET', '/sandbox/api/texts?lang=zh-CN'),
        await place.call('GET', '/sandbox/api/texts?lang=en'),
      ];
      expect(Object.keys(zh.json.texts)).toEqual(Object.keys(en.json.texts));
      expect(en.json.texts['page.phone.label']).toBe("{name}'s phone ({platform})");
      expect(zh.json.texts['page.guide.step']).toBe('第 {step} / {total} 步');
    });
  });
});

describe('a sandbox that was stopped and started again', () => {
  test('still shows the talks, takes presses of old cards, and gives no id twice', async () => {
    const first = await startPlayground();
    await first.call('POST', `${LIN}/say`, { text: '新客户 何女士' });
    const sent = await sendWecom(first, card('task-9'));
    await first.call('POST', `${QIAN}/say`, { text: '待办' });
    await first.call('POST', `${HE}/start`, { payload: 'abc123' });
    await first.call('POST', `${HE}/file`, {
      name: '身份证.png',
      mime: 'image/png',
      base64: Buffer.alloc(2_000, 5).toString('base64'),
    });
    const photo = JSON.parse(first.delivered.at(-1)?.body ?? '');
    await first.call('POST', `${HE}/block`);
    const screens = await Promise.all([LIN, QIAN, HE].map((at) => first.call('GET', at)));
    await first.close(true);

    const second = await startPlayground({ dataDir: first.folder });
    const again = await Promise.all([LIN, QIAN, HE].map((at) => second.call('GET', at)));
    expect(again.map(({ json }) => json)).toEqual(screens.map(({ json }) => json));

    await second.call('POST', `${LIN}/tap`, { message: sent.json.msgid, key: 'abcd:1:approve' });
    expect(second.delivered.at(-1)?.body).toContain('abcd:1:approve');
    const botToken = second.settings.telegram?.botToken;
    const { json } = await second.call(
      'GET',
      `/sandbox/telegram/bot${botToken}/getFile?file_id=${photo.message.photo.at(-1).file_id}`,
    );
    const bytes = await fetch(`${second.base}/sandbox/telegram/file/bot${botToken}/${json.result.file_path}`);
    expect(Buffer.from(await bytes.arrayBuffer()).equals(Buffer.alloc(2_000, 5))).toBe(true);

    await second.call('POST', `${HE}/unblock`);
    await second.call('POST', `${HE}/say`, { text: '在吗' });
    expect(JSON.parse(second.delivered.at(-1)?.body ?? '').update_id).toBeGreaterThan(photo.update_id);
    const told = await second.call('POST', `${QIAN}/say`, { text: '还在' });
    const stamps = told.json.messages.map(({ id }: { id: string }) => Number(id));
    expect(stamps).toEqual(stamps.toSorted((a: number, b: number) => a - b));
    await second.close();
  });

  test('what was shown survives a kill without farewell', async () => {
    const first = await startPlayground();
    await first.call('POST', `${LIN}/say`, { text: '我的客户' });
    const written = path.join(first.folder, 'sandbox', 'state.bin');
    const { existsSync, statSync } = await import('node:fs');
    await expect.poll(() => existsSync(written) && (statSync(written).mode & 0o777).toString(8)).toBe('600');
    const second = await startPlayground({ dataDir: first.folder });

    expect((await second.call('GET', LIN)).json.messages.map(({ text }: { text: string }) => text)).toContain(
      '我的客户',
    );
    await second.close(true);
    await first.close();
  });

  test('a memory that cannot be read is put aside and the sandbox starts fresh', async () => {
    const first = await startPlayground();
    await first.call('POST', `${LIN}/say`, { text: '我的客户' });
    await first.close(true);
    writeFileSync(path.join(first.folder, 'sandbox', 'state.bin'), 'not a memory');

    const second = await startPlayground({ dataDir: first.folder });
    const { existsSync } = await import('node:fs');
    expect((await second.call('GET', LIN)).json.messages).toEqual([]);
    expect(existsSync(path.join(first.folder, 'sandbox', 'state.bin.broken'))).toBe(true);
    await second.close();
  });
});

describe('connecting', () => {
  test('fails with the reason when our endpoint does not prove itself', async () => {
    const lonely = await startPlayground({ wanted: ['wecom'] }, false);
    await expect(lonely.sandbox.connect(`${lonely.base}/nowhere`)).rejects.toThrow('status_404');
    await lonely.close();
  });
});
