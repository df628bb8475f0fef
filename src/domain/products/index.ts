export { ownedBy, productFor, securityOf, takes, type Security, type Wish } from './offer.ts';
export { listProducts, publish, retire } from './product-operations.ts';
export { STANDARD_ITEMS, standardItem } from './standard-items.ts';
export {
  currentProducts,
  productByCode,
  productById,
  publishProduct,
  type ChecklistItem,
  type Product,
  type ProductTerms,
} from './product-store.ts';
