/** Errors over HTTP: RFC 9457 problem documents, in the language the caller asks for; never a stack. */
import type { ErrorRequestHandler, Request, Response } from 'express';
import { isPassing } from '../db/faults.ts';
import { AppError, commonErrors, errorRows, errorText, faultsIn, type ErrorRow } from '../lib/errors.ts';
import { isLanguage, type Language, type Texts } from '../lib/i18n.ts';
import { levelOf, type Log } from '../lib/log.ts';

/** A problem document. `errors` point at the members that are wrong, `instance` at the trace in the log. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: string;
  readonly traceId: string;
  readonly errors?: readonly { readonly pointer: string; readonly code: string; readonly message: string }[];
}

/** The caller's language: `Accept-Language`, Chinese by default. */
export function languageOf(request: Request): Language {
  const wanted = request.acceptsLanguages('zh-CN', 'zh', 'en');
  return typeof wanted === 'string' && isLanguage(wanted) ? wanted : wanted === 'en' ? 'en' : 'zh-CN';
}

/** The problem document of an error. */
export function problemOf(texts: Texts, language: Language, error: AppError, traceId: string): Problem {
  return {
    type: `/problems/${error.code}`,
    title: texts.translate(language, `error.${error.code}.title`, error.params),
    status: error.status,
    detail: texts.translate(language, `error.${error.code}.help`, error.params),
    instance: `urn:trace:${traceId}`,
    code: error.code,
    traceId,
    ...(error.faults.length > 0 ? { errors: faultsIn(texts, language, error) } : {}),
  };
}

function sendProblem(response: Response, texts: Texts, error: AppError, traceId: string): void {
  const problem = problemOf(texts, languageOf(response.req), error, traceId);
  if (problem.status === 401) response.set('www-authenticate', 'Bearer');
  if (typeof error.retry === 'object') response.set('retry-after', String(Math.ceil(error.retry.afterMs / 1_000)));
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** A database that is starting, or was changed over, is back within seconds. */
const COME_BACK_MS = 5_000;

/** A bug or a broken machine: the answer says nothing of what happened, the log does. */
export const FAULT: ErrorRow = { code: 'server.fault', status: 500, level: 'error' };

/** The last handler: refusals as they are, body-parser errors as malformed, everything else as a fault with a log line. */
export function problemHandler(texts: Texts, log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const traceId = String(response.locals['traceId'] ?? '');
    const known = asAppError(error);
    if (isPassing(error)) log[levelOf(error, 'warn')]({ event: 'api.database_away', traceId, error: errorText(error) });
    else if (!known) log.error({ event: 'api.fault', traceId, method: request.method, error: errorText(error) });
    sendProblem(response, texts, known ?? new AppError(FAULT), traceId);
  };
}

function asAppError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  if (isPassing(error))
    return new AppError(commonErrors['service.unavailable'], { retry: { afterMs: COME_BACK_MS }, cause: error });
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (status === 413) return new AppError(commonErrors['request.too_large']);
  // Bytes in an encoding nobody can read (415) are as malformed as broken JSON.
  if (status === 400 || status === 415) return new AppError(commonErrors['request.malformed']);
  return undefined;
}

// A page about an error has no case to take values from: every placeholder shows as …
const ANY_VALUE: Readonly<Record<string, string>> = new Proxy(
  {},
  {
    get: () => '…',
    has: () => true,
    getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true, value: '…' }),
  },
);

/** The error catalogue as a page: every code with its sentence and cure. */
export function problemPage(texts: Texts, language: Language, code: string): string | undefined {
  if (code !== FAULT.code && !errorRows.has(code)) return undefined;
  const text = (part: 'title' | 'help'): string => texts.translate(language, `error.${code}.${part}`, ANY_VALUE);
  return `${text('title')}\n\n${text('help')}\n`;
}
