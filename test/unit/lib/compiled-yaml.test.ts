import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import { readFlowFiles } from '../../../src/core/runtime/flow-seed.ts';
import { parseSource, readSource } from '../../../src/core/flow/source.ts';
import { compiledYaml, compileYaml } from '../../../src/lib/compiled-yaml.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const flows = readFlowFiles(path.join(ROOT, 'flows'));

describe('what the build has parsed', () => {
  test('is what the files hold', () => {
    const locale = readFileSync(path.join(ROOT, 'locales/zh-CN/flows.yaml'), 'utf8');

    expect(compiledYaml(locale)).toEqual(parse(locale));
    for (const { file, text } of flows) {
      expect(compiledYaml(text), file).toEqual(parseSource(text).data);
      expect(readSource(text).syntax).toEqual([]);
    }
  });

  test('is not found for a text that was edited since', () => {
    const [{ text } = { text: '' }] = flows;

    expect(compiledYaml(`${text}\n# edited\n`)).toBeUndefined();
  });

  test('tells where a fault is as if it had been parsed just now', () => {
    const [{ text } = { text: '' }] = flows;
    const fault = { path: ['steps'] };

    expect(readSource(text).position(fault)).toEqual(parseSource(text).position(fault));
    expect(readSource(text).position(fault).line).toBeGreaterThan(1);
  });

  test('leaves out what JSON cannot say', () => {
    const compiled = JSON.parse(
      compileYaml([
        ['a: .nan', { a: NaN }],
        ['', undefined],
        ['a: 1', { a: 1 }],
      ]),
    ) as Readonly<Record<string, string>>;

    expect(Object.values(compiled)).toEqual(['{"a":1}']);
  });
});
