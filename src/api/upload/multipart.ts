/** Reading a form with files off the wire: one file in memory at a time, limits enforced while it streams. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import busboy from 'busboy';
import { AppError, commonErrors } from '../../lib/errors.ts';

/** What a form may bring. */
export interface FormLimits {
  /** A file is cut one byte beyond this: enough to see that it is too big. */
  readonly fileBytes: number;
  /** Parts with files, the ones left empty included. */
  readonly files: number;
  readonly totalBytes: number;
}

/** A file of a form; name and type are claims. */
export interface FormFile {
  readonly name: string;
  readonly mime: string;
  readonly bytes: Buffer;
}

const MAX_FIELDS = 4;
const MAX_FIELD_BYTES = 1_000;

/**
 * Hands each file to `take` and waits for it before the next one is read; answers the text fields.
 * @throws AppError request.too_large, request.malformed (also when the sender breaks off), or what `take` throws.
 */
export async function readForm(
  request: IncomingMessage,
  limits: FormLimits,
  take: (file: FormFile) => Promise<void>,
): Promise<ReadonlyMap<string, string>> {
  if (Number(request.headers['content-length'] ?? 0) > limits.totalBytes)
    throw new AppError(commonErrors['request.too_large']);
  const parser = openParser(request, limits);
  const fields = new Map<string, string>();
  const failures: unknown[] = [];
  let taken = Promise.resolve();
  parser.on('field', (name, value) => void fields.set(name, value));
  parser.on('file', (_field, stream, { filename, mimeType }: busboy.FileInfo) => {
    stream.on('error', () => undefined); // told once, by the pipeline
    // Nobody reads the next file before this one is taken, so the sender waits and memory holds one.
    taken = taken
      .then(async () => takeFile(stream, { name: filename ?? '', mime: mimeType }, take))
      .catch((error: unknown) => {
        failures.push(error);
        stream.resume();
      });
  });
  try {
    await pipeline(request, atMost(limits.totalBytes), parser);
  } catch (error) {
    await taken;
    throw error instanceof AppError ? error : new AppError(commonErrors['request.malformed'], { cause: error });
  }
  await taken;
  if (failures.length > 0) throw failures[0];
  return fields;
}

async function takeFile(
  stream: Readable,
  claim: Pick<FormFile, 'name' | 'mime'>,
  take: (file: FormFile) => Promise<void>,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  // A file input that was left empty comes as a part without a name.
  if (claim.name !== '') await take({ ...claim, bytes: Buffer.concat(chunks) });
}

function openParser(request: IncomingMessage, limits: FormLimits): busboy.Busboy {
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: 'utf8',
      limits: {
        fileSize: limits.fileBytes + 1,
        files: limits.files,
        fields: MAX_FIELDS,
        fieldSize: MAX_FIELD_BYTES,
      },
    });
  } catch (error) {
    throw new AppError(commonErrors['request.malformed'], { cause: error }); // not a form at all
  }
}

function atMost(bytes: number): (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
  return async function* count(source) {
    let seen = 0;
    for await (const chunk of source) {
      seen += chunk.length;
      if (seen > bytes) throw new AppError(commonErrors['request.too_large']);
      yield chunk;
    }
  };
}
