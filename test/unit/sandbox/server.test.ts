/** The sandbox over HTTP: who may use it, what it refuses, its clock, journal, faults and page. */
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HE, LIN, type Playground, QIAN, START, startPlayground, texts } from './server-support.ts';

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

    test('the steps of the road name no amount of the example: it may have been changed on the way', async () => {
      for (const [lang, wished] of [
        ['zh-CN', /30 ?万/u],
        ['en', /300[k,]/u],
      ] as const) {
        const { texts } = (await place.call('GET', `/sandbox/api/texts?lang=${lang}`)).json;
        expect(texts['page.road.lead.say']).toMatch(wished);
        for (const step of ['invite', 'bind', 'documents', 'submit', 'review', 'approve', 'reminder'])
          expect(texts[`page.road.${step}.hint`]).not.toMatch(wished);
      }
    });
  });
});

describe('connecting', () => {
  test('fails with the reason when our endpoint does not prove itself', async () => {
    const lonely = await startPlayground({ wanted: ['wecom'] }, false);
    await expect(lonely.sandbox.connect(`${lonely.base}/nowhere`)).rejects.toThrow('status_404');
    await lonely.close();
  });
});
