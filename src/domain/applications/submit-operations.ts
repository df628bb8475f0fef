/** Submitting a lead as an application, again after a return, and what the process does to it. */
import { z } from 'zod';
import { noteOnSubmitting } from '../../core/conversation/index.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { formatYuan } from '../../lib/money.ts';
import { holdConsent, refusalOf, type Refusal } from '../consent/index.ts';
import {
  customerInScope,
  customerMeant,
  customerNumber,
  hidingNames,
  lockCustomer,
  type CustomerRow,
} from '../customers/index.ts';
import { authorsOf, leadErrors, lockOpenLead, setStage, closeLead, type LeadRow } from '../leads/index.ts';
import { productById } from '../products/index.ts';
import { endAlarmOf } from './alarm.ts';
import { applicationErrors } from './application-errors.ts';
import {
  applicationByRef,
  exclude,
  findApplication,
  insertApplication,
  instanceOf,
  lockCases,
  lockOpenApplication,
  resubmitApplication,
  setApplicationState,
  type ApplicationRow,
} from './application-store.ts';
import { isAskedAsItIs } from './evidence.ts';
import { keeperOf } from './keeper.ts';
import { termsOf, type Terms } from './terms.ts';

const submitted = z.object({
  kind: z.literal('submitted'),
  applicationId: z.string(),
  applicationNumber: z.string(),
  customer: z.string(),
  amount: z.string(),
  term: z.int(),
  product: z.string(),
  isResubmission: z.boolean(),
});
/** What was shown to the person who hands it in; when the lead says something else by now, nothing is handed in. */
const shown = z.strictObject({
  amount: z.string().optional(),
  term: z.int().optional(),
  product: z.string().optional(),
});
const incompleteView = z.object({
  kind: z.literal('incomplete'),
  missing: z.array(z.object({ name: z.string(), field: z.string() })),
});

export const submitLead = defineOperation({
  name: 'lead.submit',
  summary: 'Submits a lead for approval, or submits it again after it was returned',
  access: { sales: 'own', team_lead: 'team', manager: 'all' },
  input: z.strictObject({
    lead: z.string().min(1).max(64),
    shown: shown.optional(),
    /** The message it was asked for in; what stands behind the number is a note for those who decide. */
    text: z.string().max(4000).optional(),
  }),
  output: z.union([submitted, incompleteView, z.object({ kind: z.literal('changed') })]),
  http: {
    method: 'POST',
    path: '/leads/{lead}/submit',
    internal: ['text'],
    creates: (output) => output.kind === 'submitted' && !output.isResubmission,
  },
  subject: (_input, output) =>
    output?.kind === 'submitted' ? { kind: 'application', id: output.applicationId } : undefined,
  async run(ctx, input) {
    const customer = await customerMeant(ctx, input.lead);
    // Before the lead, as a refusal holds them: neither waits for the other.
    const refusal = await holdConsent(ctx.tx, customer.id, 'personal-information');
    await lockCases(ctx.tx, customer.id); // before customer and lead, as votes and time-outs do
    await lockCustomer(ctx.tx, customer.id); // before the lead, as whoever changes its facts does
    const lead = await lockOpenLead(ctx.tx, customer.id);
    if (!lead) throw new AppError(leadErrors['lead.not_found']);
    if (ctx.actor.kind !== 'STAFF') throw new AppError(applicationErrors['approval.no_person']);
    const named = await applicationByRef(ctx.tx, input.lead);
    // A1087 of last year is not the wish of today.
    if (named && named.lead_id !== lead.id) throw new AppError(leadErrors['lead.not_found']);
    if (refusal) throw refused(customer, refusal);
    const open = await lockOpenApplication(ctx.tx, lead.id);
    // As it was handed in, whatever the lead says and the company offers by now.
    if (open?.state === 'SUBMITTED') return goOn(ctx, customer, open);
    const { amount_fen: amountFen, term_months: termMonths } = lead;
    if (amountFen === null || termMonths === null) return incomplete(ctx, { amount: amountFen, term: termMonths });
    const terms = await termsOf(ctx, lead, { amountFen, termMonths });
    if (input.shown && !isAsShown(terms, input.shown)) return { kind: 'changed' as const };
    // Shown as a reason is: its numbers and names are not for every card.
    const note = await hidingNames(ctx, customer.id, noteOnSubmitting(input.text ?? '') ?? '');
    const wish: Wish = { customer, lead, terms, submitter: ctx.actor.id, note };
    return open ? resubmit(ctx, wish, open) : submit(ctx, wish);
  },
});

/** What nobody but the customer can say is asked for, never made up. */
function incomplete(ctx: Ctx, wish: Readonly<Record<'amount' | 'term', unknown>>): z.output<typeof incompleteView> {
  const missing = (['amount', 'term'] as const).filter((field) => wish[field] === null);
  return { kind: 'incomplete', missing: missing.map((field) => ({ field, name: ctx.t(`flows.slot.${field}`) })) };
}

/** Who was never asked may be handed in (his adviser entered him); who said no, or has taken his consent back, may not until he agrees. */
function refused(customer: CustomerRow, refusal: Refusal): AppError {
  const params = { number: customerNumber(customer.number) };
  return new AppError(applicationErrors[`application.consent_${refusal}`], { params });
}

/** Later words never silently overwrite what a person has confirmed: what was on the card is what is handed in. */
function isAsShown(terms: Terms, { amount, term, product }: z.output<typeof shown>): boolean {
  return (
    (amount === undefined || amount === formatYuan(terms.amountFen)) &&
    (term === undefined || term === terms.termMonths) &&
    (product === undefined || product === terms.product.name)
  );
}

/** Who wants what, and who hands it in. */
interface Wish {
  readonly customer: CustomerRow;
  readonly lead: LeadRow;
  readonly terms: Terms;
  readonly submitter: string;
  /** What he adds for those who decide, as they may read it; '' when nothing. */
  readonly note: string;
}

async function submit(ctx: Ctx, wish: Wish): Promise<z.output<typeof submitted>> {
  const { customer, lead, terms, submitter } = wish;
  const id = newId();
  const number = await insertApplication(ctx.tx, {
    id,
    customer_id: customer.id,
    lead_id: lead.id,
    ...columnsOf(terms),
    submitted_by: submitter,
    now: ctx.now,
  });
  await setStage(ctx.tx, lead.id, 'F80', ctx.now);
  await ctx.callAsSystem('process.start', {
    flow: 'loan-approval',
    subjectKind: 'application',
    subjectId: id,
    facts: factsOf(wish, { id, number }),
  });
  return answer(customer, { id, number }, terms, false);
}

/** The terms as the application keeps them; after a return they may be those of another product. */
function columnsOf({ product, amountFen, termMonths }: Terms): Parameters<typeof resubmitApplication>[2] {
  const { method, annualRate } = product.terms;
  return {
    product_id: product.id,
    amount_fen: amountFen,
    term_months: termMonths,
    method,
    annual_rate: annualRate,
  };
}

async function resubmit(ctx: Ctx, wish: Wish, application: ApplicationRow): Promise<z.output<typeof submitted>> {
  const { customer, lead, terms, submitter } = wish;
  const by = { submitter, now: ctx.now };
  const asItIs = await resubmitApplication(ctx.tx, application.id, columnsOf(terms), by);
  await setStage(ctx.tx, lead.id, 'F80', ctx.now);
  await settleReturn(ctx, application, false);
  const instanceId = await instanceOf(ctx.tx, application.id, 'RUNNING');
  if (instanceId === undefined) throw new AppError(applicationErrors['application.not_found']);
  await excludeInvolved(ctx, instanceId, lead, submitter); // who submitted it before is kept from it already
  await ctx.callAsSystem('process.signal', {
    instanceId,
    event: {
      type: 'signal',
      name: 'resubmitted',
      facts: factsOf(wish, application),
      // What somebody has agreed to is this and no other loan (invariant 14).
      anew: !(await isAskedAsItIs(ctx, instanceId, asItIs)),
    },
  });
  return answer(customer, application, terms, true);
}

/** A case that has stopped is tried again as it was submitted; one that is under way is not submitted twice. */
async function goOn(ctx: Ctx, customer: CustomerRow, application: ApplicationRow): Promise<z.output<typeof submitted>> {
  if (!(await resume(ctx, application)))
    throw new AppError(applicationErrors['application.already_submitted'], {
      params: { number: `A${application.number}` },
    });
  const product = await productById(ctx.tx, application.product_id);
  if (!product) throw new Error('an application without its product');
  const { amount_fen: amountFen, term_months: termMonths } = application;
  return answer(customer, application, { product, amountFen, termMonths }, true);
}

/** Lets a stopped case go on from where it stopped; `false` when it had not stopped. @throws AppError application.still_stopped */
async function resume(ctx: Ctx, application: ApplicationRow): Promise<boolean> {
  const instanceId = await instanceOf(ctx.tx, application.id, 'STOPPED');
  if (instanceId === undefined) return false;
  const after = (await ctx.callAsSystem('process.signal', { instanceId, event: { type: 'retry' } })) as {
    readonly status: string;
  };
  if (after.status === 'stopped')
    throw new AppError(applicationErrors['application.still_stopped'], {
      params: { number: `A${application.number}` },
    });
  return true;
}

/** The application that is meant, with its customer, if the actor may see him. @throws AppError application.not_found */
async function applicationInScope(
  ctx: Ctx,
  ref: string,
): Promise<{ readonly application: ApplicationRow; readonly customer: CustomerRow }> {
  const application = await applicationByRef(ctx.tx, ref);
  if (!application) throw new AppError(applicationErrors['application.not_found']);
  const customer = await customerInScope(ctx, application.customer_id, applicationErrors['application.not_found']);
  return { application, customer };
}

export const resumeApplication = defineOperation({
  name: 'application.resume',
  summary: 'Lets a case that has stopped go on from where it stopped',
  access: { sales: 'own', team_lead: 'team', manager: 'all', admin: 'all' },
  input: z.strictObject({ id: z.string().min(1).max(64) }),
  output: z.object({ applicationId: z.string(), number: z.string(), resumed: z.boolean() }),
  http: { method: 'POST', path: '/applications/{id}/resume', status: 200 },
  subject: (_input, output) => (output ? { kind: 'application', id: output.applicationId } : undefined),
  async run(ctx, input) {
    const { application, customer } = await applicationInScope(ctx, input.id);
    const refusal = await holdConsent(ctx.tx, customer.id, 'personal-information');
    if (refusal) throw refused(customer, refusal);
    const resumed = await resume(ctx, application);
    return { applicationId: application.id, number: `A${application.number}`, resumed };
  },
});

function answer(
  customer: CustomerRow,
  application: { readonly id: string; readonly number: number },
  terms: Terms,
  isResubmission: boolean,
): z.output<typeof submitted> {
  return {
    kind: 'submitted',
    applicationId: application.id,
    applicationNumber: `A${application.number}`,
    customer: customerNumber(customer.number),
    amount: formatYuan(terms.amountFen),
    term: terms.termMonths,
    product: terms.product.name,
    isResubmission,
  };
}

function factsOf(
  { customer, lead, terms, submitter, note }: Wish,
  application: { readonly id: string; readonly number: number },
): Record<string, unknown> {
  return {
    application: `A${application.number}`,
    applicationId: application.id,
    customer: customer.name_masked,
    customerNumber: customerNumber(customer.number),
    amount: formatYuan(terms.amountFen),
    term: terms.termMonths,
    product: terms.product.name,
    method: terms.product.terms.method,
    submitter,
    owner: lead.owner_id ?? submitter,
    note, // of an earlier submission none is left
  };
}

/** Nobody decides a case he submitted, owns or wrote facts of (invariant 9). */
export async function excludeInvolved(ctx: Ctx, instanceId: string, lead: LeadRow, submitter: string): Promise<void> {
  const people = new Map<string, string>();
  for (const author of await authorsOf(ctx.tx, lead.id)) people.set(author, 'author');
  if (lead.owner_id !== null) people.set(lead.owner_id, 'owner');
  people.set(submitter, 'submitter');
  await exclude(ctx.tx, instanceId, people);
}

/** Ended without anybody having decided against it: taken back, or not handed in again in time. */
const GIVEN_UP: ReadonlySet<string> = new Set(['RECALLED', 'EXPIRED']);

export const closeApplication = defineOperation({
  name: 'application.close',
  summary: 'Writes how an application ended; called by the approval process',
  access: { system: 'all' },
  input: z.strictObject({
    application: z.uuid(),
    outcome: z.enum(['APPROVED', 'REJECTED', 'RETURNED', 'RECALLED', 'EXPIRED']),
  }),
  output: z.object({ number: z.string() }),
  subject: (input) => ({ kind: 'application', id: input.application }),
  async run(ctx, input) {
    const application = await findApplication(ctx.tx, input.application);
    if (!application) throw new AppError(applicationErrors['application.not_found']);
    await setApplicationState(ctx.tx, application.id, input.outcome, ctx.now);
    await endAlarmOf(ctx, application.id);
    await settleReturn(ctx, application, input.outcome === 'RETURNED');
    if (input.outcome === 'APPROVED') await setStage(ctx.tx, application.lead_id, 'F85', ctx.now);
    // Whoever refuses the consent may still give it: his wish stays open, only this application is over.
    const isHeld =
      GIVEN_UP.has(input.outcome) &&
      (await refusalOf(ctx.tx, application.customer_id, 'personal-information')) !== undefined;
    if (input.outcome === 'RETURNED' || isHeld) await setStage(ctx.tx, application.lead_id, 'F70', ctx.now);
    else if (input.outcome === 'REJECTED' || GIVEN_UP.has(input.outcome))
      await closeLead(ctx.tx, application.lead_id, input.outcome === 'REJECTED' ? 'F96' : 'F97', ctx.now);
    // He was promised to hear of the result; why is for his adviser to say.
    if (input.outcome === 'REJECTED')
      await ctx.callAsSystem('customer.notify', {
        customerId: application.customer_id,
        text: 'flows.customer-notice.rejected',
      });
    return { number: `A${application.number}` };
  },
});

/** What was returned waits on the list of whoever is to hand it in again, until he has or the case is over. */
async function settleReturn(ctx: Ctx, application: ApplicationRow, isReturned: boolean): Promise<void> {
  const matter = { kind: 'case_returned', subject: { kind: 'application', id: application.id } };
  await ctx.callAsSystem('task.finishAbout', matter);
  if (!isReturned) return;
  await ctx.callAsSystem('task.add', {
    ...matter,
    key: `returned:${application.id}:${ctx.now.toISOString()}`,
    staffId: (await keeperOf(ctx, application)) ?? application.submitted_by,
    params: { application: `A${application.number}` },
  });
}

const applicationView = z.object({
  id: z.string(),
  number: z.string(),
  customerId: z.string(),
  amount: z.string(),
  termMonths: z.int(),
  method: z.string(),
  annualRate: z.string(),
  state: z.string(),
  submittedBy: z.string(),
  submittedAt: z.string(),
});

export const getApplication = defineOperation({
  name: 'application.get',
  summary: 'Reads an application by id or A-number',
  access: {
    sales: 'own',
    team_lead: 'team',
    reviewer: 'all',
    approver: 'all',
    manager: 'all',
    compliance: 'all',
    admin: 'all',
  },
  input: z.strictObject({ id: z.string().min(1).max(64) }),
  output: applicationView,
  http: { method: 'GET', path: '/applications/{id}' },
  readOnly: true,
  async run(ctx, input) {
    const { application: row } = await applicationInScope(ctx, input.id);
    return {
      id: row.id,
      number: `A${row.number}`,
      customerId: row.customer_id,
      amount: formatYuan(row.amount_fen),
      termMonths: row.term_months,
      method: row.method,
      annualRate: row.annual_rate,
      state: row.state,
      submittedBy: row.submitted_by,
      submittedAt: row.submitted_at.toISOString(),
    };
  },
});
