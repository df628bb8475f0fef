import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Fields, fieldsOf, listOf } from '../../../../src/sandbox/kernel/values.ts';
import { BOT_TOKEN, type OurEndpoint, ourEndpoint, type Stage, stage } from './support.ts';

let ours: OurEndpoint;
let s: Stage;
beforeEach(async () => {
  ours = await ourEndpoint();
  s = await stage({ eventsUrl: ours.url, channels: [{ id: 'C0OPEN', name: 'open', members: ['U0LIN'] }] });
});
afterEach(async () => {
  await s.close();
  await ours.close();
});

const BYTES = Buffer.from('%PDF-1.7 还款计划');

async function announce(length = BYTES.length): Promise<{ id: string; url: string }> {
  const answer = await s.call('files.getUploadURLExternal', { filename: 'plan.pdf', length });
  return { id: String(answer['file_id']), url: String(answer['upload_url']) };
}

async function uploaded(): Promise<string> {
  const { id, url } = await announce();
  await fetch(url, { method: 'POST', body: BYTES });
  return id;
}

const complete = (id: string, more: Fields = {}) =>
  s.call('files.completeUploadExternal', { files: [{ id, title: '计划' }], ...more });

describe('uploading', () => {
  test('three steps put the file into the conversation, with message and file_shared told', async () => {
    const { channel } = await s.call('conversations.open', { users: 'U0LIN' });
    const channel_id = fieldsOf(channel)['id'];
    const { id, url } = await announce();
    const step2 = await fetch(url, { method: 'POST', body: BYTES });
    const done = await complete(id, { channel_id, initial_comment: '请看' });
    await s.slack.idle();

    expect([step2.status, await step2.text()]).toEqual([200, `OK - ${BYTES.length}`]);
    expect(done['files']).toMatchObject([
      { id, title: '计划', mimetype: 'application/pdf', size: BYTES.length, ims: [channel_id] },
    ]);
    expect(s.slack.screen('U0LIN').messages).toMatchObject([
      { text: '请看', file: { name: 'plan.pdf', size: BYTES.length } },
    ]);
    expect(ours.events().map((body) => fieldsOf(body['event'])['type'])).toEqual(
      expect.arrayContaining(['file_shared', 'message']),
    );
  });

  test('message and file_shared can overtake the answer of the last step', async () => {
    const { channel } = await s.call('conversations.open', { users: 'U0LIN' });
    const id = await uploaded();
    s.slack.setEventsFirst(true);
    const seenBefore: unknown[] = [];
    ours.reply = () => {
      seenBefore.push(s.slack.journal.at(-1)?.what);
      return undefined;
    };
    await complete(id, { channel_id: fieldsOf(channel)['id'] });

    expect(ours.events('file_shared')).toHaveLength(1);
    expect(s.slack.journal.at(-1)?.what).toBe('files.completeUploadExternal');
    expect(seenBefore).not.toContain('files.completeUploadExternal');
  });

  test('the bytes may come as multipart too', async () => {
    const { id, url } = await announce();
    const body = new FormData();
    body.set('file', new Blob([BYTES]), 'plan.pdf');

    expect((await fetch(url, { method: 'POST', body })).status).toBe(200);
    expect((await complete(id))['ok']).toBe(true);
  });

  test('another length than announced is refused, and so is a length of zero', async () => {
    const { id, url } = await announce(5);

    expect((await fetch(url, { method: 'POST', body: BYTES })).status).toBe(400);
    expect((await complete(id))['error']).toBe('file_not_found');
    expect((await s.call('files.getUploadURLExternal', { filename: 'a.pdf', length: 0 }))['error']).toBe(
      'missing_argument',
    );
  });

  test('an unknown file and one that is complete already are file_not_found', async () => {
    const id = await uploaded();
    await complete(id);

    expect((await complete(id))['error']).toBe('file_not_found');
    expect((await complete('F0NONE'))['error']).toBe('file_not_found');
  });

  test('without a channel the file stays private', async () => {
    const done = await complete(await uploaded());
    expect(done['files']).toMatchObject([{ channels: [], ims: [], groups: [], is_public: false }]);
    expect(s.slack.screen('U0LIN').messages).toEqual([]);
  });

  test('a channel that is unknown or not joined is refused', async () => {
    expect((await complete(await uploaded(), { channel_id: 'C0NONE' }))['error']).toBe('invalid_channel');
    expect((await complete(await uploaded(), { channel_id: 'C0OPEN' }))['error']).toBe('not_in_channel');
  });
});

describe('downloading', () => {
  async function fileOfPerson(): Promise<Fields> {
    await s.slack.sendFile('U0LIN', { name: '身份证.jpg', mime: 'image/jpeg', bytes: Buffer.from([0xff, 0xd8, 0xff]) });
    const event = fieldsOf(fieldsOf(ours.events('message')[0])['event']);
    const [file] = listOf(event['files']);
    const answer = await s.call('files.info', { file: fieldsOf(file)['id'] });
    return fieldsOf(answer['file']);
  }

  test('with the bot token the bytes come with their media type', async () => {
    const file = await fileOfPerson();
    const response = await fetch(String(file['url_private_download']), {
      headers: { authorization: `Bearer ${BOT_TOKEN}` },
    });

    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
  });

  test('without it a sign-in page comes with status 200', async () => {
    const file = await fileOfPerson();
    const response = await fetch(String(file['url_private']));

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(await response.text()).toContain('<!DOCTYPE html>');
  });

  test('an unknown file is file_not_found', async () => {
    expect((await s.call('files.info', { file: 'F0NONE' }))['error']).toBe('file_not_found');
  });

  test('every address handed out leads back here', async () => {
    const file = await fileOfPerson();
    const { url } = await announce();

    for (const address of [file['url_private'], file['url_private_download'], file['permalink'], url]) {
      expect(String(address).startsWith(`${s.base}/`)).toBe(true);
    }
  });
});

describe('faults and journal of the other addresses', () => {
  const order = (method: string, effect: Parameters<Stage['slack']['addFault']>[0]['effect']) =>
    s.slack.addFault({ platform: 'slack', method, times: 1, effect });

  test('upload, download and response_url meet ordered faults like every method, and stand in the journal', async () => {
    const { id, url } = await announce();
    order('upload', { kind: 'http', status: 503 });
    order('download', { kind: 'error', code: 'ratelimited', retryAfterSeconds: 9 });
    order('response_url', { kind: 'drop_before' });
    await s.slack.slash('U0LIN', '/daiban', 'x');
    const hook = String(ours.seen.at(-1)?.body['response_url']);
    const say = () => fetch(hook, { method: 'POST', body: JSON.stringify({ text: '收到' }) });

    expect((await fetch(url, { method: 'POST', body: BYTES })).status).toBe(503);
    expect((await fetch(url, { method: 'POST', body: BYTES })).status).toBe(200);
    const download = await fetch(`${s.base}/files-pri/T0001-${id}/plan.pdf`);
    expect([download.status, download.headers.get('retry-after')]).toEqual([429, '9']);
    await expect(say()).rejects.toThrow();
    expect((await say()).status).toBe(200);
    await fetch(`${s.base}/nowhere`);

    const calls = s.slack.journal.filter(({ direction }) => direction === 'to_platform');
    expect(calls.map(({ what, status }) => [what, status])).toEqual([
      ['files.getUploadURLExternal', 200],
      ['upload', 503],
      ['upload', 200],
      ['download', 429],
      ['response_url', 0],
      ['response_url', 200],
      ['unknown_path', 404],
    ]);
  });

  test('the handshake and the certificate probe stand in the journal', async () => {
    await s.slack.verifyEventsUrl();
    await s.slack.sslCheck();

    expect(s.slack.journal.map(({ what, direction, status }) => [what, direction, status])).toEqual([
      ['url_verification', 'to_us', 200],
      ['ssl_check', 'to_us', 200],
    ]);
  });
});
