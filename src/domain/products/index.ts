export { ownedBy, productFor, securityOf, takes, type Security, type Wish } from './offer.ts';
export { listProducts, publish } from './product-operations.ts';
export {
  currentProducts,
  productByCode,
  productById,
  publishProduct,
  type ChecklistItem,
  type Product,
  type ProductTerms,
} from './product-store.ts';
