/** Reading and publishing products. */
import { z } from 'zod';
import { ANY_STAFF } from '../../core/operations/actor.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { newId } from '../../lib/ids.ts';
import { checklistItem, currentProducts, productTerms, publishProduct } from './product-store.ts';

const product = z.object({
  id: z.string(),
  code: z.string(),
  version: z.int(),
  name: z.string(),
  terms: productTerms,
  checklist: z.array(checklistItem),
});

export const listProducts = defineOperation({
  name: 'product.list',
  summary: 'Lists the products on offer',
  access: ANY_STAFF,
  input: z.strictObject({}),
  output: z.object({ items: z.array(product), nextCursor: z.null() }),
  http: { method: 'GET', path: '/products' },
  readOnly: true,
  async run(ctx) {
    return {
      items: (await currentProducts(ctx.tx)).map((one) => ({ ...one, checklist: [...one.checklist] })),
      nextCursor: null,
    };
  },
});

export const publish = defineOperation({
  name: 'product.publish',
  summary: 'Publishes a product or a new version of it; running cases keep theirs',
  access: { admin: 'all' },
  input: z.strictObject({
    code: z.string().regex(/^P-\d{3}$/),
    name: z.string().trim().min(1).max(60),
    terms: productTerms,
    checklist: z.array(checklistItem).max(60),
  }),
  output: z.object({ id: z.string(), version: z.int() }),
  http: { method: 'POST', path: '/products' },
  subject: (_input, output) => (output ? { kind: 'product', id: output.id } : undefined),
  async run(ctx, input) {
    const id = newId();
    return { id, version: await publishProduct(ctx.tx, { id, ...input }, ctx.now) };
  },
});
