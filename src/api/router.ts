/** The open API made from the registry: one route per operation that has an address. */
import { Router, type Request, type RequestHandler } from 'express';
import type { Actor } from '../core/operations/actor.ts';
import { parseFields, publicInput, type Operation, type Registry } from '../core/operations/operation.ts';
import { performOperation, type UnitDeps } from '../core/unit/unit.ts';
import { AppError, commonErrors } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { authenticate, type AuthDeps } from './auth.ts';
import { jsonBody } from './json-body.ts';
import { languageOf } from './problem.ts';

export interface RouterDeps {
  readonly registry: Registry;
  readonly unit: UnitDeps;
  readonly auth: AuthDeps;
}

/** Routes of `/api/v1`. */
export function createApiRouter(deps: RouterDeps): Router {
  const router = Router();
  router.use(authenticated(deps.auth));
  router.use(...jsonBody());
  for (const operation of deps.registry.list()) if (operation.http) mount(router, operation, deps.unit);
  return router;
}

/** Gives every request a trace id and its actor. */
export function authenticated(auth: AuthDeps): RequestHandler {
  return async (request, response, next) => {
    response.locals['traceId'] ??= newId();
    response.locals['actor'] = await authenticate(auth, request.headers.authorization, languageOf(request));
    next();
  };
}

function mount(router: Router, operation: Operation, unit: UnitDeps): void {
  const { http } = operation;
  if (!http) return;
  const path = http.path.replaceAll(/\{(\w+)\}/g, ':$1');
  const handler: RequestHandler = async (request, response) => {
    const actor = response.locals['actor'] as Actor;
    const input = inputOf(request);
    if (http.internal) parseFields(publicInput(operation), input, actor.language);
    const output = await performOperation(
      unit,
      { actor, via: 'api', traceId: String(response.locals['traceId']) },
      operation.name,
      input,
    );
    const status = http.status ?? (http.method === 'POST' && !operation.isRead ? 201 : 200);
    response.status(status).type('application/json').send(toJson(output));
  };
  router[http.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete'](path, handler);
}

/** Path, query and body as one object; the path wins, and a body that is no object is refused. */
function inputOf(request: Request): unknown {
  if (request.method === 'GET' || request.method === 'DELETE') return { ...request.query, ...request.params };
  const body: unknown = request.body ?? {};
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new AppError(commonErrors['request.malformed']);
  return { ...body, ...request.params };
}

/** JSON with big whole numbers as strings (ids) and instants as ISO. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part)) ?? 'null';
}
