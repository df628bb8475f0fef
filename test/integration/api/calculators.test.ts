/** The calculators over HTTP: every vector of the lending reference that has an address, and how bad requests are refused. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALCULATOR_PATHS } from '../../../src/api/calculators.ts';
import { startCalculators, TOKEN, type Answer, type CalculatorServer } from './calculators-server.ts';

interface Vectors {
  readonly schedules: Readonly<
    Record<
      string,
      {
        readonly input: Readonly<Record<string, unknown>>;
        readonly rows: readonly (readonly unknown[])[];
        readonly totals: Readonly<Record<string, string>>;
        readonly periodicIrr: string;
        readonly xirr365: string;
      }
    >
  >;
  readonly apr: readonly {
    readonly id: string;
    readonly net: string;
    readonly irrX12: string;
    readonly effective: string;
    readonly xirr365: string;
  }[];
  readonly prepay: {
    readonly payoff: Readonly<Record<string, unknown>>;
    readonly partial: {
      readonly on: string;
      readonly amount: string;
      readonly newBalance: string;
      readonly keepTerm: Readonly<Record<string, unknown>>;
      readonly shorten: Readonly<Record<string, unknown>>;
    };
  };
  readonly revolving: {
    readonly dailyRate: string;
    readonly events: unknown;
    readonly interestByEvent: readonly string[];
    readonly total: string;
  };
  readonly allocation: { readonly dues: unknown; readonly cases: readonly Readonly<Record<string, unknown>>[] };
  readonly dpd: { readonly payments: unknown; readonly asOf: readonly (readonly [string, string, number, string])[] };
  readonly holidayShift2026: readonly (readonly [string, string, string])[];
  readonly publishedFigures: readonly {
    readonly id: string;
    readonly principal: string;
    readonly annualRatePct: string;
    readonly n: number;
    readonly emi: string;
    readonly interestPostedSchedule?: string;
  }[];
  readonly validation: {
    readonly idCard: { readonly valid: readonly string[]; readonly invalid: readonly string[] };
    readonly uscc: { readonly valid: readonly string[]; readonly checksumFailsButSeenInTheWild: readonly string[] };
    readonly bankCard: { readonly luhnOk: readonly string[]; readonly luhnBad: readonly string[] };
  };
  readonly policy: {
    readonly columns: readonly string[];
    readonly credit: readonly unknown[];
    readonly house: readonly unknown[];
    readonly applicants: readonly (readonly [string, Readonly<Record<string, unknown>>])[];
    readonly expected: Readonly<Record<string, readonly [string, readonly string[], number]>>;
  };
  readonly contactPolicy: {
    readonly tz: string;
    readonly params: Readonly<Record<string, unknown>>;
    readonly cases: readonly Readonly<Record<string, unknown>>[];
  };
}

const vectors = JSON.parse(readFileSync(new URL('../../fixtures/lending.json', import.meta.url), 'utf8')) as Vectors;
const S01 = vectors.schedules['S01'];
if (S01 === undefined) throw new Error('no vector S01');

let server: CalculatorServer;
beforeAll(async () => {
  server = await startCalculators();
});
afterAll(async () => server.close());

const post = async (path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer> =>
  server.post(`/api/v1/${path}`, body, headers);

/** The first row that differs, as text; '' when all agree. */
function firstDifference(actual: unknown, expected: readonly (readonly unknown[])[]): string {
  const rows = actual as readonly (readonly unknown[])[];
  for (let i = 0; i < Math.max(rows.length, expected.length); i += 1) {
    const [got, want] = [rows[i]?.join(' '), expected[i]?.join(' ')];
    if (got !== want) return `row ${i + 1}: got ${got}, want ${want}`;
  }
  return '';
}

describe('POST calc/schedule', () => {
  test.each(Object.entries(vectors.schedules))('answers %s row by row', async (_, { input, rows, totals }) => {
    const { status, body } = await post('calc/schedule', input);

    expect(status).toBe(200);
    expect(firstDifference(body['rows'], rows)).toBe('');
    expect(body).toEqual({ rows, totals });
  });

  test('answers revolving use event by event', async () => {
    const { dailyRate, events, interestByEvent, total } = vectors.revolving;
    const { status, body } = await post('calc/schedule', { method: 'REVOLVING', dailyRate, events });

    expect(status).toBe(200);
    expect((body['rows'] as string[][]).map((row) => row[3])).toEqual(interestByEvent);
    expect(body['totals']).toEqual({ principal: '30000.00', interest: total, total: '30375.00' });
  });

  test.each(vectors.holidayShift2026)(
    'pays what is due on %s on %s, or before it on %s',
    async (due, following, preceding) => {
      const shifted = async (rule: string): Promise<unknown> => {
        const { body } = await post('calc/schedule', {
          method: 'INTEREST_ONLY',
          principal: '1000.00',
          annualRatePct: '6',
          start: '2025-12-01',
          dueDates: [due],
          dayCount: 'ACT/360',
          holidayShift: { rule },
        });
        return (body['rows'] as string[][])[0]?.[1];
      };
      expect([await shifted('FOLLOWING'), await shifted('PRECEDING')]).toEqual([following, preceding]);
    },
  );

  test.each(vectors.publishedFigures)(
    'gives the instalment published by $id',
    async ({ principal, annualRatePct, n, emi, interestPostedSchedule }) => {
      const terms = {
        method: 'EQUAL_INSTALMENT',
        principal,
        annualRatePct,
        n,
        start: '2026-01-01',
        dayCount: '30/360',
      };
      const { body } = await post('calc/schedule', terms);

      expect((body['rows'] as string[][])[0]?.[4]).toBe(emi);
      if (interestPostedSchedule !== undefined)
        expect(body['totals']).toMatchObject({ interest: interestPostedSchedule });
    },
  );
});

describe('POST calc/apr', () => {
  test.each(Object.entries(vectors.schedules))(
    'has the yearly cost of %s',
    async (_, { input, rows, periodicIrr, xirr365 }) => {
      const { body } = await post('calc/apr', {
        start: input['start'],
        net: input['principal'],
        rows,
        periodsPerYear: 1,
      });

      expect(body).toMatchObject({ xirr365: Number(xirr365).toFixed(8), irrX12: Number(periodicIrr).toFixed(8) });
    },
  );

  test.each(vectors.apr)('answers $id', async ({ id, net, irrX12, effective, xirr365 }) => {
    const flat = await post('calc/schedule', { ...vectors.schedules['S06']?.input, feePctPerPeriodOnOriginal: '0.6' });
    const rows = { A1: S01.rows, A2: vectors.schedules['S06']?.rows, A6: flat.body['rows'] }[id];
    const { status, body } = await post('calc/apr', { start: '2026-01-15', net, rows, periodsPerYear: 12 });

    expect(status).toBe(200);
    expect(body).toMatchObject({ irrX12, effective, xirr365 });
    expect(Object.keys(body).sort()).toEqual(['effective', 'irrX12', 'simpleAnnual365', 'xirr365']);
  });
});

describe('POST calc/allocate', () => {
  test.each(vectors.allocation.cases)('splits $pay $mode', async ({ out, left, ...request }) => {
    const { status, body } = await post('calc/allocate', { dues: vectors.allocation.dues, ...request });

    expect({ status, body }).toEqual({ status: 200, body: { out, left } });
  });
});

describe('POST calc/dpd', () => {
  test.each(vectors.dpd.asOf)('on %s says %s overdue, %i days, %s', async (asOf, overdue, dpd, bucket) => {
    const { status, body } = await post('calc/dpd', {
      schedule: S01.rows.slice(0, 4),
      payments: vectors.dpd.payments,
      asOf,
    });

    expect({ status, body }).toEqual({ status: 200, body: { overdue, dpd, bucket } });
  });
});

describe('POST calc/prepay', () => {
  const { payoff, partial } = vectors.prepay;
  const base = { schedule: S01.input, dayCount: 'ACT/360', feePct: '1' };

  test('says what settles the loan', async () => {
    const { status, body } = await post('calc/prepay', { ...base, asOf: payoff['on'] });

    expect({ status, body }).toEqual({ status: 200, body: payoff });
  });

  test.each(['keepTerm', 'shorten'] as const)('says what the plan becomes: %s', async (mode) => {
    const { body } = await post('calc/prepay', { ...base, asOf: partial.on, amount: partial.amount, mode });

    expect(body).toEqual({ on: partial.on, newBalance: partial.newBalance, ...partial[mode] });
  });
});

describe('POST validate', () => {
  const { idCard, uscc, bankCard } = vectors.validation;

  test.each([
    ...idCard.valid.map((value) => ['idCard', value, true, 'ok'] as const),
    ...idCard.invalid.map((value) => ['idCard', value, false, 'error'] as const),
    ...uscc.valid.map((value) => ['uscc', value, true, 'ok'] as const),
    ...uscc.checksumFailsButSeenInTheWild.map((value) => ['uscc', value, false, 'warn'] as const),
    ...bankCard.luhnOk.map((value) => ['bankCard', value, true, 'ok'] as const),
    ...bankCard.luhnBad.map((value) => ['bankCard', value, false, 'warn'] as const),
    ['mobile', '13800006612', true, 'ok'] as const,
    ['mobile', '12800006612', false, 'error'] as const,
    ['plate', '粤B12345', true, 'ok'] as const,
    ['vin', '1M8GDM9AXKP042788', true, 'ok'] as const,
  ])('%s %s: valid %s, %s', async (kind, value, valid, severity) => {
    const { status, body } = await post(`validate/${kind}`, { value });

    expect(status).toBe(200);
    expect(body).toMatchObject({ valid, severity });
    if (kind === 'idCard' || kind === 'bankCard') expect(JSON.stringify(body)).not.toContain(value);
  });
});

describe('POST decisions/run', () => {
  test.each(vectors.policy.applicants)(
    'decides %s by the named policy and by the same table in the request',
    async (id, facts) => {
      const name = facts['product'] === '信用贷' ? 'credit' : 'house';
      const [decision, hits, limit] = vectors.policy.expected[id] ?? [];
      const named = await post('decisions/run', { policy: name, facts });
      const inline = await post('decisions/run', {
        policy: { columns: vectors.policy.columns, rows: vectors.policy[name] },
        facts,
      });

      expect(named.body).toMatchObject({ decision, hits, limit, missing: [] });
      expect(inline.body).toMatchObject({ decision, hits, missing: [] });
      expect(inline.body['limit']).toBeUndefined();
    },
  );
});

describe('POST contact-gate/check', () => {
  const { tz, params, cases } = vectors.contactPolicy;

  test.each(cases)('answers $id with and without the reference parameters', async (given) => {
    const { expect: decision, rule, ...contact } = given;
    for (const body of [
      { tz, ...contact },
      { tz, ...contact, params },
      { tz, ...given },
    ]) {
      const answer = await post('contact-gate/check', body);
      expect(answer.status).toBe(200);
      expect(answer.body['decision']).toBe(decision);
      expect(answer.body['rule']).toBe(rule);
    }
  });
});

describe('a request', () => {
  test.each(CALCULATOR_PATHS)('to %s needs a token and POST', async (path) => {
    const url = `/api/v1${path}`;
    const without = await server.request(url, { method: 'POST', body: '{}' });
    const unknown = await server.request(url, {
      method: 'POST',
      body: '{}',
      headers: { authorization: 'Bearer not-a-token-of-ours' },
    });
    const read = await server.request(url, { headers: { authorization: `Bearer ${TOKEN}` } });

    expect([without.status, without.body['code']]).toEqual([401, 'auth.missing']);
    expect([unknown.status, unknown.body['code']]).toEqual([401, 'auth.invalid']);
    expect([read.status, read.body['code'], read.headers.get('allow')]).toEqual([405, 'method.not_allowed', 'POST']);
  });

  test.each(CALCULATOR_PATHS)(
    'to %s with a body that is no object or an empty one is refused with a pointer',
    async (path) => {
      for (const body of [[], 'text', 7, null, true, {}]) {
        const answer = await post(path.slice(1), body);
        expect(answer.status).toBe(422);
        expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
        expect(answer.body['errors']).toEqual(
          expect.arrayContaining([expect.objectContaining({ pointer: expect.stringMatching(/^$|^\//) as string })]),
        );
      }
    },
  );

  test.each([
    ['nothing at all', Buffer.alloc(0)],
    ['half a document', Buffer.from('{"value":')],
    ['text that is not UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
    ['a number JSON does not know', Buffer.from('{"n":NaN}')],
  ])('with %s is malformed', async (_, bytes) => {
    const answer = await post('calc/schedule', bytes);

    expect([answer.status, answer.body['code']]).toEqual([400, 'request.malformed']);
  });

  test('may be compressed, and is malformed when the compression is broken or unknown', async () => {
    const sound = await post('calc/schedule', gzipSync(JSON.stringify(S01.input)), { 'content-encoding': 'gzip' });
    const broken = await post('calc/schedule', Buffer.from('not gzip'), { 'content-encoding': 'gzip' });
    const unknown = await post('calc/schedule', Buffer.from('{}'), { 'content-encoding': 'zip' });

    expect(sound.body['rows']).toEqual(S01.rows);
    expect([broken.status, unknown.status]).toEqual([400, 400]);
  });

  test('is read whatever type it claims', async () => {
    const answer = await post('calc/schedule', S01.input, { 'content-type': 'application/x-www-form-urlencoded' });

    expect(answer.body['rows']).toEqual(S01.rows);
  });

  test('of more than two megabytes is too large, also when it is small on the way', async () => {
    const large = Buffer.from(JSON.stringify({ value: 'x'.repeat(2 * 1024 * 1024) }));
    const plain = await post('validate/idCard', large);
    const packed = await post('validate/idCard', gzipSync(large), { 'content-encoding': 'gzip' });

    expect([plain.status, plain.body['code']]).toEqual([413, 'request.too_large']);
    expect([packed.status, packed.body['code']]).toEqual([413, 'request.too_large']);
  });

  test('with a fault gets its sentence in the language it asks for, Chinese by default', async () => {
    const bad = { ...S01.input, principal: '100.005', n: 1201 };
    const chinese = await post('calc/schedule', bad);
    const english = await post('calc/schedule', bad, { 'accept-language': 'en-GB,en;q=0.9' });

    expect(chinese.body['errors']).toEqual([
      {
        pointer: '/principal',
        code: 'money.format',
        message: '金额请以元为单位写成文本，最多两位小数，例如 "100000.00"',
      },
      { pointer: '/n', code: 'n.out_of_range', message: '期数须在 1 至 1200 之间' },
    ]);
    expect(english.body['errors']).toEqual([
      { pointer: '/principal', code: 'money.format', message: expect.stringMatching(/yuan/i) as string },
      { pointer: '/n', code: 'n.out_of_range', message: expect.stringMatching(/1200/) as string },
    ]);
    expect(english.body).toMatchObject({ status: 422, code: 'request.invalid', type: '/problems/request.invalid' });
  });

  test('nested ten thousand deep is refused before it is looked at', async () => {
    const body = Buffer.from(`${'{"facts":'.repeat(10_000)}1${'}'.repeat(10_000)}`);
    const answer = await post('decisions/run', body);

    expect(answer.status).toBe(422);
    expect(answer.body['errors']).toEqual([
      expect.objectContaining({ pointer: '', code: 'body.too_deep', message: expect.stringMatching(/层/) as string }),
    ]);
  });
});
