/** Files to and from the platform: temporary media, valid for three days [doc 90253, 90254]. */
import type { Clock } from '../../lib/clock.ts';
import { ChannelError, type TokenStore } from '../channel.ts';
import { textField } from './answer.ts';
import type { WecomClient } from './client.ts';

/** The message types a file can be sent as. */
export type MediaType = 'image' | 'voice' | 'video' | 'file';

/** A file on its way out. */
export interface OutgoingFile {
  readonly name: string;
  readonly mime: string;
  readonly bytes: Buffer;
}

const MEGABYTE = 1_048_576;
/** Everything must be larger than this [doc 90253]. */
const MIN_BYTES = 5;
const MAX_BYTES: Readonly<Record<MediaType, number>> = {
  image: 10 * MEGABYTE,
  voice: 2 * MEGABYTE,
  video: 10 * MEGABYTE,
  file: 20 * MEGABYTE,
};
const TYPE_OF_MIME: ReadonlyMap<string, MediaType> = new Map<string, MediaType>([
  ['image/jpeg', 'image'],
  ['image/png', 'image'],
  ['audio/amr', 'voice'],
  ['video/mp4', 'video'],
]);
/** Type, format, size or length not accepted for this media type: it still goes as a plain file. */
const NOT_THIS_TYPE = new Set(['40004', '40005', '40006', '40009', '40011', '45001', '45007', '301017']);
/** As long as the platform drops repeated messages, a repeated send must name the same media id. */
const REMEMBERED_MS = 4 * 3_600_000;

/** An uploaded file as a message names it. */
export interface UploadedMedia {
  readonly type: MediaType;
  readonly mediaId: string;
}

/** How a file would be shown: by its type where the platform accepts it as such, else as a file. */
function mediaTypeOf(file: OutgoingFile): MediaType {
  const type = TYPE_OF_MIME.get(file.mime.toLowerCase()) ?? 'file';
  return file.bytes.length <= MAX_BYTES[type] ? type : 'file';
}

/**
 * Uploads files for sending. The media id is kept with the outbox row for four hours: the platform's duplicate check
 * compares messages, and a second upload of the same bytes gets another id. Uploading holds nothing but the row's lease.
 */
export class MediaUploads {
  readonly #client: Pick<WecomClient, 'upload'>;
  readonly #store: TokenStore;
  readonly #clock: Clock;

  constructor(client: Pick<WecomClient, 'upload'>, store: TokenStore, clock: Clock) {
    this.#client = client;
    this.#store = store;
    this.#clock = clock;
  }

  /** The uploaded file for `key`, from memory or anew. @throws ChannelError; `our_fault` for a size nothing accepts. */
  async upload(key: string, file: OutgoingFile): Promise<UploadedMedia> {
    if (file.bytes.length <= MIN_BYTES) throw new ChannelError('our_fault', 'too_small');
    if (file.bytes.length > MAX_BYTES.file) throw new ChannelError('our_fault', 'too_big');
    const type = mediaTypeOf(file);
    const known = await this.#store.recall(key);
    if (known !== undefined) return parseNamed(known);
    const fresh = await this.#send(file, type);
    const expiresAt = new Date(this.#clock.now().getTime() + REMEMBERED_MS);
    await this.#store.remember(key, { token: fresh, expiresAt });
    return parseNamed(fresh);
  }

  /** Forgets what was uploaded for `key`, because the platform no longer knows it. */
  async forget(key: string, media: UploadedMedia): Promise<void> {
    await this.#store.discard(key, named(media.type, media.mediaId));
  }

  async #send(file: OutgoingFile, type: MediaType): Promise<string> {
    try {
      const answer = await this.#client.upload('media/upload', type, formOf(file));
      return named(type, textField(answer, 'media_id'));
    } catch (error) {
      const asFile = error instanceof ChannelError && NOT_THIS_TYPE.has(error.code) && type !== 'file';
      if (!asFile) throw error;
      return this.#send(file, 'file');
    }
  }
}

/** The bytes of a received file. @throws ChannelError; `park`/`40007` when the id has expired, `our_fault`/`too_big`. */
export async function downloadMedia(client: WecomClient, mediaId: string, maxBytes: number): Promise<Buffer> {
  try {
    return await client.download('media/get', { media_id: mediaId }, maxBytes);
  } catch (error) {
    // More than 20 MB would have to be fetched in slices; nothing a member can send to an app is that big.
    if (error instanceof ChannelError && error.code === '830002') throw new ChannelError('our_fault', 'too_big');
    throw error;
  }
}

/** Field `media`, name as UTF-8 bytes like a browser: names in RFC 5987 form arrive as question marks. */
function formOf(file: OutgoingFile): FormData {
  const form = new FormData();
  form.set('media', new Blob([new Uint8Array(file.bytes)], { type: file.mime }), file.name);
  return form;
}

function named(type: MediaType, mediaId: string): string {
  return `${type}:${mediaId}`;
}

function parseNamed(text: string): UploadedMedia {
  const [type = '', ...rest] = text.split(':');
  const mediaType = type === 'image' || type === 'voice' || type === 'video' ? type : 'file';
  return { type: mediaType, mediaId: rest.join(':') };
}
