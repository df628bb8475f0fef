/**
 * JSON Schemas of the loan arithmetic for the OpenAPI document. The requests themselves are checked by the repayments
 * room, which reads texts into exact values; what a schema cannot say (dates that exist, which method uses what) is in
 * the descriptions. A test posts every member named here and fails when the calculator does not know it.
 */

import {
  ALLOCATION_MODES,
  DAY_COUNTS,
  HOLIDAY_RULES,
  MAX_INSTALMENTS,
  METHODS,
} from '../../domain/repayments/index.ts';
import { REMARKS } from '../../lib/request-body.ts';

/** A JSON Schema of the dialect OpenAPI 3.1 uses. */
export type Schema = Readonly<Record<string, unknown>>;

const money: Schema = {
  type: 'string',
  pattern: '^\\d{1,13}(\\.\\d{1,2})?$',
  description: 'Yuan with at most two decimals, up to 10^12.',
};
const cashFlow: Schema = {
  ...money,
  pattern: '^-?\\d{1,13}(\\.\\d{1,2})?$',
  description: 'Yuan; received is negative, paid is positive.',
};
const answeredMoney: Schema = { type: 'string', pattern: '^-?\\d+\\.\\d{2}$' };
const date: Schema = { type: 'string', format: 'date' };
const percent: Schema = {
  type: 'string',
  pattern: '^\\d{1,9}(\\.\\d{1,12})?$',
  description: 'Percent as a plain decimal: "7.2".',
};
const rate: Schema = { type: 'string', description: 'A fraction with eight decimals: "0.12958709" is 12.958709 %.' };
const dayCount: Schema = { type: 'string', enum: [...DAY_COUNTS] };

/** A member that is a remark about the case; every request may carry them, and they change nothing. */
const remarks: Readonly<Record<string, Schema>> = Object.fromEntries([...REMARKS].map((name) => [name, {}]));

function object(properties: Readonly<Record<string, Schema>>, required: string[], description?: string): Schema {
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    properties,
    required,
    additionalProperties: false,
  };
}

function request(properties: Readonly<Record<string, Schema>>, required: string[], description?: string): Schema {
  return object({ ...properties, ...remarks }, required, description);
}

function list(items: Schema, more: Schema = {}): Schema {
  return { type: 'array', items, ...more };
}

function tuple(...prefixItems: Schema[]): Schema {
  return { type: 'array', prefixItems, items: false, minItems: prefixItems.length };
}

const row: Schema = {
  ...tuple({ type: 'integer' }, date, cashFlow, money, money, money),
  description: '[n, due, principal, interest, total, balanceAfter]',
};
const payments = list({ ...tuple(date, money), description: '[date, amount]' }, { maxItems: 5000 });

/** The `input` of a schedule; the same stands inside `calc/prepay`. */
const scheduleRequest = request(
  {
    method: {
      type: 'string',
      enum: [...METHODS],
      description:
        '等额本息, 等额本金, 先息后本, 一次还本付息, 等本等息, 气球贷, interest only then 等额本息, fixed payment, 随借随还. A member that the method does not use is refused.',
    },
    principal: { ...money, description: 'The loan; for REVOLVING the limit (optional).' },
    annualRatePct: percent,
    feePctPerPeriodOnOriginal: { ...percent, description: 'FLAT: percent of the original amount charged each period.' },
    start: { ...date, description: 'The day the money is paid out.' },
    firstDue: { ...date, description: 'First due date; one period after the start by default.' },
    dueDates: list(date, { maxItems: MAX_INSTALMENTS, description: 'All due dates, when they follow no rule.' }),
    dueDay: { type: 'integer', minimum: 1, maximum: 31, description: 'Day of the month; short months clip it.' },
    n: { type: 'integer', minimum: 1, maximum: MAX_INSTALMENTS, description: 'Number of instalments.' },
    freq: { type: 'string', pattern: '^(MONTH|WEEK|DAY)(\\*\\d+)?$', default: 'MONTH' },
    dayCount: { ...dayCount, description: 'Default 30/360 for months; required for weeks and days.' },
    firstPeriod: {
      type: 'string',
      description:
        'What a first period of odd length costs: BROKEN_INTEREST_ADDED, RATE_FACTOR or SKIP_TO_NEXT, with a day count: "BROKEN_INTEREST_ADDED(ACT/360)".',
    },
    holidayShift: object(
      {
        rule: { type: 'string', enum: [...HOLIDAY_RULES] },
        interest: { type: 'string', enum: ['UNADJUSTED', 'ADJUSTED'], default: 'UNADJUSTED' },
      },
      ['rule'],
      'Moves due dates off weekends and public holidays of mainland China.',
    ),
    roundTo: { ...money, description: 'Rounds the level amount to a multiple of this.' },
    rounding: { type: 'string', enum: ['HALF_UP', 'HALF_EVEN'], default: 'HALF_UP' },
    amortisedOver: {
      type: 'integer',
      minimum: 1,
      maximum: MAX_INSTALMENTS,
      description: 'BALLOON: the instalment is reckoned over this many.',
    },
    graceInterestOnly: {
      type: 'integer',
      minimum: 0,
      maximum: MAX_INSTALMENTS - 1,
      description: 'GRACE_THEN_EQUAL_INSTALMENT: instalments of interest alone.',
    },
    payment: { ...money, description: 'FIXED_PAYMENT: what is paid each period.' },
    dailyRate: { ...percent, description: 'REVOLVING: a fraction per day, "0.0005".' },
    events: list(
      {
        ...tuple(date, { type: 'string', enum: ['draw', 'repayPrincipal'] }, money),
        description: '[date, draw|repayPrincipal, amount]',
      },
      { maxItems: 5000, description: 'REVOLVING: draws and repayments of principal.' },
    ),
  },
  ['method'],
  'The terms of a loan.',
);

const scheduleResponse = object(
  {
    rows: list(row),
    totals: object({ principal: answeredMoney, interest: answeredMoney, total: answeredMoney }, [
      'principal',
      'interest',
      'total',
    ]),
    warnings: list(object({ code: { type: 'string' }, year: { type: 'integer' } }, ['code', 'year']), {
      description: 'Years whose public holidays are not loaded: their due dates were left where they were.',
    }),
  },
  ['rows', 'totals'],
);

const aprRequest: Schema = {
  oneOf: [
    request(
      {
        start: { ...date, description: 'The day the cash is in hand.' },
        net: { ...money, description: 'Cash in hand: the loan less whatever was kept back.' },
        rows: list(row, { minItems: 1, maxItems: MAX_INSTALMENTS }),
        periodsPerYear: { type: 'integer', minimum: 1, maximum: 366 },
        fees: { ...payments, description: 'Fees paid beside the instalments: [date, amount].' },
      },
      ['start', 'net', 'rows', 'periodsPerYear'],
    ),
    request(
      {
        flows: list(
          { ...tuple(date, cashFlow), description: '[date, signed amount]' },
          { minItems: 2, maxItems: 5000 },
        ),
        periodsPerYear: { type: 'integer', minimum: 1, maximum: 366 },
      },
      ['flows'],
    ),
  ],
};

const aprResponse = object(
  {
    irrX12: {
      ...rate,
      type: ['string', 'null'],
      description: 'Periodic IRR × periods per year; null without equal periods.',
    },
    effective: { ...rate, description: '(1 + periodic IRR) ^ periods per year − 1.' },
    xirr365: { ...rate, description: 'XIRR over 365 days, by the dates themselves.' },
    simpleAnnual365: {
      ...rate,
      type: ['string', 'null'],
      description: 'Cost ÷ Σ(balance in use × days) × 365; null for bare flows.',
    },
  },
  ['irrX12', 'effective', 'xirr365', 'simpleAnnual365'],
);

const parts = { fee: money, penalty: money, interest: money, principal: money };

const allocateRequest = request(
  {
    dues: list(request(parts, []), {
      minItems: 1,
      maxItems: 5000,
      description: 'What is owed, oldest instalment first.',
    }),
    pay: money,
    mode: {
      type: 'string',
      enum: [...ALLOCATION_MODES],
      description: 'Instalment by instalment, or component by component over all.',
    },
    order: {
      type: 'string',
      description: 'The four components in the order in which they are paid: "fee,penalty,interest,principal".',
    },
  },
  ['dues', 'pay', 'mode', 'order'],
);

const allocateResponse = object({ out: list(object(parts, [])), left: answeredMoney }, ['out', 'left']);

const dpdRequest = request(
  {
    schedule: list(row, { minItems: 1, maxItems: MAX_INSTALMENTS }),
    payments,
    asOf: date,
    graceDays: { type: 'integer', minimum: 0, maximum: 366, default: 0 },
    tolerance: { ...money, description: 'An arrear up to this does not count as late.' },
  },
  ['schedule', 'payments', 'asOf'],
);

const dpdResponse = object(
  {
    overdue: answeredMoney,
    dpd: { type: 'integer', description: 'Days past due.' },
    bucket: { type: 'string', description: 'M0, M1 … M6+' },
  },
  ['overdue', 'dpd', 'bucket'],
);

const prepayRequest = request(
  {
    schedule: scheduleRequest,
    asOf: date,
    payments: { ...payments, description: 'What has been paid; without it every row due by `asOf`.' },
    feePct: { ...percent, description: 'Fee for early repayment, percent of the principal repaid early.' },
    dayCount,
    amount: { ...money, description: 'Pays this part early; without it the answer is what settles the loan.' },
    mode: { type: 'string', enum: ['keepTerm', 'shorten'], default: 'keepTerm' },
  },
  ['schedule', 'asOf', 'dayCount'],
);

const prepayResponse: Schema = {
  oneOf: [
    object(
      {
        on: date,
        principal: answeredMoney,
        interestDays: { type: 'integer' },
        dayCount,
        interest: answeredMoney,
        feePct: percent,
        fee: answeredMoney,
        total: answeredMoney,
        credit: { ...answeredMoney, description: 'Paid beyond what was due; the total is less by this.' },
      },
      ['on', 'principal', 'interestDays', 'dayCount', 'interest', 'feePct', 'fee', 'total'],
      'What settles the loan.',
    ),
    object(
      {
        on: date,
        newBalance: answeredMoney,
        n: { type: 'integer' },
        emi: answeredMoney,
        last: answeredMoney,
        interest: answeredMoney,
      },
      ['on', 'newBalance', 'n', 'emi', 'last', 'interest'],
      'The plan after a part was paid early.',
    ),
  ],
};

/** The answer of `validate/*`. */
export const validateResponse = object(
  {
    valid: { type: 'boolean' },
    severity: { type: 'string', enum: ['ok', 'warn', 'error'], description: 'warn: a person may confirm it.' },
    part: { type: 'string', description: 'Which part is wrong: length, region, birthDate, checksum …' },
    reason: { type: 'string', description: 'A sentence in the language of Accept-Language.' },
    masked: { type: 'string' },
  },
  ['valid', 'severity', 'masked'],
);

/** The answer of `decisions/run`. */
export const decisionResponse = object(
  {
    decision: { type: 'string', enum: ['APPROVE', 'REVIEW', 'REJECT'] },
    hits: list({ type: 'string' }, { description: 'Ids of the rows that fired.' }),
    missing: list(object({ id: { type: 'string' }, field: { type: 'string' } }, ['id', 'field'])),
    reasons: list(object({ id: { type: 'string' }, text: { type: 'string' } }, ['id', 'text'])),
    limit: { type: 'integer', description: 'Whole yuan; for the named policies only, 0 on REJECT.' },
  },
  ['decision', 'hits', 'missing', 'reasons'],
);

/** The answer of `contact-gate/check`. */
export const contactResponse = object(
  {
    decision: { type: 'string', enum: ['ALLOW', 'DENY'] },
    rule: { type: 'string' },
    reason: { type: 'string' },
    nextAllowedAt: { type: 'string', format: 'date-time', description: 'Absent when waiting does not help.' },
  },
  ['decision'],
);

/** Request and answer of each `calc/*`. */
export const ARITHMETIC_SCHEMAS = {
  schedule: { request: scheduleRequest, response: scheduleResponse },
  apr: { request: aprRequest, response: aprResponse },
  allocate: { request: allocateRequest, response: allocateResponse },
  dpd: { request: dpdRequest, response: dpdResponse },
  prepay: { request: prepayRequest, response: prepayResponse },
} as const;
