/**
 * One-time upload pages. The WeCom app hands a bot no files but photos, and those without a word of whose they are
 * (wecom.md §3.1), so members of staff get a page for one customer: a link in their chat, good for one submission.
 */
import { z } from 'zod';
import type { Access } from '../../core/operations/actor.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError, commonErrors } from '../../lib/errors.ts';
import { newId, newToken } from '../../lib/ids.ts';
import { requireConsent } from '../consent/index.ts';
import { customerInScope, customerMeant, customerNumber, findCustomer, type CustomerRow } from '../customers/index.ts';
import { documentErrors } from './document-errors.ts';
import { findFile } from './document-store.ts';
import { neededNames } from './progress.ts';
import {
  insertUploadLink,
  lockUploadLink,
  ownTalk,
  spendUploadLink,
  uploadLink,
  type UploadLinkRow,
} from './upload-store.ts';

const UPLOAD_ACCESS: Access = { sales: 'own', team_lead: 'team', manager: 'all', admin: 'all' };
/** Long enough to find the files on the phone, short enough for a link that is left lying about. */
const UPLOAD_MINUTES = 30;
/** Files of one submission: as many as a person picks at once; should each need a question, they still fit the chat's pace. */
export const MAX_UPLOAD_FILES = 10;
/** The kind of timer that brings a submission into its conversation (jobs/timer-handlers.ts). */
export const UPLOADED = 'media.uploaded';

/** Whether the caller's chat takes no files, so that a page has to. */
export function needsPage(ctx: Ctx): boolean {
  return ctx.actor.kind === 'STAFF' && ctx.via === 'wecom';
}

const offered = z.union([
  z.object({
    kind: z.literal('link'),
    customerId: z.string(),
    url: z.string(),
    number: z.string(),
    minutes: z.int(),
    files: z.int(),
  }),
  /** The chat takes files itself. */
  z.object({ kind: z.literal('direct'), customerId: z.string(), number: z.string() }),
]);
/** What `document.offerUpload` answers. */
export type OfferedUpload = z.output<typeof offered>;

export const offerUpload = defineOperation({
  name: 'document.offerUpload',
  summary: 'Makes a one-time upload page for a member of staff whose chat takes no files',
  access: UPLOAD_ACCESS,
  input: z.strictObject({ customer: z.string().min(1).max(64) }),
  output: offered,
  subject: (input, output) => ({ kind: 'customer', id: output?.customerId ?? input.customer }),
  async run(ctx, input) {
    const customer = await customerMeant(ctx, input.customer);
    await requireConsent(ctx.tx, ctx.actor, customer.id);
    const whose = { customerId: customer.id, number: customerNumber(customer.number) };
    const account = ctx.services.accounts.wecom;
    if (!needsPage(ctx) || account === undefined) return { kind: 'direct' as const, ...whose };
    const conversationId = await ownTalk(ctx.tx, ctx.actor.id, account);
    if (conversationId === undefined || ctx.services.publicUrl === '')
      throw new AppError(commonErrors['service.unavailable'], { params: { part: 'upload' } });
    const token = newToken(32);
    await insertUploadLink(ctx.tx, {
      id: newId(),
      token,
      customerId: customer.id,
      staffId: ctx.actor.id,
      conversationId,
      now: ctx.now,
      expiresAt: new Date(ctx.now.getTime() + UPLOAD_MINUTES * 60_000),
    });
    const url = `${ctx.services.publicUrl}/upload/${token}`;
    return { kind: 'link' as const, ...whose, url, minutes: UPLOAD_MINUTES, files: MAX_UPLOAD_FILES };
  },
});

export const openUpload = defineOperation({
  name: 'document.openUpload',
  summary: 'What an upload page shows before anything is sent: whose file it is for and what is missing',
  access: UPLOAD_ACCESS,
  input: z.strictObject({ link: z.uuid() }),
  output: z.object({
    customerId: z.string(),
    number: z.string(),
    name: z.string(),
    expiresAt: z.date(),
    missing: z.array(z.string()),
  }),
  readOnly: true,
  async run(ctx, input) {
    const link = await uploadLink(ctx.tx, input.link);
    const customer = await customerOf(ctx, link);
    return {
      customerId: customer.id,
      number: customerNumber(customer.number),
      name: customer.name_masked,
      expiresAt: link?.expires_at ?? ctx.now,
      missing: await neededNames(ctx, customer.id),
    };
  },
});

const uploaded = z.object({ fileId: z.uuid(), name: z.string().max(400) });

export const takeUpload = defineOperation({
  name: 'document.takeUpload',
  summary: 'Uses an upload link up: its stored files enter the conversation as one message would',
  access: UPLOAD_ACCESS,
  input: z.strictObject({
    link: z.uuid(),
    caption: z.string().max(200),
    files: z.array(uploaded).min(1).max(MAX_UPLOAD_FILES),
    /** How many more were sent and not taken. */
    refused: z.int().min(0),
  }),
  output: z.object({ customerId: z.string(), taken: z.int() }),
  subject: (input, output) =>
    output ? { kind: 'customer', id: output.customerId } : { kind: 'upload', id: input.link },
  async run(ctx, input) {
    const link = await lockUploadLink(ctx.tx, input.link);
    const customer = await customerOf(ctx, link);
    if (!link) throw new AppError(documentErrors['document.upload_unknown']);
    for (const file of input.files)
      if ((await findFile(ctx.tx, file.fileId))?.customer_id !== customer.id)
        throw new AppError(documentErrors['document.file_not_found']);
    await spendUploadLink(ctx.tx, link.id, ctx.now, input.files.length);
    ctx.effects.setTimer({
      key: `upload:${link.id}`,
      kind: UPLOADED,
      dueAt: ctx.now,
      subjectId: link.conversation_id,
      payload: { conversationId: link.conversation_id, caption: input.caption, media: tokensOf(link, input) },
    });
    const params = { count: input.files.length, refused: input.refused, number: customerNumber(customer.number) };
    ctx.effects.send({
      to: { account: link.account, chat: link.chat },
      purpose: 'STAFF',
      content: { kind: 'text', text: ctx.t('upload.chat.received', params) },
    });
    return { customerId: customer.id, taken: input.files.length };
  },
});

/** The files as an album would have brought them: they belong together, and the last one speaks for all. */
function tokensOf(
  link: UploadLinkRow,
  input: { readonly caption: string; readonly files: readonly z.output<typeof uploaded>[] },
): readonly Readonly<Record<string, string | number | boolean>>[] {
  const { caption, files } = input;
  const last = files.length - 1;
  return files.map(({ fileId, name }, index) => ({
    fileId,
    name,
    caption,
    ...(files.length > 1 ? { album: link.id, ...(index < last ? { silent: true } : { several: files.length }) } : {}),
  }));
}

/** Whose file an open link of the caller is for; since then the case may have been handed over, or the consent withdrawn. @throws AppError document.upload_*, consent.refused */
async function customerOf(ctx: Ctx, link: UploadLinkRow | undefined): Promise<CustomerRow> {
  const found = link?.staff_id === ctx.actor.id ? await findCustomer(ctx.tx, link.customer_id) : undefined;
  if (!link || !found) throw new AppError(documentErrors['document.upload_unknown']);
  const customer = await customerInScope(ctx, found.id);
  const number = customerNumber(customer.number);
  if (link.used_at)
    throw new AppError(documentErrors['document.upload_used'], { params: { count: link.file_count, number } });
  if (link.expires_at.getTime() <= ctx.now.getTime())
    throw new AppError(documentErrors['document.upload_expired'], { params: { minutes: UPLOAD_MINUTES, number } });
  await requireConsent(ctx.tx, ctx.actor, customer.id);
  return customer;
}
