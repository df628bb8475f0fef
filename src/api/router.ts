/** The open API made from the registry: one route per operation that has an address. */
import { Router, type Request, type RequestHandler } from 'express';
import type { Actor } from '../core/operations/actor.ts';
import {
  parseFields,
  parseInput,
  publicPlaces,
  successOf,
  type InputReader,
  type Operation,
  type Registry,
} from '../core/operations/operation.ts';
import { performOperation, type UnitDeps } from '../core/unit/unit.ts';
import { AppError, commonErrors } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { authenticate, type AuthDeps } from './auth.ts';
import { jsonBody } from './json-body.ts';
import { languageOf } from './problem.ts';

/** What turns a request into the call of an operation. */
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
  const methods = new Map<string, string[]>();
  for (const operation of deps.registry.list()) {
    if (!operation.http) continue;
    const path = operation.http.path.replaceAll(/\{(\w+)\}/g, ':$1');
    mount(router, path, operation, deps.unit);
    methods.set(path, [...(methods.get(path) ?? []), operation.http.method]);
  }
  for (const [path, allowed] of methods) router.all(path, refuseMethod(...allowed));
  return router;
}

/** For a known address under a method it does not have: 405, with those that it has. */
export function refuseMethod(...allowed: readonly string[]): RequestHandler {
  return (_request, response) => {
    response.set('allow', allowed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', '));
    throw new AppError(commonErrors['method.not_allowed']);
  };
}

/** Gives every request a trace id and its actor. */
export function authenticated(auth: AuthDeps): RequestHandler {
  return async (request, response, next) => {
    response.locals['traceId'] ??= newId();
    response.locals['actor'] = await authenticate(auth, request.headers.authorization, languageOf(request));
    next();
  };
}

function mount(router: Router, path: string, operation: Operation, unit: UnitDeps): void {
  const { http } = operation;
  if (!http) return;
  const { rest } = publicPlaces(operation);
  const handler: RequestHandler = async (request, response) => {
    const actor = response.locals['actor'] as Actor;
    const said = saidIn(request);
    // What the path names, and what only callers inside the house give, is unknown in a body or query.
    const read: InputReader = (one, input, language) => {
      parseFields(rest, said, language);
      return parseInput(one, input, language);
    };
    const output = await performOperation(
      unit,
      { actor, via: 'api', traceId: String(response.locals['traceId']), read },
      operation.name,
      { ...said, ...request.params },
    );
    response.status(successOf(operation, output)).type('application/json').send(toJson(output));
  };
  router[http.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete'](path, handler);
}

/** The query or the body as an object; a body that is none is refused. */
function saidIn(request: Request): object {
  if (request.method === 'GET' || request.method === 'HEAD' || request.method === 'DELETE') return { ...request.query };
  const body: unknown = request.body ?? {};
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new AppError(commonErrors['request.invalid'], {
      faults: [{ pointer: '', code: 'invalid_type', message: 'fault.object' }],
    });
  return body;
}

/** JSON with big whole numbers as strings (ids) and instants as ISO. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part)) ?? 'null';
}
