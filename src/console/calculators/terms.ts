/** What is typed, and the requests it makes. Amounts and rates stay texts: the server alone calculates. */
import type { Fault, Plan } from './api.ts';

/** The repayment methods the page offers. */
export const METHODS = [
  'EQUAL_INSTALMENT',
  'EQUAL_PRINCIPAL',
  'INTEREST_ONLY',
  'BULLET',
  'FLAT',
  'BALLOON',
  'GRACE_THEN_EQUAL_INSTALMENT',
  'FIXED_PAYMENT',
] as const;
/** One of {@link METHODS}. */
export type Method = (typeof METHODS)[number];

/** How the days of a period are counted. */
export const DAY_COUNTS = ['30/360', '30E/360', 'ACT/360', 'ACT/365', 'ACT/ACT'] as const;
/** What becomes of an odd first period; the empty one is the server’s default. */
export const FIRST_PERIODS = [
  '',
  'BROKEN_INTEREST_ADDED(ACT/360)',
  'BROKEN_INTEREST_ADDED(ACT/365)',
  'RATE_FACTOR(ACT/360)',
  'SKIP_TO_NEXT',
] as const;
/** Where a due date goes that is a holiday; the empty one leaves it. */
export const HOLIDAYS = ['', 'FOLLOWING', 'MODIFIED_FOLLOWING', 'PRECEDING'] as const;

/** The fields, as typed. */
export interface Typed {
  readonly amount: string;
  readonly method: Method;
  readonly n: string;
  readonly rate: string;
  readonly start: string;
  readonly firstDue: string;
  readonly dayCount: string;
  readonly amortisedOver: string;
  readonly graceInterestOnly: string;
  readonly payment: string;
  readonly upfrontFee: string;
  readonly eachFee: string;
  readonly firstPeriod: string;
  readonly holiday: string;
  readonly roundTo: string;
}

/** The name of a field. */
export type Field = keyof Typed;

/** A useful beginning: what most people ask for first. */
export function firstTyped(today: string): Typed {
  return {
    amount: '30万',
    method: 'EQUAL_INSTALMENT',
    n: '36',
    rate: '6',
    start: today,
    firstDue: '',
    dayCount: '30/360',
    amortisedOver: '120',
    graceInterestOnly: '3',
    payment: '10000',
    upfrontFee: '',
    eachFee: '',
    firstPeriod: '',
    holiday: '',
    roundTo: '',
  };
}

/** Which fields a method uses besides those that all use. */
export function uses(method: Method, field: Field): boolean {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- every other field is used by all
  switch (field) {
    case 'dayCount':
      return method !== 'FLAT';
    case 'n':
      return method !== 'FIXED_PAYMENT';
    case 'amortisedOver':
      return method === 'BALLOON';
    case 'graceInterestOnly':
      return method === 'GRACE_THEN_EQUAL_INSTALMENT';
    case 'payment':
      return method === 'FIXED_PAYMENT';
    case 'firstPeriod':
      return method !== 'FLAT' && method !== 'BULLET';
    case 'roundTo':
      return method !== 'BULLET' && method !== 'INTEREST_ONLY' && method !== 'FIXED_PAYMENT';
    case 'firstDue':
      return method !== 'BULLET';
    default:
      return true;
  }
}

/** "30万", "30w", "300,000", "¥300000 元" as plain yuan; what is no amount stays as it is, for the server to refuse. */
export function plainAmount(text: string): string {
  const compact = text.normalize('NFKC').replaceAll(/[\s,，¥元]/g, '');
  const wan = /^(\d{1,9})(?:\.(\d{1,4}))?(?:万|w)$/i.exec(compact);
  if (!wan) return compact;
  const digits = `${wan[1] ?? ''}${(wan[2] ?? '').padEnd(4, '0')}`;
  return digits.replace(/^0+(?=\d)/, '');
}

/** "6%" and full-width digits as a plain decimal. */
export function plainRate(text: string): string {
  return text.normalize('NFKC').replaceAll(/[\s%]/g, '');
}

/** A whole number as one; anything else stays text and is refused. */
function plainCount(text: string): number | string {
  const compact = text.normalize('NFKC').trim();
  return /^-?\d{1,9}(?:\.\d+)?$/.test(compact) ? Number(compact) : compact;
}

/** The request of `calc/schedule`. Empty fields are left out, so that the server says what is missing. */
export function scheduleRequest(typed: Typed): Readonly<Record<string, unknown>> {
  const { method } = typed;
  const given = (field: Field, value: unknown): unknown =>
    uses(method, field) && typed[field].trim() !== '' ? value : undefined;
  const isOnce = method === 'BULLET';
  const months = plainCount(typed.n);
  return {
    method,
    principal: given('amount', plainAmount(typed.amount)),
    [method === 'FLAT' ? 'feePctPerPeriodOnOriginal' : 'annualRatePct']: given('rate', plainRate(typed.rate)),
    start: given('start', typed.start),
    firstDue: given('firstDue', typed.firstDue),
    n: isOnce && typed.n.trim() !== '' ? onceAfter(months).n : given('n', months),
    freq: isOnce && typed.n.trim() !== '' ? onceAfter(months).freq : 'MONTH',
    dayCount: given('dayCount', typed.dayCount),
    amortisedOver: given('amortisedOver', plainCount(typed.amortisedOver)),
    graceInterestOnly: given('graceInterestOnly', plainCount(typed.graceInterestOnly)),
    payment: given('payment', plainAmount(typed.payment)),
    firstPeriod: given('firstPeriod', typed.firstPeriod),
    holidayShift: given('holiday', { rule: typed.holiday }),
    roundTo: given('roundTo', plainAmount(typed.roundTo)),
  };
}

/** One payment after so many months. */
function onceAfter(months: number | string): { readonly n: number | string; readonly freq: string } {
  if (typeof months === 'string' || !Number.isInteger(months) || months < 1 || months > 1200)
    return { n: months, freq: 'MONTH' };
  return { n: 1, freq: `MONTH*${months}` };
}

/**
 * The request of `calc/apr`: the loan in hand, the rows, every fee. A single payment after months that do not divide a
 * year has no equal periods; only its dates can say what it costs.
 */
export function ratesRequest(typed: Typed, plan: Plan): Readonly<Record<string, unknown>> {
  const upfront = typed.upfrontFee.trim() === '' ? [] : [[typed.start, plainAmount(typed.upfrontFee)]];
  const each = typed.eachFee.trim() === '' ? [] : plan.rows.map(([, due]) => [due, plainAmount(typed.eachFee)]);
  const fees = [...upfront, ...each].filter(([, amount]) => amount !== undefined && !/^0*(\.0*)?$/.test(amount));
  const months = typed.method === 'BULLET' ? Number(plainCount(typed.n)) : 1;
  const net = plainAmount(typed.amount);
  if (12 % months === 0)
    return {
      start: typed.start,
      net,
      rows: plan.rows,
      periodsPerYear: 12 / months,
      ...(fees.length === 0 ? {} : { fees }),
    };
  return { flows: [[typed.start, `-${net}`], ...plan.rows.map(([, due, , , total]) => [due, total]), ...fees] };
}

const REQUIRED: readonly Field[] = ['amount', 'n', 'payment', 'rate', 'start', 'amortisedOver', 'graceInterestOnly'];

/**
 * What the server would say only after everything else is right: fields left empty, and fees, which it sees with a plan.
 * Said at once, so that nobody corrects in three rounds.
 */
export function earlyFaults(typed: Typed): readonly Fault[] {
  const empty = REQUIRED.filter((field) => uses(typed.method, field) && typed[field].trim() === '');
  return [
    ...empty.map((field) => ({ pointer: `/${field}`, code: 'member.missing', message: '' })),
    ...feeFaults(typed),
  ];
}

function feeFaults(typed: Typed): readonly Fault[] {
  return (['upfrontFee', 'eachFee'] as const)
    .filter((field) => typed[field].trim() !== '' && !/^\d{1,13}(\.\d{1,2})?$/.test(plainAmount(typed[field])))
    .map((field) => ({ pointer: `/${field}`, code: 'money.format', message: '' }));
}

const FIELDS: Readonly<Record<string, Field>> = {
  principal: 'amount',
  net: 'amount',
  annualRatePct: 'rate',
  feePctPerPeriodOnOriginal: 'rate',
  freq: 'n',
  holidayShift: 'holiday',
  fees: 'upfrontFee',
};

/** The field a fault points at; `undefined` when it concerns the whole. */
export function fieldOf({ pointer }: Fault, typed: Typed): Field | undefined {
  const [, member = '', index] = pointer.split('/');
  if (member === 'fees' && (typed.upfrontFee.trim() === '' || Number(index) > 0)) return 'eachFee';
  return FIELDS[member] ?? (member in typed ? (member as Field) : undefined);
}
