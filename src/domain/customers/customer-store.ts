/** Queries of the customers room. A personal value is read here, opened here and masked by its owner of the call. */
import type { DataScope } from '../../core/operations/actor.ts';
import { statement, type Tx } from '../../db/database.ts';
import type { Keyring } from '../../db/keyring.ts';
import { newId } from '../../lib/ids.ts';
import type { PaperNumber } from './customer.ts';

/** A kind of personal value. Of BANK_CARD a customer may have several, of the others one at a time. */
export type PiiKind = 'NAME' | 'PHONE' | 'ID_CARD' | 'BANK_CARD';

/** A customer without his personal values, which lie sealed beside him (`piiOf`). */
export interface CustomerRow {
  readonly id: string;
  readonly number: number;
  readonly data_key: number;
  readonly name_masked: string;
  readonly language: string;
  /** Where his clock hangs (IANA): hours at which he may be contacted are hours there. */
  readonly zone: string;
  readonly owner_id: string | null;
  readonly team_id: string | null;
  /** Since when nobody but himself may be contacted about him; he said so. */
  readonly third_party_refused_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const COLUMNS =
  'c.id, c.number, c.data_key, c.name_masked, c.language, c.zone, c.owner_id, c.team_id, c.third_party_refused_at, c.created_at, c.updated_at';
const INSERT = statement(
  'customers-insert',
  `INSERT INTO customers (id, data_key, name_masked, owner_id, team_id, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING number`,
);
const FIND = statement('customers-find', `SELECT ${COLUMNS} FROM customers c WHERE c.id = $1`);
const LOCK = statement('customers-lock', `SELECT ${COLUMNS} FROM customers c WHERE c.id = $1 FOR NO KEY UPDATE`);
const BY_NUMBER = statement('customers-by-number', `SELECT ${COLUMNS} FROM customers c WHERE c.number = $1`);
const OF_APPLICATION = statement(
  'customers-of-application',
  `SELECT ${COLUMNS} FROM customers c JOIN applications a ON a.customer_id = c.id WHERE a.number = $1`,
);
const OF_LEAD = statement(
  'customers-of-lead',
  `SELECT ${COLUMNS} FROM customers c JOIN leads l ON l.customer_id = c.id WHERE l.id = $1`,
);
const OF_LOAN = statement(
  'customers-of-loan',
  `SELECT ${COLUMNS} FROM customers c JOIN loans l ON l.customer_id = c.id WHERE l.number = $1`,
);
/** Whom somebody sees, with his own and his team's id, as SQL of a customer `c`; the same in every list. */
export const inScope = (scope: string, staff: string, team: string): string =>
  `(${scope} = 'all' OR (${scope} = 'team' AND (c.team_id = ${team} OR c.owner_id = ${staff} OR (c.team_id IS NULL AND c.owner_id IS NULL))) OR (${scope} = 'own' AND c.owner_id = ${staff}) OR (${scope} = 'self' AND c.id = ${staff}))`;
const BY_BLIND = statement(
  'customers-by-blind',
  `SELECT *, (count(*) OVER ())::int AS found FROM (
     SELECT DISTINCT ON (c.number) ${COLUMNS} FROM customers c JOIN pii_refs p ON p.customer_id = c.id
     WHERE p.blinds @> ARRAY[$1::bytea] AND p.is_current AND ${inScope('$2', '$3', '$4')} AND c.number < $5
   ) one ORDER BY number DESC LIMIT $6`,
);
const LIST = statement(
  'customers-list',
  `SELECT ${COLUMNS} FROM customers c
   WHERE ${inScope('$1', '$2', '$3')} AND c.number < $4
   ORDER BY c.number DESC LIMIT $5`,
);
const COUNT = statement('customers-count', 'SELECT count(*)::int AS count FROM customers WHERE owner_id = $1');
const SET_OWNER = statement(
  'customers-owner',
  'UPDATE customers SET owner_id = $2, team_id = $3, updated_at = $4 WHERE id = $1',
);
// Locked in the order of their ids before any is written (design §12 "Turns and locks"). Nothing about him has changed: `updated_at` stays.
const MOVE = statement(
  'customers-move',
  `WITH his AS MATERIALIZED (SELECT id FROM customers WHERE owner_id = $1 AND team_id IS DISTINCT FROM $2 ORDER BY id FOR NO KEY UPDATE)
   UPDATE customers c SET team_id = $2 FROM his WHERE c.id = his.id RETURNING c.id`,
);
const SET_NAME = statement('customers-name', 'UPDATE customers SET name_masked = $2, updated_at = $3 WHERE id = $1');
const REFUSE_THIRD_PARTIES = statement(
  'customers-refuse-third-parties',
  'UPDATE customers SET third_party_refused_at = coalesce(third_party_refused_at, $2), updated_at = $2 WHERE id = $1',
);
const SET_LANGUAGE = statement(
  'customers-language',
  'UPDATE customers SET language = $2, updated_at = $3 WHERE id = $1',
);
const SET_ZONE = statement('customers-zone', 'UPDATE customers SET zone = $2, updated_at = $3 WHERE id = $1');
const ZONE = statement('customers-zone-named', 'SELECT name FROM pg_timezone_names WHERE lower(name) = lower($1)');
const TOUCH = statement('customers-touch', 'UPDATE customers SET updated_at = $2 WHERE id = $1');
const PII = statement(
  'customers-pii',
  'SELECT id, kind, sealed_value, masked FROM pii_refs WHERE customer_id = $1 AND is_current ORDER BY created_at, id',
);
const RETIRE = statement(
  'customers-pii-retire',
  `UPDATE pii_refs SET is_current = false WHERE customer_id = $1 AND kind = $2 AND is_current`,
);
const HAS = statement(
  'customers-pii-has',
  'SELECT id FROM pii_refs WHERE customer_id = $1 AND kind = $2 AND exact_blind = $3 AND is_current',
);
const ADD_PII = statement(
  'customers-pii-add',
  `INSERT INTO pii_refs (id, customer_id, kind, sealed_value, blinds, exact_blind, index_version, masked, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
);

/** Adds a customer with a data key of his own. */
export async function insertCustomer(
  tx: Tx,
  keys: Keyring,
  customer: {
    readonly nameMasked: string;
    readonly ownerId: string | null;
    readonly teamId: string | null;
    readonly now: Date;
  },
): Promise<{ readonly id: string; readonly number: number; readonly dataKey: number }> {
  const dataKey = await keys.createCustomerKey(tx, customer.now);
  const id = newId();
  const [row] = await tx.query<{ number: number }>(INSERT, [
    id,
    dataKey,
    customer.nameMasked,
    customer.ownerId,
    customer.teamId,
    customer.now,
  ]);
  if (!row) throw new Error('customer not inserted');
  return { id, number: row.number, dataKey };
}

/** The customer with this id, not locked. */
export async function findCustomer(tx: Tx, id: string): Promise<CustomerRow | undefined> {
  const [row] = await tx.query<CustomerRow>(FIND, [id]);
  return row;
}

/**
 * Locks the customer's row (lock order: conversations, consents, approvals, instances, customers, leads and applications, loans). Not its key: whatever
 * is inserted for a customer refers to him, and must not wait for somebody who waits for what its transaction holds.
 */
export async function lockCustomer(tx: Tx, id: string): Promise<CustomerRow | undefined> {
  const [row] = await tx.query<CustomerRow>(LOCK, [id]);
  return row;
}

/** The customer with this number (K305 without the letter). */
export async function customerByNumber(tx: Tx, number: number): Promise<CustomerRow | undefined> {
  const [row] = await tx.query<CustomerRow>(BY_NUMBER, [number]);
  return row;
}

/** Whose application or loan this is. */
export async function customerOfPaper(tx: Tx, paper: PaperNumber): Promise<CustomerRow | undefined> {
  const [row] = await tx.query<CustomerRow>(paper.of === 'application' ? OF_APPLICATION : OF_LOAN, [paper.number]);
  return row;
}

/** Whose lead this is. */
export async function customerOfLead(tx: Tx, leadId: string): Promise<CustomerRow | undefined> {
  const [row] = await tx.query<CustomerRow>(OF_LEAD, [leadId]);
  return row;
}

/** Which customers are meant: those that a person sees in this scope. */
export interface Within {
  readonly scope: DataScope;
  readonly personId: string | null;
  readonly teamId: string | null;
}

const EVERYBODYS: Within = { scope: 'all', personId: null, teamId: null };

/** Where a page of a list begins, and how long it is: the customers with a number below `before`, the newest first. */
export interface PageAsked {
  readonly before: number;
  readonly limit: number;
}

/** The first page of a search. */
export const FIRST_PAGE: PageAsked = { before: 2_147_483_647, limit: 20 };

/** Customers, the newest first, and how many come after them. */
export interface CustomerPage {
  readonly rows: readonly CustomerRow[];
  readonly more: number;
}

/** Those of the customers meant who have a current value of this digest. */
export async function customersByBlind(
  tx: Tx,
  digest: Buffer,
  { scope, personId, teamId }: Within = EVERYBODYS,
  { before, limit }: PageAsked = FIRST_PAGE,
): Promise<CustomerPage> {
  type Found = CustomerRow & { readonly found: number };
  const rows = await tx.query<Found>(BY_BLIND, [digest, scope, personId, teamId, before, limit]);
  return { rows, more: (rows[0]?.found ?? 0) - rows.length };
}

/** Customers of those meant with a number below `before`, the newest first. */
export async function listCustomers(tx: Tx, query: Within & PageAsked): Promise<readonly CustomerRow[]> {
  return tx.query<CustomerRow>(LIST, [query.scope, query.personId, query.teamId, query.before, query.limit]);
}

/** How many customers somebody looks after. */
export async function countCustomersOf(tx: Tx, ownerId: string): Promise<number> {
  return (await tx.query<{ count: number }>(COUNT, [ownerId]))[0]?.count ?? 0;
}

/** Writes who looks after him; his leads keep their own. */
export async function setCustomerOwner(
  tx: Tx,
  id: string,
  owner: { readonly staffId: string; readonly teamId: string | null },
  now: Date,
): Promise<void> {
  await tx.query(SET_OWNER, [id, owner.staffId, owner.teamId, now]);
}

/** Takes all customers of an owner into this team; how many were in another. */
export async function moveCustomersOf(tx: Tx, ownerId: string, teamId: string | null): Promise<number> {
  return (await tx.query(MOVE, [ownerId, teamId])).length;
}

/** Writes how he is called where his name may not be shown; the name itself goes to `putPii`. */
export async function setMaskedName(tx: Tx, id: string, nameMasked: string, now: Date): Promise<void> {
  await tx.query(SET_NAME, [id, nameMasked, now]);
}

/** He wants nobody else contacted about him; it stays so from the first time he says it. */
export async function refuseThirdParties(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.query(REFUSE_THIRD_PARTIES, [id, now]);
}

/** The language he is spoken to and reminded in. */
export async function setLanguage(tx: Tx, id: string, language: string, now: Date): Promise<void> {
  await tx.query(SET_LANGUAGE, [id, language, now]);
}

/** Writes where his clock hangs; his reminders follow by `reminder.followZone`. */
export async function setZone(tx: Tx, id: string, zone: string, now: Date): Promise<void> {
  await tx.query(SET_ZONE, [id, zone, now]);
}

/** The zone as the database spells it, which reckons with it; `undefined` for one it does not know. */
export async function zoneNamed(tx: Tx, name: string): Promise<string | undefined> {
  return (await tx.query<{ name: string }>(ZONE, [name]))[0]?.name;
}

/** Notes that something about him has changed. */
export async function touchCustomer(tx: Tx, id: string, now: Date): Promise<void> {
  await tx.query(TOUCH, [id, now]);
}

/** A personal value that is current: sealed, and as it may be shown. */
export interface PiiRow {
  readonly id: string;
  readonly kind: PiiKind;
  readonly sealed_value: Buffer;
  readonly masked: string;
}

/** His current personal values, the oldest first. */
export async function piiOf(tx: Tx, customerId: string): Promise<readonly PiiRow[]> {
  return tx.query<PiiRow>(PII, [customerId]);
}

/** Whether a phone of his is on file. */
export async function hasPhone(tx: Tx, customerId: string): Promise<boolean> {
  return (await piiOf(tx, customerId)).some(({ kind }) => kind === 'PHONE');
}

/** Opens one personal value; `undefined` when the customer was erased. */
export async function openPii(tx: Tx, keys: Keyring, row: PiiRow): Promise<string | undefined> {
  return (await keys.openAny(tx, `pii_refs.sealed_value.${row.id}`, row.sealed_value))?.toString('utf8');
}

/** A personal value in plain, to be sealed and indexed by `putPii`. */
export interface PiiDraft {
  readonly customerId: string;
  readonly dataKey: number;
  readonly kind: PiiKind;
  readonly value: string;
  readonly masked: string;
  /** Further digests it may be found by (last four digits, name prefixes). */
  readonly lookups: readonly string[];
  readonly now: Date;
}

/** Adds a value unless it is already there; a name, phone or identity number replaces the present one. `true` when it changed. */
export async function putPii(tx: Tx, keys: Keyring, draft: PiiDraft): Promise<boolean> {
  const exact = keys.blind(draft.kind, draft.value);
  if ((await tx.query(HAS, [draft.customerId, draft.kind, exact])).length > 0) return false;
  if (draft.kind !== 'BANK_CARD') await tx.query(RETIRE, [draft.customerId, draft.kind]);
  const id = newId();
  const sealed = await keys.sealFor(tx, draft.dataKey, `pii_refs.sealed_value.${id}`, draft.value);
  const blinds = [exact, ...draft.lookups.map((lookup) => keys.blind(draft.kind, lookup))];
  await tx.query(ADD_PII, [
    id,
    draft.customerId,
    draft.kind,
    sealed,
    blinds,
    exact,
    keys.indexVersion,
    draft.masked,
    draft.now,
  ]);
  return true;
}
