/** `$root.path` look-ups in a flow's `with:` values. A reference and nothing more: no arithmetic, no functions. */
import type { Template } from './definition.ts';

/** Looks a root up; `undefined` when there is no such value. */
export type Lookup = (root: string) => unknown;

const REFERENCE = /^\$(?<root>[a-z][A-Za-z0-9]*)(?:\.(?<path>[A-Za-z0-9.]+))?$/u;

/** The value at a dotted path; own members only, so that `constructor` finds nothing. */
function valueAt(value: unknown, path: string): unknown {
  let found = value;
  for (const part of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, part)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[part];
  }
  return found;
}

/** The root and path of a reference; `undefined` for a plain text. `$$5` is the text "$5". */
function parseReference(text: string): { readonly root: string; readonly path: string } | undefined {
  const groups = REFERENCE.exec(text)?.groups;
  return groups ? { root: groups['root'] ?? '', path: groups['path'] ?? '' } : undefined;
}

/** The template with every reference replaced; members whose reference finds nothing are left out. */
export function resolveTemplate(template: Template, lookup: Lookup): unknown {
  if (typeof template === 'string') {
    const reference = parseReference(template);
    if (!reference) return template.startsWith('$$') ? template.slice(1) : template;
    const root = lookup(reference.root);
    return reference.path === '' ? root : valueAt(root, reference.path);
  }
  if (typeof template !== 'object' || template === null) return template;
  if (Array.isArray(template)) return template.map((part: Template) => resolveTemplate(part, lookup));
  const resolved: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(template)) {
    const value = resolveTemplate(part, lookup);
    if (value !== undefined) resolved[key] = value;
  }
  return resolved;
}
