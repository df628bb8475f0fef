import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answered, startWorld, type World } from './sandbox-wecom-world.ts';

let world: World;
const KEY = 'robot-key';
beforeEach(async () => {
  world = await startWorld({ robots: [KEY] });
});
afterEach(() => world.close());

const MB = 1_048_576;
const jpeg = (size: number): Buffer => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(size - 3)]);
const mp4 = (size: number): Buffer => Buffer.concat([Buffer.from('\0\0\0\u0018ftypisom'), Buffer.alloc(size - 12)]);
/** AMR-NB at 12.2 kbit/s: mode 7, 32 bytes a frame of 20 ms. */
const amr = (seconds: number): Buffer => {
  const frame = Buffer.alloc(32);
  frame[0] = 7 << 3;
  return Buffer.concat([Buffer.from('#!AMR\n'), ...Array<Buffer>(seconds * 50).fill(frame)]);
};

async function upload(type: string, bytes: Buffer, options: { field?: string; name?: string } = {}): Promise<Answered> {
  const form = new FormData();
  form.append(options.field ?? 'media', new Blob([new Uint8Array(bytes)]), options.name ?? 'a.bin');
  const url = `${world.base}/cgi-bin/media/upload?type=${type}&access_token=${await world.token()}`;
  return (await (await fetch(url, { method: 'POST', body: form })).json()) as Answered;
}

async function download(mediaId: unknown, range?: string): Promise<Response> {
  const url = `${world.base}/cgi-bin/media/get?media_id=${String(mediaId)}&access_token=${await world.token()}`;
  return fetch(url, range === undefined ? {} : { headers: { range } });
}

describe('upload', () => {
  test.each<[string, string, Buffer, number]>([
    ['a file of 20 MB', 'file', Buffer.alloc(20 * MB), 0],
    ['a file over 20 MB', 'file', Buffer.alloc(20 * MB + 1), 40006],
    ['a file of 6 bytes', 'file', Buffer.alloc(6), 0],
    ['a file of 5 bytes', 'file', Buffer.alloc(5), 40006],
    ['an empty file', 'file', Buffer.alloc(0), 44001],
    ['a photo', 'image', jpeg(1_000), 0],
    ['a photo of 10 MB', 'image', jpeg(10 * MB), 0],
    ['a photo over 10 MB', 'image', jpeg(10 * MB + 1), 40009],
    ['a PDF that claims to be a photo', 'image', Buffer.from('%PDF-1.7 …'), 40005],
    ['a video', 'video', mp4(1_000), 0],
    ['a video of 10 MB', 'video', mp4(10 * MB), 0],
    ['a video over 10 MB', 'video', mp4(10 * MB + 1), 40011],
    ['a photo that claims to be a video', 'video', jpeg(1_000), 40005],
    ['a voice of 60 s', 'voice', amr(60), 0],
    ['a voice of 61 s', 'voice', amr(61), 45007],
    ['a voice over 2 MB', 'voice', Buffer.concat([amr(1), Buffer.alloc(2 * MB)]), 40006],
    ['an mp3 that claims to be a voice', 'voice', Buffer.from('ID3 not amr'), 301017],
    ['a type that does not exist', 'sticker', jpeg(1_000), 40004],
  ])('%s', async (_, type, bytes, errcode) => {
    expect((await upload(type, bytes)).errcode).toBe(errcode);
  });

  test('answers with the type, an id and the time of creation as a string', async () => {
    const answer = await upload('image', jpeg(100));

    expect(answer).toEqual({
      errcode: 0,
      errmsg: 'ok',
      type: 'image',
      media_id: expect.any(String),
      created_at: '1796000400',
    });
  });

  test('wants the multipart field to be called media', async () => {
    expect((await upload('file', Buffer.alloc(10), { field: 'file' })).errcode).toBe(41005);
    expect((await world.call('media/upload?type=file', {})).errcode).toBe(41005);
  });
});

describe('download', () => {
  test('gives the bytes with their name, also a Chinese one', async () => {
    const { media_id: id } = await upload('file', Buffer.from('contract'), { name: '合同.pdf' });

    const response = await download(id);

    expect(await response.text()).toBe('contract');
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename*=UTF-8''${encodeURIComponent('合同.pdf')}`,
    );
  });

  test('is dead 72 hours after the upload: 40007 as JSON with HTTP 200 on the binary address', async () => {
    const { media_id: id } = await upload('file', Buffer.from('contract'));
    await world.later(72 * 3_600 - 1);
    expect((await download(id)).headers.get('content-type')).not.toContain('json');

    await world.later(1);
    const response = await download(id);

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toMatchObject({ errcode: 40007 });
  });

  test('of more than 20 MB needs Range, otherwise 830002', async () => {
    const bytes = Buffer.concat([Buffer.alloc(20 * MB), Buffer.from('tail')]);
    await world.wecom.sendFile('lina', { name: 'v.mp4', mime: 'video/mp4', bytes });
    const id = /<MediaId><!\[CDATA\[(.*?)\]\]>/.exec(world.received[0]?.plaintext ?? '')?.[1];

    expect(await (await download(id)).json()).toMatchObject({ errcode: 830002 });
    expect(await (await download(id, `bytes=0-${20 * MB}`)).json()).toMatchObject({ errcode: 830002 });
    expect((await download(id, `bytes=0-${20 * MB - 1}`)).status).toBe(206);
    const part = await download(id, `bytes=${20 * MB}-${20 * MB + 3}`);
    expect([part.status, await part.text()]).toEqual([206, 'tail']);
    expect(part.headers.get('content-range')).toBe(`bytes ${20 * MB}-${20 * MB + 3}/${20 * MB + 4}`);
  });
});

describe('media ids', () => {
  test('of a robot are good for that robot only, and those of apps not for robots', async () => {
    const form = new FormData();
    form.append('media', new Blob(['report of the day']), 'report.csv');
    const uploaded = await fetch(`${world.base}/cgi-bin/webhook/upload_media?key=${KEY}&type=file`, {
      method: 'POST',
      body: form,
    });
    const { media_id: robotFile } = (await uploaded.json()) as Answered;
    const { media_id: appFile } = await upload('file', Buffer.from('contract'));
    const robot = async (id: unknown): Promise<unknown> => {
      const body = JSON.stringify({ msgtype: 'file', file: { media_id: id } });
      const sent = await fetch(`${world.base}/cgi-bin/webhook/send?key=${KEY}`, { method: 'POST', body });
      return ((await sent.json()) as Answered).errcode;
    };
    const app = async (id: unknown): Promise<unknown> =>
      (await world.send({ touser: 'lina', msgtype: 'file', file: { media_id: id } })).errcode;

    expect([await robot(robotFile), await robot(appFile), await app(robotFile), await app(appFile)]).toEqual([
      0, 40007, 40007, 0,
    ]);
  });

  test('of a file cannot be sent as a picture, and a sent file stands on the phone with its name and size', async () => {
    const { media_id: id } = await upload('file', Buffer.from('contract'), { name: 'a.pdf' });

    expect((await world.send({ touser: 'lina', msgtype: 'image', image: { media_id: id } })).errcode).toBe(40007);
    await world.send({ touser: 'lina', msgtype: 'file', file: { media_id: id } });
    expect(world.last('lina').file).toMatchObject({ name: 'a.pdf', size: 8 });
  });
});
