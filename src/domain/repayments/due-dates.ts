/**
 * When instalments fall due. Dates are counted from the anchor day, never from the previous (clipped) date:
 * 31 Jan, 28 Feb, 31 Mar (Civil Code §202). Moving them off holidays is holiday.ts.
 */
import { addDays, addMonths, daysBetween, daysInMonth, type BusinessDate } from '../../lib/business-date.ts';
import { refuseTerms } from './terms-refusal.ts';

/** One instalment every so many months, weeks or days. */
export interface Frequency {
  readonly unit: 'MONTH' | 'WEEK' | 'DAY';
  readonly every: number;
}

/** What a loan pays unless it says otherwise. */
export const MONTHLY: Frequency = { unit: 'MONTH', every: 1 };

/** Which dates a loan has; whatever is absent follows from the rest. */
export interface DueDateTerms {
  readonly startOn: BusinessDate;
  readonly firstDueOn?: BusinessDate;
  /** 1–31, clipped to short months; by default the first due date's day (or the start's, where clipping hid it). */
  readonly dueDay?: number;
  readonly frequency: Frequency;
  /** The dates themselves, when the contract lists them. */
  readonly dueOn?: readonly BusinessDate[];
}

/** The grid of due dates: the k-th date for any k, and the date one period before the first. */
export interface DueDates {
  at(index: number): BusinessDate;
  readonly regularStartOn: BusinessDate;
}

const FREQUENCY_PATTERN = /^(MONTH|WEEK|DAY)(?:\*([1-9]\d{0,3}))?$/;
/** The last year a four-digit date can name. */
const LAST_YEAR = 9999;

/** `MONTH`, `WEEK`, `DAY`, each with an optional `*n`; `undefined` for anything else. */
export function parseFrequency(text: string): Frequency | undefined {
  const match = FREQUENCY_PATTERN.exec(text);
  if (!match) return undefined;
  return { unit: match[1] as Frequency['unit'], every: Number(match[2] ?? 1) };
}

/**
 * The due dates of a loan. Listed dates win; dates beyond the list (a balloon is amortised over more periods than it
 * has) go on from the last one.
 * @throws AppError `request.invalid` when the first date contradicts the due day or does not follow the start.
 */
export function dueDates(terms: DueDateTerms): DueDates {
  const listed = terms.dueOn ?? [];
  const first = listed[0] ?? terms.firstDueOn ?? firstAfter(terms);
  const anchor = terms.dueDay ?? anchorDay(terms.startOn, first);
  checkFirst(terms, first, anchor);
  listed.forEach((date, index) => {
    const previous = listed[index - 1] ?? terms.startOn;
    if (date <= previous) throw refuseTerms(`/dueDates/${index}`, 'dates.not_ascending');
  });
  const last = listed.at(-1) ?? first;
  const beyond = Math.max(listed.length, 1) - 1;
  return {
    at: (index) => listed[index] ?? step(last, index - beyond, terms.frequency, anchor),
    regularStartOn: step(first, -1, terms.frequency, anchor),
  };
}

function firstAfter({ startOn, frequency, dueDay }: DueDateTerms): BusinessDate {
  return step(startOn, 1, frequency, dueDay ?? Number(startOn.slice(8)));
}

function anchorDay(startOn: BusinessDate, first: BusinessDate): number {
  const firstDay = Number(first.slice(8));
  const startDay = Number(startOn.slice(8));
  return isMonthEnd(first) && startDay > firstDay ? startDay : firstDay;
}

function checkFirst(terms: DueDateTerms, first: BusinessDate, anchor: number): void {
  if (first <= terms.startOn) throw refuseTerms('/firstDue', 'dates.not_after_start');
  if (terms.dueOn !== undefined || terms.frequency.unit !== 'MONTH') return;
  if (addMonths(first, 0, anchor) !== first) throw refuseTerms('/dueDay', 'dates.due_day_contradicts_first_due');
}

/** `count` periods later (or earlier). */
function step(from: BusinessDate, count: number, frequency: Frequency, anchor: number): BusinessDate {
  const units = count * frequency.every;
  if (Number(from.slice(0, 4)) + units / unitsPerYear(frequency) > LAST_YEAR - 1) {
    throw refuseTerms('/n', 'dates.beyond_calendar');
  }
  if (frequency.unit === 'MONTH') return addMonths(from, units, anchor);
  return addDays(from, frequency.unit === 'WEEK' ? units * 7 : units);
}

function unitsPerYear({ unit }: Frequency): number {
  return unit === 'MONTH' ? 12 : unit === 'WEEK' ? 52 : 365;
}

/**
 * Whole months between two dates of one anchor grid (28 Feb → 31 Mar is one month of the 31 grid); `undefined` when
 * no anchor day could have produced both.
 */
export function wholeMonths(from: BusinessDate, to: BusinessDate): number | undefined {
  const fromDay = Number(from.slice(8));
  const toDay = Number(to.slice(8));
  const onGrid = fromDay === toDay || (fromDay < toDay ? isMonthEnd(from) : isMonthEnd(to));
  if (!onGrid) return undefined;
  return (Number(to.slice(0, 4)) - Number(from.slice(0, 4))) * 12 + Number(to.slice(5, 7)) - Number(from.slice(5, 7));
}

/** Whether the dates are exactly one regular period apart. */
export function isFullPeriod(from: BusinessDate, to: BusinessDate, { unit, every }: Frequency): boolean {
  if (unit === 'MONTH') return wholeMonths(from, to) === every;
  return daysBetween(from, to) === (unit === 'WEEK' ? every * 7 : every);
}

function isMonthEnd(date: BusinessDate): boolean {
  return Number(date.slice(8)) === daysInMonth(Number(date.slice(0, 4)), Number(date.slice(5, 7)));
}
