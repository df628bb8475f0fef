/**
 * Moving a due date off a holiday (顺延, Civil Code §203: a term that ends on a statutory holiday ends on the day after
 * it). Chinese weekends can be working days (调休), so only a loaded year may be judged: an unloaded one is never shifted.
 */
import { addDays, dayNumber, type BusinessDate } from '../../lib/business-date.ts';

/** Every way to treat a due date on a holiday. */
export const HOLIDAY_RULES = ['NONE', 'FOLLOWING', 'PRECEDING', 'MODIFIED_FOLLOWING'] as const;
/** Where a due date on a holiday goes; MODIFIED_FOLLOWING goes back instead of leaving the month. */
export type HolidayRule = (typeof HOLIDAY_RULES)[number];

/** What moving a due date does to its interest: nothing (UNADJUSTED), or it runs to the paid date (ADJUSTED). */
export interface HolidayShift {
  readonly rule: HolidayRule;
  readonly interest: 'UNADJUSTED' | 'ADJUSTED';
}

/** One day that differs from its weekday, as the State Council's yearly notice lists it. */
export interface CalendarDay {
  readonly on: BusinessDate;
  readonly kind: 'HOLIDAY' | 'WORKDAY';
  readonly name: string;
  readonly year: number;
  /** Where the row comes from: a package with version, or the notice that was imported. */
  readonly source: string;
}

/** Which days are off, for the years that are loaded. */
export interface HolidayCalendar {
  readonly years: ReadonlySet<number>;
  readonly exceptions: ReadonlyMap<BusinessDate, CalendarDay['kind']>;
}

/** The calendar made of rows; a year is loaded when any row names it. */
export function holidayCalendar(rows: Iterable<CalendarDay>): HolidayCalendar {
  const years = new Set<number>();
  const exceptions = new Map<BusinessDate, CalendarDay['kind']>();
  for (const row of rows) {
    years.add(row.year);
    exceptions.set(row.on, row.kind);
  }
  return { years, exceptions };
}

/** A calendar without any year: with it, nothing is ever shifted. */
export const NO_CALENDAR: HolidayCalendar = holidayCalendar([]);

/** Where a due date went, or why it could not be judged. */
export type Shift =
  | { readonly kind: 'shifted'; readonly on: BusinessDate }
  /** The answer needs a year whose list is not loaded; the date stays and the caller must say so. */
  | { readonly kind: 'year_not_loaded'; readonly year: number };

/** The payment date of a contract due date under the rule. */
export function shiftDueDate(dueOn: BusinessDate, rule: HolidayRule, calendar: HolidayCalendar): Shift {
  if (rule === 'NONE') return { kind: 'shifted', on: dueOn };
  const shifted = nextWorkday(dueOn, rule === 'PRECEDING' ? -1 : 1, calendar);
  if (rule !== 'MODIFIED_FOLLOWING') return shifted;
  if (shifted.kind === 'shifted' && shifted.on.slice(0, 7) === dueOn.slice(0, 7)) return shifted;
  // Leaving the month, even into a year nobody has loaded yet, means going back instead.
  return leavesMonth(dueOn, calendar) ? nextWorkday(dueOn, -1, calendar) : shifted;
}

function leavesMonth(dueOn: BusinessDate, calendar: HolidayCalendar): boolean {
  let on = dueOn;
  while (on.slice(0, 7) === dueOn.slice(0, 7)) {
    const workday = isWorkday(on, calendar);
    if (workday !== false) return false;
    on = addDays(on, 1);
  }
  return true;
}

function nextWorkday(from: BusinessDate, direction: 1 | -1, calendar: HolidayCalendar): Shift {
  let on = from;
  for (;;) {
    const workday = isWorkday(on, calendar);
    if (workday === undefined) return { kind: 'year_not_loaded', year: Number(on.slice(0, 4)) };
    if (workday) return { kind: 'shifted', on };
    on = addDays(on, direction);
  }
}

/** Whether people work on the date; `undefined` when its year is not loaded. */
export function isWorkday(on: BusinessDate, calendar: HolidayCalendar): boolean | undefined {
  if (!calendar.years.has(Number(on.slice(0, 4)))) return undefined;
  const exception = calendar.exceptions.get(on);
  if (exception !== undefined) return exception === 'WORKDAY';
  const weekday = (dayNumber(on) + 4) % 7; // 1970-01-01 was a Thursday
  return weekday !== 0 && weekday !== 6;
}
