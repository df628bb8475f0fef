/** File download (reference §2.8). The address contains the bot token: it is built, used and forgotten here. */
import { z } from 'zod';
import type { Secret } from '../../lib/secret.ts';
import { ChannelError, type MediaRef } from '../channel.ts';
import { download, isPage } from '../transport.ts';
import { withSlash, type TelegramApi } from './bot.ts';

const TRANSFER_TIMEOUT_MS = 60_000;

/** What a download needs. */
export interface MediaSource {
  readonly api: TelegramApi;
  readonly token: Secret;
  readonly apiRoot: string;
}

const fileAnswer = z.looseObject({ file_path: z.string().optional(), file_size: z.number().optional() });

/**
 * The bytes of a file somebody sent.
 * @throws ChannelError `our_fault`/`too_big` (ours or Telegram's 20 MB), `our_fault`/`file_unavailable`, `retry`.
 */
export async function fetchFile(source: MediaSource, media: MediaRef, maxBytes: number): Promise<Buffer> {
  const file = await source.api.call(
    'getFile',
    { file_id: media.id },
    { shape: fileAnswer, kind: { repeatable: true } },
  );
  if ((file.file_size ?? 0) > maxBytes) throw new ChannelError('our_fault', 'too_big');
  if (file.file_path === undefined) throw new ChannelError('our_fault', 'file_unavailable');
  const url = fileUrl(source, file.file_path);
  const got = await download(url, { maxBytes, timeoutMs: TRANSFER_TIMEOUT_MS });
  if (isPage(got, media.mime)) throw new ChannelError('retry', 'html_page');
  if (got.status === 200) return got.bytes;
  // Telegram refuses in JSON; another's 404 says nothing of the file.
  if (got.status === 404 && got.mime === 'application/json') throw new ChannelError('our_fault', 'file_unavailable');
  if (got.status === 401) throw new ChannelError('breaker', 'unauthorized');
  throw new ChannelError('retry', `http_${String(got.status)}`);
}

/** A path from the answer must stay below our token's folder on the API's own host. */
function fileUrl(source: MediaSource, path: string): URL {
  const folder = new URL(`./file/bot${source.token.reveal()}/`, withSlash(source.apiRoot));
  const url = new URL(`./${path}`, folder);
  if (!url.href.startsWith(folder.href)) throw new ChannelError('our_fault', 'file_unavailable');
  return url;
}
