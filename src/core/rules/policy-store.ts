/** The named risk policies that lie beside the program (`flows/policies/*.yaml`), read once. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type FileResult, parseYamlFile } from '../../lib/yaml-file.ts';
import { compileTable } from './compile.ts';
import { type RiskPolicy, withHitPolicy } from './decide.ts';
import { limitRule } from './limit.ts';
import type { HitPolicy } from './model.ts';
import { isAction } from './rule-list.ts';
import { readTable, tableMembers } from './table-file.ts';

const file = z.strictObject({ ...tableMembers, limit: limitRule.optional() });

/** Reads a risk policy from YAML text: a table with the outputs `action` and `reason`, and a limit formula. */
export function parseRiskPolicy(text: string): FileResult<RiskPolicy> {
  const parsed = parseYamlFile(text, file);
  if (!parsed.ok) return parsed;
  const { limit, ...written } = parsed.value;
  const lineOf = (path: readonly PropertyKey[]): number => parsed.lineOf(path);
  const foreign = written.rows.findIndex((row) => !isAction(row.give['action']));
  if (foreign !== -1) {
    const line = lineOf(['rows', foreign, 'give']);
    return { ok: false, faults: [{ line, path: `rows.${foreign}.give.action`, message: 'unknown_action' }] };
  }
  const table = readTable(written, lineOf);
  if (!table.ok) return table;
  const compiled = compileTable(table.value);
  // readTable has checked the same table.
  if (!compiled.ok) throw new Error(`unchecked table ${table.value.name}`);
  return { ok: true, value: { compiled: compiled.compiled, ...(limit === undefined ? {} : { limit }) }, lineOf };
}

/** The names of the policies that can be asked for by name. */
export const POLICY_NAMES = ['credit', 'house'] as const;
/** One of {@link POLICY_NAMES}. */
export type PolicyName = (typeof POLICY_NAMES)[number];

const installed = new Map<string, RiskPolicy>();

/** A policy installed with the program, under a hit policy. Read at the first call. @throws Error when its file is wrong. */
export function installedRiskPolicy(name: PolicyName, hitPolicy: HitPolicy): RiskPolicy {
  const key = `${name} ${hitPolicy}`;
  let policy = installed.get(key);
  if (policy === undefined) {
    policy = withHitPolicy(readInstalled(name), hitPolicy);
    installed.set(key, policy);
  }
  return policy;
}

// src/core/rules and dist/core/rules lie equally deep under the package.
function readInstalled(name: PolicyName): RiskPolicy {
  const text = readFileSync(new URL(`../../../flows/policies/${name}.yaml`, import.meta.url), 'utf8');
  const parsed = parseRiskPolicy(text);
  if (parsed.ok) return parsed.value;
  const faults = parsed.faults.map((fault) => `${name}.yaml:${fault.line}: ${fault.path} ${fault.message}`);
  throw new Error(faults.join('\n'));
}
