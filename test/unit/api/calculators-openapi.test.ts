/** What the OpenAPI document says about the calculators is what they do. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { CALCULATOR_PATHS } from '../../../src/api/calculators.ts';
import { openApiDocument } from '../../../src/api/openapi.ts';
import { Registry } from '../../../src/core/operations/operation.ts';
import { calcAllocate, calcApr, calcDpd, calcPrepay, calcSchedule } from '../../../src/domain/repayments/index.ts';
import { ScheduleRequest } from '../../../src/domain/repayments/schedule-request.ts';
import { AppError } from '../../../src/lib/errors.ts';
import { loadTexts } from '../../../src/lib/i18n.ts';
import { REMARKS } from '../../../src/lib/request-body.ts';

interface Media {
  readonly schema: Parameters<typeof z.fromJSONSchema>[0] & {
    readonly properties?: Readonly<Record<string, unknown>>;
    readonly oneOf?: readonly { readonly properties: Readonly<Record<string, unknown>> }[];
  };
  readonly examples: Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>;
}
interface Post {
  readonly requestBody: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, Media>> }>>;
}

const texts = loadTexts(path.resolve(import.meta.dirname, '../../../locales'));
const document = openApiDocument(new Registry(), 'http://127.0.0.1', '1.0.0', texts) as {
  readonly paths: Readonly<Record<string, { readonly post: Post }>>;
};
const vectors = JSON.parse(readFileSync(new URL('../../fixtures/lending.json', import.meta.url), 'utf8')) as {
  readonly schedules: Readonly<
    Record<string, { readonly input: unknown; readonly rows: unknown; readonly totals: unknown }>
  >;
  readonly apr: readonly {
    readonly id: string;
    readonly irrX12: string;
    readonly effective: string;
    readonly xirr365: string;
  }[];
  readonly allocation: { readonly cases: readonly Readonly<Record<string, unknown>>[] };
  readonly dpd: { readonly asOf: readonly (readonly [string, string, number, string])[] };
  readonly prepay: { readonly payoff: unknown };
  readonly policy: {
    readonly applicants: readonly (readonly [string, unknown])[];
    readonly expected: Readonly<Record<string, readonly [string, readonly string[], number]>>;
  };
  readonly contactPolicy: {
    readonly cases: readonly { readonly id: string; readonly expect: string; readonly rule?: string }[];
  };
};

function media(path: string): { readonly request: Media; readonly answer: Media } {
  const post = document.paths[path]?.post;
  const request = post?.requestBody.content['application/json'];
  const answer = post?.responses['200']?.content['application/json'];
  if (request === undefined || answer === undefined) throw new Error(`${path} is not in the document`);
  return { request, answer };
}
const answerOf = (path: string, name: string): unknown => media(path).answer.examples[name]?.value;
const requestOf = (path: string, name: string): unknown => media(path).request.examples[name]?.value;

describe('the document', () => {
  test('has every calculator, each with a refusal', () => {
    expect(Object.keys(document.paths).sort()).toEqual([...CALCULATOR_PATHS, '/deliveries'].sort());
    for (const path of CALCULATOR_PATHS) expect(document.paths[path]?.post.responses['default']).toBeDefined();
  });

  test.each(CALCULATOR_PATHS)('describes the examples of %s and their answers', (path) => {
    const { request, answer } = media(path);
    expect(Object.keys(request.examples).length).toBeGreaterThan(0);
    expect(Object.keys(answer.examples)).toEqual(Object.keys(request.examples));
    for (const { value } of Object.values(request.examples))
      expect(z.fromJSONSchema(request.schema).safeParse(value).error).toBeUndefined();
    for (const { value } of Object.values(answer.examples))
      expect(z.fromJSONSchema(answer.schema).safeParse(value).error).toBeUndefined();
  });

  test.each(CALCULATOR_PATHS)('lets every request to %s carry remarks', (path) => {
    const { schema } = media(path).request;
    for (const { properties } of schema.oneOf ?? [{ properties: schema.properties ?? {} }]) {
      expect(Object.keys(properties)).toEqual(expect.arrayContaining([...REMARKS]));
    }
  });
});

describe('the examples are the cases of the reference', () => {
  test.each(Object.entries(vectors.schedules))('%s', (id, { input, rows, totals }) => {
    expect(requestOf('/calc/schedule', id)).toEqual(input);
    expect(answerOf('/calc/schedule', id)).toEqual({ rows, totals });
  });

  test.each(vectors.apr)('$id', ({ id, irrX12, effective, xirr365 }) => {
    expect(answerOf('/calc/apr', id)).toMatchObject({ irrX12, effective, xirr365 });
  });

  test('bare flows cost what the same loan costs as rows', () => {
    const { irrX12, effective, xirr365 } = answerOf('/calc/apr', 'A1') as Record<string, string>;
    expect(answerOf('/calc/apr', 'flows')).toEqual({ irrX12, effective, xirr365, simpleAnnual365: null });
  });

  test('allocation, days past due and settlement', () => {
    expect(Object.values(media('/calc/allocate').answer.examples).map(({ value }) => value)).toEqual(
      vectors.allocation.cases.map(({ out, left }) => ({ out, left })),
    );
    expect(
      Object.entries(media('/calc/dpd').answer.examples).map(([asOf, { value }]) => [
        asOf,
        ...Object.values(value as object),
      ]),
    ).toEqual(vectors.dpd.asOf);
    expect(answerOf('/calc/prepay', 'payoff')).toEqual(vectors.prepay.payoff);
  });

  test.each(vectors.policy.applicants)('%s', (id, facts) => {
    const [decision, hits, limit] = vectors.policy.expected[id] ?? [];
    expect(requestOf('/decisions/run', id)).toMatchObject({ facts });
    expect(answerOf('/decisions/run', id)).toMatchObject({ decision, hits, limit });
  });

  test.each(vectors.contactPolicy.cases)('$id', ({ id, expect: decision, rule }) => {
    expect(answerOf('/contact-gate/check', id)).toMatchObject({ decision, ...(rule === undefined ? {} : { rule }) });
  });
});

describe('a member of the loan arithmetic is described if and only if it is known', () => {
  test('to calc/schedule', () => {
    expect(Object.keys(media('/calc/schedule').request.schema.properties ?? {}).sort()).toEqual(
      Object.keys(ScheduleRequest.shape).sort(),
    );
  });

  test.each([
    ['/calc/apr', calcApr],
    ['/calc/allocate', calcAllocate],
    ['/calc/dpd', calcDpd],
    ['/calc/prepay', (body: unknown) => calcPrepay(body)],
    ['/calc/schedule', (body: unknown) => calcSchedule(body)],
  ] as const)('to %s', (path, calculate) => {
    const { schema } = media(path).request;
    for (const { properties } of schema.oneOf ?? [{ properties: schema.properties ?? {} }]) {
      const body = Object.fromEntries(Object.keys(properties).map((name) => [name, null]));
      expect(unknownMembers(calculate, { ...body, bogus: 1 })).toEqual(['/bogus']);
    }
  });
});

function unknownMembers(calculate: (body: unknown) => unknown, body: unknown): readonly string[] {
  try {
    calculate(body);
  } catch (error) {
    if (error instanceof AppError)
      return error.faults.filter(({ code }) => code === 'member.unknown').map(({ pointer }) => pointer);
    throw error;
  }
  return [];
}
