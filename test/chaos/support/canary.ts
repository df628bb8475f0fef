/** Invented personal data that can be told from everything else, and the search for it in places where it must not be. */
import type { Pool } from 'pg';

/** Nobody's: the identity number has a right check digit and a birth date in 1901. */
export const CANARY = {
  name: '欧阳雪莲',
  phone: '13987651234',
  idCard: '110101190103070010',
  bankCard: '6222021234567890128',
} as const;

/** Each value as it might be written: whole, grouped, or in the JSON and URL forms of a log line or an address. */
const FORMS = Object.entries(CANARY).flatMap(([kind, value]) =>
  [
    value,
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    unicodeEscapes(value),
    value.replace(/^(\d{3})(\d{4})(\d{4})$/, '$1 $2 $3'),
  ].map((form) => ({ kind, form })),
);

function unicodeEscapes(text: string): string {
  return text.replaceAll(/[\u0080-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16)}`);
}

/** The kinds of personal data a text contains. */
export function mentionsCanary(text: string): string[] {
  return [...new Set(FORMS.filter(({ form }) => text.includes(form)).map(({ kind }) => kind))];
}

/** Every readable column of every table in which the canary stands, as `table.column: kind`. */
export async function findInDatabase(pool: Pool): Promise<string[]> {
  const { rows: columns } = await pool.query<{ table: string; column: string }>(
    `SELECT c.table_name AS table, c.column_name AS column FROM information_schema.columns c JOIN pg_class t ON t.relname = c.table_name AND t.relnamespace = 'public'::regnamespace
     WHERE c.table_schema = 'public' AND NOT t.relispartition AND t.relkind IN ('r', 'p')
       AND c.data_type IN ('text', 'character varying', 'character', 'json', 'jsonb', 'ARRAY') AND c.udt_name <> '_bytea' ORDER BY 1, 2`,
  );
  const found: string[] = [];
  for (const { table, column } of columns) {
    for (const { kind, form } of FORMS) {
      const { rows } = await pool.query(
        `SELECT 1 FROM "${table}" WHERE position($1 IN "${column}"::text) > 0 LIMIT 1`,
        [form],
      );
      if (rows.length > 0) found.push(`${table}.${column}: ${kind}`);
    }
  }
  return [...new Set(found)];
}
