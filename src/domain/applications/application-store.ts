/** Queries of applications and their approvals. */
import { statement, type Tx } from '../../db/database.ts';
import { isUuid } from '../../lib/ids.ts';

/**
 * An application with the terms it was last handed in with, and by whom; when it was first. `annual_rate` is an exact decimal of
 * a year.
 */
export interface ApplicationRow {
  readonly id: string;
  readonly number: number;
  readonly customer_id: string;
  readonly lead_id: string;
  readonly product_id: string;
  readonly amount_fen: bigint;
  readonly term_months: number;
  readonly method: string;
  readonly annual_rate: string;
  readonly state: string;
  readonly submitted_by: string;
  readonly submitted_at: Date;
}

/**
 * One wait of a process for a role’s votes. `visit` is the process’s number of the wait, `round` that of the submission, `since`
 * the visit from which on approvals count beside this one.
 */
export interface ApprovalRow {
  readonly id: string;
  readonly application_id: string;
  readonly instance_id: string;
  readonly node: string;
  readonly visit: number;
  readonly round: number;
  readonly since: number;
  readonly role: string;
  readonly mode: 'ANY' | 'ALL';
  readonly verbs: readonly string[];
  readonly revision: number;
  readonly state: 'OPEN' | 'APPROVED' | 'REJECTED' | 'RETURNED' | 'RECALLED' | 'EXPIRED';
  readonly snapshot_hash: Buffer;
  readonly sealed_snapshot: Buffer;
  readonly opened_at: Date;
  readonly closed_at: Date | null;
}

/** A seat in an approval: who was asked, and what he decided. */
export interface TaskRow {
  readonly id: string;
  readonly approval_id: string;
  readonly staff_id: string;
  readonly state: 'OPEN' | 'APPROVED' | 'REJECTED' | 'RETURNED' | 'HANDED_OVER' | 'CLOSED';
  readonly decided_at: Date | null;
  readonly reason_code: string | null;
  readonly sealed_reason: Buffer | null;
  readonly staff_name: string;
  /** He works here and has the role the node asks for: who lost either decides nothing any more. */
  readonly staff_able: boolean;
}

const APPLICATION =
  'id, number, customer_id, lead_id, product_id, amount_fen, term_months, method, annual_rate, state, submitted_by, submitted_at';
const INSERT = statement(
  'applications-insert',
  `INSERT INTO applications (id, customer_id, lead_id, product_id, amount_fen, term_months, method, annual_rate, state, submitted_by, submitted_at, updated_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'SUBMITTED', $9, $10, $10) RETURNING number`,
);
const FIND = statement('applications-find', `SELECT ${APPLICATION} FROM applications WHERE id = $1`);
const BY_NUMBER = statement('applications-by-number', `SELECT ${APPLICATION} FROM applications WHERE number = $1`);
const OPEN = statement(
  'applications-open',
  `SELECT ${APPLICATION} FROM applications WHERE lead_id = $1 AND state IN ('SUBMITTED', 'RETURNED') FOR NO KEY UPDATE`,
);
const LOCK_CASE = statement(
  'applications-lock-case',
  `SELECT i.id FROM instances i JOIN applications a ON a.id = i.subject_id
   WHERE a.customer_id = $1 AND a.state IN ('SUBMITTED', 'RETURNED') AND i.status IN ('RUNNING', 'STOPPED') ORDER BY i.id FOR NO KEY UPDATE OF i`,
);
const LATEST = statement(
  'applications-latest',
  `SELECT ${APPLICATION} FROM applications WHERE lead_id = $1 ORDER BY number DESC LIMIT 1`,
);
const STATE = statement('applications-state', 'UPDATE applications SET state = $2, updated_at = $3 WHERE id = $1');
const TERMS = statement(
  'applications-terms',
  `UPDATE applications SET amount_fen = $2, term_months = $3, product_id = $4, method = $5, annual_rate = $6, submitted_by = $7, state = 'SUBMITTED', updated_at = $8 WHERE id = $1 RETURNING ${APPLICATION}`,
);
const INSTANCE = statement(
  'applications-instance',
  `SELECT id FROM instances WHERE subject_id = $1 AND status = $2 ORDER BY created_at DESC LIMIT 1`,
);

const APPROVAL =
  'id, application_id, instance_id, node, visit, round, since, role, mode, verbs, revision, state, snapshot_hash, sealed_snapshot, opened_at, closed_at';
const OPEN_APPROVAL = statement(
  'approvals-insert',
  `INSERT INTO approvals (id, application_id, instance_id, node, visit, round, since, role, mode, verbs, state, snapshot_hash, sealed_snapshot, opened_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
);
const LOCK_APPROVAL = statement('approvals-lock', `SELECT ${APPROVAL} FROM approvals WHERE id = $1 FOR NO KEY UPDATE`);
const FIND_APPROVAL = statement('approvals-find', `SELECT ${APPROVAL} FROM approvals WHERE id = $1`);
const CLOSE_APPROVAL = statement('approvals-close', 'UPDATE approvals SET state = $2, closed_at = $3 WHERE id = $1');
const OF_INSTANCE = statement(
  'approvals-of-instance',
  `SELECT ${APPROVAL} FROM approvals WHERE instance_id = $1 ORDER BY opened_at, id`,
);
const OF_APPLICATION = statement(
  'approvals-of-application',
  `SELECT id FROM approvals a WHERE application_id = $1
   ORDER BY state = 'OPEN' DESC, EXISTS (SELECT FROM approval_tasks t WHERE t.approval_id = a.id AND t.staff_id::text = $2) DESC, opened_at DESC, id DESC LIMIT 1`,
);
const STANDING = statement(
  'approvals-standing',
  `SELECT ${APPROVAL} FROM approvals WHERE application_id = $1 ORDER BY state = 'OPEN' DESC, opened_at DESC, id DESC LIMIT 1`,
);
const LIST = statement(
  'approvals-list',
  `SELECT ${APPROVAL} FROM approvals a WHERE ($1::uuid IS NULL OR EXISTS (SELECT 1 FROM approval_tasks t WHERE t.approval_id = a.id AND t.staff_id = $1 AND ($2::text IS DISTINCT FROM 'OPEN' OR t.state = 'OPEN'))) AND ($2::text IS NULL OR a.state = $2)
   AND ($3::uuid IS NULL OR (opened_at, id) < (SELECT opened_at, id FROM approvals WHERE id = $3))
   ORDER BY opened_at DESC, id DESC LIMIT $4`,
);
const LOCK_WAITING = statement(
  'approvals-lock-waiting',
  `SELECT ${APPROVAL} FROM approvals a WHERE application_id = $1 AND state = 'OPEN'
   AND EXISTS (SELECT FROM approval_tasks t WHERE t.approval_id = a.id AND t.staff_id = $2 AND t.state = 'OPEN') FOR NO KEY UPDATE`,
);
const UNDER_WAY = statement(
  'applications-under-way',
  `SELECT ${APPLICATION} FROM applications WHERE customer_id = $1 AND state IN ('SUBMITTED', 'RETURNED') ORDER BY id`,
);
const LOCK_OPEN = statement(
  'approvals-lock-open',
  `SELECT ${APPROVAL} FROM approvals WHERE application_id = $1 AND state = 'OPEN' ORDER BY id FOR NO KEY UPDATE`,
);
const LOCK_VISIT = statement(
  'approvals-lock-visit',
  `SELECT ${APPROVAL} FROM approvals WHERE instance_id = $1 AND visit = $2 AND state = 'OPEN' FOR NO KEY UPDATE`,
);
const INVOLVED = statement(
  'approvals-involved',
  `SELECT DISTINCT t.staff_id FROM approval_tasks t JOIN approvals a ON a.id = t.approval_id
   WHERE a.application_id = $1 AND t.state IN ('OPEN', 'APPROVED') ORDER BY t.staff_id`,
);
const EXCLUDE = statement(
  'approvals-exclude',
  'INSERT INTO approval_exclusions (instance_id, staff_id, why) SELECT $1, * FROM unnest($2::uuid[], $3::text[]) ON CONFLICT DO NOTHING',
);
const EXCLUDED = statement('approvals-excluded', 'SELECT staff_id FROM approval_exclusions WHERE instance_id = $1');
const SIGNED = statement(
  'approvals-signed',
  `SELECT t.staff_id FROM approval_tasks t JOIN approvals a ON a.id = t.approval_id WHERE a.instance_id = $1 AND t.state = 'APPROVED'
     AND (a.round = $2 OR (a.state = 'APPROVED' AND a.visit >= $3 AND a.node <> $4
       AND NOT EXISTS (SELECT FROM approvals l WHERE l.instance_id = $1 AND l.node = a.node AND l.visit > a.visit)))`,
);
const SEAT = statement(
  'approvals-seat',
  `INSERT INTO approval_tasks (id, approval_id, staff_id, state, handed_over_from) VALUES ($1, $2, $3, 'OPEN', $4)
   ON CONFLICT (approval_id, staff_id) DO UPDATE SET state = 'OPEN', handed_over_from = excluded.handed_over_from, decided_at = NULL, decided_via = NULL
     WHERE approval_tasks.state IN ('CLOSED', 'HANDED_OVER') RETURNING id`,
);
const ALARMED = statement(
  'approvals-alarmed',
  'SELECT id FROM todos WHERE kind = $1 AND subject_id = $2 AND done_at IS NULL LIMIT 1',
);
const TASKS = statement(
  'approvals-tasks',
  `SELECT t.id, t.approval_id, t.staff_id, t.state, t.decided_at, t.reason_code, t.sealed_reason, s.name AS staff_name, (s.is_active AND s.roles @> ARRAY[a.role]) AS staff_able
   FROM approval_tasks t JOIN approvals a ON a.id = t.approval_id JOIN staff s ON s.id = t.staff_id
   WHERE t.approval_id = ANY($1::uuid[]) ORDER BY t.recorded_at, t.id`,
);
const VOTE = statement(
  'approvals-vote',
  `UPDATE approval_tasks SET state = $2, reason_code = $3, sealed_reason = $4, decided_at = $5, decided_via = $6 WHERE id = $1 AND state = 'OPEN' RETURNING id`,
);
const CLOSE_TASKS = statement(
  'approvals-close-tasks',
  `UPDATE approval_tasks SET state = 'CLOSED' WHERE approval_id = $1 AND state = 'OPEN'`,
);
const VOTES = statement(
  'approvals-votes',
  `SELECT t.id, t.approval_id, t.state, t.reason_code, t.sealed_reason, s.name AS staff_name, a.sealed_snapshot
   FROM approval_tasks t JOIN approvals a ON a.id = t.approval_id JOIN staff s ON s.id = t.staff_id
   WHERE a.instance_id = $1 AND t.state IN ('APPROVED', 'RETURNED') ORDER BY t.decided_at, t.id`,
);
const LEAVE_SEAT = statement(
  'approvals-leave-seat',
  `UPDATE approval_tasks SET state = $2 WHERE id = $1 AND state = 'OPEN'`,
);
const MISSED_BY = statement(
  'approvals-missed-by',
  `SELECT DISTINCT t.approval_id AS id, a.application_id FROM approval_tasks t JOIN staff s ON s.id = t.staff_id
   JOIN approvals a ON a.id = t.approval_id AND a.state = 'OPEN'
   WHERE t.state = 'OPEN' AND (NOT (s.is_active AND s.roles @> ARRAY[a.role])
     OR EXISTS (SELECT FROM cards c JOIN identities i ON i.id = c.identity_id
                WHERE c.approval_id = a.id AND c.task_id = t.id AND c.state = 'OPEN' AND i.staff_id IS DISTINCT FROM t.staff_id)
     OR EXISTS (SELECT FROM identities i WHERE i.staff_id = t.staff_id AND NOT EXISTS (SELECT FROM cards c
                WHERE c.approval_id = a.id AND c.task_id = t.id AND c.identity_id = i.id AND c.state = 'OPEN'))
     OR EXISTS (SELECT FROM todos d WHERE d.role = 'manager' AND d.done_at IS NULL AND d.kind = $1 AND d.subject_id = a.application_id))
   ORDER BY 1`,
);
const RETURNS = statement(
  'approvals-returns',
  `SELECT count(*)::int AS n FROM approvals WHERE instance_id = $1 AND state = 'RETURNED'`,
);
/** Adds it as SUBMITTED; its number (A1087 without the letter). */
export async function insertApplication(
  tx: Tx,
  application: Omit<ApplicationRow, 'number' | 'state' | 'submitted_at'> & { readonly now: Date },
): Promise<number> {
  const [row] = await tx.query<{ number: number }>(INSERT, [
    application.id,
    application.customer_id,
    application.lead_id,
    application.product_id,
    application.amount_fen,
    application.term_months,
    application.method,
    application.annual_rate,
    application.submitted_by,
    application.now,
  ]);
  if (!row) throw new Error('application not inserted');
  return row.number;
}

/** The application with this id, not locked. */
export async function findApplication(tx: Tx, id: string): Promise<ApplicationRow | undefined> {
  return (await tx.query<ApplicationRow>(FIND, [id]))[0];
}

/** Finds by uuid or A-number (A1087). */
export async function applicationByRef(tx: Tx, ref: string): Promise<ApplicationRow | undefined> {
  const number = /^[Aa](\d{1,9})$/.exec(ref)?.[1];
  if (number !== undefined) return (await tx.query<ApplicationRow>(BY_NUMBER, [Number(number)]))[0];
  return isUuid(ref) ? findApplication(tx, ref) : undefined;
}

/**
 * The id of the approval that an id or an A-number names: of several of one application the one that is open, before others the
 * one this person sits on, then the newest.
 */
export async function approvalNamed(tx: Tx, ref: string, actorId: string): Promise<string | undefined> {
  if (isUuid(ref)) return ref;
  const application = await applicationByRef(tx, ref);
  return application && (await tx.query<{ id: string }>(OF_APPLICATION, [application.id, actorId]))[0]?.id;
}

/** Locks the processes of a customer's applications under way: like a vote, before anything else of the case. */
export async function lockCases(tx: Tx, customerId: string): Promise<void> {
  await tx.query(LOCK_CASE, [customerId]);
}

/** The lead's application under way, locked. */
export async function lockOpenApplication(tx: Tx, leadId: string): Promise<ApplicationRow | undefined> {
  return (await tx.query<ApplicationRow>(OPEN, [leadId]))[0];
}

/** The application made last from a lead, whatever became of it. */
export async function latestApplication(tx: Tx, leadId: string): Promise<ApplicationRow | undefined> {
  return (await tx.query<ApplicationRow>(LATEST, [leadId]))[0];
}

/** Writes the state; whether it may follow the present one is the process’s to know. */
export async function setApplicationState(tx: Tx, id: string, state: string, now: Date): Promise<void> {
  await tx.query(STATE, [id, state, now]);
}

/** Somebody hands it in again with these terms: from now on it is his. The application as it is then. */
export async function resubmitApplication(
  tx: Tx,
  id: string,
  terms: Pick<ApplicationRow, 'amount_fen' | 'term_months' | 'product_id' | 'method' | 'annual_rate'>,
  by: { readonly submitter: string; readonly now: Date },
): Promise<ApplicationRow> {
  const { amount_fen: amount, term_months: term, product_id: product, method, annual_rate: rate } = terms;
  const [row] = await tx.query<ApplicationRow>(TERMS, [id, amount, term, product, method, rate, by.submitter, by.now]);
  if (!row) throw new Error('application not resubmitted');
  return row;
}

/** The case of an application, while it is in this state. */
export async function instanceOf(
  tx: Tx,
  subjectId: string,
  status: 'RUNNING' | 'STOPPED',
): Promise<string | undefined> {
  return (await tx.query<{ id: string }>(INSTANCE, [subjectId, status]))[0]?.id;
}

/** Adds an approval; seats and cards follow one by one (`openTask`, `insertCard`). */
export async function insertApproval(tx: Tx, approval: Omit<ApprovalRow, 'revision' | 'closed_at'>): Promise<void> {
  await tx.query(OPEN_APPROVAL, [
    approval.id,
    approval.application_id,
    approval.instance_id,
    approval.node,
    approval.visit,
    approval.round,
    approval.since,
    approval.role,
    approval.mode,
    approval.verbs,
    approval.state,
    approval.snapshot_hash,
    approval.sealed_snapshot,
    approval.opened_at,
  ]);
}

/** Locks the approval's row: votes are counted under it, so two taps in one millisecond become first and second. */
export async function lockApproval(tx: Tx, id: string): Promise<ApprovalRow | undefined> {
  return (await tx.query<ApprovalRow>(LOCK_APPROVAL, [id]))[0];
}

/** The approval with this id, not locked: to be read, never to count votes on. */
export async function findApproval(tx: Tx, id: string): Promise<ApprovalRow | undefined> {
  return (await tx.query<ApprovalRow>(FIND_APPROVAL, [id]))[0];
}

/** The approval that says how an application stands: the one that is open, else the newest. */
export async function standingApproval(tx: Tx, applicationId: string): Promise<ApprovalRow | undefined> {
  return (await tx.query<ApprovalRow>(STANDING, [applicationId]))[0];
}

/** Ends it in this state, and with it the seats that have not decided; its cards are closed apart (`closeCards`). */
export async function closeApproval(tx: Tx, id: string, state: string, now: Date): Promise<void> {
  await tx.query(CLOSE_APPROVAL, [id, state, now]);
  await tx.query(CLOSE_TASKS, [id]);
}

/** Every approval of a case, the closed ones among them, in the order in which they were opened. */
export async function approvalsOfInstance(tx: Tx, instanceId: string): Promise<readonly ApprovalRow[]> {
  return tx.query<ApprovalRow>(OF_INSTANCE, [instanceId]);
}

/** Approvals somebody sits on (all when `staffId` is null), the newest first; those after `after`. */
export async function listApprovals(
  tx: Tx,
  query: {
    readonly staffId: string | null;
    readonly state: string | undefined;
    readonly after: string | undefined;
    readonly limit: number;
  },
): Promise<readonly ApprovalRow[]> {
  const { staffId, state = null, after = null, limit } = query;
  return tx.query<ApprovalRow>(LIST, [staffId, state, after, limit]);
}

/** Locks the approval of a case that waits for this person, as `lockApproval` does; `undefined` when none does. */
export async function lockWaiting(tx: Tx, applicationId: string, staffId: string): Promise<ApprovalRow | undefined> {
  return (await tx.query<ApprovalRow>(LOCK_WAITING, [applicationId, staffId]))[0];
}

/** A customer's applications that nobody has decided for good. */
export async function applicationsUnderWay(tx: Tx, customerId: string): Promise<readonly ApplicationRow[]> {
  return tx.query<ApplicationRow>(UNDER_WAY, [customerId]);
}

/** The open approvals of a case, locked: a vote that is being counted at this moment is waited for. */
export async function lockOpenApprovals(tx: Tx, applicationId: string): Promise<readonly ApprovalRow[]> {
  return tx.query<ApprovalRow>(LOCK_OPEN, [applicationId]);
}

/** The open approval of one wait of a process, locked as `lockApproval` does; `undefined` when that wait has none. */
export async function lockVisit(tx: Tx, instanceId: string, visit: number): Promise<ApprovalRow | undefined> {
  return (await tx.query<ApprovalRow>(LOCK_VISIT, [instanceId, visit]))[0];
}

/** Who is asked about a case or has approved it at some level. */
export async function approversOf(tx: Tx, applicationId: string): Promise<readonly string[]> {
  return (await tx.query<{ staff_id: string }>(INVOLVED, [applicationId])).map((row) => row.staff_id);
}

/** Keeps these people from ever deciding the case, each by his id with why; who is kept from it already stays so. */
export async function exclude(tx: Tx, instanceId: string, people: ReadonlyMap<string, string>): Promise<void> {
  await tx.query(EXCLUDE, [instanceId, [...people.keys()], [...people.values()]]);
}

/** Who may never decide this case (design §3.9). */
export async function excludedFrom(tx: Tx, instanceId: string): Promise<ReadonlySet<string>> {
  return new Set((await tx.query<{ staff_id: string }>(EXCLUDED, [instanceId])).map((row) => row.staff_id));
}

/**
 * Who has approved at any level since the case was last handed in, or before it at a level that is passed and is not asked
 * again: nobody signs twice in one chain.
 */
export async function signedInChain(
  tx: Tx,
  { instance_id, round, since, node }: Pick<ApprovalRow, 'instance_id' | 'round' | 'since' | 'node'>,
): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ staff_id: string }>(SIGNED, [instance_id, round, since, node]);
  return new Set(rows.map((row) => row.staff_id));
}

/** A seat for a person; whose seat was taken from him, or given away by him, has his own again. Its id. */
export async function openTask(
  tx: Tx,
  task: { readonly id: string; readonly approvalId: string; readonly staffId: string; readonly from: string | null },
): Promise<string> {
  const [row] = await tx.query<{ id: string }>(SEAT, [task.id, task.approvalId, task.staffId, task.from]);
  if (!row) throw new Error('he sits there already, or has voted');
  return row.id;
}

/** Whether somebody has yet to see to an alarm of this kind about the case. */
export async function isAlarmed(tx: Tx, kind: string, applicationId: string): Promise<boolean> {
  return (await tx.query(ALARMED, [kind, applicationId])).length > 0;
}

/** The seats of these approvals, in the order in which they were given. */
export async function tasksOf(tx: Tx, approvalIds: readonly string[]): Promise<readonly TaskRow[]> {
  return approvalIds.length === 0 ? [] : tx.query<TaskRow>(TASKS, [approvalIds]);
}

/** A vote with the approval it was given in. */
export interface VoteRow {
  readonly id: string;
  readonly approval_id: string;
  readonly state: 'APPROVED' | 'RETURNED';
  readonly reason_code: string | null;
  readonly sealed_reason: Buffer | null;
  readonly staff_name: string;
  readonly sealed_snapshot: Buffer;
}

/** What has been said of a case so far, oldest first. */
export async function votesOfInstance(tx: Tx, instanceId: string): Promise<readonly VoteRow[]> {
  return tx.query<VoteRow>(VOTES, [instanceId]);
}

/** Takes a seat from somebody who has not decided. */
export async function leaveSeat(tx: Tx, taskId: string, state: 'CLOSED' | 'HANDED_OVER'): Promise<void> {
  await tx.query(LEAVE_SEAT, [taskId, state]);
}

/**
 * Open approvals that wait for somebody who may not decide them any more, or whose cards are not where he is reached; and
 * those managers were told of (`alarm` is the kind of that to-do), for somebody may sit there again.
 */
export async function approvalsMissed(
  tx: Tx,
  alarm: string,
): Promise<readonly Pick<ApprovalRow, 'id' | 'application_id'>[]> {
  return tx.query(MISSED_BY, [alarm]);
}

/** The round an approval opened now belongs to: each return begins a new one. */
export async function nextRound(tx: Tx, instanceId: string): Promise<number> {
  return 1 + ((await tx.query<{ n: number }>(RETURNS, [instanceId]))[0]?.n ?? 0);
}

/** A decision on a seat; `via` is where it was made: a platform, or the API. */
export interface Vote {
  readonly taskId: string;
  readonly state: 'APPROVED' | 'REJECTED' | 'RETURNED' | 'HANDED_OVER';
  readonly reasonCode: string | null;
  readonly sealedReason: Buffer | null;
  readonly via: string;
  readonly now: Date;
}

/** Writes a vote; `false` when the seat was no longer open. */
export async function writeVote(tx: Tx, vote: Vote): Promise<boolean> {
  return (
    (await tx.query(VOTE, [vote.taskId, vote.state, vote.reasonCode, vote.sealedReason, vote.now, vote.via])).length > 0
  );
}
