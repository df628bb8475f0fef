/** The URLs Slack hands out beside the Web API: `response_url`, upload and download addresses. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultBook } from '../kernel/faults.ts';
import { type Answer, readBody, respond } from '../kernel/http.ts';
import type { Journal } from '../kernel/journal.ts';
import { MalformedBody, readMultipart, readParameters } from '../kernel/parameters.ts';
import { type Fields, isFields, parseJson } from '../kernel/values.ts';
import type { SlackCore } from './core.ts';
import { receiveUpload } from './methods/files.ts';
import { postFromResponse } from './response.ts';
import { type SlackFile, SlackRefusal } from './types.ts';

const MAX_UPLOAD = 100_000_000;
const LOGIN_PAGE =
  '<!DOCTYPE html><html><head><title>Slack</title></head><body>Sign in to your workspace</body></html>';

function textAnswer(text: string, status = 200): Answer {
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body: text };
}

/** Serves everything that is not `/api/…`. */
export class SideDoors {
  readonly #core: SlackCore;
  readonly #journal: Journal;
  readonly #faults: FaultBook;
  readonly #botToken: string;

  constructor(parts: {
    readonly core: SlackCore;
    readonly journal: Journal;
    readonly faults: FaultBook;
    readonly botToken: string;
  }) {
    this.#core = parts.core;
    this.#journal = parts.journal;
    this.#faults = parts.faults;
    this.#botToken = parts.botToken;
  }

  /** Serves any path that is not `/api/…`; what it does not know is a 404 page. */
  async handle(request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void> {
    const hook = /^\/hooks(\/(?:actions|commands)\/.+)$/.exec(pathname)?.[1];
    const upload = /^\/upload\/v1\/([^/]+)$/.exec(pathname)?.[1];
    const download = /^\/files-pri\/[^/]*-(F[^/]+)\/(?:download\/)?[^/]*$/.exec(pathname)?.[1];
    if (hook !== undefined) await this.#serve(response, 'response_url', () => this.#hook(request, hook));
    else if (upload !== undefined) await this.#serve(response, 'upload', () => this.#upload(request, upload));
    else if (download !== undefined) await this.#serve(response, 'download', () => this.#download(request, download));
    else await this.#serve(response, 'unknown_path', () => ({ answer: textAnswer('Not Found', 404) }));
  }

  /** Answers under the fault ordered for `what`, if any, and journals the call. */
  async #serve(response: ServerResponse, what: string, run: () => Served | Promise<Served>): Promise<void> {
    let served: Served | undefined;
    const answer = await respond(response, this.#faults.take(what), {
      run: async () => (served = await run()).answer,
      error: (code, retryAfter) => ({
        ...textAnswer(code, retryAfter === undefined ? 400 : 429),
        ...(retryAfter === undefined ? {} : { headers: { 'retry-after': String(retryAfter) } }),
      }),
    });
    const { request = {}, error } = served ?? {};
    this.#journal.add({
      direction: 'to_platform',
      what,
      status: answer?.status ?? 0,
      ...(error === undefined ? {} : { error }),
      request,
      response: error ?? '',
    });
  }

  /** A post to a `response_url`: no token asked, five uses, thirty minutes. */
  async #hook(request: IncomingMessage, key: string): Promise<Served> {
    const { fields, raw } = await readParameters(request, new URLSearchParams(), 1_048_576).catch(emptyWhenMalformed);
    const plain = parseJson(raw.toString('utf8'));
    const body = Object.keys(fields).length === 0 && isFields(plain) ? plain : fields;
    let error: string | undefined;
    try {
      postFromResponse(this.#core, this.#core.responseUrls.use(key), body);
    } catch (failure) {
      if (!(failure instanceof SlackRefusal)) throw failure;
      error = failure.error;
    }
    return error === undefined
      ? { answer: textAnswer('ok'), request: body }
      : { answer: textAnswer(error, 404), request: body, error };
  }

  /** The bytes of an announced file, raw or as the only part of a multipart body. */
  async #upload(request: IncomingMessage, fileId: string): Promise<Served> {
    const raw = await readBody(request, MAX_UPLOAD);
    const type = request.headers['content-type'] ?? '';
    const bytes = type.startsWith('multipart/form-data') ? (await readMultipart(type, raw)).uploads[0]?.bytes : raw;
    try {
      receiveUpload(this.#core, fileId, bytes ?? Buffer.alloc(0));
      return { answer: textAnswer(`OK - ${bytes?.length ?? 0}`), request: { file: fileId } };
    } catch (failure) {
      if (!(failure instanceof SlackRefusal)) throw failure;
      const { error } = failure;
      return { answer: textAnswer(error, error === 'length_mismatch' ? 400 : 404), request: { file: fileId }, error };
    }
  }

  /** The file with the bot's token and scope; without, a page that asks to sign in, status 200. */
  #download(request: IncomingMessage, fileId: string): Served {
    const isAllowed =
      request.headers.authorization === `Bearer ${this.#botToken}` && this.#core.scopes.has('files:read');
    const file = this.#core.workspace.files.get(fileId);
    const isThere = file !== undefined && file.state === 'complete';
    const answer = isAllowed && isThere ? fileAnswer(file) : textAnswer(LOGIN_PAGE);
    return { answer, request: { file: fileId, isAllowed } };
  }
}

/** What a side door did with one call. */
interface Served {
  readonly answer: Answer;
  readonly request?: Fields;
  readonly error?: string;
}

function fileAnswer(file: SlackFile): Answer {
  const headers = {
    'content-type': file.mime,
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`,
  };
  return { status: 200, headers, body: file.bytes };
}

/** Slack takes any content type at a response_url; what cannot be read is empty. */
function emptyWhenMalformed(error: unknown): { fields: Record<string, never>; raw: Buffer } {
  if (error instanceof MalformedBody) return { fields: {}, raw: Buffer.alloc(0) };
  throw error;
}
