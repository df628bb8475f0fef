import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  compileFlow,
  loadFlow,
  readPublished,
  type FlowCatalogue,
  type LoadedFlow,
} from '../../../../src/core/flow/index.ts';
import { flowsFolder, houseCatalogue } from './house.ts';

const source = readFileSync(path.join(flowsFolder, 'loan-approval.yaml'), 'utf8');

function load(text: string, changes: Partial<FlowCatalogue> = {}): LoadedFlow {
  const result = loadFlow(text, 'flows/loan-approval.yaml', houseCatalogue(changes));
  if (!result.ok) throw new Error(JSON.stringify(result.findings));
  return result.flow;
}

describe('a flow’s version', () => {
  test('is the same however the file is laid out and commented', () => {
    const commented = source.replace('start: first-review', '\n# 谁先看\nstart:    "first-review" # 初审');

    expect(load(commented).version).toBe(load(source).version);
  });

  test('changes with a condition, a wording in any language, and a decision table', () => {
    const english = { ...houseCatalogue().texts['en'], 'flows.loan-approval.rejected': 'changed' };
    const versions = [
      load(source).version,
      load(source.replace('yuan(200000)', 'yuan(300000)')).version,
      load(source, { texts: { ...houseCatalogue().texts, en: english } }).version,
      load(source, { tables: { assignment: 'a1' } }).version,
    ];

    expect(new Set(versions).size).toBe(4);
  });

  test('does not change with a wording the flow never uses', () => {
    const english = { ...houseCatalogue().texts['en'], 'flows.lead-intake.later': 'changed' };

    expect(load(source, { texts: { ...houseCatalogue().texts, en: english } }).version).toBe(load(source).version);
  });

  test('is the sha256 of canonical JSON that names the format', () => {
    const flow = load(source);

    expect(flow.version).toMatch(/^[0-9a-f]{64}$/u);
    expect(flow.canonical).toContain('"formatVersion":1');
    expect(Object.keys(flow.normalised.texts)).toEqual(['zh-CN', 'en']);
  });
});

describe('a stored version', () => {
  test('comes back exactly as it was published', () => {
    const flow = load(source);

    expect(readPublished(flow.canonical, flow.version)).toEqual(JSON.parse(JSON.stringify(flow.normalised)));
  });

  test('is refused when a single character was changed', () => {
    const flow = load(source);

    expect(() => readPublished(flow.canonical.replace('200000', '900000'), flow.version)).toThrow('altered');
  });

  test('of a format from the future is refused instead of misread', () => {
    const flow = load(source);
    const future = { ...flow.normalised, definition: { ...flow.normalised.definition, formatVersion: 2 } };

    expect(() => compileFlow(JSON.parse(JSON.stringify(future)) as typeof flow.normalised, 'v')).toThrow('format 2');
  });
});
