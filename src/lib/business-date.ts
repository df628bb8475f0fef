/**
 * Calendar dates as the business speaks of them: '2026-11-30', no time, no zone. An instant becomes a date only
 * through a zone (the company's, Asia/Shanghai by default).
 */

declare const dateBrand: unique symbol;
/** An ISO date (`2026-11-30`) that exists in the calendar; as texts they sort as the days do. */
export type BusinessDate = string & { readonly [dateBrand]: 'date' };

const DATE_PATTERN = /^(\d{4})-(\d{2})-(\d{2})$/;
const DAY_MS = 86_400_000;

/** Parses an ISO date that exists in the calendar; `undefined` for 2026-02-30 and the like. */
export function parseBusinessDate(text: string): BusinessDate | undefined {
  const match = DATE_PATTERN.exec(text);
  if (!match) return undefined;
  const [, y = '', m = '', d = ''] = match;
  const day = Number(d);
  const month = Number(m);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(Number(y), month)) return undefined;
  return text as BusinessDate;
}

/** The date, or a RangeError: for literals and values already checked at the edge. */
export function businessDate(text: string): BusinessDate {
  const date = parseBusinessDate(text);
  if (date === undefined) throw new RangeError(`not a calendar date: ${text}`);
  return date;
}

/** The number of days of a month; `month` counts from 1. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970-01-01; the difference of two is the number of days between them. */
export function dayNumber(date: BusinessDate): number {
  // Days from civil, in whole numbers: twenty times as fast as parsing a Date, and interest asks for it on every row.
  const month = digits(date, 5, 7);
  const year = digits(date, 0, 4) - (month < 3 ? 1 : 0); // a year that ends with its leap day
  const dayOfYear = Math.floor((153 * (month < 3 ? month + 9 : month - 3) + 2) / 5) + digits(date, 8, 10) - 1;
  const leapDays = Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
  return year * 365 + leapDays + dayOfYear - 719_468;
}

function digits(date: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i += 1) value = value * 10 + date.charCodeAt(i) - 48;
  return value;
}

/** The date so many days after 1970-01-01; the reverse of `dayNumber`. */
export function fromDayNumber(days: number): BusinessDate {
  return new Date(days * DAY_MS).toISOString().slice(0, 10) as BusinessDate;
}

/** The date so many days later, earlier when negative. */
export function addDays(date: BusinessDate, days: number): BusinessDate {
  return fromDayNumber(dayNumber(date) + days);
}

/** Calendar days from one date to the other; negative when `to` is the earlier. */
export function daysBetween(from: BusinessDate, to: BusinessDate): number {
  return dayNumber(to) - dayNumber(from);
}

/**
 * `months` later, on `anchorDay` clipped to the month's length. Always count from the anchor, never from the
 * previous due date: 31 Jan, 28 Feb, 31 Mar.
 */
export function addMonths(date: BusinessDate, months: number, anchorDay = Number(date.slice(8))): BusinessDate {
  const total = Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1 + months;
  const year = Math.floor(total / 12);
  const month = (total % 12) + 1;
  const day = Math.min(anchorDay, daysInMonth(year, month));
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}` as BusinessDate;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  let found = formatters.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formatters.set(zone, found);
  }
  return found;
}

/** What a clock on the wall shows: 24 hours, no zone. */
export interface WallClock {
  readonly date: BusinessDate;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** What a wall clock in `zone` (IANA name) shows at the instant. @throws RangeError for an unknown zone. */
export function wallClock(at: Date, zone: string): WallClock {
  const parts: Record<string, string> = {};
  for (const part of formatter(zone).formatToParts(at)) parts[part.type] = part.value;
  return {
    date: `${parts['year']}-${parts['month']}-${parts['day']}` as BusinessDate,
    hour: Number(parts['hour']),
    minute: Number(parts['minute']),
    second: Number(parts['second']),
  };
}

/** The time of day as people read it: 09:05. */
export function timeText({ hour, minute }: Pick<WallClock, 'hour' | 'minute'>): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

/** The calendar date in `zone` at the instant. */
export function dateIn(at: Date, zone: string): BusinessDate {
  return wallClock(at, zone).date;
}

/**
 * The instant at which a wall clock in `zone` shows date and time; of two the later one. An hour that is left out is counted
 * on from where the clock was: 02:30 in a gap from 02:00 to 03:00 is 03:30. Both are as PostgreSQL's AT TIME ZONE has them.
 */
export function instantOf(date: BusinessDate, time: { hour: number; minute?: number }, zone: string): Date {
  const wanted = Date.parse(`${date}T00:00:00Z`) + (time.hour * 60 + (time.minute ?? 0)) * 60_000;
  // No zone is a day away from UTC, so a change of the clock at this time lies between these two.
  const [before, after] = [wanted - offsetAt(wanted - DAY_MS, zone), wanted - offsetAt(wanted + DAY_MS, zone)];
  const [earlier, later] = [Math.min(before, after), Math.max(before, after)];
  const shows = (at: number): boolean => at + offsetAt(at, zone) === wanted;
  return new Date(earlier === later || shows(later) || !shows(earlier) ? later : earlier);
}

/** By how many milliseconds a wall clock in `zone` is ahead of UTC at an instant of a whole second. */
function offsetAt(at: number, zone: string): number {
  const { date, hour, minute, second } = wallClock(new Date(at), zone);
  return Date.parse(`${date}T00:00:00Z`) + ((hour * 60 + minute) * 60 + second) * 1000 - at;
}
