/** Everything a flow mentions by name: locale keys, conditions, and the roots of `$root.path` templates. */
import type { FlowDefinition } from './definition.ts';

/** A name and where it stands. */
export interface Mention {
  readonly value: string;
  readonly path: readonly (string | number)[];
}

/** Keys whose value is a locale key. `to` and `end` are not. */
const TEXT_KEYS: ReadonlySet<string> = new Set([
  'title',
  'label',
  'ask',
  'instead',
  'say',
  'confirm',
  'remind',
  'line',
  'empty',
  'notify',
  'text',
]);
/** Keys whose value is a CEL condition. */
const CONDITION_KEYS: ReadonlySet<string> = new Set(['when']);
/** Below these, strings are templates. */
const TEMPLATE_KEYS: ReadonlySet<string> = new Set(['with', 'of', 'to', 'slotsFrom']);

type Path = readonly (string | number)[];

function walk(value: unknown, path: Path, visit: (value: string, path: Path) => void): void {
  if (typeof value === 'string') {
    visit(value, path);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const entries = Array.isArray(value) ? value.map((part, index) => [index, part] as const) : Object.entries(value);
  for (const [key, part] of entries) walk(part, [...path, key], visit);
}

function keyOf(path: Path): string {
  return path.findLast((part) => typeof part === 'string') ?? '';
}

function isTemplate(path: Path): boolean {
  return path.some((part) => typeof part === 'string' && TEMPLATE_KEYS.has(part)) && path[0] !== 'window';
}

/** The locale keys of a flow. */
export function textsOf(flow: FlowDefinition): readonly Mention[] {
  const found: Mention[] = [];
  walk(flow, [], (value, path) => {
    const key = keyOf(path);
    const isText =
      TEXT_KEYS.has(key) && !isTemplate(path) && !(key === 'empty' && value === 'stop') && path.at(-1) !== 'kind';
    if (isText && typeof path.at(-1) === 'string') found.push({ value, path });
  });
  return found;
}

/** The conditions of a flow, and the roots and slots its templates refer to. */
export function referencesOf(flow: FlowDefinition): {
  readonly conditions: readonly Mention[];
  readonly roots: readonly Mention[];
  /** Slots named by `$slots.name`. */
  readonly slots: readonly Mention[];
} {
  const conditions: Mention[] = [];
  const roots: Mention[] = [];
  const slots: Mention[] = [];
  walk(flow, [], (value, path) => {
    if (CONDITION_KEYS.has(keyOf(path)) && !isTemplate(path)) conditions.push({ value, path });
    const root = isTemplate(path) ? /^\$(?<root>[a-z][A-Za-z0-9]*)/u.exec(value)?.groups?.['root'] : undefined;
    if (root !== undefined) roots.push({ value: root, path });
    const slot = root === 'slots' ? /^\$slots\.([A-Za-z]\w*)/.exec(value)?.[1] : undefined;
    if (slot !== undefined) slots.push({ value: slot, path });
  });
  return { conditions, roots, slots };
}
