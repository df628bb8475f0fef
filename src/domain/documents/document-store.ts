/** Queries of the documents room. */
import { statement, type Tx } from '../../db/database.ts';
import { arrivalOf, type CustomerDocument, type DocumentState } from './document.ts';

/** A stored file; its bytes lie sealed under `storage_key`. */
export interface FileRow {
  readonly id: string;
  readonly customer_id: string | null;
  readonly storage_key: string;
  readonly data_key: number;
  readonly mime: string;
  readonly size_bytes: bigint;
}

const FILE = 'id, customer_id, storage_key, data_key, mime, size_bytes';
const FIND_FILE = statement('files-find', `SELECT ${FILE} FROM files WHERE id = $1`);
const FILE_BY_DIGEST = statement(
  'files-by-digest',
  `SELECT ${FILE} FROM files WHERE digest = $2 AND customer_id = $1 ORDER BY created_at, id LIMIT 1`,
);
const INSERT_FILE = statement(
  'files-insert',
  'INSERT INTO files (id, customer_id, storage_key, data_key, mime, size_bytes, digest, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)',
);

const DOCUMENTS = statement(
  'documents-of-customer',
  `SELECT d.id, d.item_code, d.state, v.version, v.page, v.file_id, v.received_via, v.created_at, f.mime, f.size_bytes
   FROM documents d JOIN document_versions v ON v.document_id = d.id JOIN files f ON f.id = v.file_id
   WHERE d.customer_id = $1 ORDER BY d.created_at, d.id, v.version, v.page`,
);
const FIND = statement('documents-find', 'SELECT id, customer_id, item_code, state FROM documents WHERE id = $1');
const INSERT = statement(
  'documents-insert',
  `INSERT INTO documents (id, customer_id, item_code, state, created_at, updated_at) VALUES ($1, $2, $3, 'RECEIVED', $4, $4)`,
);
const SET_ITEM = statement('documents-item', 'UPDATE documents SET item_code = $2, updated_at = $3 WHERE id = $1');
const SET_STATE = statement('documents-state', 'UPDATE documents SET state = $2, updated_at = $3 WHERE id = $1');
const REMOVE = statement('documents-remove', 'DELETE FROM documents WHERE id = $1');
const ADD_PAGE = statement(
  'documents-add-page',
  'INSERT INTO document_versions (document_id, version, page, file_id, received_via, created_at) VALUES ($1, $2, $3, $4, $5, $6)',
);
const MOVE_PAGES = statement(
  'documents-move-pages',
  `UPDATE document_versions SET document_id = $2, version = version + (SELECT coalesce(max(version), 0) FROM document_versions WHERE document_id = $2) WHERE document_id = $1`,
);
const JOIN_PAGES = statement(
  'documents-join-pages',
  `UPDATE document_versions SET document_id = $2, version = last.version, page = last.page + 1
   FROM (SELECT version, page FROM document_versions WHERE document_id = $2 ORDER BY version DESC, page DESC LIMIT 1) AS last WHERE document_id = $1`,
);
const APPLIED_PRODUCT = statement(
  'documents-applied-product',
  `SELECT product_id, state IN ('SUBMITTED', 'RETURNED') AS is_open FROM applications
   WHERE customer_id = $1 ORDER BY is_open DESC, submitted_at DESC, id DESC LIMIT 1`,
);

/** The row of a stored file. */
export async function findFile(tx: Tx, id: string): Promise<FileRow | undefined> {
  return (await tx.query<FileRow>(FIND_FILE, [id]))[0];
}

/** The customer's file with this digest, if the same bytes came before. */
export async function findFileByDigest(tx: Tx, customerId: string, digest: Buffer): Promise<FileRow | undefined> {
  return (await tx.query<FileRow>(FILE_BY_DIGEST, [customerId, digest]))[0];
}

/** Writes the row of a file whose bytes are in the store already. */
export async function insertFile(
  tx: Tx,
  file: FileRow & { readonly digest: Buffer; readonly now: Date },
): Promise<void> {
  await tx.query(INSERT_FILE, [
    file.id,
    file.customer_id,
    file.storage_key,
    file.data_key,
    file.mime,
    file.size_bytes,
    file.digest,
    file.now,
  ]);
}

/** A document without its pages. */
export interface DocumentRow {
  readonly id: string;
  readonly customer_id: string;
  readonly item_code: string | null;
  readonly state: DocumentState;
}

/** A document by its id, without its pages. */
export async function findDocument(tx: Tx, id: string): Promise<DocumentRow | undefined> {
  return (await tx.query<DocumentRow>(FIND, [id]))[0];
}

interface PageRow {
  readonly id: string;
  readonly item_code: string | null;
  readonly state: DocumentState;
  readonly version: number;
  readonly page: number;
  readonly file_id: string;
  readonly received_via: string;
  readonly created_at: Date;
  readonly mime: string;
  readonly size_bytes: bigint;
}

/** All documents of a customer with their pages, the oldest first. `via` still carries the album (`arrivalOf`). */
export async function documentsOf(tx: Tx, customerId: string): Promise<readonly CustomerDocument[]> {
  const rows = await tx.query<PageRow>(DOCUMENTS, [customerId]);
  const documents = new Map<string, CustomerDocument>();
  for (const row of rows) {
    const page = {
      fileId: row.file_id,
      version: row.version,
      page: row.page,
      mime: row.mime,
      sizeBytes: Number(row.size_bytes),
      via: row.received_via,
      at: row.created_at,
    };
    const known = documents.get(row.id);
    documents.set(row.id, {
      id: row.id,
      itemCode: row.item_code,
      state: row.state,
      pages: [...(known?.pages ?? []), page],
    });
  }
  return [...documents.values()];
}

/** Opens a document in state RECEIVED. */
export async function insertDocument(
  tx: Tx,
  document: { readonly id: string; readonly customerId: string; readonly itemCode: string | null; readonly now: Date },
): Promise<void> {
  await tx.query(INSERT, [document.id, document.customerId, document.itemCode, document.now]);
}

/** Says which checklist item a document is. At most one document per customer and item (unique index). */
export async function setDocumentItem(tx: Tx, id: string, itemCode: string, now: Date): Promise<void> {
  await tx.query(SET_ITEM, [id, itemCode, now]);
}

/** Sets the state a review, or a new page, gives a document. */
export async function setDocumentState(tx: Tx, id: string, state: DocumentState, now: Date): Promise<void> {
  await tx.query(SET_STATE, [id, state, now]);
}

/** A page to be added; the caller has locked the customer, so that its number is free. */
export interface PageDraft {
  readonly documentId: string;
  readonly version: number;
  readonly page: number;
  readonly fileId: string;
  readonly via: string;
  readonly album: string | undefined;
  readonly now: Date;
}

/** Adds a page. A file is a page of one document only (unique index). */
export async function addPage(tx: Tx, page: PageDraft): Promise<void> {
  const via = page.album === undefined ? page.via : `${arrivalOf(page.via).via}#${page.album}`;
  await tx.query(ADD_PAGE, [page.documentId, page.version, page.page, page.fileId, via, page.now]);
}

/** Appends one document's versions to another's and removes the empty one. */
export async function mergeDocument(tx: Tx, from: string, into: string): Promise<void> {
  await tx.query(MOVE_PAGES, [from, into]);
  await tx.query(REMOVE, [from]);
}

/** Appends a document's only page to the last version of another, as its other side, and removes the empty one. */
export async function joinDocument(tx: Tx, from: string, into: string): Promise<void> {
  await tx.query(JOIN_PAGES, [from, into]);
  await tx.query(REMOVE, [from]);
}

/** A product version that a customer applied for. */
export interface AppliedProduct {
  readonly product_id: string;
  readonly is_open: boolean;
}

/** The product version of the customer's open application, else of his latest one. */
export async function appliedProduct(tx: Tx, customerId: string): Promise<AppliedProduct | undefined> {
  return (await tx.query<AppliedProduct>(APPLIED_PRODUCT, [customerId]))[0];
}
