/**
 * What a member of staff, or anybody of a role, still has to do. A key makes each to-do appear once. What would go on the
 * list of somebody who has left goes on that of those who stand in for him.
 */
import { statement, type Tx } from '../../db/database.ts';
import { isUuid, newId } from '../../lib/ids.ts';
import type { TextParam } from '../../lib/text-params.ts';
import { COMPLAINTS } from '../consent/index.ts';
import { lockCustomer } from '../customers/index.ts';

/** Codes, numbers and texts for the sentence; never personal data. */
type TodoParams = Readonly<Record<string, string | number | TextParam>>;

/** A to-do to be added, for one person or for whoever has the role; one of the two is needed. */
export interface TodoDraft {
  readonly key: string;
  readonly kind: string;
  readonly staffId?: string;
  readonly role?: string;
  readonly subject?: { readonly kind: string; readonly id: string };
  readonly params?: TodoParams;
  /** For whoever looks after the customer it is about, now and later: it goes with him. */
  readonly isForOwner?: boolean | undefined;
}

/** A to-do that has just been added. */
export interface NewTodo {
  readonly id: string;
  /** `null` where it is a role's. */
  readonly staff_id: string | null;
}

/** An open to-do. */
export interface TodoRow {
  readonly id: string;
  readonly number: number;
  readonly kind: string;
  readonly params: TodoParams;
  readonly subject_kind: string | null;
  readonly subject_id: string | null;
  readonly created_at: Date;
}

/** Stands with a call that was finished while it had to wait for a complaint: it was not made, and is asked for again. */
export const PUT_ASIDE = 'aside';
/** Stands with a to-do that something else has ended: what that was. */
const ENDED_BY = 'endedBy';

/** Who looks after a customer whose owner has left, or who has none, and after what a colleague has left behind: the first that anybody is. */
export const STANDING_IN = ['manager', 'team_lead', 'admin'] as const;
const STANDS_IN = `SELECT duty FROM unnest(ARRAY[${STANDING_IN.map((role) => `'${role}'`).join()}]) WITH ORDINALITY AS o (duty, place)
   WHERE EXISTS (SELECT FROM staff WHERE is_active AND roles @> ARRAY[duty]) ORDER BY place LIMIT 1`;
const INSERT = `INSERT INTO todos (id, key, staff_id, role, kind, subject_kind, subject_id, params, is_for_owner, created_at)
   SELECT row.id, key, person.id, CASE WHEN person.id IS NULL THEN coalesce(role, (${STANDS_IN}), 'manager') ELSE role END, kind, subject_kind, subject_id, params::jsonb, is_for_owner, $10
   FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[], $9::boolean[]) AS row (id, key, staff_id, role, kind, subject_kind, subject_id, params, is_for_owner)
   LEFT JOIN staff person ON person.id = row.staff_id AND person.is_active`;
// Looked for before it is written: a conflict uses up a number, and what is added again every hour would use up thousands.
const roundOf = (params: string): string => `coalesce((${params} ->> 'round')::int, 0)`;
// Whose list it stands on is older than whoever brings it up knows: it may have gone with the customer meanwhile.
const keptWhileOpen = (column: string): string =>
  `${column} = CASE WHEN todos.done_at IS NULL THEN todos.${column} ELSE excluded.${column} END`;
const ONCE = statement(
  'todos-once',
  `${INSERT} WHERE NOT EXISTS (SELECT FROM todos d WHERE d.key = row.key AND ${roundOf('d.params')} >= ${roundOf('row.params::jsonb')})
   ON CONFLICT (key) DO UPDATE SET ${['staff_id', 'role', 'is_for_owner'].map(keptWhileOpen).join()}, params = excluded.params, created_at = excluded.created_at, done_at = NULL
   WHERE ${roundOf('todos.params')} < ${roundOf('excluded.params')} RETURNING id, staff_id`,
);
const ASKED = statement(
  'todos-asked',
  `${INSERT} WHERE NOT EXISTS (SELECT FROM todos WHERE key = row.key AND done_at IS NULL) ON CONFLICT (key) DO UPDATE SET staff_id = excluded.staff_id, role = excluded.role, params = excluded.params, is_for_owner = excluded.is_for_owner, created_at = excluded.created_at, done_at = NULL
   WHERE todos.done_at IS NOT NULL RETURNING id, staff_id`,
);
// A list is read from its top, and a chat shows twenty of it: whoever waits for a person comes first, then who complains or
// disputes his loan, then money that somebody has to phone about; the rest the newest first, for those are the ones that still
// wait for an answer. What is old and not urgent falls behind, and comes up as the rest is finished.
const URGENCY = `CASE WHEN kind IN ('handed_over', 'invited_asks') THEN 3 WHEN kind IN (${COMPLAINTS.map((kind) => `'${kind}'`).join()}) THEN 2
   WHEN kind IN ('unreachable', 'held_complaint') THEN 1 ELSE 0 END`;
const LIST = statement(
  'todos-list',
  `SELECT id, number, kind, params, subject_kind, subject_id, created_at, (count(*) OVER ())::int AS open FROM todos
   WHERE done_at IS NULL AND (staff_id = $1 OR (staff_id IS NULL AND role = ANY($2::text[])))
     AND ($4::uuid IS NULL OR (${URGENCY}, created_at, id) < (SELECT ${URGENCY}, created_at, id FROM todos WHERE id = $4))
   ORDER BY ${URGENCY} DESC, created_at DESC, id DESC LIMIT $3`,
);
// Whoever left finishes nothing any more: those who run the house do it for him.
const MEANT = `SELECT id, number, kind, params, subject_kind, subject_id, created_at, done_at FROM todos
   WHERE (id = $1 OR number = $2) AND ($5 OR staff_id = $3::uuid OR (staff_id IS NULL AND role = ANY($4::text[]))
     OR ($4::text[] && ARRAY['manager', 'admin'] AND EXISTS (SELECT FROM staff WHERE id = todos.staff_id AND NOT is_active)))`;
const FIND = statement('todos-find', MEANT);
const LOCK = statement('todos-lock', `${MEANT} FOR NO KEY UPDATE`);
const SET_DONE = statement(
  'todos-set-done',
  `UPDATE todos SET done_at = $2, params = (params - '{${PUT_ASIDE},${ENDED_BY}}'::text[]) || CASE WHEN $3 THEN '{"${PUT_ASIDE}": 1}'::jsonb ELSE '{}' END WHERE id = $1`,
);
// What he had to do about his own customers waits there for whoever gets them.
const HAND_OVER = statement(
  'todos-hand-over',
  `UPDATE todos SET staff_id = NULL, role = $2, is_for_owner = is_for_owner OR EXISTS (SELECT FROM customers c WHERE c.owner_id = $1 AND c.id = CASE subject_kind
     WHEN 'customer' THEN subject_id
     WHEN 'application' THEN (SELECT customer_id FROM applications WHERE id = subject_id)
     WHEN 'loan' THEN (SELECT customer_id FROM loans WHERE id = subject_id) END)
   WHERE staff_id = $1 AND done_at IS NULL RETURNING id`,
);

/** Whether it is new: a key that is there already stays as it is, open or done, but for what `addTodos` says of rounds. */
export async function addTodo(tx: Tx, todo: TodoDraft, now: Date): Promise<boolean> {
  return (await addTodos(tx, [todo], now)).length > 0;
}

/**
 * Many at once, in one statement, each with a key of its own; those that are new, with whose they are. What is there already,
 * open or done, is brought up again, with its new words, where its `round` (a number among the params, 0 without it) is higher
 * than the one it was last brought up in; what is still open stays on the list it is on.
 */
export async function addTodos(tx: Tx, todos: readonly TodoDraft[], now: Date): Promise<readonly NewTodo[]> {
  return tx.query<NewTodo>(ONCE, rowsOf(todos, now));
}

/** What a person asks for. Whether it was not open before: asked again after it was done, it is to be done again. */
export async function askTodo(tx: Tx, todo: TodoDraft, now: Date): Promise<boolean> {
  return (await askTodos(tx, [todo], now)).length > 0;
}

/** Many at once, each with a key of its own; those that were not open before. */
export async function askTodos(tx: Tx, todos: readonly TodoDraft[], now: Date): Promise<readonly NewTodo[]> {
  return tx.query<NewTodo>(ASKED, rowsOf(todos, now));
}

function rowsOf(todos: readonly TodoDraft[], now: Date): readonly unknown[] {
  return [
    todos.map(() => newId()),
    todos.map(({ key }) => key),
    todos.map(({ staffId }) => staffId ?? null),
    todos.map(({ role }) => role ?? null),
    todos.map(({ kind }) => kind),
    todos.map(({ subject }) => subject?.kind ?? null),
    todos.map(({ subject }) => subject?.id ?? null),
    todos.map(({ params }) => JSON.stringify(params ?? {})),
    todos.map(({ isForOwner }) => isForOwner === true),
    now,
  ];
}

const OWN = statement(
  'todos-own',
  `SELECT d.id, d.number, d.staff_id, s.language, d.kind, d.params, d.subject_kind, d.subject_id, d.created_at
   FROM todos d JOIN staff s ON s.id = d.staff_id WHERE d.id = $1 AND d.done_at IS NULL`,
);

/** An open to-do of one person, with his language. */
export async function ownTodo(
  tx: Tx,
  id: string,
): Promise<(TodoRow & { readonly staff_id: string; readonly language: string }) | undefined> {
  return (await tx.query<TodoRow & { staff_id: string; language: string }>(OWN, [id]))[0];
}

/** What this person has to do, himself or by his roles, the urgent first, then the newest: those after `after`, and how many come after them. */
export async function openTodos(
  tx: Tx,
  person: { readonly staffId: string; readonly roles: readonly string[] },
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<{ readonly rows: readonly TodoRow[]; readonly more: number }> {
  const rows = await tx.query<TodoRow & { readonly open: number }>(LIST, [
    person.staffId,
    person.roles,
    page.limit,
    page.after ?? null,
  ]);
  return { rows, more: (rows[0]?.open ?? 0) - rows.length };
}

/** Puts everything that a person still has to do on the list of a role; how many they were. */
export async function handOverTodos(tx: Tx, staffId: string, role: string): Promise<number> {
  return (await tx.query(HAND_OVER, [staffId, role])).length;
}

// What a customer's to-do is about: himself, his applications, his loans. A case that came back is for whoever keeps it
// (`keeperOf`): one that waits for somebody who is here goes on only when a superior gives the customer away.
const FOLLOW = statement(
  'todos-follow',
  `UPDATE todos SET staff_id = $3 WHERE done_at IS NULL AND staff_id IS DISTINCT FROM $3
     AND (staff_id = $2 OR is_for_owner OR (kind = 'case_returned' AND (staff_id IS NULL OR $4)))
     AND subject_id IN (SELECT $1 UNION ALL SELECT id FROM applications WHERE customer_id = $1 UNION ALL SELECT id FROM loans WHERE customer_id = $1)
   RETURNING id, number, kind, params, subject_kind, subject_id, created_at`,
);
// Whoever adds to-dos about loans by the set holds these, and has read whose customers they are: what he adds is waited for.
const LOCK_LOANS = statement(
  'todos-lock-loans',
  'SELECT id FROM loans WHERE customer_id = $1 ORDER BY id FOR NO KEY UPDATE',
);
const LOCK_LOAN = statement('todos-lock-loan', 'SELECT id FROM loans WHERE id = $1 FOR NO KEY UPDATE');

/** Locks all of this customer's loans, whose row the caller has locked. */
export async function lockLoans(tx: Tx, customerId: string): Promise<void> {
  await tx.query(LOCK_LOANS, [customerId]);
}

/**
 * Puts what one person (`null`: nobody) still has to do about a customer, and what waits for whoever looks after him, on
 * another's list; those to-dos, the oldest first. The caller has locked the customer; his loans are locked here.
 */
export async function followTodos(
  tx: Tx,
  customerId: string,
  { fromId, toId, isGiven }: { readonly fromId: string | null; readonly toId: string; readonly isGiven: boolean },
): Promise<readonly TodoRow[]> {
  await lockLoans(tx, customerId);
  const rows = await tx.query<TodoRow>(FOLLOW, [customerId, fromId, toId, isGiven]);
  return rows.toSorted((a, b) => a.number - b.number);
}

/** As people see it and type it: T12. */
export function todoNumber(number: number): string {
  return `T${number}`;
}

const NUMBER = /^T(?<digits>\d{1,9})$/iu;

/** A to-do that may be done already. */
export type LockedTodo = TodoRow & { readonly done_at: Date | null };

/** Who finishes it: whoever has it on his list, or who may clear up everybody's. */
export type WhoseList = { readonly staffId: string | null; readonly roles: readonly string[] } | 'every';

/**
 * A to-do on somebody's list by its id or number, open or done, locked; `undefined` when it is on none of his. The customer
 * or the loan it is about is locked before it: whoever gives him to a colleague takes all of his to-dos, and whoever asks for
 * calls by the set, or again after a complaint, holds the loans.
 */
export async function lockTodo(tx: Tx, ref: string, list: WhoseList): Promise<LockedTodo | undefined> {
  const values = meant(ref, list);
  const [seen] = await tx.query<LockedTodo>(FIND, values);
  if (!seen) return undefined;
  await lockAbout(tx, seen.subject_kind, seen.subject_id);
  const [row] = await tx.query<LockedTodo>(LOCK, values); // it may have gone with him meanwhile
  return row;
}

async function lockAbout(tx: Tx, kind: string | null, id: string | null): Promise<void> {
  if (kind === 'customer' && id !== null) await lockCustomer(tx, id);
  if (kind === 'loan' && id !== null) await tx.query(LOCK_LOAN, [id]);
}

function meant(ref: string, list: WhoseList): readonly unknown[] {
  const { staffId, roles } = list === 'every' ? { staffId: null, roles: [] } : list;
  const digits = NUMBER.exec(ref)?.groups?.['digits'];
  return [isUuid(ref) ? ref : null, digits === undefined ? null : Number(digits), staffId, roles, list === 'every'];
}

/** Marks it as done, a call that had to wait as put aside; or with `null` as still to be done. */
export async function setDone(tx: Tx, id: string, doneAt: Date | null, isPutAside = false): Promise<void> {
  await tx.query(SET_DONE, [id, doneAt, isPutAside]);
}

const FINISH_KEYS = statement(
  'todos-finish-keys',
  'UPDATE todos SET done_at = $2 WHERE key = ANY($1::text[]) AND done_at IS NULL',
);
const FINISH_ABOUT = statement(
  'todos-finish-about',
  `UPDATE todos SET done_at = $3, params = params || jsonb_strip_nulls(jsonb_build_object('${ENDED_BY}', $5::uuid))
   WHERE kind = $1 AND subject_id = $2 AND done_at IS NULL AND ($4::timestamptz IS NULL OR created_at <= $4)`,
);
// What somebody finished himself, or asked for again since, is not what this has ended.
const KEYS_ENDED = statement(
  'todos-keys-ended',
  `SELECT key FROM todos WHERE kind = $1 AND subject_id = $2 AND done_at IS NOT NULL AND params ->> '${ENDED_BY}' = $3::uuid::text ORDER BY id`,
);

/** Marks the to-dos with these keys as done. */
export async function finishTodos(tx: Tx, keys: readonly string[], now: Date): Promise<void> {
  if (keys.length > 0) await tx.query(FINISH_KEYS, [keys, now]);
}

/** What settles a matter: the to-dos of it that were made until then, and what it was, for where it is taken back. */
export interface Ending {
  readonly now: Date;
  readonly madeUntil?: Date | undefined;
  readonly endedBy?: string | undefined;
}

/** Marks what somebody had to do about this subject as done; a customer is locked first, as in `lockTodo`. */
export async function finishTodosAbout(
  tx: Tx,
  kind: string,
  subject: { readonly kind: string; readonly id: string },
  { now, madeUntil, endedBy }: Ending,
): Promise<void> {
  await lockAbout(tx, subject.kind, subject.id);
  await tx.query(FINISH_ABOUT, [kind, subject.id, now, madeUntil ?? null, endedBy ?? null]);
}

/** The keys of what this has ended, and is done still. */
export async function keysEndedBy(
  tx: Tx,
  kind: string,
  subjectId: string,
  endedBy: string,
): Promise<readonly string[]> {
  return (await tx.query<{ key: string }>(KEYS_ENDED, [kind, subjectId, endedBy])).map(({ key }) => key);
}

const COUNT_ABOUT = statement(
  'todos-count-about',
  `UPDATE todos SET params = params || jsonb_build_object('count', $3::int), done_at = CASE WHEN $3::int = 0 THEN $4::timestamptz END
   WHERE kind = $1 AND subject_id = $2 AND done_at IS NULL`,
);

/** Writes how many are left of what somebody has to do about this customer, whose row is locked by the caller; none is done. */
export async function countTodosAbout(
  tx: Tx,
  kind: string,
  subjectId: string,
  { count, now }: { readonly count: number; readonly now: Date },
): Promise<void> {
  await tx.query(COUNT_ABOUT, [kind, subjectId, count, now]);
}

const AMEND = statement(
  'todos-amend',
  `UPDATE todos SET params = row.params::jsonb, done_at = row.done_at FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS row (key, params, done_at)
   WHERE todos.key = row.key AND todos.done_at IS NULL`,
);

/** What an open to-do says, as it is now; done where `doneAt` is given. */
export interface Amendment {
  readonly key: string;
  readonly params: TodoParams;
  readonly doneAt?: Date;
}

/** Writes what has become of open to-dos. */
export async function amendTodos(tx: Tx, amended: readonly Amendment[]): Promise<void> {
  if (amended.length === 0) return;
  await tx.query(AMEND, [
    amended.map(({ key }) => key),
    amended.map(({ params }) => JSON.stringify(params)),
    amended.map(({ doneAt }) => doneAt ?? null),
  ]);
}

const OWNER = statement(
  'todos-owner',
  `SELECT s.id AS owner_id FROM customers c
   LEFT JOIN LATERAL (SELECT owner_id FROM leads WHERE c.owner_id IS NULL AND customer_id = c.id AND owner_id IS NOT NULL ORDER BY is_open DESC, updated_at DESC LIMIT 1) lead ON true
   JOIN staff s ON s.id = coalesce(c.owner_id, lead.owner_id) AND s.is_active
   WHERE c.id = $1`,
);

/** Who looks after this customer and still works here; `null` for nobody. */
export async function ownerOf(tx: Tx, customerId: string): Promise<string | null> {
  const [row] = await tx.query<{ owner_id: string | null }>(OWNER, [customerId]);
  return row?.owner_id ?? null;
}
