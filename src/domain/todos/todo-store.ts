/**
 * What a member of staff, or anybody of a role, still has to do. A key makes each to-do appear once. What would go on the
 * list of somebody who has left goes on the managers'.
 */
import { statement, type Tx } from '../../db/database.ts';
import { newId } from '../../lib/ids.ts';
import type { TextParam } from '../../lib/text-params.ts';

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
  readonly kind: string;
  readonly params: TodoParams;
  readonly subject_kind: string | null;
  readonly subject_id: string | null;
  readonly created_at: Date;
}

const INSERT = `INSERT INTO todos (id, key, staff_id, role, kind, subject_kind, subject_id, params, created_at)
   SELECT row.id, key, person.id, CASE WHEN person.id IS NULL THEN coalesce(role, 'manager') ELSE role END, kind, subject_kind, subject_id, params::jsonb, $9
   FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[]) AS row (id, key, staff_id, role, kind, subject_kind, subject_id, params)
   LEFT JOIN staff person ON person.id = row.staff_id AND person.is_active`;
const ONCE = statement('todos-once', `${INSERT} ON CONFLICT (key) DO NOTHING RETURNING id, staff_id`);
const ASKED = statement(
  'todos-asked',
  `${INSERT} ON CONFLICT (key) DO UPDATE SET staff_id = excluded.staff_id, role = excluded.role, params = excluded.params, created_at = excluded.created_at, done_at = NULL
   WHERE todos.done_at IS NOT NULL RETURNING id, staff_id`,
);
const LIST = statement(
  'todos-list',
  `SELECT id, kind, params, subject_kind, subject_id, created_at, (count(*) OVER ())::int AS open FROM todos
   WHERE done_at IS NULL AND (staff_id = $1 OR (staff_id IS NULL AND role = ANY($2::text[])))
     AND ($4::uuid IS NULL OR (created_at, id) > (SELECT created_at, id FROM todos WHERE id = $4)) ORDER BY created_at, id LIMIT $3`,
);
// Whoever left finishes nothing any more: those who run the house do it for him.
const DONE = statement(
  'todos-done',
  `UPDATE todos SET done_at = $2 WHERE id = $1 AND done_at IS NULL AND ($5 OR staff_id = $3::uuid OR (staff_id IS NULL AND role = ANY($4::text[]))
     OR ($4::text[] && ARRAY['manager', 'admin'] AND EXISTS (SELECT FROM staff WHERE id = todos.staff_id AND NOT is_active))) RETURNING id`,
);
const HAND_OVER = statement(
  'todos-hand-over',
  'UPDATE todos SET staff_id = NULL, role = $2 WHERE staff_id = $1 AND done_at IS NULL RETURNING id',
);

/** Whether it is new: a key that is there already stays as it is, open or done. */
export async function addTodo(tx: Tx, todo: TodoDraft, now: Date): Promise<boolean> {
  return (await addTodos(tx, [todo], now)).length > 0;
}

/** Many at once, in one statement; those that are new, with whose they are. */
export async function addTodos(tx: Tx, todos: readonly TodoDraft[], now: Date): Promise<readonly NewTodo[]> {
  return tx.query<NewTodo>(ONCE, rowsOf(todos, now));
}

/** What a person asks for. Whether it was not open before: asked again after it was done, it is to be done again. */
export async function askTodo(tx: Tx, todo: TodoDraft, now: Date): Promise<boolean> {
  return (await tx.query<NewTodo>(ASKED, rowsOf([todo], now))).length > 0;
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
    now,
  ];
}

const OWN = statement(
  'todos-own',
  `SELECT d.id, d.staff_id, s.language, d.kind, d.params, d.subject_kind, d.subject_id, d.created_at
   FROM todos d JOIN staff s ON s.id = d.staff_id WHERE d.id = $1 AND d.done_at IS NULL`,
);

/** An open to-do of one person, with his language. */
export async function ownTodo(
  tx: Tx,
  id: string,
): Promise<(TodoRow & { readonly staff_id: string; readonly language: string }) | undefined> {
  return (await tx.query<TodoRow & { staff_id: string; language: string }>(OWN, [id]))[0];
}

/** What this person has to do, himself or by his roles, the oldest first: those after `after`, and how many come after them. */
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

/** Marks it as done; `false` when there is no such open to-do on that list. */
export async function finishTodo(
  tx: Tx,
  id: string,
  now: Date,
  list: { readonly staffId: string | null; readonly roles: readonly string[] } | 'every',
): Promise<boolean> {
  const { staffId, roles } = list === 'every' ? { staffId: null, roles: [] } : list;
  return (await tx.query(DONE, [id, now, staffId, roles, list === 'every'])).length > 0;
}

const FINISH_KEYS = statement(
  'todos-finish-keys',
  'UPDATE todos SET done_at = $2 WHERE key = ANY($1::text[]) AND done_at IS NULL',
);
const FINISH_ABOUT = statement(
  'todos-finish-about',
  'UPDATE todos SET done_at = $3 WHERE kind = $1 AND subject_id = $2 AND done_at IS NULL',
);

/** Marks the to-dos with these keys as done. */
export async function finishTodos(tx: Tx, keys: readonly string[], now: Date): Promise<void> {
  if (keys.length > 0) await tx.query(FINISH_KEYS, [keys, now]);
}

/** Marks what somebody had to do about this subject as done. */
export async function finishTodosAbout(tx: Tx, kind: string, subjectId: string, now: Date): Promise<void> {
  await tx.query(FINISH_ABOUT, [kind, subjectId, now]);
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
