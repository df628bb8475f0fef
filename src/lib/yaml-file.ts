/** YAML texts read against a schema, with the line of every fault. Pure: whoever has the file passes its text. */
import { type Document, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import type { Language } from './i18n.ts';
import { SCHEMA_WORDS } from './request-body.ts';

/** Something wrong in a file: the line (from 1), where in the document, a sentence or the key of one. */
export interface FileFault {
  readonly line: number;
  readonly path: string;
  readonly message: string;
}

/** What a file holds, or everything that is wrong with it. `lineOf` finds the line of a place in the document. */
export type FileResult<T> =
  | { readonly ok: true; readonly value: T; lineOf(path: readonly PropertyKey[]): number }
  | { readonly ok: false; readonly faults: readonly FileFault[] };

// Larger texts are no rule files; the alias limit stops documents that unfold into gigabytes.
const MAX_TEXT = 5_000_000;
const MAX_ALIASES = 20;
const MAX_FAULTS = 50;

/**
 * Reads YAML text against a schema; faults are told in `language`, though the parser has its own words in English only.
 * Never throws, whatever the text is.
 */
export function parseYamlFile<T>(text: string, schema: z.ZodType<T>, language: Language = 'en'): FileResult<T> {
  if (text.length > MAX_TEXT) return refuse([{ line: 1, path: '', message: 'fault.file_too_large' }]);
  const lines = new LineCounter();
  const read = readDocument(text, lines, language);
  if ('faults' in read) return refuse(read.faults);
  const lineOf = (path: readonly PropertyKey[]): number => lineAt(read.document, path, lines);
  const parsed = schema.safeParse(read.content, { error: SCHEMA_WORDS[language] });
  if (parsed.success) return { ok: true, value: parsed.data, lineOf };
  return refuse(
    parsed.error.issues.map((issue) => ({
      line: lineOf(issue.path),
      path: issue.path.map(String).join('.'),
      message: issue.message,
    })),
  );
}

function refuse(faults: readonly FileFault[]): { readonly ok: false; readonly faults: readonly FileFault[] } {
  return { ok: false, faults: faults.slice(0, MAX_FAULTS) };
}

type Read =
  | { readonly document: Document.Parsed; readonly content: unknown }
  | { readonly faults: readonly FileFault[] };

function readDocument(text: string, lines: LineCounter, language: Language): Read {
  const told = (message: string): string => (language === 'en' ? message : 'fault.yaml');
  try {
    const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
    if (document.errors.length === 0) return { document, content: document.toJS({ maxAliasCount: MAX_ALIASES }) };
    const faults = document.errors.map((error) => ({
      line: lines.linePos(error.pos[0]).line,
      path: '',
      message: told(error.message.split('\n', 1)[0] ?? error.code),
    }));
    return { faults };
  } catch (error) {
    // Too many aliases, or nesting beyond what the parser's stack bears.
    return { faults: [{ line: 1, path: '', message: told(error instanceof Error ? error.message : String(error)) }] };
  }
}

function lineAt(document: Document.Parsed, path: readonly PropertyKey[], lines: LineCounter): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
      return lines.linePos(Number(node.range[0])).line;
    }
  }
  return 1;
}
