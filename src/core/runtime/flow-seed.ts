/** Flow files: they seed the first installation; a file that differs from what is stored becomes a draft. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Tx } from '../../db/database.ts';
import { LANGUAGES, type Texts } from '../../lib/i18n.ts';
import { loadFlow, type Finding, type FlowCatalogue, type LoadedFlow } from '../flow/index.ts';
import { flowVersions, publishVersion, storeDraft } from './flow-store.ts';
import { ROLES } from '../operations/actor.ts';
import type { Registry } from '../operations/operation.ts';

/** A flow as it lies in a folder: name of the file and its YAML. */
export interface FlowFile {
  readonly file: string;
  readonly text: string;
}

/** The flow files of a folder and its `_repair` folder; tests beside them are left out. */
export function readFlowFiles(folder: string): readonly FlowFile[] {
  const found: FlowFile[] = [];
  for (const sub of ['.', '_repair']) {
    for (const name of readdirSync(path.join(folder, sub)).sort()) {
      if (!name.endsWith('.yaml') || name.endsWith('.test.yaml')) continue;
      const file = path.join(sub, name);
      found.push({ file: sub === '.' ? name : file, text: readFileSync(path.join(folder, file), 'utf8') });
    }
  }
  return found;
}

/** What flows of this installation may refer to; what is found in them is said in `language`. */
export function catalogueOf(
  registry: Registry,
  texts: Texts,
  files: readonly FlowFile[],
  language: (typeof LANGUAGES)[number],
): FlowCatalogue {
  return {
    operations: new Set(registry.list().map((operation) => operation.name)),
    inputs: inputsOf(registry),
    roles: new Set<string>(ROLES),
    flows: new Set(files.flatMap(({ text }) => nameIn(text) ?? [])),
    kinds: RELIED_ON,
    texts: Object.fromEntries(LANGUAGES.map((one) => [one, texts.messages(one)])),
    tables: {},
    translate: (key, params) => texts.translate(language, key, params),
  };
}

/** The flows this program calls by name, with what it takes them for. */
const RELIED_ON: ReadonlyMap<string, string> = new Map([
  ['loan-approval', 'process'],
  ['repayment-reminder', 'schedule'],
  ['lead-intake', 'conversation'],
  ['customer-intake', 'conversation'],
  ['document-collection', 'conversation'],
]);

function nameIn(text: string): string | undefined {
  return /^flow:\s*(\S+)/m.exec(text)?.[1];
}

function inputsOf(registry: Registry): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    registry
      .list()
      .flatMap(({ name, input }) =>
        input instanceof z.ZodObject ? [[name, new Set(Object.keys(input.shape))] as const] : [],
      ),
  );
}

/** What stands the check, and what is to be said about the rest. */
export interface FlowCheck {
  readonly flows: readonly (LoadedFlow & { readonly source: string })[];
  readonly findings: readonly Finding[];
}

/** Checks files without storing anything. */
export function checkFlowFiles(files: readonly FlowFile[], catalogue: FlowCatalogue): FlowCheck {
  const flows: (LoadedFlow & { readonly source: string })[] = [];
  const findings: Finding[] = [];
  for (const { file, text } of files) {
    const result = loadFlow(text, file, catalogue);
    if (result.ok) flows.push({ ...result.flow, source: text });
    else findings.push(...result.findings);
  }
  return { flows, findings };
}

/** Stores checked flows: the first version of a name goes live, a differing later one waits as a draft. Returns new drafts. */
export async function seedFlows(tx: Tx, flows: FlowCheck['flows'], now: Date): Promise<readonly string[]> {
  const drafts: string[] = [];
  for (const flow of flows) {
    const known = await flowVersions(tx, flow.name);
    if (known.some((row) => row.id === flow.version)) continue;
    await storeDraft(tx, flow, flow.source, now);
    if (known.length === 0) await publishVersion(tx, { id: flow.version, name: flow.name }, 'seed', now);
    else drafts.push(flow.name);
  }
  return drafts;
}
