/** What the calculators refuse: each fault has a pointer, a stable code and a sentence in both languages. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { calcAllocate, calcApr, calcDpd, calcPrepay, calcSchedule } from '../../../../src/domain/repayments/index.ts';
import { AppError } from '../../../../src/lib/errors.ts';
import { loadTexts } from '../../../../src/lib/i18n.ts';

const texts = loadTexts(path.resolve('locales'));

/** The faults of a refusal as "pointer code"; fails when nothing is refused. */
function faultsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.status).toBe(422);
    for (const { message } of error.faults) {
      expect(texts.has('zh-CN', message), message).toBe(true);
      expect(texts.has('en', message), message).toBe(true);
    }
    return error.faults.map((fault) => `${fault.pointer} ${fault.code}`);
  }
  throw new Error('nothing was refused');
}

const S01 = {
  method: 'EQUAL_INSTALMENT',
  principal: '120000.00',
  annualRatePct: '7.2',
  start: '2026-01-15',
  firstDue: '2026-02-15',
  n: 12,
  freq: 'MONTH',
  dayCount: '30/360',
  rounding: 'HALF_UP',
};
const ROWS = calcSchedule(S01).rows;

describe('calc/schedule refuses', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['an amount as a number', { principal: 120000 }, '/principal member.wrong_type'],
    ['an amount with three decimals', { principal: '120000.005' }, '/principal money.format'],
    ['an amount with an exponent', { principal: '1e5' }, '/principal money.format'],
    ['an amount with separators', { principal: '120,000.00' }, '/principal money.format'],
    ['a negative amount', { principal: '-1.00' }, '/principal amount.out_of_range'],
    ['nothing lent', { principal: '0.00' }, '/principal amount.out_of_range'],
    ['more than 10¹² yuan', { principal: '1000000000000.01' }, '/principal amount.out_of_range'],
    ['no amount', { principal: undefined }, '/principal member.missing'],
    ['a null amount', { principal: null }, '/principal member.wrong_type'],
    ['a negative rate', { annualRatePct: '-1' }, '/annualRatePct rate.format'],
    ['a rate that is no number', { annualRatePct: 'NaN' }, '/annualRatePct rate.format'],
    ['a rate as a number', { annualRatePct: 7.2 }, '/annualRatePct member.wrong_type'],
    ['a rate with a percent sign', { annualRatePct: '7.2%' }, '/annualRatePct rate.format'],
    ['an absurd rate', { annualRatePct: '100001' }, '/annualRatePct rate.out_of_range'],
    ['no rate', { annualRatePct: undefined }, '/annualRatePct member.missing'],
    ['no instalments', { n: 0 }, '/n n.out_of_range'],
    ['1201 instalments', { n: 1201 }, '/n n.out_of_range'],
    ['half an instalment', { n: 1.5 }, '/n n.not_whole'],
    ['instalments as text', { n: '12' }, '/n n.not_whole'],
    ['no number of instalments', { n: undefined }, '/n member.missing'],
    ['30 February', { firstDue: '2026-02-30' }, '/firstDue date.format'],
    ['a date with a time', { start: '2026-01-15T00:00:00Z' }, '/start date.format'],
    ['a first due date on the start', { firstDue: '2026-01-15' }, '/firstDue dates.not_after_start'],
    ['a first due date before the start', { firstDue: '2026-01-14' }, '/firstDue dates.not_after_start'],
    ['a due day that contradicts the first due date', { dueDay: 20 }, '/dueDay dates.due_day_contradicts_first_due'],
    ['the 32nd', { dueDay: 32 }, '/dueDay due_day.out_of_range'],
    ['an unknown method', { method: 'EQUAL' }, '/method member.not_a_choice'],
    ['no method', { method: undefined }, '/method member.missing'],
    ['an unknown day count', { dayCount: 'ACT/364' }, '/dayCount member.not_a_choice'],
    ['an unknown frequency', { freq: 'YEAR' }, '/freq freq.format'],
    ['a frequency of zero days', { freq: 'DAY*0' }, '/freq freq.format'],
    [
      'weeks without a day count',
      { freq: 'WEEK', firstDue: undefined, dayCount: undefined },
      '/dayCount member.missing',
    ],
    ['an unknown rounding', { rounding: 'UP' }, '/rounding member.not_a_choice'],
    ['an unknown member', { amount: '1.00' }, '/amount member.unknown'],
    ['a member with a slash in its name', { 'a/b~c': 1 }, '/a~1b~0c member.unknown'],
    ['a member the method does not use', { amortisedOver: 120 }, '/amortisedOver member.unused_by_method'],
    ['an odd first period it does not know', { firstPeriod: 'STUB' }, '/firstPeriod first_period.format'],
    [
      'an odd first period by an unknown day count',
      { firstPeriod: 'RATE_FACTOR(30/365)' },
      '/firstPeriod first_period.format',
    ],
    ['a holiday shift without a rule', { holidayShift: {} }, '/holidayShift/rule member.missing'],
    ['rounding to nothing', { roundTo: '0' }, '/roundTo round_to.format'],
    ['rounding that leaves nothing to pay', { roundTo: '100000' }, '/roundTo round_to.too_coarse'],
    ['a list of dates of the wrong length', { firstDue: undefined, dueDates: ['2026-02-15'] }, '/dueDates dates.not_n'],
    [
      'dates out of order',
      { firstDue: undefined, n: 2, dueDates: ['2026-03-15', '2026-02-15'] },
      '/dueDates/1 dates.not_ascending',
    ],
    [
      'a level payment that lets the debt explode',
      { principal: '0.01', annualRatePct: '100000', firstDue: undefined, start: '2026-01-31', dayCount: 'ACT/365' },
      '/annualRatePct instalment.below_interest',
    ],
    ['a year beyond the calendar', { freq: 'DAY*9999', firstDue: undefined, n: 1200 }, '/n dates.beyond_calendar'],
  ])('%s', (_, change, fault) => {
    expect(faultsOf(() => calcSchedule({ ...S01, ...change }))).toEqual([fault]);
  });

  test.each([undefined, null, 'text', 7, [], [S01], true])('a body that is no object: %j', (body) => {
    expect(faultsOf(() => calcSchedule(body))).toEqual([body === undefined ? ' member.missing' : ' member.wrong_type']);
  });

  test('several faults at once, each with its pointer', () => {
    expect(faultsOf(() => calcSchedule({ ...S01, principal: 'x', n: -1, start: 'y' }))).toEqual([
      '/principal money.format',
      '/start date.format',
      '/n n.out_of_range',
    ]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    [
      'a balloon amortised over fewer instalments',
      { method: 'BALLOON', amortisedOver: 11 },
      '/amortisedOver amortised_over.out_of_range',
    ],
    ['a balloon without amortisation', { method: 'BALLOON' }, '/amortisedOver member.missing'],
    [
      'grace over the whole term',
      { method: 'GRACE_THEN_EQUAL_INSTALMENT', graceInterestOnly: 12 },
      '/graceInterestOnly grace.out_of_range',
    ],
    [
      'a flat fee without its rate',
      { method: 'FLAT', annualRatePct: undefined },
      '/feePctPerPeriodOnOriginal member.missing',
    ],
    [
      'a flat fee with an annual rate',
      { method: 'FLAT', feePctPerPeriodOnOriginal: '1' },
      '/annualRatePct member.unused_by_method',
    ],
    [
      'a payment that only covers the interest',
      { method: 'FIXED_PAYMENT', n: undefined, payment: '720.00' },
      '/payment payment.below_interest',
    ],
    [
      'a payment that takes a century',
      { method: 'FIXED_PAYMENT', n: undefined, payment: '720.50' },
      '/payment payment.takes_too_long',
    ],
    [
      'a number of instalments the payment contradicts',
      { method: 'FIXED_PAYMENT', payment: '10394.28', n: 11 },
      '/n n.contradicts_payment',
    ],
  ])('%s', (_, change, fault) => {
    expect(faultsOf(() => calcSchedule({ ...S01, ...change }))).toEqual([fault]);
  });

  test.each<[string, unknown[], string]>([
    ['no events', [], '/events list.empty'],
    [
      'a repayment before any drawing',
      [['2026-03-01', 'repayPrincipal', '1.00']],
      '/events/0/2 events.repaid_more_than_owed',
    ],
    ['an unknown event', [['2026-03-01', 'borrow', '1.00']], '/events/0/1 member.not_a_choice'],
    ['an event without an amount', [['2026-03-01', 'draw']], '/events/0 list.wrong_length'],
    [
      'more repaid than owed',
      [
        ['2026-03-01', 'draw', '100.00'],
        ['2026-03-05', 'repayPrincipal', '100.01'],
      ],
      '/events/1/2 events.repaid_more_than_owed',
    ],
  ])('revolving use with %s', (_, events, fault) => {
    expect(faultsOf(() => calcSchedule({ method: 'REVOLVING', dailyRate: '0.0005', events }))).toEqual([fault]);
  });
});

describe('calc/apr refuses', () => {
  const loan = { start: '2026-01-15', net: '120000.00', rows: ROWS, periodsPerYear: 12 };

  test.each<[string, unknown, string]>([
    [
      'flows of one sign',
      {
        flows: [
          ['2026-01-01', '1.00'],
          ['2026-02-01', '1.00'],
        ],
      },
      '/flows apr.no_rate',
    ],
    [
      'flows of one day',
      {
        flows: [
          ['2026-01-01', '-1.00'],
          ['2026-01-01', '2.00'],
        ],
      },
      '/flows apr.no_rate',
    ],
    ['a single flow', { flows: [['2026-01-01', '-1.00']] }, '/flows apr.no_rate'],
    ['no flows', { flows: [] }, '/flows apr.no_rate'],
    [
      'flows that no rate balances',
      {
        flows: [
          ['2026-01-01', '-1000.00'],
          ['2027-01-01', '2500.00'],
          ['2028-01-01', '-1600.00'],
        ],
      },
      '/flows apr.no_rate',
    ],
    [
      'both forms at once',
      {
        ...loan,
        flows: [
          ['2026-01-01', '-1.00'],
          ['2026-02-01', '2.00'],
        ],
      },
      '/start member.unknown',
    ],
    [
      'a row whose total is wrong',
      { ...loan, rows: [[1, '2026-02-15', '1.00', '1.00', '3.00', '0.00']] },
      '/rows/0/4 row.total_differs',
    ],
    ['rows out of order', { ...loan, rows: ROWS.toReversed() }, '/rows/1/1 dates.not_ascending'],
    ['a row on the start', { ...loan, start: '2026-02-15' }, '/rows/0/1 dates.not_after_start'],
    ['no rows', { ...loan, rows: [] }, '/rows list.empty'],
    ['no cash in hand', { ...loan, net: '0.00' }, '/net amount.out_of_range'],
    ['no periods', { ...loan, periodsPerYear: undefined }, '/periodsPerYear member.missing'],
    ['zero periods', { ...loan, periodsPerYear: 0 }, '/periodsPerYear periods.out_of_range'],
  ])('%s', (_, body, fault) => {
    expect(faultsOf(() => calcApr(body))[0]).toBe(fault);
  });
});

describe('calc/allocate refuses', () => {
  const body = { dues: [{ fee: '50.00' }], pay: '10.00', mode: 'HORIZONTAL', order: 'fee,penalty,interest,principal' };

  test.each<[string, Record<string, unknown>, string]>([
    ['an order that forgets a component', { order: 'fee,interest,principal' }, '/order order.format'],
    ['an order that names one twice', { order: 'fee,fee,interest,principal' }, '/order order.format'],
    ['an unknown component in the order', { order: 'fee,penalty,interest,capital' }, '/order order.format'],
    ['an unknown mode', { mode: 'DIAGONAL' }, '/mode member.not_a_choice'],
    ['a negative payment', { pay: '-1.00' }, '/pay amount.out_of_range'],
    ['a negative due', { dues: [{ fee: '-1.00' }] }, '/dues/0/fee amount.out_of_range'],
    ['an unknown due', { dues: [{ tax: '1.00' }] }, '/dues/0/tax member.unknown'],
    ['no dues', { dues: [] }, '/dues list.empty'],
  ])('%s', (_, change, fault) => {
    expect(faultsOf(() => calcAllocate({ ...body, ...change }))).toEqual([fault]);
  });
});

describe('calc/dpd refuses', () => {
  const body = { schedule: ROWS, payments: [], asOf: '2026-03-01' };

  test.each<[string, Record<string, unknown>, string]>([
    ['a day that does not exist', { asOf: '2026-02-29' }, '/asOf date.format'],
    ['a payment of nothing', { payments: [['2026-02-01', '0.00']] }, '/payments/0/1 amount.out_of_range'],
    ['negative grace', { graceDays: -1 }, '/graceDays grace_days.out_of_range'],
    ['a negative tolerance', { tolerance: '-0.01' }, '/tolerance amount.out_of_range'],
    ['no payments member', { payments: undefined }, '/payments member.missing'],
  ])('%s', (_, change, fault) => {
    expect(faultsOf(() => calcDpd({ ...body, ...change }))).toEqual([fault]);
  });
});

describe('calc/prepay refuses', () => {
  const body = { schedule: S01, asOf: '2026-05-20', feePct: '1', dayCount: 'ACT/360' };
  const flat = { method: 'FLAT', principal: '12000.00', feePctPerPeriodOnOriginal: '0.8', start: '2026-01-15', n: 12 };

  test.each<[string, Record<string, unknown>, string]>([
    ['a day before the loan', { asOf: '2026-01-14' }, '/asOf dates.before_start'],
    [
      'a fault inside the schedule, with its pointer',
      { schedule: { ...S01, principal: 'x' } },
      '/schedule/principal money.format',
    ],
    [
      'terms that contradict one another',
      { schedule: { ...S01, dueDay: 3 } },
      '/schedule/dueDay dates.due_day_contradicts_first_due',
    ],
    ['a flat fee', { schedule: flat }, '/schedule/method prepay.no_daily_interest'],
    ['a mode without an amount', { mode: 'shorten' }, '/amount member.missing'],
    ['an amount that settles the loan', { amount: '80953.21', mode: 'shorten' }, '/amount prepay.not_partial'],
    [
      'a partial prepayment with overdue instalments',
      { amount: '1.00', mode: 'shorten', payments: [] },
      '/payments prepay.arrears_first',
    ],
    [
      'shortening a loan without instalments of principal',
      { schedule: { ...S01, method: 'INTEREST_ONLY' }, amount: '1000.00', mode: 'shorten' },
      '/mode prepay.cannot_shorten',
    ],
  ])('%s', (_, change, fault) => {
    expect(faultsOf(() => calcPrepay({ ...body, ...change }))).toEqual([fault]);
  });
});

test('every code that is refused has a sentence, and every sentence a code', () => {
  const folder = path.resolve('src/domain/repayments');
  const sources = [
    'calculator-fields',
    'calculators',
    'schedule-request',
    'schedule',
    'due-dates',
    'revolving',
    'apr',
    'prepayment',
    'loan-ledger',
    'schedule-rows',
    'ledger-events',
  ];
  const code = sources.map((name) => readFileSync(path.join(folder, `${name}.ts`), 'utf8')).join('\n');
  const sentences = texts.keys('zh-CN').filter((key) => key.startsWith('calculators.fault.'));

  const unused = sentences.filter((key) => !code.includes(`'${key.slice('calculators.fault.'.length)}'`));

  expect(unused).toEqual([]);
  expect(sentences.length).toBeGreaterThan(40);
});
