/** The HTTP face: webhooks on plain node:http, everything else through express. Builds, never listens. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import express, { type Express } from 'express';
import helmet from 'helmet';
import type { Registry } from '../core/operations/operation.ts';
import type { Database } from '../db/database.ts';
import { AppError, commonErrors, errorText } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import type { Texts } from '../lib/i18n.ts';
import type { Log } from '../lib/log.ts';
import type { UnitDeps } from '../core/unit/unit.ts';
import { createApiRouter, refuseMethod } from './router.ts';
import type { AuthDeps } from './auth.ts';
import type { Metrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import { FAULT, languageOf, problemHandler, problemOf, problemPage } from './problem.ts';

/** Takes a request if it is its own. */
export type RawHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What the HTTP face is put together from. */
export interface ApiDeps {
  readonly registry: Registry;
  readonly unit: UnitDeps;
  readonly auth: AuthDeps;
  readonly database: Database;
  readonly texts: Texts;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly publicUrl: string;
  readonly version: string;
  /** Codes of what is not ready; empty = ready. */
  readonly readiness: () => Promise<readonly string[]>;
  /** Mounted before the 404: calculators, upload page, sandbox. */
  readonly extend: (app: Express) => void;
}

/** The express application. */
export function createExpressApp(deps: ApiDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use((_request, response, next) => {
    response.locals['traceId'] = newId();
    next();
  });
  app.use(securityHeaders());
  health(app, deps);
  app.use('/api/v1', (_request, response, next) => {
    response.set('cache-control', 'no-store');
    next();
  });
  descriptions(app, deps);
  deps.extend(app);
  app.use('/api/v1', createApiRouter({ registry: deps.registry, unit: deps.unit, auth: deps.auth }));
  app.use(() => {
    throw new AppError(commonErrors['resource.not_found']);
  });
  app.use(problemHandler(deps.texts, deps.log));
  return app;
}

function securityHeaders(): ReturnType<typeof helmet> {
  return helmet({
    contentSecurityPolicy: {
      directives: {
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'style-src-attr': ["'unsafe-inline'"],
        'upgrade-insecure-requests': null,
      },
    },
    strictTransportSecurity: false,
  });
}

/** What the API can do, and what its problems mean. */
function descriptions(app: Express, { registry, publicUrl, version, texts }: ApiDeps): void {
  let document: string | undefined; // the operations of a process never change; made once, when first asked for
  app.get('/api/v1/openapi.json', (_request, response) => {
    document ??= JSON.stringify(openApiDocument(registry, publicUrl, version, texts));
    response.type('json').send(document);
  });
  app.all('/api/v1/openapi.json', refuseMethod('GET'));
  app.get('/problems/:code', (request, response, next) => {
    const page = problemPage(texts, languageOf(request), request.params.code);
    if (page === undefined) next();
    else response.type('text/plain').send(page);
  });
}

function health(app: Express, deps: ApiDeps): void {
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/readyz', async (_request, response) => {
    const missing = await deps.readiness();
    response
      .status(missing.length === 0 ? 200 : 503)
      .json({ status: missing.length === 0 ? 'ready' : 'not_ready', missing });
  });
  app.get('/metrics', async (_request, response) => {
    const { type, body } = await deps.metrics.text(deps.database);
    response.type(type).send(body);
  });
}

/** A server that lets the raw handlers look first. What nobody else catches ends one request, never the process. */
export function createHttpServer(
  app: Express,
  handlers: readonly RawHandler[],
  told: Pick<ApiDeps, 'texts' | 'log'>,
): Server {
  return createServer((request, response) => {
    // A write into an answer that has ended is told by an event, and one that nobody listens to ends the process.
    response.on('error', (error) => told.log.warn({ event: 'http.answer_failed', error: errorText(error) }));
    try {
      for (const handler of handlers) if (handler(request, response)) return;
      app(request, response);
    } catch (error) {
      told.log.error({ event: 'http.fault', error: errorText(error) });
      sendFault(response, told.texts);
    }
  });
}

/** Of such a request nothing is known for certain, not even its language. */
function sendFault(response: ServerResponse, texts: Texts): void {
  if (response.headersSent) return void response.destroy();
  const problem = problemOf(texts, 'zh-CN', new AppError(FAULT), newId());
  response.writeHead(problem.status, { 'content-type': 'application/problem+json; charset=utf-8' });
  response.end(JSON.stringify(problem));
}
