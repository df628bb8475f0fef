/** The terms a lead would be handed in with: what it asks for, and the product that takes it. */
import type { Ctx } from '../../core/operations/context.ts';
import { AppError } from '../../lib/errors.ts';
import { moneyText } from '../../lib/i18n.ts';
import { formatYuan, parseYuan } from '../../lib/money.ts';
import { factsOf, type LeadRow } from '../leads/index.ts';
import {
  currentProducts,
  ownedBy,
  productByCode,
  productFor,
  securityOf,
  takes,
  type Product,
} from '../products/index.ts';
import { applicationErrors } from './application-errors.ts';

/** What an application is made of. */
export interface Terms {
  readonly product: Product;
  readonly amountFen: bigint;
  readonly termMonths: number;
}

/** The product a lead names, or else the first that takes it; with the whole offer when there is none. */
export async function offerFor(
  ctx: Ctx,
  lead: LeadRow,
): Promise<{ readonly product: Product } | { readonly product: undefined; readonly offer: string }> {
  const products = await currentProducts(ctx.tx);
  const facts = await factsOf(ctx.tx, ctx.keys, lead);
  const owns = ownedBy(Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, fact.value])));
  const wish = { amountFen: lead.amount_fen ?? 0n, termMonths: lead.term_months, owns };
  const named = lead.product_code === null ? undefined : await productByCode(ctx.tx, lead.product_code);
  const product =
    lead.product_code === null ? productFor(products, wish) : named && takes(named, wish) ? named : undefined;
  return product ? { product } : { product, offer: offerText(ctx, products) };
}

/** The product for the terms a lead asks for. @throws AppError with the ranges on offer when no product takes them. */
export async function termsOf(ctx: Ctx, lead: LeadRow, wish: Omit<Terms, 'product'>): Promise<Terms> {
  const offer = await offerFor(ctx, lead);
  if (!offer.product)
    throw new AppError(applicationErrors['application.amount_outside_product'], {
      params: { amount: formatYuan(wish.amountFen), offer: offer.offer },
    });
  return { product: offer.product, ...wish };
}

/** What there is instead. A company that has published nothing yet must not read an empty list. */
function offerText(ctx: Ctx, products: readonly Product[]): string {
  return products.length === 0
    ? ctx.t('lead.product.none')
    : ctx.t('lead.product.offer', { ranges: rangesOf(ctx, products) });
}

function rangesOf(ctx: Ctx, products: readonly Product[]): string {
  return products
    .map((product) =>
      ctx.t('lead.product.range', {
        name: product.name,
        min: amountText(ctx, product.terms.minAmount),
        max: amountText(ctx, product.terms.maxAmount),
        terms: product.terms.termMonths.join('/'),
        security: securityOf(product) ?? 'none',
      }),
    )
    .join(ctx.t('lead.product.between'));
}

function amountText(ctx: Ctx, yuan: string): string {
  return moneyText(parseYuan(yuan) ?? 0n, (key, params) => ctx.t(key, params));
}
