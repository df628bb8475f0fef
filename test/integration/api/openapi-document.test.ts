/** The OpenAPI document as other programs read it: a validator nobody here wrote takes every schema, pattern and example. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from '../../../src/api/openapi.ts';
import { defineOperation, Registry } from '../../../src/core/operations/operation.ts';
import { useCompany } from '../../invariants/support/company.ts';

const company = useCompany();
const NAME = 'https://daiban.test/openapi.json';
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
let document: object;

beforeAll(() => {
  const { registry, services } = company.base;
  document = openApiDocument(registry, 'https://daiban.test', '1', services.texts);
  ajv.addSchema(document, NAME);
});

interface Found {
  /** JSON pointer. */
  readonly at: string;
  readonly value: unknown;
}

/** Every member of this name that `isWanted`, however deep. */
function membersNamed(name: string, part: unknown, at = ''): readonly Found[] {
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) => {
    const here = `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return [...(key === name ? [{ at: here, value }] : []), ...membersNamed(name, value, here)];
  });
}

/** What a validator has against a value, by the schema at this pointer. */
function faultsOf(schemaAt: string, value: unknown): readonly string[] {
  const validate = ajv.compile({ $ref: `${NAME}#${encodeURI(schemaAt)}` });
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${schemaAt}${instancePath} ${message}`);
}

test('every pattern is an expression that stands alone', () => {
  const patterns = membersNamed('pattern', document).filter(({ value }) => typeof value === 'string');

  expect(patterns.length).toBeGreaterThan(10);
  for (const { value } of patterns) expect(() => new RegExp(String(value), 'u'), String(value)).not.toThrow();
  expect(patterns.filter(({ value }) => /\/[a-z]+$/.test(String(value)))).toEqual([]);
});

test('every example fits its schema', () => {
  const single = membersNamed('example', document).map(({ at, value }) => ({ at: at.replace(/example$/, ''), value }));
  const several = membersNamed('examples', document).flatMap(({ at, value }) =>
    Object.values(value as Readonly<Record<string, { readonly value: unknown }>>).map((example) => ({
      at: at.replace(/examples$/, ''),
      value: example.value,
    })),
  );

  expect([single.length > 10, several.length > 10]).toEqual([true, true]);
  expect([...single, ...several].flatMap(({ at, value }) => faultsOf(`${at}schema`, value))).toEqual([]);
});

test('an operation that does not always make something says so', () => {
  const successes = (address: string): readonly string[] => {
    const { paths } = document as {
      readonly paths: Readonly<Record<string, { readonly post?: { readonly responses: object } }>>;
    };
    return Object.keys(paths[address]?.post?.responses ?? {}).filter((status) => status !== 'default');
  };

  for (const address of [
    '/leads',
    '/leads/capture',
    '/leads/{lead}/submit',
    '/loans/{id}/payments',
    '/products',
    '/staff/{id}/accounts',
  ])
    expect(successes(address)).toEqual(['200', '201']);
  expect([successes('/staff'), successes('/approvals/{id}/decisions')]).toEqual([['201'], ['200']]);
});

test('the source of a lead is what the document says it is', () => {
  const at = '/paths/~1leads/post/requestBody/content/application~1json/schema/properties/source';

  for (const source of ['website', '抖音-01', 'a_b']) expect(faultsOf(at, source)).toEqual([]);
  for (const source of ['', 'a b', 'x'.repeat(41)]) expect(faultsOf(at, source)).toHaveLength(1);
});

describe('an expression with flags', () => {
  const patterns = (input: z.ZodString): readonly unknown[] => {
    const operation = defineOperation({
      name: 'thing.say',
      summary: 'Says a word',
      access: {},
      input: z.strictObject({ word: input }),
      output: z.object({}),
      http: { method: 'POST', path: '/things' },
      run: async () => Promise.resolve({}),
    });
    return membersNamed('pattern', openApiDocument(new Registry().add(operation), 'https://daiban.test', '1')).map(
      ({ value }) => value,
    );
  };

  test.each([
    [/^\p{L}+$/u, '^\\p{L}+$'],
    [/^a\/u$/u, '^a\\/u$'],
    [/^a\/u/, '^a\\/u'],
    [/a\\/u, 'a\\\\'],
    [/^a$/gy, '^a$'],
  ])('%s stands there as %s', (expression, pattern) => {
    expect(patterns(z.string().regex(expression))).toContain(pattern);
  });

  test('that no pattern can say is left out: better none than a wrong one', () => {
    const before = patterns(z.string());

    expect(patterns(z.string().regex(/^a$/i))).toEqual(before);
  });
});
