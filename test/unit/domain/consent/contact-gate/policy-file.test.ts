import { describe, expect, test } from 'vitest';
import { parsePolicyFile, readPolicySet } from '../../../../../src/domain/consent/contact-gate/index.ts';
import { gateOf } from '../../../../../src/domain/consent/contact-gate/index.ts';

const WORDING = 'formatVersion: 1\ngroups:\n  - { id: a, rule: COL-B1, applies: any, words: [坐牢] }\noptOut: [退订]\n';
const STATUTORY = `formatVersion: 1
layer: statutory
rows:
  - rule: COL-T1
    from: 2025-02-28
    basis: standard
    source: G
    set: { quietFrom: '22:00', quietTo: '08:00' }
`;
const COMPANY = STATUTORY.replace('layer: statutory', 'layer: company');

describe('a contact policy file', () => {
  test('gives its layer and rows with times as seconds of the day', () => {
    expect(parsePolicyFile(STATUTORY)).toMatchObject({
      ok: true,
      value: {
        layer: 'statutory',
        rows: [
          {
            rule: 'COL-T1',
            from: '2025-02-28',
            basis: 'standard',
            source: 'G',
            set: { quietFrom: 79_200, quietTo: 28_800 },
          },
        ],
      },
    });
  });

  test.each([
    ['an unknown rule', STATUTORY.replace('COL-T1', 'COL-X9'), 4],
    ['a day that does not exist', STATUTORY.replace('2025-02-28', '2025-02-29'), 5],
    ['an unknown parameter', STATUTORY.replace('quietFrom', 'quietfrom'), 8],
    ['a time that does not exist', STATUTORY.replace('22:00', '24:00'), 8],
    ['a key twice', STATUTORY.replace('    source: G\n', '    source: G\n    source: N\n'), 8],
    ['broken YAML', '{', 1],
    ['another document', '[]', 1],
  ])('with %s is refused with its line', (_, text, line) => {
    const result = parsePolicyFile(text);
    expect(result.ok).toBe(false);
    expect(!result.ok && result.faults[0]?.line).toBe(line);
  });

  test('that unfolds into gigabytes is refused', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${'*a,'.repeat(9)}]\nc: &c [${'*b,'.repeat(9)}]\nd: [${'*c,'.repeat(9)}]\n`;
    expect(parsePolicyFile(bomb).ok).toBe(false);
  });
});

describe('a policy set', () => {
  const set = { statutory: STATUTORY, company: COMPANY, wording: WORDING };

  test('is read from three texts', () => {
    expect(gateOf(readPolicySet(set), 'both').policies.segments).toHaveLength(1);
  });

  test('is refused with file and line when a text is wrong', () => {
    expect(() => readPolicySet({ ...set, company: COMPANY.replace('COL-T1', 'X') })).toThrow(/^company\.yaml:4: /u);
    expect(() => readPolicySet({ ...set, company: STATUTORY })).toThrow('company.yaml: layer must be company');
    expect(() => readPolicySet({ ...set, statutory: COMPANY })).toThrow('statutory.yaml: layer must be statutory');
  });

  test('is refused when the company’s rows loosen the law', () => {
    const loose = readPolicySet({ ...set, company: COMPANY.replace('22:00', '23:00') });
    expect(() => gateOf(loose, 'both')).toThrow('company contact policy: row 1 (COL-T1 quietFrom): loosens');
    expect(() => gateOf(loose, 'statutory')).not.toThrow();
  });
});
