/** YAML text with positions: every value's path leads back to its line and column. */
import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { compiledYaml } from '../../lib/compiled-yaml.ts';
import type { Fault } from './finding.ts';

const MAX_LENGTH = 200_000;
/** What a text editor never writes: U+FFFD stands where bytes were not UTF-8, control characters where they were no text. */
// oxlint-disable-next-line no-control-regex
const NOT_TEXT = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffd]/;

/** A fault of the file itself, with its place; 1-based. */
interface SyntaxFault {
  readonly code: 'yaml' | 'too_long' | 'not_text' | 'alias' | 'forbidden_key';
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** A parsed file: plain data, faults of the syntax, and where things stand. */
export interface Source {
  readonly data: unknown;
  readonly syntax: readonly SyntaxFault[];
  /** Line and column of a path's value, or of the nearest parent that exists; 1-based. */
  position(fault: Pick<Fault, 'path' | 'offset'>): { readonly line: number; readonly column: number };
}

/** Reads YAML 1.2. Duplicate keys, tabs, aliases and what is no text are faults of the syntax; nothing throws. */
export function readSource(text: string): Source {
  const data = compiledYaml(text);
  if (data === undefined) return parseSource(text);
  return { data, syntax: [], position: (fault) => parseSource(text).position(fault) };
}

/** `readSource` without what the build has done already. */
export function parseSource(text: string): Source {
  const lines = new LineCounter();
  // What is too long is not read at all: a part of a file could mean something else than the whole.
  const document = parseDocument(text.length > MAX_LENGTH ? '' : text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
  });
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const syntax: SyntaxFault[] = [
    ...(text.length > MAX_LENGTH
      ? [{ code: 'too_long' as const, message: String(MAX_LENGTH), line: 1, column: 1 }]
      : foreignTo(text)),
    ...document.errors.map((error) => ({ code: 'yaml' as const, message: error.message, ...at(error.pos[0]) })),
    ...forbiddenIn(document, at),
  ];
  return {
    data: syntax.length > 0 ? undefined : toData(document),
    syntax,
    position: (fault) => positionOf(document, lines, fault),
  };
}

function foreignTo(text: string): readonly SyntaxFault[] {
  const index = text.search(NOT_TEXT);
  if (index === -1) return [];
  const before = text.slice(0, index).split('\n');
  return [{ code: 'not_text', message: '', line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }];
}

/** Aliases could blow a small file up to gigabytes, and a key `__proto__` would vanish; flows need neither. */
function forbiddenIn(
  document: Document,
  at: (offset: number) => { readonly line: number; readonly column: number },
): readonly SyntaxFault[] {
  const found: SyntaxFault[] = [];
  visit(document, {
    Alias: (_key, node) => void found.push({ code: 'alias', message: node.source, ...at(node.range?.[0] ?? 0) }),
    Pair: (_key, { key }) => {
      if (isScalar(key) && key.value === '__proto__')
        found.push({ code: 'forbidden_key', message: '__proto__', ...at(key.range?.[0] ?? 0) });
    },
  });
  return found;
}

function toData(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
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
