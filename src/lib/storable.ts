/** Text as PostgreSQL can keep it: NUL and halves of a character are in no sentence anybody reads, and refuse the whole row. */

/** The text without NUL; a lone surrogate becomes U+FFFD. */
export function storableText(text: string): string {
  return text.replaceAll('\0', '').replace(LONE_SURROGATE, '\uFFFD');
}

const LONE_SURROGATE = /\p{Surrogate}/gu;

/** The same value with every text in it storable, keys included. Plain data only; anything else stays as it is. */
export function storable<T>(value: T): T {
  return cleaned(value) as T;
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(cleaned);
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [storableText(key), cleaned(member)]));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
