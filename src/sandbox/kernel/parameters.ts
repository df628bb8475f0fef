/** Call parameters however a client sends them: query, form, JSON or multipart. */
import type { IncomingMessage } from 'node:http';
import busboy from 'busboy';
import { readBody } from './http.ts';
import { type Fields, isFields, parseJson } from './values.ts';

/** A file part of a multipart body; name and type are the sender's claim. */
export interface Upload {
  readonly field: string;
  readonly name: string;
  readonly mime: string;
  readonly bytes: Buffer;
}

/** Everything a request says, whatever its encoding. */
export interface Parameters {
  /** Lower-case media type without parameters; empty when the request names none. */
  readonly mediaType: string;
  /** Query first, body second: a body member wins over a query member of the same name. */
  readonly fields: Fields;
  readonly uploads: readonly Upload[];
  readonly raw: Buffer;
}

/** A body that is not what its content type says. */
export class MalformedBody extends Error {}

/** Reads all parameters. @throws BodyTooLarge over `limit` bytes, MalformedBody for broken JSON or multipart. */
export async function readParameters(
  request: IncomingMessage,
  query: URLSearchParams,
  limit: number,
): Promise<Parameters> {
  const raw = await readBody(request, limit);
  const mediaType = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const base: Record<string, unknown> = Object.fromEntries(query);
  if (mediaType === 'multipart/form-data') {
    const parts = await readMultipart(request.headers['content-type'] ?? '', raw);
    return { mediaType, raw, fields: { ...base, ...parts.fields }, uploads: parts.uploads };
  }
  return { mediaType, raw, fields: { ...base, ...readPlain(mediaType, raw) }, uploads: [] };
}

function readPlain(mediaType: string, raw: Buffer): Fields {
  if (raw.length === 0) return {};
  if (mediaType === 'application/json') {
    const body = parseJson(raw.toString('utf8'));
    if (!isFields(body)) throw new MalformedBody('body is not a JSON object');
    return body;
  }
  if (mediaType === 'application/x-www-form-urlencoded')
    return Object.fromEntries(new URLSearchParams(raw.toString('utf8')));
  return {};
}

/** The text and file parts of a multipart body. @throws MalformedBody. */
export function readMultipart(
  contentType: string,
  raw: Buffer,
): Promise<{ fields: Fields; uploads: readonly Upload[] }> {
  return new Promise((resolve, reject) => {
    const fields: Record<string, unknown> = {};
    const uploads: Promise<Upload>[] = [];
    try {
      const parser = busboy({
        headers: { 'content-type': contentType },
        defParamCharset: 'utf8',
        limits: { fieldSize: 8_388_608 },
      });
      parser.on('field', (name, value) => {
        fields[name] = value;
      });
      parser.on('file', (field, stream, { filename, mimeType }) => {
        const part = readBody(stream, Number.MAX_SAFE_INTEGER);
        uploads.push(part.then((bytes) => ({ field, name: filename ?? '', mime: mimeType, bytes })));
      });
      parser.on('error', () => reject(new MalformedBody('broken multipart body')));
      parser.on('close', () => {
        Promise.all(uploads).then((files) => resolve({ fields, uploads: files }), reject);
      });
      parser.end(quotedFileNames(raw));
    } catch {
      reject(new MalformedBody('multipart without a boundary'));
    }
  });
}

/**
 * The body with bare file names put in quotes. grammY writes `filename=还款计划.pdf` without them and the platforms take it;
 * the parser here would not. Only part headers count: a line that starts with content-disposition.
 */
function quotedFileNames(raw: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let kept = 0;
  for (let at = raw.indexOf(BARE_NAME); at !== -1; at = raw.indexOf(BARE_NAME, at + 1)) {
    const line = raw.subarray(raw.lastIndexOf('\n', at) + 1, at).toString('latin1');
    const name = at + BARE_NAME.length;
    const end = raw.indexOf('\r\n', name);
    const isBare = /^content-disposition:/i.test(line) && raw[name] !== QUOTE && end !== -1;
    if (!isBare) continue;
    const text = raw.subarray(name, end).toString('utf8').replaceAll('"', '%22');
    pieces.push(raw.subarray(kept, name), Buffer.from(`"${text}"`));
    kept = end;
  }
  return pieces.length === 0 ? raw : Buffer.concat([...pieces, raw.subarray(kept)]);
}

const BARE_NAME = 'filename=';
const QUOTE = 0x22;
