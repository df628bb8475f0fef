/** What is there and what is missing of a checklist. Pure. */
import { standardItem, type ChecklistItem } from '../products/index.ts';

/** Received and not yet looked at, unclear, does not match, accepted, out of date. */
export const DOCUMENT_STATES = ['RECEIVED', 'UNCLEAR', 'MISMATCH', 'ACCEPTED', 'EXPIRED'] as const;
/** One of {@link DOCUMENT_STATES}. */
export type DocumentState = (typeof DOCUMENT_STATES)[number];

/** One stored page of a document. */
export interface Page {
  readonly fileId: string;
  readonly version: number;
  readonly page: number;
  readonly mime: string;
  readonly sizeBytes: number;
  readonly via: string;
  readonly at: Date;
}

/** A document on a customer's file; without an item nobody has said yet what it is. */
export interface CustomerDocument {
  readonly id: string;
  readonly itemCode: string | null;
  readonly state: DocumentState;
  readonly pages: readonly Page[];
}

/** An item of the checklist with what has come for it. */
export interface ItemProgress {
  readonly item: ChecklistItem;
  readonly state: DocumentState | 'MISSING';
  readonly document: CustomerDocument | undefined;
}

/** Every checklist item in order; received items that are not on the list follow at the end. */
export function progressOf(
  checklist: readonly ChecklistItem[],
  documents: readonly CustomerDocument[],
): readonly ItemProgress[] {
  const filed = new Map(documents.flatMap((one) => (one.itemCode === null ? [] : [[one.itemCode, one] as const])));
  const listed = checklist.map((item) => toProgress(item, filed.get(item.code)));
  const codes = new Set(checklist.map((item) => item.code));
  const others = [...filed.values()].flatMap((one) =>
    one.itemCode === null || codes.has(one.itemCode) ? [] : [toProgress(unlisted(one.itemCode), one)],
  );
  return [...listed, ...others];
}

function toProgress(item: ChecklistItem, document: CustomerDocument | undefined): ItemProgress {
  return { item, state: document?.state ?? 'MISSING', document };
}

/** An item of an earlier product: kept and shown, no longer asked for. */
function unlisted(code: string): ChecklistItem {
  return { name: code, words: [], ...standardItem(code), code, isRequired: false };
}

/** Required items the customer still has to bring: nothing came, what came cannot be used, or a card's other side is missing. */
export function stillNeeded(progress: readonly ItemProgress[]): readonly ItemProgress[] {
  return progress.filter(
    (one) => one.item.isRequired && one.state !== 'ACCEPTED' && (one.state !== 'RECEIVED' || lacksSide(one.document)),
  );
}

/** Cards whose two sides are photographed one by one: the identity card. */
const TWO_SIDED: ReadonlySet<string> = new Set(['D01']);

/** Whether only one side of a two-sided card is there, as one photo; a PDF holds both, and a reviewer may accept one photo of both. */
export function lacksSide(document: CustomerDocument | undefined): boolean {
  if (!document || document.state !== 'RECEIVED' || !TWO_SIDED.has(document.itemCode ?? '')) return false;
  const version = document.pages.at(-1)?.version;
  return isOnePhoto(document.pages.filter((page) => page.version === version));
}

/** Whether a document, put beside this one, makes it one card of two sides; more than one photo is a version of its own. */
export function isOtherSide(document: CustomerDocument, of: CustomerDocument): boolean {
  return lacksSide(of) && isOnePhoto(document.pages);
}

function isOnePhoto(pages: readonly Page[]): boolean {
  return pages.length === 1 && pages[0]?.mime !== 'application/pdf';
}

/** The order in which items are offered for an unknown file: the likely ones, what is needed, what never came, the rest. */
export function offerOrder(progress: readonly ItemProgress[], likely: readonly string[]): readonly ItemProgress[] {
  const needed = new Set(stillNeeded(progress).map(({ item }) => item.code));
  const rank = ({ item, state }: ItemProgress): number =>
    likely.includes(item.code) ? 0 : needed.has(item.code) ? 1 : state === 'MISSING' ? 2 : 3;
  return [...progress].sort((a, b) => rank(a) - rank(b));
}

/** `telegram#17…` → the platform and the album a page came with. */
export function arrivalOf(via: string): { readonly via: string; readonly album: string | undefined } {
  const at = via.indexOf('#');
  return at === -1 ? { via, album: undefined } : { via: via.slice(0, at), album: via.slice(at + 1) };
}
