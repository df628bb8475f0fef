/** What a member of staff, or anybody of a role, still has to do. A key makes each to-do appear once. */
import { statement, type Tx } from '../../db/database.ts';
import { newId } from '../../lib/ids.ts';

export interface TodoDraft {
  readonly key: string;
  readonly kind: string;
  readonly staffId?: string;
  readonly role?: string;
  readonly subject?: { readonly kind: string; readonly id: string };
  /** Codes and numbers for the sentence; never personal data. */
  readonly params?: Readonly<Record<string, string | number>>;
}

export interface TodoRow {
  readonly id: string;
  readonly kind: string;
  readonly params: Readonly<Record<string, string | number>>;
  readonly created_at: Date;
}

const INSERT = statement(
  'todos-insert',
  `INSERT INTO todos (id, key, staff_id, role, kind, subject_kind, subject_id, params, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (key) DO NOTHING`,
);
const LIST = statement(
  'todos-list',
  `SELECT id, kind, params, created_at FROM todos WHERE done_at IS NULL AND (staff_id = $1 OR (staff_id IS NULL AND role = ANY($2::text[]))) ORDER BY created_at, id LIMIT $3`,
);
const DONE = statement('todos-done', 'UPDATE todos SET done_at = $2 WHERE id = $1 AND done_at IS NULL RETURNING id');

export async function addTodo(tx: Tx, todo: TodoDraft, now: Date): Promise<void> {
  await tx.query(INSERT, [
    newId(),
    todo.key,
    todo.staffId ?? null,
    todo.role ?? null,
    todo.kind,
    todo.subject?.kind ?? null,
    todo.subject?.id ?? null,
    JSON.stringify(todo.params ?? {}),
    now,
  ]);
}

export async function openTodos(
  tx: Tx,
  person: { readonly staffId: string; readonly roles: readonly string[] },
  limit: number,
): Promise<readonly TodoRow[]> {
  return tx.query<TodoRow>(LIST, [person.staffId, person.roles, limit]);
}

export async function finishTodo(tx: Tx, id: string, now: Date): Promise<boolean> {
  return (await tx.query(DONE, [id, now])).length > 0;
}

const OWNER = statement('todos-owner', 'SELECT owner_id FROM customers WHERE id = $1');

/** Whose customer this is; `null` for nobody's. */
export async function ownerOf(tx: Tx, customerId: string): Promise<string | null> {
  const [row] = await tx.query<{ owner_id: string | null }>(OWNER, [customerId]);
  return row?.owner_id ?? null;
}
