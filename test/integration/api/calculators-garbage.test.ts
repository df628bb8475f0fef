/** The calculators over HTTP: what is absurd, hostile or merely very large. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCalculators, type Answer, type CalculatorServer } from './calculators-server.ts';

const vectors = JSON.parse(readFileSync(new URL('../../fixtures/lending.json', import.meta.url), 'utf8')) as {
  readonly schedules: Readonly<
    Record<string, { readonly input: Readonly<Record<string, unknown>>; readonly rows: readonly unknown[] }>
  >;
  readonly allocation: { readonly dues: unknown };
};
const S01 = vectors.schedules['S01'];
if (S01 === undefined) throw new Error('no vector S01');

let server: CalculatorServer;
beforeAll(async () => {
  server = await startCalculators();
});
afterAll(async () => server.close());

const post = async (path: string, body: unknown): Promise<Answer> => server.post(`/api/v1/${path}`, body);

/** What a hurried or hostile client sends; none of it is our fault, so none of it may be a 5xx. */
describe('garbage', () => {
  const VALUES: readonly unknown[] = [
    null,
    true,
    -1,
    0,
    1e308,
    0.1 + 0.2,
    2 ** 53,
    '',
    ' ',
    '-0',
    '１２３',
    'NaN',
    '1e9',
    '99999999999999999999',
    '2026-02-30',
    '9999-12-31',
    '0000-01-01',
    '\u0000',
    '\ud800',
    '𠮷'.repeat(50),
    [],
    [[]],
    {},
    { __proto__: null },
    { toString: 1 },
    Array.from({ length: 300 }, () => 'x'),
  ];
  const BODIES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    'calc/schedule': {
      ...S01.input,
      roundTo: '1',
      dueDay: 15,
      holidayShift: { rule: 'FOLLOWING' },
      firstPeriod: 'RATE_FACTOR',
      dueDates: ['2026-02-15'],
      payment: '1',
      amortisedOver: 12,
      graceInterestOnly: 1,
      dailyRate: '0.1',
      events: [],
    },
    'calc/apr': {
      start: '2026-01-15',
      net: '120000.00',
      rows: S01.rows,
      periodsPerYear: 12,
      fees: [['2026-01-15', '1.00']],
    },
    'calc/allocate': {
      dues: vectors.allocation.dues,
      pay: '1.00',
      mode: 'VERTICAL',
      order: 'fee,penalty,interest,principal',
    },
    'calc/dpd': {
      schedule: S01.rows,
      payments: [['2026-03-01', '5.00']],
      asOf: '2026-04-01',
      graceDays: 1,
      tolerance: '1',
    },
    'calc/prepay': {
      schedule: S01.input,
      asOf: '2026-05-20',
      payments: [['2026-02-15', '10394.28']],
      feePct: '1',
      dayCount: 'ACT/360',
      amount: '5.00',
      mode: 'shorten',
    },
    'validate/idCard': { value: '110101190001011236' },
    'validate/uscc': { value: '1' },
    'validate/bankCard': { value: '1' },
    'validate/mobile': { value: '1' },
    'validate/plate': { value: '1' },
    'validate/vin': { value: '1' },
    'decisions/run': {
      policy: {
        columns: ['id', 'field', 'op', 'value', 'action', 'reason', 'priority', 'when'],
        rows: [['a', 'x', '>', 1, 'REJECT', 'r', 1, 'x > 1']],
      },
      hitPolicy: 'first',
      facts: { x: 1 },
    },
    'contact-gate/check': {
      tz: 'Asia/Shanghai',
      at: '2026-03-02T10:00:00+08:00',
      channel: 'voice',
      purpose: 'collection',
      role: 'debtor',
      history: { effectiveToday: 1 },
      thirdPartyDnc: false,
      unreachableEvidence: true,
      refused: false,
      complaintOpen: false,
      consent: true,
      text: 'x',
      params: { quietFrom: '21:00' },
    },
  };

  test.each(Object.entries(BODIES))('in any member of %s is answered or refused, never a fault', async (path, body) => {
    for (const spoilt of spoil(body, VALUES)) {
      const { status, body: answer } = await post(path, spoilt);
      if (status !== 200 && status !== 422) throw new Error(`${status} for ${JSON.stringify(spoilt).slice(0, 400)}`);
      if (status === 422) expect(answer['errors']).not.toEqual([]);
      else expect(JSON.stringify(answer)).not.toMatch(/NaN|Infinity|-0\.0+"/);
    }
  });

  test.each([
    ['an instalment more than 1 200', 'calc/schedule', { ...S01.input, n: 1201 }, '/n'],
    ['more than 10^12 yuan', 'calc/schedule', { ...S01.input, principal: '1000000000000.01' }, '/principal'],
    ['an amount as a number', 'calc/schedule', { ...S01.input, principal: 120_000 }, '/principal'],
    ['a member nobody knows', 'calc/schedule', { ...S01.input, rate: '7.2' }, '/rate'],
    [
      'a row of 10 001',
      'decisions/run',
      {
        policy: {
          columns: ['id', 'field', 'op', 'value', 'action'],
          rows: Array.from({ length: 10_001 }, (_, i) => [`r${i}`, 'x', '>', i, 'REVIEW']),
        },
        facts: {},
      },
      '/policy/rows',
    ],
    [
      'an unknown zone',
      'contact-gate/check',
      { tz: 'Moon/Base', at: '2026-03-02T10:00:00+08:00', channel: 'voice' },
      '/tz',
    ],
  ])('%s is refused at its place', async (_, path, body, pointer) => {
    const answer = await post(path, body);

    expect(answer.status).toBe(422);
    expect(answer.body['errors']).toContainEqual(expect.objectContaining({ pointer }));
  });

  test('as large as it may be is answered', async () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => [`r${i}`, `f${i % 50}`, '>', i, 'REVIEW']);
    const table = await post('decisions/run', {
      policy: { columns: ['id', 'field', 'op', 'value', 'action'], rows },
      facts: { f0: 1e9 },
    });
    const loan = await post('calc/schedule', {
      ...S01.input,
      principal: '1000000000000.00',
      n: 1200,
      dayCount: 'ACT/365',
    });

    expect(table.body['decision']).toBe('REVIEW');
    expect(table.body['hits']).toHaveLength(200);
    expect(loan.body['rows']).toHaveLength(1200);
    expect((loan.body['rows'] as string[][]).at(-1)?.[5]).toBe('0.00');
  });
});

/** Every member replaced by every value, taken away, and its first entry or member replaced. */
function* spoil(body: Readonly<Record<string, unknown>>, values: readonly unknown[]): Generator {
  for (const [name, member] of Object.entries(body)) {
    yield Object.fromEntries(Object.entries(body).filter(([other]) => other !== name));
    for (const value of values) {
      yield { ...body, [name]: value };
      if (Array.isArray(member)) yield { ...body, [name]: [value, ...(member as unknown[]).slice(1)] };
      else if (typeof member === 'object' && member !== null) {
        const [inner] = Object.keys(member);
        if (inner !== undefined) yield { ...body, [name]: { ...member, [inner]: value } };
      }
    }
  }
}
