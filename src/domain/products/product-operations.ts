/** Reading and publishing products. */
import { z } from 'zod';
import { ANY_STAFF } from '../../core/operations/actor.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError, commonErrors } from '../../lib/errors.ts';
import { LANGUAGES } from '../../lib/i18n.ts';
import { newId } from '../../lib/ids.ts';
import { newChecklist, newTerms } from './new-product.ts';
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
    terms: newTerms,
    checklist: newChecklist,
  }),
  output: z.object({ id: z.string(), version: z.int() }),
  http: { method: 'POST', path: '/products' },
  example: {
    code: 'P-001',
    name: '工薪信用贷',
    terms: {
      method: 'EQUAL_INSTALMENT',
      annualRate: '0.096',
      minAmount: '10000.00',
      maxAmount: '200000.00',
      termMonths: [12, 24, 36],
      dayCount: '30/360',
    },
    checklist: [{ code: 'D01', name: 'documents.item.D01', isRequired: true, words: ['身份证'] }],
  },
  subject: (_input, output) => (output ? { kind: 'product', id: output.id } : undefined),
  async run(ctx, input) {
    refuseNameless(ctx, input.checklist);
    const id = newId();
    return { id, version: await publishProduct(ctx.tx, { id, ...input }, ctx.now) };
  },
});

/** An item whose name nobody wrote could not be shown to anybody. @throws AppError request.invalid */
function refuseNameless(ctx: Ctx, items: readonly { readonly name: string }[]): void {
  const { texts } = ctx.services;
  const faults = items.flatMap(({ name }, index) =>
    LANGUAGES.every((language) => texts.has(language, name))
      ? []
      : [
          {
            pointer: `/checklist/${index}/name`,
            code: 'unknown_text',
            message: 'the key of a text is expected, e.g. documents.item.D01',
          },
        ],
  );
  if (faults.length > 0) throw new AppError(commonErrors['request.invalid'], { faults });
}
