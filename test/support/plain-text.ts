/** Looks for plain text in every column of every table: what is personal must be found nowhere. */
import type { Pool } from 'pg';

interface Column {
  readonly table_name: string;
  readonly column_name: string;
  readonly udt_name: string;
}

/** Where a text stands in plain, as `table.column`; bytes are searched as UTF-8, arrays and JSON as their text. */
export async function findPlain(pool: Pool, text: string): Promise<readonly string[]> {
  const { rows: columns } = await pool.query<Column>(
    `SELECT c.table_name, c.column_name, c.udt_name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'`,
  );
  const found: string[] = [];
  for (const column of columns) {
    const { rows } = await pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${quote(column.table_name)} WHERE ${condition(column)}`,
      [column.udt_name === 'bytea' ? Buffer.from(text) : text],
    );
    if ((rows[0]?.n ?? 0) > 0) found.push(`${column.table_name}.${column.column_name}`);
  }
  if (columns.length < 100) throw new Error('hardly any columns were searched');
  return found;
}

function condition({ column_name: name, udt_name: type }: Column): string {
  return type === 'bytea'
    ? `position($1::bytea in ${quote(name)}) > 0`
    : `position($1::text in ${quote(name)}::text) > 0`;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
