/** The OpenAPI 3.1 document, made from the same schemas that check the requests. */
import { OpenAPIRegistry, OpenApiGeneratorV31, extendZodWithOpenApi } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { partOf, publicInput, type Operation, type Registry } from '../core/operations/operation.ts';
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
  return new OpenApiGeneratorV31(openapi.definitions).generateDocument({
    openapi: '3.1.0',
    info: { title: '贷伴 Daiban', version },
    servers: [{ url: `${publicUrl}/api/v1` }],
    security: [{ bearer: [] }],
  });
}

function register(openapi: OpenAPIRegistry, operation: Operation): void {
  const { http } = operation;
  if (!http) return;
  const names = [...http.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  const input = publicInput(operation);
  const shape = input instanceof z.ZodObject ? input : undefined;
  // What stands in the path is always there, whatever the operation says for other ways of calling it.
  const params = shape ? partOf(shape, (name) => names.includes(name)).required() : undefined;
  const rest = shape ? partOf(shape, (name) => !names.includes(name)) : undefined;
  const hasBody = http.method !== 'GET' && http.method !== 'DELETE';
  openapi.registerPath({
    method: http.method.toLowerCase() as 'get',
    path: http.path,
    operationId: operation.name,
    summary: operation.summary,
    'x-roles': operation.access,
    request: {
      ...(params && names.length > 0 ? { params } : {}),
      ...(hasBody
        ? {
            body: {
              required: !(rest ?? input).safeParse({}).success,
              content: {
                'application/json': {
                  schema: rest ?? input,
                  ...(operation.example === undefined ? {} : { example: operation.example }),
                },
              },
            },
          }
        : rest
          ? { query: rest }
          : {}),
    },
    responses: {
      [http.status ?? (http.method === 'POST' && !operation.isRead ? 201 : 200)]: {
        description: 'Done',
        content: { 'application/json': { schema: operation.output } },
      },
      default: { description: 'A refusal', content: { 'application/problem+json': { schema: problem } } },
    },
  });
}
