/** Temporary files (临时素材): upload with its limits, three days of life, download with Range. */
import { newToken } from '../../lib/ids.ts';
import { Readable } from 'node:stream';
import busboy from 'busboy';
import type { Answer } from '../kernel/http.ts';
import { demand, WecomFault } from './fault.ts';

const MB = 1_048_576;
/** [doc 90253] media ids live three days. */
const LIFE_MS = 3 * 86_400_000;
const MAX_SLICE = 20 * MB;
const MAX_BYTES = 400 * MB;

/** The four kinds of temporary file. */
const MEDIA_TYPES = ['image', 'voice', 'video', 'file'] as const;
/** One of them. */
export type MediaType = (typeof MEDIA_TYPES)[number];

/** A file behind a media_id; `expiresAt` in ms of virtual time. */
export interface StoredFile {
  readonly type: MediaType;
  readonly name: string;
  readonly mime: string;
  readonly bytes: Buffer;
  readonly expiresAt: number;
  /** Set for a group robot's own upload: useless anywhere else. */
  readonly robot?: string;
}

const LIMITS: Readonly<Record<MediaType, { readonly bytes: number; readonly tooBig: number }>> = {
  image: { bytes: 10 * MB, tooBig: 40009 },
  voice: { bytes: 2 * MB, tooBig: 40006 },
  video: { bytes: 10 * MB, tooBig: 40011 },
  file: { bytes: 20 * MB, tooBig: 40006 },
};

/** All temporary files. */
export class MediaStore {
  readonly #files = new Map<string, StoredFile>();
  #held = 0;

  /** Keeps a file; the oldest go when there is more than a sandbox should hold. */
  keep(file: Omit<StoredFile, 'expiresAt'>, now: Date): string {
    const id = newToken(64);
    this.#files.set(id, { ...file, expiresAt: now.getTime() + LIFE_MS });
    this.#held += file.bytes.length;
    for (const [old, { bytes }] of this.#files) {
      if (this.#held <= MAX_BYTES) break;
      this.#files.delete(old);
      this.#held -= bytes.length;
    }
    return id;
  }

  exportState(): ReadonlyMap<string, StoredFile> {
    return this.#files;
  }

  importState(files: ReadonlyMap<string, StoredFile>): void {
    for (const [id, file] of files) {
      this.#files.set(id, file);
      this.#held += file.bytes.length;
    }
  }

  /** @throws WecomFault 41006 missing; 40007 unknown, expired, or uploaded for a robot (or another robot). */
  find(mediaId: string | undefined, now: Date, robot?: string): StoredFile {
    if (mediaId === undefined || mediaId === '') throw new WecomFault(41006, 'media_id missing');
    const file = this.#files.get(mediaId);
    const usable = file !== undefined && file.expiresAt > now.getTime() && file.robot === robot;
    if (!usable) throw new WecomFault(40007, 'invalid media_id');
    return file;
  }

  /** media/upload. @throws WecomFault 40004 type, 41005 no file, 44001 empty, 40005–40011 format and size, 301017, 45007. */
  async upload(form: UploadForm, now: Date, robot?: string): Promise<Readonly<Record<string, unknown>>> {
    const type = MEDIA_TYPES.find((known) => known === form.type);
    demand(type !== undefined, 40004, 'invalid media type');
    const file = await readUpload(form);
    if (file === undefined) throw new WecomFault(41005, 'media data missing');
    checkFile(type, file.bytes);
    const mediaId = this.keep({ type, ...file, ...(robot !== undefined && { robot }) }, now);
    return { type, media_id: mediaId, created_at: String(Math.floor(now.getTime() / 1_000)) };
  }

  /** media/get: raw bytes. @throws WecomFault 40007; 830002 for more than 20 MB in one go. */
  download(mediaId: string | undefined, range: string | undefined, now: Date): Answer {
    const file = this.find(mediaId, now);
    const slice = sliceOf(file.bytes, range);
    demand(slice.end - slice.start <= MAX_SLICE, 830002, 'file too large, use Range');
    const headers = {
      'content-type': file.mime,
      'content-disposition': disposition(file.name),
      'accept-ranges': 'bytes',
    };
    const body = file.bytes.subarray(slice.start, slice.end);
    if (!slice.partial) return { status: 200, headers, body };
    const contentRange = `bytes ${slice.start}-${slice.end - 1}/${file.bytes.length}`;
    return { status: 206, headers: { ...headers, 'content-range': contentRange }, body };
  }
}

/** An upload as it came over the wire. */
export interface UploadForm {
  readonly type: string | null;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

interface Upload {
  readonly name: string;
  readonly mime: string;
  readonly bytes: Buffer;
}

/** The multipart field `media`; other fields are ignored. */
async function readUpload(form: UploadForm): Promise<Upload | undefined> {
  if (form.contentType?.startsWith('multipart/form-data') !== true) return undefined;
  const parser = busboy({ headers: { 'content-type': form.contentType }, defParamCharset: 'utf8' });
  let found: Upload | undefined;
  parser.on('file', (field, stream, { filename, mimeType }) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const name = spoiltName(form.body, filename);
      if (field === 'media' && name !== undefined) found = { name, mime: mimeType, bytes: Buffer.concat(chunks) };
    });
  });
  return new Promise((resolve) => {
    parser.on('close', () => resolve(found));
    parser.on('error', () => resolve(undefined));
    Readable.from([form.body]).pipe(parser);
  });
}

/** WeCom does not understand `filename*=`: such Chinese names arrive as question marks. */
function spoiltName(body: Buffer, name: string | undefined): string | undefined {
  const encoded = body.subarray(0, 4_096).includes('filename*=');
  return encoded ? name?.replaceAll(/[^\x20-\x7e]/g, '?') : name;
}

function checkFile(type: MediaType, bytes: Buffer): void {
  demand(bytes.length > 0, 44001, 'empty media data');
  demand(bytes.length > 5, 40006, 'invalid file size');
  const limit = LIMITS[type];
  demand(bytes.length <= limit.bytes, limit.tooBig, `invalid ${type} size`);
  if (type === 'image') demand(isJpeg(bytes) || isPng(bytes), 40005, 'invalid file type');
  if (type === 'video') demand(bytes.subarray(4, 8).toString('latin1') === 'ftyp', 40005, 'invalid file type');
  if (type !== 'voice') return;
  demand(bytes.subarray(0, 6).toString('latin1') === '#!AMR\n', 301017, 'voice is not amr');
  demand(amrSeconds(bytes) <= 60, 45007, 'voice playtime over 60s');
}

function isJpeg(bytes: Buffer): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

function isPng(bytes: Buffer): boolean {
  return bytes.subarray(0, 4).toString('latin1') === '\u0089PNG';
}

/** Bytes of an AMR-NB frame by its mode, header byte included; each frame is 20 ms. */
const AMR_FRAMES = [13, 14, 16, 18, 20, 21, 27, 32, 6];

function amrSeconds(bytes: Buffer): number {
  let frames = 0;
  for (let at = 6; at < bytes.length; frames++) at += AMR_FRAMES[((bytes[at] ?? 0) >> 3) & 15] ?? 1;
  return frames / 50;
}

interface Slice {
  readonly start: number;
  readonly end: number;
  readonly partial: boolean;
}

function sliceOf(bytes: Buffer, range: string | undefined): Slice {
  const match = /^bytes=(\d+)-(\d*)$/.exec(range ?? '');
  if (match === null) return { start: 0, end: bytes.length, partial: false };
  const start = Math.min(Number(match[1]), bytes.length);
  const end = match[2] === '' || match[2] === undefined ? bytes.length : Math.min(Number(match[2]) + 1, bytes.length);
  return { start, end: Math.max(start, end), partial: true };
}

/** A plain name in quotes, any other in RFC 5987 form. */
function disposition(name: string): string {
  if (/^[\x20-\x7e]*$/.test(name) && !name.includes('"')) return `attachment; filename="${name}"`;
  return `attachment; filename*=UTF-8''${encodeURIComponent(name)}`;
}
