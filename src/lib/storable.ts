/** Text as PostgreSQL can keep it: NUL and halves of a character are in no sentence anybody reads, and refuse the whole row. */

/** Whether the text can be kept as it is. */
export function isStorableText(text: string): boolean {
  return !BROKEN.test(text);
}

/** The text without NUL; a lone surrogate becomes U+FFFD. */
function storableText(text: string): string {
  return text.replaceAll('\0', '').replace(LONE_SURROGATE, '\uFFFD');
}

const LONE_SURROGATE = /\p{Surrogate}/gu;
// oxlint-disable-next-line no-control-regex
const BROKEN = /\0|\p{Surrogate}/u;

/** The same value with every text in it storable, keys included. Plain data only; anything else stays as it is. */
export function storable<T>(value: T): T {
  return cleaned(value) as T;
}

// Almost nothing needs it, and every event comes through here: what is in order is handed on as it is.
function cleaned(value: unknown): unknown {
  return isClean(value) ? value : rebuilt(value);
}

function isClean(value: unknown): boolean {
  if (typeof value === 'string') return isStorableText(value);
  if (Array.isArray(value)) return value.every(isClean);
  if (!isPlain(value)) return true;
  for (const key in value) if (!isStorableText(key) || !isClean(value[key])) return false;
  return true;
}

function rebuilt(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(rebuilt);
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [storableText(key), rebuilt(member)]));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
