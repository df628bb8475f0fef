/**
 * The stateless calculators (design §10): `POST /api/v1/calc/*`, `/validate/*`, `/decisions/run`, `/contact-gate/check`
 * for any valid token, and the page `/console/calculators` over them. A JSON body goes into a pure function of a domain
 * room and its answer comes out; no transaction, no row, nothing remembered.
 */
import express, { Router, type Express, type Request, type RequestHandler } from 'express';
import { runDecision } from '../core/rules/run-decision.ts';
import { checkContactGate } from '../domain/consent/contact-gate/index.ts';
import { NUMBER_KINDS, validateNumber, type NumberKind } from '../domain/customers/identity-numbers/index.ts';
import { calcAllocate, calcApr, calcDpd, calcPrepay, calcSchedule } from '../domain/repayments/index.ts';
import { dateIn } from '../lib/business-date.ts';
import type { Clock } from '../lib/clock.ts';
import { AppError, commonErrors } from '../lib/errors.ts';
import type { Language, Texts } from '../lib/i18n.ts';
import { invalidRequest } from '../lib/request-body.ts';
import type { AuthDeps } from './auth.ts';
import { calculatorPage, type PageSettings } from './calculators/page.ts';
import { isTooDeep, refuseLarger } from './json-body.ts';
import { languageOf } from './problem.ts';
import { authenticated, refuseMethod } from './router.ts';

/** A decision table of 10 000 rows is half of this; a body beyond it is 413. */
const MAX_BYTES = 2 * 1024 * 1024;

/** What the calculators need from the process. */
export interface CalculatorDeps {
  readonly auth: AuthDeps;
  readonly texts: Texts;
  /** Wall time: an identity card's age and dates are judged as of today in `zone`. */
  readonly clock: Clock;
  /** The company's zone (IANA). */
  readonly zone: string;
  /** The page over the calculators; absent where only the API is served. */
  readonly page?: PageSettings;
}

/** What a calculator knows of its caller and the day. */
interface Asked {
  readonly texts: Texts;
  readonly language: Language;
  readonly deps: CalculatorDeps;
}

type Calculate = (body: unknown, asked: Asked) => unknown;

/** The loan arithmetic; the page needs nothing else. */
const ARITHMETIC: Readonly<Record<string, Calculate>> = {
  '/calc/schedule': (body) => calcSchedule(body),
  '/calc/apr': calcApr,
  '/calc/allocate': calcAllocate,
  '/calc/dpd': calcDpd,
  '/calc/prepay': (body) => calcPrepay(body),
};

const CALCULATORS: Readonly<Record<string, Calculate>> = {
  ...ARITHMETIC,
  ...Object.fromEntries(NUMBER_KINDS.map((kind) => [`/validate/${kind}`, validation(kind)])),
  '/decisions/run': (body, { texts, language }) => runDecision(body, { texts, language }),
  '/contact-gate/check': (body, { texts, language }) => checkContactGate(body, { texts, language }),
};

/** Paths under `/api/v1` that answer without a database; every one is POST. */
export const CALCULATOR_PATHS: readonly string[] = Object.keys(CALCULATORS);

/**
 * Mounts the calculators and, when `deps.page` is given, their page. Call it before the routes that end in 404; errors
 * go on to the application's own problem handler.
 */
export function mountCalculators(app: Express, deps: CalculatorDeps): void {
  app.use('/api/v1', calculatorRouter(CALCULATORS, deps, authenticated(deps.auth)));
  if (deps.page === undefined) return;
  const open = deps.page.isOpen ? calculatorRouter(ARITHMETIC, deps) : undefined;
  app.get('/console', (_request, response) => response.redirect('/console/calculators')); // its only page so far
  app.use('/console/calculators', calculatorPage(deps.texts, deps.page, open));
}

function calculatorRouter(
  table: Readonly<Record<string, Calculate>>,
  deps: CalculatorDeps,
  ...guards: RequestHandler[]
) {
  const router = Router();
  const readBytes = express.raw({ type: () => true, limit: MAX_BYTES });
  for (const [path, calculate] of Object.entries(table)) {
    router.post(path, ...guards, refuseLarger(MAX_BYTES), readBytes, unreadableBody, answer(calculate, deps));
    router.all(path, ...guards, refuseMethod('POST'));
  }
  return router;
}

function answer(calculate: Calculate, deps: CalculatorDeps): RequestHandler {
  return (request, response) => {
    const { texts } = deps;
    const language = languageOf(request);
    const result = calculate(bodyOf(request), { texts, language, deps });
    response.set({ 'cache-control': 'no-store', vary: 'accept-language' }).json(result);
  };
}

function validation(kind: NumberKind): Calculate {
  return (body, { texts, language, deps }) =>
    validateNumber(kind, body, { today: dateIn(deps.clock.now(), deps.zone), texts, language });
}

/** Bytes that could not be read at all (unknown encoding, broken compression, a body cut short) are malformed. */
function unreadableBody(error: unknown, _request: Request, _response: unknown, next: (error?: unknown) => void): void {
  const status = error instanceof Error && !(error instanceof AppError) && 'status' in error ? error.status : undefined;
  next(status === 413 || status === undefined ? error : new AppError(commonErrors['request.malformed']));
}

/** The JSON of a request, whatever type it claims: a forgotten header is no reason to refuse a right body. */
function bodyOf(request: Request): unknown {
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes)) throw new AppError(commonErrors['request.malformed']);
  const body = parseJson(bytes);
  if (isTooDeep(body))
    throw invalidRequest([{ pointer: '', code: 'body.too_deep', message: 'calculators-page.fault.too_deep' }]);
  return body;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (error) {
    throw new AppError(commonErrors['request.malformed'], { cause: error });
  }
}
