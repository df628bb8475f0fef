/** What an approver sees of a case, frozen: the same facts on every platform, masked, with a hash over all of it. */
import { createHash } from 'node:crypto';
import type { Ctx } from '../../core/operations/context.ts';
import type { Card } from '../../channels/card.ts';
import type { Language } from '../../lib/i18n.ts';
import { canonicalJson } from '../../lib/canonical.ts';
import { groupedYuan } from '../../lib/i18n.ts';
import { formatYuan } from '../../lib/money.ts';
import { customerNumber, describeCustomer, findCustomer } from '../customers/index.ts';
import { factsOf, findLead } from '../leads/index.ts';
import { productById } from '../products/index.ts';
import type { ApplicationRow } from './application-store.ts';
import { statement } from '../../db/database.ts';

/** The frozen case. Money is wire yuan, the rate a decimal of a year. */
export interface Snapshot {
  readonly application: string;
  readonly customer: string;
  readonly customerName: string;
  readonly mobile: string | null;
  readonly product: string;
  readonly productVersion: number;
  readonly amount: string;
  readonly termMonths: number;
  readonly method: string;
  readonly annualRate: string;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  readonly documents: readonly { readonly item: string; readonly version: number; readonly digest: string }[];
}

const DOCUMENTS = statement(
  'snapshot-documents',
  `SELECT d.item_code AS item, v.version, encode(f.digest, 'hex') AS digest FROM documents d JOIN document_versions v ON v.document_id = d.id JOIN files f ON f.id = v.file_id
   WHERE d.customer_id = $1 AND d.item_code IS NOT NULL ORDER BY d.item_code, v.version, v.page`,
);

/** Takes the snapshot of an application as it is now. */
export async function takeSnapshot(ctx: Ctx, application: ApplicationRow): Promise<Snapshot> {
  const customer = await findCustomer(ctx.tx, application.customer_id);
  const lead = await findLead(ctx.tx, application.lead_id);
  const product = await productById(ctx.tx, application.product_id);
  if (!customer || !lead || !product) throw new Error('an application without customer, lead or product');
  const view = await describeCustomer(ctx, customer);
  const facts = await factsOf(ctx.tx, ctx.keys, lead);
  return {
    application: `A${application.number}`,
    customer: customerNumber(customer.number),
    customerName: view.name,
    mobile: view.mobile,
    product: product.name,
    productVersion: product.version,
    amount: formatYuan(application.amount_fen),
    termMonths: application.term_months,
    method: application.method,
    annualRate: application.annual_rate,
    facts: Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, fact.value])),
    documents: await ctx.tx.query<{ item: string; version: number; digest: string }>(DOCUMENTS, [
      application.customer_id,
    ]),
  };
}

/** The hash under which the snapshot can be shown again as of then (RFC 8785 form, SHA-256). */
export function snapshotHash(snapshot: Snapshot): Buffer {
  return createHash('sha256').update(canonicalJson(snapshot)).digest();
}

/** A decimal of a year as per cent: "0.072" → "7.2". */
export function percentOf(rate: string): string {
  const [whole = '0', part = ''] = rate.split('.');
  const digits = part.padEnd(2, '0');
  const text = `${Number(whole + digits.slice(0, 2))}.${digits.slice(2)}`.replace(/0+$/, '').replace(/\.$/, '');
  return text;
}

export interface CardOptions {
  readonly id: string;
  readonly revision: number;
  readonly verbs: readonly string[];
  /** Text instead of buttons once the case is decided. */
  readonly closed?: string;
  readonly note?: string;
}

/** The approval card in a person's language. */
export function approvalCard(
  ctx: Pick<Ctx, 'say'>,
  language: Language,
  snapshot: Snapshot,
  options: CardOptions,
): Card {
  const say = (key: string, params: Record<string, unknown> = {}): string =>
    ctx.say(language, `approval.${key}`, params);
  const [whole] = snapshot.amount.split('.');
  return {
    id: options.id,
    revision: options.revision,
    source: say('card.source'),
    title: say('card.title', { application: snapshot.application, amount: groupedYuan(BigInt(`${whole ?? '0'}00`)) }),
    subtitle: say('card.subtitle', { customer: snapshot.customer, name: snapshot.customerName }),
    ...(options.note === undefined ? {} : { text: options.note }),
    fields: [
      {
        label: say('field.amount'),
        value: say('value.yuan', { amount: groupedYuan(BigInt(snapshot.amount.replace('.', ''))) }),
      },
      { label: say('field.term'), value: say('value.months', { months: snapshot.termMonths }) },
      { label: say('field.method'), value: say(`method.${snapshot.method}`) },
      { label: say('field.rate'), value: say('value.percent', { percent: percentOf(snapshot.annualRate) }) },
      { label: say('field.product'), value: snapshot.product },
      {
        label: say('field.documents'),
        value: say('value.documents', { count: new Set(snapshot.documents.map((one) => one.item)).size }),
      },
    ],
    actions:
      options.closed === undefined
        ? options.verbs.map((verb) => ({
            verb,
            label: say(`verb.${verb}`),
            style:
              verb === 'approve'
                ? ('primary' as const)
                : verb === 'reject'
                  ? ('danger' as const)
                  : ('default' as const),
          }))
        : [],
    ...(options.closed === undefined ? {} : { closed: options.closed }),
  };
}

/** Reasons offered after a press on reject (trade §6.7); any other is written in words. */
export const REASONS = ['R02', 'R05', 'R08', 'R18', 'R21', 'R22', 'R27'] as const;
