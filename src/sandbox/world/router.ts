/** The little routing the sandbox's own API needs. */
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { Language } from '../../lib/i18n.ts';
import { pointer, SCHEMA_WORDS } from '../../lib/request-body.ts';
import { type Answer, BodyTooLarge } from '../kernel/http.ts';
import { MalformedBody, type Parameters, readParameters } from '../kernel/parameters.ts';
import { SandboxProblem } from './problem.ts';

/** One call of the sandbox's API. */
export interface Call {
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
  readonly language: Language;
  /** A named part of the path, decoded. @throws Error when the route has none of that name. */
  readonly part: (name: string) => string;
}

/** What a route gives back: JSON with 200, or a whole answer. */
type RouteResult = Answer | { readonly json: unknown };

/** A route; `:name` in the path takes one segment. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  run(call: Call): Promise<RouteResult> | RouteResult;
}

/** A route found, with the parts of its path. */
export interface Match {
  readonly route: Route;
  readonly part: (name: string) => string;
}

/** The route for a request. @throws SandboxProblem `not_found`, `method_not_allowed`, `malformed`. */
export function findRoute(routes: readonly Route[], method: string, pathname: string): Match {
  const wanted = pathname.split('/').map(decoded);
  const here = routes.filter((route) => fits(route.path.split('/'), wanted));
  if (here.length === 0) throw new SandboxProblem('not_found');
  const route = here.find((one) => one.method === (method === 'HEAD' ? 'GET' : method));
  if (route === undefined)
    throw new SandboxProblem('method_not_allowed', { params: { allowed: here.map((one) => one.method).join(', ') } });
  const names = route.path.split('/');
  return {
    route,
    part: (name) => {
      const value = wanted[names.indexOf(`:${name}`)];
      if (value === undefined) throw new Error(`route ${route.path} has no ${name}`);
      return value;
    },
  };
}

function fits(pattern: readonly string[], wanted: readonly string[]): boolean {
  return (
    pattern.length === wanted.length &&
    pattern.every((part, at) => (part.startsWith(':') ? wanted[at] !== '' : part === wanted[at]))
  );
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new SandboxProblem('malformed');
  }
}

/** The body's members and files, whatever the form. @throws SandboxProblem `too_large`, `malformed`. */
export async function readFields(request: IncomingMessage, limit: number): Promise<Parameters> {
  try {
    return await readParameters(request, new URLSearchParams(), limit);
  } catch (error) {
    if (error instanceof BodyTooLarge)
      throw new SandboxProblem('too_large', { params: { megabytes: Math.floor(limit / 1_048_576) } });
    if (error instanceof MalformedBody) throw new SandboxProblem('malformed');
    throw error;
  }
}

/** The value as the schema describes it. @throws SandboxProblem `invalid` with a pointer to each fault. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, language: Language): T {
  const parsed = schema.safeParse(value, { error: SCHEMA_WORDS[language] });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => ({
    pointer: pointer(issue.path),
    code: issue.code,
    message: issue.message,
  }));
  throw new SandboxProblem('invalid', { faults });
}
