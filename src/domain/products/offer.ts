/** Which product takes a wish, and what is on offer instead. Pure; the catalogue's rows are product-store.ts. */
import { parseYuan } from '../../lib/money.ts';
import type { Product } from './product-store.ts';

/** What a loan can be secured on. */
export type Security = 'house' | 'car';

/** What is asked for, as far as it is known. */
export interface Wish {
  readonly amountFen: bigint;
  readonly termMonths: number | null;
  /** What the customer is known to own. */
  readonly owns: ReadonlySet<Security>;
}

/** A product is secured when its checklist insists on the deed: 不动产权证, or the car's 绿本. */
const DEEDS: ReadonlyMap<string, Security> = new Map([
  ['D21', 'house'],
  ['D31', 'car'],
]);

/** What a product is secured on; `undefined` for one that is given on trust. */
export function securityOf({ checklist }: Pick<Product, 'checklist'>): Security | undefined {
  for (const { code, isRequired } of checklist) if (isRequired && DEEDS.has(code)) return DEEDS.get(code);
  return undefined;
}

/** Whether amount and term lie inside a product's terms. */
export function takes({ terms }: Product, { amountFen, termMonths }: Omit<Wish, 'owns'>): boolean {
  const min = parseYuan(terms.minAmount) ?? 0n;
  const max = parseYuan(terms.maxAmount) ?? 0n;
  return amountFen >= min && amountFen <= max && (termMonths === null || terms.termMonths.includes(termMonths));
}

/** The first product that takes the wish. A secured one is for whoever is known to own what it is secured on. */
export function productFor(products: readonly Product[], wish: Wish): Product | undefined {
  return products.find((product) => {
    const security = securityOf(product);
    return takes(product, wish) && (security === undefined || wish.owns.has(security));
  });
}

/** What facts on file say a customer owns; what is said of one he has not got makes him no owner. */
export function ownedBy(facts: Readonly<Record<string, unknown>>): ReadonlySet<Security> {
  const isOwned = (has: unknown, status: unknown): boolean =>
    has === true || (has !== false && typeof status === 'string');
  const owned: Security[] = [];
  if (isOwned(facts['house'], facts['houseStatus'])) owned.push('house');
  if (isOwned(facts['car'], facts['carStatus'])) owned.push('car');
  return new Set(owned);
}
