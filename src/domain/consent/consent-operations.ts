/** Giving, withdrawing and showing consents. Only the customer himself gives one. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError, commonErrors } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { consentErrors } from './consent-errors.ts';
import { CONSENT_KEYS, consentKeyOf } from './consent.ts';
import { consentsOf, findConsentText, insertConsent, withdrawConsent } from './consent-store.ts';

const version = z.coerce.number().int().min(1).max(10_000);

export const grantConsent = defineOperation({
  name: 'consent.grant',
  summary: 'Records that the customer agrees to a text; version, language and hash of what was shown are kept',
  access: { customer: 'self' },
  input: z.strictObject({ textKey: z.string().min(1).max(80), version }),
  output: z.object({ kind: z.enum(['granted', 'already']), consent: z.string(), version: z.int(), hash: z.string() }),
  subject: (input) => ({ kind: 'consent', id: consentKeyOf(input.textKey) ?? '' }),
  async run(ctx, input) {
    const { actor } = ctx;
    if (actor.kind !== 'CUSTOMER')
      throw new AppError(commonErrors['permission.denied'], { params: { operation: 'consent.grant' } });
    const key = consentKeyOf(input.textKey);
    const text = key && (await findConsentText(ctx.tx, key, input.version, actor.language));
    if (!text) throw new AppError(consentErrors['consent.unknown_text'], { params: { version: input.version } });
    const valid = await insertConsent(ctx.tx, {
      id: newId(),
      customerId: actor.id,
      text,
      identityId: actor.identityId,
      via: ctx.via,
      now: ctx.now,
    });
    ctx.effects.touch(actor.id);
    // The adviser can go on from here; the consent to the transfer abroad is only the way there.
    if (valid.isNew && text.key === 'personal-information')
      await ctx.callAsSystem('customer.tellOwner', { customerId: actor.id, text: 'flows.owner-notice.consented' });
    return {
      kind: valid.isNew ? ('granted' as const) : ('already' as const),
      consent: text.key,
      version: valid.text_version,
      hash: valid.text_hash.toString('hex'),
    };
  },
});

const customer = z.string().min(1).max(64);

export const withdraw = defineOperation({
  name: 'consent.withdraw',
  summary:
    'Ends a consent; what was done under it stays on file, nothing new is done. Without the consent to the handling of his data the customer’s open application is stopped',
  access: { customer: 'self', compliance: 'all', admin: 'all' },
  input: z.strictObject({ customer: customer.optional(), consent: z.enum(CONSENT_KEYS) }),
  output: z.object({
    kind: z.enum(['withdrawn', 'not_given']),
    consent: z.string(),
    /** Applications that were under way and are stopped now. */
    stopped: z.int(),
  }),
  http: { method: 'POST', path: '/customers/{customer}/consents/withdraw', status: 200 },
  example: { consent: 'personal-information' },
  subject: (input) => ({ kind: 'consent', id: input.consent }),
  async run(ctx, input) {
    const customerId = await customerMeant(ctx, input.customer);
    const ended = await withdrawConsent(ctx.tx, customerId, input.consent, ctx.now);
    const kind = ended ? ('withdrawn' as const) : ('not_given' as const);
    const stopped = ended && input.consent === 'personal-information' ? await stopUsing(ctx, customerId) : 0;
    return { kind, consent: input.consent, stopped };
  },
});

/** What the customer is promised: his data are not used any more, and what is under way goes no further. */
async function stopUsing(ctx: Ctx, customerId: string): Promise<number> {
  await ctx.callAsSystem('customer.tellOwner', { customerId, text: 'flows.owner-notice.withdrawn' });
  const { stopped } = (await ctx.callAsSystem('application.stop', { customerId })) as { readonly stopped: number };
  return stopped;
}

const given = z.object({
  consent: z.string(),
  name: z.string(),
  version: z.int(),
  language: z.string(),
  /** The text as it was agreed to. */
  text: z.string(),
  hash: z.string(),
  via: z.string(),
  grantedAt: z.string(),
  withdrawnAt: z.string().nullable(),
});

export const listConsents = defineOperation({
  name: 'consent.list',
  summary: 'Everything the customer agreed to, with the texts as of then',
  access: {
    customer: 'self',
    sales: 'own',
    team_lead: 'team',
    reviewer: 'all',
    approver: 'all',
    manager: 'all',
    compliance: 'all',
    admin: 'all',
  },
  input: z.strictObject({ customer: customer.optional() }),
  output: z.object({ items: z.array(given), nextCursor: z.null() }),
  http: { method: 'GET', path: '/customers/{customer}/consents' },
  readOnly: true,
  async run(ctx, input) {
    const rows = await consentsOf(ctx.tx, await customerMeant(ctx, input.customer));
    const items = rows.map((row) => ({
      consent: row.text_key,
      name: ctx.t(`consent.name.${row.text_key}`),
      version: row.text_version,
      language: row.language,
      text: row.text,
      hash: row.text_hash.toString('hex'),
      via: row.via,
      grantedAt: row.granted_at.toISOString(),
      withdrawnAt: row.withdrawn_at?.toISOString() ?? null,
    }));
    return { items, nextCursor: null };
  },
});

/** The customer himself, or the one a member of staff names; his scope is checked by `customer.get`. */
async function customerMeant(ctx: Ctx, ref: string | undefined): Promise<string> {
  const named = ref ?? (ctx.actor.kind === 'CUSTOMER' ? ctx.actor.id : undefined);
  if (named === undefined)
    throw new AppError(commonErrors['request.invalid'], {
      faults: [{ pointer: '/customer', code: 'missing', message: 'fault.customer' }],
    });
  const found = z.object({ id: z.string() }).parse(await ctx.call('customer.get', { id: named }));
  ctx.effects.touch(found.id);
  return found.id;
}
