/** The hours in which colleagues may be called to mind of something: 08:00 to 20:00 on the company's clock. */
import { addDays, instantOf, wallClock } from './business-date.ts';

const DAY = { from: 8, until: 20 } as const;

/** The instant itself by day, otherwise the next morning. */
export function byDay(at: Date, zone: string): Date {
  const { date, hour } = wallClock(at, zone);
  if (hour >= DAY.from && hour < DAY.until) return at;
  return instantOf(hour < DAY.from ? date : addDays(date, 1), { hour: DAY.from }, zone);
}
