/**
 * From a flow file's text to a published version: parse, check, normalise, hash. The version is the sha256 of the
 * canonical JSON (RFC 8785) of the definition, the texts it uses in every language, and the tables' hashes, so that
 * whatever a person could have read or been judged by is pinned with it.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../lib/canonical.ts';
import type { FlowCatalogue, Texts } from './catalogue.ts';
import { checkDefinition } from './check.ts';
import type { FlowDefinition } from './definition.ts';
import type { Fault, Finding } from './finding.ts';
import { textsOf } from './mentions.ts';
import { parseDefinition } from './parse.ts';
import { readSource, type Source } from './source.ts';

/** A flow with everything its behaviour depends on, as plain JSON. */
export interface NormalisedFlow {
  readonly definition: FlowDefinition;
  readonly texts: Readonly<Record<string, Texts>>;
  readonly tables: Readonly<Record<string, string>>;
}

/** A checked flow, ready to be stored as an immutable version. */
export interface LoadedFlow {
  readonly name: string;
  readonly kind: FlowDefinition['kind'];
  /** 64 hex digits. */
  readonly version: string;
  readonly normalised: NormalisedFlow;
  /** The exact bytes that were hashed; store these. */
  readonly canonical: string;
}

/** A version, or everything that is wrong with the file, in order of line. */
export type LoadResult =
  | { readonly ok: true; readonly flow: LoadedFlow }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** Checks and publishes one file's text. `file` only names it in findings. */
export function loadFlow(text: string, file: string, catalogue: FlowCatalogue): LoadResult {
  const source = readSource(text);
  if (source.syntax.length > 0) {
    return {
      ok: false,
      findings: source.syntax.map((fault) =>
        word({ path: [], code: fault.code, params: { detail: fault.message } }, file, fault, catalogue),
      ),
    };
  }
  const parsed = parseDefinition(source.data);
  const faults = 'faults' in parsed ? parsed.faults : checkDefinition(parsed.definition, catalogue);
  if ('faults' in parsed || faults.length > 0) return { ok: false, findings: place(faults, file, source, catalogue) };
  return { ok: true, flow: publish(parsed.definition, catalogue) };
}

function place(faults: readonly Fault[], file: string, source: Source, catalogue: FlowCatalogue): readonly Finding[] {
  return faults
    .map((fault) => word(fault, file, source.position(fault), catalogue))
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

function word(
  fault: Fault,
  file: string,
  at: { readonly line: number; readonly column: number },
  catalogue: FlowCatalogue,
): Finding {
  const params = { step: '', key: '', detail: '', ...fault.params };
  return {
    file,
    line: at.line,
    column: at.column,
    code: fault.code,
    message: catalogue.translate(`flows.check.${fault.code}.message`, params),
    cure: catalogue.translate(`flows.check.${fault.code}.cure`, params),
  };
}

function publish(definition: FlowDefinition, catalogue: FlowCatalogue): LoadedFlow {
  const keys = [...new Set(textsOf(definition).map((mention) => mention.value))];
  const texts = Object.fromEntries(
    Object.entries(catalogue.texts).map(([language, all]) => [
      language,
      Object.fromEntries(keys.map((key) => [key, all[key] ?? ''])),
    ]),
  );
  const normalised: NormalisedFlow = { definition, texts, tables: catalogue.tables };
  const canonical = canonicalJson(normalised);
  const version = createHash('sha256').update(canonical).digest('hex');
  return { name: definition.flow, kind: definition.kind, version, normalised, canonical };
}

/**
 * A stored version back in memory.
 * @throws Error when the bytes do not have the hash they are stored under.
 */
export function readPublished(canonical: string, version: string): NormalisedFlow {
  const actual = createHash('sha256').update(canonical).digest('hex');
  if (actual !== version) throw new Error(`flow version ${version} has been altered`);
  return JSON.parse(canonical) as NormalisedFlow;
}
