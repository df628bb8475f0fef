export { ownedBy, productFor, securityOf, takes, type Wish } from './offer.ts';
export { listProducts, publish, retire } from './product-operations.ts';
export { STANDARD_ITEMS, standardItem } from './standard-items.ts';
export { currentProducts, productByCode, productById, type ChecklistItem, type Product } from './product-store.ts';
