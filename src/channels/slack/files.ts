/** Files up and down (reference §1.9). */
import { z } from 'zod';
import type { Secret } from '../../lib/secret.ts';
import { ChannelError, type Place, type MediaRef, type Receipt } from '../channel.ts';
import { cutText } from '../text.ts';
import { download, isPage, neverSent } from '../transport.ts';
import type { SlackApi } from './client.ts';
import { httpFailure } from './errors.ts';
import { escapeMrkdwn, mrkdwnWidth } from './mrkdwn.ts';

const TRANSFER_TIMEOUT_MS = 60_000;
const READ = { repeatable: true, optional: true } as const;

/** A file for one conversation. */
export interface Upload {
  readonly to: Place;
  /** A C… or D… id; the upload methods take no user ids. */
  readonly chat: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly caption?: string;
}

const uploadTicket = z.looseObject({ upload_url: z.string(), file_id: z.string() });

/**
 * The three steps of an upload, by hand instead of `filesUploadV2`: only the last one makes the file visible, so only
 * its lost answer is `unknown`; and the upload address gets no bearer token.
 * @throws ChannelError
 */
export async function uploadFile(api: SlackApi, file: Upload): Promise<Receipt> {
  if (file.bytes.length === 0) throw new ChannelError('our_fault', 'empty_file');
  const args = { filename: file.name, length: file.bytes.length };
  const ticket = await api.call('files.getUploadURLExternal', args, { shape: uploadTicket, kind: READ });
  await putBytes(ticket.upload_url, file.bytes);
  await api.call('files.completeUploadExternal', completion(file, ticket.file_id), {
    shape: z.looseObject({}),
    kind: { repeatable: false, optional: true },
  });
  return { providerId: ticket.file_id };
}

function completion(file: Upload, id: string): Readonly<Record<string, unknown>> {
  return {
    files: [{ id, title: file.name }],
    channel_id: file.chat,
    ...(file.to.thread === undefined ? {} : { thread_ts: file.to.thread }),
    ...(file.caption ? { initial_comment: escapeMrkdwn(cutText(file.caption, 3900, mrkdwnWidth)) } : {}),
  };
}

/** Nothing is visible before the third step, so every failure here may be tried again from the start. */
async function putBytes(url: string, bytes: Buffer): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(bytes),
    redirect: 'error',
    signal: AbortSignal.timeout(TRANSFER_TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new ChannelError('retry', neverSent(error) ? 'network' : 'upload_broken');
  });
  await response.arrayBuffer().catch(() => undefined);
  if (response.status !== 200) throw httpFailure(response.status, READ);
}

const fileInfo = z.looseObject({
  file: z.looseObject({
    url_private: z.string().nullish(),
    url_private_download: z.string().nullish(),
    mimetype: z.string().nullish(),
    size: z.number().nullish(),
  }),
});

/** Hosts Slack serves private files from; the token goes to no other, whatever a payload says. */
const FILE_HOSTS = /(?:^|\.)(?:slack\.com|slack-files\.com|slack-edge\.com|slack-gov\.com)$/;

/** What a download needs: the API, the token, and whom to trust with it. */
export interface FileSource {
  readonly api: SlackApi;
  readonly token: Secret;
  /** The configured API address; its own host is trusted too (a look-alike, a gateway). */
  readonly apiUrl: URL;
}

/**
 * The bytes of a shared file. The address is asked for anew (Slack Connect gives stubs, addresses expire).
 * @throws ChannelError `our_fault`/`too_big`; `park` when the file is not ours to read; `retry` when a page came in its
 * place (Slack signs people in there; a token just renewed, a gateway) or its length differs from what Slack announced.
 */
export async function fetchFile(source: FileSource, media: MediaRef, maxBytes: number): Promise<Buffer> {
  const { file } = await source.api.call('files.info', { file: media.id }, { shape: fileInfo, kind: READ });
  if ((file.size ?? 0) > maxBytes) throw new ChannelError('our_fault', 'too_big');
  const address = file.url_private_download ?? file.url_private;
  if (!address) throw new ChannelError('park', 'file_not_downloadable');
  const got = await getPrivate(source, placeOf(address), maxBytes);
  if (isPage(got, file.mimetype)) throw new ChannelError('retry', 'html_page');
  if (typeof file.size === 'number' && file.size !== got.bytes.length) throw new ChannelError('retry', 'size_mismatch');
  return got.bytes;
}

async function getPrivate(source: FileSource, address: URL, maxBytes: number) {
  let url = address;
  for (let hop = 0; hop <= 2; hop += 1) {
    // The address itself is Slack's word for where the file lies; a redirect may be a passing sign-in.
    if (!isTrusted(url, source.apiUrl)) throw new ChannelError(hop === 0 ? 'park' : 'retry', 'foreign_host');
    const got = await download(url, {
      headers: { authorization: `Bearer ${source.token.reveal()}` },
      maxBytes,
      timeoutMs: TRANSFER_TIMEOUT_MS,
    });
    if (got.status === 200) return got;
    if (got.status < 300 || got.status >= 400 || got.location === undefined) throw downloadFailure(got.status);
    url = placeOf(got.location, url);
  }
  throw new ChannelError('retry', 'too_many_redirects');
}

/** @throws ChannelError `park` for what is no address. */
function placeOf(address: string, base?: URL): URL {
  if (!URL.canParse(address, base?.href)) throw new ChannelError('park', 'no_address');
  return new URL(address, base);
}

function isTrusted(url: URL, apiUrl: URL): boolean {
  if (url.host === apiUrl.host && url.protocol === apiUrl.protocol) return true;
  return url.protocol === 'https:' && FILE_HOSTS.test(url.hostname);
}

function downloadFailure(status: number): ChannelError {
  if (status === 401 || status === 403 || status === 404) return new ChannelError('park', `http_${String(status)}`);
  return httpFailure(status, { repeatable: true });
}
