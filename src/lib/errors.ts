/**
 * One error class for everything a caller can be told. A room declares its rows once (`defineErrors`); a row is
 * code, HTTP status and level, and its texts are the locale keys `error.<code>.title` and `error.<code>.help`.
 *
 * Answer = an expected outcome, returned as a union. Refusal = `AppError`. Fault = plain `Error` (a bug, ends as 500).
 */
import type { Language, Texts } from './i18n.ts';

/** Whom a refusal concerns: info the caller alone · warn look at it tomorrow · error somebody must act. */
export type ErrorLevel = 'info' | 'warn' | 'error';
/** Whether trying again can help: never, later (the job's own back-off), or after so many milliseconds. */
export type Retry = 'never' | 'later' | { readonly afterMs: number };

/** A declared code with its HTTP status and level. */
export interface ErrorRow {
  readonly code: string;
  readonly status: number;
  readonly level: ErrorLevel;
}

/** A single fault inside a request body: where (RFC 6901 pointer), which rule, and a sentence or the key of one (`faultsIn`). */
export interface FieldFault {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

/** What an error carries besides its row; `retry` is never unless said. */
export interface AppErrorDetails {
  /** Values for the locale texts. Never personal data: they reach logs and problem documents. */
  readonly params?: Readonly<Record<string, string | number>>;
  readonly faults?: readonly FieldFault[];
  readonly retry?: Retry;
  readonly cause?: unknown;
}

/** A refusal with a stable dotted code, e.g. `loan.contract_missing`. */
export class AppError extends Error {
  readonly code: string;
  readonly status: number;
  readonly params: Readonly<Record<string, string | number>>;
  readonly faults: readonly FieldFault[];
  readonly retry: Retry;

  constructor(row: Pick<ErrorRow, 'code' | 'status'>, details: AppErrorDetails = {}) {
    super(row.code, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'AppError';
    this.code = row.code;
    this.status = row.status;
    this.params = details.params ?? {};
    this.faults = details.faults ?? [];
    this.retry = details.retry ?? 'never';
  }
}

/** A refusal's faults as they are read: a message that is the key of a text becomes that text, filled from `params`. */
export function faultsIn(
  texts: Pick<Texts, 'has' | 'translate'>,
  language: Language,
  { faults, params }: AppError,
): readonly FieldFault[] {
  return faults.map((fault) =>
    texts.has(language, fault.message)
      ? { ...fault, message: texts.translate(language, fault.message, params) }
      : fault,
  );
}

/** Every row declared so far; the error catalogue, the problem pages and their test read it. */
export const errorRows = new Map<string, ErrorRow>();

/**
 * Declares a room's error rows: `defineErrors({ 'lead.not_found': [404, 'info'] })`.
 * @throws Error when a code is declared twice.
 */
export function defineErrors<const T extends Record<string, readonly [status: number, level: ErrorLevel]>>(
  rows: T,
): { readonly [K in keyof T]: ErrorRow } {
  const declared: Record<string, ErrorRow> = {};
  for (const [code, [status, level]] of Object.entries(rows)) {
    if (errorRows.has(code)) throw new Error(`error code declared twice: ${code}`);
    const row: ErrorRow = { code, status, level };
    errorRows.set(code, row);
    declared[code] = row;
  }
  return declared as { readonly [K in keyof T]: ErrorRow };
}

/** The rows that belong to no single room. */
export const commonErrors = defineErrors({
  'request.invalid': [422, 'info'],
  'request.malformed': [400, 'info'],
  'request.too_large': [413, 'info'],
  'request.not_json': [415, 'info'],
  'auth.missing': [401, 'info'],
  'auth.invalid': [401, 'info'],
  'permission.denied': [403, 'info'],
  'resource.not_found': [404, 'info'],
  'method.not_allowed': [405, 'info'],
  'state.conflict': [409, 'info'],
  'service.unavailable': [503, 'warn'],
});

/** The error's sentence for a log line or an exit message; never a stack. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
