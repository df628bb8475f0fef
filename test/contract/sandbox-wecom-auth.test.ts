import { afterEach, describe, expect, test } from 'vitest';
import { CORP, LOAN_APP, REPORT_APP, startWorld, type Answered, type World } from './sandbox-wecom-world.ts';
import type { WecomOptions } from '../../src/sandbox/wecom/index.ts';

let world: World;
afterEach(() => world.close());

async function start(options: Partial<WecomOptions> = {}): Promise<void> {
  world = await startWorld(options);
}

async function raw(path: string, init: RequestInit = {}): Promise<Answered> {
  const response = await fetch(`${world.base}/cgi-bin/${path}`, init);
  expect(response.status).toBe(200);
  return (await response.json()) as Answered;
}

const getToken = (secret = LOAN_APP.secret, corp = CORP): Promise<Answered> =>
  raw(`gettoken?corpid=${corp}&corpsecret=${secret}`);

const codeWith = async (token: string): Promise<number> => (await raw(`getcallbackip?access_token=${token}`)).errcode;

describe('access_token', () => {
  test('an app gets the same token again until it expires after 7200 s, then it is refused with 40014 and 42001 by turns', async () => {
    await start();
    const first = await getToken();
    await world.later(7_199);
    const again = await getToken();
    const token = String(first['access_token']);

    expect(first).toMatchObject({ errcode: 0, errmsg: 'ok', expires_in: 7_200 });
    expect(again).toMatchObject({ access_token: token, expires_in: 1 });
    expect(await codeWith(token)).toBe(0);

    await world.later(1);
    expect([await codeWith(token), await codeWith(token), await codeWith(token)]).toEqual([40014, 42001, 40014]);
    expect((await getToken())['access_token']).not.toBe(token);
  });

  test('a token the platform takes back early is refused with 40014 and replaced by the next gettoken', async () => {
    await start();
    const token = await world.token();
    world.wecom.invalidateToken(LOAN_APP.agentId);

    expect(await codeWith(token)).toBe(40014);
    expect(await world.token()).not.toBe(token);
    expect(await codeWith(await world.token())).toBe(0);
  });

  test('a missing token, also one sent in the body, is 41001; a made-up one is 40014', async () => {
    await start();
    const body = JSON.stringify({ access_token: await world.token() });

    expect((await raw('message/send', { method: 'POST', body })).errcode).toBe(41001);
    expect((await raw('getcallbackip')).errcode).toBe(41001);
    expect(await codeWith('made-up')).toBe(40014);
  });

  test('a wrong secret is 40001 and after ten of them the address is barred from gettoken for an hour with 45009', async () => {
    await start();
    const wrong: number[] = [];
    for (let n = 0; n < 11; n++) wrong.push((await getToken('wrong')).errcode);

    expect(wrong).toEqual([...Array<number>(10).fill(40001), 45009]);
    expect((await getToken()).errcode).toBe(45009);
    await world.later(3_599);
    expect((await getToken()).errcode).toBe(45009);
    await world.later(1);
    expect((await getToken()).errcode).toBe(0);
  });

  test.each([
    ['gettoken?corpsecret=x', 41002],
    [`gettoken?corpid=${CORP}`, 41004],
    ['gettoken?corpid=wwother&corpsecret=x', 40013],
  ])('%s is refused with %i', async (path, errcode) => {
    await start();
    expect((await raw(path)).errcode).toBe(errcode);
  });
});

describe('envelope', () => {
  test('the token of one app cannot act for another app (301002), an API that was not granted is 48002', async () => {
    await start({ agents: [LOAN_APP, { ...REPORT_APP, forbidden: ['media/upload'] }] });
    const text = { touser: 'lina', msgtype: 'text', text: { content: 'x' } };

    expect((await world.send({ ...text, agentid: REPORT_APP.agentId })).errcode).toBe(301002);
    expect((await world.send({ ...text, agentid: 'x' })).errcode).toBe(40056);
    expect((await world.call('media/upload?type=file', {}, REPORT_APP)).errcode).toBe(48002);
  });

  test('an address outside the trusted list is 60020 with HTTP 200, a hint and the address in errmsg', async () => {
    await start();
    world.wecom.setTrustedIps(['203.0.113.9']);

    const refused = await world.call('getcallbackip');

    expect(refused.errcode).toBe(60020);
    expect(refused.errmsg).toMatch(/hint: \[\d+\], from ip: 127\.0\.0\.1, more info at \S+e=60020$/);
    world.wecom.setTrustedIps(undefined);
    expect((await world.call('getcallbackip')).errcode).toBe(0);
  });

  test('malformed JSON is answered with "Warning: wrong json format." and HTTP 200', async () => {
    await start();
    const path = `message/send?access_token=${await world.token()}`;

    const refused = await raw(path, { method: 'POST', body: '{"touser":"lina",' });

    expect(refused.errcode).not.toBe(0);
    expect(refused.errmsg).toContain('Warning: wrong json format.');
  });

  test('a message written with \\u escapes instead of UTF-8 is 40033', async () => {
    await start();
    const path = `message/send?access_token=${await world.token()}`;
    const send = (content: string): Promise<Answered> => {
      const body = `{"touser":"lina","agentid":${LOAN_APP.agentId},"msgtype":"text","text":{"content":${content}}}`;
      return raw(path, { method: 'POST', body });
    };

    expect((await send('"\\u8fd8\\u6b3e"')).errcode).toBe(40033);
    expect((await send(JSON.stringify('还款\u0007 \\u8fd8'))).errcode).toBe(0);
  });

  test('a message sent by GET is 43002, a body over 22 MB is 413', async () => {
    await start();
    const path = `message/send?access_token=${await world.token()}`;

    expect((await raw(path)).errcode).toBe(43002);
    const big = await fetch(`${world.base}/cgi-bin/${path}`, {
      method: 'POST',
      body: Buffer.alloc(23 * 1_048_576),
    }).catch(() => undefined);
    expect([413, undefined]).toContain(big?.status);
    expect(world.wecom.journal.at(-1)).toMatchObject({ status: 413, error: 'http_413' });
  });

  test('an unknown path is a bare 404', async () => {
    await start();
    expect((await fetch(`${world.base}/cgi-bin/no/such`)).status).toBe(404);
    expect((await fetch(`${world.base}/elsewhere`)).status).toBe(404);
  });

  test('fields WeCom does not know are ignored and listed in the journal', async () => {
    await start();

    const sent = await world.send({ touser: 'lina', msgtype: 'text', text: { content: 'x', contnet: 'y' }, foo: 1 });

    expect(sent.errcode).toBe(0);
    expect(world.wecom.journal.at(-1)).toMatchObject({
      platform: 'wecom',
      direction: 'to_platform',
      what: 'message/send',
      status: 200,
      unknownFields: ['text.contnet', 'foo'],
    });
  });

  test('secrets and tokens do not stand in the journal', async () => {
    await start();
    const token = await world.token();
    await world.call('getcallbackip');

    const journal = JSON.stringify(world.wecom.journal.map(({ request }) => request));
    expect(journal).not.toContain(token);
    expect(journal).not.toContain(LOAN_APP.secret);
  });
});

describe('limits', () => {
  test('over the calls a minute of one API there is 45009 for 60 s while other APIs go on', async () => {
    await start({ rateScale: 0.0003 }); // 10 000 a minute becomes 3
    const codes: number[] = [];
    for (let n = 0; n < 5; n++) codes.push((await world.call('getcallbackip')).errcode);

    expect(codes).toEqual([0, 0, 0, 45009, 45009]);
    expect((await world.call('department/list')).errcode).toBe(0);
    await world.later(59);
    expect((await world.call('getcallbackip')).errcode).toBe(45009);
    await world.later(61);
    expect((await world.call('getcallbackip')).errcode).toBe(0);
  });

  test('more list calls at once than the cap are 45033', async () => {
    await start({ listConcurrency: 2 });
    const slow = { platform: 'wecom', method: 'user/list_id', times: 2, effect: { kind: 'delay', ms: 80 } } as const;
    world.wecom.addFault(slow);

    const codes = await Promise.all([1, 2, 3].map(async () => (await world.call('user/list_id', {})).errcode));

    expect(codes.toSorted((a, b) => a - b)).toEqual([0, 0, 45033]);
    expect((await world.call('user/list_id', {})).errcode).toBe(0);
  });

  test('no setting makes this platform kinder than the real one', async () => {
    await start({ listConcurrency: 100, secretTries: 100 });
    const slow = { platform: 'wecom', method: 'user/list_id', times: 5, effect: { kind: 'delay', ms: 800 } } as const;
    world.wecom.addFault(slow);
    await world.token();

    const lists = await Promise.all([1, 2, 3, 4, 5, 6].map(async () => (await world.call('user/list_id', {})).errcode));
    const wrong: number[] = [];
    for (let n = 0; n < 11; n++) wrong.push((await getToken('wrong')).errcode);

    expect(lists.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 0, 0, 45033]);
    expect(wrong.at(-1)).toBe(45009);
  });

  test('the 101st jsapi ticket of an app within an hour is 45009', async () => {
    await start();
    let answered = await world.call('get_jsapi_ticket');
    const { ticket } = answered;
    await world.later(3_599);
    for (let n = 1; n < 100; n++) answered = await world.call('ticket/get?type=agent_config');

    expect(answered.errcode).toBe(0);
    expect(ticket).not.toBe(answered['ticket']);
    expect((await world.call('get_jsapi_ticket')).errcode).toBe(45009);
  });

  test('the 401st jsapi ticket of a corp within an hour is 45009, whichever app asks', async () => {
    const apps = [1, 2, 3, 4, 5].map((n) => ({ ...REPORT_APP, agentId: n, secret: `secret-${n}` }));
    await start({ agents: [LOAN_APP, ...apps] });
    const codes: number[] = [];
    for (const app of apps.slice(0, 4)) {
      const token = await world.token(app);
      for (let n = 0; n < 100; n++) codes.push((await raw(`get_jsapi_ticket?access_token=${token}`)).errcode);
    }

    expect(new Set(codes)).toEqual(new Set([0]));
    expect((await world.call('get_jsapi_ticket', undefined, apps[4])).errcode).toBe(45009);
    await world.later(3_600);
    expect((await world.call('get_jsapi_ticket', undefined, apps[4])).errcode).toBe(0);
  });

  test('?debug=1 leaves five calls a minute', async () => {
    await start();
    const codes: number[] = [];
    for (let n = 0; n < 6; n++) codes.push((await world.call('getcallbackip?debug=1')).errcode);

    expect(codes).toEqual([0, 0, 0, 0, 0, 45009]);
  });
});

describe('directory', () => {
  test('members, departments and the app itself are listed as far as the app may see', async () => {
    await start({
      agents: [LOAN_APP, { ...REPORT_APP, visible: ['LINA'] }],
      departments: [{ id: 2, name: 'sales', parentId: 1, members: ['lina'] }],
    });

    expect(await world.call('user/get?userid=ZHANGWEI')).toMatchObject({ errcode: 0, userid: 'ZhangWei', status: 1 });
    expect((await world.call('user/get?userid=nobody')).errcode).toBe(60111);
    expect((await world.call('user/get?userid=ZhangWei', undefined, REPORT_APP)).errcode).toBe(60011);
    expect(await world.call('user/simplelist?department_id=2')).toMatchObject({ userlist: [{ userid: 'lina' }] });
    expect(await world.call('user/list_id', { limit: 3 })).toMatchObject({ next_cursor: '3' });
    expect(await world.call('user/list_id', { limit: 3, cursor: '3' })).toMatchObject({
      next_cursor: '',
      dept_user: [{ userid: '1e5' }],
    });
    expect(await world.call(`agent/get?agentid=${REPORT_APP.agentId}`, undefined, REPORT_APP)).toMatchObject({
      allow_userinfos: { user: [{ userid: 'lina' }] },
    });
    expect((await world.call('department/list'))['department']).toHaveLength(2);
  });
});
