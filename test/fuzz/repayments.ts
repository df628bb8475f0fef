/**
 * Long fuzz of the calculators: any body is answered with exact figures or refused with pointers, and what is answered
 * adds up. `npx tsx test/fuzz/repayments.ts [seconds]` prints JSON; `npm run fuzz` runs it with the others.
 */
import { Decimal } from 'decimal.js';
import * as fc from 'fast-check';
import {
  calcAllocate,
  calcApr,
  calcDpd,
  calcPrepay,
  calcSchedule,
  type ScheduleAnswer,
} from '../../src/domain/repayments/index.ts';
import { AppError } from '../../src/lib/errors.ts';
import { parseYuan } from '../../src/lib/money.ts';
import { type FuzzTarget, runFromCommandLine } from './target.ts';

/** A value that is nearly right, wrong in a known way, or anything at all. */
const any = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('NaN', '-0', '1e9', '9999-12-31', '2026-02-30', -0, null),
);
const nearly = <T>(good: fc.Arbitrary<T>) => fc.oneof({ weight: 24, arbitrary: good }, { weight: 1, arbitrary: any });
const amount = nearly(
  fc.oneof(
    fc.bigInt({ min: 0n, max: 10n ** 15n }).map((fen) => `${fen / 100n}.${(fen % 100n).toString().padStart(2, '0')}`),
    fc.constantFrom('0.01', '1', '1000000000000.00', '0.00', '-5.00', '0.1'),
  ),
);
const rate = nearly(
  fc.oneof(
    fc.constantFrom('0', '7.2', '24', '100000', '0.000000000001'),
    fc.nat(90_000).map((x) => `${x / 1000}`),
  ),
);
const date = nearly(
  fc.oneof(
    fc.integer({ min: -25_000, max: 60_000 }).map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10)),
    fc.constantFrom('2026-01-31', '2024-02-29', '2026-02-28', '2400-12-31', '1900-01-01'),
  ),
);
const count = nearly(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(0, 1, 1200, 1201, 1.5, '12')));
const dayCount = nearly(fc.constantFrom('30/360', '30E/360', 'ACT/360', 'ACT/365', 'ACT/ACT'));
const method = nearly(
  fc.constantFrom(
    'EQUAL_INSTALMENT',
    'EQUAL_PRINCIPAL',
    'INTEREST_ONLY',
    'BULLET',
    'FLAT',
    'BALLOON',
    'GRACE_THEN_EQUAL_INSTALMENT',
    'FIXED_PAYMENT',
    'REVOLVING',
  ),
);
const optional = <T>(good: fc.Arbitrary<T>) => fc.option(good, { nil: undefined, freq: 8 });
const rarely = <T>(good: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: good });

const scheduleBody = fc
  .record({
    method,
    principal: amount,
    annualRatePct: optional(rate),
    start: date,
    n: optional(count),
    dayCount: optional(dayCount),
    firstDue: rarely(date),
    dueDay: rarely(fc.integer({ min: 0, max: 32 })),
    dueDates: rarely(fc.array(date, { maxLength: 5 })),
    freq: rarely(nearly(fc.constantFrom('MONTH', 'WEEK', 'DAY', 'DAY*180', 'MONTH*3', 'DAY*9999', 'YEAR'))),
    firstPeriod: rarely(
      nearly(fc.constantFrom('RATE_FACTOR', 'BROKEN_INTEREST_ADDED(ACT/360)', 'SKIP_TO_NEXT', 'X(ACT/360)')),
    ),
    holidayShift: rarely(
      nearly(
        fc.record({
          rule: fc.constantFrom('FOLLOWING', 'PRECEDING', 'MODIFIED_FOLLOWING', 'NONE'),
          interest: fc.constantFrom('ADJUSTED', 'UNADJUSTED'),
        }),
      ),
    ),
    roundTo: rarely(nearly(fc.constantFrom('1', '10', '0.05', 10, 0))),
    rounding: rarely(nearly(fc.constantFrom('HALF_UP', 'HALF_EVEN', 'CEIL'))),
    amortisedOver: rarely(count),
    graceInterestOnly: rarely(count),
    payment: rarely(amount),
    feePctPerPeriodOnOriginal: rarely(rate),
    dailyRate: rarely(rate),
    events: rarely(
      fc.array(fc.tuple(date, nearly(fc.constantFrom('draw', 'repayPrincipal')), amount), { maxLength: 5 }),
    ),
  })
  .map((body) => withNeeds(Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))));

/** Most bodies get what their method needs, so that the fuzz reaches the arithmetic. */
function withNeeds(body: Record<string, unknown>): Record<string, unknown> {
  switch (body['method']) {
    case 'BALLOON':
      return { amortisedOver: 60, ...body };
    case 'GRACE_THEN_EQUAL_INSTALMENT':
      return { graceInterestOnly: 1, ...body };
    case 'FLAT':
      return { feePctPerPeriodOnOriginal: '0.8', ...body };
    case 'FIXED_PAYMENT':
      return { payment: '5000.00', ...body };
    default:
      return body;
  }
}

/** Runs a calculator; a refusal must be complete, an answer must be finite. */
function answered<T>(calculate: (body: unknown) => T, body: unknown): T | undefined {
  try {
    const answer = calculate(body);
    if (/NaN|Infinity|undefined|"-0(\.0+)?"/.test(JSON.stringify(answer)))
      throw new Error(`not a figure: ${JSON.stringify(answer)}`);
    return answer;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const complete =
      error.status === 422 &&
      error.faults.length > 0 &&
      error.faults.every((fault) => /^(\/.*)?$/.test(fault.pointer) && fault.code !== '');
    if (!complete) throw new Error(`an incomplete refusal: ${JSON.stringify(error.faults)}`, { cause: error });
    return undefined;
  }
}

function checkSums(answer: ScheduleAnswer, body: Readonly<Record<string, unknown>>): void {
  // Interest at absurd rates is longer than any amount a request may carry.
  const fen = (text: string): bigint =>
    /^-?\d+\.\d\d$/.test(text) ? BigInt(text.replace('.', '')) : fail(`not money: ${text}`);
  const sum = (column: 2 | 3 | 4): bigint => answer.rows.reduce((total, row) => total + fen(row[column]), 0n);
  if (sum(2) !== fen(answer.totals.principal) || sum(3) !== fen(answer.totals.interest))
    fail('totals differ from the rows');
  if (sum(2) + sum(3) !== sum(4)) fail('principal and interest do not add up');
  if (body['method'] === 'REVOLVING') return;
  if (sum(2) !== parseYuan(String(body['principal']))) fail('principal does not add up to the loan');
  if (answer.rows.at(-1)?.[5] !== '0.00') fail('the balance does not end at zero');
}

function fail(text: string): never {
  throw new Error(text);
}

/** What the flows are worth at the told rate, as a share of all that moves; a root makes it vanish. */
function imbalance(flows: readonly (readonly [string, string])[], rate: string): number {
  const dated = flows.map(([on, yuan]) => ({ day: Date.parse(on) / 86_400_000, yuan: Number(yuan) }));
  const from = Math.min(...dated.map((flow) => flow.day));
  const growth = new Decimal(rate).plus(1);
  let [sum, size] = [new Decimal(0), new Decimal(0)];
  for (const { day, yuan } of dated) {
    const present = growth.pow((from - day) / 365).times(yuan);
    sum = sum.plus(present);
    size = size.plus(present.abs());
  }
  return size.isZero() ? 0 : sum.div(size).abs().toNumber();
}

/** A rate of −99.99999…% is printed with too few digits to be checked by its own figure. */
function checkRoot(body: unknown, rate: string): void {
  const flows = (body as { flows?: [string, string][] }).flows;
  if (flows === undefined || Number(rate) < -0.9) return;
  if (imbalance(flows, rate) > 1e-3) fail(`${rate} balances nothing`);
}

const rows = fc.array(fc.tuple(fc.nat(40), date, amount, amount, amount, amount), { maxLength: 4 });

/** What the calculators promise for any body. */
export const repaymentTargets: readonly FuzzTarget[] = [
  {
    name: 'calc/schedule',
    property: fc.asyncProperty(scheduleBody, async (body) => {
      const answer = answered(calcSchedule, body);
      if (answer !== undefined) checkSums(answer, body);
    }),
  },
  {
    name: 'calc/schedule, then calc/apr and calc/dpd of its rows',
    property: fc.asyncProperty(scheduleBody, amount, date, async (body, net, asOf) => {
      const answer = answered(calcSchedule, body);
      if (answer === undefined) return;
      answered(calcApr, { start: body['start'], net, rows: answer.rows, periodsPerYear: 12 });
      answered(calcDpd, { schedule: answer.rows, payments: [], asOf, graceDays: 3 });
    }),
  },
  {
    name: 'calc/apr',
    property: fc.asyncProperty(
      fc.oneof(
        fc.record(
          {
            flows: fc.array(
              fc.tuple(date, nearly(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }).map((x) => `${x}.00`))),
              { maxLength: 8 },
            ),
            periodsPerYear: count,
          },
          { requiredKeys: ['flows'] },
        ),
        fc.record(
          {
            start: date,
            net: amount,
            rows,
            periodsPerYear: count,
            fees: fc.array(fc.tuple(date, amount), { maxLength: 2 }),
          },
          { requiredKeys: ['rows'] },
        ),
        any,
      ),
      async (body) => {
        const answer = answered(calcApr, body);
        if (answer !== undefined) checkRoot(body, answer.xirr365);
      },
    ),
  },
  {
    name: 'calc/allocate',
    property: fc.asyncProperty(
      fc.record(
        {
          dues: fc.array(
            fc.record({ fee: amount, penalty: amount, interest: amount, principal: amount }, { requiredKeys: [] }),
            { maxLength: 4 },
          ),
          pay: amount,
          mode: nearly(fc.constantFrom('HORIZONTAL', 'VERTICAL')),
          order: nearly(
            fc
              .shuffledSubarray(['fee', 'penalty', 'interest', 'principal'], { minLength: 3 })
              .map((order) => order.join(',')),
          ),
        },
        { requiredKeys: ['dues', 'pay'] },
      ),
      async (body) => {
        const answer = answered(calcAllocate, body);
        if (answer === undefined) return;
        const parts = [answer.left, ...answer.out.flatMap((row) => Object.values(row))];
        const given = parts.reduce((sum, part) => sum + (parseYuan(part) ?? fail('not money')), 0n);
        if (given !== parseYuan(typeof body.pay === 'string' ? body.pay : '')) fail('money was lost');
      },
    ),
  },
  {
    name: 'calc/dpd',
    property: fc.asyncProperty(
      fc.record(
        {
          schedule: rows,
          payments: fc.array(fc.tuple(date, amount), { maxLength: 4 }),
          asOf: date,
          graceDays: count,
          tolerance: amount,
        },
        { requiredKeys: ['schedule', 'asOf'] },
      ),
      async (body) => {
        answered(calcDpd, body);
      },
    ),
  },
  {
    name: 'calc/prepay',
    property: fc.asyncProperty(
      fc.record(
        {
          schedule: scheduleBody,
          asOf: date,
          payments: fc.array(fc.tuple(date, amount), { maxLength: 3 }),
          feePct: rate,
          dayCount,
          amount,
          mode: nearly(fc.constantFrom('keepTerm', 'shorten')),
        },
        { requiredKeys: ['schedule', 'asOf', 'dayCount'] },
      ),
      async (body) => {
        answered(calcPrepay, body);
      },
    ),
  },
  {
    name: 'anything at all',
    property: fc.asyncProperty(
      fc.anything({ withBigInt: true, withNullPrototype: true, withDate: true }),
      async (body) => {
        for (const calculate of [calcSchedule, calcApr, calcAllocate, calcDpd, calcPrepay])
          answered<unknown>(calculate, body);
      },
    ),
  },
];

await runFromCommandLine(import.meta.url, repaymentTargets);
