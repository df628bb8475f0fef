/** The Bot API's front: token, method, parameters, envelope, files, faults, journal. */
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { FaultBook } from '../kernel/faults.ts';
import { type Answer, BodyTooLarge, jsonAnswer, respond, sendAnswer } from '../kernel/http.ts';
import type { Journal } from '../kernel/journal.ts';
import { MalformedBody, type Parameters, readParameters } from '../kernel/parameters.ts';
import { compact, type Fields, fieldsOf, parseJson, rowOf, textOf } from '../kernel/values.ts';
import { Args } from './args.ts';
import type { TelegramCore } from './core.ts';
import { editMethods } from './methods/edit.ts';
import type { Method, MethodTable } from './methods/method.ts';
import { miscMethods } from './methods/misc.ts';
import { sendMethods } from './methods/send.ts';
import { updateMethods } from './methods/updates.ts';
import { TelegramRefusal, tooManyRequests } from './types.ts';

const METHODS: MethodTable = { ...miscMethods, ...sendMethods, ...editMethods, ...updateMethods };
const BY_LOWER_NAME = new Map(Object.entries(METHODS).map(([name, method]) => [name.toLowerCase(), { name, method }]));
const MAX_BODY = 64 * 2 ** 20;

/** What the Bot API needs of the look-alike. */
export interface ApiParts {
  readonly journal: Journal;
  readonly faults: FaultBook;
  /** Known only once the core exists: the webhook executes calls through this API. */
  core(): TelegramCore;
}

/** `/bot<token>/<method>` and `/file/bot<token>/<path>`, journalled, with ordered faults. */
export class TelegramApi {
  readonly #parts: ApiParts;
  /** True after the token was revoked. */
  isRevoked = false;

  constructor(parts: ApiParts) {
    this.#parts = parts;
  }

  /** Serves `/bot<token>/<method>`, any verb, method in any case. */
  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    call: { token: string; name: string; query: URLSearchParams },
  ): Promise<void> {
    const known = BY_LOWER_NAME.get(call.name.toLowerCase());
    const parameters = await readParameters(request, call.query, MAX_BODY).catch(asRefusal);
    const answer = await respond(response, this.#parts.faults.take(known?.name ?? call.name), {
      run: () => this.#answer(call.token, known?.method, parameters),
      error: (code, retryAfter) => refusalAnswer(orderedRefusal(code, retryAfter)),
    });
    const fields = parameters instanceof TelegramRefusal ? {} : parameters.fields;
    this.#note(known?.name ?? call.name, fields, answer);
  }

  /** Executes a call that came as the answer of a webhook; its result is thrown away. */
  async execute(name: string, fields: Fields): Promise<void> {
    const known = BY_LOWER_NAME.get(name.toLowerCase());
    const parameters: Parameters = { mediaType: '', fields, uploads: [], raw: Buffer.alloc(0) };
    const answer = await this.#answer(this.#parts.core().token, known?.method, parameters);
    this.#note(known?.name ?? name, fields, answer);
  }

  /** Serves `/file/bot<token>/<path>` while the link of getFile is good. */
  async download(response: ServerResponse, token: string, path: string): Promise<void> {
    const answer = await respond(response, this.#parts.faults.take('download'), {
      run: () => Promise.resolve(this.#file(token, path)),
      error: (code, retryAfter) => refusalAnswer(orderedRefusal(code, retryAfter)),
    });
    this.#noteOther('download', answer?.status ?? 0, { path });
  }

  #file(token: string, path: string): Answer {
    const { world, token: ours } = this.#parts.core();
    if (token !== ours || this.isRevoked) return refusalAnswer(new TelegramRefusal(401, 'Unauthorized'));
    const now = world.clock.now().getTime();
    const file = [...world.files.values()].find(({ link }) => link?.path === path && link.until >= now);
    if (file === undefined) return refusalAnswer(new TelegramRefusal(404, 'Not Found'));
    return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: file.bytes };
  }

  /** The answer for a path that is none; the path may hold a token and is not kept. */
  notFound(response: ServerResponse): void {
    sendAnswer(response, refusalAnswer(new TelegramRefusal(404, 'Not Found')));
    this.#noteOther('unknown_path', 404, {});
  }

  async #answer(token: string, method: Method | undefined, parameters: Parameters | TelegramRefusal): Promise<Answer> {
    try {
      const core = this.#parts.core();
      if (!/^\d+:[\w-]+$/.test(token)) throw new TelegramRefusal(401, 'Unauthorized: invalid token specified');
      if (token !== core.token || this.isRevoked) throw new TelegramRefusal(401, 'Unauthorized');
      if (method === undefined) throw new TelegramRefusal(404, 'Not Found: method not found');
      if (parameters instanceof TelegramRefusal) throw parameters;
      const { result, description } = await method.run(core, new Args(parameters.fields, parameters.uploads));
      return jsonAnswer(compact({ ok: true, result, description }));
    } catch (error) {
      if (error instanceof TelegramRefusal) return refusalAnswer(error);
      throw error;
    }
  }

  #noteOther(what: string, status: number, request: Fields): void {
    this.#parts.journal.add({ direction: 'to_platform', what, status, request, response: '' });
  }

  #note(name: string, fields: Fields, answer: Answer | undefined): void {
    const body = answer === undefined ? undefined : parseJson(answer.body.toString());
    const method = rowOf(METHODS, name);
    const unknown = Object.keys(fields).filter((field) => method !== undefined && !method.known.includes(field));
    const error = textOf(fieldsOf(body)['description']);
    this.#parts.journal.add({
      direction: 'to_platform',
      what: name,
      status: answer?.status ?? 0,
      ...(error === undefined || answer?.status === 200 ? {} : { error }),
      ...(unknown.length > 0 ? { unknownFields: unknown } : {}),
      request: fields,
      response: body,
    });
  }
}

function asRefusal(error: unknown): TelegramRefusal {
  if (error instanceof BodyTooLarge) return new TelegramRefusal(413, 'Request Entity Too Large');
  if (error instanceof MalformedBody) return new TelegramRefusal(400, "Bad Request: can't parse the request body");
  throw error;
}

/** A fault on order: `429`, `403: Forbidden: bot was blocked by the user`, or a bare code. */
function orderedRefusal(code: string, retryAfter: number | undefined): TelegramRefusal {
  const [, digits, text] = /^(\d{3})(?:[:\s]+(.+))?$/.exec(code) ?? [];
  const status = Number(digits ?? 400);
  if (status === 429) return tooManyRequests(retryAfter ?? 1);
  return new TelegramRefusal(
    status,
    text ?? (digits === undefined ? `Bad Request: ${code}` : (STATUS_CODES[status] ?? 'Error')),
  );
}

function refusalAnswer({ code, description, parameters }: TelegramRefusal): Answer {
  const retryAfter = textOf(parameters?.['retry_after']);
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
  return jsonAnswer(compact({ ok: false, error_code: code, description, parameters }), code, headers);
}
