/**
 * Binding a customer's chat account to his file: a one-time link says whose file, his own shared phone contact proves
 * that it is he. Until both have matched, nothing of the case is told, not even the K-number.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Access } from '../../core/operations/actor.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError, commonErrors } from '../../lib/errors.ts';
import { newToken } from '../../lib/ids.ts';
import { hasConsent, isOverseas } from '../consent/index.ts';
import { findStaff } from '../staff/index.ts';
import { bindingErrors } from './binding-errors.ts';
import {
  bindAccount,
  insertLink,
  lockAccount,
  lockLink,
  lockOpenedLink,
  openLink,
  ownsPhone,
  useLink,
  wrongTries,
  type AccountRow,
  type LinkRow,
} from './binding-store.ts';
import { customerInScope } from './customer-operations.ts';
import { findCustomer, hasPhone, setLanguage } from './customer-store.ts';
import { customerNumber, normalPhone } from './customer.ts';

/** Whoever opens a link: staff accounts are bound by an administrator, never by a customer's link. */
const WHOEVER_OPENS: Access = { stranger: 'self', customer: 'self' };

/** So many wrong phones make a link worthless; the adviser makes a new one. */
const MAX_WRONG_PHONES = 5;

/** How long a link may be opened. */
const BIND_HOURS = 72;

const known = {
  customerId: z.string(),
  number: z.string(),
  /** The account lies abroad and this consent is still to be given. */
  crossBorder: z.boolean(),
  /** Consent to the handling of personal data is on file. */
  consented: z.boolean(),
};

const opened = z.union([
  z.object({ kind: z.literal('bound'), ...known }),
  z.object({ kind: z.literal('contact_needed') }),
]);

export const createBindingLink = defineOperation({
  name: 'customer.createBindingLink',
  summary: 'Makes a single-use link (72 h) by which the customer binds a Telegram account to the file',
  access: { sales: 'own', team_lead: 'team', manager: 'all', admin: 'all' },
  input: z.strictObject({ id: z.string().min(1).max(64) }),
  output: z.object({ customerId: z.string(), url: z.string(), expiresAt: z.string() }),
  http: { method: 'POST', path: '/customers/{id}/binding-links' },
  subject: (input, output) => ({ kind: 'customer', id: output?.customerId ?? input.id }),
  async run(ctx, input) {
    const customer = await customerInScope(ctx, input.id);
    const bot = ctx.services.telegramBotName();
    if (bot === undefined) throw new AppError(commonErrors['service.unavailable'], { params: { part: 'telegram' } });
    const number = customerNumber(customer.number);
    if (!(await hasPhone(ctx.tx, customer.id)))
      throw new AppError(bindingErrors['binding.no_phone'], { params: { number } });
    const token = newToken(32);
    const expiresAt = new Date(ctx.now.getTime() + BIND_HOURS * 3_600_000);
    const link = { digest: bindingDigest(token), customerId: customer.id, createdBy: ctx.actor.id, expiresAt };
    await insertLink(ctx.tx, link, ctx.now);
    const url = `https://t.me/${bot}?start=${token}`;
    return { customerId: customer.id, url, expiresAt: expiresAt.toISOString() };
  },
});

/** The digest under which a binding token is stored. */
function bindingDigest(token: string): Buffer {
  return createHash('sha256').update(`binding\0${token}`).digest();
}

export const bindCustomer = defineOperation({
  name: 'customer.bind',
  summary: 'Opens a one-time link; the account is bound when the shared phone contact matches',
  access: WHOEVER_OPENS,
  input: z.strictObject({ token: z.string().min(1).max(64) }),
  output: opened,
  subject: (_input, output) => (output?.kind === 'bound' ? { kind: 'customer', id: output.customerId } : undefined),
  async run(ctx, input) {
    const account = await ownAccount(ctx);
    const link = await lockLink(ctx.tx, bindingDigest(input.token));
    if (!link) throw new AppError(bindingErrors['binding.link_unknown']);
    if (account.customer_id === link.customer_id) return openedAgain(ctx, account, link);
    if (link.used_at) throw new AppError(bindingErrors['binding.link_used']);
    refuseExpired(ctx, link);
    if (account.customer_id !== null) throw new AppError(bindingErrors['binding.other_customer']);
    await openLink(ctx.tx, link.digest, account.id);
    return { kind: 'contact_needed' as const };
  },
});

export const followLink = defineOperation({
  name: 'customer.followLink',
  summary: 'Opens a link from chat: one that cannot be used is one plain answer, whatever is wrong with it',
  access: WHOEVER_OPENS,
  input: z.strictObject({ token: z.string().min(1).max(64) }),
  output: z.union([
    z.object({ kind: z.literal('bound'), ...known }),
    /** Who made the link, or `none`: whoever has it may know whom he talks to, and nothing of the case. */
    z.object({ kind: z.literal('contact_needed'), adviser: z.string() }),
    z.object({ kind: z.literal('unusable') }),
  ]),
  subject: (_input, output) => (output?.kind === 'bound' ? { kind: 'customer', id: output.customerId } : undefined),
  async run(ctx, input) {
    try {
      const answer = opened.parse(await ctx.call('customer.bind', input));
      return answer.kind === 'bound' ? answer : { ...answer, adviser: await makerOf(ctx, input.token) };
    } catch (error) {
      if (error instanceof AppError && SPENT.has(error.code)) return { kind: 'unusable' as const };
      throw error;
    }
  },
});

const SPENT: ReadonlySet<string> = new Set(['binding.link_unknown', 'binding.link_used', 'binding.link_expired']);

async function makerOf(ctx: Ctx, token: string): Promise<string> {
  const maker = z.uuid().safeParse((await lockLink(ctx.tx, bindingDigest(token)))?.created_by);
  const staff = maker.success ? await findStaff(ctx.tx, maker.data) : undefined;
  return staff?.is_active === true ? staff.name : 'none';
}

/** The same person once more: nothing to prove; a fresh link is used up all the same. */
async function openedAgain(ctx: Ctx, account: AccountRow, link: LinkRow): Promise<{ kind: 'bound' } & Known> {
  if (!link.used_at) await useLink(ctx.tx, link.digest, account.id, ctx.now);
  return { kind: 'bound', ...(await describe(ctx, account, link.customer_id)) };
}

export const bindContact = defineOperation({
  name: 'customer.bindContact',
  summary: 'Binds the account when the shared contact is the phone of the customer the opened link names',
  access: WHOEVER_OPENS,
  // Whether the contact is the sender's own is known to the platform only; what is not said to be is no proof.
  input: z.strictObject({ phone: z.string().min(1).max(40), own: z.boolean().default(false) }),
  output: z.union([z.object({ kind: z.literal('matched'), ...known }), z.object({ kind: z.literal('mismatch') })]),
  subject: (_input, output) => (output?.kind === 'matched' ? { kind: 'customer', id: output.customerId } : undefined),
  async run(ctx, input) {
    const account = await ownAccount(ctx);
    if (!input.own) throw new AppError(bindingErrors['binding.not_own_contact']);
    const link = await lockOpenedLink(ctx.tx, account.id);
    const customerId = account.customer_id ?? link?.customer_id;
    if (customerId === undefined) throw new AppError(bindingErrors['binding.no_link']);
    if (link) await refuseSpent(ctx, link);
    const phone = normalPhone(input.phone);
    const matches = phone !== undefined && (await ownsPhone(ctx.tx, customerId, ctx.keys.blind('PHONE', phone)));
    if (!matches) return mismatch(ctx, customerId);
    if (link && account.customer_id === null) {
      if (!(await useLink(ctx.tx, link.digest, account.id, ctx.now)))
        throw new AppError(bindingErrors['binding.link_used']);
      await bindAccount(ctx.tx, account.id, customerId, ctx.now);
      // His own wish, said where he is spoken to: it goes before what his file has had so far.
      if (account.language !== null) await setLanguage(ctx.tx, customerId, account.language, ctx.now);
    }
    return { kind: 'matched' as const, ...(await describe(ctx, account, customerId)) };
  },
});

/** A wrong phone is counted as a refusal on the customer's file, where it is seen and where the next try looks. */
function mismatch(ctx: Ctx, customerId: string): { kind: 'mismatch' } {
  ctx.effects.audit({
    action: 'customer.bindContact',
    outcome: 'REFUSED',
    subject: { kind: 'customer', id: customerId },
    detail: { code: 'phone_mismatch' },
  });
  return { kind: 'mismatch' };
}

async function ownAccount(ctx: Ctx): Promise<AccountRow> {
  const { actor } = ctx;
  const id = actor.kind === 'STRANGER' ? actor.id : actor.kind === 'CUSTOMER' ? actor.identityId : undefined;
  const account = id === undefined ? undefined : await lockAccount(ctx.tx, id);
  if (!account) throw new AppError(commonErrors['permission.denied'], { params: { operation: 'customer.bind' } });
  if (account.staff_id !== null) throw new AppError(bindingErrors['binding.staff_account']);
  return account;
}

function refuseExpired(ctx: Ctx, link: LinkRow): void {
  if (link.expires_at.getTime() <= ctx.now.getTime()) throw new AppError(bindingErrors['binding.link_expired']);
}

async function refuseSpent(ctx: Ctx, link: LinkRow): Promise<void> {
  refuseExpired(ctx, link);
  if ((await wrongTries(ctx.tx, link.customer_id, link.created_at)) >= MAX_WRONG_PHONES)
    throw new AppError(bindingErrors['binding.too_many_tries']);
}

interface Known {
  readonly customerId: string;
  readonly number: string;
  readonly crossBorder: boolean;
  readonly consented: boolean;
}

async function describe(ctx: Ctx, account: AccountRow, customerId: string): Promise<Known> {
  const customer = await findCustomer(ctx.tx, customerId);
  if (!customer) throw new Error('a binding link without a customer');
  ctx.effects.touch(customer.id);
  const leaves = isOverseas(account.account) && ctx.services.leavesCountry(account.account);
  return {
    customerId,
    number: customerNumber(customer.number),
    crossBorder: leaves && !(await hasConsent(ctx.tx, customerId, 'cross-border')),
    consented: await hasConsent(ctx.tx, customerId, 'personal-information'),
  };
}
