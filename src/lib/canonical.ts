/** Canonical JSON (RFC 8785): the one text a value has, so that its hash means the value. */
import canonicalizeModule from 'canonicalize';

// The package is CommonJS with a type of an ES module: what arrives is the function itself, not `{ default }`.
const canonicalize = canonicalizeModule as unknown as (input: unknown) => string | undefined;

/** @throws Error for what JSON cannot say (undefined, a function). */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('not a JSON value');
  return text;
}
