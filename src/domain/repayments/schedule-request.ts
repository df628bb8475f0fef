/**
 * The `input` of `calc/schedule` (and the `schedule` of `calc/prepay`) as exact terms. Each method names the members it
 * uses; one that it would ignore is refused, because a figure that ignores what was asked is a wrong figure.
 */
import { z } from 'zod';
import { parseYuan, type Fen } from '../../lib/money.ts';
import type { Ratio } from '../../lib/rate.ts';
import {
  CalendarDate,
  Count,
  DailyRate,
  DayCountField,
  DueDay,
  FrequencyField,
  list,
  Percent,
  PositiveAmount,
  request,
  RoundingField,
} from './calculator-fields.ts';
import { DAY_COUNTS, type DayCount } from './day-count.ts';
import { MONTHLY } from './due-dates.ts';
import { HOLIDAY_RULES } from './holiday.ts';
import type { FirstPeriod } from './periods.ts';
import type { RevolvingTerms } from './revolving.ts';
import { MAX_INSTALMENTS, type ScheduleTerms } from './schedule-terms.ts';
import { refuseAll, refuseTerms, termsFault } from './terms-refusal.ts';

/** The repayment methods a schedule may be asked for by. */
export const METHODS = [
  'EQUAL_INSTALMENT',
  'EQUAL_PRINCIPAL',
  'INTEREST_ONLY',
  'BULLET',
  'FLAT',
  'BALLOON',
  'GRACE_THEN_EQUAL_INSTALMENT',
  'FIXED_PAYMENT',
  'REVOLVING',
] as const;
type Method = (typeof METHODS)[number];

const FIRST_PERIOD = /^(BROKEN_INTEREST_ADDED|RATE_FACTOR|SKIP_TO_NEXT)(?:\(([^()]*)\))?$/;

const FirstPeriodField = z.string().transform((text, context): FirstPeriod => {
  const [, rule, counted] = FIRST_PERIOD.exec(text) ?? [];
  const dayCount = DAY_COUNTS.find((known) => known === counted);
  if (rule === undefined || (counted !== undefined && dayCount === undefined)) {
    context.addIssue({ code: 'custom', message: 'first_period.format' });
    return z.NEVER;
  }
  return { rule: rule as FirstPeriod['rule'], ...(dayCount === undefined ? {} : { dayCount }) };
});

/** A whole multiple of fen to which the level amount is rounded: "1", "10.00", or the number 10. */
const RoundToField = z.union([z.string(), z.int()]).transform((value, context): Fen => {
  const multiple = parseYuan(String(value));
  if (multiple !== undefined && multiple > 0n && multiple <= 100_000_000n) return multiple;
  context.addIssue({ code: 'custom', message: 'round_to.format' });
  return z.NEVER;
});

const RevolvingEventField = z
  .tuple([CalendarDate, z.enum(['draw', 'repayPrincipal']), PositiveAmount])
  .transform(([on, kind, amountFen]) => ({ on, kind, amountFen }));

/** Everything a schedule may be asked with; which method uses what is checked afterwards. */
export const ScheduleRequest = request({
  method: z.enum(METHODS),
  principal: PositiveAmount.optional(),
  annualRatePct: Percent.optional(),
  feePctPerPeriodOnOriginal: Percent.optional(),
  start: CalendarDate.optional(),
  firstDue: CalendarDate.optional(),
  dueDates: list(CalendarDate, MAX_INSTALMENTS).min(1, { error: 'list.empty' }).optional(),
  dueDay: DueDay.optional(),
  n: Count.optional(),
  freq: FrequencyField.optional(),
  dayCount: DayCountField.optional(),
  firstPeriod: FirstPeriodField.optional(),
  holidayShift: z
    .strictObject({
      rule: z.enum(HOLIDAY_RULES),
      interest: z.enum(['UNADJUSTED', 'ADJUSTED']).default('UNADJUSTED'),
    })
    .optional(),
  roundTo: RoundToField.optional(),
  rounding: RoundingField.optional(),
  amortisedOver: Count.optional(),
  graceInterestOnly: z
    .int()
    .refine((n) => n >= 0 && n < MAX_INSTALMENTS, { error: 'grace.out_of_range' })
    .optional(),
  payment: PositiveAmount.optional(),
  dailyRate: DailyRate.optional(),
  events: list(RevolvingEventField).min(1, { error: 'list.empty' }).optional(),
});

type Fields = z.output<typeof ScheduleRequest>;
type Member = Exclude<keyof Fields, 'cn' | 'id' | 'desc' | 'expect' | 'rule' | 'note' | 'method'>;

const DATES: readonly Member[] = ['start', 'firstDue', 'dueDates', 'dueDay', 'n', 'freq', 'holidayShift', 'rounding'];
const INTEREST: readonly Member[] = ['principal', 'annualRatePct', 'dayCount', ...DATES];

/** Which members each method uses, and which of them it cannot do without. */
const MEMBERS: Readonly<Record<Method, { readonly uses: readonly Member[]; readonly needs: readonly Member[] }>> = {
  EQUAL_INSTALMENT: { uses: [...INTEREST, 'firstPeriod', 'roundTo'], needs: [] },
  EQUAL_PRINCIPAL: { uses: [...INTEREST, 'firstPeriod', 'roundTo'], needs: [] },
  INTEREST_ONLY: { uses: [...INTEREST, 'firstPeriod'], needs: [] },
  BULLET: { uses: INTEREST, needs: [] },
  // A day count is often carried along from the product and means nothing to a flat fee.
  FLAT: {
    uses: ['principal', 'feePctPerPeriodOnOriginal', 'dayCount', 'roundTo', ...DATES],
    needs: ['feePctPerPeriodOnOriginal'],
  },
  BALLOON: { uses: [...INTEREST, 'firstPeriod', 'roundTo', 'amortisedOver'], needs: ['amortisedOver'] },
  GRACE_THEN_EQUAL_INSTALMENT: {
    uses: [...INTEREST, 'firstPeriod', 'roundTo', 'graceInterestOnly'],
    needs: ['graceInterestOnly'],
  },
  FIXED_PAYMENT: { uses: [...INTEREST, 'firstPeriod', 'payment'], needs: ['payment'] },
  REVOLVING: {
    uses: ['principal', 'dailyRate', 'events', 'rounding', 'dayCount', 'start'],
    needs: ['dailyRate', 'events'],
  },
};

/** A schedule that was asked for: of instalments, or of revolving use. */
export type AskedSchedule =
  | { readonly kind: 'instalments'; readonly terms: ScheduleTerms; readonly count?: number }
  | { readonly kind: 'revolving'; readonly terms: RevolvingTerms };

/**
 * The terms a request means.
 * @throws AppError `request.invalid` for members that are missing, or that the method does not use.
 */
export function askedSchedule(fields: Fields): AskedSchedule {
  checkMembers(fields);
  return fields.method === 'REVOLVING'
    ? { kind: 'revolving', terms: revolvingTerms(fields) }
    : { kind: 'instalments', terms: scheduleTerms(fields, fields.method), ...optional('count', fields.n) };
}

function checkMembers(fields: Fields): void {
  const { uses, needs } = MEMBERS[fields.method];
  const known = Object.keys(ScheduleRequest.shape) as Member[];
  const unused = known.filter(
    (member) => member in MEMBER_SET && fields[member] !== undefined && !uses.includes(member),
  );
  const required = [...needs, ...commonNeeds(fields)];
  const missing = required.filter((member) => fields[member] === undefined);
  const faults = [
    ...unused.map((member) => termsFault(`/${member}`, 'member.unused_by_method')),
    ...missing.map((member) => termsFault(`/${member}`, 'member.missing')),
  ];
  if (faults.length > 0) throw refuseAll(faults);
}

const MEMBER_SET: Readonly<Record<string, true>> = Object.fromEntries(
  Object.values(MEMBERS).flatMap(({ uses }) => uses.map((member) => [member, true as const])),
);

function commonNeeds({ method, dueDates, freq = MONTHLY }: Fields): readonly Member[] {
  if (method === 'REVOLVING') return [];
  const counted = method === 'FIXED_PAYMENT' || method === 'BULLET' || dueDates !== undefined ? [] : (['n'] as const);
  const base: readonly Member[] = ['principal', 'start', ...counted];
  if (method === 'FLAT') return base;
  // Months are 30/360 unless said otherwise (月利率 = 年利率/12); for weeks and days there is no such habit.
  return freq.unit === 'MONTH' ? [...base, 'annualRatePct'] : [...base, 'annualRatePct', 'dayCount'];
}

function revolvingTerms(fields: Fields): RevolvingTerms {
  return {
    dailyRate: present(fields.dailyRate),
    events: present(fields.events),
    ...optional('limitFen', fields.principal),
    ...optional('rounding', fields.rounding),
  };
}

function scheduleTerms(fields: Fields, method: Exclude<Method, 'REVOLVING'>): ScheduleTerms {
  const common = commonTerms(fields, method);
  if (method === 'FLAT') return { ...common, method, feeRatePerPeriod: present(fields.feePctPerPeriodOnOriginal) };
  const interest = { ...common, ...interestTerms(fields) };
  switch (method) {
    case 'EQUAL_INSTALMENT':
    case 'EQUAL_PRINCIPAL':
    case 'INTEREST_ONLY':
    case 'BULLET':
      return { ...interest, method };
    case 'BALLOON':
      return { ...interest, method, amortisedOver: present(fields.amortisedOver) };
    case 'GRACE_THEN_EQUAL_INSTALMENT':
      return { ...interest, method, graceInterestOnly: present(fields.graceInterestOnly) };
    case 'FIXED_PAYMENT':
      return { ...interest, method, paymentFen: present(fields.payment) };
  }
}

function commonTerms(fields: Fields, method: Method) {
  const { dueDates, n } = fields;
  if (dueDates !== undefined && n !== undefined && dueDates.length !== n) throw refuseTerms('/dueDates', 'dates.not_n');
  if (dueDates?.[0] !== undefined && fields.firstDue !== undefined && dueDates[0] !== fields.firstDue) {
    throw refuseTerms('/firstDue', 'dates.first_due_contradicts_list');
  }
  const most = dueDates?.length ?? (method === 'FIXED_PAYMENT' ? MAX_INSTALMENTS : method === 'BULLET' ? (n ?? 1) : n);
  return {
    principalFen: present(fields.principal),
    startOn: present(fields.start),
    instalmentCount: present(most),
    frequency: fields.freq ?? MONTHLY,
    ...optional('firstDueOn', fields.firstDue),
    ...optional('dueDay', fields.dueDay),
    ...optional('dueOn', dueDates),
    ...optional('holidayShift', fields.holidayShift),
    ...optional('rounding', fields.rounding),
    ...optional('roundToFen', fields.roundTo),
  };
}

function interestTerms(fields: Fields): { annualRate: Ratio; dayCount: DayCount; firstPeriod?: FirstPeriod } {
  return {
    annualRate: present(fields.annualRatePct),
    dayCount: fields.dayCount ?? '30/360',
    ...optional('firstPeriod', fields.firstPeriod),
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: Exclude<V, undefined> } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: Exclude<V, undefined> });
}

/** A value whose presence `checkMembers` has established. */
function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a required member was not checked');
  return value;
}
