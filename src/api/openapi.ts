/** The OpenAPI 3.1 document, made from the same schemas that check the requests. */
import { OpenAPIRegistry, OpenApiGeneratorV31, extendZodWithOpenApi } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { publicPlaces, successes, type Operation, type Registry } from '../core/operations/operation.ts';
import type { Texts } from '../lib/i18n.ts';
import { registerCalculators } from './calculators/openapi.ts';
import { registerLists } from './lists.ts';

extendZodWithOpenApi(z);

const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  code: z.string(),
  traceId: z.string(),
  errors: z.array(z.object({ pointer: z.string(), code: z.string(), message: z.string() })).optional(),
});

/** The document for a server at `publicUrl`; with `texts` it has the stateless calculators and their worked examples. */
export function openApiDocument(registry: Registry, publicUrl: string, version: string, texts?: Texts): object {
  const openapi = new OpenAPIRegistry();
  openapi.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  for (const operation of registry.list()) if (operation.http) register(openapi, operation);
  registerLists(openapi, problem);
  if (texts) registerCalculators(openapi, texts, problem);
  const document = new OpenApiGeneratorV31(openapi.definitions).generateDocument({
    openapi: '3.1.0',
    info: { title: '贷伴 Daiban', version },
    servers: [{ url: `${publicUrl}/api/v1` }],
    security: [{ bearer: [] }],
  });
  return withPlainPatterns(document) as object;
}

/** A regular expression with flags as the generator writes it, `^a$/u`; a slash of the expression itself is escaped. */
const FLAGGED = /^(?<source>.*(?<!(?<!\\)(?:\\\\)*\\))\/(?<flags>[a-z]+)$/s;

/** The document with patterns that any validator reads: the expression alone, and none where a flag changes what it means. */
function withPlainPatterns(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withPlainPatterns);
  if (typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).flatMap(([name, value]): [string, unknown][] => {
      if (name === 'example' || name === 'examples') return [[name, value]];
      const flagged = name === 'pattern' && typeof value === 'string' ? FLAGGED.exec(value)?.groups : undefined;
      if (!flagged) return [[name, withPlainPatterns(value)]];
      // JSON Schema reads patterns with the flag u; it has no word for the ones that change the meaning.
      return /[ims]/.test(flagged['flags'] ?? '') ? [] : [[name, flagged['source']]];
    }),
  );
}

function register(openapi: OpenAPIRegistry, operation: Operation): void {
  const { http } = operation;
  if (!http) return;
  const { path, rest } = publicPlaces(operation);
  const hasBody = http.method !== 'GET' && http.method !== 'DELETE';
  openapi.registerPath({
    method: http.method.toLowerCase() as 'get',
    path: http.path,
    operationId: operation.name,
    summary: operation.summary,
    'x-roles': operation.access,
    request: {
      ...(path ? { params: path } : {}),
      ...(hasBody
        ? {
            body: {
              required: !rest.safeParse({}).success,
              content: {
                'application/json': {
                  schema: rest,
                  ...(operation.example === undefined ? {} : { example: operation.example }),
                },
              },
            },
          }
        : rest instanceof z.ZodObject
          ? { query: rest }
          : {}),
    },
    responses: {
      ...Object.fromEntries(
        successes(operation).map((status) => [
          status,
          {
            description: status === 201 ? 'Created' : 'Done',
            content: { 'application/json': { schema: operation.output } },
          },
        ]),
      ),
      default: { description: 'A refusal', content: { 'application/problem+json': { schema: problem } } },
    },
  });
}
