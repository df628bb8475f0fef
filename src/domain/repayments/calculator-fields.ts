/**
 * The fields of the stateless calculators' requests: text → exact value, or a fault with a JSON pointer. Nothing is
 * guessed and nothing is rounded on the way in: "7.205 yuan" is refused, not cut.
 */
import { z } from 'zod';
import { parseBusinessDate } from '../../lib/business-date.ts';
import type { FieldFault } from '../../lib/errors.ts';
import { parseYuan, type Fen } from '../../lib/money.ts';
import { compareRatio, parseDecimal, parsePercent, type Ratio } from '../../lib/rate.ts';
import { pointer } from '../../lib/request-body.ts';
import { parseAllocationOrder } from './allocation.ts';
import { DAY_COUNTS } from './day-count.ts';
import { parseFrequency } from './due-dates.ts';
import { MAX_INSTALMENTS, MAX_PRINCIPAL_FEN } from './schedule-terms.ts';
import { refuseAll, termsFault } from './terms-refusal.ts';

/** A body with more entries than this in one list is refused before it is looked at. */
const MAX_LIST = 5000;
/** No more faults than a person would read. */
const MAX_FAULTS = 50;
/** Beyond these, a date is a typing error and calendar arithmetic would leave four digits. */
const DATES = { first: '1900-01-01', last: '2400-12-31' };
const MAX_PERCENT: Ratio = { num: 1000n, den: 1n };

/** Members that every request may carry for its reader; they mean nothing to the calculation. */
const REMARKS = {
  cn: z.unknown().optional(),
  id: z.unknown().optional(),
  desc: z.unknown().optional(),
  expect: z.unknown().optional(),
  rule: z.unknown().optional(),
  note: z.unknown().optional(),
};

/** A request object: its fields, the remarks, and nothing else. */
export function request<T extends z.ZodRawShape>(fields: T) {
  return z.strictObject({ ...REMARKS, ...fields });
}

/** A text field that `parse` understands, or the fault. */
function parsed<T>(parse: (text: string) => T | undefined, code: string) {
  return z.string().transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: code });
    return z.NEVER;
  });
}

function amount(least: bigint) {
  return parsed<Fen>(parseYuan, 'money.format').refine((fen) => fen >= least && fen <= MAX_PRINCIPAL_FEN, {
    error: 'amount.out_of_range',
  });
}

/** Yuan with at most two decimals, above zero and up to 10¹². */
export const PositiveAmount = amount(1n);
/** The same, or zero. */
export const AmountOrZero = amount(0n);
/** The same with a sign: a cash flow. */
const SignedAmount = amount(-MAX_PRINCIPAL_FEN);

/** An ISO date that exists. */
export const CalendarDate = parsed(parseBusinessDate, 'date.format').refine(
  (on) => on >= DATES.first && on <= DATES.last,
  {
    error: 'date.out_of_range',
  },
);

/** "7.2" percent, as the fraction 0.072; from 0 to 100 000 %. */
export const Percent = parsed(parsePercent, 'rate.format').refine((rate) => compareRatio(rate, MAX_PERCENT) <= 0, {
  error: 'rate.out_of_range',
});
/** "0.0005" a day, as a fraction. */
export const DailyRate = parsed(parseDecimal, 'rate.format').refine((rate) => compareRatio(rate, MAX_PERCENT) <= 0, {
  error: 'rate.out_of_range',
});

/** A number of instalments. */
export const Count = z
  .int({ error: (issue) => (issue.input === undefined ? undefined : 'n.not_whole') })
  .refine((n) => n >= 1 && n <= MAX_INSTALMENTS, { error: 'n.out_of_range' });

/** A day of the month, 1–31; short months clip it. */
export const DueDay = z.int().refine((day) => day >= 1 && day <= 31, { error: 'due_day.out_of_range' });
/** Days somebody may be late without consequence. */
export const GraceDays = z.int().refine((days) => days >= 0 && days <= 366, { error: 'grace_days.out_of_range' });
/** How many periods a year has: 12 months, 52 weeks, 365 days. */
export const PeriodsPerYear = z.int().refine((count) => count >= 1 && count <= 366, { error: 'periods.out_of_range' });

/** One of the day counts. */
export const DayCountField = z.enum(DAY_COUNTS);
/** `MONTH`, `WEEK`, `DAY` or a multiple such as `DAY*180`. */
export const FrequencyField = parsed(parseFrequency, 'freq.format');
/** The four components in the order in which a payment settles them. */
export const OrderField = parsed(parseAllocationOrder, 'order.format');
/** 四舍五入, or half-even where another system's figures are replayed. */
export const RoundingField = z.enum(['HALF_UP', 'HALF_EVEN']);

/** A list of at most 5 000 entries (or `most`). */
export function list<T extends z.ZodType>(entry: T, most = MAX_LIST) {
  return z.array(entry).max(most, { error: 'list.too_long' });
}

/** [date, amount] */
export const Payment = z.tuple([CalendarDate, PositiveAmount]).transform(([on, amountFen]) => ({ on, amountFen }));
/** [date, signed amount] */
export const Flow = z.tuple([CalendarDate, SignedAmount]).transform(([on, amountFen]) => ({ on, amountFen }));

/** A row as `calc/schedule` answers it: [n, due, principal, interest, total, balanceAfter]. */
const Row = z
  .tuple([z.int(), CalendarDate, SignedAmount, AmountOrZero, AmountOrZero, AmountOrZero])
  .refine(([, , principal, interest, total]) => principal + interest === total, {
    error: 'row.total_differs',
    path: [4],
  })
  .transform(([number, dueOn, principalFen, interestFen, totalFen, balanceFen]) => {
    return { number, dueOn, principalFen, interestFen, totalFen, balanceFen };
  });

/** The rows of a schedule, in the order of their due dates. */
export const Rows = list(Row, MAX_INSTALMENTS)
  .min(1, { error: 'list.empty' })
  .superRefine((rows, context) => {
    rows.forEach((row, index) => {
      const previous = rows[index - 1];
      if (previous === undefined || previous.dueOn <= row.dueOn) return;
      context.addIssue({ code: 'custom', message: 'dates.not_ascending', path: [index, 1] });
    });
  });

/**
 * The request as exact values.
 * @throws AppError `request.invalid` with one fault per wrong place.
 */
export function parseRequest<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body, { reportInput: true });
  if (result.success) return result.data;
  throw refuseAll(result.error.issues.flatMap(toFaults).slice(0, MAX_FAULTS));
}

function toFaults(issue: z.core.$ZodIssue): readonly FieldFault[] {
  const at = pointer(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => termsFault(`${at}${pointer([key])}`, 'member.unknown'));
  }
  return [termsFault(at, OWN_CODE.test(issue.message) ? issue.message : generalCode(issue))];
}

/** Our own codes are two dotted words; the library's messages are sentences. */
const OWN_CODE = /^[a-z_]+\.[a-z_]+$/;

function generalCode(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return issue.input === undefined ? 'member.missing' : 'member.wrong_type';
  if (issue.code === 'invalid_value') return issue.input === undefined ? 'member.missing' : 'member.not_a_choice';
  if (issue.code === 'too_small' || issue.code === 'too_big') return 'list.wrong_length';
  return 'member.wrong_type';
}
