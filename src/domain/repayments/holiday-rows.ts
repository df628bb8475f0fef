/**
 * The State Council's holiday lists as calendar rows, from the npm package `chinese-days`. Its data file is read instead
 * of its functions: those answer for the day before when the process runs west of Greenwich.
 */
import { createRequire } from 'node:module';
import { z } from 'zod';
import { businessDate } from '../../lib/business-date.ts';
import { holidayCalendar, type CalendarDay, type HolidayCalendar } from './holiday.ts';

const require = createRequire(import.meta.url);

/** Date → "English,中文,days". */
const Listed = z.record(z.iso.date(), z.string());
const DataFile = z.object({ holidays: Listed, workdays: Listed });
const Manifest = z.object({ version: z.string() });

/** Every day the package lists as off, or as worked in exchange (调休), with its year and source; ascending. */
export function packagedCalendarDays(): readonly CalendarDay[] {
  const file = DataFile.parse(require('chinese-days/dist/chinese-days.json'));
  const { version } = Manifest.parse(require('chinese-days/package.json'));
  const source = `chinese-days@${version}`;
  return [...rows(file.holidays, 'HOLIDAY', source), ...rows(file.workdays, 'WORKDAY', source)].sort((a, b) =>
    a.on < b.on ? -1 : 1,
  );
}

function rows(
  listed: Readonly<Record<string, string>>,
  kind: CalendarDay['kind'],
  source: string,
): readonly CalendarDay[] {
  return Object.entries(listed).map(([date, text]) => {
    const on = businessDate(date);
    return { on, kind, name: text.split(',')[1] ?? text, year: Number(on.slice(0, 4)), source };
  });
}

/** The calendar of the installed package, for calculations without a database. */
export const PACKAGED_CALENDAR: HolidayCalendar = holidayCalendar(packagedCalendarDays());
