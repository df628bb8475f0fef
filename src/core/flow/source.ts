/** YAML text with positions: every value's path leads back to its line and column. */
import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import type { Fault } from './finding.ts';

/** Aliases could blow a small file up to gigabytes; flows need none. */
const MAX_ALIASES = 0;
const MAX_LENGTH = 200_000;

/** A parsed file: plain data, faults of the syntax, and where things stand. */
export interface Source {
  readonly data: unknown;
  readonly syntax: readonly {
    readonly code: string;
    readonly message: string;
    readonly line: number;
    readonly column: number;
  }[];
  /** Line and column of a path's value, or of the nearest parent that exists; 1-based. */
  position(fault: Pick<Fault, 'path' | 'offset'>): { readonly line: number; readonly column: number };
}

/** Reads YAML 1.2. Duplicate keys, tabs and aliases are faults of the syntax; nothing throws. */
export function readSource(text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text.slice(0, MAX_LENGTH), {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
  });
  const syntax = document.errors.map((error) => {
    const at = lines.linePos(error.pos[0]);
    return { code: 'yaml', message: error.message, line: at.line, column: at.col };
  });
  return {
    data: syntax.length > 0 ? undefined : toData(document),
    syntax,
    position: (fault) => positionOf(document, lines, fault),
  };
}

function toData(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch {
    return undefined;
  }
}

function positionOf(
  document: Document,
  lines: LineCounter,
  fault: Pick<Fault, 'path' | 'offset'>,
): { line: number; column: number } {
  for (let length = fault.path.length; length >= 0; length -= 1) {
    const offset = offsetOf(document, fault.path.slice(0, length));
    if (offset === undefined) continue;
    const at = lines.linePos(offset + (length === fault.path.length ? (fault.offset ?? 0) : 0));
    return { line: Math.max(1, at.line), column: Math.max(1, at.col) };
  }
  return { line: 1, column: 1 };
}

/** A key's own place when the path ends in a key, otherwise the value's. */
function offsetOf(document: Document, path: readonly (string | number)[]): number | undefined {
  if (path.length === 0) return isNode(document.contents) ? document.contents.range?.[0] : 0;
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === last);
    if (!pair) return undefined;
    if (isScalar(pair.value)) return startOf(pair.value.range?.[0], pair.value.type);
    return isNode(pair.key) ? pair.key.range?.[0] : undefined;
  }
  const node: unknown = document.getIn(path, true);
  if (isScalar(node)) return startOf(node.range?.[0], node.type);
  return isNode(node) ? node.range?.[0] : undefined;
}

/** Inside quotes, so that an offset into the text of a condition points at the right character. */
function startOf(offset: number | undefined, type: string | undefined): number | undefined {
  if (offset === undefined) return undefined;
  return type === 'QUOTE_SINGLE' || type === 'QUOTE_DOUBLE' ? offset + 1 : offset;
}
