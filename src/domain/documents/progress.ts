/** Which checklist applies to a customer, and how far it is filled. */
import type { Ctx } from '../../core/operations/context.ts';
import { LANGUAGES, type Language } from '../../lib/i18n.ts';
import { textParam, type TextParam } from '../../lib/text-params.ts';
import { factsOf, openLead, type LeadRow } from '../leads/index.ts';
import {
  currentProducts,
  ownedBy,
  productByCode,
  productFor,
  productById,
  type Product,
  type Wish,
} from '../products/index.ts';
import { progressOf, stillNeeded, type ItemProgress } from './document.ts';
import { appliedProduct, documentsOf } from './document-store.ts';

/**
 * The product whose checklist applies: the version of the open application; else the open lead's product; else the first
 * on offer that takes what that lead asks for, as a submission would choose; else the version of the latest application,
 * which a loan keeps; else the first on offer.
 */
export async function productOf(ctx: Ctx, customerId: string): Promise<Product | undefined> {
  const applied = await appliedProduct(ctx.tx, customerId);
  if (applied?.is_open) return productById(ctx.tx, applied.product_id);
  const lead = await openLead(ctx.tx, customerId);
  const code = lead?.product_code ?? undefined;
  const wished = code === undefined ? undefined : await productByCode(ctx.tx, code);
  if (wished) return wished;
  const offered = await currentProducts(ctx.tx);
  const fitting = lead && productFor(offered, await wishOf(ctx, lead));
  if (fitting) return fitting;
  return applied ? productById(ctx.tx, applied.product_id) : offered[0];
}

async function wishOf(ctx: Ctx, lead: LeadRow): Promise<Wish> {
  const facts = Object.entries(await factsOf(ctx.tx, ctx.keys, lead)).map(([name, fact]) => [name, fact.value]);
  return {
    amountFen: lead.amount_fen ?? 0n,
    termMonths: lead.term_months,
    owns: ownedBy(Object.fromEntries(facts) as Record<string, unknown>),
  };
}

/** The checklist of a customer with what has come for each item. */
export async function progressFor(ctx: Ctx, customerId: string): Promise<readonly ItemProgress[]> {
  const product = await productOf(ctx, customerId);
  return progressOf(product?.checklist ?? [], await documentsOf(ctx.tx, customerId));
}

/** Codes of the checklist's items that the customer still has to bring. */
export async function missingCodes(
  ctx: Ctx,
  customerId: string,
  checklist: Product['checklist'],
): Promise<readonly string[]> {
  return stillNeeded(progressOf(checklist, await documentsOf(ctx.tx, customerId))).map(({ item }) => item.code);
}

/** An item's name, which a product brings as the key of a text or in plain words. */
export function itemName(ctx: Ctx, { item }: ItemProgress): string {
  return ctx.services.texts.has(ctx.actor.language, item.name) ? ctx.t(item.name) : item.name;
}

/** The names of these items in the language of whoever reads them. */
export function itemNames(ctx: Ctx, items: readonly ItemProgress[]): TextParam {
  const listed = (language: Language): string =>
    items
      .map(({ item }) => (ctx.services.texts.has(language, item.name) ? ctx.say(language, item.name) : item.name))
      .join(ctx.say(language, 'conversation.format.between_labels'));
  return textParam(Object.fromEntries(LANGUAGES.map((language) => [language, listed(language)])));
}

/** The names of what a customer still has to bring. */
export async function neededNames(ctx: Ctx, customerId: string): Promise<string[]> {
  return stillNeeded(await progressFor(ctx, customerId)).map((one) => itemName(ctx, one));
}
