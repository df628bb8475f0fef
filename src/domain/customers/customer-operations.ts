/** Finding, reading and revealing customers. Answers are masked; the plain value needs a reason and leaves a trace. */
import { z } from 'zod';
import { inScope, type Access } from '../../core/operations/actor.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError, type ErrorRow } from '../../lib/errors.ts';
import { isUuid } from '../../lib/ids.ts';
import { wholeNumber } from '../../lib/whole-number.ts';
import { customerErrors } from './customer-errors.ts';
import {
  bareName,
  customerNumber,
  normalPhone,
  parseCustomerNumber,
  parseCustomerQuery,
  parsePaperNumber,
  type CustomerQuery,
} from './customer.ts';
import {
  customerByNumber,
  customerOfLead,
  customerOfPaper,
  customersByBlind,
  findCustomer,
  FIRST_PAGE,
  listCustomers,
  openPii,
  piiOf,
  type CustomerPage,
  type CustomerRow,
  type PageAsked,
  type PiiKind,
  type Within,
} from './customer-store.ts';

/** Who sees which customers. */
export const CUSTOMER_ACCESS: Access = {
  sales: 'own',
  team_lead: 'team',
  reviewer: 'all',
  approver: 'all',
  collector: 'all',
  manager: 'all',
  compliance: 'all',
  admin: 'all',
  customer: 'self',
};

const view = z.object({
  id: z.string(),
  number: z.string(),
  name: z.string(),
  mobile: z.string().nullable(),
  idCard: z.string().nullable(),
  ownerId: z.string().nullable(),
  /** Where his clock hangs (IANA). */
  zone: z.string(),
  /** Since when nobody but himself may be contacted about him; he said so. */
  thirdPartyRefusedAt: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
const page = z.object({ items: z.array(view), nextCursor: z.string().nullable() });

/**
 * Finds a customer by uuid (his own or his lead's), K-number, or the number of an application or loan of his, inside the
 * actor's scope. Somebody else's customer and one that does not exist get the same answer, `missing`: numbers run in order,
 * and whoever could tell them apart would count the company's business.
 * @throws AppError customer.not_found, or what the caller calls it
 */
export async function customerInScope(
  ctx: Ctx,
  ref: string,
  missing: ErrorRow = customerErrors['customer.not_found'],
): Promise<CustomerRow> {
  const row = await customerByRef(ctx, ref);
  if (!row || !isInScope(ctx, row)) throw new AppError(missing);
  ctx.effects.touch(row.id);
  return row;
}

/**
 * The customer whom words in a chat mean: as `customerInScope`, and by phone or name. In an address neither has a place.
 * @throws AppError customer.not_found, customer.ambiguous
 */
export async function customerMeant(ctx: Ctx, words: string): Promise<CustomerRow> {
  const query = ctx.via === 'api' || (await customerByRef(ctx, words)) ? undefined : parseCustomerQuery(words);
  const [row, other] = query ? (await findByQuery(ctx, query)).rows : [];
  if (other) throw new AppError(customerErrors['customer.ambiguous']);
  return customerInScope(ctx, row?.id ?? words);
}

async function customerByRef(ctx: Ctx, ref: string): Promise<CustomerRow | undefined> {
  const number = parseCustomerNumber(ref);
  if (number !== undefined) return customerByNumber(ctx.tx, number);
  const paper = parsePaperNumber(ref);
  if (paper !== undefined) return customerOfPaper(ctx.tx, paper);
  if (!isUuid(ref)) return undefined;
  return (await findCustomer(ctx.tx, ref)) ?? customerOfLead(ctx.tx, ref);
}

/** Whether the actor of the running operation may see this customer. */
export function isInScope(ctx: Ctx, row: CustomerRow): boolean {
  return inScope(ctx.actor, ctx.scope, { ownerId: row.owner_id, teamId: row.team_id, customerId: row.id });
}

/** A customer as anybody with the right may see him: masked. */
export async function describeCustomer(ctx: Ctx, row: CustomerRow): Promise<z.output<typeof view>> {
  const values = await piiOf(ctx.tx, row.id);
  const masked = (kind: PiiKind): string | null => values.findLast((value) => value.kind === kind)?.masked ?? null;
  return {
    id: row.id,
    number: customerNumber(row.number),
    name: row.name_masked,
    mobile: masked('PHONE'),
    idCard: masked('ID_CARD'),
    ownerId: row.owner_id,
    zone: row.zone,
    thirdPartyRefusedAt: row.third_party_refused_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

/** Customers a term may mean, inside the actor's scope: the first twenty, and how many more there are. */
export async function findByQuery(ctx: Ctx, query: CustomerQuery, page: PageAsked = FIRST_PAGE): Promise<CustomerPage> {
  const { rows, more } = await candidates(ctx, query, page);
  return { rows: rows.filter((row) => isInScope(ctx, row)), more };
}

/** The scope of the running operation, as the database understands it: who limits before he looks misses his own. */
export function withinScope({ actor, scope }: Ctx): Within {
  const isPerson = actor.kind === 'STAFF' || actor.kind === 'CUSTOMER';
  const teamId = actor.kind === 'STAFF' ? (actor.teamId ?? null) : null;
  return { scope, personId: isPerson ? actor.id : null, teamId };
}

async function candidates(ctx: Ctx, query: CustomerQuery, page: PageAsked): Promise<CustomerPage> {
  const byDigest = async (digest: Buffer): Promise<CustomerPage> =>
    customersByBlind(ctx.tx, digest, withinScope(ctx), page);
  switch (query.kind) {
    case 'number':
      return justOne(await customerByNumber(ctx.tx, query.number));
    case 'paper':
      return justOne(await customerOfPaper(ctx.tx, query.paper));
    case 'phone':
      return byDigest(ctx.keys.blind('PHONE', query.phone));
    case 'last4':
      return byDigest(ctx.keys.blind('PHONE', `last4:${query.digits}`));
    case 'name': {
      const exact = ctx.keys.blind('NAME', query.name);
      // Whether anybody is called just so is asked of all pages: those who are only called alike do not come after them.
      const first = await customersByBlind(ctx.tx, exact, withinScope(ctx), { ...FIRST_PAGE, limit: 1 });
      return byDigest(first.rows.length > 0 ? exact : ctx.keys.blind('NAME', `prefix:${bareName(query.name)}`));
    }
  }
}

function justOne(row: CustomerRow | undefined): CustomerPage {
  return { rows: row ? [row] : [], more: 0 };
}

/** Where a page begins: after the customer with this number. */
const cursor = z
  .string()
  .regex(/^\d{1,9}$/, 'fault.cursor')
  .optional();
const searchPage = { cursor, limit: wholeNumber(1, 100).default(20) };

export const searchCustomers = defineOperation({
  name: 'customer.search',
  summary: 'Finds customers by mobile, number, last four digits of the phone, or name',
  access: CUSTOMER_ACCESS,
  input: z.union([
    z.strictObject({ mobile: z.string().max(32), ...searchPage }),
    z.strictObject({ q: z.string().trim().min(1).max(64), ...searchPage }),
  ]),
  output: page,
  http: { method: 'POST', path: '/customers/search', status: 200 },
  example: { mobile: '13800006612' },
  readOnly: true,
  async run(ctx, input) {
    const query = 'mobile' in input ? phoneQuery(input.mobile) : parseCustomerQuery(input.q);
    const { rows, more } = query ? await findByQuery(ctx, query, pageAsked(input)) : justOne(undefined);
    const items = [];
    for (const row of rows) items.push(await describeCustomer(ctx, row));
    return { items, nextCursor: more > 0 ? String(rows.at(-1)?.number) : null };
  },
});

function pageAsked({
  cursor: after,
  limit,
}: {
  readonly cursor?: string | undefined;
  readonly limit: number;
}): PageAsked {
  return { before: after === undefined ? FIRST_PAGE.before : Number(after), limit };
}

function phoneQuery(mobile: string): CustomerQuery {
  const phone = normalPhone(mobile);
  if (phone === undefined)
    throw new AppError(customerErrors['customer.invalid_phone'], {
      faults: [{ pointer: '/mobile', code: 'invalid_phone', message: 'fault.phone' }],
    });
  return { kind: 'phone', phone };
}

export const listMyCustomers = defineOperation({
  name: 'customer.list',
  summary: 'Lists the customers the caller may see, the newest first',
  access: CUSTOMER_ACCESS,
  input: z.strictObject({ cursor, limit: wholeNumber(1, 100).default(50) }),
  output: page,
  http: { method: 'GET', path: '/customers' },
  readOnly: true,
  async run(ctx, input) {
    const rows = await listCustomers(ctx.tx, { ...withinScope(ctx), ...pageAsked(input), limit: input.limit + 1 });
    const items = [];
    for (const row of rows.slice(0, input.limit)) items.push(await describeCustomer(ctx, row));
    const last = rows[input.limit - 1];
    return { items, nextCursor: rows.length > input.limit && last ? String(last.number) : null };
  },
});

export const getCustomer = defineOperation({
  name: 'customer.get',
  summary: 'Reads one customer by id or K-number, masked',
  access: CUSTOMER_ACCESS,
  input: z.strictObject({ id: z.string().min(1).max(64) }),
  output: view,
  http: { method: 'GET', path: '/customers/{id}' },
  readOnly: true,
  async run(ctx, input) {
    return describeCustomer(ctx, await customerInScope(ctx, input.id));
  },
});

const FIELDS = { name: 'NAME', mobile: 'PHONE', idCard: 'ID_CARD', bankCard: 'BANK_CARD' } as const;

export const revealCustomer = defineOperation({
  name: 'customer.reveal',
  summary: 'Shows personal values in plain, for a stated reason; every use is audited',
  access: {
    sales: 'own',
    team_lead: 'team',
    reviewer: 'all',
    approver: 'all',
    collector: 'all',
    compliance: 'all',
    admin: 'all',
  },
  input: z.strictObject({
    id: z.string().min(1).max(64),
    fields: z
      .array(z.enum(['name', 'mobile', 'idCard', 'bankCard']))
      .min(1)
      .max(4),
    reason: z.string().trim().min(4).max(200),
  }),
  output: z.object({ id: z.string(), values: z.record(z.string(), z.string().nullable()) }),
  http: { method: 'POST', path: '/customers/{id}/reveal', status: 200 },
  example: { fields: ['mobile'], reason: '回访客户 K305' },
  subject: (input, output) => ({ kind: 'customer', id: output?.id ?? input.id }),
  async run(ctx, input) {
    const customer = await customerInScope(ctx, input.id);
    const rows = await piiOf(ctx.tx, customer.id);
    const values: Record<string, string | null> = {};
    for (const field of input.fields) {
      const row = rows.findLast((one) => one.kind === FIELDS[field]);
      values[field] = row ? ((await openPii(ctx.tx, ctx.keys, row)) ?? null) : null;
    }
    return { id: customer.id, values };
  },
});
