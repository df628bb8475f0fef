/** Where a file goes: to the item its words name, to the album it came with, or to the unnamed ones. */
import type { Ctx } from '../../core/operations/context.ts';
import { newId } from '../../lib/ids.ts';
import type { CustomerRow } from '../customers/index.ts';
import { arrivalOf, lacksSide, type CustomerDocument, type Page } from './document.ts';
import { addPage, documentsOf, insertDocument, setDocumentState } from './document-store.ts';
import { matchItem, saysContinued, saysFirstSide } from './matching.ts';
import { progressFor } from './progress.ts';

/** A stored file with the words that came with it. */
export interface Arrival {
  readonly fileId: string;
  readonly caption: string;
  readonly name: string;
  /** Files sent together carry the same; one of them may be the only one with words. */
  readonly album: string | undefined;
}

/** Where the file is now; without an item the person is asked, the likely items first. */
export interface Filing {
  readonly document: string;
  readonly item: string | null;
  readonly version: number;
  readonly page: number;
  readonly isDuplicate: boolean;
  readonly likely: readonly string[];
}

/**
 * Adds the file to the customer's documents; the customer's row is locked by the caller. A file that is there already
 * stays where it is. A new file of an item is a new version, unless it came with the version's last page (album) or
 * says that it goes on (the back of a card).
 */
export async function attachFile(ctx: Ctx, customer: CustomerRow, arrival: Arrival): Promise<Filing> {
  const documents = await documentsOf(ctx.tx, customer.id);
  const known = placeOf(documents, ({ fileId }) => fileId === arrival.fileId);
  if (known) return { ...toFiling(known), isDuplicate: known.document.itemCode !== null };
  const items = (await progressFor(ctx, customer.id)).map(({ item }) => item);
  const match = matchItem(items, arrival.caption, arrival.name);
  if (match.kind === 'one')
    return addToItem(ctx, customer, arrival, {
      code: match.code,
      document: documents.find((one) => one.itemCode === match.code),
    });
  const album =
    arrival.album === undefined
      ? undefined
      : placeOf(documents, ({ via }) => arrivalOf(via).album === arrival.album && arrivalOf(via).via === ctx.via);
  if (album) return continueAt(ctx, arrival, album);
  return openDocument(ctx, customer, arrival, { code: null, likely: match.kind === 'several' ? match.codes : [] });
}

interface Place {
  readonly document: CustomerDocument;
  readonly page: Page;
}

function placeOf(documents: readonly CustomerDocument[], is: (page: Page) => boolean): Place | undefined {
  for (const document of documents) {
    const page = document.pages.findLast(is);
    if (page) return { document, page };
  }
  return undefined;
}

function toFiling({ document, page }: Place): Filing {
  return {
    document: document.id,
    item: document.itemCode,
    version: page.version,
    page: page.page,
    isDuplicate: false,
    likely: [],
  };
}

async function addToItem(
  ctx: Ctx,
  customer: CustomerRow,
  arrival: Arrival,
  item: { readonly code: string; readonly document: CustomerDocument | undefined },
): Promise<Filing> {
  const last = item.document?.pages.at(-1);
  if (!item.document || !last) return openDocument(ctx, customer, arrival, { code: item.code, likely: [] });
  const here = { document: item.document, page: last };
  return isContinuation(ctx, here, arrival)
    ? continueAt(ctx, arrival, here)
    : write(ctx, arrival, here, { version: last.version + 1, page: 1 });
}

function isContinuation(ctx: Ctx, { document, page }: Place, arrival: Arrival): boolean {
  if (document.state !== 'RECEIVED') return false; // somebody has looked at it: what comes now is another version
  const came = arrivalOf(page.via);
  const isSameAlbum = arrival.album !== undefined && came.album === arrival.album && came.via === ctx.via;
  const isOtherSide = lacksSide(document) && !saysFirstSide(arrival.caption, arrival.name);
  return isSameAlbum || isOtherSide || saysContinued(arrival.caption, arrival.name);
}

/** The next page of the version that the place belongs to. */
async function continueAt(ctx: Ctx, arrival: Arrival, place: Place): Promise<Filing> {
  const pages = place.document.pages.filter(({ version }) => version === place.page.version);
  return write(ctx, arrival, place, {
    version: place.page.version,
    page: Math.max(...pages.map(({ page }) => page)) + 1,
  });
}

async function write(
  ctx: Ctx,
  arrival: Arrival,
  { document }: Place,
  at: { readonly version: number; readonly page: number },
): Promise<Filing> {
  await addPage(ctx.tx, {
    documentId: document.id,
    ...at,
    fileId: arrival.fileId,
    via: ctx.via,
    album: arrival.album,
    now: ctx.now,
  });
  await setDocumentState(ctx.tx, document.id, 'RECEIVED', ctx.now);
  return { document: document.id, item: document.itemCode, ...at, isDuplicate: false, likely: [] };
}

async function openDocument(
  ctx: Ctx,
  customer: CustomerRow,
  arrival: Arrival,
  item: { readonly code: string | null; readonly likely: readonly string[] },
): Promise<Filing> {
  const id = newId();
  await insertDocument(ctx.tx, { id, customerId: customer.id, itemCode: item.code, now: ctx.now });
  await addPage(ctx.tx, {
    documentId: id,
    version: 1,
    page: 1,
    fileId: arrival.fileId,
    via: ctx.via,
    album: arrival.album,
    now: ctx.now,
  });
  return { document: id, item: item.code, version: 1, page: 1, isDuplicate: false, likely: item.likely };
}
