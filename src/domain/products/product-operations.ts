/** Reading products, publishing them, taking them off the offer. */
import { z } from 'zod';
import { ANY_STAFF } from '../../core/operations/actor.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError, commonErrors, defineErrors, type FieldFault } from '../../lib/errors.ts';
import { LANGUAGES } from '../../lib/i18n.ts';
import { newId } from '../../lib/ids.ts';
import { plainName } from '../../lib/plain-name.ts';
import { newChecklist, newTerms } from './new-product.ts';
import {
  checklistItem,
  currentProducts,
  productTerms,
  publishProduct,
  retireProduct,
  type ChecklistItem,
} from './product-store.ts';
import { standardItem } from './standard-items.ts';

/** Refusals of the products room. */
export const productErrors = defineErrors({
  'product.not_on_offer': [404, 'info'],
});

/** A key as texts have them: `documents.item.D01`. Everything else is a name in plain words. */
const TEXT_KEY = /^[a-z][\w-]*(\.[\w-]+)+$/;

const code = z.string().regex(/^P-\d{3}$/, 'fault.product_code');

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
  summary: 'Lists the products on offer; what has a text of its own by name, the caller reads in his language',
  access: ANY_STAFF,
  input: z.strictObject({}),
  output: z.object({ items: z.array(product), nextCursor: z.null() }),
  http: { method: 'GET', path: '/products' },
  readOnly: true,
  async run(ctx) {
    return {
      items: (await currentProducts(ctx.tx)).map((one) => ({
        ...one,
        checklist: one.checklist.map((item) => ({
          ...item,
          name: TEXT_KEY.test(item.name) ? ctx.t(item.name) : item.name,
        })),
      })),
      nextCursor: null,
    };
  },
});

export const publish = defineOperation({
  name: 'product.publish',
  summary:
    'Publishes a product or a new version of it; running cases keep theirs. Published once more word for word, it stays the version it is',
  access: { admin: 'all' },
  input: z.strictObject({
    code,
    name: plainName(60, 'fault.product_name'),
    terms: newTerms,
    checklist: newChecklist,
  }),
  output: z.object({ id: z.string(), version: z.int(), isNew: z.boolean() }),
  http: { method: 'POST', path: '/products', creates: ({ isNew }) => isNew },
  keepsNames: true,
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
    checklist: [{ code: 'D01' }, { code: 'X01', name: '商标注册证', isRequired: false, words: ['商标'] }],
  },
  subject: (_input, output) => (output ? { kind: 'product', id: output.id } : undefined),
  async run(ctx, input) {
    const product = { id: newId(), ...input, checklist: completed(ctx, input.checklist) };
    const { id, version } = await publishProduct(ctx.tx, product, ctx.now);
    return { id, version, isNew: id === product.id };
  },
});

export const retire = defineOperation({
  name: 'product.retire',
  summary: 'Takes a product off the offer; running cases keep it, and publishing it again brings it back',
  access: { admin: 'all' },
  input: z.strictObject({ code }),
  output: z.object({ code: z.string() }),
  http: { method: 'POST', path: '/products/{code}/retire', status: 200 },
  async run(ctx, input) {
    if (!(await retireProduct(ctx.tx, input.code)))
      throw new AppError(productErrors['product.not_on_offer'], { params: { code: input.code } });
    return { code: input.code };
  },
});

/** The items in full. One whose name nobody wrote could not be shown to anybody. @throws AppError request.invalid */
function completed(ctx: Ctx, items: z.output<typeof newChecklist>): ChecklistItem[] {
  const { texts } = ctx.services;
  // As `product.list` shows a standard item: published again it is still the same.
  const isWordingOf = (key: string, name: string): boolean =>
    LANGUAGES.some((language) => texts.has(language, key) && texts.translate(language, key) === name);
  const isWritten = (name: string): boolean =>
    !TEXT_KEY.test(name) || LANGUAGES.every((language) => texts.has(language, name));
  const faults: FieldFault[] = [];
  const all = items.map(({ code, name, isRequired, words }, index) => {
    const known = standardItem(code);
    const its = known && (name === undefined || isWordingOf(known.name, name)) ? known.name : name;
    if (its === undefined || !isWritten(its))
      faults.push({
        pointer: `/checklist/${index}/name`,
        code: 'unknown_text',
        message: 'fault.item_name',
      });
    return {
      code,
      name: its ?? code,
      isRequired: isRequired ?? known?.isRequired ?? true,
      words: words ?? [...(known?.words ?? [])],
    };
  });
  if (faults.length > 0) throw new AppError(commonErrors['request.invalid'], { faults });
  return all;
}
