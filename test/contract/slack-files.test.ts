import { describe, expect, test } from 'vitest';
import type { OutboundContent } from '../../src/channels/channel.ts';
import { type StubCall, type StubReply } from '../fixtures/slack/http-stub.ts';
import { intent, useSlack } from '../fixtures/slack/sending.ts';
import { failureOf } from '../support/channel-failure.ts';

const slack = useSlack();

describe('files', () => {
  const file: OutboundContent = {
    kind: 'file',
    name: '还款计划.pdf',
    mime: 'application/pdf',
    bytes: Buffer.from('%PDF-1.7'),
    caption: 'A & B',
  };

  function uploads(last: StubReply = { json: { ok: true, files: [{ id: 'F1' }] } }) {
    return (one: StubCall): StubReply => {
      if (one.path.endsWith('getUploadURLExternal'))
        return { json: { ok: true, upload_url: `${slack.url}upload/abc`, file_id: 'F1' } };
      return one.path === '/upload/abc' ? { body: 'OK - 8' } : last;
    };
  }

  test('an upload takes three steps and gives the token to the API only', async () => {
    const channel = await slack.answering(uploads());

    expect(await channel.send(intent(file))).toEqual({ providerId: 'F1' });
    expect(slack.calls.map((one) => one.path)).toEqual([
      '/api/files.getUploadURLExternal',
      '/upload/abc',
      '/api/files.completeUploadExternal',
    ]);
    expect(slack.call('getUploadURLExternal').fields).toMatchObject({ filename: '还款计划.pdf', length: '8' });
    expect(slack.call('/upload/abc').body.toString()).toBe('%PDF-1.7');
    expect(slack.call('/upload/abc').headers.authorization).toBeUndefined();
    expect(slack.call('completeUploadExternal').fields).toMatchObject({
      channel_id: 'D0001',
      initial_comment: 'A &amp; B',
      files: '[{"id":"F1","title":"还款计划.pdf"}]',
    });
  });

  test('only the lost answer of the last step is unknown', async () => {
    const lost = await slack.answering(uploads('drop'));
    expect(await failureOf(lost.send(intent(file)))).toMatchObject({ failure: 'unknown' });
    await slack.leave();

    const early = await slack.answering((one) => (one.path === '/upload/abc' ? 'drop' : uploads()(one)));
    expect(await failureOf(early.send(intent(file)))).toMatchObject({ failure: 'retry' });
  });

  const media = { id: 'F9', kind: 'image' as const };

  function downloads(info: Record<string, unknown>, bytes: StubReply) {
    return (one: StubCall): StubReply =>
      one.path.endsWith('files.info')
        ? { json: { ok: true, file: { url_private_download: `${slack.url}files/x`, ...info } } }
        : bytes;
  }

  test('a download brings the bearer token and gives the bytes', async () => {
    const channel = await slack.answering(
      downloads(
        { mimetype: 'image/png', size: 4 },
        { body: Buffer.from([1, 2, 3, 4]), headers: { 'content-type': 'image/png' } },
      ),
    );

    expect(await channel.fetchMedia(media, 100)).toEqual(Buffer.from([1, 2, 3, 4]));
    expect(slack.call('/files/x').headers.authorization).toBe('Bearer xoxb-secret-token');
  });

  test.each<[string, Record<string, unknown>, StubReply, string]>([
    ['announced above the limit', { size: 101 }, { body: 'x' }, 'our_fault too_big'],
    ['longer than the limit in truth', { size: null }, { body: Buffer.alloc(101) }, 'our_fault too_big'],
    ['of another length than announced', { size: 4 }, { body: 'xx' }, 'retry size_mismatch'],
    [
      'that turns out to be the sign-in page',
      { mimetype: 'image/png' },
      { body: '<html>', headers: { 'content-type': 'text/html; charset=utf-8' } },
      'retry html_page',
    ],
    [
      'redirected to another host',
      {},
      { status: 302, headers: { location: 'https://evil.test/x' } },
      'retry foreign_host',
    ],
    ['without an address', { url_private_download: null }, { body: 'x' }, 'park file_not_downloadable'],
    [
      'on a host that is not Slack’s',
      { url_private_download: 'http://127.0.0.2:1/x' },
      { body: 'x' },
      'park foreign_host',
    ],
    ['whose address is none', { url_private_download: 'not an address' }, { body: 'x' }, 'park no_address'],
    ['redirected to what is no address', {}, { status: 302, headers: { location: 'http://[' } }, 'park no_address'],
    ['refused', {}, { status: 403, body: '' }, 'park http_403'],
    ['while the server is down', {}, { status: 502, body: '' }, 'retry http_502'],
  ])('a file %s is refused', async (_, info, bytes, expected) => {
    const channel = await slack.answering(downloads(info, bytes));

    const { failure, code } = await failureOf(channel.fetchMedia(media, 100));
    expect(`${failure} ${code}`).toBe(expected);
  });

  test('a redirect within the host is followed', async () => {
    const channel = await slack.answering((one) => {
      if (one.path === '/files/moved') return { body: 'ok' };
      return downloads({}, { status: 302, headers: { location: '/files/moved' } })(one);
    });

    expect((await channel.fetchMedia(media, 100)).toString()).toBe('ok');
  });

  test('a missing files:read scope parks the one file and leaves the channel running', async () => {
    const channel = await slack.answering(() => ({
      json: { ok: false, error: 'missing_scope', needed: 'files:read' },
    }));

    expect(await failureOf(channel.fetchMedia(media, 100))).toMatchObject({ failure: 'park', code: 'missing_scope' });
  });
});
