/** The URLs Slack hands out beside the Web API: `response_url`, upload and download addresses. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, readBody, sendAnswer } from '../kernel/http.ts';
import type { Journal } from '../kernel/journal.ts';
import { MalformedBody, readMultipart, readParameters } from '../kernel/parameters.ts';
import { isFields, parseJson } from '../kernel/values.ts';
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
  readonly #botToken: string;

  constructor(parts: { readonly core: SlackCore; readonly journal: Journal; readonly botToken: string }) {
    this.#core = parts.core;
    this.#journal = parts.journal;
    this.#botToken = parts.botToken;
  }

  /** Serves any path that is not `/api/…`; what it does not know is a 404 page. */
  async handle(request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void> {
    const hook = /^\/hooks(\/(?:actions|commands)\/.+)$/.exec(pathname)?.[1];
    const upload = /^\/upload\/v1\/([^/]+)$/.exec(pathname)?.[1];
    const download = /^\/files-pri\/[^/]*-(F[^/]+)\/(?:download\/)?[^/]*$/.exec(pathname)?.[1];
    if (hook !== undefined) sendAnswer(response, await this.#hook(request, hook));
    else if (upload !== undefined) sendAnswer(response, await this.#upload(request, upload));
    else if (download !== undefined) sendAnswer(response, this.#download(request, download));
    else sendAnswer(response, textAnswer('Not Found', 404));
  }

  /** A post to a `response_url`: no token asked, five uses, thirty minutes. */
  async #hook(request: IncomingMessage, key: string): Promise<Answer> {
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
    const status = error === undefined ? 200 : 404;
    this.#journal.add({
      direction: 'to_platform',
      what: 'response_url',
      status,
      ...(error === undefined ? {} : { error }),
      request: body,
      response: error ?? 'ok',
    });
    return textAnswer(error ?? 'ok', status);
  }

  /** The bytes of an announced file, raw or as the only part of a multipart body. */
  async #upload(request: IncomingMessage, fileId: string): Promise<Answer> {
    const raw = await readBody(request, MAX_UPLOAD);
    const type = request.headers['content-type'] ?? '';
    const bytes = type.startsWith('multipart/form-data') ? (await readMultipart(type, raw)).uploads[0]?.bytes : raw;
    try {
      receiveUpload(this.#core, fileId, bytes ?? Buffer.alloc(0));
      return textAnswer(`OK - ${bytes?.length ?? 0}`);
    } catch (failure) {
      if (!(failure instanceof SlackRefusal)) throw failure;
      return textAnswer(failure.error, failure.error === 'length_mismatch' ? 400 : 404);
    }
  }

  /** The file with the bot's token and scope; without, a page that asks to sign in, status 200. */
  #download(request: IncomingMessage, fileId: string): Answer {
    const isAllowed =
      request.headers.authorization === `Bearer ${this.#botToken}` && this.#core.scopes.has('files:read');
    const file = this.#core.workspace.files.get(fileId);
    const isThere = file !== undefined && file.state === 'complete';
    this.#journal.add({
      direction: 'to_platform',
      what: 'download',
      status: 200,
      request: { file: fileId, isAllowed },
      response: '',
    });
    if (!isAllowed || !isThere) return textAnswer(LOGIN_PAGE);
    return fileAnswer(file);
  }
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
