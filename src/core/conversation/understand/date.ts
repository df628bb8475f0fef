/** Dates as people say them (明天, 下周三, 25号, 月底, 12月1日, 2026-12-01), counted from the business day `today`. */
import {
  addDays,
  addMonths,
  dayNumber,
  daysInMonth,
  parseBusinessDate,
  type BusinessDate,
} from '../../../lib/business-date.ts';
import type { Fact, Findings, Problem } from './fact.ts';
import { COUNT_PATTERN, parseCount } from './numerals.ts';
import { matchesOf } from '../../../lib/matches.ts';

/** What a written date turned out to be: a day, or a day that no calendar has (2月30日). */
type Reading = BusinessDate | 'impossible' | undefined;

interface Rule {
  readonly pattern: RegExp;
  readonly read: (groups: Readonly<Record<string, string | undefined>>, today: BusinessDate) => Reading;
}

const RELATIVE: Readonly<Record<string, number>> = {
  大后天: 3,
  后天: 2,
  明天: 1,
  明日: 1,
  今天: 0,
  今日: 0,
  今晚: 0,
  昨天: -1,
  前天: -2,
  'the day after tomorrow': 2,
  tomorrow: 1,
  today: 0,
  yesterday: -1,
};
const WEEKDAYS: Readonly<Record<string, number>> = {
  一: 1,
  二: 2,
  三: 3,
  四: 4,
  五: 5,
  六: 6,
  日: 7,
  天: 7,
  末: 6,
  monday: 1,
  tuesday: 2,
  wednesday: 3,
  thursday: 4,
  friday: 5,
  saturday: 6,
  sunday: 7,
};

/** In order; a piece of text read by one rule is not read again by a later one. */
const RULES: readonly Rule[] = [
  {
    pattern: /(?<!\d)(?<year>20\d{2})\s?[-/.年]\s?(?<month>\d{1,2})\s?[-/.月]\s?(?<day>\d{1,2})[日号]?(?!\d)/gu,
    read: (groups) => calendarDay(Number(groups['year']), Number(groups['month']), Number(groups['day'])),
  },
  {
    pattern: new RegExp(
      `(?<month>\\d{1,2}|[一二三四五六七八九十]{1,2})月(?:份的?)?(?<day>${COUNT_PATTERN})[日号]`,
      'gu',
    ),
    read: (groups, today) => nextMonthDay(parseCount(groups['month'] ?? ''), parseCount(groups['day'] ?? ''), today),
  },
  {
    pattern: /(?<month>\d{1,2}|[一二三四五六七八九十]{1,2}|这个?|本|下个?)月(?:份的?)?(?:月?底|末)/gu,
    read: (groups, today) => endOfMonth(groups['month'] ?? '', today),
  },
  { pattern: /月底(?!薪)|月末/gu, read: (_, today) => endOfMonth('本', today) },
  { pattern: /年底|年末/gu, read: (_, today) => calendarDay(Number(today.slice(0, 4)), 12, 31) },
  {
    pattern: new RegExp(`(?<next>下个?月|这个?月|本月)的?(?<day>${COUNT_PATTERN})[日号]?(?!万|期|元)`, 'gu'),
    read: (groups, today) => dayOfNamedMonth(groups['next'] ?? '', parseCount(groups['day'] ?? ''), today),
  },
  {
    pattern: /(?<which>下下|下|这|本|上)?个?(?:周|星期|礼拜)(?<day>[一二三四五六日天末])/gu,
    read: (groups, today) => weekday(WEEKDAYS[groups['day'] ?? ''] ?? 1, groups['which'], today),
  },
  {
    pattern: /\b(?:(?<which>next|this)\s)?(?<day>monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b/giu,
    read: (groups, today) =>
      weekday(
        WEEKDAYS[(groups['day'] ?? '').toLowerCase()] ?? 1,
        groups['which']?.toLowerCase() === 'next' ? '下' : undefined,
        today,
      ),
  },
  {
    pattern: new RegExp(`(?<count>${COUNT_PATTERN}|半)个?(?<unit>天|日|周|星期|礼拜|月)(?:之?后|以后|内)`, 'gu'),
    read: (groups, today) => after(groups['count'] ?? '', groups['unit'] ?? '', today),
  },
  {
    pattern:
      /(?<word>大后天|后天|明天|明日|今天|今日|今晚|昨天|前天|the day after tomorrow|\btomorrow\b|\btoday\b|\byesterday\b)/giu,
    read: (groups, today) => addDays(today, RELATIVE[(groups['word'] ?? '').toLowerCase()] ?? 0),
  },
  {
    pattern: new RegExp(`(?<![\\d月第])(?<day>\\d{1,2}|[一二三四五六七八九十]{1,3})[号日](?!码|线|楼|店)`, 'gu'),
    read: (groups, today) => nextDay(parseCount(groups['day'] ?? ''), today),
  },
];

function calendarDay(year: number, month: number, day: number): BusinessDate | 'impossible' {
  const text = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  return parseBusinessDate(text) ?? 'impossible';
}

/** 12月1日: this year's if it is still to come, otherwise next year's. */
function nextMonthDay(month: number | undefined, day: number | undefined, today: BusinessDate): Reading {
  if (month === undefined || day === undefined) return undefined;
  const year = Number(today.slice(0, 4));
  const thisYear = calendarDay(year, month, day);
  return thisYear === 'impossible' || thisYear >= today ? thisYear : calendarDay(year + 1, month, day);
}

function endOfMonth(word: string, today: BusinessDate): Reading {
  const named = parseCount(word);
  const year = Number(today.slice(0, 4));
  if (named !== undefined) {
    if (named < 1 || named > 12) return 'impossible';
    const end = calendarDay(year, named, daysInMonth(year, named));
    return end >= today ? end : calendarDay(year + 1, named, daysInMonth(year + 1, named));
  }
  const first = addMonths(today, word.startsWith('下') ? 1 : 0, 1);
  return addMonths(first, 0, 31);
}

function dayOfNamedMonth(word: string, day: number | undefined, today: BusinessDate): Reading {
  if (day === undefined) return undefined;
  const month = addMonths(today, word.startsWith('下') ? 1 : 0, 1);
  return calendarDay(Number(month.slice(0, 4)), Number(month.slice(5, 7)), day);
}

/** The weeks of this trade begin on Monday. 下周三 is next week's; a bare 周三 is the next one to come, today included. */
function weekday(wanted: number, which: string | undefined, today: BusinessDate): BusinessDate {
  const current = ((dayNumber(today) + 3) % 7) + 1; // 1970-01-01 was a Thursday
  const thisWeek = addDays(today, wanted - current);
  if (which === '下' || which === '下下') return addDays(thisWeek, which === '下' ? 7 : 14);
  if (which === '上') return addDays(thisWeek, -7);
  return which === undefined && thisWeek < today ? addDays(thisWeek, 7) : thisWeek;
}

function after(count: string, unit: string, today: BusinessDate): Reading {
  if (count === '半') return unit === '月' ? addDays(today, 15) : undefined;
  const number = parseCount(count);
  if (number === undefined) return undefined;
  if (unit === '月') return addMonths(today, number);
  return addDays(today, unit === '天' || unit === '日' ? number : number * 7);
}

/** 25号: this month's if it is still to come, otherwise the next month that has such a day. */
function nextDay(day: number | undefined, today: BusinessDate): Reading {
  if (day === undefined || day < 1 || day > 31) return 'impossible';
  for (let ahead = Number(today.slice(8)) <= day ? 0 : 1; ahead <= 2; ahead += 1) {
    const month = addMonths(today, ahead, 1);
    const found = calendarDay(Number(month.slice(0, 4)), Number(month.slice(5, 7)), day);
    if (found !== 'impossible') return found;
  }
  return 'impossible';
}

/** Every date in the text, and the impossible ones as problems. */
export function extractDates(text: string, today: BusinessDate): Findings {
  const facts: Fact[] = [];
  const problems: Problem[] = [];
  for (const { pattern, read } of RULES) {
    for (const match of matchesOf(text, pattern)) {
      const span = { start: match.index, end: match.index + match[0].length };
      if ([...facts, ...problems].some((other) => other.start < span.end && span.start < other.end)) continue;
      const date = read(match.groups ?? {}, today);
      if (date === 'impossible') problems.push({ name: 'date', code: 'date', ...span });
      else if (date !== undefined) facts.push({ name: 'date', value: date, ...span, confidence: 0.9 });
    }
  }
  return { facts: facts.sort((a, b) => a.start - b.start), problems };
}
