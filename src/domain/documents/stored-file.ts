/**
 * Taking a file that came from outside: who it may be stored for, its bytes sealed and put away, one row for the same
 * bytes of the same customer. Runs before the turn that files it, because nothing may be fetched or written to the
 * store inside a turn's transaction. What a crash, or a form that broke off, leaves half-way is a sealed file that no
 * document names: nobody sees it, and the same bytes sent again are found by their digest.
 */
import { createHash } from 'node:crypto';
import type { Actor, Access } from '../../core/operations/actor.ts';
import { inScope, scopeOf } from '../../core/operations/actor.ts';
import type { Services } from '../../core/operations/context.ts';
import type { Database, Tx } from '../../db/database.ts';
import { AppError } from '../../lib/errors.ts';
import { newId, newToken } from '../../lib/ids.ts';
import { mayAdd } from '../consent/index.ts';
import { customerByNumber, findCustomer, parseCustomerNumber, type CustomerRow } from '../customers/index.ts';
import { documentErrors } from './document-errors.ts';
import { findFile, findFileByDigest, insertFile } from './document-store.ts';
import { intakeFile, type FileClaim, type Refusal } from './intake.ts';
import { numberIn } from './matching.ts';

/** Who may add documents to which customer's file; a stranger is told politely that nothing was stored. */
export const FILING_ACCESS: Access = {
  customer: 'self',
  sales: 'own',
  team_lead: 'team',
  manager: 'all',
  admin: 'all',
};

/** For whom a file is meant, or why it is not even fetched. */
export type FilingTarget =
  | { readonly kind: 'customer'; readonly customer: CustomerRow }
  | { readonly kind: 'refused'; readonly reason: 'no_customer' | 'no_consent' };

/**
 * Whose file this is: the customer's own; for staff the K-number in the caption, or else the one the conversation is
 * about, inside the sender's scope. Ask before fetching: what is refused here must not be stored.
 */
export async function filingTarget(tx: Tx, actor: Actor, caption: string, about?: string): Promise<FilingTarget> {
  const customer = await meant(tx, actor, numberIn(caption) ?? about);
  const scope = scopeOf(actor, FILING_ACCESS);
  const may =
    customer &&
    scope &&
    inScope(actor, scope, { ownerId: customer.owner_id, teamId: customer.team_id, customerId: customer.id });
  if (!customer || may !== true) return { kind: 'refused', reason: 'no_customer' };
  if (!(await mayAdd(tx, actor, customer.id))) return { kind: 'refused', reason: 'no_consent' };
  return { kind: 'customer', customer };
}

async function meant(tx: Tx, actor: Actor, number: string | undefined): Promise<CustomerRow | undefined> {
  if (actor.kind === 'CUSTOMER') return findCustomer(tx, actor.id);
  const parsed = number === undefined ? undefined : parseCustomerNumber(number);
  return parsed === undefined ? undefined : customerByNumber(tx, parsed);
}

/** A file to be stored for a customer. */
export interface Upload {
  readonly customer: Pick<CustomerRow, 'id' | 'data_key'>;
  readonly bytes: Buffer;
  readonly claim: FileClaim;
  /** Business time. */
  readonly now: Date;
}

/** A file in the store (`isNew` false: the same bytes of this customer were there), or why nothing was stored. */
export type StoredFile =
  | {
      readonly kind: 'stored';
      readonly fileId: string;
      readonly isNew: boolean;
      readonly mime: string;
      readonly isProtected: boolean;
    }
  | { readonly kind: 'refused'; readonly reason: Refusal };

/** What storing needs: its own transactions, keys and the store. */
export interface FileDeps {
  readonly database: Database;
  readonly services: Pick<Services, 'keys' | 'files'>;
}

/** Checks, seals and stores a file with the customer's own key. Called twice with the same bytes it stores them once. */
export async function storeFile(deps: FileDeps, upload: Upload): Promise<StoredFile> {
  const intake = await intakeFile(upload.bytes, upload.claim);
  if (intake.kind === 'refused') return intake;
  const { database, services } = deps;
  const digest = services.keys.blind('FILE', createHash('sha256').update(upload.bytes).digest('hex'));
  const answer = (fileId: string, isNew: boolean): StoredFile => ({
    kind: 'stored',
    fileId,
    isNew,
    mime: intake.mime,
    isProtected: intake.isProtected,
  });
  const known = await findFileByDigest(database, upload.customer.id, digest);
  if (known) return answer(known.id, false);
  const id = newId();
  const storageKey = newToken(40);
  await services.files.put(
    storageKey,
    await services.keys.sealFor(database, upload.customer.data_key, place(id), upload.bytes),
  );
  const kept = await database.transaction(async (tx) => {
    // The same photo sent twice at once: the second waits here and finds the first.
    await tx.query('SELECT pg_advisory_xact_lock($1)', [digest.readBigInt64BE(0)]);
    const first = await findFileByDigest(tx, upload.customer.id, digest);
    if (first) return first.id;
    await insertFile(tx, {
      id,
      customer_id: upload.customer.id,
      storage_key: storageKey,
      data_key: upload.customer.data_key,
      mime: intake.mime,
      size_bytes: BigInt(upload.bytes.length),
      digest,
      now: upload.now,
    });
    return id;
  });
  if (kept !== id) await services.files.remove(storageKey);
  return answer(kept, kept === id);
}

/** The bytes of a stored file, e.g. for sending it. @throws AppError document.file_not_found, also after erasure */
export async function readFile(tx: Tx, services: Pick<Services, 'keys' | 'files'>, fileId: string): Promise<Buffer> {
  const row = await findFile(tx, fileId);
  const bytes = row && (await services.keys.openAny(tx, place(row.id), await services.files.get(row.storage_key)));
  if (!bytes) throw new AppError(documentErrors['document.file_not_found']);
  return bytes;
}

function place(fileId: string): string {
  return `files.content.${fileId}`;
}
