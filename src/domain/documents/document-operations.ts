/** Filing what customers send: received under a checklist item or asked about, assigned, listed, reviewed. */
import { z } from 'zod';
import type { Access } from '../../core/operations/actor.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError } from '../../lib/errors.ts';
import { textParam } from '../../lib/text-params.ts';
import { noConsentFor, requireConsent } from '../consent/index.ts';
import {
  CUSTOMER_ACCESS,
  customerInScope,
  customerNumber,
  hidingNames,
  lockCustomer,
  type CustomerRow,
} from '../customers/index.ts';
import { askedFile, describeFile } from './asked-file.ts';
import { documentErrors } from './document-errors.ts';
import {
  arrivalOf,
  DOCUMENT_STATES,
  isOtherSide,
  lacksSide,
  offerOrder,
  stillNeeded,
  type CustomerDocument,
  type DocumentState,
  type ItemProgress,
} from './document.ts';
import {
  documentsOf,
  findDocument,
  findFile,
  joinDocument,
  mergeDocument,
  setDocumentItem,
  setDocumentState,
  type DocumentRow,
} from './document-store.ts';
import { attachFile, type Filing } from './filing.ts';
import { REFUSALS } from './intake.ts';
import { itemName, itemNames, productOf, progressFor } from './progress.ts';
import { FILING_ACCESS } from './stored-file.ts';
import { tellHowMany } from './unfiled-operations.ts';
import { needsPage, type OfferedUpload } from './upload-operations.ts';

const named = z.object({ item: z.string(), name: z.string() });

const mediaToken = z.object({
  /** The stored file (`storeFile`). Absent when nothing was stored. */
  fileId: z.uuid().optional(),
  /** Why nothing was stored. */
  refused: z.enum([...REFUSALS, 'no_customer', 'no_consent', 'unreadable']).optional(),
  name: z.string().max(400).optional(),
  caption: z.string().max(4000).optional(),
  /** Files sent together: an album, or one message with several files. */
  album: z.string().max(100).optional(),
  /** Filed without a word: the last file of the album speaks for all. */
  silent: z.boolean().optional(),
  /** The last file of an album, and how many it speaks for. */
  several: z.int().min(2).optional(),
  /** When its message came, the how many-th of its name (a photo has none) in that minute it was, and of how many. */
  at: z.iso.datetime().optional(),
  nth: z.int().min(1).optional(),
  of: z.int().min(1).optional(),
});
type MediaToken = z.output<typeof mediaToken>;

const filed = z.object({
  /** `past`: it was asked about, and somebody has filed it meanwhile. */
  kind: z.enum(['filed', 'duplicate', 'past']),
  document: z.string(),
  item: z.string(),
  itemName: z.string(),
  version: z.int(),
  page: z.int(),
  left: z.int(),
  missing: z.array(named),
  /** How many files somebody has filed just now. */
  count: z.int().optional(),
  /** How many files of an album this speaks for; `itemName` then names all their items. */
  several: z.int().optional(),
  /** Nothing is said of this one. */
  silent: z.literal(true).optional(),
  /** A fresh upload page for what is missing, where the chat takes no files. */
  upload: z.string().optional(),
  /** Whose page that is. */
  number: z.string().optional(),
  /** For a colleague, whose file it went to, ready to stand in the answer. */
  whose: z.string().optional(),
});
type Filed = z.output<typeof filed>;
const unclear = z.object({
  kind: z.literal('unclear'),
  document: z.string(),
  /** `words`: what people call it, as in 流水|银行流水. */
  items: z.array(named.extend({ words: z.string() })),
  left: z.int(),
  ...askedFile.shape,
  several: z.int().optional(),
  /** Of them, how many are meant by the question. */
  unnamed: z.int().optional(),
  /** How many of them had been there before. */
  known: z.int().optional(),
  silent: z.literal(true).optional(),
  whose: z.string().optional(),
});
const receipt = z.union([
  filed,
  unclear,
  z.object({ kind: z.literal('refused'), reason: z.string() }),
  /** `page`: the sender's chat takes no files; an upload page says whose file it is. `colleague`: he can name the customer. */
  z.object({ kind: z.literal('nobody'), page: z.literal(true).optional(), colleague: z.literal(true).optional() }),
]);
type Receipt = z.output<typeof receipt>;

export const receiveDocument = defineOperation({
  name: 'document.receive',
  summary: 'Files a stored file under the checklist item its words name, or asks which one it is',
  access: { ...FILING_ACCESS, stranger: 'self' },
  input: z.strictObject({ media: mediaToken }),
  output: receipt,
  subject: (_input, output) => (output && 'document' in output ? { kind: 'document', id: output.document } : undefined),
  async run(ctx, { media }) {
    if (ctx.actor.kind === 'STRANGER' || media.refused === 'no_customer')
      return { kind: 'nobody' as const, ...howToNameHim(ctx) };
    if (media.refused === 'no_consent') throw noConsentFor(ctx.actor);
    if (media.refused !== undefined) return { kind: 'refused' as const, reason: media.refused };
    const customer = await ownerOf(ctx, media.fileId);
    await requireConsent(ctx.tx, ctx.actor, customer.id);
    await lockCustomer(ctx.tx, customer.id); // numbers of versions and pages are given out one at a time
    const outcome = await attachFile(ctx, customer, {
      fileId: media.fileId ?? '',
      caption: media.caption ?? '',
      name: media.name ?? '',
      album: media.album,
    });
    const told =
      outcome.item === null
        ? await ask(ctx, customer, media, outcome)
        : await tell(ctx, customer, { ...outcome, item: outcome.item, isSilent: media.silent === true });
    if (media.silent === true) return { ...told, silent: true as const };
    const answer =
      media.several === undefined
        ? told
        : await tellTogether(ctx, customer, told, { ...media, several: media.several });
    await tellOwner(ctx, customer, answer, media.several === undefined ? undefined : media);
    return answer;
  },
});

/** How a colleague says whose file it is, where he is. */
function howToNameHim(ctx: Ctx): { readonly page?: true; readonly colleague?: true } {
  if (needsPage(ctx)) return { page: true };
  return ctx.actor.kind === 'STAFF' ? { colleague: true } : {};
}

/** Whoever looks after the customer hears what has come; what he sent in himself he knows. */
async function tellOwner(ctx: Ctx, customer: CustomerRow, told: Receipt, together?: MediaToken): Promise<void> {
  if (ctx.actor.kind !== 'CUSTOMER' || told.kind !== 'filed') return;
  const codes = together ? (await cameWith(ctx, customer, together)).map(({ itemCode }) => itemCode) : [told.item];
  const items = (await progressFor(ctx, customer.id)).filter(({ item }) => codes.includes(item.code));
  await ctx.callAsSystem('customer.tellOwner', {
    customerId: customer.id,
    text: 'flows.owner-notice.document',
    params: { item: items.length === 0 ? told.itemName : itemNames(ctx, items), left: told.left },
  });
}

/** The answer for a whole album: what nobody has named yet is asked about, otherwise all its items are named. */
async function tellTogether(
  ctx: Ctx,
  customer: CustomerRow,
  last: Receipt,
  media: MediaToken & { readonly several: number },
): Promise<Receipt> {
  const { several } = media;
  if (last.kind === 'refused' || last.kind === 'nobody') return last;
  const came = await cameWith(ctx, customer, media);
  const unnamed = came.find(({ itemCode }) => itemCode === null);
  if (unnamed) {
    const fresh = came.reduce((sum, { pages }) => sum + pages.length, 0);
    const asked = await ask(ctx, customer, media, { document: unnamed.id, likely: [] });
    return { ...asked, several, unnamed: unnamed.pages.length, known: Math.max(0, several - fresh) };
  }
  if (last.kind === 'unclear' || came.length === 0) return { ...last, several }; // all of it had been there before
  const progress = await progressFor(ctx, customer.id);
  const names = progress
    .filter(({ item }) => came.some(({ itemCode }) => itemCode === item.code))
    .map((one) => nameOf(ctx, one).name);
  return { ...last, kind: 'filed', itemName: names.join(ctx.t('conversation.format.between_labels')), several };
}

/** What has come of an album by now, where it stands. */
async function cameWith(ctx: Ctx, customer: CustomerRow, { album }: MediaToken): Promise<readonly CustomerDocument[]> {
  return (await documentsOf(ctx.tx, customer.id)).flatMap((one) => {
    const pages = one.pages.filter(({ via }) => arrivalOf(via).album === album && arrivalOf(via).via === ctx.via);
    return pages.length > 0 ? [{ ...one, pages }] : [];
  });
}

async function ownerOf(ctx: Ctx, fileId: string | undefined): Promise<CustomerRow> {
  const file = fileId === undefined ? undefined : await findFile(ctx.tx, fileId);
  if (!file?.customer_id) throw new AppError(documentErrors['document.file_not_found']);
  return customerInScope(ctx, file.customer_id, documentErrors['document.file_not_found']);
}

async function ask(
  ctx: Ctx,
  customer: CustomerRow,
  media: MediaToken,
  { document, likely }: Pick<Filing, 'document' | 'likely'>,
): Promise<z.output<typeof unclear>> {
  const progress = await progressFor(ctx, customer.id);
  const pages = (await documentsOf(ctx.tx, customer.id)).find(({ id }) => id === document)?.pages ?? [];
  return {
    kind: 'unclear',
    document,
    items: offerOrder(progress, likely).map((one) => ({ ...nameOf(ctx, one), words: one.item.words.join('|') })),
    left: stillNeeded(progress).length,
    ...describeFile(ctx, media, pages.at(-1)),
    ...whoseFor(ctx, customer),
  };
}

/** A colleague has many customers: he reads whose file it went to. */
function whoseFor(ctx: Ctx, { number }: CustomerRow): { readonly whose?: string } {
  return ctx.actor.kind === 'STAFF' ? { whose: ctx.t('documents.whose', { number: customerNumber(number) }) } : {};
}

interface Told {
  readonly document: string;
  readonly item: string;
  readonly version: number;
  readonly page: number;
  readonly isDuplicate: boolean;
  readonly isSilent: boolean;
}

async function tell(ctx: Ctx, customer: CustomerRow, told: Told): Promise<Filed> {
  const progress = await progressFor(ctx, customer.id);
  const needed = stillNeeded(progress).map((one) => wantedOf(ctx, one));
  const here = progress.find(({ item }) => item.code === told.item);
  return {
    kind: told.isDuplicate ? 'duplicate' : 'filed',
    document: told.document,
    item: told.item,
    itemName: here ? nameOf(ctx, here).name : told.item,
    version: told.version,
    page: told.page,
    left: needed.length,
    missing: needed,
    ...whoseFor(ctx, customer),
    ...(needed.length > 0 && !told.isSilent ? await pageFor(ctx, customer) : {}),
  };
}

async function pageFor(
  ctx: Ctx,
  customer: CustomerRow,
): Promise<{ readonly upload?: string; readonly number?: string }> {
  if (!needsPage(ctx)) return {};
  const page = (await ctx.call('document.offerUpload', { customer: customer.id })) as OfferedUpload;
  return page.kind === 'link' ? { upload: page.url, number: page.number } : {};
}

/** What is still wanted of an item, in words. */
function wantedOf(ctx: Ctx, one: ItemProgress): z.output<typeof named> {
  const { item, name } = nameOf(ctx, one);
  return { item, name: lacksSide(one.document) ? ctx.t('documents.other_side', { item: name }) : name };
}

function nameOf(ctx: Ctx, one: ItemProgress): z.output<typeof named> {
  return { item: one.item.code, name: itemName(ctx, one) };
}

export const assignDocument = defineOperation({
  name: 'document.assign',
  summary: 'Says which checklist item a received document is; what was there before becomes its earlier version',
  access: { ...FILING_ACCESS, reviewer: 'all' },
  input: z.strictObject({
    document: z.uuid(),
    item: z.string().min(1).max(20),
    /** The file somebody was asked about: it is filed only if nobody has done so since, wherever it stands by now. */
    file: z.uuid().optional(),
  }),
  output: filed,
  http: { method: 'POST', path: '/documents/{document}/item', status: 200 },
  example: { item: 'D01' },
  subject: (input, output) => ({ kind: 'document', id: output?.document ?? input.document }),
  async run(ctx, input) {
    const { customer, document } = await (input.file === undefined
      ? lockDocument(ctx, input.document)
      : lockAsked(ctx, input.file));
    if (input.file !== undefined && document.item_code !== null)
      return tellItem(ctx, customer, document.item_code, 'past');
    const progress = await progressFor(ctx, customer.id);
    const target = progress.find(({ item }) => item.code === input.item);
    if (!target) throw new AppError(documentErrors['document.unknown_item'], { params: { item: input.item } });
    const here = (await documentsOf(ctx.tx, customer.id)).find(({ id }) => id === document.id);
    if (document.item_code !== input.item) await move(ctx, document, target);
    if (document.item_code === null) await tellHowMany(ctx, customer.id);
    const told = await tellItem(ctx, customer, input.item, 'filed');
    await tellOwner(ctx, customer, told);
    return { ...told, count: here?.pages.length ?? 0 };
  },
});

/** What is to be said of an item that has something under it. */
async function tellItem(ctx: Ctx, customer: CustomerRow, item: string, kind: 'filed' | 'past'): Promise<Filed> {
  const now = (await documentsOf(ctx.tx, customer.id)).find((one) => one.itemCode === item);
  const last = now?.pages.at(-1);
  if (!now || !last) throw new Error('a document without pages');
  const { version, page } = last;
  const isSilent = kind === 'past'; // nothing has come: no new page for more
  const told = await tell(ctx, customer, { document: now.id, item, version, page, isDuplicate: false, isSilent });
  return { ...told, kind };
}

async function lockDocument(
  ctx: Ctx,
  id: string,
): Promise<{ readonly customer: CustomerRow; readonly document: DocumentRow }> {
  const seen = await findDocument(ctx.tx, id);
  if (!seen) throw new AppError(documentErrors['document.not_found']);
  const customer = await customerInScope(ctx, seen.customer_id, documentErrors['document.not_found']);
  await lockCustomer(ctx.tx, customer.id);
  const document = await findDocument(ctx.tx, id);
  if (!document) throw new AppError(documentErrors['document.not_found']);
  return { customer, document };
}

/** The same for a file that was asked about: filed meanwhile, it may be part of another document. */
async function lockAsked(
  ctx: Ctx,
  file: string,
): Promise<{ readonly customer: CustomerRow; readonly document: DocumentRow }> {
  const { id: owner } = await ownerOf(ctx, file);
  await lockCustomer(ctx.tx, owner);
  const documents = await documentsOf(ctx.tx, owner);
  const here = documents.find(({ pages }) => pages.some(({ fileId }) => fileId === file));
  if (!here) throw new AppError(documentErrors['document.not_found']);
  return lockDocument(ctx, here.id);
}

/** Under its new item nobody has looked at it yet. */
async function move(ctx: Ctx, document: DocumentRow, target: ItemProgress): Promise<void> {
  if (document.state === 'ACCEPTED') throw new AppError(documentErrors['document.already_accepted']);
  const there = target.document;
  if (there) await join(ctx, document, there);
  else await setDocumentItem(ctx.tx, document.id, target.item.code, ctx.now);
  await setDocumentState(ctx.tx, there?.id ?? document.id, 'RECEIVED', ctx.now);
}

async function join(ctx: Ctx, { id, customer_id: customer }: DocumentRow, there: CustomerDocument): Promise<void> {
  const moved = (await documentsOf(ctx.tx, customer)).find((one) => one.id === id);
  if (moved && isOtherSide(moved, there)) await joinDocument(ctx.tx, id, there.id);
  else await mergeDocument(ctx.tx, id, there.id);
}

const page = z.object({
  file: z.string(),
  version: z.int(),
  page: z.int(),
  mime: z.string(),
  size: z.number(),
  via: z.string(),
  at: z.string(),
});

export const listDocuments = defineOperation({
  name: 'document.list',
  summary: 'The checklist of a customer: what is there in which state, what is missing, what nobody has named yet',
  access: CUSTOMER_ACCESS,
  input: z.strictObject({ customer: z.string().min(1).max(64) }),
  output: z.object({
    customer: z.string(),
    product: z.string().nullable(),
    items: z.array(
      named.extend({
        isRequired: z.boolean(),
        state: z.string(),
        document: z.string().nullable(),
        version: z.int(),
        pages: z.array(page),
      }),
    ),
    unassigned: z.array(z.object({ document: z.string(), pages: z.array(page) })),
    missing: z.array(named),
    left: z.int(),
  }),
  http: { method: 'GET', path: '/customers/{customer}/documents' },
  readOnly: true,
  async run(ctx, input) {
    const customer = await customerInScope(ctx, input.customer);
    const progress = await progressFor(ctx, customer.id);
    const missing = stillNeeded(progress).map((one) => wantedOf(ctx, one));
    return {
      customer: customerNumber(customer.number),
      product: (await productOf(ctx, customer.id))?.code ?? null,
      items: progress.map((one) => ({
        ...nameOf(ctx, one),
        isRequired: one.item.isRequired,
        state: one.state,
        document: one.document?.id ?? null,
        version: one.document?.pages.at(-1)?.version ?? 0,
        pages: pagesOf(one.document?.pages ?? []),
      })),
      unassigned: (await documentsOf(ctx.tx, customer.id))
        .filter((one) => one.itemCode === null)
        .map((one) => ({ document: one.id, pages: pagesOf(one.pages) })),
      missing,
      left: missing.length,
    };
  },
});

type Pages = NonNullable<ItemProgress['document']>['pages'];

function pagesOf(pages: Pages): z.output<typeof page>[] {
  return pages.map((one) => ({
    file: one.fileId,
    version: one.version,
    page: one.page,
    mime: one.mime,
    size: one.sizeBytes,
    via: arrivalOf(one.via).via,
    at: one.at.toISOString(),
  }));
}

const REVIEWERS: Access = { reviewer: 'all', approver: 'all', compliance: 'all' };

export const reviewDocument = defineOperation({
  name: 'document.review',
  summary: 'Marks a document as accepted, unclear, not matching or expired',
  access: REVIEWERS,
  input: z.strictObject({
    document: z.uuid(),
    state: z.enum(DOCUMENT_STATES).exclude(['RECEIVED']),
    reason: z.string().trim().min(1).max(200).optional(),
  }),
  output: z.object({ document: z.string(), item: z.string(), state: z.string() }),
  http: { method: 'POST', path: '/documents/{document}/review', status: 200 },
  example: { state: 'UNCLEAR', reason: '边角被裁掉' },
  subject: (input) => ({ kind: 'document', id: input.document }),
  async run(ctx, input) {
    const { customer, document } = await lockDocument(ctx, input.document);
    const { item_code: item } = document;
    if (item === null) throw new AppError(documentErrors['document.unassigned']);
    if (document.state !== input.state) {
      await setDocumentState(ctx.tx, document.id, input.state, ctx.now);
      await tellReviewed(ctx, customer, item, input);
    }
    return { document: document.id, item, state: input.state };
  },
});

/** Whoever looks after the customer hears what he has to ask him for again, and why; what he has looked at himself he knows. */
async function tellReviewed(
  ctx: Ctx,
  customer: CustomerRow,
  code: string,
  { state, reason }: { readonly state: DocumentState; readonly reason?: string | undefined },
): Promise<void> {
  if (state === 'ACCEPTED' || ctx.actor.id === customer.owner_id) return;
  const name = (await progressFor(ctx, customer.id)).find(({ item }) => item.code === code)?.item.name ?? code;
  await ctx.callAsSystem('customer.tellOwner', {
    customerId: customer.id,
    text: 'flows.owner-notice.reviewed',
    params: {
      item: ctx.services.texts.has(ctx.actor.language, name) ? textParam(name) : name,
      state: textParam(`documents.state.${state}`),
      reason: reason === undefined ? 'none' : await hidingNames(ctx, customer.id, reason),
    },
  });
}
