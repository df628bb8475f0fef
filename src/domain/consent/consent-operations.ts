/** Giving, declining, withdrawing and showing consents. Only the customer himself gives or declines one. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError, commonErrors } from '../../lib/errors.ts';
import type { Language } from '../../lib/i18n.ts';
import { newId } from '../../lib/ids.ts';
import { wholeNumber } from '../../lib/whole-number.ts';
import { consentErrors } from './consent-errors.ts';
import { CONSENT_KEYS, consentKeyOf, currentVersion, textKeyOf, type ConsentKey, type Refusal } from './consent.ts';
import {
  consentsOf,
  findConsentText,
  insertConsent,
  insertRefusal,
  refusalOf,
  withdrawConsent,
  type AnswerDraft,
} from './consent-store.ts';

/** The text that was shown: its consent's key or its locale key, and its version. */
const shown = z.strictObject({
  textKey: z.string().min(1).max(80),
  version: wholeNumber(1, 10_000),
});

export const grantConsent = defineOperation({
  name: 'consent.grant',
  summary: 'Records that the customer agrees to a text; version, language and hash of what was shown are kept',
  access: { customer: 'self' },
  input: shown,
  output: z.object({ kind: z.enum(['granted', 'already']), consent: z.string(), version: z.int(), hash: z.string() }),
  async run(ctx, input) {
    const draft = await ownAnswer(ctx, 'consent.grant', input);
    const { customerId, text } = draft;
    const refusal = await refusalOf(ctx.tx, customerId, text.key);
    const valid = await insertConsent(ctx.tx, draft);
    ctx.effects.touch(customerId);
    // The adviser can go on from here; the consent to the transfer abroad is only the way there.
    if (valid.isNew && text.key === 'personal-information') {
      await ctx.callAsSystem('customer.tellOwner', { customerId, text: 'flows.owner-notice.consented' });
      if (refusal) await ctx.callAsSystem('document.remindOfUnfiled', { customerId }); // meanwhile nobody was to work on them
    }
    return {
      kind: valid.isNew ? ('granted' as const) : ('already' as const),
      consent: text.key,
      version: valid.text_version,
      hash: valid.text_hash.toString('hex'),
    };
  },
});

/** What the customer answers, here and now, to a text on file. @throws AppError permission.denied, consent.unknown_text */
async function ownAnswer(ctx: Ctx, operation: string, input: z.output<typeof shown>): Promise<AnswerDraft> {
  const { actor } = ctx;
  if (actor.kind !== 'CUSTOMER') throw new AppError(commonErrors['permission.denied'], { params: { operation } });
  const key = consentKeyOf(input.textKey);
  const text = key && (await findConsentText(ctx.tx, key, input.version, languageShown(ctx, key)));
  if (!text) throw new AppError(consentErrors['consent.unknown_text'], { params: { version: input.version } });
  return { id: newId(), customerId: actor.id, text, identityId: actor.identityId, via: ctx.via, now: ctx.now };
}

/** The language in which the text stands in the chat where it is answered: he may have chosen another one since, here or elsewhere. */
function languageShown({ shown: questions, actor }: Ctx, key: ConsentKey): Language {
  return questions[textKeyOf(key)] ?? actor.language;
}

export const declineConsent = defineOperation({
  name: 'consent.decline',
  summary:
    'Records that the customer says no to a text; version, language and hash of what was shown are kept. A consent on file is withdrawn by it. Without the consent to the handling of his data the customer’s open application is stopped',
  access: { customer: 'self' },
  input: shown,
  output: z.object({ kind: z.enum(['declined', 'withdrawn', 'already']), consent: z.string(), stopped: z.int() }),
  async run(ctx, input) {
    const draft = await ownAnswer(ctx, 'consent.decline', input);
    ctx.effects.touch(draft.customerId);
    const kind = await insertRefusal(ctx.tx, draft);
    const { key } = draft.text;
    const ends = kind !== 'already' && key === 'personal-information';
    // Nothing is stopped by it, but what the adviser sends does not arrive there any more.
    if (kind !== 'already' && key === 'cross-border')
      await ctx.callAsSystem('customer.tellOwner', {
        customerId: draft.customerId,
        text: 'flows.owner-notice.declined-border',
      });
    return { kind, consent: key, stopped: ends ? await stopUsing(ctx, draft.customerId, kind) : 0 };
  },
});

const customer = z.string().min(1).max(64);

export const withdraw = defineOperation({
  name: 'consent.withdraw',
  summary:
    'Ends a consent; what was done under it stays on file, nothing new is done. Without the consent to the handling of his data the customer’s open application is stopped; if he never gave that one, it is recorded as declined',
  access: { customer: 'self', compliance: 'all', admin: 'all' },
  input: z.strictObject({ customer: customer.optional(), consent: z.enum(CONSENT_KEYS) }),
  output: z.object({
    kind: z.enum(['withdrawn', 'declined', 'not_given']),
    customerId: z.string(),
    consent: z.string(),
    /** Applications that were under way and are stopped now. */
    stopped: z.int(),
  }),
  http: { method: 'POST', path: '/customers/{customer}/consents/withdraw', status: 200 },
  example: { consent: 'personal-information' },
  subject: (input, output) => ({ kind: 'customer', id: output?.customerId ?? input.customer ?? '' }),
  async run(ctx, input) {
    const customerId = await idOf(ctx, input.customer);
    const about = { customerId, consent: input.consent };
    if (input.consent === 'cross-border') {
      // Nothing goes abroad without it, so there is nothing to record where it was never given.
      const ended = await withdrawConsent(ctx.tx, customerId, input.consent, ctx.now);
      return { ...about, kind: ended ? ('withdrawn' as const) : ('not_given' as const), stopped: 0 };
    }
    const kind = await refuseHandling(ctx, customerId);
    return { ...about, kind, stopped: kind === 'not_given' ? 0 : await stopUsing(ctx, customerId, kind) };
  },
});

/** Whoever takes back what he never gave wants the same: his data are not to be handled. */
async function refuseHandling(ctx: Ctx, customerId: string): Promise<Refusal | 'not_given'> {
  const { actor } = ctx;
  const key = 'personal-information';
  if (await refusalOf(ctx.tx, customerId, key)) return 'not_given';
  const text = await findConsentText(ctx.tx, key, currentVersion(key), languageShown(ctx, key));
  if (!text) throw new Error('the consent text that is asked for is not on file');
  const identityId = actor.kind === 'CUSTOMER' ? actor.identityId : null;
  const draft = { id: newId(), customerId, text, identityId, via: ctx.via, now: ctx.now };
  const kind = await insertRefusal(ctx.tx, draft);
  return kind === 'already' ? 'not_given' : kind;
}

/** What the customer is promised: his data are not used any more, and what is under way goes no further. */
async function stopUsing(ctx: Ctx, customerId: string, refusal: Refusal): Promise<number> {
  await ctx.callAsSystem('customer.tellOwner', { customerId, text: `flows.owner-notice.${refusal}` });
  const stop = await ctx.callAsSystem('application.stop', { customerId, refusal });
  return z.object({ stopped: z.int() }).parse(stop).stopped;
}

const answer = z.object({
  consent: z.string(),
  name: z.string(),
  version: z.int(),
  language: z.string(),
  /** The text as it was answered. */
  text: z.string(),
  hash: z.string(),
  via: z.string(),
  /** When he agreed; null when he said no. */
  grantedAt: z.string().nullable(),
  /** When he said no; null when he agreed. */
  declinedAt: z.string().nullable(),
  /** Since when this answer holds no longer: he withdrew it, agreed after all, or answered a newer version. */
  withdrawnAt: z.string().nullable(),
});

export const listConsents = defineOperation({
  name: 'consent.list',
  summary: 'Everything the customer agreed to or declined, with the texts as of then',
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
  output: z.object({ items: z.array(answer), nextCursor: z.null() }),
  http: { method: 'GET', path: '/customers/{customer}/consents' },
  readOnly: true,
  async run(ctx, input) {
    const rows = await consentsOf(ctx.tx, await idOf(ctx, input.customer));
    const items = rows.map((row) => ({
      consent: row.text_key,
      name: ctx.t(`consent.name.${row.text_key}`),
      version: row.text_version,
      language: row.language,
      text: row.text,
      hash: row.text_hash.toString('hex'),
      via: row.via,
      grantedAt: row.granted_at?.toISOString() ?? null,
      declinedAt: row.declined_at?.toISOString() ?? null,
      withdrawnAt: row.withdrawn_at?.toISOString() ?? null,
    }));
    return { items, nextCursor: null };
  },
});

/** The customer himself, or the one a member of staff names; his scope is checked by `customer.get`. */
async function idOf(ctx: Ctx, ref: string | undefined): Promise<string> {
  const named = ref ?? (ctx.actor.kind === 'CUSTOMER' ? ctx.actor.id : undefined);
  if (named === undefined)
    throw new AppError(commonErrors['request.invalid'], {
      faults: [{ pointer: '/customer', code: 'missing', message: 'fault.customer' }],
    });
  const found = z.object({ id: z.string() }).parse(await ctx.call('customer.get', { id: named }));
  ctx.effects.touch(found.id);
  return found.id;
}
