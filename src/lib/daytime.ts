/** The hours in which colleagues may be called to mind of something: 08:00 to 20:00 on the company's clock. */
import { addDays, instantOf, wallClock } from './business-date.ts';

const DAY: Hours = { from: 8 * 60, until: 20 * 60 };

/** A part of the day, in minutes after midnight. */
export interface Hours {
  readonly from: number;
  readonly until: number;
}

/** The instant itself by day, or within these hours; otherwise when they begin next. */
export function byDay(at: Date, zone: string, { from, until }: Hours = DAY): Date {
  const { date, hour, minute } = wallClock(at, zone);
  const time = hour * 60 + minute;
  if (time >= from && time < until) return at;
  return instantOf(time < from ? date : addDays(date, 1), { hour: Math.floor(from / 60), minute: from % 60 }, zone);
}
