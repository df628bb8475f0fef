import { beforeEach, describe, expect, test } from 'vitest';
import { ChannelError, type OutboundContent } from '../../src/channels/channel.ts';
import { ok, refused } from '../fixtures/wecom/api-stub.ts';
import { anIntent } from '../fixtures/wecom/platform.ts';
import { useWecom } from '../fixtures/wecom/sending.ts';

const wecom = useWecom();

describe('files', () => {
  const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(64)]);
  let uploads = 0;
  const withUploads = ({ path }: { path: string }) =>
    path === 'media/upload'
      ? { errcode: 0, errmsg: 'ok', type: 'image', media_id: `MEDIA_${(uploads += 1)}`, created_at: '1735693000' }
      : ok();
  const aFile = (changes: object = {}): OutboundContent => ({
    kind: 'file',
    name: '还款计划.png',
    mime: 'image/png',
    bytes: PNG,
    ...changes,
  });

  beforeEach(() => {
    uploads = 0;
    wecom.stub.script = withUploads;
  });

  test('are uploaded under their UTF-8 name and sent by their type, the caption after them', async () => {
    await wecom.channel.send(anIntent(aFile({ caption: '本月计划' })));
    const upload = wecom.stub.calls.find(({ path }) => path === 'media/upload');

    expect(upload?.query['type']).toBe('image');
    expect(upload?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(upload?.body).toContain('name="media"; filename="还款计划.png"');
    expect(wecom.stub.sent('message/send')).toMatchObject([
      { msgtype: 'image', image: { media_id: 'MEDIA_1' } },
      { msgtype: 'text', text: { content: '本月计划' } },
    ]);
  });

  test('keep their media id on a second try, so that the duplicate check still works', async () => {
    await wecom.channel.send(anIntent(aFile()));
    await wecom.channel.send(anIntent(aFile(), { attempt: 2 }));
    await wecom.channel.send(anIntent(aFile(), { id: 'row-2' }));

    expect(wecom.stub.sent('message/send').map(({ image }) => image)).toEqual([
      { media_id: 'MEDIA_1' },
      { media_id: 'MEDIA_1' },
      { media_id: 'MEDIA_2' },
    ]);
  });

  test.each([
    ['application/pdf', 100, 'file'],
    ['image/jpeg', 100, 'image'],
    ['image/gif', 100, 'file'],
    ['audio/amr', 100, 'voice'],
    ['video/mp4', 100, 'video'],
    ['image/png', 10_485_761, 'file'],
  ])('of type %s and %i bytes go as %s', async (mime, size, type) => {
    await wecom.channel.send(anIntent(aFile({ mime, bytes: Buffer.alloc(size, 1) })));

    expect(wecom.stub.sent('message/send')).toMatchObject([{ msgtype: type }]);
  });

  test('that the platform does not take as voice or image go as plain files', async () => {
    wecom.stub.script = (call) =>
      call.query['type'] === 'voice' ? refused(301017, 'voice only amr') : withUploads(call);
    await wecom.channel.send(anIntent(aFile({ mime: 'audio/amr' })));

    expect(wecom.stub.sent('message/send')).toMatchObject([{ msgtype: 'file', file: { media_id: 'MEDIA_1' } }]);
  });

  test('whose media id has died are uploaded again, once', async () => {
    wecom.stub.script = (call) =>
      call.path === 'message/send' && call.body.includes('MEDIA_1') ? refused(40007) : withUploads(call);

    expect(await wecom.channel.send(anIntent(aFile()))).toEqual({ providerId: 'm-1' });
    expect(wecom.stub.count('media/upload')).toBe(2);
  });

  test.each([
    [5, 'too_small'],
    [20 * 1_048_576 + 1, 'too_big'],
  ])('of %i bytes never leave', async (size, code) => {
    const sending = wecom.channel.send(anIntent(aFile({ bytes: Buffer.alloc(size) })));

    await expect(sending).rejects.toMatchObject({ failure: 'our_fault', code });
    expect(wecom.stub.calls).toEqual([]);
  });
});

describe('received files', () => {
  const media = { id: 'MEDIA_9', kind: 'image' } as const;
  const fetched = async (maxBytes: number): Promise<Buffer | ChannelError> =>
    wecom.channel.fetchMedia(media, maxBytes).catch((error: unknown) => {
      if (error instanceof ChannelError) return error;
      throw error;
    });
  const file = (body: Buffer, headers: Record<string, string>) => (call: { path: string }) =>
    call.path === 'gettoken' ? ok() : { body, headers };

  test('come as their bytes', async () => {
    wecom.stub.script = file(Buffer.from('ffd8ff00', 'hex'), {
      'content-type': 'image/jpeg',
      'content-disposition': 'attachment; filename="a.jpg"',
    });

    expect(await fetched(1000)).toEqual(Buffer.from('ffd8ff00', 'hex'));
    expect(wecom.stub.calls[1]).toMatchObject({ path: 'media/get', query: { media_id: 'MEDIA_9' } });
  });

  test.each(['application/json', 'text/plain; charset=utf-8'])(
    'that have expired are told by JSON as %s with status 200',
    async (type) => {
      wecom.stub.script = file(Buffer.from(JSON.stringify(refused(40007, 'invalid media_id'))), {
        'content-type': type,
      });

      expect(await fetched(1000)).toMatchObject({ failure: 'park', code: '40007' });
    },
  );

  test('that are JSON or text themselves are files', async () => {
    wecom.stub.script = file(Buffer.from('{"errcode":40007}'), {
      'content-type': 'application/json',
      'content-disposition': 'attachment; filename="x.json"',
    });
    expect(await fetched(1000)).toEqual(Buffer.from('{"errcode":40007}'));

    wecom.stub.script = file(Buffer.from('hello'), { 'content-type': 'text/plain' });
    expect(await fetched(1000)).toEqual(Buffer.from('hello'));
  });

  test('are asked for again when a page or a redirect came in their place', async () => {
    wecom.stub.script = file(Buffer.from('<html>'), { 'content-type': 'text/html; charset=utf-8' });
    expect(await fetched(1000)).toMatchObject({ failure: 'retry', code: 'html_page' });

    wecom.stub.script = (call) =>
      call.path === 'gettoken' ? ok() : { status: 302, headers: { location: wecom.stub.url } };
    expect(await fetched(1000)).toMatchObject({ failure: 'retry', code: 'http_302' });
  });

  test('that are pages themselves are files', async () => {
    const headers = { 'content-type': 'text/html', 'content-disposition': 'attachment; filename="a.html"' };
    wecom.stub.script = file(Buffer.from('<html>'), headers);

    expect(await fetched(1000)).toEqual(Buffer.from('<html>'));
  });

  test('are cut off when they are larger than allowed', async () => {
    wecom.stub.script = file(Buffer.alloc(10_000), { 'content-type': 'image/jpeg' });
    expect(await fetched(9_999)).toMatchObject({ failure: 'our_fault', code: 'too_big' });
    expect(await fetched(100)).toMatchObject({ failure: 'our_fault', code: 'too_big' });

    expect(await fetched(10_000)).toHaveLength(10_000);
  });

  test('renew a dead token like every call', async () => {
    wecom.stub.script = (call) =>
      call.query['access_token'] === 'T1'
        ? refused(40014)
        : call.path === 'gettoken'
          ? ok()
          : { body: Buffer.from('x'), headers: { 'content-type': 'image/png' } };

    expect(await fetched(10)).toEqual(Buffer.from('x'));
  });
});
