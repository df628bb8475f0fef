/** Lists that read across rooms: deliveries. For those who run or check the installation. */
import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import type { Express } from 'express';
import { z } from 'zod';
import { scopeOf, type Access, type Actor } from '../core/operations/actor.ts';
import { parseFields } from '../core/operations/operation.ts';
import { inUnit, type UnitDeps } from '../core/unit/unit.ts';
import type { Lists } from '../db/lists.ts';
import { AppError, commonErrors } from '../lib/errors.ts';
import { wholeNumber } from '../lib/whole-number.ts';
import { languageOf } from './problem.ts';
import { authenticated, refuseMethod } from './router.ts';
import type { AuthDeps } from './auth.ts';

const LIST = 'delivery.list';
const READERS: Access = { manager: 'all', compliance: 'all', admin: 'all' };
const STATES = ['pending', 'leased', 'sent', 'failed', 'unknown', 'parked', 'denied', 'deferred', 'lapsed'] as const;

/** `GET /deliveries` */
const deliveriesQuery = z.strictObject({
  state: z.enum(STATES).optional(),
  cursor: z
    .string()
    .regex(/^\d{1,18}$/, 'fault.cursor')
    .optional(),
  limit: wholeNumber(1, 200).default(50),
});

const delivery = z.object({
  id: z.string(),
  at: z.string(),
  account: z.string(),
  kind: z.string(),
  purpose: z.string(),
  state: z.string(),
  attempts: z.int(),
  code: z.string().nullable(),
  settledAt: z.string().nullable(),
  customerId: z.string().nullable(),
});

/** Describes the lists in the OpenAPI document; `problem` is the schema of a refusal. */
export function registerLists(openapi: OpenAPIRegistry, problem: z.ZodType): void {
  openapi.registerPath({
    method: 'get',
    path: '/deliveries',
    operationId: LIST,
    summary: 'Lists what was sent, the newest first, with what became of it',
    'x-roles': READERS,
    request: { query: deliveriesQuery },
    responses: {
      200: {
        description: 'Done',
        content: {
          'application/json': { schema: z.object({ items: z.array(delivery), nextCursor: z.string().nullable() }) },
        },
      },
      default: { description: 'A refusal', content: { 'application/problem+json': { schema: problem } } },
    },
  });
}

/** Who asks, and where a refusal is written down. */
interface ListDeps {
  readonly auth: AuthDeps;
  readonly unit: UnitDeps;
}

/** Mounts `GET /api/v1/deliveries`. */
export function mountLists(app: Express, lists: Lists, { auth, unit }: ListDeps): void {
  app.get('/api/v1/deliveries', authenticated(auth), async (request, response) => {
    await permit(unit, response.locals['actor'] as Actor, String(response.locals['traceId']));
    const query = parseFields(deliveriesQuery, request.query, languageOf(request));
    response.json(
      await lists.deliveries({
        state: query.state?.toUpperCase(),
        before: query.cursor === undefined ? undefined : BigInt(query.cursor),
        limit: query.limit,
      }),
    );
  });
  app.all('/api/v1/deliveries', authenticated(auth), refuseMethod('GET'));
}

/** Whoever may not is refused as by an operation: the refusal is on the audit log. */
async function permit(unit: UnitDeps, actor: Actor, traceId: string): Promise<void> {
  if (scopeOf(actor, READERS) !== undefined) return;
  const error = new AppError(commonErrors['permission.denied'], { params: { operation: LIST } });
  await inUnit(unit, async (one) => {
    const { effects } = one.turn({ actor, via: 'api', traceId });
    effects.audit({ action: LIST, outcome: 'REFUSED', detail: { code: error.code } });
    return Promise.resolve();
  });
  throw error;
}
