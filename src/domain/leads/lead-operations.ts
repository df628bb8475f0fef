/** Leads: captured from one sentence or the API, assigned, completed. */
import { z } from 'zod';
import type { Access } from '../../core/operations/actor.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError } from '../../lib/errors.ts';
import { wholeNumber } from '../../lib/whole-number.ts';
import { requireConsent } from '../consent/index.ts';
import { customerInScope, lockCustomer, withinScope } from '../customers/index.ts';
import { captureFacts, captureLate } from './lead-capture.ts';
import { leadErrors } from './lead-errors.ts';
import { saveFacts } from './lead-facts.ts';
import { assignmentLedger, lockOpenLead, openLead } from './lead-store.ts';
import { collisionView, describeLead, leadView } from './lead-view.ts';
import { customerName, leadChanges, leadFacts, leadSource, type LeadFacts } from './lead.ts';

/** Who may have leads, and whose he may write to. */
export const LEAD_ACCESS: Access = { sales: 'own', team_lead: 'team', manager: 'all', admin: 'all' };

export const captureLead = defineOperation({
  name: 'lead.capture',
  summary:
    'Captures a lead typed by a salesperson: it is theirs, unless the phone already belongs to somebody else’s customer',
  access: LEAD_ACCESS,
  input: z.strictObject({
    facts: leadFacts,
    source: leadSource.default('typed'),
    /** The sentence it was captured from; on the timeline anyway, not stored again. */
    text: z.string().max(4000).optional(),
  }),
  output: z.union([leadView, collisionView]),
  http: { method: 'POST', path: '/leads/capture', creates: ({ kind }) => kind === 'captured' },
  example: { facts: { name: '何女士', phone: '13800006612', amount: '300000.00', purpose: 'turnover' } },
  subject: (_input, output) =>
    output && output.kind !== 'collision' ? { kind: 'customer', id: output.customerId } : undefined,
  async run(ctx, input) {
    const owner =
      ctx.actor.kind === 'STAFF'
        ? { staffId: ctx.actor.id, teamId: ctx.actor.teamId ?? null, how: 'TYPED' as const }
        : undefined;
    return captureFacts(ctx, input.facts, input.source, owner);
  },
});

export const createLead = defineOperation({
  name: 'lead.create',
  summary: 'Creates a lead without an owner (API, form, import); the rotation gives it to the next salesperson',
  access: { manager: 'all', admin: 'all', team_lead: 'team' },
  input: z.strictObject({
    name: customerName,
    mobile: z.string().trim().min(1).max(32),
    amount: z.string().optional(),
    purpose: leadFacts.shape.purpose,
    source: leadSource,
  }),
  output: z.union([leadView, collisionView]),
  http: { method: 'POST', path: '/leads', creates: ({ kind }) => kind === 'captured' },
  example: { name: '何女士', mobile: '13800006612', amount: '300000.00', source: 'website' },
  subject: (_input, output) =>
    output && output.kind !== 'collision' ? { kind: 'customer', id: output.customerId } : undefined,
  async run(ctx, input) {
    const facts: LeadFacts = {
      name: input.name,
      phone: input.mobile,
      ...(input.amount === undefined ? {} : { amount: input.amount }),
      ...(input.purpose === undefined ? {} : { purpose: input.purpose }),
    };
    return captureFacts(ctx, facts, input.source, undefined).catch((error: unknown) => {
      throw error instanceof AppError ? asWritten(error) : error;
    });
  },
});

/** A refusal that names the members of this flat body instead of the facts it was turned into. */
function asWritten(error: AppError): AppError {
  const faults = error.faults.map((fault) => ({
    ...fault,
    pointer: fault.pointer.replace(/^\/facts/, '').replace(/^\/phone$/, '/mobile'),
  }));
  return new AppError(error, { params: error.params, faults, cause: error });
}

export const updateLead = defineOperation({
  name: 'lead.update',
  summary:
    'Writes further or corrected facts to an open lead, or takes them back (null); what hangs on a changed fact goes with it. Answers old and new values; the other lead, where a phone that was still missing is an old customer’s whom nobody else follows',
  access: LEAD_ACCESS,
  input: z.strictObject({ lead: z.string().min(1).max(64), facts: leadChanges }),
  output: z.union([leadView, collisionView]),
  http: { method: 'PATCH', path: '/leads/{lead}' },
  example: { facts: { amount: '500000.00' } },
  subject: (_input, output) =>
    output && output.kind !== 'collision' ? { kind: 'customer', id: output.customerId } : undefined,
  async run(ctx, input) {
    const customer = await customerInScope(ctx, input.lead);
    await requireConsent(ctx.tx, ctx.actor, customer.id);
    await lockCustomer(ctx.tx, customer.id);
    const lead = await lockOpenLead(ctx.tx, customer.id);
    if (!lead) throw new AppError(leadErrors['lead.not_found']);
    return (await captureLate(ctx, { customer, lead }, input.facts)) ?? saveFacts(ctx, { customer, lead }, input.facts);
  },
});

export const getLead = defineOperation({
  name: 'lead.get',
  summary: 'Reads the open lead of a customer',
  access: { ...LEAD_ACCESS, reviewer: 'all', approver: 'all', compliance: 'all' },
  input: z.strictObject({ lead: z.string().min(1).max(64) }),
  output: leadView,
  http: { method: 'GET', path: '/leads/{lead}' },
  readOnly: true,
  async run(ctx, input) {
    const customer = await customerInScope(ctx, input.lead);
    const lead = await openLead(ctx.tx, customer.id);
    if (!lead) throw new AppError(leadErrors['lead.not_found']);
    return describeLead(ctx, customer, lead, { isNew: false, changes: {} });
  },
});

export const listAssignments = defineOperation({
  name: 'lead.assignments',
  summary: 'The ledger of assignments of the leads one sees, the newest first: which lead went to whom, when, and how',
  access: { team_lead: 'team', manager: 'all', compliance: 'all', admin: 'all' },
  input: z.strictObject({
    cursor: z.uuid('fault.cursor').optional(),
    limit: wholeNumber(1, 200).default(100),
  }),
  output: z.object({
    items: z.array(z.object({ leadId: z.string(), staffId: z.string(), how: z.string(), at: z.string() })),
    nextCursor: z.string().nullable(),
  }),
  http: { method: 'GET', path: '/lead-assignments' },
  readOnly: true,
  async run(ctx, input) {
    const found = await assignmentLedger(ctx.tx, withinScope(ctx), { after: input.cursor, limit: input.limit + 1 });
    const rows = found.slice(0, input.limit);
    return {
      items: rows.map((row) => ({
        leadId: row.lead_id,
        staffId: row.staff_id,
        how: row.how,
        at: row.at.toISOString(),
      })),
      nextCursor: found.length > input.limit ? (rows.at(-1)?.id ?? null) : null,
    };
  },
});
