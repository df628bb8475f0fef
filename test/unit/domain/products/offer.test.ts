import { describe, expect, test } from 'vitest';
import { DEMO_PRODUCTS } from '../../../../src/demo-products.ts';
import { ownedBy, productFor, securityOf, standardItem, type Product } from '../../../../src/domain/products/index.ts';
import { productTerms } from '../../../../src/domain/products/product-store.ts';

const PRODUCTS: readonly Product[] = DEMO_PRODUCTS.map((product) => ({
  ...product,
  id: product.code,
  version: 1,
  terms: productTerms.parse(product.terms),
  checklist: product.checklist.flatMap(({ code }) => standardItem(code) ?? []),
}));

function chosen(yuan: bigint, facts: Readonly<Record<string, unknown>>, termMonths: number | null = 36): unknown {
  return productFor(PRODUCTS, { amountFen: yuan * 100n, termMonths, owns: ownedBy(facts) })?.name;
}

describe('the product a wish gets', () => {
  test('a checklist that insists on the deed makes a product secured', () => {
    expect(PRODUCTS.map(securityOf)).toEqual([undefined, 'house', undefined]);
  });

  test('300,000 without a house, or with none known, is not lent on one', () => {
    expect(chosen(300_000n, { house: false })).toBe('流水经营贷');
    expect(chosen(300_000n, {})).toBe('流水经营贷');
  });

  test('with a house the secured product comes first', () => {
    expect(chosen(300_000n, { house: true })).toBe('房抵经营贷');
    expect(chosen(300_000n, { houseStatus: 'mortgage' })).toBe('房抵经营贷');
  });

  test('the mortgage of a house that is not there is no house', () => {
    expect(ownedBy({ house: false, houseStatus: 'mortgage', car: false, carStatus: 'full' })).toEqual(new Set());
  });

  test('what nothing takes gets nothing', () => {
    expect(chosen(9_000_000n, { house: false })).toBeUndefined();
    expect(chosen(100_000n, {}, 7)).toBeUndefined();
  });
});
