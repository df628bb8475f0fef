/** What the sandbox answers when it cannot do what it was asked: problem+json with a cure, in the caller's language. */
import type { IncomingMessage } from 'node:http';
import type { Language, Texts } from '../../lib/i18n.ts';
import { type Answer, jsonAnswer } from '../kernel/http.ts';

/** Every refusal and its HTTP status; the words are `sandbox.error.<code>`. */
const STATUSES = {
  not_found: 404,
  method_not_allowed: 405,
  not_loopback: 403,
  foreign_host: 403,
  foreign_origin: 403,
  malformed: 400,
  too_large: 413,
  invalid: 422,
  no_platform: 404,
  no_person: 404,
  no_message: 404,
  not_here: 409,
  no_command: 409,
  refused: 409,
  payment_refused: 422,
  undo_refused: 409,
  clock_backwards: 409,
  clock_too_far: 422,
  clock_moving: 409,
  fault: 500,
} as const;

/** A code of the list above. */
export type SandboxCode = keyof typeof STATUSES;
/** All of them. */
export const SANDBOX_CODES = Object.keys(STATUSES) as readonly SandboxCode[];

/** One fault of a body: RFC 6901 pointer, rule, sentence. */
interface BodyFault {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

/** What a refusal may say beyond its code. */
export interface ProblemDetails {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly faults?: readonly BodyFault[];
  /** The look-alike's own sentence, in English. */
  readonly reason?: string;
}

/** A request the sandbox refuses. */
export class SandboxProblem extends Error {
  readonly code: SandboxCode;
  readonly details: ProblemDetails;

  constructor(code: SandboxCode, details: ProblemDetails = {}) {
    super(code);
    this.name = 'SandboxProblem';
    this.code = code;
    this.details = details;
  }
}

/** The problem as an HTTP answer. */
export function problemAnswer(texts: Texts, language: Language, problem: SandboxProblem): Answer {
  const { params = {}, faults, reason } = problem.details;
  const status = STATUSES[problem.code];
  const body = {
    type: `/sandbox/problems/${problem.code}`,
    title: texts.translate(language, `sandbox.error.${problem.code}.title`, params),
    status,
    detail: texts.translate(language, `sandbox.error.${problem.code}.help`, params),
    code: `sandbox.${problem.code}`,
    ...(reason === undefined ? {} : { reason }),
    ...(faults === undefined ? {} : { errors: faults }),
  };
  return jsonAnswer(body, status, { 'content-type': 'application/problem+json; charset=utf-8' });
}

/** `?lang=` first, then `Accept-Language`; Chinese when neither says English. */
export function callerLanguage(request: IncomingMessage, query: URLSearchParams): Language {
  const wanted = query.get('lang') ?? request.headers['accept-language'] ?? '';
  return /^\s*en\b/i.test(wanted) ? 'en' : 'zh-CN';
}
