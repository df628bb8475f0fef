/** The catalogue: terms and checklist of each product version. */
import { z } from 'zod';
import { statement, type Tx } from '../../db/database.ts';
import { LOCKS } from '../../db/locks.ts';
import { canonicalJson } from '../../lib/canonical.ts';
import { DAY_COUNTS } from '../repayments/index.ts';

/** Terms of a product; rates are exact decimals of a year ("0.072"), amounts wire yuan. */
export const productTerms = z.object({
  method: z.enum(['EQUAL_INSTALMENT', 'INTEREST_ONLY']),
  annualRate: z.string(),
  minAmount: z.string(),
  maxAmount: z.string(),
  termMonths: z.array(z.int()),
  dayCount: z.enum(DAY_COUNTS),
});

/** A document that a product asks for. */
export const checklistItem = z.object({
  code: z.string(),
  /** The item's name in plain words, or the key of a text. */
  name: z.string(),
  isRequired: z.boolean(),
  /** Words in a caption or file name that say what the file is. */
  words: z.array(z.string()),
});

type ProductTerms = z.output<typeof productTerms>;
/** What {@link checklistItem} gives. */
export type ChecklistItem = z.output<typeof checklistItem>;

/** A version of a product; it never changes. */
export interface Product {
  readonly id: string;
  readonly code: string;
  readonly version: number;
  readonly name: string;
  readonly terms: ProductTerms;
  readonly checklist: readonly ChecklistItem[];
}

interface ProductRow {
  readonly id: string;
  readonly code: string;
  readonly version: number;
  readonly name: string;
  readonly terms: unknown;
  readonly checklist: unknown;
}

const COLUMNS = 'id, code, version, name, terms, checklist';
const CURRENT = statement('products-current', `SELECT ${COLUMNS} FROM products WHERE is_current ORDER BY code`);
const BY_CODE = statement('products-by-code', `SELECT ${COLUMNS} FROM products WHERE is_current AND code = $1`);
const BY_ID = statement('products-by-id', `SELECT ${COLUMNS} FROM products WHERE id = $1`);
const RETIRE = statement(
  'products-retire',
  'UPDATE products SET is_current = false WHERE code = $1 AND is_current RETURNING id',
);
// One publisher of a code at a time: two who number the next version at once would make the same one.
const LOCK = statement(
  'products-lock',
  `SELECT pg_advisory_xact_lock(hashtextextended($1, ${LOCKS.productPublishing}))`,
);
const LAST = statement(
  'products-last-version',
  'SELECT coalesce(max(version), 0)::int AS version FROM products WHERE code = $1',
);
const INSERT = statement(
  'products-insert',
  'INSERT INTO products (id, code, version, name, terms, checklist, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
);

/** What is on offer, in the order of codes. */
export async function currentProducts(tx: Tx): Promise<readonly Product[]> {
  return (await tx.query<ProductRow>(CURRENT)).map(parse);
}

/** The version of it that is on offer. */
export async function productByCode(tx: Tx, code: string): Promise<Product | undefined> {
  const [row] = await tx.query<ProductRow>(BY_CODE, [code]);
  return row && parse(row);
}

/** A version, on offer or not: cases keep the one they began with. */
export async function productById(tx: Tx, id: string): Promise<Product | undefined> {
  const [row] = await tx.query<ProductRow>(BY_ID, [id]);
  return row && parse(row);
}

/** Publishes a version; running cases keep theirs. What is on offer in just these words already stays as it is. */
export async function publishProduct(
  tx: Tx,
  product: Omit<Product, 'version'>,
  now: Date,
): Promise<Pick<Product, 'id' | 'version'>> {
  await tx.query(LOCK, [product.code]);
  const current = await productByCode(tx, product.code);
  if (current && sayings(current) === sayings(product)) return current;
  await tx.query(RETIRE, [product.code]);
  const [last] = await tx.query<{ version: number }>(LAST, [product.code]);
  const version = (last?.version ?? 0) + 1;
  await tx.query(INSERT, [
    product.id,
    product.code,
    version,
    product.name,
    JSON.stringify(product.terms),
    JSON.stringify(product.checklist),
    now,
  ]);
  return { id: product.id, version };
}

/** Takes a product off the offer; running cases keep it. `false` when it was not on offer. */
export async function retireProduct(tx: Tx, code: string): Promise<boolean> {
  return (await tx.query(RETIRE, [code])).length > 0;
}

/** What a version says, to be compared. */
function sayings({ name, terms, checklist }: Omit<Product, 'id' | 'version'>): string {
  return canonicalJson({ name, terms, checklist });
}

function parse(row: ProductRow): Product {
  return { ...row, terms: productTerms.parse(row.terms), checklist: z.array(checklistItem).parse(row.checklist) };
}
