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
  return mendTexts(value, { isFine: isStorableText, mend: storableText });
}

/** What texts are to be like. */
interface TextRule {
  readonly isFine: (text: string) => boolean;
  readonly mend: (text: string) => string;
}

/** The same value with every text in it mended, keys included. Plain data only; anything else stays as it is. */
export function mendTexts<T>(value: T, rule: TextRule): T {
  // Almost nothing needs it, and every event comes through here: what is in order is handed on as it is.
  return isFine(value, rule) ? value : (rebuilt(value, rule) as T);
}

function isFine(value: unknown, rule: TextRule): boolean {
  if (typeof value === 'string') return rule.isFine(value);
  if (Array.isArray(value)) return value.every((member) => isFine(member, rule));
  if (!isPlain(value)) return true;
  for (const key in value) if (!rule.isFine(key) || !isFine(value[key], rule)) return false;
  return true;
}

function rebuilt(value: unknown, rule: TextRule): unknown {
  if (typeof value === 'string') return rule.mend(value);
  if (Array.isArray(value)) return value.map((member) => rebuilt(member, rule));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [rule.mend(key), rebuilt(member, rule)]));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
