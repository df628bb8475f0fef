/** Queries of the leads room. */
import { statement, type Tx } from '../../db/database.ts';
import type { Keyring } from '../../db/keyring.ts';
import { LOCKS } from '../../db/locks.ts';
import { inScope, type Within } from '../customers/index.ts';
import type { Assigned, RecordedFacts, RotationSeat } from './lead.ts';

/** A customer’s wish. The plain columns hold codes and figures; what else is known is sealed (`factsOf`). */
export interface LeadRow {
  readonly id: string;
  readonly customer_id: string;
  readonly owner_id: string | null;
  readonly source: string;
  readonly stage: string;
  readonly amount_fen: bigint | null;
  readonly purpose_code: string | null;
  readonly product_code: string | null;
  readonly term_months: number | null;
  readonly sealed_facts: Buffer | null;
  readonly updated_at: Date;
}

const COLUMNS =
  'id, customer_id, owner_id, source, stage, amount_fen, purpose_code, product_code, term_months, sealed_facts, updated_at';
const INSERT = statement(
  'leads-insert',
  `INSERT INTO leads (id, customer_id, owner_id, team_id, source, stage, created_by, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, 'F10', $6, $7, $7)`,
);
const FIND = statement('leads-find', `SELECT ${COLUMNS} FROM leads WHERE id = $1`);
const OPEN = statement('leads-open', `SELECT ${COLUMNS} FROM leads WHERE customer_id = $1 AND is_open`);
const ENDED = statement(
  'leads-ended',
  'SELECT stage FROM leads WHERE customer_id = $1 AND NOT is_open ORDER BY updated_at DESC, id DESC LIMIT 1',
);
const LATEST = statement(
  'leads-latest',
  'SELECT id FROM leads WHERE customer_id = $1 ORDER BY is_open DESC, updated_at DESC, id DESC LIMIT 1',
);
const LOCK = statement(
  'leads-lock',
  `SELECT ${COLUMNS} FROM leads WHERE customer_id = $1 AND is_open FOR NO KEY UPDATE`,
);
const SAVE = statement(
  'leads-save',
  `UPDATE leads SET amount_fen = coalesce($2, amount_fen), purpose_code = coalesce($3, purpose_code), product_code = coalesce($4, product_code),
     term_months = coalesce($5, term_months), sealed_facts = $6, updated_at = $7 WHERE id = $1`,
);
const STAGE = statement('leads-stage', 'UPDATE leads SET stage = $2, updated_at = $3 WHERE id = $1');
const CLOSE = statement('leads-close', 'UPDATE leads SET is_open = false, stage = $2, updated_at = $3 WHERE id = $1');
const OWN = statement('leads-own', 'UPDATE leads SET owner_id = $2, team_id = $3, updated_at = $4 WHERE id = $1');
// As `customers-move`: in the order of ids, and the wish itself has not changed.
const MOVE = statement(
  'leads-move',
  `WITH his AS MATERIALIZED (SELECT id FROM leads WHERE owner_id = $1 AND team_id IS DISTINCT FROM $2 ORDER BY id FOR NO KEY UPDATE)
   UPDATE leads l SET team_id = $2 FROM his WHERE l.id = his.id RETURNING l.id`,
);
const LEFT = statement('leads-left', 'SELECT count(*)::int AS count FROM leads WHERE owner_id = $1 AND is_open');
const AUTHOR = statement(
  'leads-author',
  'INSERT INTO lead_authors (lead_id, staff_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
);
const AUTHORS = statement('leads-authors', 'SELECT staff_id FROM lead_authors WHERE lead_id = $1');
const ASSIGN = statement(
  'leads-assign',
  'INSERT INTO lead_assignments (id, lead_id, staff_id, how, at) VALUES ($1, $2, $3, $4, $5)',
);
const HOW = statement(
  'leads-how',
  'SELECT how FROM lead_assignments WHERE lead_id = $1 ORDER BY at DESC, id DESC LIMIT 1',
);
const COLLIDE = statement(
  'leads-collide',
  'INSERT INTO collisions (id, customer_id, staff_id, owner_id, at) VALUES ($1, $2, $3, $4, $5)',
);
const SEATS = statement(
  'leads-seats',
  `SELECT s.id AS "staffId", s.team_id AS "teamId", had.assigned, coalesce(had.last_at, s.created_at) AS "waitingSince"
   FROM (SELECT *, max(created_at) OVER () AS newest FROM staff WHERE is_active AND roles @> ARRAY['sales']) AS s
   CROSS JOIN LATERAL (
     SELECT count(*)::int AS assigned, max(a.at) AS last_at FROM lead_assignments a
     WHERE a.staff_id = s.id AND a.how = 'ROTATION' AND a.at >= s.newest
   ) AS had
   ORDER BY s.created_at, s.id`,
);
const KEEPER = statement(
  'leads-keeper',
  'SELECT id AS "staffId", team_id AS "teamId" FROM staff WHERE id = $1 AND is_active',
);
const LEDGER = statement(
  'leads-ledger',
  `SELECT a.id, a.lead_id, a.staff_id, a.how, a.at FROM lead_assignments a JOIN leads l ON l.id = a.lead_id JOIN customers c ON c.id = l.customer_id
   WHERE ($1::uuid IS NULL OR (a.at, a.id) < (SELECT at, id FROM lead_assignments WHERE id = $1))
     AND ${inScope('$3', '$4', '$5')} ORDER BY a.at DESC, a.id DESC LIMIT $2`,
);

const CASES = statement(
  'leads-cases',
  `SELECT 'L' AS letter, id, number, principal_fen AS amount_fen, state FROM loans WHERE customer_id = $1
   UNION ALL
   SELECT 'A', id, number, amount_fen, state FROM applications WHERE customer_id = $1
   ORDER BY letter DESC, number DESC LIMIT 10`,
);

const IN_APPROVAL = statement(
  'leads-in-approval',
  `SELECT number FROM applications WHERE lead_id = $1 AND state = 'SUBMITTED'`,
);

/** The number of the application that approvers have before them; `undefined` when there is none, or it was returned. */
export async function numberInApproval(tx: Tx, leadId: string): Promise<number | undefined> {
  return (await tx.query<{ number: number }>(IN_APPROVAL, [leadId]))[0]?.number;
}

/** A loan (L) or an application (A) of a customer, as a line of a look-up. */
export interface CaseRow {
  readonly letter: 'L' | 'A';
  readonly id: string;
  readonly number: number;
  readonly amount_fen: bigint;
  readonly state: string;
}

/** What became of a customer's leads: his loans, then his applications, the newest first. */
export async function casesOf(tx: Tx, customerId: string): Promise<readonly CaseRow[]> {
  return tx.query<CaseRow>(CASES, [customerId]);
}

/** Adds an open lead in the first stage, F10 (新线索). */
export async function insertLead(
  tx: Tx,
  lead: {
    readonly id: string;
    readonly customerId: string;
    readonly ownerId: string | null;
    readonly teamId: string | null;
    readonly source: string;
    readonly createdBy: string;
    readonly now: Date;
  },
): Promise<void> {
  await tx.query(INSERT, [lead.id, lead.customerId, lead.ownerId, lead.teamId, lead.source, lead.createdBy, lead.now]);
}

/** The lead with this id, open or closed, not locked. */
export async function findLead(tx: Tx, id: string): Promise<LeadRow | undefined> {
  const [row] = await tx.query<LeadRow>(FIND, [id]);
  return row;
}

/** The customer’s open lead, not locked; the database allows him one. */
export async function openLead(tx: Tx, customerId: string): Promise<LeadRow | undefined> {
  const [row] = await tx.query<LeadRow>(OPEN, [customerId]);
  return row;
}

/** The customer's open lead, or else the one that moved last. */
export async function latestLeadId(tx: Tx, customerId: string): Promise<string | undefined> {
  return (await tx.query<{ id: string }>(LATEST, [customerId]))[0]?.id;
}

/** The stage in which the customer's last wish ended; `undefined` while none has. */
export async function lastStage(tx: Tx, customerId: string): Promise<string | undefined> {
  return (await tx.query<{ stage: string }>(ENDED, [customerId]))[0]?.stage;
}

/** The customer’s open lead, locked; the customer is locked before it. */
export async function lockOpenLead(tx: Tx, customerId: string): Promise<LeadRow | undefined> {
  const [row] = await tx.query<LeadRow>(LOCK, [customerId]);
  return row;
}

/** What is saved of a wish: `null` leaves a column as it is, `facts` replace those on file. */
export interface LeadUpdate {
  readonly amountFen: bigint | null;
  readonly purpose: string | null;
  readonly product: string | null;
  readonly term: number | null;
  readonly facts: RecordedFacts;
}

/** Saves what a lead wishes; facts are sealed with the customer's key. */
export async function saveLead(
  tx: Tx,
  keys: Keyring,
  lead: { readonly id: string; readonly dataKey: number; readonly now: Date },
  update: LeadUpdate,
): Promise<void> {
  const sealed = await keys.sealFor(tx, lead.dataKey, `leads.sealed_facts.${lead.id}`, JSON.stringify(update.facts));
  await tx.query(SAVE, [lead.id, update.amountFen, update.purpose, update.product, update.term, sealed, lead.now]);
}

/** The facts on file; empty for a new lead, or one whose customer was erased. */
export async function factsOf(
  tx: Tx,
  keys: Keyring,
  lead: Pick<LeadRow, 'id' | 'sealed_facts'>,
): Promise<RecordedFacts> {
  if (!lead.sealed_facts) return {};
  const plain = await keys.openAny(tx, `leads.sealed_facts.${lead.id}`, lead.sealed_facts);
  return plain ? (JSON.parse(plain.toString('utf8')) as RecordedFacts) : {};
}

/** Writes a stage of trade §6.4 (F10 …). */
export async function setStage(tx: Tx, id: string, stage: string, now: Date): Promise<void> {
  await tx.query(STAGE, [id, stage, now]);
}

/** Ends it in this stage; what the customer wishes next is a new lead. */
export async function closeLead(tx: Tx, id: string, stage: string, now: Date): Promise<void> {
  await tx.query(CLOSE, [id, stage, now]);
}

/** Writes whose lead it is; the ledger of assignments is written apart (`recordAssignment`). */
export async function setLeadOwner(
  tx: Tx,
  id: string,
  owner: { readonly staffId: string; readonly teamId: string | null },
  now: Date,
): Promise<void> {
  await tx.query(OWN, [id, owner.staffId, owner.teamId, now]);
}

/** Takes all leads of an owner, open or not, into this team; how many were in another. */
export async function moveLeadsOf(tx: Tx, ownerId: string, teamId: string | null): Promise<number> {
  return (await tx.query(MOVE, [ownerId, teamId])).length;
}

/** How many open leads somebody has. */
export async function countOpenLeadsOf(tx: Tx, ownerId: string): Promise<number> {
  return (await tx.query<{ count: number }>(LEFT, [ownerId]))[0]?.count ?? 0;
}

/** Notes that he wrote a fact of the case: its authors never decide it (design §3.9). */
export async function addAuthor(tx: Tx, leadId: string, staffId: string, now: Date): Promise<void> {
  await tx.query(AUTHOR, [leadId, staffId, now]);
}

/** Everybody who wrote a fact of the case. */
export async function authorsOf(tx: Tx, leadId: string): Promise<readonly string[]> {
  return (await tx.query<{ staff_id: string }>(AUTHORS, [leadId])).map((row) => row.staff_id);
}

/** Writes down who got the lead; the rotation counts by it. */
export async function recordAssignment(
  tx: Tx,
  assignment: {
    readonly id: string;
    readonly leadId: string;
    readonly staffId: string;
    readonly how: Assigned;
    readonly now: Date;
  },
): Promise<void> {
  await tx.query(ASSIGN, [assignment.id, assignment.leadId, assignment.staffId, assignment.how, assignment.now]);
}

/** How the lead came to whoever has it; `undefined` when nobody was ever given it. */
export async function lastAssigned(tx: Tx, leadId: string): Promise<Assigned | undefined> {
  return (await tx.query<{ how: Assigned }>(HOW, [leadId]))[0]?.how;
}

/** Writes down that somebody came upon a customer of somebody else’s (撞单). */
export async function recordCollision(
  tx: Tx,
  collision: {
    readonly id: string;
    readonly customerId: string;
    readonly staffId: string;
    readonly ownerId: string | null;
    readonly now: Date;
  },
): Promise<void> {
  await tx.query(COLLIDE, [collision.id, collision.customerId, collision.staffId, collision.ownerId, collision.now]);
}

/** The seats of the rotation, in order of service; one caller at a time, so that no two leads get the same turn. */
export async function lockRotation(tx: Tx): Promise<readonly RotationSeat[]> {
  await tx.query('SELECT pg_advisory_xact_lock($1)', [LOCKS.leadRotation]);
  return tx.query<RotationSeat>(SEATS);
}

/** Somebody who has customers, with his team; `undefined` when he has left. */
export async function findKeeper(
  tx: Tx,
  staffId: string,
): Promise<Pick<RotationSeat, 'staffId' | 'teamId'> | undefined> {
  const [keeper] = await tx.query<Pick<RotationSeat, 'staffId' | 'teamId'>>(KEEPER, [staffId]);
  return keeper;
}

/** A lead that was given to somebody. */
export interface AssignmentRow {
  readonly id: string;
  readonly lead_id: string;
  readonly staff_id: string;
  readonly how: string;
  readonly at: Date;
}

/** What was assigned to whom, of the leads that a person sees, the newest first; those after `after`. */
export async function assignmentLedger(
  tx: Tx,
  { scope, personId, teamId }: Within,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<readonly AssignmentRow[]> {
  return tx.query<AssignmentRow>(LEDGER, [page.after ?? null, page.limit, scope, personId, teamId]);
}
