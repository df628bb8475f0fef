/**
 * Requests that the OpenAPI document shows, taken from the lending reference's vectors. Answers are not written down
 * here: the document computes them, and a test compares them with the vectors.
 */
import { calcSchedule } from '../../domain/repayments/index.ts';

/** One example: a title for the list and the request body. */
interface Example {
  readonly summary: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Examples by name, as OpenAPI lists them. */
export type Examples = Readonly<Record<string, Example>>;

const MONTHLY = { freq: 'MONTH', dayCount: '30/360', rounding: 'HALF_UP' };
const S01 = {
  method: 'EQUAL_INSTALMENT',
  cn: '等额本息',
  principal: '120000.00',
  annualRatePct: '7.2',
  start: '2026-01-15',
  firstDue: '2026-02-15',
  n: 12,
  ...MONTHLY,
};
const S06 = {
  method: 'FLAT',
  cn: '等本等息',
  principal: '12000.00',
  feePctPerPeriodOnOriginal: '0.8',
  start: '2026-01-15',
  firstDue: '2026-02-15',
  n: 12,
  freq: 'MONTH',
  rounding: 'HALF_UP',
};
const INTEREST_ONLY = {
  method: 'INTEREST_ONLY',
  cn: '先息后本',
  principal: '100000.00',
  annualRatePct: '9.6',
  start: '2026-01-15',
  firstDue: '2026-02-15',
  n: 6,
};

/** One request for each repayment method, and for the ways of counting days and periods. */
export const SCHEDULE_EXAMPLES: Examples = {
  S01: { summary: '等额本息 · equal instalments, 12 × 7.2 %', value: S01 },
  S02: { summary: '等额本金 · equal principal', value: { ...S01, method: 'EQUAL_PRINCIPAL', cn: '等额本金' } },
  S03: { summary: '先息后本 · interest only, 30/360', value: { ...INTEREST_ONLY, ...MONTHLY } },
  S04: {
    summary: '先息后本 · interest only by days, ACT/360',
    value: { ...INTEREST_ONLY, ...MONTHLY, dayCount: 'ACT/360' },
  },
  S05: {
    summary: '到期一次还本付息 · bullet after 180 days',
    value: {
      method: 'BULLET',
      cn: '到期一次还本付息',
      principal: '50000.00',
      annualRatePct: '10.8',
      start: '2026-03-10',
      firstDue: '2026-09-06',
      n: 1,
      freq: 'DAY*180',
      dayCount: 'ACT/360',
      rounding: 'HALF_UP',
    },
  },
  S06: { summary: '等本等息 · flat fee of 0.8 % of the original amount each month', value: S06 },
  S07: {
    summary: '等额本息，首期按日 · first period longer than a month, broken interest added',
    value: {
      ...S01,
      cn: '等额本息+首期按日',
      principal: '200000.00',
      annualRatePct: '12',
      start: '2026-01-10',
      firstDue: '2026-02-20',
      firstPeriod: 'BROKEN_INTEREST_ADDED(ACT/360)',
    },
  },
  S11: {
    summary: '气球贷 · balloon: 36 instalments as if over 120, the rest at the end',
    value: {
      ...S01,
      method: 'BALLOON',
      cn: '气球贷',
      principal: '300000.00',
      annualRatePct: '6',
      start: '2026-01-20',
      firstDue: '2026-02-20',
      n: 36,
      amortisedOver: 120,
    },
  },
  S13: {
    summary: '零息 · no interest, the last instalment takes the odd cents',
    value: {
      ...S01,
      cn: '零息',
      principal: '10000.00',
      annualRatePct: '0',
      start: '2026-01-01',
      firstDue: '2026-02-01',
      n: 3,
    },
  },
  S14: {
    summary: '前3期只付息 · three instalments of interest, then equal instalments',
    value: {
      ...S01,
      method: 'GRACE_THEN_EQUAL_INSTALMENT',
      cn: '前3期只付息',
      principal: '90000.00',
      annualRatePct: '8.4',
      start: '2026-01-05',
      firstDue: '2026-02-05',
      n: 9,
      graceInterestOnly: 3,
    },
  },
  REVOLVING: {
    summary: '随借随还 · revolving use at 0.05 % a day',
    value: {
      method: 'REVOLVING',
      dailyRate: '0.0005',
      events: [
        ['2026-03-01', 'draw', '20000.00'],
        ['2026-03-11', 'draw', '10000.00'],
        ['2026-03-21', 'repayPrincipal', '5000.00'],
        ['2026-03-31', 'repayPrincipal', '25000.00'],
      ],
    },
  },
};

const FEES_MATTER = { start: '2026-01-15', periodsPerYear: 12 };

/** Annual cost with the broker's fee kept back, of flat fees, and of bare cash flows. */
export function aprExamples(): Examples {
  const rows = calcSchedule(S01).rows;
  return {
    A1: {
      summary: 'S01 with a fee of 3 600 kept back: 7.2 % becomes 12.96 % (IRR × 12)',
      value: { id: 'A1', ...FEES_MATTER, net: '116400.00', rows },
    },
    A2: {
      summary: '0.8 % a month of the original amount is 17.27 %, not 9.6 %',
      value: { id: 'A2', ...FEES_MATTER, net: '12000.00', rows: calcSchedule(S06).rows },
    },
    A6: {
      summary: '0.6 % a month of the original amount is 13.03 %, not 7.2 %',
      value: {
        id: 'A6',
        ...FEES_MATTER,
        net: '12000.00',
        rows: calcSchedule({ ...S06, feePctPerPeriodOnOriginal: '0.6' }).rows,
      },
    },
    flows: {
      summary: 'bare cash flows: received is negative, paid is positive',
      value: {
        flows: [['2026-01-15', '-116400.00'], ...rows.map(([, due, , , total]) => [due, total])],
        periodsPerYear: 12,
      },
    },
  };
}

const DUES = [
  { fee: '50.00', penalty: '30.25', interest: '720.00', principal: '9674.28' },
  { fee: '50.00', penalty: '8.40', interest: '661.95', principal: '9732.33' },
];
const ORDER = 'fee,penalty,interest,principal';

/** The same payment by instalment and by component, and one that reaches the second instalment. */
export const ALLOCATE_EXAMPLES: Examples = {
  horizontal: {
    summary: 'instalment by instalment',
    value: { dues: DUES, pay: '1200.00', mode: 'HORIZONTAL', order: ORDER },
  },
  vertical: {
    summary: 'component by component over all instalments',
    value: { dues: DUES, pay: '1200.00', mode: 'VERTICAL', order: ORDER },
  },
  second: {
    summary: 'enough for the first instalment and part of the second',
    value: { dues: DUES, pay: '11500.00', mode: 'HORIZONTAL', order: ORDER },
  },
};

/** Days past due of S01's first four instalments on six dates. */
export function dpdExamples(): Examples {
  const schedule = calcSchedule(S01).rows.slice(0, 4);
  const payments = [
    ['2026-03-01', '5000.00'],
    ['2026-03-20', '5394.28'],
  ];
  const dates = ['2026-02-15', '2026-02-18', '2026-03-01', '2026-03-16', '2026-04-14', '2026-04-16'];
  return Object.fromEntries(
    dates.map((asOf) => [
      asOf,
      { summary: `S01, two late payments, as of ${asOf}`, value: { schedule, payments, asOf } },
    ]),
  );
}

/** Settling S01, and paying part of it early in both modes. */
export const PREPAY_EXAMPLES: Examples = {
  payoff: {
    summary: 'what settles S01 five days after its fourth instalment, fee 1 %',
    value: { schedule: S01, asOf: '2026-05-20', feePct: '1', dayCount: 'ACT/360' },
  },
  keepTerm: {
    summary: '30 000 early, same number of instalments',
    value: {
      schedule: S01,
      asOf: '2026-05-15',
      feePct: '1',
      dayCount: 'ACT/360',
      amount: '30000.00',
      mode: 'keepTerm',
    },
  },
  shorten: {
    summary: '30 000 early, same instalment, fewer of them',
    value: { schedule: S01, asOf: '2026-05-15', feePct: '1', dayCount: 'ACT/360', amount: '30000.00', mode: 'shorten' },
  },
};

/** A right number and a wrong one of each kind; all are made up. */
export const VALIDATE_EXAMPLES: Readonly<Record<string, Examples>> = {
  idCard: numbers({ valid: '110101190001011236', checksum: '110101190001011237', birthDate: '110101199902301012' }),
  uscc: numbers({ valid: '91310110666007217T', checksumOnly: '91350211M00013FA1N' }),
  bankCard: numbers({ valid: '6222020000000000000', checksumOnly: '6222020000000000005' }),
  mobile: numbers({ valid: '13800006612', segment: '12800006612' }),
  plate: numbers({ valid: '粤B12345', newEnergy: '粤BD12345' }),
  vin: numbers({ valid: '1M8GDM9AXKP042788', checksumOnly: '1M8GDM9A1KP042788' }),
};

function numbers(values: Readonly<Record<string, string>>): Examples {
  return Object.fromEntries(Object.entries(values).map(([summary, value]) => [summary, { summary, value: { value } }]));
}

const CLEAN = {
  product: '信用贷',
  id_checksum_ok: true,
  age: 34,
  id_valid_days: 2000,
  three_factor: 'MATCH',
  face_score: 0.93,
  bureau_consent: true,
  internal_blacklist: false,
  court_dishonest: false,
  court_exec_amt_3y: 0,
  is_student: false,
  occupation_banned: false,
  overdue_now_amt: 0,
  overdue_consec_24m: 0,
  overdue_total_24m: 0,
  hard_query_3m: 2,
  nbank_orgs_30d: 1,
  unsettled_orgs: 2,
  card_util: 0.35,
  dti: 0.32,
  device_ids_7d: 1,
  score: 655,
  income: 15000,
  requested: 100000,
};
const HOUSE = {
  product: '房抵贷',
  id_checksum_ok: true,
  age: 42,
  age_at_maturity: 52,
  court_dishonest: false,
  property_sealed: false,
  property_type: '住宅',
  property_age: 12,
  coowner_consent: true,
  owner_age_out: false,
  only_house: false,
  valuation_gap: 0.05,
  valuation_days: 20,
  lease_remain_months: 0,
  purpose: '经营周转',
  license_months: 40,
  overdue_now_amt: 0,
  overdue_consec_24m: 0,
  dti: 0.45,
  city_open: true,
  valuation: 3_000_000,
  first_lien: 800_000,
  requested: 1_000_000,
  cltv: 0.6,
};

/** The applicants of the reference by the named policies, and a table written in the request. */
export const DECISION_EXAMPLES: Examples = {
  A01: { summary: 'no rule hit', value: { policy: 'credit', facts: CLEAN } },
  A02: {
    summary: 'score and card use at the border: a person looks',
    value: { policy: 'credit', facts: { ...CLEAN, card_util: 0.92, score: 545, requested: 50_000 } },
  },
  A03: {
    summary: 'three instalments missed in a row',
    value: { policy: 'credit', facts: { ...CLEAN, overdue_consec_24m: 3, overdue_total_24m: 7, score: 530 } },
  },
  A07: { summary: 'mortgage, no rule hit', value: { policy: 'house', facts: HOUSE } },
  A08: {
    summary: 'mortgage, house and loan-to-value at the border',
    value: { policy: 'house', facts: { ...HOUSE, property_age: 27, requested: 1_250_000, cltv: 0.6833 } },
  },
  table: {
    summary: 'a table of your own; the absent fact makes it a review',
    value: {
      policy: {
        columns: ['id', 'field', 'op', 'value', 'action', 'reason'],
        rows: [
          ['C02', 'age', 'out', [22, 55], 'REJECT', '年龄不符'],
          ['C24', 'score', '<', 520, 'REJECT', '评分不足'],
        ],
      },
      hitPolicy: 'collect',
      facts: { age: 34 },
    },
  },
};

/** The contact policy's cases at the borders of the quiet hours and of the daily counts. */
export const CONTACT_EXAMPLES: Examples = {
  K01: contact('a call one second before eight', 'voice', '2026-03-02T07:59:59+08:00'),
  K02: contact('a call at eight', 'voice', '2026-03-02T08:00:00+08:00'),
  K03: contact('a call one second before ten at night', 'voice', '2026-03-02T21:59:59+08:00'),
  K04: contact('a call at ten at night', 'voice', '2026-03-02T22:00:00+08:00'),
  K05: contact('a text message at half past eleven', 'sms', '2026-03-02T23:30:00+08:00'),
  K06: contact('two effective calls today', 'voice', '2026-03-02T10:00:00+08:00', { effectiveToday: 2 }),
  K07: contact('three effective calls today', 'voice', '2026-03-02T10:00:00+08:00', { effectiveToday: 3 }),
  K08: contact('five unanswered attempts today', 'voice', '2026-03-02T10:00:00+08:00', {
    effectiveToday: 0,
    unansweredThisNumberToday: 5,
  }),
};

function contact(summary: string, channel: string, at: string, history?: Readonly<Record<string, number>>): Example {
  return { summary, value: { tz: 'Asia/Shanghai', at, channel, ...(history === undefined ? {} : { history }) } };
}
