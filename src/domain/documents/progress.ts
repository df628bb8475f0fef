/** Which checklist applies to a customer, and how far it is filled. */
import type { Ctx } from '../../core/operations/context.ts';
import { parseYuan } from '../../lib/money.ts';
import { openLead, type LeadRow } from '../leads/index.ts';
import { currentProducts, productByCode, productById, type Product } from '../products/index.ts';
import { progressOf, stillNeeded, type ItemProgress } from './document.ts';
import { documentsOf, openProductId } from './document-store.ts';

/**
 * The product whose checklist applies: the version of the open application; else the lead's product; else the first on
 * offer that takes what the lead asks for, as a submission would choose; else the first on offer.
 */
export async function productOf(ctx: Ctx, customerId: string): Promise<Product | undefined> {
  const applied = await openProductId(ctx.tx, customerId);
  if (applied !== undefined) return productById(ctx.tx, applied);
  const lead = await openLead(ctx.tx, customerId);
  const code = lead?.product_code ?? undefined;
  const wished = code === undefined ? undefined : await productByCode(ctx.tx, code);
  if (wished) return wished;
  const offered = await currentProducts(ctx.tx);
  return offered.find((product) => lead !== undefined && takes(product, lead)) ?? offered[0];
}

function takes({ terms }: Product, lead: LeadRow): boolean {
  const { amount_fen: amount, term_months: months } = lead;
  if (amount === null) return false;
  const isInside = amount >= (parseYuan(terms.minAmount) ?? 0n) && amount <= (parseYuan(terms.maxAmount) ?? 0n);
  return isInside && (months === null || terms.termMonths.includes(months));
}

/** The checklist of a customer with what has come for each item. */
export async function progressFor(ctx: Ctx, customerId: string): Promise<readonly ItemProgress[]> {
  const product = await productOf(ctx, customerId);
  return progressOf(product?.checklist ?? [], await documentsOf(ctx.tx, customerId));
}

/** An item's name. A product brings its names as locale keys, or as plain words when it was published through the API. */
export function itemName(ctx: Ctx, { item }: ItemProgress): string {
  return ctx.services.texts.has(ctx.actor.language, item.name) ? ctx.t(item.name) : item.name;
}

/** The names of what a customer still has to bring. */
export async function neededNames(ctx: Ctx, customerId: string): Promise<string[]> {
  return stillNeeded(await progressFor(ctx, customerId)).map((one) => itemName(ctx, one));
}
