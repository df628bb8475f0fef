/** Reading of what comes over the wire without trusting its shape. */

/** A JSON object whose members are not known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** True for a JSON object; lists and `null` are none. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object, or one without members. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** The list, or an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The text; a number counts as its digits (form fields and JSON mean the same), anything else is `undefined`. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : undefined;
}

/** The text, or an empty one. */
export function wordOf(value: unknown): string {
  return textOf(value) ?? '';
}

/** JSON out of text, or `undefined` when it is none. */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** The table's own row of that name: what a caller names may be `constructor` as well. */
export function rowOf<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** An object without the members that are `undefined`, as JSON would write it. */
export function compact(members: Fields): Fields {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** Makes a map hold exactly what another one holds. */
export function refill<K, V>(map: Map<K, V>, from: ReadonlyMap<K, V>): void {
  map.clear();
  for (const [key, value] of from) map.set(key, value);
}
