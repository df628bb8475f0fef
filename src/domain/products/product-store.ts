/** The catalogue: terms and checklist of each product version. */
import { z } from 'zod';
import { statement, type Tx } from '../../db/database.ts';

/** Terms of a product; rates are exact decimals of a year ("0.072"), amounts wire yuan. */
export const productTerms = z.object({
  method: z.enum(['EQUAL_INSTALMENT', 'INTEREST_ONLY']),
  annualRate: z.string(),
  minAmount: z.string(),
  maxAmount: z.string(),
  termMonths: z.array(z.int()),
  dayCount: z.string(),
});

export const checklistItem = z.object({
  code: z.string(),
  /** Locale key of the item's name. */
  name: z.string(),
  isRequired: z.boolean(),
  /** Words in a caption or file name that say what the file is. */
  words: z.array(z.string()),
});

export type ProductTerms = z.output<typeof productTerms>;
export type ChecklistItem = z.output<typeof checklistItem>;

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
  'UPDATE products SET is_current = false WHERE code = $1 AND is_current RETURNING version',
);
const INSERT = statement(
  'products-insert',
  'INSERT INTO products (id, code, version, name, terms, checklist, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
);

export async function currentProducts(tx: Tx): Promise<readonly Product[]> {
  return (await tx.query<ProductRow>(CURRENT)).map(parse);
}

export async function productByCode(tx: Tx, code: string): Promise<Product | undefined> {
  const [row] = await tx.query<ProductRow>(BY_CODE, [code]);
  return row && parse(row);
}

export async function productById(tx: Tx, id: string): Promise<Product | undefined> {
  const [row] = await tx.query<ProductRow>(BY_ID, [id]);
  return row && parse(row);
}

/** Publishes a version; running cases keep theirs. */
export async function publishProduct(tx: Tx, product: Omit<Product, 'version'>, now: Date): Promise<number> {
  const [previous] = await tx.query<{ version: number }>(RETIRE, [product.code]);
  const version = (previous?.version ?? 0) + 1;
  await tx.query(INSERT, [
    product.id,
    product.code,
    version,
    product.name,
    JSON.stringify(product.terms),
    JSON.stringify(product.checklist),
    now,
  ]);
  return version;
}

function parse(row: ProductRow): Product {
  return { ...row, terms: productTerms.parse(row.terms), checklist: z.array(checklistItem).parse(row.checklist) };
}
