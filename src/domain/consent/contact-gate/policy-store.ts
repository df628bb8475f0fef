/** The contact policy that lies beside the program (`flows/contact-policy/`), read once. */
import { readFileSync } from 'node:fs';
import type { FileResult } from '../../../lib/yaml-file.ts';
import type { ContactGate } from './gate.ts';
import { buildPolicies, type PolicyRow } from './policy.ts';
import { parsePolicyFile } from './policy-file.ts';
import { parseWording, type Wording } from './wording.ts';

/** Both layers and the word list, as read from their files. */
export interface ContactPolicySet {
  readonly statutory: readonly PolicyRow[];
  readonly company: readonly PolicyRow[];
  readonly wording: Wording;
}

/** The three texts a policy set is made of. */
export interface ContactPolicyTexts {
  readonly statutory: string;
  readonly company: string;
  readonly wording: string;
}

/** Reads a policy set from texts. @throws Error naming file, line and fault. */
export function readPolicySet(texts: ContactPolicyTexts): ContactPolicySet {
  const statutory = value('statutory.yaml', parsePolicyFile(texts.statutory));
  const company = value('company.yaml', parsePolicyFile(texts.company));
  if (statutory.layer !== 'statutory') throw new Error('statutory.yaml: layer must be statutory');
  if (company.layer !== 'company') throw new Error('company.yaml: layer must be company');
  return {
    statutory: statutory.rows,
    company: company.rows,
    wording: value('wording.yaml', parseWording(texts.wording)),
  };
}

/**
 * The gate of a policy set: `statutory` for the stateless check, `both` for whatever is really sent.
 * @throws Error when a company row loosens law or standard.
 */
export function gateOf(set: ContactPolicySet, layers: 'statutory' | 'both'): ContactGate {
  const built = buildPolicies(set.statutory, layers === 'both' ? set.company : []);
  if (built.ok) return { policies: built.policies, wording: set.wording };
  const faults = built.faults.map(
    (fault) => `row ${fault.row + 1} (${fault.rule}${fault.param ? ` ${fault.param}` : ''}): ${fault.code}`,
  );
  throw new Error(`${built.layer} contact policy: ${faults.join('; ')}`);
}

let installed: ContactPolicySet | undefined;

/** The policy set that is installed with the program. Read at the first call. @throws Error when a file is wrong. */
export function installedPolicySet(): ContactPolicySet {
  installed ??= readPolicySet({
    statutory: read('statutory.yaml'),
    company: read('company.yaml'),
    wording: read('wording.yaml'),
  });
  return installed;
}

// src/domain/consent/contact-gate and dist/domain/consent/contact-gate lie equally deep under the package.
function read(name: string): string {
  return readFileSync(new URL(`../../../../flows/contact-policy/${name}`, import.meta.url), 'utf8');
}

function value<T>(name: string, result: FileResult<T>): T {
  if (result.ok) return result.value;
  throw new Error(result.faults.map((fault) => `${name}:${fault.line}: ${fault.path} ${fault.message}`).join('\n'));
}
