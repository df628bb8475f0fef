/** What an approver sees of a case, frozen: the same facts on every platform, masked, with a hash over all of it. */
import { createHash } from 'node:crypto';
import type { Ctx } from '../../core/operations/context.ts';
import { AppError } from '../../lib/errors.ts';
import { canonicalJson } from '../../lib/canonical.ts';
import type { Text } from '../../lib/i18n.ts';
import { formatYuan } from '../../lib/money.ts';
import { customerNumber, describeCustomer, findCustomer, hidingNames } from '../customers/index.ts';
import { missingCodes } from '../documents/index.ts';
import { factsOf, findLead } from '../leads/index.ts';
import { productById, type Product } from '../products/index.ts';
import { findStaff } from '../staff/index.ts';
import { applicationErrors } from './application-errors.ts';
import { votesOfInstance, type ApplicationRow, type ApprovalRow, type VoteRow } from './application-store.ts';
import { OWN_FIELDS } from './card-fields.ts';
import { statement } from '../../db/database.ts';

/** What is lent, and how it is paid back. Money is wire yuan, the rate a decimal of a year. */
interface FrozenTerms {
  readonly product: string;
  readonly productVersion: number;
  readonly amount: string;
  readonly termMonths: number;
  readonly method: string;
  readonly annualRate: string;
}

/** The frozen case. */
export interface Snapshot extends FrozenTerms {
  readonly application: string;
  readonly customer: string;
  readonly customerName: string;
  readonly mobile: string | null;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  readonly documents: readonly { readonly item: string; readonly version: number; readonly digest: string }[];
  /** Codes the product's checklist insists on. What follows is absent in what older releases froze. */
  readonly required?: readonly string[];
  /** Those of them that were still to be brought: not there, refused, or a card without its other side. */
  readonly missing?: readonly string[];
  /** The node's title, in the words of the case's flow version. */
  readonly title?: Text;
  /** What the card shows, in the order of the flow. */
  readonly card?: readonly string[];
  /** What only the process knows of what the card shows. */
  readonly caseFacts?: Readonly<Record<string, string | number | boolean>>;
  readonly submitter?: string;
  /** Votes that brought the case here, oldest first. */
  readonly votes?: readonly EarlierVote[];
}

/** A vote of an earlier node or round. */
interface EarlierVote {
  readonly title: Text | null;
  readonly by: string;
  readonly outcome: string;
  readonly reason: string | null;
  /** What it was given on, when that is not what the case is about now. */
  readonly terms?: Pick<FrozenTerms, 'amount' | 'termMonths' | 'product'>;
}

const DOCUMENTS = statement(
  'snapshot-documents',
  `SELECT d.item_code AS item, v.version, encode(f.digest, 'hex') AS digest FROM documents d JOIN document_versions v ON v.document_id = d.id JOIN files f ON f.id = v.file_id
   WHERE d.customer_id = $1 AND d.item_code IS NOT NULL ORDER BY d.item_code, v.version, v.page`,
);

/** The node that asks for the snapshot. */
export interface Asking {
  readonly instanceId: string;
  readonly title: Text;
  readonly card: Readonly<Record<string, unknown>>;
}

/** Takes the snapshot of an application as it is now. */
export async function takeSnapshot(ctx: Ctx, application: ApplicationRow, asking: Asking): Promise<Snapshot> {
  const customer = await findCustomer(ctx.tx, application.customer_id);
  const lead = await findLead(ctx.tx, application.lead_id);
  const product = await productById(ctx.tx, application.product_id);
  if (!customer || !lead || !product) throw new Error('an application without customer, lead or product');
  const view = await describeCustomer(ctx, customer);
  const facts = await factsOf(ctx.tx, ctx.keys, lead);
  const terms = frozenTerms(application, product);
  return {
    application: `A${application.number}`,
    customer: customerNumber(customer.number),
    customerName: view.name,
    mobile: view.mobile,
    ...terms,
    facts: Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, fact.value])),
    documents: await ctx.tx.query<{ item: string; version: number; digest: string }>(DOCUMENTS, [
      application.customer_id,
    ]),
    required: product.checklist.filter((item) => item.isRequired).map((item) => item.code),
    missing: await missingCodes(ctx, application.customer_id, product.checklist),
    title: asking.title,
    card: Object.keys(asking.card),
    caseFacts: plainValues(asking.card),
    submitter: (await findStaff(ctx.tx, application.submitted_by))?.name ?? '',
    votes: await earlierVotes(ctx, application.customer_id, asking.instanceId, terms),
  };
}

/** The terms of an application as it is now, in the form in which a snapshot keeps them. */
export function frozenTerms(application: ApplicationRow, product: Pick<Product, 'name' | 'version'>): FrozenTerms {
  return {
    product: product.name,
    productVersion: product.version,
    amount: formatYuan(application.amount_fen),
    termMonths: application.term_months,
    method: application.method,
    annualRate: application.annual_rate,
  };
}

const TERMS = ['product', 'productVersion', 'amount', 'termMonths', 'method', 'annualRate'] as const;

/** Whether both are one and the same loan: product and version, amount, term, method, rate. */
export function isSameLoan(one: FrozenTerms, other: FrozenTerms): boolean {
  return TERMS.every((name) => one[name] === other[name]);
}

function plainValues(card: Readonly<Record<string, unknown>>): Record<string, string | number | boolean> {
  const plain: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(card))
    if (!OWN_FIELDS.has(name) && (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'))
      plain[name] = value;
  return plain;
}

async function earlierVotes(
  ctx: Ctx,
  customer: string,
  instanceId: string,
  terms: FrozenTerms,
): Promise<readonly EarlierVote[]> {
  const votes: EarlierVote[] = [];
  for (const row of await votesOfInstance(ctx.tx, instanceId)) {
    const then = openSnapshot(ctx, { id: row.approval_id, sealed_snapshot: row.sealed_snapshot });
    const { amount, termMonths, product } = then;
    votes.push({
      title: then.title ?? null,
      by: row.staff_name,
      outcome: row.state,
      reason: await reasonOf(ctx, customer, row),
      ...(isSameLoan(then, terms) ? {} : { terms: { amount, termMonths, product } }),
    });
  }
  return votes;
}

/** Why somebody decided as he did: the code of a usual reason, or his words as others may read them. */
export async function reasonOf(
  ctx: Ctx,
  customer: string,
  vote: Pick<VoteRow, 'id' | 'reason_code' | 'sealed_reason'>,
): Promise<string | null> {
  if (vote.reason_code !== null || vote.sealed_reason === null) return vote.reason_code;
  const words = ctx.keys.open(`approval_tasks.sealed_reason.${vote.id}`, vote.sealed_reason).toString('utf8');
  return hidingNames(ctx, customer, words);
}

/** The case as it was frozen when the approval opened. @throws AppError `approval.unreadable` where that is damaged */
export function openSnapshot(ctx: Ctx, approval: Pick<ApprovalRow, 'id' | 'sealed_snapshot'>): Snapshot {
  const snapshot = openSnapshotOfMany(ctx, approval);
  if (!snapshot) throw new AppError(applicationErrors['approval.unreadable']);
  return snapshot;
}

/** The same for one of many: `undefined` where it is damaged. */
export function openSnapshotOfMany(
  ctx: Ctx,
  approval: Pick<ApprovalRow, 'id' | 'sealed_snapshot'>,
): Snapshot | undefined {
  const place = `approvals.sealed_snapshot.${approval.id}`;
  return ctx.keys.openJsonOfMany(place, approval.sealed_snapshot) as Snapshot | undefined;
}

/** The hash under which the snapshot can be shown again as of then (RFC 8785 form, SHA-256). */
export function snapshotHash(snapshot: Snapshot): Buffer {
  return createHash('sha256').update(canonicalJson(snapshot)).digest();
}
