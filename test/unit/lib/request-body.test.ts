import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../../src/lib/errors.ts';
import { loadTexts } from '../../../src/lib/i18n.ts';
import { fault, parseBody, pointer } from '../../../src/lib/request-body.ts';

const texts = loadTexts(path.resolve(import.meta.dirname, '../../../locales'));
const schema = z.strictObject({
  amount: z.string().optional(),
  zone: z
    .string()
    .refine((zone) => zone !== 'Mars', fault('contact-gate.fault.unknown_zone'))
    .optional(),
  table: z.union([z.enum(['a', 'b']), z.strictObject({ rows: z.array(z.number()) })]).optional(),
});

function faults(body: unknown, words = {}): unknown {
  try {
    return parseBody(schema, body, words);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.faults.map(({ pointer: at, code, message }) => [at, code, message]);
  }
}

describe('a request body', () => {
  test('loses the remarks of a case file and keeps the rest', () => {
    const remarks = { id: 1, cn: '案例', desc: '', expect: {}, rule: 'x', note: null };
    expect(faults({ ...remarks, amount: '1.00' })).toEqual({ amount: '1.00' });
  });

  test('with an unknown member is refused at that member, escaped after RFC 6901', () => {
    expect(faults({ 'a/b~c': 1 })).toMatchObject([['/a~1b~0c', 'unknown_member', expect.any(String) as string]]);
    expect(pointer(['rows', 3, 'a/b'])).toBe('/rows/3/a~1b');
    expect(pointer([])).toBe('');
  });

  test('names the sentence of a schema’s own check in the language that was asked for', () => {
    expect(faults({ zone: 'Mars' }, { texts })).toEqual([['/zone', 'unknown_zone', '没有这个时区']]);
    expect(faults({ zone: 'Mars' }, { texts, language: 'en' })).toEqual([
      ['/zone', 'unknown_zone', 'There is no such time zone'],
    ]);
  });

  test('speaks of the alternative the sender meant', () => {
    expect(faults({ table: { rows: [1, 'x'] } })).toMatchObject([
      ['/table/rows/1', 'invalid_type', expect.any(String) as string],
    ]);
    expect(faults({ table: 'c' })).toMatchObject([['/table', 'invalid_union', expect.any(String) as string]]);
  });

  test('never lists more than fifty faults', () => {
    const body = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`m${index}`, 1]));
    expect(faults(body)).toHaveLength(50);
  });
});
