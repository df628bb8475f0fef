import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { allOperations } from '../../support/product.ts';

const FLOWS = path.resolve(import.meta.dirname, '../../../flows');
const operations = allOperations();

interface Use {
  readonly file: string;
  readonly operation: string;
  readonly inputs: readonly string[];
  /** Values of `kind` the flow asks the result for. */
  readonly kinds: readonly string[];
}

/** Every `do:` of every flow file, with what it hands over and what it asks the result for. */
function usesIn(file: string): readonly Use[] {
  const text = readFileSync(path.join(FLOWS, file), 'utf8');
  const uses: Use[] = [];
  walk(parse(text), (node) => {
    if (typeof node['do'] !== 'string') return;
    const result = typeof node['as'] === 'string' ? node['as'] : '';
    const asked = JSON.stringify([node['go'], node['next']]);
    const kinds = [...asked.matchAll(new RegExp(`\\b${result}\\.kind == \\\\"(\\w+)\\\\"`, 'gu'))].map(
      (found) => found[1] ?? '',
    );
    uses.push({
      file,
      operation: node['do'],
      inputs: Object.keys(node['with'] ?? {}),
      kinds: result === '' ? [] : kinds,
    });
  });
  return uses;
}

function walk(node: unknown, visit: (node: Readonly<Record<string, unknown>>) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) visit(node as Readonly<Record<string, unknown>>);
  for (const child of Object.values(node)) walk(child, visit);
}

function kindsOf(schema: z.ZodType): ReadonlySet<string> {
  const kinds = new Set<string>();
  walk(z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }), (node) => {
    const { properties } = node as {
      readonly properties?: { readonly kind?: { readonly const?: string; readonly enum?: readonly string[] } };
    };
    for (const kind of [properties?.kind?.const, ...(properties?.kind?.enum ?? [])])
      if (kind !== undefined) kinds.add(kind);
  });
  return kinds;
}

const uses = readdirSync(FLOWS, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yaml') && !file.endsWith('.test.yaml'))
  .flatMap(usesIn)
  .filter(({ operation }) => operations.find(operation) !== undefined);

describe('what the flow files ask of the domain', () => {
  test('is found', () => {
    expect(uses.flatMap(({ kinds }) => kinds)).toEqual(
      expect.arrayContaining(['bound', 'matched', 'filed', 'unclear', 'collision']),
    );
    const names = uses.map(({ operation }) => operation);
    expect(names).toEqual(
      expect.arrayContaining([
        'customer.followLink',
        'customer.bindContact',
        'consent.grant',
        'customer.answer',
        'document.receive',
        'document.assign',
        'lead.capture',
        'lead.update',
      ]),
    );
  });

  test.each(uses)(
    '$file: $operation takes what the flow hands over and can answer what it asks for',
    ({ operation, inputs, kinds }) => {
      const { input, output } = operations.get(operation);
      const taken = Object.keys((input as z.ZodObject).shape);

      expect(taken).toEqual(expect.arrayContaining([...inputs]));
      expect([...kindsOf(output)]).toEqual(expect.arrayContaining([...kinds]));
    },
  );
});
