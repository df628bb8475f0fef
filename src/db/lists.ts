/**
 * Read-only lists for the API, through Prisma. Nothing here joins a transaction or writes: the adapter opens connections
 * of its own. The client is loaded with the first list that is asked for; until then it costs no memory.
 */
import { PATIENCE } from './database.ts';
import type { PrismaClient } from './generated/client.ts';

/** One message as the API lists it: instants in ISO 8601, no word of its content. */
export interface DeliveryItem {
  readonly id: string;
  readonly at: string;
  readonly account: string;
  readonly kind: string;
  readonly purpose: string;
  readonly state: string;
  readonly attempts: number;
  readonly code: string | null;
  readonly settledAt: string | null;
  readonly customerId: string | null;
}

/** A page of a list; without a next cursor it is the last one. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** Nothing sealed: a list shows no word of what was said. */
const DELIVERY_COLUMNS = {
  id: true,
  at: true,
  account: true,
  kind: true,
  purpose: true,
  state: true,
  attempts: true,
  errorCode: true,
  settledAt: true,
  customerId: true,
} as const;

/** The lists of one installation. */
export class Lists {
  readonly #url: string;
  #client: Promise<PrismaClient> | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** Messages in a state, the newest first: what was sent, what failed, what is unknown. */
  async deliveries(query: {
    readonly state: string | undefined;
    readonly before: bigint | undefined;
    readonly limit: number;
  }): Promise<Page<DeliveryItem>> {
    const prisma = await this.#prisma();
    const rows = await prisma.outboxRow.findMany({
      where: {
        ...(query.state === undefined ? {} : { state: query.state }),
        ...(query.before === undefined ? {} : { id: { lt: query.before } }),
      },
      orderBy: { id: 'desc' },
      take: query.limit + 1,
      select: DELIVERY_COLUMNS,
    });
    const items = rows.slice(0, query.limit).map((row) => ({
      id: String(row.id),
      at: row.at.toISOString(),
      account: row.account,
      kind: row.kind,
      purpose: row.purpose,
      state: row.state.toLowerCase(),
      attempts: row.attempts,
      code: row.errorCode,
      settledAt: row.settledAt?.toISOString() ?? null,
      customerId: row.customerId,
    }));
    return { items, nextCursor: rows.length > query.limit ? (items.at(-1)?.id ?? null) : null };
  }

  async close(): Promise<void> {
    const client = await this.#client;
    await client?.$disconnect();
  }

  async #prisma(): Promise<PrismaClient> {
    this.#client ??= this.#open();
    return this.#client;
  }

  async #open(): Promise<PrismaClient> {
    const [{ PrismaClient: Client }, { PrismaPg }] = await Promise.all([
      import('./generated/client.ts'),
      import('@prisma/adapter-pg'),
    ]);
    return new Client({ adapter: new PrismaPg({ connectionString: this.#url, max: 2, ...PATIENCE }) });
  }
}
